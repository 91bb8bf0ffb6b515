namespace LayoutCheck.Benchmarks;

/// <summary>The command line.</summary>
/// <param name="Mode">The first word: goals, scaling, micro, versus, or help when anything is wrong.</param>
/// <param name="Runs">The number of runs of each command.</param>
/// <param name="Kernels">The versions of the kernels.</param>
/// <param name="Only">The goals, or parts of the names of micro-benchmarks; all when empty.</param>
/// <param name="Binary">The layoutcheck to measure, or null for one published here.</param>
/// <param name="Tries">How often a row is measured at most.</param>
/// <param name="Before">The other layoutcheck of versus, or null.</param>
/// <param name="Disable">The fast paths that versus leaves out, or null.</param>
internal sealed record Options(string Mode, int Runs, string[] Kernels, string[] Only, string? Binary, int Tries, string? Before, string? Disable = null)
{
    /// <summary>Reads a command line.</summary>
    /// <exception cref="BenchmarkException">An option has no value.</exception>
    public static Options Parse(string[] args)
    {
        Options options = new("goals", 9, ["6.1", "6.12", "7.3"], [], null, 1, null);
        Queue<string> words = new(args);
        if (words.TryPeek(out string? mode) && !mode.StartsWith('-'))
        {
            options = options with { Mode = words.Dequeue() };
        }

        while (words.TryDequeue(out string? word))
        {
            options = word switch
            {
                "--runs" when int.TryParse(Value(), out int runs) && runs > 0 => options with { Runs = runs },
                "--tries" when int.TryParse(Value(), out int tries) && tries > 0 => options with { Tries = tries },
                "--kernels" => options with { Kernels = Value().Split(',') },
                "--only" => options with { Only = Value().Split(',') },
                "--before" => options with { Before = Path.GetFullPath(Value()) },
                "--disable" => options with { Disable = Value() },
                "--binary" => options with { Binary = Path.GetFullPath(Value()) },
                _ => options with { Mode = "help" },
            };
        }

        return options;

        string Value() => words.TryDequeue(out string? value) ? value : throw new BenchmarkException("an option has no value; see help");
    }
}
