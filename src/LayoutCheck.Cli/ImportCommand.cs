using System.CommandLine;
using LayoutCheck.Core;
using LayoutCheck.Rules.Import;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck rules import</c>.</summary>
internal static class ImportCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string[]> headers = new("HEADER") { Description = "Kernel headers or sources: include/linux/mm_types.h mm/slab.h", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = new("--output", "-o") { Description = "The rule file to write (with several headers: the folder); without it, standard output.", HelpName = "PATH" };
        Option<bool> guarded = new("--guarded") { Description = "Assertions apply only where a member that they name exists; without it, a member that is gone leaves them undecided." };
        command.Arguments.Add(headers);
        command.Options.Add(output);
        command.Options.Add(guarded);
        command.SetAction(parsed => Run(parsed.GetValue(headers)!, parsed.GetValue(output), parsed.GetValue(guarded)));
    }

    private static int Run(string[] headers, string? output, bool isGuarded)
    {
        if (headers.Length > 1 && output is null)
        {
            throw new UsageException("several headers make several rule files: name the folder with --output");
        }

        string[] outputNames = OutputNames(headers);
        if (headers.Zip(outputNames).GroupBy(p => p.Second, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } same)
        {
            throw new UsageException($"{string.Join(" and ", same.Select(p => p.First))} would be written to one file, {same.Key}: import them one by one");
        }

        bool isFolder = headers.Length > 1 || (output is not null && Directory.Exists(output));
        int taken = 0;
        int refusedLines = 0;
        int refusedFiles = 0;
        int guarded = 0;
        foreach ((string header, string outputName) in headers.Zip(outputNames))
        {
            RuleImport import;
            try
            {
                import = RuleImporter.Import(header, TextOf(header), isGuarded);
            }
            catch (Exception e) when (headers.Length > 1 && e is UsageException or RuleException)
            {
                // One of many: the others are no worse for it.
                refusedFiles++;
                string file = Printable.Escape(header);
                string problem = Printable.Escape(e.Message.Split('\n')[0]);
                StandardError.WriteLine($"layoutcheck: {(problem.StartsWith(file, StringComparison.Ordinal) ? problem : $"{file}: {problem}")}: file not taken");
                continue;
            }

            foreach (RefusedAssertion refused in import.Refused)
            {
                StandardError.WriteLine($"{Printable.Escape(header)}:{refused.Line}: not taken: {Printable.Escape(refused.Problem)}: {Printable.Escape(Printable.Shorten(refused.Text))}");
            }

            StandardError.WriteLine($"layoutcheck: {Printable.Escape(header)}: {import.TakenCount} assertions taken, {import.Refused.Length} not{Guarded(isGuarded, import.GuardedCount)}");
            guarded += import.GuardedCount;
            taken += import.TakenCount;
            refusedLines += import.Refused.Length;
            if (import.RuleText is { } text)
            {
                Output.WriteText(isFolder ? Path.Combine(output!, outputName) : output, text);
            }
        }

        if (headers.Length > 1)
        {
            string files = refusedFiles == 0 ? "" : $"; {refusedFiles} {(refusedFiles == 1 ? "file was" : "files were")} not";
            StandardError.WriteLine($"layoutcheck: {headers.Length} files: {taken} assertions taken, {refusedLines} not{files}{Guarded(isGuarded, guarded)}");
        }

        return (int)(taken > 0 ? ExitCode.Holds : refusedFiles > 0 ? ExitCode.Usage : ExitCode.Undecided);
    }

    private static string Guarded(bool isGuarded, int count) => isGuarded ? $"; {count} apply only where a member of theirs exists" : "";

    // A character of zero is in no source, and in nearly every other file.
    private static string TextOf(string header) => RuleChoice.ReadText(header) is var text && text.Contains('\0', StringComparison.Ordinal)
        ? throw new UsageException($"{header} is no text: it has bytes of zero")
        : text;

    // There is a tcp.h in include/linux and one in include/net: where one name would stand for two headers, their folders tell them apart.
    private static string[] OutputNames(string[] headers)
    {
        HashSet<string?> shared = [.. headers.GroupBy(Path.GetFileName, StringComparer.Ordinal).Where(g => g.Skip(1).Any()).Select(g => g.Key)];
        return [.. headers.Select(header => (shared.Contains(Path.GetFileName(header)) ? header : Path.GetFileName(header))
            .Replace('.', '-').Replace(Path.DirectorySeparatorChar, '-').TrimStart('-') + ".md")];
    }
}
