using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck audit</c>.</summary>
internal static class AuditCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> file = ImageOptionGroup.File();
        Option<bool> verbose = new("--verbose", "-v") { Description = "List every definition of the names without a common one, and all its units." };
        Option<bool> rust = new("--rust") { Description = "Compare the structs that bindgen made for Rust with C's too." };
        Option<int> threads = OptionWords.Threads();
        AcceptOptions accept = new();
        ImageOptionGroup how = new(takesBoth: true);
        Option<int> limit = OptionWords.LimitOfDifferent("--source both");
        OutputOptions output = new("audit");
        command.Arguments.Add(file);
        command.Options.Add(verbose);
        command.Options.Add(rust);
        command.Options.Add(threads);
        command.Options.Add(limit);
        accept.AddTo(command);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            Question question = new(parsed.GetValue(rust), how.IsBoth(parsed), parsed.GetValue(threads), parsed.GetValue(limit));
            Accepting accepting = accept.Of(parsed);
            return Run(parsed.GetValue(file)!, how.Of(parsed), question, accepting, output.Form(parsed, parsed.GetValue(verbose) ? Verbosity.Full : Verbosity.Normal));
        });
    }

    private static int Run(string file, ImageOptions how, Question question, Accepting accepting, OutputForm form)
    {
        using KernelImage image = InputImage.Open(file, how with { HashesContent = form.ShowsImage });
        using KernelImage? btf = question.IsBoth ? image.OpenAs(SourceChoice.Btf) : null;
        AuditOptions options = new(AcceptedVariants.Known, question.WithTwins, btf, question.Limit);
        AuditReport report = Progress.While(image.Types, () => AuditAnalysis.Run(image, question.Threads, options, form.ShowsImage)).Accept(accepting.Entries);
        Agreement? agreement = report.Agreement is { } compared ? accepting.Apply(compared) : null;
        AcceptedDifference[] covering = [.. report.CoveringEntries, .. agreement?.Types.Accepted.Select(a => a.Entry) ?? []];
        // An entry is for the units or for the two formats: it is stale where it covers neither.
        IEnumerable<StaleEntry> stale = report.Stale.Concat(agreement?.Types.Stale ?? []).Where(s => !covering.Contains(s.Entry));
        report = report with { Agreement = agreement, Notices = [.. report.Notices, .. stale.Select(s => s.Notice).Distinct()] };
        _ = accepting.Write("audit", covering, [.. report.ToAccept(accepting.Reason), .. agreement?.Types.ToAccept(accepting.Reason) ?? []]);
        return OutputOptions.Write(report, form);
    }

    private sealed record Question(bool WithTwins, bool IsBoth, int Threads, int Limit);
}
