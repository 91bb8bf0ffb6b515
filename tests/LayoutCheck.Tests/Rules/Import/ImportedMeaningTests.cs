using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Import;

/// <summary>An imported assertion claims what the compiler saw, and never more: what cannot be told is refused with its name, or undecided.</summary>
public class ImportedMeaningTests
{
    // Each is true of the layouts, as the compiler sees it.
    [Theory]
    [InlineData("BUILD_BUG_ON(sizeof(struct page) & (sizeof(struct page) - 1));")]
    [InlineData("BUILD_BUG_ON_NOT_POWER_OF_2(sizeof(struct page));")]
    [InlineData("int x = BUILD_BUG_ON_ZERO(sizeof(struct page) != 64) + 1;")]
    [InlineData("BUILD_BUG_ON_MSG(offsetof(struct page, mapping) != 24, \"moved to \" __stringify(X));")]
    [InlineData("_Static_assert(sizeof(struct page) == 64, \"one, \"\n\t\"two (\"\n\t\"three\");")]
    [InlineData("static_assert(sizeof(struct page) == 64, \"a line \\\n that goes on\");")]
    [InlineData("compiletime_assert(offsetof(struct page, /* which? */ lru) == 8, // here\n \"lru\");")]
    [InlineData("BUILD_BUG_ON(FIELD_SIZEOF(struct page, mapping) != sizeof(void *));")]
    [InlineData("BUILD_BUG_ON(__alignof__(struct page) < 8 || _Alignof(struct page) < 8 || __alignof(struct page) < 8);")]
    [InlineData("BUILD_BUG_ON(!__same_type(((struct page *)0)->index, unsigned long));")]
    [InlineData("BUILD_BUG_ON(!__same_type(((struct page *)NULL)->words, u32 *));")]
    [InlineData("BUILD_BUG_ON(!__same_type(typeof(((struct page *)0)->seen), __u8));")]
    [InlineData("static_assert(__same_type(typeof_member(struct page, lru), struct list_head));")]
    [InlineData("static_assert(!__same_type(const int, ((struct page *)0)->count));")]
    [InlineData("static_assert(__builtin_types_compatible_p(typeof(((struct page *)0)->lru), __typeof__(((struct folio *)0)->lru)));")]
    [InlineData("BUILD_BUG_ON(offsetof(typeof(struct page), index) != 32);")]
    [InlineData("BUILD_BUG_ON(__builtin_offsetof(__typeof__(struct page), lru.prev) != 16);")]
    [InlineData("BUILD_BUG_ON(sizeof(typeof(((struct page *)0)->lru)) != sizeof(typeof_member(struct page, lru)));")]
    [InlineData("static_assert(sizeof(typeof(struct page)) == 64);")]
    [InlineData("static_assert(IS_ALIGNED(offsetof(struct page, lru), sizeof(struct list_head) / 2) && !IS_ALIGNED(sizeof(struct odd), 16));")]
    [InlineData("static_assert(sizeof(struct list_head) - sizeof(struct page) > 0);")]
    [InlineData("static_assert(!(sizeof(struct list_head) - sizeof(struct page) < 100));")]
    [InlineData("static_assert((sizeof(struct list_head) - sizeof(struct page)) / 2 != 0 && sizeof(struct page) < -1);")]
    [InlineData("static_assert(IS_ALIGNED(sizeof(struct page), sizeof(struct odd)) && ALIGN(sizeof(struct page), 24) == 64);")]
    [InlineData("typedef struct page page_t; static_assert(sizeof(page_t) == 64 && offsetof(page_t, lru) == 8);")]
    [InlineData("#if 0\n#elifdef __KERNEL__\nstatic_assert(sizeof(struct page) == 64);\n#endif")]
    [InlineData("#define LINE(s, m) static_assert(offsetof(struct s, m) == 8)\n#define BOTH(m) LINE(page, m); LINE(folio, m)\nBOTH(lru);\n")]
    [InlineData("#define SIZE 64\n#ifdef SIZE\nstatic_assert(sizeof(struct page) == SIZE);\n#else\nstatic_assert(sizeof(struct page) == 1);\n#endif\n")]
    [InlineData("#ifdef CONFIG_A\n#define N 8\nstatic_assert(offsetof(struct page, lru) == N);\n#undef N\n#else\n#define N 9\n#endif\n")]
    [InlineData("#ifdef CONFIG_X86_X32_ABI\nstatic_assert(offsetof(struct folio, lru) == offsetof(struct folio, x32_lru));\n#endif\nstatic_assert(sizeof(struct page) == 64);")]
    public void What_the_compiler_saw_is_taken_and_holds(string source)
    {
        RuleImport import = RuleImporter.Import("a.c", source);
        Assert.Empty(import.Refused.Where(r => !r.Problem.Contains("#if", StringComparison.Ordinal)));
        Assert.All(ImportedRules.Evaluate(import).Checks, c => Assert.True(c.Outcome is Outcome.Holds or Outcome.NotApplicable, $"{c.Check.Expression}: {c.Reason}"));
        Assert.Contains(ImportedRules.Evaluate(import).Checks, c => c.Outcome == Outcome.Holds);
    }

    // Each has a name that an image does not tell; the list says which, and no rule comes of it.
    [Theory]
    [InlineData("void f(void) { u8 folio = 0; BUILD_BUG_ON(sizeof(folio) != 1); }", "'folio' is the name of a variable too, in line 1")]
    [InlineData("void f(struct page *page) {\n BUILD_BUG_ON(sizeof(page) != 8); }", "'page' is the name of a variable too, in line 1")]
    [InlineData("void f(void) { u16 list_head[2]; static_assert(__alignof__(list_head) == 2); }", "'list_head' is the name of a variable")]
    [InlineData("BUILD_BUG_ON(sizeof(*page) != 64);", "sizeof of an expression with 'page'")]
    [InlineData("BUILD_BUG_ON(sizeof(page->lru) != 16);", "sizeof of an expression with 'page'")]
    [InlineData("BUILD_BUG_ON(sizeof(folio[0]) != 16);", "sizeof of an expression with 'folio'")]
    [InlineData("BUILD_BUG_ON(ARRAY_SIZE(names) != 16);", "ARRAY_SIZE of an expression with 'names'")]
    [InlineData("BUILD_BUG_ON(offsetof(typeof(*p), lru) != 8);", "the type of an expression is not known here")]
    [InlineData("BUILD_BUG_ON(!__same_type(p, struct page *));", "the type of 'p' is not known here")]
    [InlineData("BUILD_BUG_ON(!__same_type(((struct page *)0)->index, pgoff_t));", "the type of 'pgoff_t' is not known here")]
    [InlineData("BUILD_BUG_ON(contains(struct page, lru, flags));", "unknown name 'contains'")]
    [InlineData("static_assert(exists(struct page));", "unknown name 'exists'")]
    [InlineData("#ifdef CONFIG_A\n#define T wide_t\n#else\n#define T struct page\n#endif\nstatic_assert(sizeof(T) == 64);", "T is a macro that is defined under #if !CONFIG_A")]
    [InlineData("#define N 64\n#ifdef CONFIG_A\n#undef N\n#define N 65\n#endif\nstatic_assert(sizeof(struct page) == N);", "N is a macro that is defined under #if CONFIG_A")]
    [InlineData("#ifndef N\n#define N 65\n#endif\nstatic_assert(sizeof(struct page) == N);", "N is a macro that is defined under #if !N")]
    [InlineData("#define N 64\n#if FOO > 3\n#undef N\n#endif\nstatic_assert(sizeof(struct page) == N);", "N is a macro that is defined under #if FOO > 3")]
    [InlineData("#ifdef CONFIG_A\n#elifdef CONFIG_B\nstatic_assert(sizeof(struct page) == 65);\n#endif", "it stands under #if !CONFIG_A && CONFIG_B")]
    [InlineData("#ifdef CONFIG_A\n#elifndef CONFIG_B\nstatic_assert(offsetof(struct page, lru) == 65);\n#endif", "it stands under #if !CONFIG_A && !CONFIG_B")]
    [InlineData("#ifdef __i386__\nstatic_assert(offsetof(struct page, lru) == 4);\n#endif", "it stands under #if __i386__")]
    [InlineData("void f(void) { if (IS_ENABLED(CONFIG_A)) BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (IS_ENABLED ( CONFIG_A ))")]
    [InlineData("void f(void) { if (!IS_ENABLED(CONFIG_A))\n return; BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (! IS_ENABLED")]
    [InlineData("void f(void) { if (0) { x(); } else { BUILD_BUG_ON(sizeof(struct page) != 65); } }", "it stands behind if (0)")]
    [InlineData("void f(void) { switch (sizeof(long)) { case 4: BUILD_BUG_ON(sizeof(struct page) != 65); } }", "it stands behind switch (sizeof ( long ))")]
    [InlineData("#define C(x) do { if (PAGE_SHIFT > 12) BUILD_BUG_ON(x); } while (0)\nvoid f(void) { C(sizeof(struct page) != 65); }", "it stands behind if (PAGE_SHIFT > 12)")]
    [InlineData("BUILD_BUG_ON(sizeof(struct page) !=\n#ifdef CONFIG_A\n 65\n#else\n 66\n#endif\n);", "a directive stands within it")]
    [InlineData("BUILD_BUG_ON((sizeof(struct page) != 65);", "its parentheses are not closed")]
    public void What_cannot_be_told_is_refused_by_name(string source, string problem)
    {
        RuleImport import = RuleImporter.Import("a.c", source);
        Assert.StartsWith(problem, Assert.Single(import.Refused).Problem, StringComparison.Ordinal);
        Assert.Null(import.RuleText);
    }

    [Fact]
    public void What_runs_whatever_a_variable_is_was_compiled()
    {
        RuleImport import = RuleImporter.Import("a.c", """
            static_assert(sizeof(struct page) == 64);
            int f(int order, struct page *page)
            {
            	if (order > sizeof(*page))
            		return 1;
            	for (;;) {
            		if (page->lru.next) { BUILD_BUG_ON(sizeof(struct page) != 64); } else BUILD_BUG_ON(sizeof(struct folio) != 64);
            	}
            	if (IS_ENABLED(CONFIG_A)) { static_assert(sizeof(struct page) == 64); }
            	BUILD_BUG_ON(sizeof(struct list_head) != 16);
            }
            int g(void)
            {
            	BUILD_BUG_ON(sizeof(struct list_head) != 16);
            }
            """);
        Assert.Empty(import.Refused);
        Assert.Equal(6, import.TakenCount);
    }

    // The tag of a struct, when the assertion is about a typedef.
    [Fact]
    public void A_name_alone_is_a_typedef_and_never_a_tag()
    {
        RuleImport import = RuleImporter.Import("a.h", "static_assert(sizeof(page) == 1); static_assert(offsetof(page, lru) == 1);");
        RuleResult result = ImportedRules.Evaluate(import);
        Assert.All(result.Checks, c => Assert.Equal(Outcome.NotApplicable, c.Outcome));
        Assert.Equal("exists(typedef page)", result.Checks[0].Check.When!.Text);
    }

    [Fact]
    public void A_member_that_is_gone_leaves_it_undecided_and_guards_are_counted()
    {
        const string Header = "static_assert(offsetof(struct page, gone) == 8);\nstatic_assert(sizeof(struct page) == 64);\nstatic_assert(offsetof(struct page, lru) == offsetof(struct folio, renamed));\n";
        RuleImport import = RuleImporter.Import("a.h", Header);
        Assert.Equal([Outcome.Undecided, Outcome.Holds, Outcome.Undecided], ImportedRules.Evaluate(import).Checks.Select(c => c.Outcome));
        Assert.Equal(0, import.GuardedCount);

        RuleImport guarded = RuleImporter.Import("a.h", Header, isGuarded: true);
        Assert.Equal([Outcome.NotApplicable, Outcome.Holds, Outcome.Undecided], ImportedRules.Evaluate(guarded).Checks.Select(c => c.Outcome));
        Assert.Equal(2, guarded.GuardedCount);
        Assert.Equal("Assertions of a.h (2 of 3 only where a member of theirs exists)", RuleParser.Parse("a.md", guarded.RuleText!).Title);
    }

    // SLAB_MATCH of mm/slab.h: page has one of two members, slab has its own in both configurations.
    [Theory]
    [InlineData("memcg_data 56/8", Outcome.Holds)]
    [InlineData("memcg_data 48/8", Outcome.Violated)]
    [InlineData("_unused_slab_obj_exts 56/8", Outcome.NotApplicable)]
    public void An_assertion_under_a_condition_applies_where_all_its_members_exist(string member, Outcome outcome)
    {
        RuleImport import = RuleImporter.Import("slab.h", """
            #define SLAB_MATCH(pg, sl) \
            	static_assert(offsetof(struct page, pg) == offsetof(struct slab, sl))
            #ifdef CONFIG_MEMCG
            SLAB_MATCH(memcg_data, obj_exts);
            #elif defined(CONFIG_SLAB_OBJ_EXT)
            SLAB_MATCH(_unused_slab_obj_exts, obj_exts);
            #endif
            """);
        Assert.Equal("it stands under #if !CONFIG_MEMCG && defined ( CONFIG_SLAB_OBJ_EXT ), which an image does not tell".Replace("defined ( CONFIG_SLAB_OBJ_EXT )", "CONFIG_SLAB_OBJ_EXT", StringComparison.Ordinal), Assert.Single(import.Refused).Problem);
        string layouts = $"struct page 64\n  {member} unsigned long\nstruct slab 64\n  obj_exts 56/8 unsigned long\n";
        Assert.Equal(outcome, ImportedRules.Evaluate(import, layouts).Outcome);

        // Where the image tells that the option is off, nothing was compiled.
        Rule rule = RuleParser.Parse("a.md", import.RuleText!);
        Dictionary<string, string> config = new() { ["CONFIG_SLAB_OBJ_EXT"] = "y" };
        Assert.Equal(Outcome.NotApplicable, RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(layouts), new TargetInfo(8, false), config)[0].Outcome);
    }
}
