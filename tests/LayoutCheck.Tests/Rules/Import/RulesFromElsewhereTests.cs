using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Import;

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
                "exists(struct page) && exists(struct folio): offsetof(struct page, flags) == offsetof(struct folio, flags)",
                "exists(struct page) && exists(struct folio): offsetof(struct page, lru) == offsetof(struct folio, lru)",
                "exists(struct page) && exists(struct folio) && first_of(config(CONFIG_MEMCG), true) && exists(struct page, memcg_data) && exists(struct folio, memcg_data): "
                    + "offsetof(struct page, memcg_data) == offsetof(struct folio, memcg_data)",
                "exists(struct page) && sizeof(long) == 8: sizeof(struct page) == 64",
                "exists(struct page) && sizeof(long) == 4: sizeof(struct page) == 32",
                "exists(struct page): !(sizeof(struct page) & 7)",
                "exists(struct folio): offsetof(struct folio, lru) == 8",
            ],
            rule.Checks.Select(c => $"{c.When}: {c.Expression}"));
        Assert.Equal("lru \"moved\"", rule.Checks[^1].Message);
        Assert.All(Evaluate(rule, Layouts).Checks, c => Assert.True(c.Outcome is Outcome.Holds or Outcome.NotApplicable, c.Reason));
    }

    [Theory]
    [InlineData("#ifdef CONFIG_64BIT", 8)]
    [InlineData("#ifdef CONFIG_X86_64", 8, " && config(CONFIG_X86_64)")]
    [InlineData("#ifdef CONFIG_ARM64", 8, " && config(CONFIG_ARM64)")]
    [InlineData("#if BITS_PER_LONG == 64", 8)]
    [InlineData("#if BITS_PER_LONG == 32\n#else", 8)]
    [InlineData("#ifndef CONFIG_X86_32", 8)]
    [InlineData("#ifdef CONFIG_X86_32\n#else", 8)]
    [InlineData("#if defined(CONFIG_64BIT)", 8)]
    [InlineData("#if !defined CONFIG_64BIT\n#else", 8)]
    [InlineData("#if CONFIG_A\n#elifdef CONFIG_64BIT\n#endif\n#ifndef CONFIG_64BIT\n#elifndef X\n#else\n#endif\n#ifdef CONFIG_64BIT", 8)]
    [InlineData("#ifndef CONFIG_64BIT\n#else", 8)]
    [InlineData("#ifndef CONFIG_64BIT", 4)]
    [InlineData("#ifdef CONFIG_64BIT\n#else", 4)]
    [InlineData("#if BITS_PER_LONG == 32", 4)]
    [InlineData("#if BITS_PER_LONG == 64\n#else", 4)]
    [InlineData("#ifdef CONFIG_32BIT", 4, " && config(CONFIG_32BIT)")]
    [InlineData("#ifdef CONFIG_X86_32", 4, " && config(CONFIG_X86_32)")]
    public void A_condition_that_the_size_of_a_word_decides_is_taken_as_that(string condition, int word, string machine = "")
    {
        RuleImport import = RuleImporter.Import("a.h", $"{condition}\nstatic_assert(sizeof(struct page) == 64);\n#endif\n");
        RuleCheck check = Assert.Single(RuleParser.Parse("a.md", import.RuleText!).Checks);
        Assert.Equal($"exists(struct page) && sizeof(long) == {word}{machine}", check.When!.Text);
    }

    // What is refused of two assertions, one with a member and one without.
    [Theory]
    [InlineData("#ifdef CONFIG_SMP", "CONFIG_SMP", "2")]
    [InlineData("#if defined(CONFIG_SMP) && CONFIG_MMU", "defined ( CONFIG_SMP ) && CONFIG_MMU", "2")]
    [InlineData("#if _SMP", "_SMP", "2")]
    [InlineData("#if PAGE_SIZE > 4096", "PAGE_SIZE > 4096", "12")]
    [InlineData("#ifndef CONFIG_SMP", "!CONFIG_SMP", "12")]
    [InlineData("#ifdef CONFIG_SMP\n#else", "!CONFIG_SMP", "12")]
    [InlineData("#ifdef CONFIG_SMP\n#elif CONFIG_MMU", "!CONFIG_SMP && CONFIG_MMU", "12")]
    [InlineData("#if CONFIG_X86_64_\n#elif CONFIG_MMU > 1\n#else", "!CONFIG_X86_64_ && !(CONFIG_MMU > 1)", "12")]
    [InlineData("#ifdef CONFIG_SMP\n#ifdef CONFIG_MMU", "CONFIG_SMP && CONFIG_MMU", "2")]
    [InlineData("#if", " ...", "12")]
    [InlineData("#ifndef __KERNEL__", "0", "12")]
    [InlineData("#ifdef __ASSEMBLY__", "0", "12")]
    [InlineData("#ifdef CONFIG_SMP\n#if 0", "0", "12")]
    [InlineData("#ifdef __KERNEL__\n#ifndef __ASSEMBLY__", "", "")]
    public void A_condition_that_does_not_show_in_an_image_is_refused(string directives, string condition, string refused)
    {
        RuleImport import = RuleImporter.Import("a.h", $"{directives}\nstatic_assert(offsetof(struct page, x1) == 1); static_assert(sizeof(struct page) == 2);\n");
        Assert.Equal(refused, string.Concat(import.Refused.Select(r => r.Text[^2])));
        Assert.All(import.Refused, r => Assert.Equal($"it stands under #if {condition}, which an image does not tell", r.Problem));
        Assert.Equal(2 - refused.Length, import.TakenCount);
    }

    // A part of a condition is not taken for the whole: nothing of it shows in an image.
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void A_condition_that_is_too_long_to_be_told_is_refused(int lines)
    {
        string names = string.Join(" && ", Enumerable.Repeat("CONFIG_A", 200 / lines / 11 * 4));
        RuleImport import = RuleImporter.Import("a.h", $"{string.Concat(Enumerable.Repeat($"#if {names}\n", lines))}#if {names} && !CONFIG_B\nstatic_assert(offsetof(struct page, x) == 0);\n");
        RefusedAssertion refused = Assert.Single(import.Refused);
        Assert.EndsWith(" ..., which an image does not tell", refused.Problem, StringComparison.Ordinal);
        Assert.InRange(refused.Problem.Length, 200, 900);
    }

    [Fact]
    public void Conditions_of_many_branches_do_not_grow()
    {
        string header = $"#if A\n{string.Concat(Enumerable.Repeat("#elif CONFIG_A\nstatic_assert(offsetof(struct page, x) == 0);\n", 10_000))}#endif\n";
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(10_000, RuleImporter.Import("a.h", header).Refused.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L << 20);
    }

    [Fact]
    public void A_macro_of_several_assertions_is_all_of_them()
    {
        RuleImport import = RuleImporter.Import("a.c", """
            #define CHECK(m) do {				\
            	BUILD_BUG_ON(offsetof(struct page, m) != 0);	\
            	BUILD_BUG_ON(sizeof_field(struct page, m) != 8); \
            } while (0)
            #define BEHIND(m) ({ int before = 0; m = before; BUILD_BUG_ON(sizeof_field(struct page, m) != 4); m; })
            #define ALL CHECK(lru); BUILD_BUG_ON(sizeof(struct page) != 64)
            #define NESTED(a) CHECK(a ## _1)
            #define DROPPED(a) ((void)0)
            #define ROW(s, m) static_assert(offsetof(struct s, m) == 0, "row " #m)
            #define EMPTY(m)
            static void checks(void)
            {
            	CHECK(flags);
            	BEHIND(flags);
            	ALL;
            	NESTED(lru);
            	DROPPED(BUILD_BUG_ON(sizeof(struct page) != 1));
            	ROW(page,
            	    flags);
            	EMPTY(flags);
            } // the end
            """ + " // and no newline");
        Assert.Equal(
            [
                "offsetof(struct page, flags) == 0", "sizeof(struct page, flags) == 8", "sizeof(struct page, flags) == 4", "offsetof(struct page, lru) == 0",
                "sizeof(struct page, lru) == 8", "sizeof(struct page) == 64", "offsetof(struct page, lru_1) == 0", "sizeof(struct page, lru_1) == 8",
                "offsetof(struct page, flags) == 0",
            ],
            RuleParser.Parse("a.md", import.RuleText!).Checks.Select(c => c.Expression.Text));
        Assert.Equal("row flags", RuleParser.Parse("a.md", import.RuleText!).Checks[^1].Message);
        Assert.Empty(import.Refused);
    }

    // Words pasted together can be anything. The first is another expression when it is read again, the second are two checks, the third has another message.
    [Theory]
    [InlineData("static_assert(offsetof(struct page, flags ## ) ## || ## ( ## 1) == 0)")]
    [InlineData("CACHELINE_ASSERT_GROUP_MEMBER(struct page, g ## , ## flags ## ) ## ; ## in_group ## ( ## page ## , ## h, flags)")]
    [InlineData("static_assert(sizeof(struct page) == 8, \"x\\\\\" ## '\"//')")]
    [InlineData("static_assert(offsetof(struct page, flags ## ;) == 0)")]
    public void What_a_rule_would_read_otherwise_is_refused(string body)
    {
        RuleImport import = RuleImporter.Import("a.h", $"#define A() {body}\nA();\n");
        Assert.Equal("a rule cannot spell it", Assert.Single(import.Refused).Problem);
        Assert.Null(import.RuleText);
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
    [InlineData("  prev 8/8", "  prev 0/8", false)]
    [InlineData("  next 0/8 struct list_head *", "  next 0/8 struct hlist_node *", false)]
    [InlineData("  next 0/8 struct list_head *", "  next 0/8 long", false)]
    [InlineData("struct list_head 16\n  next 0/8 struct list_head *\n  prev 8/8", "struct list_head 16\n  next 0/8 struct list_head *\n  back 8/8", false)]
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
        string text = BaselineWriter.Write("all of it", [.. definitions.Values.Where(d => d.Name.Kind != TypeNameKind.Enum)]).RuleText;
        RuleResult result = RuleEvaluator.Evaluate(new RuleSet([RuleParser.Parse("b.md", text)]), definitions, new TargetInfo(8, false))[0];
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
        ExplainText.Write(rule, Evaluate(rule, Layouts), new TextStyle(Width: 40), writer);
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
                offsetof(struct page, lru) ==
                    offsetofend(struct page, flags)
              when exists(struct folio)
                offsetof(struct page, lru) ==
                    offsetof(struct folio, lru) &&
                    offsetof(struct folio, flags) ==
                    0

            """,
            writer.ToString());
    }

    [Fact]
    public void A_warning_is_explained_as_one()
    {
        Rule rule = RuleParser.Parse("a-rule.md", "---\ntitle: words\nseverity: warning\npack: mine\ncheck: true\n---\n");
        using StringWriter writer = new();
        ExplainText.Write(rule, null, default, writer);
        Assert.Equal("words\na-rule (warning, pack mine)\n\nChecks\n  always\n    true\n", writer.ToString());
    }

    private static RuleResult Evaluate(Rule rule, string layouts) => RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(layouts), new TargetInfo(8, false))[0];
}
