using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>What a finding means for the verdict, the worst last.</summary>
internal enum FindingLevel
{
    /// <summary>It does not apply.</summary>
    Skipped,

    /// <summary>It is as it has to be.</summary>
    Passed,

    /// <summary>It differs, and that does not count.</summary>
    Note,

    /// <summary>Something is lost or badly named.</summary>
    Warning,

    /// <summary>It could not be told.</summary>
    Undecided,

    /// <summary>It is violated, or differs where that counts.</summary>
    Violated,

    /// <summary>The image cannot be read.</summary>
    Unreadable,
}

/// <summary>The rule that a finding belongs to, in the words of formats that list rules apart from results. All texts are printable.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">The invariant in one line.</param>
internal sealed record FindingRule(string Id, string Title)
{
    /// <summary>What it demands; several lines of Markdown, or empty.</summary>
    public string What { get; init; } = "";

    /// <summary>What breaks otherwise.</summary>
    public string Why { get; init; } = "";

    /// <summary>What to do.</summary>
    public string Fix { get; init; } = "";

    /// <summary>The command that tells more, or null.</summary>
    public string? Command { get; init; }

    /// <summary>Whether a violation is a warning only.</summary>
    public bool IsOfWarnings { get; init; }

    /// <summary>Whether its verdict comes first.</summary>
    public bool IsFlagship { get; init; }

    /// <summary>The pack, or the command that it belongs to.</summary>
    public string Pack { get; init; } = "layoutcheck";

    /// <summary>A rule of the catalogue, of a file, or of the command line.</summary>
    public static FindingRule Of(Rule rule) => new(Printable.Escape(rule.Id), Printable.Escape(rule.Title))
    {
        What = Lines(rule.What),
        Why = Lines(rule.Why),
        Fix = Lines(rule.Fix),
        Command = RuleHelp.Command(rule) is { } command ? Printable.Escape(command) : null,
        IsOfWarnings = rule.Severity == Severity.Warning,
        IsFlagship = rule.IsFlagship,
        Pack = Printable.Escape(rule.Pack),
    };

    private static string Lines(string text) => string.Join('\n', text.Split('\n').Select(Printable.Escape));
}

/// <summary>The source line of one of the members that a finding is about.</summary>
/// <param name="Member">The member, printable.</param>
/// <param name="File">The file from the root of the source tree, as the debug information has it.</param>
/// <param name="Line">The line, from 1.</param>
internal sealed record FindingPlace(string Member, string File, ulong Line)
{
    /// <summary>A place of the debug information.</summary>
    public static FindingPlace Of(string member, SourcePlace place) => new(Printable.Escape(member), SourceTree.Relative(place.File), place.Line);

    /// <summary>The place as a compiler prints it.</summary>
    public string Shown => $"{Printable.Escape(File)}:{Line}";
}

/// <summary>One result of a report: of a check, a changed type, a disputed definition. All texts are printable and of one line.</summary>
/// <param name="Name">What was looked at: the check's expression, or a type.</param>
/// <param name="Level">What it means for the verdict.</param>
/// <param name="Reason">The reason, with the values that decided.</param>
internal sealed record Finding(string Name, FindingLevel Level, string Reason)
{
    /// <summary>What the reason means for the kernel, or null.</summary>
    public string? Consequence { get; init; }

    /// <summary>The declarations of the members, the first one first; empty where they are not known.</summary>
    public ImmutableArray<FindingPlace> Places { get; init; } = [];

    /// <summary>The members and types that it is about, in the order in which they were looked at.</summary>
    public ImmutableArray<string> Subjects { get; init; } = [];

    /// <summary>The parts of a difference, a line each.</summary>
    public ImmutableArray<string> Rows { get; init; } = [];

    /// <summary>Whether it has to be shown where passes are not.</summary>
    public bool IsShown => Level >= FindingLevel.Note;

    /// <summary>The whole in one line: the word for what could not be told, the reason, and what it means.</summary>
    public string Sentence => (Level == FindingLevel.Undecided && !Reason.StartsWith("cannot tell", StringComparison.Ordinal) ? $"cannot tell: {Reason}" : Reason)
        + (Consequence is null ? "" : $": {Consequence}");

    /// <summary>The places in words: <c>folio.pgmap at page.h:278, page.compound_head at page.h:210</c>; empty without one.</summary>
    public string PlacesInWords => string.Join(", ", Places.Select(p => $"{p.Member} at {p.Shown}"));

    /// <summary>A finding of texts from a file.</summary>
    public static Finding Of(string name, FindingLevel level, string reason) => new(Printable.Escape(name), level, Printable.Escape(reason));
}

/// <summary>The findings of one rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Findings">Its findings, in its order.</param>
internal sealed record FindingGroup(FindingRule Rule, ImmutableArray<Finding> Findings)
{
    /// <summary>The worst of its findings; passed beside skipped is passed.</summary>
    public FindingLevel Level => Findings.IsEmpty ? FindingLevel.Skipped : Findings.Max(f => f.Level);
}

/// <summary>The words for levels.</summary>
internal static class FindingLevels
{
    /// <summary>The word of programs: that of <see cref="OutcomeNames"/> where it is an outcome.</summary>
    public static string Word(this FindingLevel level) => level switch
    {
        FindingLevel.Skipped => "not_applicable",
        FindingLevel.Passed => "holds",
        _ => level.ToString().ToLowerInvariant(),
    };

    /// <summary>The level of a check's outcome.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="isCounted">Whether a warning counts as a violation.</param>
    public static FindingLevel Of(Outcome outcome, bool isCounted) => outcome switch
    {
        Outcome.Holds => FindingLevel.Passed,
        Outcome.Warning => isCounted ? FindingLevel.Violated : FindingLevel.Warning,
        Outcome.Violated => FindingLevel.Violated,
        Outcome.NotApplicable => FindingLevel.Skipped,
        _ => FindingLevel.Undecided,
    };
}
