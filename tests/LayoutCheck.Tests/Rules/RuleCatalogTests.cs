using LayoutCheck.Rules;

namespace LayoutCheck.Tests.Rules;

/// <summary>The catalogue is whole: every file is a rule, explains itself, and is named after what it checks.</summary>
public class RuleCatalogTests
{
    public static TheoryData<string> Ids => [.. RuleCatalog.Files().Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_rule_explains_itself(string file)
    {
        Rule rule = RuleParser.Parse(file, RuleCatalog.Files().Single(f => f.Name == file).Text);
        Assert.Equal(file, rule.Id + ".md");
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", rule.Id);
        Assert.NotEmpty(rule.Title);
        Assert.False(rule.Title.EndsWith('.'), "a title is no sentence");
        Assert.All(
            new[] { ("What it checks", rule.What), ("Why it matters", rule.Why), ("How to fix", rule.Fix), ("Since", rule.Since), ("Source", rule.Source) },
            section => Assert.True(section.Item2.Length > 0, $"{file} has no section '{section.Item1}'"));
        Assert.Contains(rule.Pack, new[] { "mm", "kernel" });
    }

    [Fact]
    public void There_is_one_flagship_and_it_comes_first()
    {
        RuleSet rules = RuleCatalog.Default;
        Assert.Equal("pgmap-on-compound-head", rules.Rules[0].Id);
        Assert.Single(rules.Rules, r => r.IsFlagship);
        Assert.Equal(rules.Rules.Skip(1).Select(r => r.Id).Order(StringComparer.Ordinal), rules.Rules.Skip(1).Select(r => r.Id));
    }

    [Fact]
    public void Messages_are_clauses_that_fit_behind_a_reason()
    {
        foreach (RuleCheck check in RuleCatalog.Default.Rules.SelectMany(r => r.Checks).Where(c => c.Message is not null))
        {
            Assert.DoesNotContain('\n', check.Message!);
            Assert.False(check.Message!.EndsWith('.'), check.Message);
        }
    }
}
