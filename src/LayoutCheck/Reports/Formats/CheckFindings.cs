using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings of <c>check</c> on one image: every check of every rule, and the comparison with another description.</summary>
internal static class CheckFindings
{
    private static readonly FindingRule s_unreadable = new("image-unreadable", "The image can be read")
    {
        What = "The file is a kernel image, a module or BTF, and has debug information that is not damaged.",
        Why = "Nothing is known of the layouts of an image that cannot be read.",
        Fix = "The message names the section and the offset, and what can be done.",
    };

    /// <summary>The findings on an image that was checked, or that cannot be read.</summary>
    public static ImageFindings Of(ImageReport report) => report switch
    {
        CheckReport check => OfCheck(check),
        UnreadableReport unreadable => OfUnreadable(unreadable),
        _ => throw new ArgumentException($"no checks in {report.Name}", nameof(report)),
    };

    /// <summary>The facts of an image for people.</summary>
    public static ImmutableArray<(string Label, string Words)> FactsOf(ImageReport report, DebugInfoSummary source)
    {
        List<(string, string)> facts = [("File", Printable.Escape(report.Run.File))];
        if (report.Image is { } image)
        {
            facts.Add(("Format", Printable.Escape(image.FullFormat)));
            facts.Add(("Build id", image.BuildIdInWords));
            facts.Add(("Kernel", image.Release is { } release ? Printable.Escape(release) : "the image does not tell its release"));
        }

        facts.AddRange(Provenance.Others(report.Files));
        facts.Add(("Source", source.Format + (source.Omission is { } omission ? $"; {Printable.Escape(omission.Clause)}" : "")));
        return [.. facts];
    }

    private static ImageFindings OfUnreadable(UnreadableReport report)
    {
        string problem = Printable.Escape(report.Problem);
        return new ImageFindings(report.Run.File, ExitCode.Unreadable, problem, [new FindingGroup(s_unreadable, [Finding.Of($"read {report.Run.File}", FindingLevel.Unreadable, report.Problem)])])
        {
            Facts = [("File", Printable.Escape(report.Run.File))],
        };
    }

    private static ImageFindings OfCheck(CheckReport report)
    {
        List<FindingGroup> groups = [.. report.Results.Select(r => OfRule(report, r))];
        if (report.Agreement is { } agreement)
        {
            groups.Add(ComparisonFindings.Of(agreement));
        }

        if (report.Code is { } code)
        {
            groups.Add(CodeFindings.Of(code));
        }

        return new ImageFindings(report.Run.File, report.ExitCode, Printable.Escape(report.Headline()), [.. groups.OrderByDescending(g => g.Rule.IsFlagship)])
        {
            Facts = FactsOf(report, report.Source),
        }.With(report.Image);
    }

    private static FindingGroup OfRule(CheckReport report, RuleResult result)
    {
        // Of a rule that is open or violated otherwise, its warnings are no violations by that.
        bool isCounted = result.Outcome == Outcome.Warning && report.Counts(result);
        return new FindingGroup(FindingRule.Of(result.Rule), [.. result.Checks.Select(c => OfCheck(report, c, isCounted))]);
    }

    private static Finding OfCheck(CheckReport report, CheckResult check, bool isCounted)
    {
        string[] subjects = [.. check.Observed.Select(o => o.Subject).Distinct()];
        FindingLevel level = FindingLevels.Of(check.Outcome, isCounted);
        return Finding.Of(check.Check.Expression.Text, level, check.Reason) with
        {
            Consequence = check.Consequence is { } words ? Printable.Escape(words) : null,
            Subjects = [.. subjects.Select(Printable.Escape)],
            Places = level < FindingLevel.Warning ? [] : [.. subjects.Where(report.Places.ContainsKey).Select(s => FindingPlace.Of(s, report.Places[s]))],
        };
    }
}
