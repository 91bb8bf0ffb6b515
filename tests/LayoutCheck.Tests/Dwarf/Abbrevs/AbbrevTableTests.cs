using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Abbrevs;

/// <summary>Abbreviation codes and declarations (DWARF 5 §7.5.3) that compilers do not write and the standard allows, or does not.</summary>
public sealed class AbbrevTableTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(510UL)] // the edges of the table's first allocation
    [InlineData(16383UL)] // and of its dense part
    [InlineData(16384UL)]
    [InlineData(16385UL)]
    [InlineData(0x1_0000_0000UL)]
    [InlineData(ulong.MaxValue - 5)]
    public void Reads_codes_from(ulong firstCode)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.NextCode = firstCode == 1 ? 2 : firstCode;
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"), At.Size(3));
        unit.StructOf("s", "int");
        unit.Int();

        Assert.Equal(4UL, DwarfUnderTest.StructS(dwarf).Aggregate.ByteSize);
    }

    [Fact]
    public void Reads_codes_in_descending_order_with_gaps()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.NextCode = 90_000;
        unit.Mark("s");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
        unit.NextCode = 700;
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type("int"));
        unit.NextCode = 40;
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
        unit.NextCode = 20_000;
        unit.Int();

        Assert.Equal([0UL, 32UL], DwarfUnderTest.StructS(dwarf).Aggregate.Members.Select(m => m.BitOffset));
    }

    [Theory]
    [InlineData(7UL)]
    [InlineData(70_000UL)]
    public void Refuses_two_declarations_of_a_code(ulong code)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        // Declared before what the unit needs: a struct with a size of one byte and without children.
        ByteWriter declaration = new(false);
        declaration.Uleb(code).Uleb((ulong)DwTag.DW_TAG_structure_type).U8(0);
        declaration.Uleb((ulong)DwAt.DW_AT_name).Uleb((ulong)DwForm.DW_FORM_string).Uleb((ulong)DwAt.DW_AT_byte_size).Uleb((ulong)DwForm.DW_FORM_data1).U8(0).U8(0);
        unit.Declare(declaration.ToArray());
        unit.NextCode = code;
        // The builder declares the same code with two bytes of size and children.
        unit.Leaf(DwTag.DW_TAG_union_type, At.Name("s"), At.Size(9));

        DwarfUnderTest.AssertRefused(dwarf, $"there are two abbreviations of code {code} in the table at 0x0", ".debug_abbrev");
    }

    [Theory]
    [InlineData(99)]
    [InlineData(0x7f)]
    public void Refuses_a_code_that_is_not_declared(int code)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("die");
        dwarf.Info.Uleb((ulong)code);
        unit.StructOf("s", "int");
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, $"abbreviation code {code} is not in the table at .debug_abbrev+0x0", offset: dwarf.OffsetOf("die"));
    }

    [Fact]
    public void Refuses_a_table_without_an_end()
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(2 + 1 + 1 + 4 + 1).U16(5).U8(1).U8(8).U32(0).Uleb(2);
        dwarf.Abbrev.Raw(1, 0x11, 0, 0x13, 0x05, 0, 0);

        DwarfUnderTest.AssertRefused(dwarf, "the data ends in the middle of a value", ".debug_abbrev", 7);
    }

    [Fact]
    public void Refuses_a_declaration_that_is_cut_short()
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(2 + 1 + 1 + 4 + 1).U16(5).U8(1).U8(8).U32(0).Uleb(1);
        dwarf.Abbrev.Raw(1, 0x11, 0, 0x13);

        DwarfUnderTest.AssertRefused(dwarf, "the data ends in the middle of a value", ".debug_abbrev", 4);
    }

    /// <summary>GCC 14 writes base types with DW_AT_name twice (Debian's 7.3 kernel).</summary>
    [Fact]
    public void Of_an_attribute_that_stands_twice_the_first_counts()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Name("t"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Name("n"), At.Type("int"));
        unit.End();
        unit.Int();

        Assert.Equal("m", Assert.Single(DwarfUnderTest.StructS(dwarf).Aggregate.Members).Name);
        using KernelImage image = dwarf.Open();
        Assert.Null(image.Types.FindFirst(new(TypeNameKind.Struct, "t")));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(0x7fffffff)]
    public void Refuses_a_table_outside_of_the_section(uint offset)
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(2 + 1 + 1 + 4 + 1).U16(5).U8(1).U8(8).U32(offset).Uleb(1);
        dwarf.Abbrev.Raw(1, 0x11, 0, 0x13, 0x05, 0, 0, 0);

        DwarfUnderTest.AssertRefused(dwarf, "the abbreviations of the unit at 0x0 start outside of the section", ".debug_abbrev", offset);
    }

    [Fact]
    public void Tables_of_units_are_apart()
    {
        DwarfBuilder dwarf = new();
        // The same codes mean other things in each unit; the first also has more of them.
        DwarfUnit first = dwarf.Unit();
        for (int i = 0; i < 40; i++)
        {
            first.Leaf(DwTag.DW_TAG_variable, At.Name("v"), At.Raw(DwAt.DW_AT_decl_line, DwForm.DW_FORM_block1, [(byte)i, .. new byte[i]]), At.Implicit(DwAt.DW_AT_decl_file, i));
        }

        DwarfUnit second = dwarf.Unit(4);
        second.StructOf("s", "int");
        second.Int();

        Assert.Equal(1, DwarfUnderTest.StructS(dwarf).Units[0].Index);
        DwarfUnit third = dwarf.Unit();
        third.Leaf(DwTag.DW_TAG_variable, At.Name("s"));
        third.Mark("undeclared");
        dwarf.Info.Uleb(30); // declared in the first unit only
        Assert.Contains("abbreviation code 30 is not in the table", RefusalOfAll(dwarf), StringComparison.Ordinal);
    }

    private static string RefusalOfAll(DwarfBuilder dwarf)
    {
        using KernelImage image = dwarf.Open();
        return Assert.Throws<InvalidImageException>(() => image.Types.FindAll([new(TypeNameKind.Struct, "s")], 1)).Message;
    }

    [Fact]
    public void Two_units_may_share_a_table()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit(4).Leaf(DwTag.DW_TAG_variable, At.Name("so that the shared table does not start at 0"));
        DwarfUnit second = dwarf.Unit(4);
        second.StructOf("s", "int");
        second.Int();
        // A unit by hand that uses the second's table: its struct DIE again, without the type.
        dwarf.ToBytes();
        int tableOfSecond = (int)BitConverter.ToUInt32(dwarf.Info.ToArray(), (int)second.Offset + 6);
        int start = dwarf.Info.Length;
        dwarf.Info.U32(0).U16(4).U32((ulong)tableOfSecond).U8(8);
        dwarf.Info.Uleb(1).U16((ulong)DwLang.DW_LANG_C11).Text("third.c");
        dwarf.Info.Uleb(2).Text("s").U8(4).U8(0).U8(0);
        dwarf.Info.Patch(start, (ulong)(dwarf.Info.Length - start - 4), 4);

        using KernelImage image = dwarf.Open();
        DefinitionSet set = image.Types.FindAll([new(TypeNameKind.Struct, "s")], 2).Sets[0];

        Assert.Equal(["unit.c", "third.c"], set.Distinct.SelectMany(d => d.Units).Select(u => u.Name));
        Assert.Equal(2, set.Distinct.Length);
    }

    [Theory]
    [InlineData(0x4321)]
    [InlineData(0xffff)]
    public void Steps_over_DIEs_with_an_unknown_tag(int tag)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin((DwTag)tag, At.Name("s"), At.Size(1), At.Raw((DwAt)0x3fff, DwForm.DW_FORM_udata, 0x85, 1));
        unit.Leaf((DwTag)tag, At.Name("s"));
        unit.End();
        unit.Mark("s");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"));
        unit.End();
        unit.Int();

        Assert.Equal("m", Assert.Single(DwarfUnderTest.StructS(dwarf).Aggregate.Members).Name);
    }

    [Fact]
    public void Steps_over_a_DIE_whose_tag_has_the_number_of_a_struct_in_its_low_16_bits()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        ByteWriter declaration = new(false);
        declaration.Uleb(60).Uleb(0x10000 + (ulong)DwTag.DW_TAG_structure_type).U8(1);
        declaration.Uleb((ulong)DwAt.DW_AT_name).Uleb((ulong)DwForm.DW_FORM_string).Uleb((ulong)DwAt.DW_AT_byte_size).Uleb((ulong)DwForm.DW_FORM_data1).U8(0).U8(0);
        unit.Declare(declaration.ToArray());
        dwarf.Info.Uleb(60).Text("s").U8(1).U8(0);
        unit.StructOf("s", "int");
        unit.Int();

        Assert.Equal(4UL, DwarfUnderTest.StructS(dwarf).Aggregate.ByteSize);
    }

    [Fact]
    public void A_declaration_of_more_than_a_thousand_bytes_is_refused()
    {
        // Each DIE would cost as much as the declaration, however small it is.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_base_type, [.. Enumerable.Repeat(At.Raw(DwAt.DW_AT_decl_line, DwForm.DW_FORM_data16, new byte[16]), 600)]);

        DwarfUnderTest.AssertRefused(dwarf, "an abbreviation of more than 1024 bytes", ".debug_abbrev");
    }
}
