using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings on one image, or on a pair of them.</summary>
/// <param name="File">The image as the user named it; of a pair, the new one.</param>
/// <param name="ExitCode">The verdict.</param>
/// <param name="Headline">The verdict in one line, printable.</param>
/// <param name="Groups">The findings by rule, those of the flagship first.</param>
internal sealed record ImageFindings(string File, ExitCode ExitCode, string Headline, ImmutableArray<FindingGroup> Groups)
{
    private static readonly FindingRule s_verdict = new("verdict", "The question has an answer")
    {
        What = "The verdict over all rules.",
        Why = "A report that could not tell is no pass.",
        Fix = "Read the reason: another file, debug information or option may tell.",
    };

    /// <summary>The old image of a pair, or null.</summary>
    public string? OldFile { get; init; }

    /// <summary>The kernel's release (<c>uname -r</c>), printable; null where it is not told.</summary>
    public string? Release { get; init; }

    /// <summary>The machine (<c>x86-64</c>); null where it is not told.</summary>
    public string? Architecture { get; init; }

    /// <summary>The facts for people: a label, and words; printable.</summary>
    public ImmutableArray<(string Label, string Words)> Facts { get; init; } = [];

    /// <summary>What to call it among others: its path.</summary>
    public string Label => Printable.Escape(File);

    /// <summary>All findings with their rules, in order.</summary>
    public IEnumerable<(FindingRule Rule, Finding Finding)> All => Groups.SelectMany(g => g.Findings.Select(f => (g.Rule, f)));

    /// <summary>How many findings have a level.</summary>
    public int Count(FindingLevel level) => Groups.Sum(g => g.Findings.Count(f => f.Level == level));

    /// <summary>
    /// The same, with a finding of its own for the verdict where no other one tells of it: in a list of findings it must not look better than it is. A flagship
    /// rule that does not apply leaves its question open, beside whatever else is wrong.
    /// </summary>
    public ImageFindings WithVerdict()
    {
        FindingLevel needed = ExitCode switch
        {
            ExitCode.Violated => FindingLevel.Violated,
            ExitCode.Undecided => FindingLevel.Undecided,
            ExitCode.Unreadable => FindingLevel.Unreadable,
            _ => FindingLevel.Skipped,
        };
        bool isTold = needed == FindingLevel.Skipped || Count(needed) > 0;
        bool isFlagshipOpen = needed != FindingLevel.Skipped && Groups.Any(g => g.Rule.IsFlagship && g.Level == FindingLevel.Skipped);
        return isTold && !isFlagshipOpen ? this
            : this with { Groups = [new FindingGroup(s_verdict, [new Finding("all rules", isTold ? FindingLevel.Undecided : needed, Headline)]), .. Groups] };
    }

    /// <summary>Sets what an image tells of itself.</summary>
    public ImageFindings With(ImageFacts? facts) => this with
    {
        Release = facts?.Release is { } release ? Printable.Escape(release) : null,
        Architecture = facts?.MachineName,
    };
}
