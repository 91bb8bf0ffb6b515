using System.Collections.Immutable;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules;

/// <summary>The outcome of a rule, with those of its checks.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Outcome">Violated when one check is; else Undecided when one is; else Warning, Holds, NotApplicable in this order.</param>
/// <param name="Checks">The result of each check, in the rule's order.</param>
public sealed record RuleResult(Rule Rule, Outcome Outcome, ImmutableArray<CheckResult> Checks);

/// <summary>The outcome of one check, with the reason.</summary>
/// <param name="Check">The check.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Reason">One plain sentence with the values that decided.</param>
/// <param name="Observed">Every fact that the check looked at, each once, in the order it was looked at.</param>
public sealed record CheckResult(RuleCheck Check, Outcome Outcome, string Reason, ImmutableArray<Observation> Observed)
{
    /// <summary>Whether a reader should see the reason though the check holds: something changed, in a way that is allowed.</summary>
    public bool IsNotable { get; init; }

    /// <summary>Why a check that holds is a warning all the same, in one sentence; else null.</summary>
    public string? Caution { get; init; }

    /// <summary>The meaning of a violation or of a warning, in one sentence; null when the rule has none, and for other outcomes.</summary>
    public string? Consequence => Caution ?? (Outcome is Outcome.Violated or Outcome.Warning ? Check.Message : null);
}
