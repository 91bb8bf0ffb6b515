using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings of <c>diff</c>: the types that differ, those that one image lacks, and the rules that changed their outcome.</summary>
internal static class DiffFindings
{
    private static readonly FindingRule s_types = new("type-differs", "Both images have the same types")
    {
        What = "Every struct and union that both images define has the same members, at the same places.",
        Why = "Code that was compiled for one image reads and writes the wrong bytes in the other.",
        Fix = "Look at each difference; --accept takes a file of those that are right, and --fail-on the weight that counts.",
        Pack = "diff",
    };

    private static readonly FindingRule s_missing = new("type-missing", "Both images define the types that were asked for")
    {
        What = "A type that was asked for by its name is in both images.",
        Why = "Nothing was compared of a type that an image lacks.",
        Fix = "Check its spelling, and whether it was renamed.",
        Pack = "diff",
    };

    private static readonly FindingRule s_rules = new("rule-outcome-changed", "The rules come to the same in both images")
    {
        What = "Each rule has the same outcome in both images.",
        Why = "What the old image kept may be broken in the new one.",
        Fix = "Run check on the new image.",
        IsOfWarnings = true,
        Pack = "diff",
    };

    /// <summary>The findings on a pair of images.</summary>
    public static ImageFindings Of(DiffReport report)
    {
        List<Finding> missing = [.. report.Missing.Select(n => Finding.Of(n.ToString(), FindingLevel.Undecided, $"{n} is in neither image"))];
        if (!report.Asked.IsEmpty)
        {
            FindingLevel level = report.FailOn is null ? FindingLevel.Note : FindingLevel.Violated;
            missing.AddRange(report.Types.OnlyOld.Select(n => Finding.Of(n.ToString(), level, $"{n} is only in the old image")));
            missing.AddRange(report.Types.OnlyNew.Select(n => Finding.Of(n.ToString(), level, $"{n} is only in the new image")));
        }

        Finding[] types = [.. ComparisonFindings.Of(report.Types, report.FailOn)];
        return new ImageFindings(report.New.File, report.ExitCode, Printable.Escape(report.Headline()),
        [
            new FindingGroup(s_types, types.Length > 0 ? [.. types] : [new Finding("all types", FindingLevel.Passed, Printable.Escape(report.Headline()))]),
            .. missing.Count > 0 ? [new FindingGroup(s_missing, [.. missing])] : (FindingGroup[])[],
            .. report.Rules.IsEmpty ? [] : (FindingGroup[])[new FindingGroup(s_rules, [.. report.Rules.Select(Of)])],
        ])
        {
            OldFile = report.Old.File,
            Facts = [("Old", Describe(report.Old)), ("New", Describe(report.New)), ("Counts", $"--fail-on {report.FailOnWord}")],
        }.With(report.New.Image);
    }

    private static Finding Of(RuleChange change)
        => Finding.Of(change.Id, change.New is Outcome.Holds or Outcome.NotApplicable ? FindingLevel.Note : FindingLevel.Warning,
            $"{change.Id}: {OutcomeNames.Of(change.Old)} -> {OutcomeNames.Of(change.New)}{(change.Reason is { } reason ? $": {reason}" : "")}");

    private static string Describe(ComparedImage image) => Printable.Escape($"{image.File} ({image.Label}; {image.SourceName})");
}
