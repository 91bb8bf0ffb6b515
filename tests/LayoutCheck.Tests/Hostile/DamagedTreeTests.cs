using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Hostile;

/// <summary>
/// DIEs that damage has made the children of others, or no children any more: what is then out of sight must not pass for what is not there.
/// Each test is named for what is wrong.
/// </summary>
public sealed class DamagedTreeTests
{
    private const byte Yes = 1;
    private const byte No = 0;

    [Theory]
    [InlineData(2)]
    [InlineData(255)]
    public void Whether_there_are_children_is_said_by_another_number(byte flag)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.StructOf("s", "int");

        AssertRefused(dwarf, DwTag.DW_TAG_base_type, flag, $"an abbreviation says {flag} where 1 says that there are children", ".debug_abbrev");
    }

    [Fact]
    public void A_leaf_is_said_to_have_children_and_takes_the_null_entry_of_the_root()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.StructOf("s", "int");

        AssertRefused(dwarf, DwTag.DW_TAG_base_type, Yes, "the unit ends before its DIEs do");
    }

    [Fact]
    public void Many_leaves_are_said_to_have_children()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        for (int i = 0; i < 3; i++)
        {
            unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        }

        unit.Int();
        unit.StructOf("s", "int");

        AssertRefused(dwarf, DwTag.DW_TAG_variable, Yes, "the data ends in the middle of a value");
    }

    [Fact]
    public void The_root_is_said_to_have_no_children()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.StructOf("s", "int");

        AssertRefused(dwarf, DwTag.DW_TAG_compile_unit, No, "the DIEs of the unit at 0x0 end before this");
    }

    [Fact]
    public void The_root_has_no_null_entry()
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(2 + 1 + 1 + 4 + 3 + 4).U16(5).U8(1).U8(8).U32(0).Uleb(1).U16((ulong)DwLang.DW_LANG_C11).Uleb(2).Text("t").U8(4);
        dwarf.Abbrev.Raw(1, 0x11, 1, 0x13, 0x05, 0, 0, 2, 0x13, 0, 0x03, 0x08, 0x0b, 0x0b, 0, 0, 0);

        DwarfUnderTest.AssertRefused(dwarf, "the unit ends before its DIEs do", offset: 0);
    }

    [Fact]
    public void A_struct_with_members_and_a_sibling_is_said_to_have_no_children()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        NamedBefore(unit, dwarf, "t");
        unit.Mark("after");
        unit.StructOf("s", "int");

        AssertRefused(dwarf, DwTag.DW_TAG_union_type, No, "DW_AT_sibling points to", offset: dwarf.OffsetOf("t"));
    }

    [Fact]
    public void What_is_wanted_has_members_and_is_said_to_have_no_children()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.StructOf("s", "int");

        AssertRefused(dwarf, DwTag.DW_TAG_structure_type, No, "a member follows the struct or union at");
    }

    [Fact]
    public void What_is_wanted_has_a_sibling_and_is_said_to_have_no_children()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Ref(DwAt.DW_AT_sibling, "after"), At.Name("s"), At.Size(4));
        unit.Begin(DwTag.DW_TAG_enumeration_type, At.Size(4));
        unit.End();
        unit.End();
        unit.Mark("after");
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));

        AssertRefused(dwarf, DwTag.DW_TAG_structure_type, No, "DW_AT_sibling points to");
    }

    [Theory]
    [InlineData((int)DwAt.DW_AT_name, "DW_AT_sibling has DW_FORM_string, which is not a reference")]
    [InlineData((int)DwAt.DW_AT_decl_line, "DW_AT_sibling has DW_FORM_data1, which is not a reference")]
    public void The_attribute_of_a_member_became_a_sibling(int attribute, string problem)
    {
        At Told(At at) => at.Attribute == (DwAt)attribute ? at with { Attribute = DwAt.DW_AT_sibling } : at;
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, Told(At.Name("m")), Told(At.Data1(DwAt.DW_AT_decl_line, 7)), At.Type("inner"));
        unit.End();
        unit.StructOf("inner", "int");
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, problem);
    }

    [Fact]
    public void A_struct_without_members_may_be_followed_by_a_member_of_the_struct_around_it()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("empty"), At.Type("empty"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Mark("empty");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Size(0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();

        Assert.Equal(["empty", "m"], DwarfUnderTest.StructS(dwarf).Aggregate.Members.Select(m => m.Name));
    }

    [Theory]
    [InlineData("inside")] // where a DIE starts, but not after a null entry
    [InlineData("the end")] // past the null entry of the root
    public void A_sibling_points_too_far_to(string target)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Mark("t");
        NamedBefore(unit, dwarf, "t", target);
        unit.StructOf("s", "int");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Size(7));
        unit.Mark("inside");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Size(7));
        unit.End();
        unit.Mark("the end");

        InvalidImageException error = DwarfUnderTest.AssertRefused(dwarf, target == "inside" ? "before which no children end" : "the unit ends before its DIEs do");
        Assert.Equal(target == "inside" ? dwarf.OffsetOf("t") : 0, error.Offset);
    }

    // A union with two members whose size is fixed, so that the walk goes by its sibling.
    private static void NamedBefore(DwarfUnit unit, DwarfBuilder dwarf, string name, string sibling = "after")
    {
        if (sibling == "after")
        {
            unit.Mark(name);
        }

        unit.Begin(
            DwTag.DW_TAG_union_type, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(name)), At.Size(4), At.Ref(DwAt.DW_AT_sibling, sibling));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type("int"));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type("int"));
        unit.End();
    }

    // Says another thing of the children of all DIEs with a tag, and asks for struct s.
    private static void AssertRefused(DwarfBuilder dwarf, DwTag tag, byte flag, string problem, string section = ".debug_info", ulong? offset = null)
    {
        dwarf.ToBytes();
        bool isChanged = false;
        byte[] abbrevs = dwarf.Abbrev.ToArray();
        for (int at = 0; at + 2 < abbrevs.Length && !isChanged; at++)
        {
            // A code, the tag in one byte, and the flag; a form or attribute before it could look like that, and does not here.
            if ((at == 0 || abbrevs[at - 1] == 0) && abbrevs[at + 1] == (byte)tag && abbrevs[at + 2] == (flag == No ? Yes : No))
            {
                dwarf.Abbrev.Patch(at + 2, flag, 1);
                isChanged = true;
            }
        }

        Assert.True(isChanged);
        DwarfUnderTest.AssertRefused(dwarf, problem, section, offset);
    }
}
