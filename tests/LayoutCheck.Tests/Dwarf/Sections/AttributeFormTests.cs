using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Sections;

/// <summary>Every form (DWARF 5 §7.5.6): its value, its length, and that decoder and scanner agree on the length.</summary>
public sealed class AttributeFormTests
{
    // A DIE of DW_TAG_variable with DW_AT_decl_line in the form, then a marker that is only found when the length is right.
    private const DwAt Attribute = DwAt.DW_AT_decl_line;
    private const int Marker = 0x5a;

    private sealed record FormCase(ValueClass Class, Action<ByteWriter, DwarfUnit> Write, Func<DwarfUnit, ulong>? Value = null, ulong ByteLength = 0, long ImplicitConst = 0);

    private static readonly Dictionary<DwForm, FormCase> Cases = new()
    {
        [DwForm.DW_FORM_addr] = new(ValueClass.Address, (w, u) => w.Unsigned(0x11223344, u.AddressSize), _ => 0x11223344),
        [DwForm.DW_FORM_block1] = new(ValueClass.Block, (w, _) => w.U8(3).Raw(7, 8, 9), ByteLength: 3),
        [DwForm.DW_FORM_block2] = new(ValueClass.Block, (w, _) => w.U16(3).Raw(7, 8, 9), ByteLength: 3),
        [DwForm.DW_FORM_block4] = new(ValueClass.Block, (w, _) => w.U32(3).Raw(7, 8, 9), ByteLength: 3),
        [DwForm.DW_FORM_block] = new(ValueClass.Block, (w, _) => w.Uleb(200).Raw(new byte[200]), ByteLength: 200),
        [DwForm.DW_FORM_exprloc] = new(ValueClass.Block, (w, _) => w.Uleb(2).Raw(0x23, 4), ByteLength: 2),
        [DwForm.DW_FORM_data1] = new(ValueClass.Constant, (w, _) => w.U8(0xfe), _ => 0xfe),
        [DwForm.DW_FORM_data2] = new(ValueClass.Constant, (w, _) => w.U16(0xfedc), _ => 0xfedc),
        [DwForm.DW_FORM_data4] = new(ValueClass.Constant, (w, _) => w.U32(0xfedcba98), _ => 0xfedcba98),
        [DwForm.DW_FORM_data8] = new(ValueClass.Constant, (w, _) => w.U64(0xfedcba9876543210), _ => 0xfedcba9876543210),
        [DwForm.DW_FORM_data16] = new(ValueClass.Block, (w, _) => w.U64(1).U64(2), ByteLength: 16),
        [DwForm.DW_FORM_sdata] = new(ValueClass.Constant, (w, _) => w.Sleb(-1000), _ => unchecked((ulong)-1000L)),
        [DwForm.DW_FORM_udata] = new(ValueClass.Constant, (w, _) => w.Uleb(ulong.MaxValue), _ => ulong.MaxValue),
        [DwForm.DW_FORM_implicit_const] = new(ValueClass.Constant, (_, _) => { }, _ => unchecked((ulong)-70L), ImplicitConst: -70),
        [DwForm.DW_FORM_flag] = new(ValueClass.Flag, (w, _) => w.U8(0), _ => 0),
        [DwForm.DW_FORM_flag_present] = new(ValueClass.Flag, (_, _) => { }, _ => 1),
        [DwForm.DW_FORM_string] = new(ValueClass.String, (w, _) => w.Text("inline")),
        [DwForm.DW_FORM_strp] = new(ValueClass.String, (w, u) => w.Unsigned(5, u.OffsetSize), _ => 5),
        [DwForm.DW_FORM_line_strp] = new(ValueClass.String, (w, u) => w.Unsigned(6, u.OffsetSize), _ => 6),
        [DwForm.DW_FORM_strp_sup] = new(ValueClass.String, (w, u) => w.Unsigned(7, u.OffsetSize), _ => 7),
        [DwForm.DW_FORM_GNU_strp_alt] = new(ValueClass.String, (w, u) => w.Unsigned(8, u.OffsetSize), _ => 8),
        [DwForm.DW_FORM_strx] = new(ValueClass.String, (w, _) => w.Uleb(300), _ => 300),
        [DwForm.DW_FORM_strx1] = new(ValueClass.String, (w, _) => w.U8(0xab), _ => 0xab),
        [DwForm.DW_FORM_strx2] = new(ValueClass.String, (w, _) => w.U16(0xabcd), _ => 0xabcd),
        [DwForm.DW_FORM_strx3] = new(ValueClass.String, (w, _) => w.Unsigned(0xabcdef, 3), _ => 0xabcdef),
        [DwForm.DW_FORM_strx4] = new(ValueClass.String, (w, _) => w.U32(0xabcdef01), _ => 0xabcdef01),
        [DwForm.DW_FORM_GNU_str_index] = new(ValueClass.String, (w, _) => w.Uleb(300), _ => 300),
        [DwForm.DW_FORM_ref1] = new(ValueClass.Reference, (w, _) => w.U8(0x20), u => u.Offset + 0x20),
        [DwForm.DW_FORM_ref2] = new(ValueClass.Reference, (w, _) => w.U16(0x2021), u => u.Offset + 0x2021),
        [DwForm.DW_FORM_ref4] = new(ValueClass.Reference, (w, _) => w.U32(0x20212223), u => u.Offset + 0x20212223),
        [DwForm.DW_FORM_ref8] = new(ValueClass.Reference, (w, _) => w.U64(0x2021222324), u => u.Offset + 0x2021222324),
        [DwForm.DW_FORM_ref_udata] = new(ValueClass.Reference, (w, _) => w.Uleb(0x2021), u => u.Offset + 0x2021),
        [DwForm.DW_FORM_ref_addr] = new(ValueClass.Reference, (w, u) => w.Unsigned(0x2021, u.Version == 2 ? u.AddressSize : u.OffsetSize), _ => 0x2021),
        [DwForm.DW_FORM_ref_sig8] = new(ValueClass.Reference, (w, _) => w.U64(0xfedcba9876543210), _ => 0xfedcba9876543210),
        [DwForm.DW_FORM_ref_sup4] = new(ValueClass.Reference, (w, _) => w.U32(9), _ => 9),
        [DwForm.DW_FORM_ref_sup8] = new(ValueClass.Reference, (w, _) => w.U64(9), _ => 9),
        [DwForm.DW_FORM_GNU_ref_alt] = new(ValueClass.Reference, (w, u) => w.Unsigned(9, u.OffsetSize), _ => 9),
        [DwForm.DW_FORM_sec_offset] = new(ValueClass.SectionOffset, (w, u) => w.Unsigned(0x1234, u.OffsetSize), _ => 0x1234),
        [DwForm.DW_FORM_addrx] = new(ValueClass.Address, (w, _) => w.Uleb(300)),
        [DwForm.DW_FORM_addrx1] = new(ValueClass.Address, (w, _) => w.U8(3)),
        [DwForm.DW_FORM_addrx2] = new(ValueClass.Address, (w, _) => w.U16(3)),
        [DwForm.DW_FORM_addrx3] = new(ValueClass.Address, (w, _) => w.Unsigned(3, 3)),
        [DwForm.DW_FORM_addrx4] = new(ValueClass.Address, (w, _) => w.U32(3)),
        [DwForm.DW_FORM_GNU_addr_index] = new(ValueClass.Address, (w, _) => w.Uleb(300)),
        [DwForm.DW_FORM_loclistx] = new(ValueClass.Address, (w, _) => w.Uleb(300)),
        [DwForm.DW_FORM_rnglistx] = new(ValueClass.Address, (w, _) => w.Uleb(300)),
    };

    public static TheoryData<string> Forms() => [.. Enum.GetNames<DwForm>().Where(name => name != nameof(DwForm.DW_FORM_indirect))];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Reads_and_skips_the_form(string name)
    {
        DwForm form = Enum.Parse<DwForm>(name);
        FormCase formCase = Cases[form];
        foreach ((bool is64Bit, bool isBigEndian, bool is64BitDwarf, int version) in Targets())
        {
            At attribute = new(Attribute, form, formCase.Write, formCase.ImplicitConst);
            AssertDecoded(attribute, form, formCase, is64Bit, isBigEndian, is64BitDwarf, version);
            if (form != DwForm.DW_FORM_implicit_const)
            {
                AssertDecoded(attribute.Indirect(), form, formCase, is64Bit, isBigEndian, is64BitDwarf, version);
            }
        }
    }

    private static IEnumerable<(bool Is64Bit, bool IsBigEndian, bool Is64BitDwarf, int Version)> Targets() =>
        from is64Bit in new[] { true, false }
        from isBigEndian in new[] { true, false }
        from is64BitDwarf in new[] { true, false }
        from version in new[] { 2, 3, 4, 5 }
        select (is64Bit, isBigEndian, is64BitDwarf, version);

    private static void AssertDecoded(At attribute, DwForm form, FormCase expected, bool is64Bit, bool isBigEndian, bool is64BitDwarf, int version)
    {
        string target = $"{form} on {(is64Bit ? 64 : 32)}-bit {(isBigEndian ? "big" : "little")}-endian, DWARF {version} in {(is64BitDwarf ? 64 : 32)} bits";
        DwarfBuilder dwarf = new(is64Bit, isBigEndian);
        dwarf.Unit(version).Leaf(DwTag.DW_TAG_variable, At.Name("so that the unit under test does not start at 0"));
        DwarfUnit unit = dwarf.Unit(version, is64BitDwarf);
        unit.Mark("die");
        unit.Leaf(DwTag.DW_TAG_variable, attribute, At.Data1(DwAt.DW_AT_encoding, Marker));
        unit.StructOf("s", "int");
        unit.Int();
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        test.Decoder.Open(test.Units[1]);

        Die? die = test.Decoder.Read(dwarf.OffsetOf("die"), out ulong end);

        Assert.NotNull(die);
        AttributeValue value = die[Attribute];
        Assert.True(form == value.Form, $"{target}: {value.Form}");
        Assert.True(expected.Class == value.Class, $"{target}: {value.Class}");
        Assert.True(die[DwAt.DW_AT_encoding].Value == Marker, $"{target}: the next attribute is {die[DwAt.DW_AT_encoding].Value:x}");
        Assert.True(expected.ByteLength == value.ByteLength, $"{target}: {value.ByteLength} bytes");
        Assert.True(expected.Value is null || expected.Value(unit) == value.Value, $"{target}: 0x{value.Value:x}");
        Assert.Equal(end, die.End);
        // The scanner has to step over it to come to the struct.
        DwarfUnderTest.StructS(dwarf);
    }

    [Fact]
    public void A_blocks_value_is_where_its_bytes_start()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("die");
        unit.Leaf(DwTag.DW_TAG_variable, At.Raw(Attribute, DwForm.DW_FORM_block2, 2, 0, 0xaa, 0xbb));
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        test.Decoder.Open(test.Units[0]);

        AttributeValue value = test.Decoder.Read(dwarf.OffsetOf("die"), out _)![Attribute];

        SectionReader reader = test.Sections.Info.ReadRange(value.Value, value.Value + value.ByteLength);
        Assert.Equal([0xaa, 0xbb], reader.ReadBytes(2).ToArray());
    }

    public static TheoryData<string, bool> NameForms()
    {
        string[] forms =
        [
            nameof(DwForm.DW_FORM_string), nameof(DwForm.DW_FORM_strp), nameof(DwForm.DW_FORM_line_strp), nameof(DwForm.DW_FORM_strx),
            nameof(DwForm.DW_FORM_strx1), nameof(DwForm.DW_FORM_strx2), nameof(DwForm.DW_FORM_strx3), nameof(DwForm.DW_FORM_strx4),
        ];
        TheoryData<string, bool> data = [];
        foreach (string form in forms)
        {
            data.Add(form, false);
            data.Add(form, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(NameForms))]
    public void Finds_a_struct_and_its_unit_by_names_in_the_form(string formName, bool isIndirect)
    {
        DwForm form = Enum.Parse<DwForm>(formName);
        foreach ((bool is64Bit, bool isBigEndian, bool is64BitDwarf, _) in Targets().Where(t => t.Version == 5))
        {
            DwarfBuilder dwarf = new(is64Bit, isBigEndian);
            At Named(string text) => isIndirect ? StringOf(dwarf, form, text, is64BitDwarf).Indirect() : StringOf(dwarf, form, text, is64BitDwarf);
            // The base of the string table comes after the attributes that need it, as clang writes it.
            At[] root = [Named("folder/name.c"), At.Language(DwLang.DW_LANG_C99), At.Offset(DwAt.DW_AT_str_offsets_base, DwForm.DW_FORM_sec_offset, 16)];
            DwarfUnit unit = dwarf.Unit(5, is64BitDwarf, root: root);
            unit.Begin(DwTag.DW_TAG_structure_type, Named("subs"), At.Size(1));
            unit.End();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Size(4), Named("s"));
            unit.Leaf(DwTag.DW_TAG_member, Named("field"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
            unit.End();
            unit.Int();

            TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

            Assert.Equal("folder/name.c", definition.Units[0].Name);
            Assert.Equal("s", definition.Aggregate.Name);
            Assert.Equal("field", definition.Aggregate.Members[0].Name);
        }
    }

    private static At StringOf(DwarfBuilder dwarf, DwForm form, string text, bool is64BitDwarf)
    {
        if (form == DwForm.DW_FORM_string)
        {
            return At.Name(text);
        }

        if (form is DwForm.DW_FORM_strp or DwForm.DW_FORM_line_strp)
        {
            return At.Offset(DwAt.DW_AT_name, form, form == DwForm.DW_FORM_strp ? dwarf.AddString(text) : dwarf.AddLineString(text));
        }

        // The table starts at 16 here: compilers put a header of 8 or 16 bytes before it.
        int offsetSize = is64BitDwarf ? 8 : 4;
        if (dwarf.StrOffsets.Length == 0)
        {
            dwarf.StrOffsets.Raw(new byte[16]);
        }

        ulong index = (ulong)((dwarf.StrOffsets.Length - 16) / offsetSize);
        dwarf.StrOffsets.Unsigned(dwarf.AddString(text), offsetSize);
        return form switch
        {
            DwForm.DW_FORM_strx => new At(DwAt.DW_AT_name, form, (w, _) => w.Uleb(index, 2)),
            DwForm.DW_FORM_strx1 => new At(DwAt.DW_AT_name, form, (w, _) => w.U8(index)),
            DwForm.DW_FORM_strx2 => new At(DwAt.DW_AT_name, form, (w, _) => w.U16(index)),
            DwForm.DW_FORM_strx3 => new At(DwAt.DW_AT_name, form, (w, _) => w.Unsigned(index, 3)),
            _ => new At(DwAt.DW_AT_name, form, (w, _) => w.U32(index)),
        };
    }

    [Theory]
    [InlineData(2, 8, 8)]
    [InlineData(2, 4, 4)]
    [InlineData(3, 8, 4)]
    [InlineData(4, 8, 4)]
    [InlineData(5, 4, 4)]
    public void Ref_addr_has_the_size_of_an_address_in_DWARF_2_and_of_an_offset_after(int version, int addressSize, int size)
    {
        DwarfBuilder dwarf = new(is64Bit: addressSize == 8);
        dwarf.Unit(version).Int();
        DwarfUnit unit = dwarf.Unit(version);
        At type = new(DwAt.DW_AT_type, DwForm.DW_FORM_ref_addr, (w, _) => w.Unsigned(dwarf.OffsetOf("int"), size));
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, type, At.Name("in_the_other_unit"));
        unit.End();

        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal("int", ((BaseType)definition.Graph[definition.Aggregate.Members[0].Type]).Name);
        Assert.Equal("in_the_other_unit", definition.Aggregate.Members[0].Name);
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_ref1))]
    [InlineData(nameof(DwForm.DW_FORM_ref2))]
    [InlineData(nameof(DwForm.DW_FORM_ref4))]
    [InlineData(nameof(DwForm.DW_FORM_ref8))]
    [InlineData(nameof(DwForm.DW_FORM_ref_addr))]
    [InlineData(nameof(DwForm.DW_FORM_ref_udata))]
    public void Follows_a_type_by_the_form(string formName)
    {
        DwForm form = Enum.Parse<DwForm>(formName);
        DwarfBuilder dwarf = new(isBigEndian: true);
        dwarf.Unit().Leaf(DwTag.DW_TAG_variable, At.Name("so that the next unit does not start at 0"));
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        At type = form == DwForm.DW_FORM_ref_udata
            ? new At(DwAt.DW_AT_type, form, (w, u) => w.Uleb(dwarf.OffsetOf("int") - u.Offset))
            : At.Type("int", form);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), type);
        unit.End();

        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal("int", ((BaseType)definition.Graph[definition.Aggregate.Members[0].Type]).Name);
    }

    [Theory]
    [InlineData(0x02)]
    [InlineData(0x2d)]
    [InlineData(0x1f03)]
    public void Refuses_an_unknown_form(int form)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Mark("die");
        unit.Leaf(DwTag.DW_TAG_variable, At.Raw(Attribute, (DwForm)form, 1, 2, 3, 4));
        unit.StructOf("s", "int");
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, $"unknown form 0x{form:x}", offset: dwarf.OffsetOf("die") + 1);
    }

    [Fact]
    public void Names_an_unknown_form_that_no_16_bits_hold()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4), At.Raw(Attribute, DwForm.DW_FORM_indirect, 0x80, 0x80, 4));

        DwarfUnderTest.AssertRefused(dwarf, "0x10000");
    }

    [Theory]
    [InlineData((int)DwForm.DW_FORM_indirect)]
    [InlineData((int)DwForm.DW_FORM_implicit_const)]
    public void Refuses_an_indirect_form_that_cannot_be(int form)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4), At.Raw(Attribute, DwForm.DW_FORM_indirect, (byte)form, 1));

        DwarfUnderTest.AssertRefused(dwarf, "DW_FORM_indirect names the form");
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_block1), new byte[] { 200 })]
    [InlineData(nameof(DwForm.DW_FORM_block2), new byte[] { 0xff, 0xff })]
    [InlineData(nameof(DwForm.DW_FORM_block4), new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(nameof(DwForm.DW_FORM_block), new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    [InlineData(nameof(DwForm.DW_FORM_exprloc), new byte[] { 0xff, 0xff, 0xff, 0x7f })]
    [InlineData(nameof(DwForm.DW_FORM_data16), new byte[] { 1 })]
    [InlineData(nameof(DwForm.DW_FORM_data8), new byte[] { 1 })]
    public void Refuses_a_value_that_runs_out_of_the_unit(string form, byte[] bytes)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Leaf(DwTag.DW_TAG_variable, At.Name("s"), At.Raw(Attribute, Enum.Parse<DwForm>(form), bytes));
        dwarf.Unit().StructOf("s", "s");

        DwarfUnderTest.AssertRefused(dwarf, "the data ends in the middle of a value");
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_strx))]
    public void Refuses_a_LEB128_of_more_than_64_bits(string form)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_variable, At.Raw(Attribute, Enum.Parse<DwForm>(form), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02));
        unit.StructOf("s", "s");

        DwarfUnderTest.AssertRefused(dwarf, "an unsigned LEB128 does not fit 64 bits");
    }

    [Fact]
    public void Reads_a_LEB128_that_is_padded_with_zero_groups()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), new At(DwAt.DW_AT_byte_size, DwForm.DW_FORM_udata, (w, _) => w.Uleb(72, 12)));
        unit.End();

        Assert.Equal(72UL, DwarfUnderTest.StructS(dwarf).Aggregate.ByteSize);
    }

    [Fact]
    public void Refuses_an_inline_string_without_an_end()
    {
        // By hand: the builder ends each unit with a null entry, which would end the string.
        DwarfBuilder cut = new();
        cut.Info.U32(2 + 1 + 1 + 4 + 1 + 2 + 4).U16(5).U8(1).U8(8).U32(0).Uleb(1).U16(0x1d).Raw((byte)'a', (byte)'b', (byte)'c', (byte)'d');
        cut.Abbrev.Raw(1, 0x11, 0, 0x13, 0x05, 0x03, 0x08, 0, 0, 0);

        DwarfUnderTest.AssertRefused(cut, "a string has no end");
    }

    [Fact]
    public void Refuses_a_string_without_an_end_in_debug_str()
    {
        DwarfBuilder dwarf = new();
        ulong name = (ulong)dwarf.Str.Length;
        dwarf.Str.Raw((byte)'e', (byte)'n', (byte)'d', (byte)'l', (byte)'e', (byte)'s', (byte)'s');
        WithMemberName(dwarf, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, name));

        DwarfUnderTest.AssertRefused(dwarf, "a string has no end", ".debug_str", name);
    }

    [Theory]
    [InlineData(0x7fffffff)]
    [InlineData(0xffffffff)]
    public void Refuses_a_string_outside_of_debug_str(ulong offset)
    {
        DwarfBuilder dwarf = new();
        WithMemberName(dwarf, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, offset));

        DwarfUnderTest.AssertRefused(dwarf, "a string starts outside of the section", ".debug_str", offset);
    }

    [Fact]
    public void Refuses_a_string_by_index_without_a_base()
    {
        DwarfBuilder dwarf = new();
        dwarf.StrOffsets.U64(0);
        WithMemberName(dwarf, At.Raw(DwAt.DW_AT_name, DwForm.DW_FORM_strx1, 0));

        DwarfUnderTest.AssertRefused(dwarf, "the unit has no DW_AT_str_offsets_base");
    }

    [Fact]
    public void Refuses_a_string_index_outside_of_the_table()
    {
        DwarfBuilder dwarf = new();
        dwarf.StrOffsets.U64(0);
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Offset(DwAt.DW_AT_str_offsets_base, DwForm.DW_FORM_sec_offset, 0)]);
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Raw(DwAt.DW_AT_name, DwForm.DW_FORM_strx1, 2), At.Size(4));

        DwarfUnderTest.AssertRefused(dwarf, "string index 2 lies outside of the section", ".debug_str_offsets");
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_strp_sup), "supplementary file", 4)]
    [InlineData(nameof(DwForm.DW_FORM_GNU_strp_alt), "supplementary file", 4)]
    [InlineData(nameof(DwForm.DW_FORM_GNU_str_index), "a string is given by index", 1)]
    [InlineData(nameof(DwForm.DW_FORM_data4), "is not a string", 4)]
    public void Refuses_a_member_name_that_is_not_in_this_file(string form, string problem, int size)
    {
        DwarfBuilder dwarf = new();
        WithMemberName(dwarf, At.Raw(DwAt.DW_AT_name, Enum.Parse<DwForm>(form), new byte[size]));

        DwarfUnderTest.AssertRefused(dwarf, problem);
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_ref_sig8), "the type unit of signature 0x0000000000000001, which is not in this file")]
    [InlineData(nameof(DwForm.DW_FORM_ref_sup4), "supplementary file")]
    [InlineData(nameof(DwForm.DW_FORM_ref_sup8), "supplementary file")]
    [InlineData(nameof(DwForm.DW_FORM_GNU_ref_alt), "supplementary file")]
    [InlineData(nameof(DwForm.DW_FORM_data8), "is not a reference")]
    public void Refuses_a_type_that_is_not_in_this_file(string form, string problem)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Mark("member");
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Raw(DwAt.DW_AT_type, Enum.Parse<DwForm>(form), 1, 0, 0, 0, 0, 0, 0, 0));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, problem, offset: dwarf.OffsetOf("member"));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(5UL)]
    [InlineData(0x7fffffffUL)]
    [InlineData(ulong.MaxValue - 5)]
    public void Refuses_a_type_where_no_DIE_of_the_unit_can_be(ulong offset)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), new At(DwAt.DW_AT_type, DwForm.DW_FORM_ref8, (w, _) => w.U64(offset)));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "no DIE of the unit at 0x0 can be here");
    }

    [Theory]
    [InlineData(0UL, "no DIE of the unit")]
    [InlineData(0x7fffffffUL, "no unit is here")]
    public void Refuses_a_type_in_a_place_of_debug_info_that_has_none(ulong offset, string problem)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Offset(DwAt.DW_AT_type, DwForm.DW_FORM_ref_addr, offset));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, problem, offset: offset);
    }

    [Theory]
    [InlineData(false, "a type")]
    [InlineData(true, "a unit")]
    public void Refuses_a_place_of_debug_info_where_there_are_several_of_it(bool isImport, string what)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        if (isImport)
        {
            unit.Mark("referrer");
            unit.Leaf(DwTag.DW_TAG_imported_unit, At.Offset(DwAt.DW_AT_import, DwForm.DW_FORM_ref_addr, 11));
        }

        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        if (!isImport)
        {
            unit.Mark("referrer");
        }

        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int", DwForm.DW_FORM_ref_addr));
        unit.End();
        unit.Int();
        // As each type unit of an object has one.
        DwarfBuilder other = new();
        other.Unit();
        other.ToBytes();
        dwarf.Others.Add((".debug_info", other.Info.ToArray()));

        DwarfUnderTest.AssertRefused(
            dwarf, $"{what} is in another unit (DW_FORM_ref_addr) of an object with several .debug_info sections", offset: dwarf.OffsetOf("referrer"));
    }

    [Fact]
    public void Refuses_a_name_by_index_in_a_unit_without_a_DIE()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("behind", DwForm.DW_FORM_ref_addr));
        unit.End();
        dwarf.Unit().Int();
        // What the walk refuses, and a reference leads into first.
        DwarfUnit without = dwarf.Unit();
        without.Mark("behind");
        without.Leaf(DwTag.DW_TAG_base_type, At.Raw(DwAt.DW_AT_name, DwForm.DW_FORM_strx1, 0), At.Size(4));
        dwarf.Info.Patch((int)without.Offset + 12, 0, 1);

        DwarfUnderTest.AssertRefused(dwarf, "a string is given by index, and the unit has no DW_AT_str_offsets_base", offset: without.Offset);
    }

    private static void WithMemberName(DwarfBuilder dwarf, At name)
    {
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, name, At.Type("int"));
        unit.End();
        unit.Int();
    }
}
