using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>Enumerators in BTF: ENUM and ENUM64, signs, what BTF of before Linux 6.0 leaves open, and damage.</summary>
public sealed class BtfEnumTests
{
    private static readonly TypeName s_e = new(TypeNameKind.Enum, "e");

    private static BtfBuilder WithLong(bool isBigEndian = false)
    {
        BtfBuilder builder = new(isBigEndian);
        _ = builder.Int("long unsigned int", 8);
        return builder;
    }

    private static uint Enum(BtfBuilder b, string? tag, uint size, bool isSigned, params (string Name, uint Value)[] values)
        => b.Add(BtfFormat.BTF_KIND_ENUM, tag, size, (uint)values.Length, isSigned, [.. values.SelectMany(v => new[] { b.StringOffset(v.Name), v.Value })]);

    private static DefinitionSet Find(BtfBuilder b) => b.Reader().FindAll([s_e], 1).Sets[0];

    private static string Told(BtfBuilder b) => string.Join(", ", ((EnumType)Find(b).Distinct[0].Graph[Find(b).Distinct[0].Root]).Enumerators!.Value
        .Select(e => $"{e.Name}={e.Value}{(e.Doubt is null ? "" : $" or {e.OtherValue}")}"));

    private static CheckResult Evaluate(BtfBuilder b, string expression)
    {
        Rule rule = RuleParser.Parse("r.md", $"---\ntitle: t\ncheck: {expression}\n---\n");
        RuleSet rules = new([rule]);
        Survey survey = b.Reader().FindAll(rules.RequiredTypes, 1);
        return RuleEvaluator.Evaluate(rules, survey.Sets.ToDictionary(s => s.Name), survey.Facts.Target)[0].Checks[0];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Values_have_the_sign_of_their_enumeration(bool isBigEndian)
    {
        BtfBuilder b = WithLong(isBigEndian);
        _ = Enum(b, "e", 4, true, ("A", 0xffffffff), ("B", 7));
        Assert.Equal("A=-1, B=7", Told(b));

        b = WithLong(isBigEndian);
        _ = Enum(b, "e", 4, false, ("A", 0xffffffff));
        _ = Enum(b, "signed_one", 4, true, ("X", 0xffffffff));
        Assert.Equal("A=4294967295", Told(b));

        b = WithLong(isBigEndian);
        _ = b.Add(BtfFormat.BTF_KIND_ENUM64, "e", 8, 2, false, b.StringOffset("A"), 1, 0x80000000, b.StringOffset("B"), 0, 1);
        Assert.Equal("A=9223372036854775809, B=4294967296", Told(b));

        b = WithLong(isBigEndian);
        _ = b.Add(BtfFormat.BTF_KIND_ENUM64, "e", 8, 1, true, b.StringOffset("A"), 0xfffffffe, 0xffffffff);
        Assert.Equal("A=-2", Told(b));
    }

    [Fact]
    public void Where_no_enumeration_is_marked_as_signed_a_high_bit_is_open()
    {
        BtfBuilder b = WithLong();
        _ = Enum(b, "e", 4, false, ("A", 0xffffffff), ("B", 1));
        Assert.Equal("A=-1 or 4294967295, B=1", Told(b));
        Assert.Equal(Outcome.Undecided, Evaluate(b, "valueof(enum e, A) == -1").Outcome);
        Assert.Contains("A is -1 or 4294967295", Evaluate(b, "valueof(enum e, A) < 0").Reason, StringComparison.Ordinal);
        Assert.Equal(Outcome.Holds, Evaluate(b, "valueof(enum e, A) != 0 && valueof(enum e, B) == 1").Outcome);
        Assert.Equal(Outcome.Holds, Evaluate(b, "valueof(enum e, A) + valueof(enum e, A) < 0 || valueof(enum e, A) > 0").Outcome);
    }

    [Fact]
    public void A_small_enumeration_shows_that_a_value_is_negative()
    {
        BtfBuilder b = WithLong();
        _ = Enum(b, "e", 1, false, ("A", 0xffffffff), ("B", 255));
        Assert.Equal("A=-1, B=255", Told(b));
    }

    [Fact]
    public void Half_a_value_is_undecided()
    {
        BtfBuilder b = WithLong();
        _ = Enum(b, "e", 8, false, ("A", 1));
        Assert.Equal(Outcome.Undecided, Evaluate(b, "valueof(enum e, A) == 1").Outcome);
        Assert.Equal(Outcome.Holds, Evaluate(b, "exists(enum e, A) && sizeof(enum e) == 8").Outcome);
    }

    [Fact]
    public void A_declaration_is_no_definition_and_enumerations_without_a_tag_are_passed_over()
    {
        BtfBuilder b = WithLong();
        _ = Enum(b, "e", 4, false);
        _ = Enum(b, null, 4, false, ("A", 1));
        Assert.Equal((0, 1), (Find(b).Distinct.Length, Find(b).DeclarationCount));
        Assert.Equal(Outcome.Violated, Evaluate(b, "exists(enum e, A)").Outcome);
        Assert.Contains("which 1 units only declare", Evaluate(b, "valueof(enum e, A) == 1").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Definitions_that_differ_are_tried_each()
    {
        BtfBuilder b = WithLong();
        _ = Enum(b, "e", 4, false, ("A", 1), ("B", 2));
        _ = Enum(b, "e", 4, false, ("B", 3), ("A", 1));
        _ = Enum(b, "e", 4, false, ("B", 2), ("A", 1));
        Assert.Equal(2, Find(b).Distinct.Length);
        Assert.Equal(3, Find(b).DefinitionCount);
        Assert.Equal("it has B = 2 in one and 3 in the other", "it " + DefinitionEquality.FirstDifference(
            Find(b).Distinct[0].Graph, Find(b).Distinct[0].Root, Find(b).Distinct[1].Graph, Find(b).Distinct[1].Root)?[3..]);
        Assert.Equal(Outcome.Holds, Evaluate(b, "valueof(enum e, A) == 1").Outcome);
        Assert.Equal(Outcome.Undecided, Evaluate(b, "valueof(enum e, B) == 2").Outcome);
    }

    [Fact]
    public void A_struct_of_the_same_name_is_another_type()
    {
        BtfBuilder b = WithLong();
        _ = b.Struct("e", 8, ("A", 1, 0));
        _ = Enum(b, "e", 4, false, ("A", 1));
        Assert.Equal(Outcome.Holds, Evaluate(b, "sizeof(struct e) == 8 && sizeof(enum e) == 4 && offsetof(struct e, A) == 0 && valueof(enum e, A) == 1").Outcome);
        Assert.Equal(8UL, b.Reader().FindFirst(TypeName.Parse("e"))!.Aggregate.ByteSize);
    }

    [Theory]
    [InlineData(3u, false, "A", "B", "which no enumeration has")]
    [InlineData(4u, false, "A", "A", "it has two enumerators A")]
    [InlineData(2u, false, "A", "", "is 65536, and it has 2 bytes")]
    [InlineData(4u, true, "A", "B", "an enumerator without a name")]
    public void Damage_is_one_line_and_concerns_a_question_about_it_alone(uint size, bool hasNoName, string first, string second, string problem)
    {
        BtfBuilder b = WithLong();
        uint other = second.Length == 0 ? 65536u : 2;
        _ = b.Add(BtfFormat.BTF_KIND_ENUM, "e", size, 2, true, b.StringOffset(first), 1, hasNoName ? 0 : b.StringOffset(second.Length == 0 ? "B" : second), other);
        _ = b.Struct("s", 4, ("m", 2, 0));
        InvalidImageException refused = Assert.Throws<InvalidImageException>(() => Find(b));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.NotNull(b.Reader().FindFirst(TypeName.Parse("struct s")));
    }
}
