using System.Runtime.CompilerServices;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>What expressions come to: functions, precedence, three-valued logic, what is undecided.</summary>
public class RuleLanguageTests
{
    private const string Example = """
        struct page 64 align 16
          flags 0/8 long unsigned int
          lru 8/16 struct list_head
          compound_head 8/8 long unsigned int
          pgmap 8/8 struct dev_pagemap *
          mapping 24/8 struct address_space *
          cells 32/16 struct cell[4]
          low 384b3 unsigned int
          high 387b5 unsigned int
          _refcount 52/4 int
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        struct cell 4
          key 0/2 short unsigned int
          value 2/2 short unsigned int
        struct dev_pagemap 152
          ref 0/8 void *
        struct sock 64
          __cacheline_group_begin__rx 8/0 unsigned char[0]
          head 8/8 void *
          tail 16/8 void *
          __cacheline_group_end__rx 24/0 unsigned char[0]
          other 24/8 void *
        """;

    private static readonly TargetFacts s_target = new(8, false);

    internal static CheckResult Evaluate(string expression, string layouts = Example, TargetFacts? target = null, IReadOnlyDictionary<string, string>? config = null)
    {
        Rule rule = RuleParser.Parse("test.md", $"---\ntitle: test\ncheck: {expression}\n---\n");
        TargetFacts facts = target ?? s_target;
        return RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(layouts, facts.WordByteSize), facts, config)[0].Checks[0];
    }

    [Theory]
    [InlineData("offsetof(struct page, mapping) == 24")]
    [InlineData("offsetof(struct page, lru.prev) == 16")]
    [InlineData("offsetof(struct page, cells[2].value) == 42")]
    [InlineData("offsetof(struct page, nothing|compound_info|compound_head) == 8")]
    [InlineData("offsetof(struct page, first_of(compound_info, compound_head)) == 8")]
    [InlineData("offsetofend(struct page, lru) == 24")]
    [InlineData("bitoffsetof(struct page, high) == 387")]
    [InlineData("bitoffsetof(struct page, mapping) == 192")]
    [InlineData("sizeof(struct page) == 64")]
    [InlineData("sizeof(struct page, cells) == 16")]
    [InlineData("sizeof(struct page, cells[1]) == 4")]
    [InlineData("sizeof_field(struct page, _refcount) == 4")]
    [InlineData("sizeof(((struct page *)0)->_refcount) == 4")]
    [InlineData("sizeof(((struct page *)NULL)->lru.next) == 8")]
    [InlineData("sizeof(long) == 8 && sizeof(unsigned long) == 8 && sizeof(void *) == 8 && sizeof(struct page *) == 8")]
    [InlineData("sizeof(int) == 4 && sizeof(long long) == 8 && sizeof(u16) == 2 && sizeof(char) == 1")]
    [InlineData("alignof(struct page) == 16")]
    [InlineData("alignof(long long) == 8 && alignof(int) == 4")]
    [InlineData("bitsizeof(struct page, low) == 3 && bitsizeof(struct page, lru) == 128")]
    [InlineData("sharers(struct list_head) in { prev, next }")]
    [InlineData("alignof(struct list_head) == 8")]
    [InlineData("alignof(struct page, _refcount) == 4")]
    [InlineData("__alignof__(struct page) == 16 && _Alignof(struct page) == 16")]
    [InlineData("exists(struct page)")]
    [InlineData("exists(long) && exists(void *)")]
    [InlineData("exists(struct page, lru.next)")]
    [InlineData("!exists(struct page, lru.after)")]
    [InlineData("!exists(struct folio) && !exists(struct folio, page)")]
    [InlineData("overlaps(struct page, pgmap, struct page, lru)")]
    [InlineData("overlaps(struct page, pgmap, lru.next)")]
    [InlineData("!overlaps(struct page, pgmap, lru.prev)")]
    [InlineData("!overlaps(struct page, low, high)")]
    [InlineData("contains(struct page, lru, pgmap)")]
    [InlineData("!contains(struct page, pgmap, lru)")]
    [InlineData("contains(struct page, lru, struct page, lru)")]
    [InlineData("typeof(struct page, pgmap) == \"struct dev_pagemap *\"")]
    [InlineData("typeof(struct page, pgmap) == \"struct dev_pagemap*\"")]
    [InlineData("typeof(struct page, flags) == \"unsigned long\"")]
    [InlineData("typeof(struct page, flags) == \"unsigned long int\"")]
    [InlineData("typeof(struct page, flags) != \"long\"")]
    [InlineData("typeof(struct page, flags) == typeof(struct page, compound_head)")]
    [InlineData("typeof(struct page, pgmap) == pointer")]
    [InlineData("typeof(struct page, flags) == integer")]
    [InlineData("typeof(struct page, lru) == struct")]
    [InlineData("typeof(struct page, cells) == array")]
    [InlineData("typeof(struct page, cells) != union")]
    [InlineData("pointee(struct page, pgmap) == \"struct dev_pagemap\"")]
    [InlineData("pointee(struct page, pgmap) == struct")]
    [InlineData("sizeof(pointee(struct page, pgmap)) == sizeof(struct dev_pagemap)")]
    [InlineData("offsetof(pointee(struct page, pgmap), ref) == 0")]
    [InlineData("exists(pointee(struct page, pgmap), ref) && !exists(pointee(struct page, pgmap), wings)")]
    [InlineData("alignof(pointee(struct page, pgmap)) >= 4")]
    [InlineData("ARRAY_SIZE(struct page, cells) == 4")]
    [InlineData("is_power_of_2(sizeof(struct page)) && !is_power_of_2(80) && !is_power_of_2(0)")]
    [InlineData("IS_ALIGNED(sizeof(struct page), 16) && !IS_ALIGNED(72, 16)")]
    [InlineData("first_of(sizeof(struct folio), sizeof(struct page)) == 64")]
    [InlineData("sharers(struct page, pgmap) in { lru, compound_head, pgmap }")]
    [InlineData("sharers(struct page, pgmap) in { lru.next, compound_head, pgmap, }")]
    [InlineData("!(sharers(struct page, pgmap) in { lru, pgmap })")]
    [InlineData("!(sharers(struct page, pgmap) in { lru.prev, compound_head, pgmap })")]
    [InlineData("sharers(struct sock, struct page, pgmap) in { head }")]
    [InlineData("!(sharers(struct sock, struct page, mapping) in { head })")]
    [InlineData("in_group(struct sock, rx, tail) && !in_group(struct sock, rx, other)")]
    [InlineData("sizeof_group(struct sock, rx) == 16")]
    [InlineData("little_endian && !big_endian && BITS_PER_LONG == 64 && BITS_PER_BYTE == 8")]
    [InlineData("static_assert(offsetof(struct page, pgmap) == offsetof(struct page, compound_head), \"as in a header\");")]
    [InlineData("_Static_assert(sizeof(struct page) == 64);")]
    [InlineData("BUILD_BUG_ON(sizeof(struct page) != 64);")]
    [InlineData("BUILD_BUG_ON(sizeof(struct page) > 96 || sizeof(struct page) & 7);")]
    [InlineData("BUILD_BUG_ON_MSG(sizeof(struct page) < 56, \"too small\")")]
    [InlineData("BUILD_BUG_ON_NOT_POWER_OF_2(sizeof(struct page));")]
    [InlineData("CACHELINE_ASSERT_GROUP_MEMBER(struct sock, rx, head);")]
    [InlineData("CACHELINE_ASSERT_GROUP_SIZE(struct sock, rx, 16);")]
    public void Holds(string expression) => AssertOutcome(Outcome.Holds, Evaluate(expression));

    [Theory]
    [InlineData("1 + 2 * 3 == 7")]
    [InlineData("10 - 4 - 3 == 3")]
    [InlineData("100 / 7 % 5 == 4")]
    [InlineData("1 << 2 + 1 == 8")]
    [InlineData("(7 & 3 == 3) == 1")]
    [InlineData("(1 | 2 ^ 2 & 3) == 1")]
    [InlineData("1 < 2 == 1")]
    [InlineData("5 > 4 > 0")]
    [InlineData("1 || 0 && 0")]
    [InlineData("0 ? 0 : 1 ? 1 : 0")]
    [InlineData("(1 ? 2 : 3) == 2")]
    [InlineData("!0 && !!5 && -1 + 1 == 0 && ~7 == -8 && +3 == 3 && - -3 == 3")]
    [InlineData("(13 & ~7) == 8")]
    [InlineData("0x40 == 64 && 0X40UL == 64ull && 010 == 8")]
    [InlineData("0xffffffffffffffff == 18446744073709551615")]
    [InlineData("2 - 5 < 0")]
    [InlineData("-7 / 2 == -3 && -7 % 2 == -1")]
    [InlineData("/* C's comments */ true // and these")]
    public void Computes_with_Cs_precedence(string expression) => AssertOutcome(Outcome.Holds, Evaluate(expression));

    [Theory]
    [InlineData("1 / 0 == 1", "divides by zero")]
    [InlineData("1 % 0 == 1", "divides by zero")]
    [InlineData("1 << 64 == 0", "shifts by a count")]
    [InlineData("1 << -1 == 0", "shifts by a count")]
    [InlineData("0xffffffffffffffff * 0xffffffffffffffff > 0", "beyond 64 bits")]
    [InlineData("0xffffffffffffffff << 63 > 0", "beyond 64 bits")]
    [InlineData("0xffffffffffffffff + 0xffffffffffffffff > 0", "beyond 64 bits")]
    [InlineData("offsetof(struct folio, lru) == 8", "no C definition of struct folio")]
    [InlineData("offsetof(struct page, a|b) == 8", "struct page has no member a or b")]
    [InlineData("offsetof(struct page, low) == 8", "bitfield")]
    [InlineData("sizeof(struct page, low) == 8", "bitfield")]
    [InlineData("ARRAY_SIZE(struct page, lru) == 8", "no array")]
    [InlineData("pointee(struct page, lru) == \"x\"", "no pointer")]
    [InlineData("alignof(pointee(struct page, mapping)) >= 4", "struct address_space, which no rule names")]
    [InlineData("in_group(struct sock, tx, head)", "__cacheline_group_begin__tx")]
    [InlineData("config(CONFIG_MEMCG)", "does not tell whether CONFIG_MEMCG is set")]
    [InlineData("exists(struct page) && exists(pointee(struct folio, x), y)", "no C definition of struct folio")]
    public void Is_undecided_with_the_reason(string expression, string reason)
    {
        CheckResult result = Evaluate(expression);
        AssertOutcome(Outcome.Undecided, result);
        Assert.Contains(reason, result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    // U stands for an undecided operand, T and F for the others.
    [InlineData("F && U", Outcome.Violated)]
    [InlineData("U && F", Outcome.Violated)]
    [InlineData("T && U", Outcome.Undecided)]
    [InlineData("U && T", Outcome.Undecided)]
    [InlineData("T || U", Outcome.Holds)]
    [InlineData("U || T", Outcome.Holds)]
    [InlineData("F || U", Outcome.Undecided)]
    [InlineData("U || F", Outcome.Undecided)]
    [InlineData("U || U", Outcome.Undecided)]
    [InlineData("!U", Outcome.Undecided)]
    [InlineData("T ? T : U", Outcome.Holds)]
    [InlineData("F ? U : F", Outcome.Violated)]
    [InlineData("U ? T : T", Outcome.Holds)]
    [InlineData("U ? T : F", Outcome.Undecided)]
    [InlineData("U == T", Outcome.Undecided)]
    [InlineData("BUILD_BUG_ON(U)", Outcome.Undecided)]
    [InlineData("BUILD_BUG_ON(U || T)", Outcome.Violated)]
    [InlineData("BUILD_BUG_ON(U && F)", Outcome.Holds)]
    public void Logic_is_Kleenes(string expression, Outcome expected)
    {
        string call = expression.Replace("BUILD_BUG_ON", "#", StringComparison.Ordinal)
            .Replace("U", "(offsetof(struct page, none) == 0)", StringComparison.Ordinal)
            .Replace("T", "true", StringComparison.Ordinal).Replace("F", "false", StringComparison.Ordinal)
            .Replace("#", "BUILD_BUG_ON", StringComparison.Ordinal);
        AssertOutcome(expected, Evaluate(call));
    }

    [Fact]
    public void Sizes_of_words_follow_the_target()
    {
        CheckResult result = Evaluate("sizeof(long) == 4 && sizeof(void *) == 4 && sizeof(long long) == 8 && BITS_PER_LONG == 32 && big_endian", target: new TargetFacts(4, true));
        AssertOutcome(Outcome.Holds, result);
    }

    [Fact]
    public void Config_is_read_where_the_image_has_it()
    {
        Dictionary<string, string> config = new() { ["CONFIG_MEMCG"] = "y", ["CONFIG_NR_CPUS"] = "64" };
        AssertOutcome(Outcome.Holds, Evaluate("config(CONFIG_MEMCG) && !IS_ENABLED(CONFIG_KMSAN)", config: config));
    }

    [Theory]
    [InlineData("offsetof(struct page, pgmap) == offsetof(struct page, compound_info|compound_head)", "page.pgmap @8 == page.compound_head @8")]
    [InlineData("offsetof(struct page, mapping) == offsetof(struct page, compound_head)", "page.mapping @24 differs from page.compound_head @8")]
    [InlineData("sizeof(struct page) <= sizeof(struct list_head)", "sizeof(struct page)=64 is greater than sizeof(struct list_head)=16")]
    [InlineData("offsetof(struct page, lru) + sizeof(struct page) == 71", "page.lru @8 + sizeof(struct page) (= 72) differs from 71")]
    [InlineData("typeof(struct page, flags) == pointer", "page.flags is unsigned long, not pointer")]
    [InlineData("alignof(struct page) < 16", "alignof(struct page)=16 (declared) is not less than 16")]
    [InlineData("alignof(struct list_head) > 8", "alignof(struct list_head)=8 (natural) is not greater than 8")]
    [InlineData("exists(struct page, a|b)", "struct page has no member a or b")]
    [InlineData("!exists(struct page, pgmap)", "page.pgmap exists")]
    [InlineData("overlaps(struct page, pgmap, lru.prev)", "page.pgmap (bytes 8 up to 16) does not overlap page.lru.prev (bytes 16 up to 24)")]
    [InlineData("overlaps(struct page, low, high)", "page.low (bits 384 up to 387) does not overlap page.high (bits 387 up to 392)")]
    [InlineData("sharers(struct page, pgmap) in { pgmap, lru }", "compound_head (unsigned long) of struct page on page.pgmap is not in the list")]
    [InlineData("is_power_of_2(sizeof(struct dev_pagemap))", "sizeof(struct dev_pagemap)=152 is no power of two")]
    [InlineData("exists(struct page) && offsetof(struct page, lru) == 9", "page.lru @8 differs from 9")]
    [InlineData("sizeof(struct page) == 1 || sizeof(struct page) == 2", "sizeof(struct page)=64 differs from 1, sizeof(struct page)=64 differs from 2")]
    public void Reasons_show_the_values(string expression, string reason) => Assert.Equal(reason, Evaluate(expression).Reason);

    [Fact]
    public void Observations_are_what_was_looked_at()
    {
        CheckResult result = Evaluate("offsetof(struct page, pgmap) == offsetof(struct page, compound_info|compound_head) && sizeof(struct page, pgmap) == sizeof(long)");
        Assert.Equal(
            ["page.pgmap @8", "page.compound_head @8", "sizeof(page.pgmap)=8", "sizeof(long)=8"],
            result.Observed.Select(o => o.ToString()));
        Assert.Equal("offsetof(struct page, compound_info|compound_head)", result.Observed[1].Expression);
        Assert.Equal(8ul, result.Observed[1].Number);
        Assert.Equal(ObservedFact.ByteOffset, result.Observed[1].Fact);
    }

    [Theory]
    [InlineData("offsetof( struct   page,lru )==8", "offsetof(struct page, lru) == 8")]
    [InlineData("(1+2)*3==(9)", "(1 + 2) * 3 == 9")]
    [InlineData("1+(2*3)", "1 + 2 * 3")]
    [InlineData("1-(2-3)", "1 - (2 - 3)")]
    [InlineData("!(a_ok)", null)]
    [InlineData("!(true&&false)?1:(0)", "!(true && false) ? 1 : 0")]
    [InlineData("contains(struct page, lru, struct page, pgmap)", "contains(struct page, lru, pgmap)")]
    [InlineData("sharers(struct page,lru) in{a,b.c[1]}", "sharers(struct page, lru) in { a, b.c[1] }")]
    [InlineData("-(-1)", "-(-1)")]
    public void Text_is_one_spelling(string written, string? expected)
    {
        if (expected is null)
        {
            _ = Assert.Throws<RuleException>(() => RuleExpression.Parse(written));
            return;
        }

        RuleExpression expression = RuleExpression.Parse(written);
        Assert.Equal(expected, expression.Text);
        Assert.Equal(expected, RuleExpression.Parse(expression.Text).Text);
    }

    [Fact]
    public void Every_expression_of_the_catalogue_reads_back_as_it_is_written()
    {
        foreach (RuleCheck check in RuleCatalog.Default.Rules.SelectMany(r => r.Checks))
        {
            Assert.Equal(check.Expression.Text, RuleExpression.Parse(check.Expression.Text).Text);
            Assert.Equal(check.Expression.Types, RuleExpression.Parse(check.Expression.Text).Types);
        }
    }

    [Fact]
    public void The_language_page_is_true()
    {
        string page = File.ReadAllText(Path.Combine(Here(), "../../../src/LayoutCheck/Rules/LANGUAGE.md"));
        string layouts = page.Split("```layout\n")[1].Split("```")[0];
        int run = 0;
        foreach (string row in page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            string[] cells = row.Replace("\\|", "\u0001", StringComparison.Ordinal).Split('|');
            if (cells.Length == 5)
            {
                string expression = cells[3].Replace('\u0001', '|').Trim().Trim('`');
                AssertOutcome(Outcome.Holds, Evaluate(expression, layouts));
                run++;
            }
        }

        Assert.True(run >= 20, $"only {run} examples were found");
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    internal static void AssertOutcome(Outcome expected, CheckResult result)
        => Assert.True(expected == result.Outcome, $"{result.Check.Expression}: expected {expected}, got {result.Outcome}: {result.Reason}");
}
