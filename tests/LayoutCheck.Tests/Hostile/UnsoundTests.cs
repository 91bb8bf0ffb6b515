using LayoutCheck.Analyses;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Elf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>
/// Damage that leaves the format whole, and could hide what a verdict depends on: a member less, a unit that is passed over. Each was read in
/// silence once, and is refused now. Each test is named for what is wrong.
/// </summary>
public sealed class UnsoundTests
{
    private const uint SHT_PROGBITS = 1;

    public static TheoryData<int> TagsThatAreNoMember() => [0x4321, 0xffff, (int)DwTag.DW_TAG_variable, (int)DwTag.DW_TAG_subprogram, (int)DwTag.DW_TAG_formal_parameter, 0x0c, 0x0e];

    [Theory]
    [MemberData(nameof(TagsThatAreNoMember))]
    public void A_member_whose_tag_became(int tag)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Leaf((DwTag)tag, At.Name("pgmap"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, "in a struct or union, which C has not there");
    }

    [Fact]
    public void A_member_whose_tag_became_that_of_a_type()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("pgmap"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, "in a struct or union, which C has not there");
    }

    [Fact]
    public void Types_and_annotations_within_a_struct_are_no_damage()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type("int"));
        unit.Leaf(DwTag.DW_TAG_LLVM_annotation, At.Name("btf_decl_tag"));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Int();

        Assert.Equal("m", Assert.Single(DwarfUnderTest.StructS(dwarf).Aggregate.Members).Name);
    }

    [Fact]
    public void A_member_of_a_struct_that_is_only_declared()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "inner", 8);
        unit.Mark("inner");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("inner"), At.Flag(DwAt.DW_AT_declaration));

        DwarfUnderTest.AssertRefused(dwarf, "its member m has a type without a size: one that is only declared");
    }

    [Fact]
    public void A_member_whose_type_became_unspecified()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "inner", 8);
        unit.Mark("inner");
        unit.Begin(DwTag.DW_TAG_unspecified_type, At.Name("inner"), At.Size(8));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "its member m has a type without a size");
    }

    [Fact]
    public void A_pointer_to_an_unspecified_type_is_no_damage()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "pointer", 8);
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("any"));
        unit.Mark("any");
        unit.Leaf(DwTag.DW_TAG_unspecified_type, At.Name("decltype(nullptr)"));

        Assert.Equal("m", Assert.Single(DwarfUnderTest.StructS(dwarf).Aggregate.Members).Name);
    }

    [Theory]
    [InlineData(false, 8)]
    [InlineData(true, 4)]
    public void Pointers_of_another_size_than_their_unit_s_addresses(bool is64Bit, int pointerSize)
    {
        // Of the second unit: what the first says of the size of words is right.
        int addressSize = is64Bit ? 8 : 4;
        DwarfBuilder dwarf = new(is64Bit);
        for (int i = 0; i < 2; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"pointer{i}"), At.Data1(DwAt.DW_AT_data_member_location, 0));
            unit.End();
            unit.Mark($"pointer{i}");
            unit.Leaf(DwTag.DW_TAG_pointer_type, At.Size(i == 0 ? addressSize : pointerSize));
        }

        using KernelImage image = dwarf.Open();
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([TypeName.Parse("struct s")], 1));
        Assert.Contains($"a pointer of {pointerSize} bytes in a unit with addresses of {addressSize}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 8)]
    [InlineData(true, 4)]
    public void Addresses_of_another_size_than_the_file_s(bool is64Bit, int addressSize)
    {
        DwarfBuilder dwarf = new(is64Bit);
        DwarfUnit unit = dwarf.Unit(addressSize: addressSize);
        unit.StructOf("s", "pointer", 8);
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type);

        DwarfUnderTest.AssertRefused(dwarf, $"a unit with addresses of {addressSize} bytes in a file whose own have {(is64Bit ? 8 : 4)}", offset: 0);
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_flag_present), "a declaration of a struct or union, with members")]
    [InlineData(nameof(DwForm.DW_FORM_flag), "a declaration of a struct or union, with members")]
    [InlineData(nameof(DwForm.DW_FORM_data1), "DW_AT_declaration has DW_FORM_data1, which is not a flag")]
    public void A_definition_that_became_a_declaration(string formName, string problem)
    {
        DwForm form = Enum.Parse<DwForm>(formName);
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 2; i++)
        {
            // The second defines it too, and would be the only one to answer.
            DwarfUnit unit = dwarf.Unit();
            unit.Mark($"s{i}");
            unit.Begin(
                DwTag.DW_TAG_structure_type,
                [At.Name("s"), .. i == 1 ? [] : new[] { form == DwForm.DW_FORM_flag_present ? At.Flag(DwAt.DW_AT_declaration) : At.Raw(DwAt.DW_AT_declaration, form, 64) }, At.Size(4)]);
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int{i}"));
            unit.End();
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        }

        DwarfUnderTest.AssertRefused(dwarf, problem, offset: dwarf.OffsetOf("s0"));
    }

    [Fact]
    public void An_integer_that_became_a_union()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "char", 1);
        unit.Mark("char");
        unit.Leaf(DwTag.DW_TAG_union_type, At.Name("char"), At.Size(1), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed_char));

        DwarfUnderTest.AssertRefused(dwarf, "a struct or union with an encoding", offset: dwarf.OffsetOf("char"));
    }

    [Fact]
    public void A_member_of_another_size_than_its_type()
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 2; i++)
        {
            // The first is right: the second must not be taken for the same.
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
            unit.Mark($"member{i}");
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Data1(i == 0 ? DwAt.DW_AT_decl_line : DwAt.DW_AT_byte_size, 1), At.Type($"int{i}"));
            unit.End();
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        }

        using KernelImage image = dwarf.Open();
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([TypeName.Parse("struct s")], 1));
        Assert.Contains("a member of 1 bytes whose type has 4", e.Message, StringComparison.Ordinal);
        Assert.Equal(dwarf.OffsetOf("member1"), e.Offset);
    }

    [Fact]
    public void A_function_that_became_an_enumeration()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "pointer", 8);
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("function"));
        unit.Mark("function");
        unit.Begin(DwTag.DW_TAG_enumeration_type, At.Flag((DwAt)0x27));
        unit.End();

        DwarfUnderTest.AssertRefused(dwarf, "DW_TAG_enumeration_type has no DW_AT_byte_size, and is no declaration", offset: dwarf.OffsetOf("function"));
    }

    [Theory]
    [InlineData((int)DwTag.DW_TAG_const_type)]
    [InlineData((int)DwTag.DW_TAG_typedef)]
    [InlineData((int)DwTag.DW_TAG_pointer_type)]
    [InlineData((int)DwTag.DW_TAG_structure_type)]
    public void An_enumeration_over_what_is_no_integer(int underlying)
    {
        // A qualifier or a typedef of nothing is one of void.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "enum");
        unit.Mark("enum");
        unit.Begin(DwTag.DW_TAG_enumeration_type, At.Size(4), At.Type("underlying"));
        unit.End();
        unit.Mark("underlying");
        unit.Leaf((DwTag)underlying, At.Name("u"), At.Size(8));

        DwarfUnderTest.AssertRefused(dwarf, "an enumeration whose DW_AT_type is no integer", offset: dwarf.OffsetOf("enum"));
    }

    [Fact]
    public void A_unit_that_is_of_another_kind_than_its_header_says()
    {
        // As a part that nobody imports it would be looked at last, and its definitions not be the first ones.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        byte[] bytes = dwarf.ToBytes();
        using (MappedFile file = MappedFile.FromBytes("built", bytes))
        {
            bytes[(int)ElfFile.Read(file).Find(".debug_info")!.FileOffset + 6] = (byte)DwUnitType.DW_UT_partial;
        }

        Assert.All(Bounds.Try(bytes), m => Assert.Contains("the unit's own DIE is DW_TAG_compile_unit, and its header says DW_UT_partial", m, StringComparison.Ordinal));
        Assert.NotEmpty(Bounds.Try(bytes));
    }

    [Fact]
    public void Two_abbreviations_of_one_code()
    {
        // The second one's code was 3: where it is used, the first counts, and what has the code 3 is not met before the struct has ended.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type("int"));
        byte[] bytes = dwarf.ToBytes();
        using (MappedFile file = MappedFile.FromBytes("built", bytes))
        {
            ElfSection place = ElfFile.Read(file).Find(".debug_abbrev")!;
            int at = (int)place.FileOffset + bytes.AsSpan((int)place.FileOffset, (int)place.ByteSize).LastIndexOf((ReadOnlySpan<byte>)[5, (byte)DwTag.DW_TAG_typedef]);
            bytes[at] = 3;
        }

        using KernelImage image = KernelImage.FromBytes("built", bytes);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindFirst(TypeName.Parse("struct s")));
        Assert.Contains("there are two abbreviations of code 3 in the table at 0x0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_ends_behind_its_struct()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int", 3);
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, "its member m ends at bit 32, and it has 3 bytes");
    }

    [Fact]
    public void Members_of_a_struct_that_lie_over_each_other()
    {
        // Both without a place, say: then one equals the other, and what was to be found is found.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(16));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("compound_head"), At.Type("int"));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("pgmap"), At.Type("int"));
        unit.End();
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, "its members compound_head and pgmap lie over each other, and it is no union");
    }

    [Fact]
    public void Members_that_are_shuffled_are_no_damage()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Int();

        Assert.Equal(2, DwarfUnderTest.StructS(dwarf).Aggregate.Members.Length);
    }

    [Theory]
    [InlineData("inner")]
    [InlineData("pointer")]
    [InlineData("alias")]
    public void A_bitfield_of_a_type_that_has_no_bits_to_give(string type)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type(type), At.Data1(DwAt.DW_AT_bit_size, 3), At.Data1(DwAt.DW_AT_data_bit_offset, 0));
        unit.End();
        unit.StructOf("inner", "int");
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type);
        unit.Mark("alias");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type("inner"));
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, "its member m is a bitfield of a type that is neither integer nor enumeration");
    }

    [Fact]
    public void A_member_that_lost_its_name()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Raw((DwAt)0x3ffe, DwForm.DW_FORM_string, (byte)'p', 0), At.Type("int"));
        unit.End();
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, "it has a member without a name that is no struct or union");
    }

    [Fact]
    public void DIEs_behind_the_end_of_those_of_a_unit()
    {
        // The code of one DIE became 0: for whoever walks, the unit ends there.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.End();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));

        DwarfUnderTest.AssertRefused(dwarf, "end before this, and something is here");
        using KernelImage image = dwarf.Open();
        Assert.Throws<InvalidImageException>(image.Types.DefinedNames);
    }

    [Fact]
    public void A_unit_whose_first_byte_became_zero()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit first = dwarf.Unit();
        first.StructOf("s", "int");
        first.Int();
        DwarfUnit second = dwarf.Unit();
        second.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(64));
        second.End();
        byte[] bytes = dwarf.ToBytes();
        using (MappedFile file = MappedFile.FromBytes("built", bytes))
        {
            // The header of DWARF 5 has 12 bytes.
            bytes[(int)ElfFile.Read(file).Find(".debug_info")!.FileOffset + (int)second.Offset + 12] = 0;
        }

        using KernelImage image = KernelImage.FromBytes("built", bytes);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([TypeName.Parse("struct s")], 1));
        Assert.Contains("end before this, and something is here", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0xfe)]
    public void The_first_definition_is_in_a_unit_of_no_known_language(int? language)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Int();
        DwarfUnit second = dwarf.Unit(root: language is { } number ? [At.Language((DwLang)number), At.Name("odd.c")] : [At.Name("odd.c")]);
        second.StructOf("s", "size");
        second.Mark("size");
        second.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));

        DwarfUnderTest.AssertRefused(dwarf, "struct s is defined in a unit (odd.c) of");
        using KernelImage image = dwarf.Open();
        Assert.Null(image.Types.FindFirst(TypeName.Parse("struct t")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0x7777)]
    [InlineData(0x51)]
    public void A_unit_of_no_known_language_that_defines_what_is_asked_for(int? language)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit first = dwarf.Unit();
        first.StructOf("s", "int");
        first.Int();
        DwarfUnit second = dwarf.Unit(root: language is { } number ? [At.Language((DwLang)number), At.Name("odd.c")] : [At.Name("odd.c")]);
        second.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(64));
        second.End();
        using KernelImage image = dwarf.Open();

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([TypeName.Parse("struct s")], 2));
        Assert.Contains("struct s is defined in a unit (odd.c) of", e.Message, StringComparison.Ordinal);
        Assert.Contains("whether it is C's cannot be told", e.Message, StringComparison.Ordinal);

        // Whoever asks for something else is not disturbed.
        Assert.Equal(0, image.Types.FindAll([TypeName.Parse("struct other")], 2).Sets[0].DefinitionCount);
    }

    [Theory]
    [InlineData(".debug_abbrev")]
    [InlineData(".debug_str")]
    [InlineData(".debug_str_offsets")]
    public void Two_sections_of_one_name(string name)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        _ = dwarf.ToBytes();
        ElfBuilder elf = new();
        elf.Add(".debug_info", dwarf.Info.ToArray()).Add(".debug_abbrev", dwarf.Abbrev.ToArray()).Add(".debug_str", dwarf.Str.ToArray()).Add(".debug_str_offsets", new byte[8]);
        Assert.Empty(Bounds.Try(elf.ToBytes()));
        elf.Add(name, dwarf.Abbrev.ToArray());

        Assert.Contains($"{name}: is there twice", Assert.Single(Bounds.Try(elf.ToBytes())), StringComparison.Ordinal);
    }

    // Which structs there are cannot be told without their names; found by the differential, as a struct that was said not to be there.
    [Theory]
    [InlineData("s")]
    [InlineData("no such struct")]
    public void Names_in_a_section_that_is_not_there(string name)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11)]);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString("s")), At.Size(4));
        unit.End();
        byte[] image = dwarf.ToBytes();
        "X"u8.CopyTo(image.AsSpan(image.AsSpan().IndexOf(".debug_str\0"u8) + 10));

        using KernelImage opened = KernelImage.FromBytes("built", image, SourceChoice.Dwarf);
        foreach (Action ask in (Action[])[() => opened.Types.FindFirst(new TypeName(TypeNameKind.Struct, name)), () => opened.Types.FindAll([new TypeName(TypeNameKind.Struct, name)], 1)])
        {
            InvalidImageException error = Assert.Throws<InvalidImageException>(ask);
            Assert.Equal((".debug_str", "is missing, and .debug_info refers to it"), (error.Section, error.Problem));
        }
    }

    [Fact]
    public void Two_sections_with_BTF()
    {
        BtfBuilder btf = new();
        btf.Struct("s", 8, ("m", btf.Int("long", 8), 0));
        byte[] image = new ElfBuilder().Add(".BTF", btf.Build()).Add(".BTF", btf.Build()).ToBytes();

        Assert.Contains(".BTF: is there twice", Assert.Single(Bounds.Try(image)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_section_does_not_hide_the_one_with_contents()
    {
        BtfBuilder btf = new();
        btf.Struct("s", 8, ("m", btf.Int("long", 8), 0));
        byte[] image = new ElfBytes().Add(".BTF", SHT_PROGBITS).Add(".BTF", SHT_PROGBITS, btf.Build()).Build();

        Assert.Empty(Bounds.Try(image));
    }

    [Fact]
    public void BTF_members_that_lie_over_each_other()
    {
        BtfBuilder btf = new();
        uint number = btf.Int("long", 8);
        btf.Struct("s", 16, ("a", number, 0), ("b", number, 32));

        Assert.Contains("its members a and b lie over each other", Assert.Single(Bounds.Try(btf.Build())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_BTF_member_of_a_struct_that_is_only_declared()
    {
        BtfBuilder btf = new();
        uint forward = btf.Add(BtfFormat.BTF_KIND_FWD, "inner", 0);
        btf.Struct("s", 16, ("a", forward, 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("its member a has a type without a size", StringComparison.Ordinal));
    }

    [Fact]
    public void A_BTF_bitfield_that_is_a_struct()
    {
        BtfBuilder btf = new();
        uint inner = btf.Struct("inner", 8, ("m", btf.Int("long", 8), 0));
        btf.Aggregate(BtfFormat.BTF_KIND_STRUCT, "s", 8, true, ("b", inner, 4u << 24));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("member 0 of type 3 (STRUCT) is a bitfield of type 2 (STRUCT), which is neither integer nor enumeration", StringComparison.Ordinal));
    }

    [Fact]
    public void A_struct_that_became_a_union()
    {
        BtfBuilder btf = new();
        uint number = btf.Int("long", 8);
        uint inner = btf.Union(null, 16, ("a", number, 0), ("b", number, 64));
        btf.Struct("s", 16, ("u", inner, 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("its member b lies at bit 64, and all members of a union lie at its start", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_BTF_name_that_became_empty(bool ofMember)
    {
        // A struct without a name has its members in the one that it lies in.
        BtfBuilder btf = new();
        uint number = btf.Int("long", 8);
        uint empty = btf.StringOffset("");
        btf.AddWord(ofMember ? btf.StringOffset("inner") : empty);
        btf.AddWord((BtfFormat.BTF_KIND_STRUCT << 24) | 1);
        btf.AddWord(8);
        btf.AddWord(btf.StringOffset("m"));
        btf.AddWord(number);
        btf.AddWord(0);
        btf.AddWord(btf.StringOffset("s"));
        btf.AddWord((BtfFormat.BTF_KIND_STRUCT << 24) | 1);
        btf.AddWord(8);
        btf.AddWord(ofMember ? empty : btf.StringOffset("inner"));
        btf.AddWord(2);
        btf.AddWord(0);

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("has an empty name", StringComparison.Ordinal));
    }

    [Fact]
    public void A_BTF_bitfield_that_is_wider_than_its_type()
    {
        BtfBuilder btf = new();
        btf.Int("long", 8);
        btf.Aggregate(BtfFormat.BTF_KIND_STRUCT, "s", 8, true, ("b", btf.Int("char", 1), 9u << 24));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("is a bitfield of 9 bits of type 2 (INT), which has 1 bytes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_BTF_member_that_starts_within_a_byte_and_is_no_bitfield(bool kindFlag)
    {
        BtfBuilder btf = new();
        uint pointer = btf.Pointer(btf.Int("long", 8));
        btf.Aggregate(BtfFormat.BTF_KIND_STRUCT, "s", 16, kindFlag, ("p", pointer, 13));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("starts at bit 13, within a byte, and is no bitfield", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(33u, 0u)]
    [InlineData(32u, 1u)]
    [InlineData(0u, 0u)]
    public void A_BTF_integer_with_more_bits_than_its_bytes_or_with_none(uint bits, uint start)
    {
        BtfBuilder btf = new();
        btf.Int("long", 8);
        btf.Struct("s", 16, ("b", btf.Int("int", 4, bits: bits, offset: start), 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains($"is a bitfield of {bits} bits of type 2 (INT), which has 4 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_BTF_integer_of_some_bits_in_a_struct_whose_members_have_their_widths()
    {
        BtfBuilder btf = new();
        btf.Int("long", 8);
        btf.Aggregate(BtfFormat.BTF_KIND_STRUCT, "s", 4, true, ("b", btf.Int("int", 4, bits: 24), 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("is of type 2 (INT), whose bits are not those of its bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_BTF_array_of_integers_of_some_bits()
    {
        BtfBuilder btf = new();
        btf.Int("long", 8);
        btf.Struct("s", 8, ("a", btf.Array(btf.Int("int", 4, bits: 24), 2), 0));

        Assert.Contains(Bounds.Try(btf.Build()), m => m.Contains("type 3 (ARRAY) is one of type 2 (INT), whose bits are not those of its bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_BTF_bitfield_of_old_of_all_the_bits_of_its_type_that_starts_within_a_byte_is_no_damage()
    {
        // What pahole wrote for `int a:3; int b:32;` packed, before the kind flag: only the place tells.
        BtfBuilder btf = new();
        btf.Int("long", 8);
        uint number = btf.Int("int", 4);
        btf.Struct("s", 5, ("a", btf.Int("int", 4, bits: 3), 0), ("b", number, 3));

        Assert.Empty(Bounds.Try(btf.Build()));
        Assert.Equal(new Member("b", TypeId.Void, 3, 32), btf.Reader().FindFirst(TypeName.Parse("struct s"))!.Aggregate.Members[1] with { Type = TypeId.Void });
    }

    [Fact]
    public void A_relocation_against_a_symbol_that_is_nowhere_and_has_a_value()
    {
        // A linker would not take it, and whatever defines it elsewhere has another value.
        byte[] bytes = FixtureFile.Bytes("page-era5-objects/page-era5-objects.gcc-dwarf5.o");
        int at;
        using (MappedFile file = MappedFile.FromBytes("o", bytes))
        {
            ElfFile elf = ElfFile.Read(file);
            ElfSection symbols = elf.Find(".symtab")!;
            ElfSection relocations = elf.Find(".rela.debug_info")!;

            // The symbol of the first relocation is that of .debug_abbrev.
            at = (int)symbols.FileOffset + ((int)BitConverter.ToUInt32(bytes, (int)relocations.FileOffset + 12) * 24);
        }

        bytes.AsSpan(at + 6, 2).Clear();
        Assert.DoesNotContain(Bounds.Try(bytes), m => m.Contains("which is in no section", StringComparison.Ordinal));
        bytes[at + 8] = 5;
        Assert.Contains(Bounds.Try(bytes), m => m.Contains("which is in no section and yet has the value 0x5", StringComparison.Ordinal));
    }

    // Each byte of the abbreviations of an image on which a rule is violated, changed in several ways: no such change may make the rule hold.
    [Theory]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf", ".debug_abbrev")]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf", ".debug_info")]
    public void No_change_of_a_byte_makes_a_violation_hold(string fixture, string section)
    {
        byte[] good = FixtureFile.Bytes(fixture);
        ElfSection place;
        using (MappedFile file = MappedFile.FromBytes(fixture, good))
        {
            place = ElfFile.Read(file).Find(section)!;
        }

        RuleSet rules = RuleCatalog.Default.Select(only: ["pgmap-on-compound-head"]);
        int held = 0;
        int count = 0;
        for (int at = 0; at < (int)place.ByteSize; at++)
        {
            foreach (byte value in (ReadOnlySpan<byte>)[0, 0xff, (byte)(good[(int)place.FileOffset + at] ^ 1), (byte)(good[(int)place.FileOffset + at] + 1)])
            {
                byte[] bytes = (byte[])good.Clone();
                bytes[(int)place.FileOffset + at] = value;
                if (bytes.AsSpan().SequenceEqual(good))
                {
                    continue;
                }

                count++;
                try
                {
                    using KernelImage image = KernelImage.FromBytes("changed", bytes);
                    held += CheckAnalysis.Run(image, rules, 1).ExitCode == ExitCode.Holds ? 1 : 0;
                }
                catch (InvalidImageException)
                {
                }
            }
        }

        Assert.True(count > 1000, $"{count} changes");
        Assert.Equal(0, held);
    }
}
