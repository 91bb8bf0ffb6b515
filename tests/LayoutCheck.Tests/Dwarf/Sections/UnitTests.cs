using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Sections;

/// <summary>Unit headers (DWARF 5 §7.5.1) and the units' own DIEs.</summary>
public sealed class UnitTests
{
    public static TheoryData<int, bool, bool, bool> Targets()
    {
        TheoryData<int, bool, bool, bool> data = [];
        for (int i = 0; i < 32; i++)
        {
            data.Add(2 + (i & 3), (i & 4) != 0, (i & 8) != 0, (i & 16) != 0);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Reads_a_unit_of(int version, bool is64BitDwarf, bool is64Bit, bool isBigEndian)
    {
        DwarfBuilder dwarf = new(is64Bit, isBigEndian);
        dwarf.Unit(version).Int();
        DwarfUnit unit = dwarf.Unit(version, is64BitDwarf);
        unit.StructOf("s", "pointer", is64Bit ? 8 : 4);
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type); // without a size: that of an address
        dwarf.Unit(version, is64BitDwarf).StructOf("later", "later");

        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal(1, definition.Units[0].Index);
        Assert.Equal(new PointerType(TypeId.Void, is64Bit ? 8u : 4u), definition.Graph[definition.Aggregate.Members[0].Type]);
        using KernelImage image = dwarf.Open();
        Assert.Equal(new TargetInfo(is64Bit ? 8 : 4, isBigEndian), image.Types.Target with { LargestScalarAlignment = null });
        Assert.Equal($"DWARF {version}", image.Types.FindAll([], 1).Facts.Format);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(0xffff)]
    public void Refuses_a_version(int version)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit(4).Int();
        DwarfUnit unit = dwarf.Unit(version, root: [At.Language(DwLang.DW_LANG_C11)]);

        DwarfUnderTest.AssertRefused(dwarf, $"a unit of DWARF version {version}", offset: unit.Offset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(255)]
    public void Refuses_an_address_size(int addressSize)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit(addressSize: addressSize);

        DwarfUnderTest.AssertRefused(dwarf, $"addresses of {addressSize} bytes", offset: 0);
    }

    [Theory]
    [InlineData(0, "unknown type 0x0")]
    [InlineData(4, "split DWARF")]
    [InlineData(5, "split DWARF")]
    [InlineData(6, "split DWARF")]
    [InlineData(7, "unknown type 0x7")]
    [InlineData(0x80, "unknown type 0x80")]
    public void Refuses_a_unit_type(int type, string problem)
    {
        DwarfBuilder dwarf = new();
        if (type == 4)
        {
            // The id of the .dwo stands between header and DIE.
            dwarf.Info.U32(2 + 1 + 1 + 4 + 8 + 1 + 2).U16(5).U8(4).U8(8).U32(0).U64(0x0123456789abcdef).Uleb(1).U16((ulong)DwLang.DW_LANG_C11);
            dwarf.Abbrev.Raw(1, 0x4a, 0, 0x13, 0x05, 0, 0, 0);
        }
        else
        {
            dwarf.Unit(type: (DwUnitType)type);
        }

        DwarfUnderTest.AssertRefused(dwarf, problem, offset: 0);
    }

    [Theory]
    [InlineData(nameof(DwUnitType.DW_UT_compile))]
    [InlineData(nameof(DwUnitType.DW_UT_partial))]
    [InlineData(nameof(DwUnitType.DW_UT_type))]
    [InlineData(nameof(DwUnitType.DW_UT_skeleton))]
    public void Refuses_in_a_dwo_file_the_unit_type(string type)
    {
        DwarfBuilder dwarf = new() { Suffix = ".dwo" };
        dwarf.Unit(type: Enum.Parse<DwUnitType>(type));

        DwarfUnderTest.AssertRefused(dwarf, $"split DWARF: {type} in a .dwo file, where only split units can be", ".debug_info.dwo", 0);
    }

    [Fact]
    public void Refuses_a_section_that_unpacks_to_nothing()
    {
        using MemoryStream packed = new();
        new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Fastest).Dispose();
        const ulong SHF_COMPRESSED = 0x800;
        byte[] header = new ByteWriter(false).U32(1).U32(0).U64(0).U64(1).ToArray();
        byte[] bytes = new ElfBuilder().Add(".debug_info", [.. header, .. packed.ToArray()], flags: SHF_COMPRESSED).Add(".debug_abbrev", [0]).ToBytes();
        using KernelImage image = KernelImage.FromBytes("built", bytes, SourceChoice.Dwarf);

        foreach (Func<object?> ask in new Func<object?>[] { () => image.Types.Target, () => image.Types.FindAll([TypeName.Parse("struct s")], 1), () => image.Types.FindFirst(TypeName.Parse("struct s")) })
        {
            InvalidImageException e = Assert.Throws<InvalidImageException>(ask);
            Assert.Equal(("there is no unit in it", ".debug_info", 0UL), (e.Problem, e.Section, e.Offset));
        }

        Assert.Equal(1, image.Types.FractionDone);
    }

    [Theory]
    [InlineData(0xffff_fff0)]
    [InlineData(0xffff_fffe)]
    public void Refuses_a_reserved_length(uint length)
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(length).U64(0).U64(0);
        dwarf.Abbrev.U8(0);

        DwarfUnderTest.AssertRefused(dwarf, $"unit length 0x{length:x} is reserved", offset: 0);
    }

    [Theory]
    [InlineData(false, 0x7fff_0000UL)]
    [InlineData(true, 0x7fff_0000UL)]
    [InlineData(true, ulong.MaxValue)]
    [InlineData(true, ulong.MaxValue - 11)]
    public void Refuses_a_unit_that_does_not_fit_the_section(bool is64BitDwarf, ulong length)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Int();
        DwarfUnit unit = dwarf.Unit(5, is64BitDwarf);
        byte[] bytes = dwarf.ToBytes();
        dwarf.Info.Patch((int)unit.Offset + (is64BitDwarf ? 4 : 0), length, is64BitDwarf ? 8 : 4);

        DwarfUnderTest.AssertRefused(dwarf, "does not fit the section", offset: unit.Offset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public void Refuses_a_unit_too_short_for_its_header(uint length)
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(length).Raw([.. new byte[] { 5, 0, 1, 8, 0, 0, 0, 0, 0 }.Take((int)length)]);
        dwarf.Abbrev.U8(0);

        DwarfUnderTest.AssertRefused(dwarf, "the data ends in the middle of a value");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Refuses_a_few_bytes_after_the_last_unit(int count)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Int();
        dwarf.ToBytes();
        dwarf.Info.Raw(new byte[count]);

        DwarfUnderTest.AssertRefused(dwarf, "the data ends in the middle of a value");
    }

    [Fact]
    public void A_unit_without_a_DIE_says_nothing()
    {
        DwarfBuilder dwarf = new();
        dwarf.Info.U32(2 + 1 + 1 + 4).U16(5).U8(1).U8(8).U32(0); // no byte after the header
        dwarf.Info.U32(2 + 1 + 1 + 4 + 3).U16(5).U8(1).U8(8).U32(0).Raw(0, 0, 0); // null entries
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();

        Assert.Equal(2, DwarfUnderTest.StructS(dwarf).Units[0].Index);
    }

    [Theory]
    [InlineData(DwLangName.C89, true)]
    [InlineData(DwLangName.C, true)]
    [InlineData(DwLangName.C99, true)]
    [InlineData(DwLangName.C11, true)]
    [InlineData(DwLangName.C17, true)]
    [InlineData(DwLangName.C23, true)]
    [InlineData(DwLangName.Rust, false)]
    [InlineData(DwLangName.CPlusPlus14, false)]
    [InlineData(DwLangName.Assembler, false)]
    public void Only_C_units_answer(DwLangName language, bool answers)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language((DwLang)language), At.Name("a")]);
        unit.StructOf("s", "int");
        unit.Int();
        using KernelImage image = dwarf.Open();

        Assert.Equal(answers, image.Types.FindFirst(TypeName.Parse("struct s")) is not null);
        Assert.Equal(answers ? 1 : 0, image.Types.FindAll([TypeName.Parse("struct s")], 2).Sets[0].DefinitionCount);
        Assert.Equal(answers, image.Types.DefinedNames().Count == 1);
    }

    public enum DwLangName
    {
        C89 = 1,
        C = 2,
        C99 = 0xc,
        Rust = 0x1c,
        C11 = 0x1d,
        CPlusPlus14 = 0x21,
        C17 = 0x2c,
        C23 = 0x3e,
        Assembler = 0x8001,
    }

    [Fact]
    public void A_unit_that_tells_no_language_does_not_answer()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Name("a")]);
        unit.StructOf("s", "int");
        unit.Int();
        using KernelImage image = dwarf.Open();

        Assert.Null(image.Types.FindFirst(TypeName.Parse("struct t")));
        Assert.Throws<InvalidImageException>(() => image.Types.FindFirst(TypeName.Parse("struct s")));
        Assert.Equal([new LanguageCount("unknown language", 1)], image.Types.FindAll([], 1).Facts.Languages);
    }

    [Theory]
    [InlineData(0x0002, false)] // C
    [InlineData(0x003e, false)] // C23
    [InlineData(0x0004, true)] // C++
    [InlineData(0x001c, true)] // Rust
    [InlineData(0x0043, false)] // not in the registry yet: it may be a C
    [InlineData(0x8001, true)] // assembler
    [InlineData(0x8002, false)]
    [InlineData(0x8e57, true)] // RenderScript
    public void A_language_is_known_not_to_be_C(int language, bool isOther) => Assert.Equal(isOther, DwarfLanguage.IsOther((DwLang)language));

    public static TheoryData<string> LanguageForms() =>
    [
        nameof(DwForm.DW_FORM_data1), nameof(DwForm.DW_FORM_data2), nameof(DwForm.DW_FORM_data4), nameof(DwForm.DW_FORM_data8),
        nameof(DwForm.DW_FORM_udata), nameof(DwForm.DW_FORM_sdata), nameof(DwForm.DW_FORM_implicit_const), nameof(DwForm.DW_FORM_indirect),
    ];

    [Theory]
    [MemberData(nameof(LanguageForms))]
    public void Reads_the_language_in_the_form(string form)
    {
        At language = form switch
        {
            nameof(DwForm.DW_FORM_data1) => At.Data1(DwAt.DW_AT_language, (int)DwLang.DW_LANG_C11),
            nameof(DwForm.DW_FORM_data2) => At.Language(DwLang.DW_LANG_C11),
            nameof(DwForm.DW_FORM_data4) => new At(DwAt.DW_AT_language, DwForm.DW_FORM_data4, (w, _) => w.U32(0x1d)),
            nameof(DwForm.DW_FORM_data8) => new At(DwAt.DW_AT_language, DwForm.DW_FORM_data8, (w, _) => w.U64(0x1d)),
            nameof(DwForm.DW_FORM_udata) => At.Udata(DwAt.DW_AT_language, 0x1d),
            nameof(DwForm.DW_FORM_sdata) => At.Sdata(DwAt.DW_AT_language, 0x1d),
            nameof(DwForm.DW_FORM_implicit_const) => At.Implicit(DwAt.DW_AT_language, 0x1d),
            _ => At.Language(DwLang.DW_LANG_C11).Indirect(),
        };
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Name("a"), language]);
        unit.StructOf("s", "int");
        unit.Int();

        Assert.Equal("a", DwarfUnderTest.StructS(dwarf).Units[0].Name);
    }

    [Fact]
    public void Refuses_a_language_that_is_not_a_constant()
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit(root: [new At(DwAt.DW_AT_language, DwForm.DW_FORM_string, (w, _) => w.Text("C"))]);

        DwarfUnderTest.AssertRefused(dwarf, "DW_AT_language has DW_FORM_string, which is not a constant");
    }

    [Fact]
    public void Tells_versions_languages_and_producers_of_all_units()
    {
        DwarfBuilder dwarf = new();
        At Producer(string text) => new(DwAt.DW_AT_producer, DwForm.DW_FORM_string, (w, _) => w.Text(text));
        dwarf.Unit(4, root: [At.Language(DwLang.DW_LANG_C99), Producer("gcc 2")]);
        dwarf.Unit(5, root: [At.Language(DwLang.DW_LANG_C11), Producer("gcc 1")]);
        dwarf.Unit(5, root: [At.Language(DwLang.DW_LANG_C11), Producer("gcc 1")]);
        dwarf.Unit(2, root: [At.Language(DwLang.DW_LANG_Mips_Assembler), Producer("GNU AS")]);
        dwarf.Unit(4, root: [At.Language(DwLang.DW_LANG_Rust), Producer("rustc")]);
        dwarf.Unit(4, root: [At.Language(DwLang.DW_LANG_Rust), Producer("rustc")]);
        using KernelImage image = dwarf.Open();

        DebugInfoSummary facts = image.Types.FindAll([], 2).Facts;

        // Versions and producers are those of the C units: nothing is taken from the others.
        Assert.Equal("DWARF 4, 5", facts.Format);
        Assert.Equal([new LanguageCount("C", 3), new LanguageCount("Rust", 2), new LanguageCount("assembler", 1)], facts.Languages);
        Assert.Equal(["gcc 1", "gcc 2"], facts.Producers);
    }

    [Fact]
    public void Units_of_a_definition_are_told_in_order()
    {
        TypeGraph graph = new([]);
        Variant variant = new(graph, TypeId.Void, [new(1, "b"), new(4, "e")], null!, default, 0, new InternedTypes());
        variant.AddAll([new(0, "a"), new(2, "c"), new(5, "f")]);
        Assert.Equal([0, 1, 2, 4, 5], variant.Units.Select(u => u.Index));
        variant.AddTypeUnit(signature: 7, new DefiningUnit(3, "d"));

        Assert.Equal(["a", "b", "c", "d", "e", "f"], variant.UnitsInOrder().Select(u => u.Name));
    }
}
