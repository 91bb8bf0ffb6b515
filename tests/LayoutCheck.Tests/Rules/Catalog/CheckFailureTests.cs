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
    private const string OnlyUndecided = "the member that it names is gone where it applies: it is there to leave the rule undecided";

    /// <summary>Checks that no made layout violates, each with its reason.</summary>
    private static readonly Dictionary<string, string> s_exceptions = new(StringComparer.Ordinal)
    {
        ["ioptdesc-mirrors-page: offsetof(struct ioptdesc, __page_refcount) == offsetof(struct page, _refcount)"] = OnlyUndecided,
        ["ptdesc-mirrors-page: offsetof(struct ptdesc, __page_refcount) == offsetof(struct page, _refcount)"] = OnlyUndecided,
        ["slab-mirrors-page: offsetof(struct slab, __page_refcount) == offsetof(struct page, _refcount)"] = OnlyUndecided,
        ["zpdesc-mirrors-page: offsetof(struct zpdesc, _refcount) == offsetof(struct page, _refcount)"] = OnlyUndecided,
        ["rust-twins-agree: rust_twins_agree()"] = "these layouts have no Rust: Analyses/TwinAnalysisTests sees it fail",
    };

    [Fact]
    public void Each_check_is_seen_failing_or_is_listed()
    {
        Layouts[] bases = [.. RealLayouts.Kernels.Select(k => new Layouts(k, new TargetInfo(8, false), RealLayouts.Read(k))), .. CheckFailureLayouts.All];
        List<string> neverFails = [];
        HashSet<string> failed = new(StringComparer.Ordinal), all = new(StringComparer.Ordinal);
        foreach (Rule rule in RuleCatalog.Default.Rules)
        {
            foreach (RuleCheck check in rule.Checks)
            {
                string key = KeyOf(rule, check);
                _ = all.Add(key);
                RuleSet alone = new([With(rule, check)]);
                _ = (CanFail(alone, bases) ? failed.Add(key) : Add(neverFails, key));
            }
        }

        string[] unlisted = [.. neverFails.Except(s_exceptions.Keys)];
        Assert.True(unlisted.Length == 0, $"no layout that is made violates these checks; add one to {nameof(CheckFailureLayouts)} in which they hold:\n{string.Join('\n', unlisted)}");
        Assert.DoesNotContain(s_exceptions.Keys, failed.Contains);
        Assert.All(s_exceptions.Keys, key => Assert.Contains(key, all));
    }

    private static bool Add(List<string> to, string key)
    {
        to.Add(key);
        return false;
    }

    // The rule's id and the check in one spelling; with its when: where the rule says the same twice.
    private static string KeyOf(Rule rule, RuleCheck check)
    {
        bool isTwice = rule.Checks.Count(c => c.Expression.Text == check.Expression.Text) > 1;
        return $"{rule.Id}: {check.Expression}{(isTwice ? $" when {check.When}" : "")}";
    }

    private static bool CanFail(RuleSet alone, Layouts[] bases)
    {
        RuleCheck check = alone.Rules[0].Checks[0];
        List<(Layouts Base, CheckResult Result)> plain = [.. bases.Select(b => (b, Evaluate(alone, b.Target, b.Text)))];
        return plain.Exists(p => HasFailed(p.Result))
            || plain.Where(p => IsTrue(p.Result)).Any(p => Mutants(p.Base, check).Any(text => HasFailed(Evaluate(alone, p.Base.Target, text))));
    }

    private static IEnumerable<string> Mutants(Layouts layouts, RuleCheck check)
    {
        LayoutMutator mutator = new(layouts.Text, layouts.Target.WordByteSize, check);
        return mutator.Mutants().Concat(EnumeratorMutants.Of(layouts.Text, check));
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

/// <summary>The layouts of one kernel, as the text of <see cref="LayoutText"/>.</summary>
internal sealed record Layouts(string Name, TargetInfo Target, string Text);
