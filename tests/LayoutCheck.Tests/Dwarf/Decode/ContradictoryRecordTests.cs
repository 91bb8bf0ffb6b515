using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>
/// clang leaves out the width of a bit-field as wide as its type, which in a packed struct lies over its neighbour then: that struct is refused by
/// name, and what does not hold it by value is answered.
/// </summary>
public sealed class ContradictoryRecordTests
{
    // struct s { _Bool m:1; signed char n:8; } __attribute__((packed)), and a struct with a pointer to it.
    private static DwarfBuilder Build()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("s");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(2));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("byte"), At.Data1(DwAt.DW_AT_bit_size, 1), At.Data1(DwAt.DW_AT_data_bit_offset, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("n"), At.Type("byte"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("to"), At.Type("pointer"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("holder"), At.Size(2));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("inside"), At.Type("s"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Mark("byte");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("signed char"), At.Size(1), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed_char));
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("s"), At.Size(8));
        return dwarf;
    }

    [Theory]
    [InlineData("struct s")]
    [InlineData("struct holder")]
    public void What_holds_it_by_value_is_refused(string name)
    {
        using KernelImage image = Build().Open();
        InvalidImageException first = Assert.Throws<InvalidImageException>(() => image.Types.FindFirst(TypeName.Parse(name)));
        DefinitionSet all = image.Types.FindAll([TypeName.Parse(name)], 2).Sets[0];

        Assert.Contains("the compiler's record of a bit-field is contradictory: members m and n of struct s lie over each other", first.Message, StringComparison.Ordinal);
        Assert.True(first.IsOfOneType);
        Assert.Equal(first.Message, all.Problem!.Message);
        Assert.Empty(all.Distinct);
    }

    [Fact]
    public void What_does_not_is_answered_in_the_same_survey()
    {
        using KernelImage image = Build().Open();
        Survey survey = image.Types.FindAll([TypeName.Parse("struct s"), TypeName.Parse("struct page")], 2);

        Assert.NotNull(survey.Sets[0].Problem);
        Assert.Equal(8UL, Assert.Single(survey.Sets[1].Distinct).Aggregate.ByteSize);
    }

    [Fact]
    public void A_rule_about_another_struct_is_decided_and_one_about_it_is_not()
    {
        using KernelImage image = Build().Open();
        CheckReport report = CheckAnalysis.Run(
            image, new RuleSet([Rule("sizeof(struct page) == 8", "a"), Rule("sizeof(struct s) == 2", "b"), Rule("exists(struct s)", "c"), Rule("!exists(struct s, gone)", "d")]), 2);

        Assert.Equal([Outcome.Holds, Outcome.Undecided, Outcome.Undecided, Outcome.Undecided], report.Results.Select(r => r.Outcome));
        Assert.Contains("the compiler's record of a bit-field is contradictory", report.Results[1].Checks[0].Reason, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        string text = Written.Text(report);
        Assert.Contains("  cannot be read: struct s", text, StringComparison.Ordinal);
        Assert.DoesNotContain("not defined: struct s", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_struct_page_nothing_is_said_of_the_kernel()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(2));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_bit_size, 1), At.Data1(DwAt.DW_AT_data_bit_offset, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("n"), At.Type("byte"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Int();
        unit.Mark("byte");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("char"), At.Size(1), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed_char));
        using KernelImage image = dwarf.Open();

        Assert.Throws<InvalidImageException>(() => CheckAnalysis.Run(image, new RuleSet([Rule("1 == 1")]), 1));
    }

    [Fact]
    public void BTF_that_was_made_of_it_is_no_better()
    {
        BtfBuilder btf = new();
        uint number = btf.Int("signed char", 1);
        btf.Aggregate(LayoutCheck.Btf.BtfFormat.BTF_KIND_STRUCT, "s", 2, true, ("m", number, 1u << 24), ("n", number, 0));
        btf.Struct("page", 1, ("x", number, 0));
        _ = btf.Int("long", 8);
        Survey survey = btf.Reader().FindAll([TypeName.Parse("struct s"), TypeName.Parse("struct page")], 1);

        Assert.Contains("the compiler's record of a bit-field is contradictory", survey.Sets[0].Problem!.Message, StringComparison.Ordinal);
        Assert.Single(survey.Sets[1].Distinct);
    }

    private static Rule Rule(string check, string id = "test") => RuleParser.Parse(id + ".md", $"---\ntitle: test\ncheck: {check}\n---\n");
}
