using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>
/// A check that cannot fail says nothing. Each check of the catalogue is violated by a layout that <see cref="LayoutMutator"/> makes of one in which it holds,
/// or it is listed here with its reason.
/// </summary>
public class CheckFailureTests
{
    /// <summary>Checks that no made layout violates, each with its reason: the rule's id, a colon, and the check as it is written in one spelling.</summary>
    private static readonly Dictionary<string, string> s_exceptions = new(StringComparer.Ordinal);

    private sealed record Layouts(string Name, TargetInfo Target, string Text);

    [Fact]
    public void Each_check_is_seen_failing_or_is_listed()
    {
        Layouts[] bases = [.. RealLayouts.Kernels.Select(k => new Layouts(k, new TargetInfo(8, false), RealLayouts.Read(k)))];
        List<string> neverHolds = [], neverFails = [];
        HashSet<string> failed = new(StringComparer.Ordinal), all = new(StringComparer.Ordinal);
        foreach (Rule rule in RuleCatalog.Default.Rules)
        {
            foreach (RuleCheck check in rule.Checks)
            {
                string key = $"{rule.Id}: {check.Expression}";
                _ = all.Add(key);
                RuleSet alone = new([With(rule, check)]);
                List<Layouts> holding = [.. bases.Where(b => IsTrue(Evaluate(alone, b.Target, b.Text)))];
                if (holding.Exists(b => Mutants(b, check).Any(text => HasFailed(Evaluate(alone, b.Target, text)))))
                {
                    _ = failed.Add(key);
                }
                else
                {
                    (holding.Count == 0 ? neverHolds : neverFails).Add(key);
                }
            }
        }

        string[] unlisted = [.. neverHolds.Concat(neverFails).Where(key => !failed.Contains(key) && !s_exceptions.ContainsKey(key))];
        Assert.True(unlisted.Length == 0, $"never seen holding:\n{string.Join('\n', neverHolds)}\nnever seen failing:\n{string.Join('\n', neverFails)}");
        Assert.DoesNotContain(s_exceptions.Keys, failed.Contains);
        Assert.All(s_exceptions.Keys, key => Assert.Contains(key, all));
    }

    private static IEnumerable<string> Mutants(Layouts layouts, RuleCheck check)
    {
        LayoutMutator mutator = new(layouts.Text, layouts.Target.WordByteSize, check);
        return mutator.Mutants();
    }

    private static Rule With(Rule rule, RuleCheck check) => new(rule.Id)
    {
        Title = rule.Title,
        Severity = rule.Severity,
        Pack = rule.Pack,
        IsFlagship = rule.IsFlagship,
        Checks = [check],
        Selections = rule.Selections,
        Body = rule.Body,
        SourceName = rule.SourceName,
    };

    private static bool IsTrue(CheckResult result) => result.Outcome == Outcome.Holds || result is { Outcome: Outcome.Warning, Caution: not null };

    private static bool HasFailed(CheckResult result) => result.Outcome == Outcome.Violated || result is { Outcome: Outcome.Warning, Caution: null };

    private static CheckResult Evaluate(RuleSet rules, TargetInfo target, string text)
        => RuleEvaluator.Evaluate(rules, LayoutText.Parse(text, target.WordByteSize, rules.RequiredTypes), target)[0].Checks[0];
}
