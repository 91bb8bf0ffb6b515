using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>Where a member lies, by all the ways of saying it (DWARF 5 §5.7.6, DWARF 4 §5.5.6, DWARF 2 §5.5.4); in bits of memory order.</summary>
public sealed class MemberPlacementTests
{
    private const byte DW_OP_constu = 0x10;
    private const byte DW_OP_plus = 0x22;
    private const byte DW_OP_plus_uconst = 0x23;

    private static readonly At BitSize3 = At.Data1(DwAt.DW_AT_bit_size, 3);

    // A struct s of 255 bytes with the member m of these attributes; its type is an int unless they say otherwise.
    private static DwarfBuilder StructWith(bool isBigEndian, params At[] member) => With(DwTag.DW_TAG_structure_type, isBigEndian, member);

    private static DwarfBuilder With(DwTag tag, bool isBigEndian, params At[] member)
    {
        DwarfBuilder dwarf = new(isBigEndian: isBigEndian);
        DwarfUnit unit = dwarf.Unit(4);
        unit.Begin(tag, At.Name("s"), At.Size(255));
        unit.Mark("member");
        unit.Leaf(DwTag.DW_TAG_member, [At.Name("m"), .. member, .. member.Any(a => a.Attribute == DwAt.DW_AT_type) ? [] : new[] { At.Type("int") }]);
        unit.End();
        unit.Int();
        unit.Mark("chain");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("chain_t"), At.Type("const"));
        unit.Mark("const");
        unit.Leaf(DwTag.DW_TAG_const_type, At.Type("int"));
        unit.Mark("enum");
        unit.Begin(DwTag.DW_TAG_enumeration_type, At.Name("e"), At.Size(4));
        unit.End();
        unit.Mark("sizeless");
        unit.Leaf(DwTag.DW_TAG_subroutine_type);
        unit.Mark("void");
        unit.Leaf(DwTag.DW_TAG_const_type);
        return dwarf;
    }

    private static Member Placed(bool isBigEndian, params At[] member) => DwarfUnderTest.StructS(StructWith(isBigEndian, member)).Aggregate.Members[0];

    private static void AssertRefused(string problem, params At[] member)
    {
        DwarfBuilder dwarf = StructWith(false, member);
        DwarfUnderTest.AssertRefused(dwarf, problem, offset: dwarf.OffsetOf("member"));
    }

    [Fact]
    public void Without_a_location_a_member_is_at_the_start() => Assert.Equal(0UL, Placed(false).BitOffset);

    [Fact]
    public void Reads_a_location_from_a_constant_of_any_form()
    {
        foreach (At location in new[]
        {
            At.Data1(DwAt.DW_AT_data_member_location, 12), At.Udata(DwAt.DW_AT_data_member_location, 12), At.Sdata(DwAt.DW_AT_data_member_location, 12),
            At.Implicit(DwAt.DW_AT_data_member_location, 12), At.Udata(DwAt.DW_AT_data_member_location, 12).Indirect(),
            new At(DwAt.DW_AT_data_member_location, DwForm.DW_FORM_data8, (w, _) => w.U64(12)),
        })
        {
            Assert.Equal(96UL, Placed(true, location).BitOffset);
        }
    }

    [Fact]
    public void Reads_a_location_from_DW_OP_plus_uconst() => Assert.Equal(200UL * 8, Placed(false, At.Block1(DwAt.DW_AT_data_member_location, DW_OP_plus_uconst, 0xc8, 1)).BitOffset);

    [Fact]
    public void Reads_a_location_from_DW_OP_constu_and_plus() => Assert.Equal(12UL * 8, Placed(false, At.Block1(DwAt.DW_AT_data_member_location, DW_OP_constu, 12, DW_OP_plus)).BitOffset);

    [Fact]
    public void Reads_a_location_from_an_exprloc()
        => Assert.Equal(12UL * 8, Placed(false, At.Raw(DwAt.DW_AT_data_member_location, DwForm.DW_FORM_exprloc, 2, DW_OP_plus_uconst, 12)).BitOffset);

    [Theory]
    [InlineData(new byte[] { DW_OP_plus })]
    [InlineData(new byte[] { 0x06 })] // DW_OP_deref: a virtual base
    [InlineData(new byte[] { DW_OP_constu, 12 })]
    [InlineData(new byte[] { DW_OP_constu, 12, DW_OP_plus, DW_OP_plus })]
    [InlineData(new byte[] { DW_OP_plus_uconst, 12, DW_OP_plus_uconst, 4 })]
    public void Refuses_another_expression(byte[] expression)
        => AssertRefused("DW_AT_data_member_location is an expression (first operation", At.Block1(DwAt.DW_AT_data_member_location, expression));

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { DW_OP_plus_uconst })]
    [InlineData(new byte[] { DW_OP_plus_uconst, 0x80 })]
    public void Refuses_an_expression_that_is_cut_short(byte[] expression)
        => DwarfUnderTest.AssertRefused(StructWith(false, At.Block1(DwAt.DW_AT_data_member_location, expression)), "the data ends in the middle of a value");

    [Fact]
    public void Refuses_a_location_that_is_a_list()
        => AssertRefused("DW_AT_data_member_location has DW_FORM_sec_offset", At.Offset(DwAt.DW_AT_data_member_location, DwForm.DW_FORM_sec_offset, 0));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Refuses_a_location_where_no_member_can_be(long bytes) => AssertRefused("where none can be", At.Sdata(DwAt.DW_AT_data_member_location, bytes));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reads_a_bitfield_from_DW_AT_data_bit_offset_on_either_endian(bool isBigEndian)
    {
        Member member = Placed(isBigEndian, BitSize3, At.Data1(DwAt.DW_AT_data_bit_offset, 37));

        Assert.Equal((37UL, 3UL), (member.BitOffset, member.BitFieldSize));
    }

    [Fact]
    public void Adds_DW_AT_data_bit_offset_to_a_location_that_stands_with_it()
        => Assert.Equal(32UL + 5, Placed(false, BitSize3, At.Data1(DwAt.DW_AT_data_member_location, 4), At.Data1(DwAt.DW_AT_data_bit_offset, 5)).BitOffset);

    [Fact]
    public void Reads_bitfield_offset_from_DW_AT_bit_offset_on_little_endian()
    {
        // `int a : 3` first in its storage unit: 29 bits above it.
        Assert.Equal(32UL + 0, Placed(false, BitSize3, At.Size(4), At.Data1(DwAt.DW_AT_bit_offset, 29), At.Data1(DwAt.DW_AT_data_member_location, 4)).BitOffset);
        Assert.Equal(32UL + 29, Placed(false, BitSize3, At.Size(4), At.Data1(DwAt.DW_AT_bit_offset, 0), At.Data1(DwAt.DW_AT_data_member_location, 4)).BitOffset);
    }

    [Fact]
    public void Reads_bitfield_offset_from_DW_AT_bit_offset_on_big_endian()
    {
        Assert.Equal(32UL + 29, Placed(true, BitSize3, At.Size(4), At.Data1(DwAt.DW_AT_bit_offset, 29), At.Data1(DwAt.DW_AT_data_member_location, 4)).BitOffset);
        Assert.Equal(32UL + 0, Placed(true, BitSize3, At.Size(4), At.Data1(DwAt.DW_AT_bit_offset, 0), At.Data1(DwAt.DW_AT_data_member_location, 4)).BitOffset);
    }

    [Theory]
    [InlineData("int")]
    [InlineData("chain")]
    [InlineData("enum")]
    public void Takes_the_storage_unit_from_the_type_when_it_is_not_said(string type)
        => Assert.Equal(0UL, Placed(false, BitSize3, At.Data1(DwAt.DW_AT_bit_offset, 29), At.Type(type)).BitOffset);

    [Fact]
    public void Takes_the_storage_unit_that_is_said_before_the_types() =>
        Assert.Equal(8UL - 3 - 2, Placed(false, BitSize3, At.Size(1), At.Data1(DwAt.DW_AT_bit_offset, 2)).BitOffset);

    [Fact]
    public void Reads_a_negative_DW_AT_bit_offset_of_a_packed_field()
    {
        // A field that begins after the storage unit (little-endian) or before it (big-endian) that it was given.
        Assert.Equal(64UL + 31, Placed(false, BitSize3, At.Size(4), At.Sdata(DwAt.DW_AT_bit_offset, -2), At.Data1(DwAt.DW_AT_data_member_location, 8)).BitOffset);
        Assert.Equal(64UL - 2, Placed(true, BitSize3, At.Size(4), At.Sdata(DwAt.DW_AT_bit_offset, -2), At.Data1(DwAt.DW_AT_data_member_location, 8)).BitOffset);
    }

    // GCC on ARC: `char lead; unsigned long long a : 1;` in a struct that is aligned to 4.
    [Fact]
    public void Reads_a_bitfield_whose_storage_unit_starts_before_the_struct()
    {
        Assert.Equal(8UL, Placed(false, BitSize3, At.Size(8), At.Sdata(DwAt.DW_AT_bit_offset, -3), At.Sdata(DwAt.DW_AT_data_member_location, -7)).BitOffset);
        Assert.Equal(8UL, Placed(true, BitSize3, At.Size(8), At.Sdata(DwAt.DW_AT_bit_offset, 64), At.Sdata(DwAt.DW_AT_data_member_location, -7)).BitOffset);
    }

    // GCC on ARC and SH: `unsigned long long a : 7;` in a union that is aligned to 4.
    [Fact]
    public void Reads_a_bitfield_whose_storage_unit_starts_before_the_union_and_is_not_told()
    {
        At[] member = [At.Data1(DwAt.DW_AT_bit_size, 7), At.Size(8), At.Sdata(DwAt.DW_AT_bit_offset, -7)];
        using KernelImage image = With(DwTag.DW_TAG_union_type, false, member).Open();
        Assert.Equal(0UL, image.Types.FindFirst(TypeName.Parse("union s"))!.Aggregate.Members[0].BitOffset);
        Assert.Equal(64UL, Placed(false, member).BitOffset);
    }

    [Fact]
    public void Refuses_a_bitfield_that_itself_starts_before_the_struct()
        => AssertRefused("a bitfield lies at bit -1 of its struct", BitSize3, At.Size(8), At.Sdata(DwAt.DW_AT_bit_offset, 6), At.Sdata(DwAt.DW_AT_data_member_location, -7));

    [Theory]
    [InlineData(30)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Refuses_a_DW_AT_bit_offset_outside_of_the_struct(long bitOffset)
        => AssertRefused("a bitfield lies at bit", BitSize3, At.Size(4), At.Sdata(DwAt.DW_AT_bit_offset, bitOffset));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Refuses_a_DW_AT_data_bit_offset_where_no_bit_can_be(long bitOffset)
        => AssertRefused("where none can be", BitSize3, At.Sdata(DwAt.DW_AT_data_bit_offset, bitOffset));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void Refuses_a_bitfield_wider_than_any_type(long width)
        => AssertRefused("bits wide", At.Sdata(DwAt.DW_AT_bit_size, width), At.Data1(DwAt.DW_AT_data_bit_offset, 0));

    [Theory]
    [InlineData("sizeless")]
    [InlineData("void")]
    public void Refuses_a_bitfield_without_a_storage_unit(string type)
        => AssertRefused("a bitfield has neither DW_AT_byte_size nor a type with a size", BitSize3, At.Data1(DwAt.DW_AT_bit_offset, 2), At.Type(type));

    // DW_END_default, DW_END_big, DW_END_little (DWARF 5 §7.8), and what a later DWARF may have.
    [Theory]
    [InlineData(false, 0, true)]
    [InlineData(false, 1, false)]
    [InlineData(false, 2, true)]
    [InlineData(false, 3, false)]
    [InlineData(true, 0, true)]
    [InlineData(true, 1, true)]
    [InlineData(true, 2, false)]
    public void Refuses_a_bitfield_in_the_other_byte_order(bool isBigEndian, int endianity, bool isRead)
    {
        DwarfBuilder dwarf = new(isBigEndian: isBigEndian);
        DwarfUnit unit = dwarf.Unit();
        Endian(unit, "plain", false, null);
        Endian(unit, "s", true, endianity);

        if (isRead)
        {
            Assert.Equal(3UL, DwarfUnderTest.StructS(dwarf).Aggregate.Members[0].BitFieldSize);
        }
        else
        {
            DwarfUnderTest.AssertRefused(dwarf, "a bitfield in the other byte order (scalar_storage_order)", offset: dwarf.OffsetOf("s.m"));
        }
    }

    [Fact]
    public void Places_whole_members_in_either_byte_order()
    {
        DwarfBuilder dwarf = new();
        Endian(dwarf.Unit(), "s", false, 1);

        Assert.Equal(0UL, DwarfUnderTest.StructS(dwarf).Aggregate.Members[0].BitOffset);
    }

    [Fact]
    public void A_bitfield_in_the_other_byte_order_is_not_taken_for_one_in_this()
    {
        DwarfBuilder dwarf = new();
        Endian(dwarf.Unit(), "s", true, null);
        DwarfUnit second = dwarf.Unit();
        second.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        second.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("big"), BitSize3, At.Data1(DwAt.DW_AT_data_bit_offset, 0));
        second.End();
        second.Mark("big");
        second.Leaf(DwTag.DW_TAG_base_type, At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_unsigned), At.Data1(DwAt.DW_AT_endianity, 1));

        using KernelImage image = dwarf.Open();
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([TypeName.Parse("struct s")], 1));
        Assert.Contains("in the other byte order", error.Message, StringComparison.Ordinal);
    }

    // A struct with one member behind a typedef.
    private static void Endian(DwarfUnit unit, string name, bool isBitField, int? endianity)
    {
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name(name), At.Size(4));
        unit.Mark($"{name}.m");
        unit.Leaf(DwTag.DW_TAG_member, [At.Name("m"), At.Type($"{name}.t"), .. isBitField ? new[] { BitSize3, At.Data1(DwAt.DW_AT_data_bit_offset, 0) } : []]);
        unit.End();
        unit.Mark($"{name}.t");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("u32"), At.Type($"{name}.base"));
        unit.Mark($"{name}.base");
        unit.Leaf(
            DwTag.DW_TAG_base_type,
            [At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_unsigned), .. endianity is { } order ? new[] { At.Data1(DwAt.DW_AT_endianity, order) } : []]);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(12, false)]
    [InlineData(16, true)]
    [InlineData(24, true)]
    public void Refuses_an_atomic_struct_that_compilers_give_different_sizes(int size, bool isRead)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(64));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("atomic"));
        unit.End();
        unit.Mark("atomic");
        unit.Leaf(DwTag.DW_TAG_atomic_type, At.Type("inner"));
        unit.Mark("inner");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("inner"), At.Size(size));

        if (isRead)
        {
            Assert.Single(DwarfUnderTest.StructS(dwarf).Aggregate.Members);
        }
        else
        {
            DwarfUnderTest.AssertRefused(dwarf, $"an _Atomic struct or union of {size} bytes", offset: dwarf.OffsetOf("atomic"));
        }
    }

    [Fact]
    public void Refuses_a_member_without_a_type()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Mark("member");
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "a member has no DW_AT_type", offset: dwarf.OffsetOf("member"));
    }

    [Fact]
    public void An_empty_name_is_no_name() => Assert.Null(DwarfUnderTest.StructS(NamedEmpty()).Aggregate.Members[0].Name);

    private static DwarfBuilder NamedEmpty()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name(""), At.Type("inner"));
        unit.End();
        unit.StructOf("inner", "int");
        unit.Int();
        return dwarf;
    }
}
