using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Scan;

/// <summary>Getting from one DIE to the next: DW_AT_sibling as the hint that it is, null entries, deep nesting (DWARF 5 §2.3).</summary>
public sealed class DieWalkTests
{
    public static TheoryData<string> SiblingForms() =>
    [
        "none", nameof(DwForm.DW_FORM_ref1), nameof(DwForm.DW_FORM_ref2), nameof(DwForm.DW_FORM_ref4), nameof(DwForm.DW_FORM_ref8), nameof(DwForm.DW_FORM_ref_addr),
    ];

    [Theory]
    [MemberData(nameof(SiblingForms))]
    public void Leaves_a_subtree_with_or_without_a_sibling_in_the_form(string formName)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Leaf(DwTag.DW_TAG_variable, At.Name("so that the next unit does not start at 0"));
        DwarfUnit unit = dwarf.Unit();
        At[] Sibling(string label) => formName == "none" ? [] : [At.Ref(DwAt.DW_AT_sibling, label, Enum.Parse<DwForm>(formName))];
        unit.Begin(DwTag.DW_TAG_subprogram, [.. Sibling("after"), At.Name("f")]);
        unit.Begin(DwTag.DW_TAG_structure_type, [At.Name("s"), At.Size(1), .. Sibling("inner")]); // a struct of the function: not at file scope
        unit.End();
        unit.Mark("inner");
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        unit.End();
        unit.Mark("after");
        unit.StructOf("s", "int");
        unit.Int();

        Assert.Equal(4UL, DwarfUnderTest.StructS(dwarf).Aggregate.ByteSize);
    }

    [Theory]
    [InlineData("before")]
    [InlineData("itself")]
    [InlineData("in the next unit")]
    public void Refuses_a_sibling_that_lies(string target)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("before");
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        unit.Mark("itself");
        unit.Begin(DwTag.DW_TAG_enumeration_type, At.Ref(DwAt.DW_AT_sibling, target), At.Size(4));
        unit.End();
        unit.StructOf("s", "int");
        unit.Int();
        DwarfUnit next = dwarf.Unit();
        next.Mark("in the next unit");
        next.StructOf("t", "t");

        DwarfUnderTest.AssertRefused(dwarf, "DW_AT_sibling points to", offset: dwarf.OffsetOf("itself"));
    }

    [Theory]
    [InlineData("before")]
    [InlineData("in the next unit")]
    public void Refuses_a_sibling_that_lies_within_a_subtree(string target)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("before");
        unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
        unit.Mark("inner");
        unit.Begin(DwTag.DW_TAG_enumeration_type, At.Ref(DwAt.DW_AT_sibling, target), At.Size(4));
        unit.End();
        unit.End();
        unit.StructOf("s", "int");
        unit.Int();
        DwarfUnit next = dwarf.Unit();
        next.Mark("in the next unit");
        next.StructOf("t", "t");

        DwarfUnderTest.AssertRefused(dwarf, "DW_AT_sibling points to", offset: dwarf.OffsetOf("inner"));
    }

    [Fact]
    public void Refuses_children_without_an_end()
    {
        DwarfBuilder dwarf = new();
        // A unit by hand whose struct says that it has children and whose bytes end there.
        dwarf.Info.U32(2 + 1 + 1 + 4 + 3 + 4).U16(5).U8(1).U8(8).U32(0).Uleb(1).U16((ulong)DwLang.DW_LANG_C11).Uleb(2).Text("s").U8(4);
        dwarf.Abbrev.Raw(1, 0x11, 1, 0x13, 0x05, 0, 0, 2, 0x13, 1, 0x03, 0x08, 0x0b, 0x0b, 0, 0, 0);

        DwarfUnderTest.AssertRefused(dwarf, "the data ends in the middle of a value");
    }

    [Fact]
    public void The_null_entry_has_no_tag_and_no_name()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        using DieScanner scanner = new(test.Sections, new WantedNames([TypeName.Parse("v")], test.Sections));
        ulong variable = scanner.Open(test.Units[0]).End;

        (DwTag tag, int name, ulong next) = scanner.StepFrom(variable);
        Assert.Equal((DwTag.DW_TAG_variable, -1, test.Units[0].End - 1), (tag, name, next));
        Assert.Equal(((DwTag)0, -1, test.Units[0].End), scanner.StepFrom(next));
    }

    [Fact]
    public void What_follows_the_roots_null_entry_is_padding()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        unit.End();
        dwarf.Info.Raw(0, 0, 0);

        using KernelImage image = dwarf.Open();
        Survey survey = image.Types.FindAll([TypeName.Parse("struct s"), TypeName.Parse("struct absent")], 1);

        Assert.Equal(1, survey.Sets[0].DefinitionCount);
        Assert.Equal(0, survey.Sets[1].DefinitionCount);
    }

    [Fact]
    public void Walks_past_100000_DIEs_within_each_other()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        const int Depth = 100_000;
        for (int i = 0; i < Depth; i++)
        {
            unit.Begin(i == 0 ? DwTag.DW_TAG_subprogram : DwTag.DW_TAG_structure_type, At.Name("x"), At.Size(1));
        }

        for (int i = 0; i < Depth; i++)
        {
            unit.End();
        }

        unit.StructOf("s", "int");
        unit.Int();

        Assert.Equal("m", DwarfUnderTest.StructS(dwarf).Aggregate.Members[0].Name);
    }

    [Fact]
    public void Reads_a_struct_that_holds_100000_declarations_within_each_other()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        const int Depth = 100_000;
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        for (int i = 0; i < Depth; i++)
        {
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("x"), At.Size(1));
        }

        for (int i = 0; i < Depth; i++)
        {
            unit.End();
        }

        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"));
        unit.End();
        unit.Int();

        Assert.Equal("m", DwarfUnderTest.StructS(dwarf).Aggregate.Members[0].Name);
    }
}
