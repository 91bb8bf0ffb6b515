using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Rules.Language;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>The numbers that checks looked at, as rows of a table.</summary>
public sealed class LayoutFactTests
{
    private const string Shapes = "shapes/shapes.gcc-dwarf5-btf.elf";
    private const string Page = "page-era6/page-era6.gcc-dwarf5-btf.elf";

    [Theory]
    [InlineData(Page, "offsetof(struct page, lru.prev) == 16", "struct page|lru.prev|offset|128|16")]
    [InlineData(Page, "offsetof(page, lru.prev) == 16", "struct page|lru.prev|offset|128|16")]
    [InlineData(Page, "offsetof(struct page, nosuch|lru) == 8", "struct page|lru|offset|64|8")]
    [InlineData(Page, "sizeof(struct page) == 64", "struct page||size|512|64")]
    [InlineData(Page, "offsetofend(struct page, lru) == 24", "struct page|lru|end|192|24")]
    [InlineData(Page, "sizeof(long) == 8", "long||size|64|8")]
    [InlineData(Page, "bitsizeof(struct page, lru) == 128", "struct page|lru|size|128|16")]
    [InlineData(Page, "exists(struct page, pgmap)", "struct page|pgmap|exists||0")]
    [InlineData(Page, "exists(struct page, nosuch|neither)", "struct page|nosuch|exists||0 struct page|neither|exists||0")]
    [InlineData(Page, "exists(struct nosuch)", "struct nosuch||exists||0")]
    [InlineData(Page, "typeof(struct page, lru) == struct", "")]
    [InlineData(Page, "overlaps(struct page, lru, mapping)", "struct page|lru|offset|64|8 struct page|lru|size|128|16 struct page|mapping|offset|192|24 struct page|mapping|size|64|8")]
    public void Are_numbers(string fixture, string assertion, string facts) => Assert.Equal(facts, Told(fixture, assertion, SourceChoice.Dwarf));

    [Fact]
    public void A_bit_field_has_bits()
    {
        string told = Told(Shapes, "bitoffsetof(struct bits_mixed, b) >= 0 && bitsizeof(struct bits_mixed, b) >= 0", SourceChoice.Dwarf);
        Assert.Matches(@"^struct bits_mixed\|b\|offset\|\d+\|\d+ struct bits_mixed\|b\|size\|\d+\|\d+$", told);
    }

    [Theory]
    [InlineData("valueof(enum e, A) == 1 && valueof(enum e, B) == -2", "enum e|A|value||1 enum e|B|value||-2")]
    [InlineData("valueof(enum wide, TOP) == 0xffffffffffffffff", "")]
    [InlineData("valueof(enum wide, LEAST) == -9223372036854775808", "enum wide|LEAST|value||-9223372036854775808")]
    [InlineData("exists(enum e, C|B)", "enum e|B|exists||1")]
    public void Values_may_be_negative_and_what_is_too_large_is_left_to_observations(string expression, string facts)
    {
        CheckResult result = RuleLanguageTests.Evaluate(expression, "enum e 4\n  A 1\n  B -2\nenum wide 8\n  TOP 0xffffffffffffffff\n  LEAST -9223372036854775808\n");
        Assert.Equal(facts, Told(result));
        Assert.NotEmpty(result.Observed);
    }

    // A program takes a number for certain: what BTF leaves open is in words alone.
    [Theory]
    [InlineData(SourceChoice.Dwarf, true)]
    [InlineData(SourceChoice.Btf, false)]
    public void What_is_open_is_no_number(SourceChoice source, bool isTold)
        => Assert.Equal(isTold, Told(Shapes, "ARRAY_SIZE(struct arrays, two) >= 1", source).Length > 0);

    private static string Told(string fixture, string assertion, SourceChoice source)
    {
        using KernelImage image = FixtureFile.Open(fixture, source);
        CheckReport report = CheckAnalysis.Run(image, new RuleSet([RuleParser.ParseExpression("asked", assertion)]), 1);
        return Told(report.Results[0].Checks[0]);
    }

    private static string Told(CheckResult check) => string.Join(' ', LayoutFact.Of(check).Select(f => $"{f.Type}|{f.Member}|{f.What}|{f.Bits}|{f.Value}"));
}
