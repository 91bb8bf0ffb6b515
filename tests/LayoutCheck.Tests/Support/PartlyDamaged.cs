using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Tests.Support;

/// <summary>An image with struct bad, whose bit-field lost its width; struct good; struct local, within a function; a typedef of a struct that is only declared.</summary>
internal static class PartlyDamaged
{
    /// <summary>The builder, so that more can be added.</summary>
    public static DwarfBuilder Build()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("u.c")]);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("bad"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_bit_size, 1), At.Data1(DwAt.DW_AT_data_bit_offset, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("n"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.StructOf("good", "int");
        unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
        unit.StructOf("local", "int");
        unit.End();
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("gone_t"), At.Type("gone"));
        unit.Mark("gone");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("gone"), At.Flag(DwAt.DW_AT_declaration));
        unit.Int();
        return dwarf;
    }
}
