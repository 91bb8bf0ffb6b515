using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Rules;

/// <summary>alignof: what is declared, else the natural alignment, unless a place disproves it.</summary>
public sealed class AlignmentTests
{
    private const string Layouts = """
        struct pair 16
          a 0/8 long
          b 8/8 long
        struct declared 32 align 32
          pair 0/16 struct pair
        struct packed 9
          c 0/1 char
          l 1/8 long
        struct packed_member 16
          c 0/1 char
          i 1/4 int
          l 8/8 long
        struct odd_size 12
          l 0/8 long
          i 8/4 int
        struct inner 16
          a 0/8 long
          b 8/8 long
        struct middle 24
          i 0/16 struct inner
          l 16/8 long
        struct outer 600
          bytes 0/569 char
          m 569/24 struct middle
        struct alone 16
          a 0/8 long
          b 8/8 long
        """;

    /// <summary>BTF says nothing of __aligned: what the natural alignment violates, a declared one may keep.</summary>
    [Theory]
    [InlineData("alignof(struct small) == 8", true, Outcome.Undecided)]
    [InlineData("alignof(struct small) == 8", false, Outcome.Violated)]
    [InlineData("alignof(struct small) == alignof(struct other)", true, Outcome.Undecided)]
    [InlineData("alignof(struct small) == 16", true, Outcome.Violated)]
    [InlineData("alignof(struct small) >= 4", true, Outcome.Holds)]
    [InlineData("alignof(struct odd) == 8", true, Outcome.Violated)]
    public void A_declared_alignment_may_be_more_than_BTF_has(string check, bool lacksAlignments, Outcome outcome)
    {
        RuleSet rules = new([RuleParser.Parse("t.md", $"---\ntitle: t\ncheck: {check}\n---\n")]);
        Dictionary<TypeName, DefinitionSet> definitions = new(LayoutText.Parse("""
            struct small 8
              a 0/4 int
              b 4/4 int
            struct other 8
              a 0/8 unsigned long
            struct odd 12
              a 0/4 int
              b 4/4 int
              c 8/4 int
            """));
        Assert.Equal(outcome, RuleEvaluator.Evaluate(rules, definitions, new TargetInfo(8, false), lacksAlignments: lacksAlignments)[0].Outcome);
    }

    private static CheckResult Evaluate(string expression, string layouts = Layouts, TargetInfo? target = null, int word = 8)
    {
        Rule rule = RuleParser.Parse("r.md", $"---\ntitle: t\ncheck: {expression}\n---\n");
        return RuleEvaluator.Evaluate(new RuleSet([rule]), LayoutText.Parse(layouts, word), target ?? new TargetInfo(8, false))[0].Checks[0];
    }

    [Theory]
    [InlineData("alignof(struct pair) == 8", Outcome.Holds)]
    [InlineData("alignof(struct declared) == 32", Outcome.Holds)]
    [InlineData("alignof(struct packed) == 1", Outcome.Holds)]
    [InlineData("alignof(struct packed) >= 4", Outcome.Violated)]
    [InlineData("alignof(struct packed_member) >= 4", Outcome.Undecided)]
    [InlineData("alignof(struct packed_member) <= 8", Outcome.Holds)]
    [InlineData("alignof(struct packed_member) >= 16", Outcome.Violated)]
    [InlineData("alignof(struct odd_size) == 8", Outcome.Violated)]
    [InlineData("alignof(struct odd_size) <= 4", Outcome.Holds)]
    [InlineData("alignof(struct middle) >= 4", Outcome.Undecided)]
    [InlineData("alignof(struct inner) >= 4", Outcome.Undecided)]
    [InlineData("alignof(struct inner) >= 1 && alignof(struct inner) < 16", Outcome.Holds)]
    [InlineData("alignof(struct alone) == 8", Outcome.Holds)]
    public void Is_natural_unless_a_place_disproves_it(string expression, Outcome expected)
        => Assert.Equal((expected, expression), (Evaluate(expression).Outcome, expression));

    [Fact]
    public void The_reason_tells_which_place()
    {
        Assert.Equal(
            "this depends on what the debug information leaves open: the alignment of struct middle is 1 to 8 (struct outer holds it at byte 569)",
            Evaluate("alignof(struct middle) >= 4").Reason);
        Assert.Equal(
            "this depends on what the debug information leaves open: the alignment of struct packed_member is 1 to 8 (i, whose own alignment is 4, lies at byte 1)",
            Evaluate("alignof(struct packed_member) >= 4").Reason);
    }

    [Fact]
    public void What_is_declared_is_not_disproved_by_what_holds_it()
        => Assert.Equal(Outcome.Holds, Evaluate("alignof(struct s) == 8", "struct s 8 align 8\n  l 0/8 long\nstruct t 20\n  a 0/1 char\n  s 1/8 struct s\n").Outcome);

    // i386 aligns a long long in a struct to 4, m68k to 2.
    [Theory]
    [InlineData(4, 4, false)]
    [InlineData(4, 8, true)]
    [InlineData(2, 2, false)]
    [InlineData(2, 4, true)]
    public void A_target_may_align_numbers_to_less(uint offset, uint largest, bool isPacked)
    {
        string layout = $"struct s {offset + 8}\n  c 0/{offset} char[]\n  l {offset}/8 long long\n".Replace("char[]", $"char[{offset}]", StringComparison.Ordinal);
        TypeDefinition s = LayoutText.Parse(layout, 4).Values.Single().Distinct[0];
        Assert.Equal(isPacked, s.Graph.IsPacked(s.Aggregate, new ScalarAlignment(largest, largest)));
        TargetInfo target = new(4, false) { LargestScalarAlignment = largest };
        Assert.Equal(isPacked ? Outcome.Violated : Outcome.Holds, Evaluate($"alignof(struct s) == {largest}", layout, target, 4).Outcome);
        Assert.Equal(Outcome.Holds, Evaluate($"alignof(struct l) == {largest}", "struct l 8\n  a 0/8 long long\n", target, 4).Outcome);
    }

    [Fact]
    public void Where_the_machine_is_not_known_what_differs_between_machines_is_undecided()
    {
        const string Layout = "struct s 8\n  a 0/4 int\n  b 4/4 int\n";
        TargetInfo big = new(4, true);
        Assert.Equal((new ScalarAlignment(2, 8), new ScalarAlignment(4, 8)), (big.Scalars, new TargetInfo(4, false).Scalars));
        Assert.Equal(Outcome.Undecided, Evaluate("alignof(struct s) == 4", Layout, big, 4).Outcome);
        Assert.Equal(Outcome.Holds, Evaluate("alignof(struct s) >= 2 && alignof(struct s) <= 4", Layout, big, 4).Outcome);
        Assert.Equal(Outcome.Holds, Evaluate("alignof(struct s) == 4", Layout, new TargetInfo(4, false), 4).Outcome);
        Assert.Equal(Outcome.Undecided, Evaluate("alignof(struct l) == 8", "struct l 8\n  a 0/8 long long\n", new TargetInfo(4, false), 4).Outcome);
    }

    [Theory]
    [InlineData("struct s 9\n  c 0/1 char\n  l 1/8 long\n", "} __attribute__((__packed__));")]
    [InlineData("struct s 12\n  l 0/8 long\n  i 8/4 int\n", "} __attribute__((__packed__));")]
    [InlineData("struct s 12 align 4\n  l 0/8 long\n  i 8/4 int\n", "} __attribute__((__packed__)) __attribute__((__aligned__(4)));")]
    [InlineData("struct s 16\n  c 0/1 char\n  i 1/4 int\n  l 8/8 long\n", "};")]
    [InlineData("struct s 16\n  a 0/8 long\n  b 8/8 long\n", "};")]
    [InlineData("union s 16\n  a 0/8 long\n  b 0/16 char[16]\n", "};")]
    [InlineData("union s 9\n  a 0/8 long\n  b 0/9 char[9]\n", "} __attribute__((__packed__));")]
    public void Show_says_packed_where_it_is_shown(string layout, string expected)
    {
        TypeDefinition definition = LayoutText.Parse(layout).Values.Single().Distinct[0];
        using StringWriter text = new();
        LayoutCheck.Reports.Formats.LayoutText.Write(LayoutCheck.Layouts.TypeLayout.Of(definition), new LayoutTextOptions(64, Scalars: ScalarAlignment.Usual), text);
        Assert.EndsWith("\n" + expected + "\n", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_typedef_of_a_number_may_demand_less_than_the_number()
    {
        // compat_u64 of x86 is aligned to 4, and BTF does not have that.
        BtfBuilder b = new();
        uint large = b.Int("long long unsigned int", 8);
        uint compat = b.Typedef("compat_u64", large);
        uint integer = b.Int("int", 4);
        _ = b.Int("long int", 8);
        _ = b.Struct("compat", 12, ("i", integer, 0), ("u", compat, 32));
        _ = b.Struct("packed", 9, ("i", b.Int("char", 1), 0), ("u", compat, 8));
        bool IsPacked(string name) => b.Reader().FindFirst(TypeName.Parse(name))! is var d && d.Graph.IsPacked(d.Aggregate, ScalarAlignment.Usual);
        Assert.False(IsPacked("struct compat"));
        Assert.True(IsPacked("struct packed"));
    }

    [Fact]
    public void Btf_is_said_to_have_no_alignment()
    {
        BtfBuilder b = new();
        uint word = b.Int("long int", 8);
        _ = b.Struct("page", 8, ("flags", word, 0));
        using KernelImage image = KernelImage.FromBytes("a.btf", b.Build());
        CheckReport report = CheckAnalysis.Run(image, new RuleSet([RuleParser.Parse("r.md", "---\ntitle: t\ncheck: alignof(struct page) == 8\n---\n")]), 1);
        string text = Written.Text(report);
        Assert.Contains("\n             it records no alignment, so that the natural one is taken\n", text, StringComparison.Ordinal);
        string json = Written.Json(report);
        Assert.Contains("\"alignments\": \"natural\"", json, StringComparison.Ordinal);
    }
}
