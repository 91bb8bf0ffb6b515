using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>Rules taken from headers, rules written from a known-good layout, and rules explained.</summary>
public class RulesFromElsewhereTests
{
    private const string Header = """
        /* A header that nobody wrote. */
        #ifndef _SAMPLE_H
        #define _SAMPLE_H
        #include <linux/types.h>
        #ifdef BROKEN
        #error don't do this
        #endif

        #define MATCH(pg, fl)						\
        	static_assert(offsetof(struct page, pg) ==		\
        		      offsetof(struct folio, fl))
        MATCH(flags, flags);
        MATCH(lru, lru);
        #ifdef CONFIG_MEMCG
        MATCH(memcg_data, memcg_data);
        #endif
        #ifdef CONFIG_64BIT
        static_assert(sizeof(struct page) == 64);
        #else
        static_assert(sizeof(struct page) == 32);
        #endif
        #ifndef CONFIG_PREEMPT_RT
        static_assert(sizeof(struct page) <= 64);
        #endif
        #undef MATCH

        static inline void checks(void)
        {
        	int unused = sizeof(*skb);

        	BUILD_BUG_ON(sizeof(struct page) > PAGE_SIZE);
        	BUILD_BUG_ON(sizeof(struct page) & 7);
        	BUILD_BUG_ON_MSG(offsetof(struct folio, lru) != 8, "lru \"moved\"");
        	BUILD_BUG_ON(MAX_NR > 5);
        	BUILD_BUG_ON(sizeof(long) != 8);
        }
        #endif
        """;

    private const string Layouts = """
        struct page 64 align 16
          flags 0/8 unsigned long
          lru 8/16 struct list_head
          dirty 192b3 unsigned int
          clean 195b5 unsigned int
          tail 32/0 char[0]
        struct folio 64
          flags 0/8 unsigned long
          lru 8/16 struct list_head
        struct list_head 16
          next 0/8 struct list_head *
          prev 8/8 struct list_head *
        """;

    [Fact]
    public void A_header_becomes_a_rule_and_what_could_not_be_taken_is_listed()
    {
        RuleImport import = RuleImporter.Import("include/linux/sample.h", Header);
        Assert.Equal(
            [
                "23: static_assert(sizeof(struct page) <= 64): it stands under #if !CONFIG_PREEMPT_RT, which an image does not tell",
                "31: BUILD_BUG_ON(sizeof(struct page) > PAGE_SIZE): unknown name 'PAGE_SIZE'",
                "34: BUILD_BUG_ON(MAX_NR > 5): unknown name 'MAX_NR'",
                "35: BUILD_BUG_ON(sizeof(long) != 8): it names no struct or union",
            ],
            import.Refused.Select(r => $"{r.Line}: {r.Text}: {r.Problem.Split(": the language")[0]}"));
        Assert.Equal(7, import.TakenCount);
        Rule rule = RuleParser.Parse("sample.md", import.RuleText!);
        Assert.Equal(
            [
                "exists(struct page) && exists(struct folio) && (exists(struct page, flags) || exists(struct folio, flags)): "
                    + "offsetof(struct page, flags) == offsetof(struct folio, flags)",
                "exists(struct page) && exists(struct folio) && (exists(struct page, lru) || exists(struct folio, lru)): offsetof(struct page, lru) == offsetof(struct folio, lru)",
                "exists(struct page) && exists(struct folio) && (exists(struct page, memcg_data) || exists(struct folio, memcg_data)): "
                    + "offsetof(struct page, memcg_data) == offsetof(struct folio, memcg_data)",
                "exists(struct page) && sizeof(long) == 8: sizeof(struct page) == 64",
                "exists(struct page) && sizeof(long) == 4: sizeof(struct page) == 32",
                "exists(struct page): !(sizeof(struct page) & 7)",
                "exists(struct folio) && exists(struct folio, lru): offsetof(struct folio, lru) == 8",
            ],
            rule.Checks.Select(c => $"{c.When}: {c.Expression}"));
        Assert.Equal("lru \"moved\"", rule.Checks[^1].Message);
        Assert.All(Evaluate(rule, Layouts).Checks, c => Assert.True(c.Outcome is Outcome.Holds or Outcome.NotApplicable, c.Reason));
    }

    [Fact]
    public void A_header_without_assertions_is_no_rule() => Assert.Equal((null, 0), (RuleImporter.Import("a.h", "int x;\n").RuleText, RuleImporter.Import("a.h", "").TakenCount));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("struct page 64 align 16", "struct page 72 align 16", false)]
    [InlineData("  lru 8/16", "  lru 16/16", false)]
    [InlineData("  dirty 192b3", "  dirty 192b4", false)]
    [InlineData("  clean 195b5", "  clean 196b4", false)]
    [InlineData("  lru 8/16 struct list_head\n  dirty", "  dirty", false)]
    [InlineData("  clean", "  novel 40/8 unsigned long\n  clean", false)]
    [InlineData("  prev 8/8", "  prev 0/8", true)]
    public void A_baseline_holds_on_its_own_layout_and_finds_every_change(string from, string to, bool holds)
    {
        IReadOnlyDictionary<TypeName, DefinitionSet> definitions = LayoutText.Parse(Layouts);
        string text = BaselineWriter.Write("struct page as it was", [definitions[TypeName.Parse("struct page")], definitions[TypeName.Parse("struct folio")]]).RuleText;
        Rule rule = RuleParser.Parse("baseline.md", text);
        Assert.Equal("baseline", rule.Pack);
        RuleResult result = Evaluate(rule, from.Length == 0 ? Layouts : Layouts.Replace(from, to, StringComparison.Ordinal));
        Assert.Equal(holds ? Outcome.Holds : Outcome.Violated, result.Outcome);
    }

    [Fact]
    public void A_baseline_of_real_layouts_holds_on_them()
    {
        IReadOnlyDictionary<TypeName, DefinitionSet> definitions = LayoutText.Parse(RealLayouts.Read("amd64-7.3-cloud"));
        string text = BaselineWriter.Write("all of it", [.. definitions.Values]).RuleText;
        RuleResult result = RuleEvaluator.Evaluate(new RuleSet([RuleParser.Parse("b.md", text)]), definitions, new TargetFacts(8, false))[0];
        Assert.All(result.Checks, c => Assert.True(c.Outcome == Outcome.Holds, $"{c.Check.Expression}: {c.Reason}"));
    }

    [Fact]
    public void A_rule_is_explained_with_a_drawing()
    {
        Rule rule = RuleParser.Parse("a-rule.md", """
            ---
            title: lru is behind flags
            check: offsetof(struct page, lru) == offsetofend(struct page, flags)
            when:  exists(struct folio)
            check: offsetof(struct page, lru) == offsetof(struct folio, lru) && offsetof(struct folio, flags) == 0
            ---
            ## What it checks
            That lru
            is behind flags.

            - a list
            - stays a list
            ## Why it matters
            It does.
            """);
        using StringWriter writer = new();
        RuleExplanation.Write(rule, Evaluate(rule, Layouts), writer, 40);
        Assert.Equal(
            """
            lru is behind flags
            a-rule (error, pack mm)

            What it checks
              That lru is behind flags.

              - a list
              - stays a list

                byte         0       8       16
                page.lru             |===============  @8, 16 bytes
                folio.lru            |===============  @8, 16 bytes
                folio.flags  |=======                  @0, 8 bytes

            Why it matters
              It does.

            Checks
              always
                offsetof(struct page, lru) == offsetofend(struct page, flags)
              when exists(struct folio)
                offsetof(struct page, lru) == offsetof(struct folio, lru) && offsetof(struct folio, flags) == 0

            """,
            writer.ToString());
    }

    private static RuleResult Evaluate(Rule rule, string layouts) => RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(layouts), new TargetFacts(8, false))[0];
}
