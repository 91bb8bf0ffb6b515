using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Lookup;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck matrix</c>.</summary>
internal static class MatrixCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string[]> files = new("FILE") { Description = "Kernels and modules, a row each: any FILE that check takes", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> list = new("--files-from") { HelpName = "LIST|-", Description = "Take the files of this list too, a path a line; - is standard input." };
        Option<string[]> show = new("--show")
        {
            HelpName = "COLUMN,...",
            Description = "The columns: page.lru (offset), page.a|b (of the first that exists), sizeof:page, sizeof:page.lru, typeof:page.lru, exists:page.lru, rule:ID. "
                + "May be repeated. Default: the story of pgmap and compound_head.",
        };
        Option<string> sort = new("--sort") { HelpName = "input|release", Description = "The order of the rows", DefaultValueFactory = _ => "input" };
        Option<bool> exitZero = new("--exit-zero") { Description = "End with 0 also where a file cannot be read or a cell cannot be told: every input has a row." };
        Option<int> threads = OptionWords.Threads();
        ImageOptionGroup how = new();
        OutputOptions output = new("matrix");
        OptionWords.TakesOneOf(sort, "input", "release");
        command.Arguments.Add(files);
        foreach (Option option in (Option[])[list, show, sort, exitZero, threads])
        {
            command.Options.Add(option);
        }

        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            ImmutableArray<MatrixColumn> columns = MatrixColumns.Parse(parsed.GetValue(show) ?? []);
            OutputForm form = output.Form(parsed);
            ImmutableArray<string> paths = [.. parsed.GetValue(files) ?? [], .. parsed.GetValue(list) is { } from ? FileList.Read(from) : []];
            if (paths.IsEmpty)
            {
                throw new UsageException("matrix needs images: name FILEs, or a list of them with --files-from");
            }

            ImmutableArray<MatrixRow> rows = Ask(paths, columns, how.Of(parsed), parsed.GetValue(threads));
            MatrixReport report = new(columns, parsed.GetValue(sort) == "release" ? MatrixAnalysis.ByRelease(rows) : rows);
            int code = OutputOptions.Write(report, form);
            return parsed.GetValue(exitZero) ? (int)ExitCode.Holds : code;
        });
    }

    private static ImmutableArray<MatrixRow> Ask(ImmutableArray<string> paths, ImmutableArray<MatrixColumn> columns, ImageOptions how, int threads)
    {
        int done = 0;
        using SharedKernels kernels = new();
        using Progress progress = new(() => (double)done / paths.Length, words: () => $"{done} of {paths.Length}");
        ImmutableArray<MatrixRow>.Builder rows = ImmutableArray.CreateBuilder<MatrixRow>(paths.Length);
        foreach (MatrixRow row in ImageBatch.Run(paths, BatchLimits.Of(threads), Ask, MatrixRow.Unreadable))
        {
            rows.Add(row);
            done++;
        }

        return rows.MoveToImmutable();

        MatrixRow Ask(string path, int threadsOfOne)
        {
            using KernelImage image = KernelImage.Open(path, how with { Kernels = kernels });
            MatrixRow row = MatrixAnalysis.Run(image, columns, threadsOfOne);
            foreach (string notice in image.Notices)
            {
                StandardError.WriteLine($"layoutcheck: {Printable.Escape(notice)}");
            }

            return row;
        }
    }
}
