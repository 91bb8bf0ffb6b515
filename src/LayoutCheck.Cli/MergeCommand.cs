using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck merge</c>.</summary>
internal static class MergeCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string[]> files = new("FILE|DIR") { Description = "Files of JSON lines (check --format jsonl), and folders of check --output-dir", Arity = ArgumentArity.OneOrMore };
        Option<string?> expected = new("--expect") { HelpName = "LIST|-", Description = "Each file of this list must have one record: what is missing, double or contradictory is told, and the exit code is 4 at least." };
        Option<string?> missing = new("--missing") { HelpName = "FILE", Description = "With --expect: write the files of the list that have no record to FILE, each before a zero byte, for --files-from." };
        Option<bool> quiet = new("--quiet", "-q") { Description = "Write the counts, and the images in which a rule is violated." };
        Option<bool> facts = new("--facts") { Description = "In JSON lines, tell the facts of each image too." };
        Option<bool> matrix = new("--matrix") { Description = "Write the matrix of the records in place of their verdicts: the columns that matrix has by default." };
        Option<string[]> show = new("--show") { HelpName = "COLUMN,...", Description = "With --matrix: columns of what the records tell, as matrix takes them." };
        OutputOptions output = new("merge");
        command.Arguments.Add(files);
        foreach (Option option in (Option[])[expected, missing, quiet, facts, matrix, show])
        {
            command.Options.Add(option);
        }

        output.AddTo(command);
        command.SetAction(parsed =>
        {
            OutputForm form = output.Form(parsed, parsed.GetValue(quiet) ? Verbosity.Quiet : Verbosity.Normal).WithFacts(parsed.GetValue(facts));
            string[]? wanted = parsed.GetValue(expected) is { } list ? FileList.Read(list) : null;
            string? rest = parsed.GetValue(missing);
            if (rest is not null && wanted is null)
            {
                throw new UsageException("--missing goes with --expect");
            }

            List<RecordProblem> torn = [];
            List<ImageRecord> records = RecordFolder.ReadAll(parsed.GetValue(files)!, torn);
            RecordSummary summary = RecordMerge.Join(records, torn, wanted);
            foreach (RecordProblem problem in summary.Problems)
            {
                StandardError.WriteLine($"layoutcheck: {Printable.Escape($"{problem.Path}: {problem.Words}")}");
            }

            if (rest is not null)
            {
                Output.WriteText(rest, string.Concat(summary.Problems.Where(p => p.Kind == RecordProblemKind.Missing).Select(p => p.Path + '\0')));
            }

            if (!parsed.GetValue(matrix))
            {
                return parsed.GetValue(show) is { Length: > 0 } ? throw new UsageException("--show goes with --matrix") : OutputOptions.Write(summary, form);
            }

            if (form.Destinations.FirstOrDefault(d => !d.Format.CanWrite("matrix")).Format is { } other)
            {
                throw new UsageException($"--format {other.Name} has no matrix: take {OptionWords.List([.. ReportFormats.NamesFor("matrix").Intersect(ReportFormats.NamesFor("merge"))])}");
            }

            int code = OutputOptions.Write(MatrixOf(summary, MatrixColumns.Parse(parsed.GetValue(show) ?? [])), form);
            return (int)CheckBatch.WorstOf([(ExitCode)code, summary.Problems.IsEmpty ? ExitCode.Holds : ExitCode.Undecided]);
        });
    }

    private static MatrixReport MatrixOf(RecordSummary summary, ImmutableArray<MatrixColumn> columns) => new(columns, [.. summary.Images.Select(record =>
        new MatrixRow(record.Path, record.Error is null ? [.. columns.Select(c => MatrixFacts.CellOf(c, record.Facts, id => OutcomeOf(record, id)))] : [])
        {
            Release = record.Release,
            Machine = record.Machine,
            Bits = record.Bits,
            BuildId = record.BuildId,
            Problem = record.Error?.Message,
        })]);

    private static Outcome? OutcomeOf(ImageRecord record, string id)
    {
        foreach (RecordedRule rule in record.Rules)
        {
            if (rule.Id == id)
            {
                return rule.Outcome;
            }
        }

        return null;
    }
}
