using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Tests.Rules.Catalog;

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
        Assert.Contains(rule.Pack, new[] { "mm", "kernel", "consumers" });
    }

    /// <summary>The pack is read before the rest of a file is.</summary>
    [Fact]
    public void The_pack_of_each_file_is_found_without_parsing_it()
        => Assert.All(RuleCatalog.Files(), file => Assert.Equal(RuleCatalog.Default.Find(Path.GetFileNameWithoutExtension(file.Name))!.Pack, RuleCatalog.PackOf(file.Text)));

    [Fact]
    public void There_is_one_flagship_and_it_comes_first()
    {
        RuleSet rules = RuleCatalog.Default;
        Assert.Equal("pgmap-on-compound-head", rules.Rules[0].Id);
        Assert.Single(rules.Rules, r => r.IsFlagship);
        Assert.Equal(rules.Rules.Skip(1).Select(r => r.Id).Order(StringComparer.Ordinal), rules.Rules.Skip(1).Select(r => r.Id));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, null, "struct-page-size")]
    [InlineData(null, "struct-page-size|tcp-sock-groups", null)]
    [InlineData(null, "struct-page-size|tcp-sock-groups", "struct-page-size")]
    [InlineData("mm", "struct-page-size|tcp-sock-groups", null)]
    [InlineData("mm", null, "struct-page-size|pgmap-on-compound-head")]
    [InlineData("kernel", null, null)]
    [InlineData("mm|kernel", null, "struct-page-size")]
    public void What_is_chosen_is_the_same_whether_or_not_the_others_are_read(string? packs, string? only, string? skip)
    {
        RuleSet expected = RuleCatalog.Default.Select(packs?.Split('|'), only?.Split('|'), skip?.Split('|'));
        Assert.Equal(expected.Rules.Select(r => r.Id), RuleCatalog.Select(packs?.Split('|'), only?.Split('|'), skip?.Split('|')).Rules.Select(r => r.Id));
        Assert.NotEmpty(expected.Rules);
    }

    [Theory]
    [InlineData(null, "struct-page-siz", null, "there is no rule 'struct-page-siz'; did you mean struct-page-size?")]
    [InlineData(null, null, "struct-page-siz", "there is no rule 'struct-page-siz'; did you mean struct-page-size?")]
    [InlineData(null, "pgmap-on-compound-haed", null, "there is no rule 'pgmap-on-compound-haed'; did you mean pgmap-on-compound-head?")]
    [InlineData(null, "pgmap", null, "there is no rule 'pgmap'; did you mean page-has-pgmap, pgmap-on-compound-head, zone-device-data-behind-pgmap?")]
    [InlineData(null, "struct-page-size.md", null, "there is no rule 'struct-page-size.md'; did you mean struct-page-size?")]
    [InlineData(null, "foo", null, "there is no rule 'foo'; 'layoutcheck rules' lists them")]
    [InlineData("mmm", null, null, "there is no pack 'mmm'; did you mean mm?")]
    [InlineData("all", null, null, "there is no pack 'all'; there are consumers, kernel, mm")]
    public void A_name_that_is_no_rule_or_pack_is_refused(string? pack, string? only, string? skip, string message)
    {
        static string[]? One(string? name) => name is null ? null : [name];

        Assert.Equal(message, Assert.Throws<ArgumentException>(() => RuleCatalog.Select(One(pack), One(only), One(skip))).Message);
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

    [Fact]
    public void The_rule_that_an_image_brings_along_is_told_apart_from_an_unknown_one()
        => Assert.EndsWith("'layoutcheck vmcoreinfo FILE' lists what it exports", Assert.Throws<LayoutCheck.Core.UsageException>(() => LayoutCheck.Analyses.ExplainAnalysis.Find("exported-facts")).Message, StringComparison.Ordinal);
}
