using System.CommandLine;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck merge</c>.</summary>
internal static class MergeCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string[]> files = new("FILE|DIR") { Description = "Files of JSON lines (check --format jsonl), and folders of check --output-dir", Arity = ArgumentArity.OneOrMore };
        Option<string?> expected = new("--expect") { HelpName = "LIST|-", Description = "Each file of this list must have one record: what is missing, double or contradictory is told, and the exit code is 4 at least." };
        Option<bool> quiet = new("--quiet", "-q") { Description = "Write the counts, and the images in which a rule is violated." };
        Option<bool> facts = new("--facts") { Description = "In JSON lines, tell the facts of each image too." };
        OutputOptions output = new("merge");
        command.Arguments.Add(files);
        foreach (Option option in (Option[])[expected, quiet, facts])
        {
            command.Options.Add(option);
        }

        output.AddTo(command);
        command.SetAction(parsed =>
        {
            OutputForm form = output.Form(parsed, parsed.GetValue(quiet) ? Reports.Formats.Verbosity.Quiet : Reports.Formats.Verbosity.Normal).WithFacts(parsed.GetValue(facts));
            string[]? wanted = parsed.GetValue(expected) is { } list ? FileList.Read(list) : null;
            List<RecordProblem> torn = [];
            List<ImageRecord> records = RecordFolder.ReadAll(parsed.GetValue(files)!, torn);
            RecordSummary summary = RecordMerge.Join(records, torn, wanted);
            foreach (RecordProblem problem in summary.Problems)
            {
                StandardError.WriteLine($"layoutcheck: {Core.Printable.Escape($"{problem.Path}: {problem.Words}")}");
            }

            return OutputOptions.Write(summary, form);
        });
    }
}
