using LayoutCheck.Rules;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Tests.Rules.Language;

/// <summary>Enumerators in the rule language: values, what is missing, and what cannot be asked.</summary>
public sealed class EnumLanguageTests
{
    private const string Layouts = "struct page 64\n  lru 8/16 struct list_head\n  flags 0/8 unsigned long\nstruct list_head 16\n  next 0/8 struct list_head *\n"
        + "enum e 4\n  A 1\n  B -2\n  LAST_ONE 3\nenum twice 4\n  A 1\n  B 2\nenum twice 4\n  A 1\n  B 3\nenum wide 8\n  TOP 0xffffffffffffffff\n";

    [Theory]
    [InlineData("valueof(enum e, A) == 1 && valueof(enum e, B) == -2", Outcome.Holds, "A=1 == 1, B=-2 == -2")]
    [InlineData("valueof(enum e, A) == 2", Outcome.Violated, "A=1 differs from 2")]
    [InlineData("valueof(enum e, C|A) == 1", Outcome.Holds, "A=1 == 1")]
    [InlineData("valueof(enum e, LAST_ON) == 3", Outcome.Undecided, "enum e has no enumerator LAST_ON; did you mean LAST_ONE?")]
    [InlineData("valueof(enum f, A) == 1", Outcome.Undecided, "the image has no C definition of enum f")]
    [InlineData("exists(enum e, C)", Outcome.Violated, "enum e has no enumerator C")]
    [InlineData("exists(enum f)", Outcome.Violated, "the image has no C definition of enum f")]
    [InlineData("sizeof(enum wide) == 8 && alignof(enum e) == 4", Outcome.Holds, null)]
    [InlineData("valueof(enum wide, TOP) == 0xffffffffffffffff", Outcome.Holds, null)]
    [InlineData("sizeof(struct page, flags) * 8 >= valueof(enum e, LAST_ONE)", Outcome.Holds, null)]
    [InlineData("exists(struct page, lru.next.prev)", Outcome.Undecided, "lru.next.prev goes through a pointer: lru.next is one, and what lies behind it has no offset in struct page")]
    [InlineData("offsetof(struct page, lru.nxt) == 8", Outcome.Undecided, "struct page has no member lru.nxt; did you mean lru.next?")]
    public void Gives(string expression, Outcome outcome, string? reason)
    {
        CheckResult result = RuleLanguageTests.Evaluate(expression, Layouts);
        Assert.Equal(outcome, result.Outcome);
        Assert.Equal(reason ?? result.Reason, result.Reason);
    }

    [Fact]
    public void Definitions_that_differ_must_agree()
    {
        Assert.Equal(Outcome.Holds, RuleLanguageTests.Evaluate("valueof(enum twice, A) == 1", Layouts).Outcome);
        CheckResult result = RuleLanguageTests.Evaluate("valueof(enum twice, B) == 2", Layouts);
        Assert.Equal(Outcome.Undecided, result.Outcome);
        Assert.StartsWith("2 definitions of enum twice disagree", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_is_a_fact_of_the_report()
    {
        CheckResult result = RuleLanguageTests.Evaluate("valueof(enum e, A) == 1 && valueof(enum e, B) == -2", Layouts);
        Assert.Equal([("valueof(enum e, A)", 1ul, null), ("valueof(enum e, B)", null, "-2")], result.Observed.Select(o => (o.Expression, o.Number, o.Text)));
    }

    [Theory]
    [InlineData("exists(enum, A)", "named by its tag")]
    [InlineData("valueof(enum, A) == 1", "named by its tag")]
    [InlineData("valueof(struct page, A) == 1", "an enumeration should stand here")]
    [InlineData("valueof(enum e) == 1", "a comma and an enumerator")]
    [InlineData("offsetof(enum e, A) == 0", "an enumeration has no members with a place")]
    [InlineData("sizeof(enum e, A) == 4", "an enumerator has a value and nothing else")]
    [InlineData("valueof(enum e, A.b) == 4", "')' should stand here")]
    public void Refuses(string expression, string problem)
        => Assert.Contains(problem, Assert.Throws<RuleException>(() => RuleExpression.Parse(expression)).Problem, StringComparison.Ordinal);
}
