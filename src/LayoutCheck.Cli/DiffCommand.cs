using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck diff</c>.</summary>
internal static class DiffCommand
{
    private const int DefaultLimit = 20;

    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string> old = new("OLD") { Description = "The kernel or module of before: any FILE that check takes" };
        Argument<string> now = new("NEW") { Description = "The kernel or module of after" };
        Argument<string[]> types = new("TYPE") { Description = "page, 'struct page', 'union foo', a typedef of one; without any, all that both define", Arity = ArgumentArity.ZeroOrMore };
        Option<string> failOn = new("--fail-on")
        {
            Description = "The differences that make the exit code 1: layout (sizes, alignments, places, members), type (these, and types of members), name (these, and members of another name on the same bits), any (these, and compatible ones), never",
            DefaultValueFactory = _ => ChangeClasses.FailOnWords[0],
            HelpName = string.Join('|', ChangeClasses.FailOnWords),
        };
        Option<int?> limit = new("--limit") { HelpName = "N", Description = $"Show the members of so many types at the most; 0 for all. Default: {DefaultLimit}, and all of the TYPEs that are named." };
        Option<bool> noRules = new("--no-rules") { Description = "Leave out the rules whose outcomes changed." };
        SymbolOptions symbols = new();
        Option<bool> quiet = new("--quiet", "-q") { Description = "Write the first line alone; the exit code is the same." };
        Option<string?> oldSource = Side("--old-source", "OLD");
        Option<string?> newSource = Side("--new-source", "NEW");
        Option<int> threads = OptionWords.Threads();
        ImageOptionGroup how = new();
        OutputOptions output = new("diff");
        AcceptOptions accept = new();
        OptionWords.TakesOneOf(failOn, [.. ChangeClasses.FailOnWords]);
        OptionWords.TakesNumber(limit, 0, int.MaxValue, " of types");
        command.Arguments.Add(old);
        command.Arguments.Add(now);
        command.Arguments.Add(types);
        foreach (Option option in (Option[])[failOn, limit, noRules, quiet, oldSource, newSource, threads])
        {
            command.Options.Add(option);
        }

        accept.AddTo(command);
        symbols.AddTo(command);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            ImmutableArray<TypeName> names = [.. (parsed.GetValue(types) ?? []).Select(Name)];
            DiffOptions options = new(
                ChangeClasses.FailOn(parsed.GetValue(failOn)!),
                parsed.GetValue(noRules) ? null : RuleCatalog.Select(null, null, null),
                parsed.GetValue(limit) ?? (names.IsEmpty ? DefaultLimit : 0))
            {
                Symbols = symbols.Chosen(parsed),
            };
            ImageOptions left = how.Of(parsed, parsed.GetValue(oldSource));
            ImageOptions right = how.Of(parsed, parsed.GetValue(newSource));
            OutputForm form = output.Form(parsed, parsed.GetValue(quiet) ? Reports.Formats.Verbosity.Quiet : Reports.Formats.Verbosity.Normal);
            return Run(parsed.GetValue(old)!, left, parsed.GetValue(now)!, right, names, options, parsed.GetValue(threads), accept.Of(parsed), form);
        });
    }

    private static int Run(string old, ImageOptions left, string now, ImageOptions right, ImmutableArray<TypeName> names, DiffOptions options, int threads, Accepting accepting, OutputForm form)
    {
        using KernelImage oldImage = InputImage.OpenQuietly(old, left with { HashesContent = form.ShowsImage });
        using KernelImage newImage = InputImage.OpenQuietly(now, right with { HashesContent = form.ShowsImage });
        if (!oldImage.OtherFiles.Concat(newImage.OtherFiles).Any(f => f.Role == FileRole.BaseKernel))
        {
            InputImage.TellUnused(newImage, right);
        }

        double compared = 0;
        using Progress progress = new(() => (0.3 * oldImage.Types.FractionDone) + (0.3 * newImage.Types.FractionDone) + (0.4 * compared));
        DiffReport report = DiffAnalysis.Run(oldImage, newImage, names, options, threads, done => compared = done);
        progress.Dispose();
        Comparison types = accepting.Apply(report.Types);
        report = report with { Types = types, Notices = [.. report.Notices, .. types.Stale.Select(e => e.Notice)] };
        bool isWritten = accepting.Write("diff", types.Accepted.Select(a => a.Entry), types.ToAccept(accepting.Reason));
        int code = OutputOptions.Write(report, form);
        // What was written down is known; what cannot be told is not.
        return isWritten && code == (int)ExitCode.Violated ? (int)ExitCode.Holds : code;
    }

    private static TypeName Name(string text)
    {
        if (text.Contains('.', StringComparison.Ordinal))
        {
            throw new UsageException($"diff compares whole types: name {text[..text.IndexOf('.', StringComparison.Ordinal)]}, not {text}");
        }

        return text.Trim().Length == 0 ? throw new UsageException("a TYPE is empty") : TypeName.Parse(text);
    }

    private static Option<string?> Side(string name, string side)
    {
        Option<string?> option = new(name) { Description = $"The same as --source for {side} alone", HelpName = "auto|dwarf|btf" };
        OptionWords.TakesOneOf(option, "auto", "dwarf", "btf");
        return option;
    }
}
