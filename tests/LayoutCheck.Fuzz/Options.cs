using System.Collections.Immutable;
using System.Globalization;

namespace LayoutCheck.Fuzz;

/// <summary>What a run does.</summary>
internal enum RunMode
{
    /// <summary>Damages images and rules.</summary>
    Damaged,

    /// <summary>Damages further what reached new code.</summary>
    Guided,

    /// <summary>Compares with pahole.</summary>
    Differential,

    /// <summary>Compiles generated structs.</summary>
    Structs,

    /// <summary>Compiles generated structs before and after an edit.</summary>
    Pairs,
}

/// <summary>The command line.</summary>
internal sealed record Options
{
    // A differential case starts pahole: more threads than this would take the machine from others.
    private const int MostDifferentialThreads = 2;

    /// <summary>What to do.</summary>
    public RunMode Mode { get; init; }

    /// <summary>The number of cases, unless there is a time limit.</summary>
    public long Cases { get; init; } = 10_000;

    /// <summary>What all random numbers come from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The time limit, or 0.</summary>
    public double Hours { get; init; }

    /// <summary>The number of threads that run cases.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The number of the first case.</summary>
    public long Start { get; init; }

    /// <summary>Folders of images to start from, besides the fixtures.</summary>
    public ImmutableArray<string> Corpus { get; init; } = [];

    /// <summary>The folder for failing cases.</summary>
    public string Out { get; init; } = "fuzz-failures";

    /// <summary>A file to run again, or null.</summary>
    public string? Reproduce { get; init; }

    /// <summary>The numbers of a case to run again, or empty.</summary>
    public ImmutableArray<long> Lineage { get; init; } = [];

    /// <summary>A JSON report of <c>diff</c> and its two images, or empty.</summary>
    public ImmutableArray<string> Report { get; init; } = [];

    /// <summary>A vmlinux whose code is decoded, or null.</summary>
    public string? Decode { get; init; }

    /// <summary>In a child process, the file that it shares with its parent; else null.</summary>
    public string? Slots { get; init; }

    /// <summary>Reads a command line; null when it is wrong.</summary>
    public static Options? Parse(string[] args)
    {
        Options options = new();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
            {
                return null;
            }

            try
            {
                if (options.With(args[i], args[i + 1]) is not { } next)
                {
                    return null;
                }

                options = next;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        return options.Mode switch
        {
            RunMode.Guided => options with { Threads = 1 },
            RunMode.Differential => options with { Threads = Math.Min(options.Threads, MostDifferentialThreads) },
            _ => options,
        };
    }

    /// <summary>The command line of a child process.</summary>
    public IEnumerable<string> ToArguments(long start, long cases, double hours, string slots)
    {
        string[] fixedOnes =
        [
            "--seed", Text(Seed), "--threads", Text(Threads), "--out", Out, "--slots", slots,
            "--start", Text(start), "--hours", Text(Math.Max(Hours > 0 ? 1e-6 : 0, hours)),
            Mode switch { RunMode.Guided => "--guided", RunMode.Differential => "--differential", _ => "--cases" }, Text(cases),
        ];
        return [.. fixedOnes, .. Corpus.SelectMany(c => (string[])["--corpus", c])];
    }

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    private Options? With(string name, string value) => name switch
    {
        "--cases" => this with { Cases = long.Parse(value, CultureInfo.InvariantCulture) },
        "--guided" => this with { Cases = long.Parse(value, CultureInfo.InvariantCulture), Mode = RunMode.Guided },
        "--differential" => this with { Cases = long.Parse(value, CultureInfo.InvariantCulture), Mode = RunMode.Differential },
        "--structs" => this with { Cases = int.Parse(value, CultureInfo.InvariantCulture), Mode = RunMode.Structs },
        "--pairs" => this with { Cases = int.Parse(value, CultureInfo.InvariantCulture), Mode = RunMode.Pairs },
        "--seed" => this with { Seed = int.Parse(value, CultureInfo.InvariantCulture) },
        "--hours" => this with { Hours = double.Parse(value, CultureInfo.InvariantCulture) },
        "--threads" => this with { Threads = int.Parse(value, CultureInfo.InvariantCulture) },
        "--start" => this with { Start = long.Parse(value, CultureInfo.InvariantCulture) },
        "--corpus" => this with { Corpus = Corpus.Add(value) },
        "--out" => this with { Out = value },
        "--reproduce" => this with { Reproduce = value },
        "--lineage" => this with { Lineage = [.. value.Split(',').Select(n => long.Parse(n, CultureInfo.InvariantCulture))] },
        "--complete" => this with { Report = [value, .. Report] },
        "--old" or "--new" => this with { Report = Report.Add(value) },
        "--decode" => this with { Decode = value },
        "--slots" => this with { Slots = value },
        _ => null,
    };
}
