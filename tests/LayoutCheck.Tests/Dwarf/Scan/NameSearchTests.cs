using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Scan;

/// <summary>Units are not walked when their bytes cannot name what is wanted: which they are, and that it is found however it is named.</summary>
public sealed unsafe class NameSearchTests
{
    private const string Name = "wanted_struct";

    public static TheoryData<int> Lengths() => [.. Enumerable.Range(0, 140)];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void A_pattern_is_found_wherever_it_stands(int length)
    {
        byte[][] patterns = [[1, 2, 3], [9, 0, 8, 0], "name\0"u8.ToArray(), [0, 7, 7]];
        byte[] bytes = new byte[length];
        for (int count = 1; count <= patterns.Length; count++)
        {
            BytePatterns search = new(patterns[..count]);
            Array.Fill(bytes, (byte)5);
            Assert.False(IsIn(search, bytes));
            byte[] last = patterns[count - 1];
            for (int at = 0; at + last.Length <= length; at++)
            {
                Array.Fill(bytes, (byte)5);
                last.CopyTo(bytes, at);
                Assert.True(IsIn(search, bytes));
                bytes[at + last.Length - 1] ^= 0x40;
                Assert.False(IsIn(search, bytes));
            }
        }
    }

    [Fact]
    public void What_the_filter_lets_through_is_looked_up()
    {
        DwarfBuilder dwarf = new();
        ulong there = dwarf.AddString(Name);
        dwarf.Unit();
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        WantedNames wanted = new([new TypeName(TypeNameKind.Struct, Name)], test.Sections);

        // Of a filter of 2^16 bits, some offset among a million has the bit of the one that is wanted.
        ulong other = Enumerable.Range(1, 1 << 20).Select(i => (ulong)i).First(offset => offset != there && wanted.MayMatchOffset(offset));

        Assert.Equal((0, -1), (wanted.NameAtOffset(there), wanted.NameAtOffset(other)));
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_string), false, false)]
    [InlineData(nameof(DwForm.DW_FORM_strp), false, false)]
    [InlineData(nameof(DwForm.DW_FORM_strp), true, false)]
    [InlineData(nameof(DwForm.DW_FORM_strp), false, true)]
    [InlineData(nameof(DwForm.DW_FORM_strp), true, true)]
    [InlineData(nameof(DwForm.DW_FORM_line_strp), false, false)]
    [InlineData(nameof(DwForm.DW_FORM_line_strp), true, true)]
    public void A_struct_is_found_however_it_is_named(string form, bool is64BitDwarf, bool isBigEndian)
    {
        DwarfBuilder dwarf = new(isBigEndian: isBigEndian);
        AddUnitsOfOthers(dwarf, 3);
        DwarfUnit unit = dwarf.Unit(is64BitDwarf: is64BitDwarf);
        // At the end of a string of another name, as linkers merge them.
        At name = Enum.Parse<DwForm>(form) switch
        {
            DwForm.DW_FORM_string => At.Name(Name),
            DwForm.DW_FORM_strp => Offset(DwForm.DW_FORM_strp, dwarf.AddString("not_the_" + Name) + 8, is64BitDwarf, isBigEndian),
            _ => Offset(DwForm.DW_FORM_line_strp, dwarf.AddLineString("not_the_" + Name) + 8, is64BitDwarf, isBigEndian),
        };
        unit.Begin(DwTag.DW_TAG_structure_type, name, At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Int();
        AddUnitsOfOthers(dwarf, 3);

        using KernelImage image = dwarf.Open();
        TypeName wanted = TypeName.Parse(Name);
        Assert.Equal(3, image.Types.FindFirst(wanted)?.Units[0].Index);
        DefinitionSet set = image.Types.FindAll([wanted], 2).Sets[0];
        Assert.Equal(1, set.DefinitionCount);
    }

    [Fact]
    public void A_unit_that_cannot_name_it_is_not_walked()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        dwarf.Info.Uleb(77); // of no declaration: a walk would end here
        DwarfUnit second = dwarf.Unit();
        second.StructOf(Name, "int");
        second.Int();

        using KernelImage image = dwarf.Open();
        Assert.Equal(1, image.Types.FindAll([TypeName.Parse(Name)], 1).Sets[0].DefinitionCount);
    }

    // Both have in them what a walk would end at: an abbreviation that is not declared.
    [Fact]
    public void The_body_of_a_function_and_what_is_past_the_first_definition_are_not_read()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_subprogram, At.Ref(DwAt.DW_AT_sibling, "after"));
        dwarf.Info.Uleb(77);
        unit.End();
        unit.Mark("after");
        unit.StructOf(Name, "int");
        unit.Int();
        TypeName name = TypeName.Parse(Name);
        using (KernelImage body = dwarf.Open())
        {
            Assert.NotNull(body.Types.FindFirst(name));
            Assert.Equal(1, body.Types.FindAll([name], 1).Sets[0].DefinitionCount);
        }

        DwarfUnit second = dwarf.Unit();
        second.Leaf(DwTag.DW_TAG_variable, At.Name(Name));
        dwarf.Info.Uleb(77);
        using KernelImage past = dwarf.Open();
        Assert.NotNull(past.Types.FindFirst(name));
        Assert.Throws<InvalidImageException>(() => past.Types.FindAll([name], 1));
    }

    [Fact]
    public void A_unit_that_was_not_written_whole_is_refused()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        dwarf.Info.Raw(new byte[2000]);
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("w"));
        dwarf.Unit().StructOf(Name, Name);

        DwarfUnderTest.AssertRefusedFor(Name, dwarf, "the DIEs of the unit at 0x0 end before this, and something is here");
    }

    [Fact]
    public void A_unit_that_imports_another_is_walked()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_imported_unit, At.Ref(DwAt.DW_AT_import, "unit 1", DwForm.DW_FORM_ref_addr));
        DwarfUnit part = dwarf.Unit(type: DwUnitType.DW_UT_partial, root: []);
        part.StructOf(Name, "int");
        part.Int();

        using KernelImage image = dwarf.Open();
        DefinitionSet set = image.Types.FindAll([TypeName.Parse(Name)], 1).Sets[0];
        Assert.Equal(0, Assert.Single(Assert.Single(set.Distinct).Units).Index);
    }

    [Fact]
    public void A_struct_whose_name_cannot_be_read_is_not_passed_over()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Raw(DwAt.DW_AT_name, DwForm.DW_FORM_data4, 1, 2, 3, 4), At.Size(4));

        DwarfUnderTest.AssertRefusedFor(Name, dwarf, "DW_AT_name has DW_FORM_data4, which is not a string");
    }

    [Fact]
    public void The_empty_name_is_looked_for_by_walking()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("", "int");
        unit.Int();

        using KernelImage image = dwarf.Open();
        Assert.Equal(1, image.Types.FindAll([new TypeName(TypeNameKind.Struct, "")], 1).Sets[0].DefinitionCount);
        Assert.Equal(0, image.Types.FindAll([new TypeName(TypeNameKind.Union, "")], 1).Sets[0].DefinitionCount);
    }

    private static void AddUnitsOfOthers(DwarfBuilder dwarf, int count)
    {
        for (int i = 0; i < count; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            string number = $"other{dwarf.Info.Length}";
            unit.StructOf(number, number);
        }
    }

    private static At Offset(DwForm form, ulong offset, bool is64Bit, bool isBigEndian)
    {
        byte[] bytes = BitConverter.GetBytes(offset);
        bytes = is64Bit ? bytes : bytes[..4];
        return At.Raw(DwAt.DW_AT_name, form, isBigEndian ? [.. bytes.Reverse()] : bytes);
    }

    private static bool IsIn(BytePatterns search, byte[] bytes)
    {
        fixed (byte* start = bytes)
        {
            byte none = 0;
            byte* from = bytes.Length == 0 ? &none : start;
            return search.OccurIn(from, from + bytes.Length);
        }
    }
}
