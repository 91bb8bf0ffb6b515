using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules.Catalog;

/// <summary>Reading rule files, and what is said of one that cannot be read.</summary>
public class RuleParserTests
{
    [Fact]
    public void Reads_a_whole_file()
    {
        Rule rule = RuleParser.Parse("some/dir/two-words.md", """
            ---
            title: two words
            severity: warning
            pack: mine
            when:  exists(struct a)   // as long as there is one
            check: sizeof(struct a) == 8, "too big"
            check: sizeof(struct a)
                   > 4
            when:
            check: true
            ---
            # Two words

            ## What it checks
            This.

            ## Why it matters
            That,
            and that.
            """);
        Assert.Equal("two-words", rule.Id);
        Assert.Equal("two words", rule.Title);
        Assert.Equal(Severity.Warning, rule.Severity);
        Assert.Equal("mine", rule.Pack);
        Assert.False(rule.IsFlagship);
        Assert.Equal("This.", rule.What);
        Assert.Equal("That,\nand that.", rule.Why);
        Assert.Equal("", rule.Fix);
        Assert.StartsWith("# Two words", rule.Body, StringComparison.Ordinal);
        Assert.Equal(
            [("exists(struct a)", "sizeof(struct a) == 8", "too big", 6), ("exists(struct a)", "sizeof(struct a) > 4", null, 7), (null, "true", null, 10)],
            rule.Checks.Select(c => (c.When?.Text, c.Expression.Text, c.Message, c.Line)));
    }

    [Fact]
    public void Windows_line_ends_and_a_byte_order_mark_do_no_harm()
    {
        Rule rule = RuleParser.Parse("a.md", "\uFEFF---\r\ntitle: a\r\ncheck: true,\r\n  \"words\"\r\n---\r\nBody\r\n");
        Assert.Equal(("a", "words", "Body"), (rule.Title, rule.Checks[0].Message, rule.Body));
    }

    [Fact]
    public void A_pasted_table_is_read_with_its_macro_and_its_ifdef()
    {
        Rule rule = RuleParser.Parse("a.md", """
            ---
            title: a
            when: exists(struct folio)
            check:
            #define FOLIO_MATCH(pg, fl)						\
            	static_assert(offsetof(struct page, pg) == offsetof(struct folio, fl))
            FOLIO_MATCH(flags, flags);
            FOLIO_MATCH(compound_head|compound_info, lru);
            #ifdef CONFIG_MEMCG
            FOLIO_MATCH(memcg_data, memcg_data);
            #endif
            #undef FOLIO_MATCH
            #define FOLIO_MATCH(pg, fl)						\
            	static_assert(offsetof(struct folio, fl) ==			\
            			offsetof(struct page, pg) + sizeof(struct page))
            FOLIO_MATCH(flags, _flags_1);
            #undef FOLIO_MATCH
            ---
            """);
        Assert.Equal(
            [
                ("exists(struct folio)", "offsetof(struct page, flags) == offsetof(struct folio, flags)", 7),
                ("exists(struct folio)", "offsetof(struct page, compound_head|compound_info) == offsetof(struct folio, lru)", 8),
                ("exists(struct folio) && exists(struct page, memcg_data) && exists(struct folio, memcg_data)",
                    "offsetof(struct page, memcg_data) == offsetof(struct folio, memcg_data)", 10),
                ("exists(struct folio)", "offsetof(struct folio, _flags_1) == offsetof(struct page, flags) + sizeof(struct page)", 16),
            ],
            rule.Checks.Select(c => (c.When?.Text, c.Expression.Text, c.Line)));
    }

    [Theory]
    [InlineData("#define A(x) sizeof(struct x) == 8\n A(a);", "sizeof(struct a) == 8")]
    [InlineData("#define A(x) offsetof(struct s, pre_##x##_post) == 8\n A(a);", "offsetof(struct s, pre_a_post) == 8")]
    [InlineData("#define EIGHT 8\n #define A(x) sizeof(struct x) == EIGHT\n A(a);", "sizeof(struct a) == 8")]
    [InlineData("#define B(t, m, v) offsetof(t, m) == v\n #define A(m) B(struct s, m, (1 + 2))\n A(a);", "offsetof(struct s, a) == 1 + 2")]
    [InlineData("#define A() true\n A();", "true")]
    [InlineData("#define LOOP LOOP == 1\n sizeof(struct LOOP) == 1;", null)]
    [InlineData("BUILD_BUG_ON(sizeof(struct a) != 8 || offsetof(struct a, b) > 4);", "sizeof(struct a) == 8 && offsetof(struct a, b) <= 4")]
    [InlineData("BUILD_BUG_ON(!is_power_of_2(sizeof(struct a)));", "is_power_of_2(sizeof(struct a))")]
    [InlineData("BUILD_BUG_ON(sizeof(struct a) & 7);", "!(sizeof(struct a) & 7)")]
    [InlineData("BUILD_BUG_ON(sizeof(struct a) == 8);", "sizeof(struct a) != 8")]
    [InlineData("BUILD_BUG_ON(sizeof(struct a) < 8);", "sizeof(struct a) >= 8")]
    [InlineData("BUILD_BUG_ON(sizeof(struct a) >= 8);", "sizeof(struct a) < 8")]
    [InlineData("BUILD_BUG_ON(sizeof(struct a) <= 8);", "sizeof(struct a) > 8")]
    [InlineData("#define A(x, y) sizeof(struct x##y) == 8\n A(a, );", "sizeof(struct a) == 8")]
    [InlineData("#define A(x) \\\r\n sizeof(struct x) == 8\n A(a);", "sizeof(struct a) == 8")]
    [InlineData("#define A(x) \\ \t\r\n sizeof(struct x) == 8\n A(a);", "sizeof(struct a) == 8")]
    [InlineData("#define A(...) offsetof(__VA_ARGS__) == 8\n A(struct s, a);", "offsetof(struct s, a) == 8")]
    [InlineData("#define A(args...) offsetof(args) == 8\n A(struct s, a);", "offsetof(struct s, a) == 8")]
    [InlineData("#define A(v, ...) offsetof(__VA_ARGS__) == v\n A(8, struct s, a);", "offsetof(struct s, a) == 8")]
    [InlineData("#define A(x, ...) sizeof(struct x) == 8\n A(a);", "sizeof(struct a) == 8")]
    [InlineData("#define A(x, ...) sizeof(struct x) == 8\n A(a, 1, (2, 3), 4);", "sizeof(struct a) == 8")]
    [InlineData("#define A(x, ...) static_assert(sizeof(struct x) == 8, ## __VA_ARGS__)\n A(a);", "sizeof(struct a) == 8")]
    [InlineData("#define A(x, ...) first_of(x, ## __VA_ARGS__) == 8\n A(sizeof(struct a), 1, 2);", "first_of(sizeof(struct a), 1, 2) == 8")]
    [InlineData("#define A 1\n #undef A\n A == 1;", null)]
    [InlineData("#define\n #undef\n #define 8 9\n #\n #endif\n #else\n #elif X\n #pragma once\n sizeof(struct a) == 8;", "sizeof(struct a) == 8")]
    public void Macros_are_replaced(string check, string? expected)
    {
        string text = $"---\ntitle: a\ncheck: {check}\n---\n";
        if (expected is null)
        {
            _ = Assert.Throws<RuleException>(() => RuleParser.Parse("a.md", text));
            return;
        }

        Assert.Equal(expected, RuleParser.Parse("a.md", text).Checks[0].Expression.Text);
    }

    [Theory]
    [InlineData("", 1, 1, "begins with a line ---")]
    [InlineData("title: a\n", 1, 1, "begins with a line ---")]
    [InlineData("---\ntitle: a\n", 3, 1, "not closed by a line ---")]
    [InlineData("---\ntitle: a\n---\n", 3, 4, "no check")]
    [InlineData("---\ncheck: true\n---\n", 1, 1, "no 'title:'")]
    [InlineData("---\nwords\n---\n", 2, 1, "begins with a key")]
    [InlineData("---\ntitel: a\n---\n", 2, 1, "unknown key 'titel'")]
    [InlineData("---\ntitle: a\ntitle: b\ncheck: true\n---\n", 3, 1, "a second time")]
    [InlineData("---\ntitle: a\nseverity: fatal\ncheck: true\n---\n", 3, 10, "error or warning")]
    [InlineData("---\ntitle: a\nwhen: true\nwhen: false\ncheck: true\n---\n", 3, 6, "no check follows this when")]
    [InlineData("---\ntitle: a\ncheck: offsetof(struct page)\n---\n", 3, 28, "a comma and a member")]
    [InlineData("---\ntitle: a\ncheck: offsetof(struct page, lru) = 8\n---\n", 3, 35, "'=' is no operator here: write ==")]
    [InlineData("---\ntitle: a\ncheck: ofsetof(struct page, lru) == 8\n---\n", 3, 8, "unknown function 'ofsetof'")]
    [InlineData("---\ntitle: a\ncheck: sizeof(struct page) == PAGE_SIZE\n---\n", 3, 31, "unknown name 'PAGE_SIZE'")]
    [InlineData("---\ntitle: a\ncheck: true &&\n       (false ||)\n---\n", 4, 17, "an operand is missing before ')'")]
    [InlineData("---\ntitle: a\ncheck: (true\n---\n", 3, 13, "')' should stand here")]
    [InlineData("---\ntitle: a\ncheck: 1 +\n---\n", 3, 11, "an operand is missing")]
    [InlineData("---\ntitle: a\ncheck: 99999999999999999999 > 1\n---\n", 3, 8, "no number of C")]
    [InlineData("---\ntitle: a\ncheck: 089 > 1\n---\n", 3, 8, "no number of C")]
    [InlineData("---\ntitle: a\ncheck: true, 8\n---\n", 3, 14, "a message in quotes")]
    [InlineData("---\ntitle: a\ncheck: \"words\"\n---\n", 3, 8, "a type has a meaning only")]
    [InlineData("---\ntitle: a\ncheck: typeof(struct a, b)\n---\n", 3, 8, "can only be compared")]
    [InlineData("---\ntitle: a\ncheck: sizeof(struct a) == \"a\"\n---\n", 3, 25, "typeof(...)")]
    [InlineData("---\ntitle: a\ncheck: sharers(struct a, b) == 1\n---\n", 3, 29, "in { member")]
    [InlineData("---\ntitle: a\ncheck: true, \"open\n---\n", 3, 14, "not closed on its line")]
    [InlineData("---\ntitle: a\ncheck: true /* open\n---\n", 3, 13, "comment is not closed")]
    [InlineData("---\ntitle: a\ncheck: #define A(x) x\n A(1, 2);\n---\n", 4, 2, "A takes 1 arguments, not 2")]
    [InlineData("---\ntitle: a\ncheck: #define A(x) sizeof(struct x) == 8\n A(a b);\n---\n", 4, 6, "')' should stand here")]
    [InlineData("---\ntitle: a\ncheck: #define A(x, y, ...) x\n A(1);\n---\n", 4, 2, "A takes 3 arguments, not 1")]
    [InlineData("---\ntitle: a\ncheck: #define A(x\n A(1);\n---\n", 3, 16, "the parameter list of A is not closed")]
    [InlineData("---\ntitle: a\ncheck: #define A(x) x\n A(1;\n---\n", 4, 2, "the arguments of A are not closed")]
    [InlineData("---\ntitle: a\ncheck: sizeof(((struct page *)1)->x) == 8\n---\n", 3, 31, "a null pointer, 0 or NULL, should stand here")]
    [InlineData("---\ntitle: a\ncheck: sizeof(((struct page *)\n---\n", 3, 31, "a null pointer, 0 or NULL, should stand here")]
    [InlineData("---\ntitle: a\ncheck: offsetof(struct page, lru[x]) == 8\n---\n", 3, 34, "an index in numbers should stand here")]
    [InlineData("---\ntitle: a\ncheck: offsetof(struct page, lru[\n---\n", 3, 34, "an index in numbers should stand here")]
    [InlineData("---\ntitle: a\ncheck: overlaps(struct page, lru,\n---\n", 3, 34, "the name of a member should stand here")]
    [InlineData("---\ntitle: a\ncheck: overlaps(struct page, lru, pointee\n---\n", 3, 42, "')' should stand here")]
    [InlineData("---\ntitle: a\ncheck: overlaps(struct page, lru, pointee x\n---\n", 3, 43, "')' should stand here")]
    [InlineData("---\ntitle: a\ncheck: sizeof(pointee\n---\n", 3, 22, "')' should stand here")]
    [InlineData("---\ntitle: a\ncheck: sizeof(\n---\n", 3, 15, "a type should stand here, as in struct page")]
    [InlineData("---\ntitle: a\ncheck: sizeof(8)\n---\n", 3, 15, "a type should stand here, as in struct page")]
    [InlineData("---\ntitle: a\ncheck: offsetof(struct page, first_of\n---\n", 3, 38, "')' should stand here")]
    [InlineData("---\ntitle: a\ncheck: config(\n---\n", 3, 15, "the name of a CONFIG option should stand here")]
    [InlineData("---\ntitle: a\ncheck: sharers(struct a, b)\n---\n", 3, 28, "in { member")]
    [InlineData("---\ntitle: a\ncheck: sharers(struct a, struct b, c) in { d\n---\n", 3, 45, "'}' should stand here")]
    [InlineData("---\ntitle: a\ncheck: IS_ALIGNED(1)\n---\n", 3, 8, "IS_ALIGNED takes 2 arguments, not 1")]
    [InlineData("---\ntitle: a\ncheck: is_power_of_2(1, 2)\n---\n", 3, 8, "is_power_of_2 takes 1 arguments, not 2")]
    [InlineData("---\ntitle: a\ncheck: typeof(struct a, b) == 8\n---\n", 3, 28, "a type is compared with typeof(...)")]
    [InlineData("---\ntitle: a\ncheck: 8 == typeof(struct a, b)\n---\n", 3, 10, "a type is compared with typeof(...)")]
    [InlineData("---\ntitle: a\ncheck: \"a\" == \"b\"\n---\n", 3, 12, "a type is compared with typeof(...)")]
    [InlineData("---\ntitle: a\ncheck: pointer != void\n---\n", 3, 16, "a type is compared with typeof(...)")]
    [InlineData("---\ntitle: a\ncheck: 1 ? 2\n---\n", 3, 13, "':' should stand here")]
    [InlineData("---\ntitle: a\ncheck: 1 -> 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 ++ 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 -- 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 ## 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 ... 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 <<= 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 @ 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 ~ 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 \\ 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck: 1 \u00e9 2\n---\n", 3, 10, "should end here")]
    [InlineData("---\ntitle: a\ncheck:\n#ifdef CONFIG_A\nstatic_assert(sizeof(struct a) == 8);\n#endif\n---\n", 5, 1, "nothing tells whether #if CONFIG_A holds, for the assertion under it names no member")]
    [InlineData("---\ntitle: a\ncheck:\n#if 0\nstatic_assert(sizeof(struct a) == 8);\n#endif\n---\n", 7, 4, "no check")]
    public void Errors_say_where(string text, int line, int column, string problem)
    {
        RuleException error = Assert.Throws<RuleException>(() => RuleParser.Parse("bad.md", text));
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
        Assert.Equal(("bad.md", line, column), (error.File, error.Line, error.Column));
        Assert.StartsWith($"bad.md:{line}:{column}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_is_shown_with_a_caret()
    {
        RuleException error = Assert.Throws<RuleException>(() => RuleParser.Parse("my/rule.md", "---\ntitle: a\ncheck: offsetof(struct page lru) == 8\n---\n"));
        Assert.Equal(
            "my/rule.md:3:29: a comma and a member should follow the type\n"
            + "    check: offsetof(struct page lru) == 8\n"
            + "                                ^",
            error.Message);
    }

    [Fact]
    public void Long_lines_are_cut_around_the_caret()
    {
        RuleException error = Assert.Throws<RuleException>(() => RuleParser.Parse("a.md", $"---\ntitle: a\ncheck: {new string(' ', 5000)}nonsense(1){new string(' ', 500)};\n---\n"));
        string[] lines = error.Message.Split('\n');
        Assert.True(lines[1].Length <= 104);
        Assert.Equal('n', lines[1][lines[2].Length - 1]);
    }

    [Theory]
    [InlineData("(", ")", 100_000)]
    [InlineData("!", "", 100_000)]
    [InlineData("-", "", 100_000)]
    [InlineData("true ? true : ", "", 100_000)]
    [InlineData("true && ", "", 100_000)]
    [InlineData("1 + ", "", 100_000)]
    [InlineData("offsetof(", "", 100_000)]
    [InlineData("exists(pointee(", "", 100_000)]
    [InlineData("first_of(", ")", 100_000)]
    public void Endless_nesting_is_an_error_and_no_stack_overflow(string open, string close, int times)
    {
        string expression = string.Concat(Enumerable.Repeat(open, times)) + "true" + string.Concat(Enumerable.Repeat(close, times));
        _ = Assert.Throws<RuleException>(() => RuleExpression.Parse(expression));
    }

    /// <summary>Damaged rule files are refused in the one way there is, or are rules and can be evaluated; nothing else escapes.</summary>
    [Fact]
    public void Damaged_files_are_refused_or_evaluated()
    {
        Random random = new(20_26);
        string[] pieces = ["(", ")", ",", "|", "#", "##", "\\\n", "\n", "\"", "/*", "exists(long)", "sizeof(", "struct", "pointee(", "&&", "?", ":", "0x", "<<", "-1", "in {", "[9]", "."];
        List<(string Name, string Text)> files = [.. RuleCatalog.Files()];
        IReadOnlyDictionary<TypeName, DefinitionSet> layouts = LayoutText.Parse(RealLayouts.Read("amd64-7.3-cloud"));
        int refused = 0;
        int evaluated = 0;
        for (int i = 0; i < 1500; i++)
        {
            (string name, string text) = files[random.Next(files.Count)];
            int header = text.IndexOf("\n---", 4, StringComparison.Ordinal);
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int at = random.Next(4, header);
                int length = Math.Min(random.Next(0, 6), header - at);
                string piece = pieces[random.Next(pieces.Length)];
                text = string.Concat(text.AsSpan(0, at), piece, text.AsSpan(at + length));
                header += piece.Length - length;
            }

            try
            {
                _ = RuleEvaluator.Evaluate(new RuleSet([RuleParser.Parse(name, text)]), layouts, new TargetInfo(8, false));
                evaluated++;
            }
            catch (RuleException)
            {
                refused++;
            }

            _ = RuleImporter.Import(name, text.Replace("/*", "", StringComparison.Ordinal));
        }

        Assert.True(refused > 300 && evaluated > 100, $"{refused} refused, {evaluated} evaluated");
    }

    [Theory]
    [InlineData("true \\")]
    [InlineData("true \\ \t\r")]
    [InlineData("true \\ // words")]
    public void A_backslash_that_joins_no_lines_is_an_error(string text)
        => Assert.Equal(("the expression should end here", 1, 6), Assert.Throws<RuleException>(() => RuleExpression.Parse(text)) is var e ? (e.Problem, e.Line, e.Column) : default);

    // GUARD is "no guard", "not there", or the condition under which the assertion applies.
    [Theory]
    [InlineData("#ifdef CONFIG_A|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#ifndef CONFIG_A|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#if CONFIG_A|#else|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#if 0|#elif CONFIG_A|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#ifndef A|#define A|ASSERTION|#endif", "no guard")]
    [InlineData("#ifndef A|#define A|#else|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#ifndef A|#define B|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#ifdef __KERNEL__|ASSERTION|#endif", "no guard")]
    [InlineData("#ifndef __KERNEL__|ASSERTION|#endif", "not there")]
    [InlineData("#ifdef __KERNEL__|#else|ASSERTION|#endif", "not there")]
    [InlineData("#ifdef __KERNEL__|#elif CONFIG_A|ASSERTION|#endif", "not there")]
    [InlineData("#ifndef __ASSEMBLY__|ASSERTION|#endif", "no guard")]
    [InlineData("#ifdef __ASSEMBLY__|ASSERTION|#endif", "not there")]
    [InlineData("#ifdef __ASSEMBLY__|#else|ASSERTION|#endif", "no guard")]
    [InlineData("#if 1|ASSERTION|#endif", "no guard")]
    [InlineData("#if 1|#else|ASSERTION|#endif", "not there")]
    [InlineData("#if 0|ASSERTION|#endif", "not there")]
    [InlineData("#if 0|#else|ASSERTION|#endif", "no guard")]
    [InlineData("#if 0|#elif 1|ASSERTION|#endif", "no guard")]
    [InlineData("#if 0|#ifdef CONFIG_A|ASSERTION|#endif|#endif", "not there")]
    [InlineData("#if|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#ifndef|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#if 0|#elif|ASSERTION|#endif", "exists(struct s, a)")]
    [InlineData("#include <a.h>|#error no|#warning no|#line 8|#ident x|#elsif|#endof|#iffy|#ifnfef|#undeg|#defime|#pragma once|#local|#of|#elix|#elsx|#exit|ASSERTION", "no guard")]
    [InlineData("#if 0|#define struct union|#undef KNOWN|#endif|ASSERTION|KNOWN;", "no guard")]
    public void What_the_preprocessor_leaves_out_is_not_checked(string lines, string expected)
    {
        Rule rule = RuleParser.Parse("a.md", $"---\ntitle: a\ncheck:\n#define KNOWN true\n{lines.Replace('|', '\n').Replace("ASSERTION", "static_assert(offsetof(struct s, a) == 8);", StringComparison.Ordinal)}\ntrue;\n---\n");
        RuleCheck? check = rule.Checks.SingleOrDefault(c => c.Expression.Text == "offsetof(struct s, a) == 8");
        Assert.Equal(expected, check is null ? "not there" : check.When is null ? "no guard" : check.When.Text);
        Assert.Equal("true", rule.Checks[^1].Expression.Text);
    }

    [Fact]
    public void Conditions_without_end_are_an_error()
    {
        static string Nested(int depth) => $"---\ntitle: a\ncheck:\n{string.Concat(Enumerable.Repeat("#if A\n", depth))}offsetof(struct s, a) == 8;\n---\n";

        Assert.Equal("exists(struct s, a)", RuleParser.Parse("a.md", Nested(64)).Checks[0].When!.Text);
        RuleException error = Assert.Throws<RuleException>(() => RuleParser.Parse("a.md", Nested(65)));
        Assert.Equal(("conditions are nested more than 64 deep", 68, 1), (error.Problem, error.Line, error.Column));
    }

    [Fact]
    public void An_assertion_that_names_members_without_end_under_a_condition_is_an_error()
    {
        static string Of(int count) => $"---\ntitle: a\ncheck:\n#if A\nfirst_of({string.Join(", ", Enumerable.Repeat("offsetof(s, a)", count))}) == 8;\n#endif\n---\n";

        Assert.Equal(400, RuleParser.Parse("a.md", Of(400)).Checks[0].When!.Text.Split("&&").Length);
        RuleException error = Assert.Throws<RuleException>(() => RuleParser.Parse("a.md", Of(20_000)));
        Assert.Equal(("an assertion under an #if names too many members", 5), (error.Problem, error.Line));
    }

    [Fact]
    public void Macros_nested_without_end_are_an_error()
    {
        static string Of(int depth) => $"---\ntitle: a\ncheck:\n#define M0 true\n{string.Concat(Enumerable.Range(1, depth - 1).Select(i => $"#define M{i} M{i - 1}\n"))}M{depth - 1};\n---\n";

        Assert.Equal("true", RuleParser.Parse("a.md", Of(32)).Checks[0].Expression.Text);
        Assert.Equal("the macros used here are nested too deep", Assert.Throws<RuleException>(() => RuleParser.Parse("a.md", Of(33))).Problem);
    }

    [Fact]
    public void Macros_that_double_each_other_end()
    {
        string lines = string.Concat(Enumerable.Range(0, 30).Select(i => $"#define M{i + 1} M{i} M{i}\n"));
        RuleException error = Assert.Throws<RuleException>(() => RuleParser.Parse("a.md", $"---\ntitle: a\ncheck:\n#define M0 true\n{lines}M30;\n---\n"));
        Assert.Contains("too much", error.Problem, StringComparison.Ordinal);
    }
}
