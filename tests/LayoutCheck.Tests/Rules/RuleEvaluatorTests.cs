using System.Collections.Immutable;
using LayoutCheck.Btf;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>From checks to outcomes: when, several definitions, sums, selection.</summary>
public class RuleEvaluatorTests
{
    private static readonly TargetInfo s_target = new(8, false);

    private static RuleResult Evaluate(string checks, string layouts)
        => RuleEvaluator.Evaluate(new RuleSet([RuleParser.Parse("test.md", $"---\ntitle: test\n{checks}\n---\n")]), LayoutText.Parse(layouts), s_target)[0];

    private const string Two = """
        struct a 8
          x 0/4 int
          y 4/4 int
        struct a 8
          y 0/4 int
          x 4/4 int
        struct b 16
          x 4/4 int
        """;

    [Fact]
    public void When_is_false_then_it_does_not_apply_and_says_why()
    {
        RuleResult result = Evaluate("when: exists(struct b, z)\ncheck: false", Two);
        Assert.Equal(Outcome.NotApplicable, result.Outcome);
        Assert.Equal("struct b has no member z", result.Checks[0].Reason);
        Assert.Equal("struct b, z does not exist", result.Checks[0].Observed[0].ToString());
    }

    [Fact]
    public void When_is_undecided_then_so_is_the_check()
    {
        RuleResult result = Evaluate("when: offsetof(struct b, z) == 0\ncheck: true", Two);
        Assert.Equal(Outcome.Undecided, result.Outcome);
        Assert.Equal("whether this applies is not known: struct b has no member z", result.Checks[0].Reason);
    }

    [Theory]
    [InlineData("check: true\ncheck: false\ncheck: sizeof(struct z) == 1", Outcome.Violated)]
    [InlineData("check: true\ncheck: sizeof(struct z) == 1", Outcome.Undecided)]
    [InlineData("check: true\nwhen: false\ncheck: false", Outcome.Holds)]
    [InlineData("when: false\ncheck: false\ncheck: true", Outcome.NotApplicable)]
    public void A_rule_is_as_bad_as_its_worst_check(string checks, Outcome expected) => Assert.Equal(expected, Evaluate(checks, Two).Outcome);

    [Fact]
    public void Definitions_that_differ_but_agree_decide()
    {
        CheckResult result = Evaluate("check: sizeof(struct a) == 8", Two).Checks[0];
        Assert.Equal(Outcome.Holds, result.Outcome);
        Assert.Equal("sizeof(struct a)=8 == 8 (2 definitions of struct a differ, but agree on this)", result.Reason);
    }

    [Fact]
    public void Definitions_that_disagree_leave_it_undecided_and_are_named()
    {
        CheckResult result = Evaluate("check: offsetof(struct a, x) == offsetof(struct b, x)", Two).Checks[0];
        Assert.Equal(Outcome.Undecided, result.Outcome);
        Assert.Equal(
            "2 definitions of struct a disagree: violated in unit0.c (a.x @0 differs from b.x @4), holds in unit1.c (a.x @4 == b.x @4)",
            result.Reason);
        Assert.Contains(result.Observed, o => o.ToString() == "a.x @0");
        Assert.Contains(result.Observed, o => o.ToString() == "a.x @4");
    }

    [Fact]
    public void Only_the_types_that_a_check_names_are_varied()
        => Assert.Equal("sizeof(struct b)=16 == 16", Evaluate("check: sizeof(struct b) == 16", Two).Checks[0].Reason);

    [Fact]
    public void Too_many_combinations_are_undecided()
    {
        string layouts = string.Concat(Enumerable.Range(1, 17).Select(i => $"struct a {i}\nstruct b {i}\n"));
        CheckResult result = Evaluate("check: sizeof(struct a) > 0 && sizeof(struct b) > 0", layouts).Checks[0];
        Assert.Equal(Outcome.Undecided, result.Outcome);
        Assert.Equal("too many definitions differ to try them all: struct a (17), struct b (17)", result.Reason);
        Assert.Equal(Outcome.Holds, Evaluate("check: sizeof(struct a) > 0", layouts).Outcome);
    }

    [Fact]
    public void A_pointee_with_several_definitions_counts_only_when_they_agree()
    {
        const string Layouts = """
            struct p 8
              to 0/8 struct a *
            struct a 8
              x 0/4 int
            struct a 16
              x 0/4 int
            """;
        Assert.Equal(Outcome.Undecided, Evaluate("check: sizeof(pointee(struct p, to)) >= 8", Layouts).Outcome);
        Assert.Equal(Outcome.Holds, Evaluate("check: offsetof(pointee(struct p, to), x) == 0", Layouts).Outcome);
    }

    [Theory]
    // The two definitions of what struct p points to, after their names: size and alignment, then members.
    [InlineData("16 align 16|x 0/4 int", "16 align 8|x 0/4 int", "alignof(pointee(struct p, to)) == 16", Outcome.Undecided)]
    [InlineData("16 align 16|x 0/4 int", "16 align 16|y 0/4 int", "alignof(pointee(struct p, to)) == 16", Outcome.Holds)]
    [InlineData("16|x 0/4 int", "16|y 0/4 int", "sizeof(pointee(struct p, to)) == 16", Outcome.Holds)]
    [InlineData("16|x 0/4 int", "16|x 0/4 u32", "typeof(pointee(struct p, to), x) == \"int\"", Outcome.Undecided)]
    [InlineData("16|x 0/4 int", "24|x 0/4 int", "typeof(pointee(struct p, to), x) == \"int\"", Outcome.Holds)]
    [InlineData("16|x 0/8 struct b *", "16|x 0/8 struct c *", "pointee(pointee(struct p, to), x) == \"struct b\"", Outcome.Undecided)]
    [InlineData("16|x 0/4 short[2]", "16|x 0/4 char[4]", "ARRAY_SIZE(pointee(struct p, to), x) == 2", Outcome.Undecided)]
    [InlineData("16|x 0/4 int|y 4/4 int", "16|x 0/4 int|z 4/4 int", "sharers(pointee(struct p, to)) in { x, y }", Outcome.Undecided)]
    [InlineData("16|x 0/4 int", "16|y 0/4 int", "exists(pointee(struct p, to), x)", Outcome.Undecided)]
    [InlineData("16|y 0/4 int", "16|x 0/4 int", "exists(pointee(struct p, to), x)", Outcome.Undecided)]
    [InlineData("16|x 0/4 int", "16|y 0/4 int", "!exists(pointee(struct p, to), z)", Outcome.Holds)]
    [InlineData("16|x 0/4 int", "16|y 0/4 int", "offsetof(pointee(struct p, to), x|y) == 0", Outcome.Undecided)]
    [InlineData("16|x 0/4 int", "16|x 0b32 int", "bitoffsetof(pointee(struct p, to), x) == 0", Outcome.Undecided)]
    [InlineData("16|x 0/4 int", "16|y 4/4 long|x 0/4 int", "offsetof(pointee(struct p, to), x) == 0", Outcome.Holds)]
    public void A_pointee_with_several_definitions_is_all_of_them(string one, string other, string expression, Outcome expected)
    {
        string layouts = "struct p 8\n  to 0/8 struct a *\n" + string.Concat(new[] { one, other }.Select(d => $"struct a {d.Replace("|", "\n  ", StringComparison.Ordinal)}\n"));
        CheckResult result = Evaluate("check: " + expression, layouts).Checks[0];
        Assert.True(expected == result.Outcome, result.Reason);
        Assert.True(expected != Outcome.Undecided || result.Reason.Contains("definitions of struct a differ", StringComparison.Ordinal), result.Reason);
    }

    [Fact]
    public void A_pointee_whose_members_have_types_of_one_name_that_differ_is_undecided()
    {
        BtfBuilder btf = new();
        uint integer = btf.Int("int", 4);
        _ = btf.Int("long", 8);
        uint one = btf.Struct("a", 4, ("x", btf.Typedef("t", integer), 0));
        _ = btf.Struct("a", 4, ("x", btf.Typedef("t", btf.Add(BtfFormat.BTF_KIND_FLOAT, "float", 4)), 0));
        _ = btf.Struct("p", 8, ("to", btf.Pointer(one), 0));
        RuleSet rules = new([RuleParser.Parse("t.md", "---\ntitle: t\ncheck: typeof(pointee(struct p, to), x) == integer\ncheck: sizeof(struct a) == 4\n---\n")]);
        CheckResult result = RuleEvaluator.Evaluate(rules, btf.Reader().FindAll(rules.RequiredTypes, 1).Sets.ToDictionary(s => s.Name), s_target)[0].Checks[0];
        Assert.Equal((Outcome.Undecided, "the 2 definitions of struct a differ"), (result.Outcome, result.Reason));
    }

    [Fact]
    public void A_declared_only_type_is_said_to_be_so()
    {
        TypeName name = new(TypeNameKind.Struct, "dev_pagemap");
        Dictionary<TypeName, DefinitionSet> definitions = new() { [name] = new DefinitionSet(name, [], 7) };
        RuleSet rules = new([RuleParser.Parse("t.md", "---\ntitle: t\ncheck: alignof(struct dev_pagemap) >= 4\n---\n")]);
        CheckResult result = RuleEvaluator.Evaluate(rules, definitions, s_target)[0].Checks[0];
        Assert.Equal("the image has no C definition of struct dev_pagemap, which 7 units only declare", result.Reason);
    }

    [Fact]
    public void Required_types_are_all_that_rules_name_each_once()
    {
        RuleSet rules = new([RuleParser.Parse("t.md", """
            ---
            title: t
            when: exists(struct a)
            check: sizeof(struct b, x) == sizeof(union c) && alignof(pointee(struct d, e)) > 1 && sizeof(struct a) > sizeof(long)
            check: in_group(struct f, g, h) && sizeof(foo_t) > 0
            ---
            """)]);
        Assert.Equal(["struct a", "struct b", "union c", "struct d", "struct f", "foo_t"], rules.RequiredTypes.Select(t => t.ToString()));
    }

    [Fact]
    public void Rules_are_selected_by_name_and_pack()
    {
        RuleSet rules = new(new[] { ("a", "mm"), ("b", "mm"), ("c", "kernel") }
            .Select(r => RuleParser.Parse(r.Item1 + ".md", $"---\ntitle: t\npack: {r.Item2}\ncheck: true\n---\n")));
        static string Ids(RuleSet set) => string.Concat(set.Rules.Select(r => r.Id));
        Assert.Equal("ab", Ids(rules.Select()));
        Assert.Equal("c", Ids(rules.Select(packs: ["kernel"])));
        Assert.Equal("c", Ids(rules.Select(only: ["c"])));
        Assert.Equal("a", Ids(rules.Select(skip: ["b"])));
        Assert.Equal("ac", Ids(rules.Select(packs: ["mm", "kernel"], skip: ["b"])));
        ArgumentException error = Assert.Throws<ArgumentException>(() => rules.Select(only: ["cc"]));
        Assert.Equal("there is no rule 'cc'; did you mean c?", error.Message);
        Assert.Equal("there is no pack 'x'; there are kernel, mm", Assert.Throws<ArgumentException>(() => rules.Select(packs: ["x"])).Message);
        _ = Assert.Throws<ArgumentException>(() => rules.With([rules.Rules[0]]));
    }

    [Theory]
    [InlineData("flags 0/8 long|first_page 48/8 struct page *", "", "before-compound-head")]
    [InlineData("compound_head 8/8 long|_unused_pgmap_compound_head 8/8 void *", "", "folio-pgmap-compound-head")]
    [InlineData("compound_head 32/8 long", "", "compound-head")]
    [InlineData("compound_head 32/8 long|pgmap 32/8 void *", "", "page-pgmap-lru")]
    [InlineData("compound_head 8/8 long|pgmap 8/8 void *|hmm_data 16/8 long", "", "page-pgmap-hmm-data")]
    [InlineData("compound_head 8/8 long|pgmap 8/8 void *|zone_device_data 16/8 void *", "page 0/64 struct page|lru 8/16 void *", "page-pgmap-device-data")]
    [InlineData("compound_head 8/8 long|zone_device_data 16/8 void *", "page 0/64 struct page|pgmap 8/8 void *", "folio-pgmap-compound-head")]
    [InlineData("compound_info 8/8 long|zone_device_data 16/8 void *", "page 0/64 struct page|pgmap 8/8 void *", "folio-pgmap-compound-info")]
    [InlineData("compound_info 8/8 long|memdesc 8/8 long", "page 0/64 struct page|pgmap 8/8 void *", "folio-pgmap-transition")]
    [InlineData("compound_info 8/8 long|zone_device_data 16/8 void *", "pgmap 8/8 void *", "folio-own")]
    [InlineData("compound_info 8/8 long|memdesc 8/8 long", "pgmap 8/8 void *", "folio-own")]
    [InlineData("flags 0/8 long|memdesc 8/8 long", "pgmap 8/8 void *", "memdesc")]
    [InlineData("memdesc 0/8 long", "", "memdesc")]
    public void The_era_is_told_by_members(string page, string folio, string expected)
    {
        string text = $"struct page 64\n  {page.Replace("|", "\n  ", StringComparison.Ordinal)}\n" + (folio.Length > 0 ? $"struct folio 64\n  {folio.Replace("|", "\n  ", StringComparison.Ordinal)}\n" : "");
        LayoutEra era = LayoutEra.Of(LayoutText.Parse(text));
        Assert.Equal(expected, era.Id);
        Assert.Contains(era, LayoutEra.All);
    }

    [Theory]
    [InlineData("flags 0/8 long", "")]
    [InlineData("flags 0/8 long|lru 8/16 void *|zone_device_data 16/8 void *", "")]
    [InlineData("compound_head 8/8 long|zone_device_data 16/8 void *", "")]
    [InlineData("compound_head 8/8 long", "page 0/64 struct page|lru 8/16 void *")]
    public void What_is_missing_for_another_reason_than_age_is_not_dated(string page, string folio)
    {
        string text = $"struct page 64\n  {page.Replace("|", "\n  ", StringComparison.Ordinal)}\n" + (folio.Length > 0 ? $"struct folio 64\n  {folio.Replace("|", "\n  ", StringComparison.Ordinal)}\n" : "");
        Assert.Same(LayoutEra.Undated, LayoutEra.Of(LayoutText.Parse(text)));
        Assert.Empty(LayoutEra.Undated.Versions);
    }

    [Theory]
    [InlineData("flags 0/8 long|first_page 48/8 struct page *", "lru 8/16 void *")]
    [InlineData("flags 0/8 long|pgmap 8/8 struct dev_pagemap *", "page 0/64 struct page")]
    public void A_page_without_any_sign_beside_a_folio_is_of_no_known_era(string page, string folio)
    {
        LayoutEra era = LayoutEra.Of(LayoutText.Parse($"struct page 64\n  {page.Replace("|", "\n  ", StringComparison.Ordinal)}\nstruct folio 64\n  {folio}\n"));
        Assert.Equal("not-known", era.Id);
        Assert.Empty(era.Versions);
    }

    [Fact]
    public void There_is_no_era_without_struct_page_and_none_when_units_disagree()
    {
        Assert.Same(LayoutEra.Unknown, LayoutEra.Of(ImmutableDictionary<TypeName, DefinitionSet>.Empty));
        Assert.Same(LayoutEra.Mixed, LayoutEra.Of(LayoutText.Parse("struct page 64\n  compound_head 8/8 long\nstruct page 64\n  compound_info 8/8 long\n")));
    }
}
