using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Reports;

/// <summary>The rules that there are.</summary>
/// <param name="Rules">The rules, those of the default pack first, then by the name of their pack.</param>
public sealed record RulesReport(ImmutableArray<Rule> Rules) : Report
{
    /// <inheritdoc/>
    public override string Name => "rules";

    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Holds;

    /// <summary>The report on a set of rules.</summary>
    public static RulesReport Of(RuleSet rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new RulesReport([.. rules.Rules.OrderBy(r => r.Pack != Rule.DefaultPack).ThenBy(r => r.Pack, StringComparer.Ordinal)]);
    }
}

/// <summary>One rule, explained.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Example">Its result on some image.</param>
public sealed record ExplainReport(Rule Rule, RuleResult Example) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "explain";

    /// <summary>Whether the image was named by the user, so that the result on it is an answer too.</summary>
    public bool IsOfNamedImage { get; init; }

    /// <summary>Whether the example can be drawn: the rule applies to it.</summary>
    public bool IsDrawn => Example.Outcome is Outcome.Holds or Outcome.Warning or Outcome.Violated;

    /// <summary>An explanation is complete whatever the example's result is.</summary>
    public override ExitCode ExitCode => ExitCode.Holds;
}

/// <summary>A rule file that pins types as an image has them.</summary>
/// <param name="Types">The types.</param>
/// <param name="RuleText">The rule file; null when it cannot be made.</param>
public sealed record BaselineReport(ImmutableArray<string> Types, string? RuleText) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "baseline";

    /// <summary>Whether the debug information of some type cannot be read.</summary>
    public bool IsRefused { get; init; }

    /// <inheritdoc/>
    public override bool HasAnswer => RuleText is not null;

    /// <inheritdoc/>
    public override ExitCode ExitCode => HasAnswer ? ExitCode.Holds : IsRefused ? ExitCode.Unreadable : ExitCode.Undecided;
}
