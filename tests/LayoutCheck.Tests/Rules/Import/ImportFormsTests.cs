using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;

namespace LayoutCheck.Tests.Rules.Import;

/// <summary>Forms of C in the assertions of a kernel: what a compiler accepts holds, and what it may never see is refused with its reason.</summary>
public class ImportFormsTests
{
    // A compiler accepts each for x86-64.
    [Theory]
    [InlineData("static_assert(sizeof(struct list_head) - sizeof(struct page) == 0xffffffffffffffd0);")]
    [InlineData("static_assert(0xffffffffffffffd0 == sizeof(struct list_head) - sizeof(struct page));")]
    [InlineData("static_assert(sizeof(struct list_head) - sizeof(struct page) == -48);")]
    [InlineData("static_assert(sizeof(struct page) == 64 && -1 < 0 && ~0 < 4);")]
    [InlineData("static_assert(sizeof(struct page) > 0 && -7 / 2 == -3);")]
    [InlineData("static_assert(-sizeof(struct page) > sizeof(struct page));")]
    [InlineData("static_assert(~sizeof(struct page) > 100);")]
    [InlineData("static_assert(+(sizeof(struct odd) - sizeof(struct page)) > 100);")]
    [InlineData("static_assert((sizeof(struct odd) - sizeof(struct page) + 8) > 100);")]
    [InlineData("static_assert(((sizeof(struct odd) - sizeof(struct page)) & 0xff) < 256);")]
    [InlineData("static_assert((sizeof(struct odd) - sizeof(struct page)) >> 1 > 100);")]
    [InlineData("static_assert((sizeof(struct odd) - sizeof(struct page)) % 7 < 7);")]
    [InlineData("static_assert((sizeof(struct odd) > 8 ? sizeof(struct odd) - sizeof(struct page) : 0) > 100);")]
    [InlineData("static_assert(sizeof(struct page) > 8 - 4);")]
    [InlineData("static_assert(ALIGN(sizeof(struct odd), 5) == 24);")]
    [InlineData("static_assert(ALIGN(sizeof(struct odd) + 1, 16) == 32);")]
    [InlineData("static_assert(IS_ALIGNED(sizeof(struct odd), 8));")]
    [InlineData("static_assert(!IS_ALIGNED(sizeof(struct odd), 9));")]
    [InlineData("static_assert(sizeof(((struct page *)0UL)->lru.prev) == 8);")]
    [InlineData("static_assert(__extension__ (sizeof(struct page) == 64));")]
    [InlineData("static_assert(sizeof(struct page *) == 8 && sizeof(struct page) == 64);")]
    [InlineData("typedef struct page page_t; static_assert(sizeof(page_t *) == 8 && sizeof(page_t) == 64);")]
    [InlineData("typedef struct page page_t; static_assert(sizeof(((page_t *)0)->lru) == 16);")]
    [InlineData("typedef struct page page_t; static_assert(sizeof(typeof_member(page_t, lru)) == 16);")]
    [InlineData("static_assert(__same_type(u32, ((struct page *)0)->count) && !__same_type(s32, ((struct page *)0)->count));")]
    [InlineData("static_assert(__same_type(((struct page *)0)->lru.next, struct list_head *));")]
    [InlineData("static_assert(!__same_type(((struct page *)0)->words, const u32 *));")]
    [InlineData("static_assert(__same_type(volatile unsigned long, ((struct page *)0)->index));")]
    [InlineData("static_assert(__same_type(unsigned, ((struct page *)0)->count));")]
    [InlineData("static_assert(__same_type(long unsigned int, ((struct page *)0)->index));")]
    [InlineData("static_assert(__same_type(u32 * const, ((struct page *)0)->words));")]
    [InlineData("static_assert(!__same_type(char, ((struct page *)0)->seen) && !__same_type(s8, ((struct page *)0)->seen));")]
    [InlineData("static_assert(__same_type(const char *, ((struct odd *)0)->b) && !__same_type(char *, ((struct odd *)0)->b));")]
    [InlineData("static_assert(__same_type(char const *, ((struct odd *)0)->b));")]
    public void What_the_compiler_accepts_is_taken_and_holds(string source)
    {
        RuleImport import = RuleImporter.Import("a.c", source);
        Assert.Empty(import.Refused);
        Assert.All(ImportedRules.Evaluate(import).Checks, c => Assert.True(c.Outcome == Outcome.Holds, $"{c.Check.Expression}: {c.Reason}"));
    }

    // An image does not tell the value of each, or the compiler may leave it out.
    [Theory]
    [InlineData("BUILD_BUG_ON(!__same_type(((struct page *)0)->index));", "__same_type compares two types")]
    [InlineData("BUILD_BUG_ON(!__same_type(((struct page *)0)->index, ));", "__same_type compares two types")]
    [InlineData("static_assert(!__same_type(int, long) || sizeof(struct page));", "__same_type names no member")]
    [InlineData("BUILD_BUG_ON(!__same_type(((struct page *)0)->index, 1 + 2));", "the type of an expression")]
    [InlineData("BUILD_BUG_ON(sizeof() != 8);", "sizeof of an expression with")]
    [InlineData("BUILD_BUG_ON(sizeof(\"text\") != sizeof(struct page));", "sizeof of an expression with")]
    [InlineData("BUILD_BUG_ON(offsetof(struct page) != 8);", "")]
    [InlineData("BUILD_BUG_ON(sizeof(((struct page *)p)->lru) != 16);", "sizeof of an expression with")]
    [InlineData("BUILD_BUG_ON(sizeof(((struct page *)0)->lru + 1) != 16);", "sizeof of an expression with")]
    [InlineData("BUILD_BUG_ON(offsetof(page_t lru) != 8);", "offsetof of an expression with")]
    [InlineData("BUILD_BUG_ON(offsetof(typeof_member(struct page, lru), prev) != 8);", "the type of an expression")]
    [InlineData("static_assert(sizeof(struct page) == 64 && big_endian);", "unknown name 'big_endian'")]
    [InlineData("void f(int x) { if (IS_ENABLED(CONFIG_A)) a(); else if (x) b(); else BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (IS_ENABLED")]
    [InlineData("void f(int x) { if (0 && x) BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (0 && x)")]
    [InlineData("void f(int x) { if (x && PAGE_SHIFT > 12) BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (x && PAGE_SHIFT")]
    [InlineData("void f(int x) { if (false) BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (false)")]
    [InlineData("void f(int x) { if (__builtin_constant_p(x)) BUILD_BUG_ON(sizeof(struct page) != 65); }", "it stands behind if (__builtin_constant_p")]
    [InlineData("void f(int x) { if (sizeof(struct page) > 64) { if (x) BUILD_BUG_ON(sizeof(struct page) != 65); } }", "it stands behind if (sizeof")]
    [InlineData("void f(int x) { int y = ({ if (CONFIG_N) { BUILD_BUG_ON(sizeof(struct page) != 65); } x; }); }", "it stands behind if (CONFIG_N)")]
    [InlineData("#if IS_BUILTIN(CONFIG_A)\nstatic_assert(offsetof(struct page, lru) == 9);\n#endif", "it stands under #if IS_BUILTIN")]
    [InlineData("#if IS_MODULE(CONFIG_A)\nstatic_assert(offsetof(struct page, lru) == 9);\n#endif", "it stands under #if IS_MODULE")]
    [InlineData("#if defined(CONFIG_A) || defined(CONFIG_B)\nstatic_assert(offsetof(struct page, lru) == 9);\n#endif", "it stands under #if")]
    [InlineData("#if !IS_ENABLED(CONFIG_A)\nstatic_assert(offsetof(struct page, lru) == 9);\n#endif", "it stands under #if")]
    [InlineData("#if __BYTE_ORDER == __BIG_ENDIAN\nstatic_assert(offsetof(struct page, lru) == 9);\n#endif", "it stands under #if")]
    public void What_may_not_be_compiled_or_has_no_type_is_refused(string source, string problem)
    {
        RuleImport import = RuleImporter.Import("a.c", source);
        Assert.StartsWith(problem, Assert.Single(import.Refused).Problem, StringComparison.Ordinal);
        Assert.Null(import.RuleText);
    }

    [Theory]
    [InlineData("#ifdef __BIG_ENDIAN", "big_endian")]
    [InlineData("#ifndef __BIG_ENDIAN", "little_endian")]
    [InlineData("#ifdef __LITTLE_ENDIAN", "little_endian")]
    [InlineData("#ifdef __LITTLE_ENDIAN_BITFIELD\n#else", "big_endian")]
    [InlineData("#if defined(__BIG_ENDIAN_BITFIELD)", "big_endian")]
    [InlineData("#ifndef __BIG_ENDIAN_BITFIELD", "little_endian")]
    [InlineData("#if BITS_PER_LONG == 64", "sizeof(long) == 8")]
    [InlineData("#ifdef CONFIG_32BIT\n#else", "sizeof(long) == 8")]
    public void A_condition_of_the_target_is_taken_as_that(string condition, string when)
    {
        RuleImport import = RuleImporter.Import("a.h", $"{condition}\nstatic_assert(sizeof(struct page) == 64);\n#endif\n");
        Assert.Equal($"exists(struct page) && {when}", Assert.Single(RuleParser.Parse("a.md", import.RuleText!).Checks).When!.Text);
    }
}
