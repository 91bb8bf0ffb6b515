using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Language;

/// <summary>Lists of the members that may lie on a word, placeholders on it, and the keys of a rule that choose and warn.</summary>
public sealed class WordListTests
{
    private const string Layouts = """
        struct page 64
          flags 0/8 unsigned long
          word 8/8 unsigned long
          page_type 48/4 unsigned int
        struct user 200
          flags 0/8 unsigned long
          _pad_word 8/8 unsigned long
          first 48/2 unsigned short
          second 50/2 unsigned short
          in_next 72/8 unsigned long
          names 136/8 struct page *[1]
          count_at 152/8 unsigned int *
          rest 200/0 int[]
        struct bits 56
          low 384b16 unsigned int
          high 400b16 unsigned int
        struct back 32
          list 0/16 struct list_head
          pages 16/16 struct page *[2]
        struct table 16
          number 0/8 unsigned long
          next 8/8 struct table *
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        """;

    [Theory]
    // Of a little-endian word the low bits come first.
    [InlineData("sharers(struct user, struct page, page_type) in { second } or low 16", false, Outcome.Holds)]
    [InlineData("sharers(struct user, struct page, page_type) in { first } or low 16", false, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page, page_type) in { first } or low 16", true, Outcome.Holds)]
    [InlineData("sharers(struct user, struct page, page_type) in { second } or low 16", true, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page, page_type) in { second } or low 15", false, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page, page_type) in { } or low 32", false, Outcome.Holds)]
    [InlineData("sharers(struct bits, struct page, page_type) in { high } or low 16", false, Outcome.Holds)]
    [InlineData("sharers(struct bits, struct page, page_type) in { low } or low 16", false, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page, word) in { } or placeholder", false, Outcome.Warning)]
    [InlineData("sharers(struct user, struct page, word) in { _pad_* } or placeholder", false, Outcome.Holds)]
    [InlineData("sharers(struct user, struct page, word) in { *word }", false, Outcome.Holds)]
    [InlineData("sharers(struct user, struct page, word) in { word* }", false, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page[1], word) in { in_next }", false, Outcome.Holds)]
    [InlineData("sharers(struct user, struct page[1], word) in { }", false, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page[2], word) in { names }", false, Outcome.Holds)]
    [InlineData("sharers(struct user, struct page[2], flags) in { }", false, Outcome.Holds)]
    // The flexible array goes on for ever.
    [InlineData("sharers(struct user, struct page[9], flags) in { }", false, Outcome.Violated)]
    [InlineData("sharers(struct user, struct page[9], flags) in { rest } or placeholder", false, Outcome.Holds)]
    [InlineData("sharers(pointee(struct user, count_at), struct page, word) in { }", false, Outcome.Undecided)]
    [InlineData("has_placeholder(struct user, _pad_word)", false, Outcome.Holds)]
    [InlineData("has_placeholder(struct user, in_next)", false, Outcome.Violated)]
    [InlineData("has_placeholder(struct gone, word)", false, Outcome.Undecided)]
    [InlineData("has_pointer(struct back, struct page) && has_pointer(struct back, struct list_head)", false, Outcome.Holds)]
    [InlineData("has_pointer(struct table, struct page)", false, Outcome.Violated)]
    [InlineData("has_pointer(struct gone, struct page)", false, Outcome.Undecided)]
    public void Members_on_a_word(string check, bool isBigEndian, Outcome outcome)
        => Assert.Equal(outcome, Evaluate($"check: {check}", Layouts, isBigEndian).Outcome);

    [Fact]
    public void What_has_no_members_is_named()
        => Assert.Equal("unsigned int is no struct or union", Evaluate("check: has_pointer(pointee(struct user, count_at), struct page)", Layouts).Checks[0].Reason);

    [Fact]
    public void A_warning_of_a_list_names_the_placeholder_and_the_place()
    {
        CheckResult found = Evaluate("check: sharers(struct user, struct page[0], word) in { } or placeholder, \"broken\"", Layouts).Checks[0];
        Assert.StartsWith("_pad_word (unsigned long) of struct user on page.word is not in the list", found.Caution, StringComparison.Ordinal);
        Assert.Equal(found.Caution, found.Consequence);
        Assert.Equal(
            "in_next (unsigned long) of struct user on bytes 72 to 79 (page.word of struct page[1]) is not in the list",
            Evaluate("check: sharers(struct user, struct page[1], word) in { }", Layouts).Checks[0].Reason);
    }

    [Theory]
    [InlineData("sharers(struct page, word) of { a }", "sharers(...) is followed by: in { member, ... }")]
    [InlineData("members(struct page) of { a }", "members(...) is followed by: in { member, ... }")]
    [InlineData("sharers(struct page, word) in { a..b }", "the name of a member should stand here, in which * stands for any characters")]
    [InlineData("sharers(struct page, word) in { .b }", "the name of a member should stand here, in which * stands for any characters")]
    [InlineData("sharers(struct page, word) in { a[x] }", "an index in numbers should stand here")]
    [InlineData("sharers(struct page, word) in { a } or nothing", "a list ends with: } or placeholder, or with: } or low 16")]
    [InlineData("sharers(struct page, word) in { a } or low 0", "a list ends with: } or placeholder, or with: } or low 16")]
    [InlineData("sharers(struct page, word) in { a } or low 65", "a list ends with: } or placeholder, or with: } or low 16")]
    [InlineData("sharers(struct user, struct page[x], word) in { a }", "a number of objects should stand here")]
    public void A_wrong_list_is_told_how_it_is_written(string check, string problem)
        => Assert.Equal(problem, Assert.Throws<RuleException>(() => RuleParser.Parse("t.md", $"---\ntitle: t\ncheck: {check}\n---\n")).Problem);

    [Theory]
    [InlineData("pointee(struct page, word) having a", "'select:' chooses among the definitions of a struct or union, as in: struct x having member")]
    [InlineData("struct page with a", "'select:' is written: struct x having member, member")]
    [InlineData("struct page having a b", "a comma and a member should stand here")]
    public void A_wrong_choice_is_told_how_it_is_written(string select, string problem)
        => Assert.Equal(problem, Assert.Throws<RuleException>(() => RuleParser.Parse("t.md", $"---\ntitle: t\nselect: {select}\ncheck: true\n---\n")).Problem);

    private const string TwoOfOneName = """
        struct elem 16
          a 0/8 unsigned long
          b 8/8 unsigned long
        struct elem 8
          a 4/4 int
        """;

    [Theory]
    [InlineData("", "offsetof(struct elem, a) == 0", Outcome.Undecided)]
    [InlineData("select: struct elem having b", "offsetof(struct elem, a) == 0", Outcome.Holds)]
    [InlineData("select: struct elem having a, b", "offsetof(struct elem, a) == 4", Outcome.Violated)]
    [InlineData("select: struct elem having c", "offsetof(struct elem, a) == 0", Outcome.Undecided)]
    [InlineData("select: struct elem having c", "!exists(struct elem)", Outcome.Holds)]
    public void Definitions_are_chosen_by_their_members(string select, string check, Outcome outcome)
        => Assert.Equal(outcome, Evaluate($"{select}\ncheck: {check}", TwoOfOneName).Outcome);

    [Fact]
    public void A_choice_that_leaves_nothing_says_so()
        => Assert.Equal("no definition of struct elem has c", Evaluate("select: struct elem having c\ncheck: sizeof(struct elem) == 8", TwoOfOneName).Checks[0].Reason);

    /// <summary>Checks below one condition share its answer, but not where definitions differ in it.</summary>
    [Fact]
    public void A_condition_is_asked_of_each_definition()
    {
        const string Condition = "when: exists(struct elem, b)";
        RuleResult result = Evaluate($"{Condition}\ncheck: offsetof(struct elem, a) == 0\ncheck: sizeof(struct elem) == 16", TwoOfOneName);
        Assert.All(result.Checks, c => Assert.Equal(Outcome.Undecided, c.Outcome));
        Assert.All(result.Checks, c => Assert.Contains("does not apply in unit1.c (struct elem has no member b)", c.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("check: true\nwarn: false, \"lost\"", Outcome.Warning, ExitCode.Holds, ExitCode.Violated)]
    [InlineData("check: false\nwarn: false", Outcome.Violated, ExitCode.Violated, ExitCode.Violated)]
    [InlineData("check: sizeof(struct gone) == 1\nwarn: false", Outcome.Undecided, ExitCode.Undecided, ExitCode.Undecided)]
    [InlineData("severity: warning\ncheck: false", Outcome.Warning, ExitCode.Holds, ExitCode.Violated)]
    [InlineData("severity: warning\nstrict: no\ncheck: false", Outcome.Warning, ExitCode.Holds, ExitCode.Holds)]
    public void A_warning_counts_under_strict(string rule, Outcome outcome, ExitCode exitCode, ExitCode strict)
    {
        RuleResult result = Evaluate(rule, Layouts);
        Assert.Equal(outcome, result.Outcome);
        DebugInfoSummary source = new(SourceKind.Dwarf, new TargetInfo(8, false), "DWARF 5", [], []);
        CheckReport report = new(source, false, LayoutEra.Unknown, [], [result]) { Run = RunInfo.Of("x") };
        Assert.Equal(exitCode, report.ExitCode);
        Assert.Equal(strict, (report with { IsStrict = true }).ExitCode);
    }

    private static RuleResult Evaluate(string rule, string layouts, bool isBigEndian = false)
    {
        RuleSet rules = new([RuleParser.Parse("t.md", $"---\ntitle: t\n{rule.Trim()}\n---\n")]);
        return RuleEvaluator.Evaluate(rules, LayoutText.Parse(layouts), new TargetInfo(8, isBigEndian))[0];
    }
}
