using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Fixtures;

/// <summary>
/// One case, page-era5, in every form in which a kernel's layout comes: each cell below is a file that must be there, be what its name says,
/// and give the one layout expected of a target of its word size (page-era5-matrix/expected-*.tsv, the compiler's word).
/// </summary>
public sealed class FormMatrixTests
{
    private const string Matrix = "page-era5-matrix/page-era5-matrix";
    private const string Units = "page-era5-units/page-era5-units";
    private const string Sections = "page-era5-sections/page-era5-sections";
    private const string Objects = "page-era5-objects/page-era5-objects";
    private const string Packed = "page-era5-packed/page-era5-packed";
    private const string Dwo = "page-era5-dwo/page-era5-dwo";
    private const string Dwp = "page-era5-dwp/page-era5-dwp";
    private const string Plain = "page-era5/page-era5";

    // What the cell is, the file, and a predicate over it, so that no cell is filled with something else.
    private static readonly Cell[] s_cells =
    [
        Version(2, "gcc", $"{Matrix}.gcc-dwarf2.elf"), Version(3, "gcc", $"{Matrix}.gcc-dwarf3.elf"), Version(4, "gcc", $"{Matrix}.gcc-dwarf4.elf"), Version(5, "gcc", $"{Plain}.gcc-dwarf5.elf"),
        Version(2, "clang", $"{Matrix}.clang-dwarf2.elf"), Version(3, "clang", $"{Matrix}.clang-dwarf3.elf"), Version(4, "clang", $"{Matrix}.clang-dwarf4.elf"), Version(5, "clang", $"{Plain}.clang-dwarf5.elf"),
        new("64-bit DWARF 4", $"{Matrix}.gcc-dwarf64-4.elf", IsDwarf64), new("64-bit DWARF 5, gcc", $"{Matrix}.gcc-dwarf64.elf", IsDwarf64), new("64-bit DWARF 5, clang", $"{Matrix}.clang-dwarf64.elf", IsDwarf64),
        new("type units 4", $"{Units}.gcc-types4.elf", e => e.Find(".debug_types") is not null), new("type units 4, ld -r", $"{Units}.gcc-types4.o", e => Count(e, ".debug_types") > 1),
        new("type units 5", $"{Units}.gcc-types5.elf", e => FirstUnit(e).UnitType == 2), new("type units 5, ld -r", $"{Units}.gcc-types5.o", e => Count(e, ".debug_info") > 1),
        new("dwz, one file", $"{Units}.gcc-dwz.elf", e => FirstUnit(e).Tag == 0x3c),
        new("dwz -m, GNU's", "page-era5-common/page-era5-common.gnu.elf", e => e.Find(".gnu_debugaltlink") is not null),
        new("dwz -m, DWARF 5's", "page-era5-common/page-era5-common.sup.elf", e => e.Find(".debug_sup") is not null),
        new("zlib", $"{Sections}.gcc-dwarf5-zlib.elf", e => ChdrType(e) == 1), new("zstd", $"{Sections}.gcc-dwarf5-zstd.elf", e => ChdrType(e) == 2),
        new(".zdebug", $"{Sections}.gcc-dwarf5-zlib-gnu.elf", e => e.Find(".debug_info")!.Name == ".zdebug_info"),
        new("zlib, 32-bit", $"{Sections}.i686-dwarf5-zlib.elf", e => ChdrType(e) == 1), new("zstd, 32-bit big-endian", $"{Sections}.mips-dwarf5-zstd.elf", e => ChdrType(e) == 2),
        new("zlib, 64-bit big-endian", $"{Sections}.s390x-dwarf5-zlib.elf", e => ChdrType(e) == 1),
        new("zlib, before relocation", $"{Objects}.gcc-dwarf5-zlib.o", e => ChdrType(e) == 1), new("zstd, before relocation", $"{Objects}.i686-dwarf5-zstd.o", e => ChdrType(e) == 2),
        new("split, DWARF 4, gcc", $"{Dwo}.gcc-dwarf4.elf", e => FirstUnit(e).Version == 4 && e.Find(".debug_addr") is not null),
        new("split, DWARF 4, clang", $"{Dwo}.clang-dwarf4.elf", e => FirstUnit(e).Version == 4 && e.Find(".debug_addr") is not null),
        new("split, DWARF 5, gcc", $"{Dwo}.gcc-dwarf5.elf", e => FirstUnit(e).UnitType == 4), new("split, DWARF 5, clang", $"{Dwo}.clang-dwarf5.elf", e => FirstUnit(e).UnitType == 4),
        new("split, DWARF 5, type units", $"{Dwo}.gcc-dwarf5-types.elf", e => FirstUnit(e).UnitType == 4),
        new("split, 64-bit DWARF 5", $"{Dwo}.gcc-dwarf64.elf", IsDwarf64),
        new("package (.dwp), DWARF 4, gcc", $"{Dwp}.gcc-dwarf4.elf"), new("package (.dwp), DWARF 4, type units", $"{Dwp}.gcc-dwarf4-types.elf"),
        new("package (.dwp), DWARF 4, clang", $"{Dwp}.clang-dwarf4.elf"), new("package (.dwp), DWARF 5, clang", $"{Dwp}.clang-dwarf5.elf"),
        new("debuglink", "page-era5-split/page-era5-split.linked.elf", e => e.Find(".gnu_debuglink") is not null && e.Find(".debug_info") is null),
        new("--only-keep-debug", $"{Units}.only-keep-debug.elf", e => e.Find(Truth.Section)!.Type == ElfSection.SHT_NOBITS),
        new("--emit-relocs, RELA", $"{Units}.gcc-emit-relocs.elf", e => e.Header.Type == ElfHeader.ET_EXEC && e.Find(".rela.debug_info") is not null),
        new("--emit-relocs, REL", $"{Units}.i686-emit-relocs.elf", e => e.Header.Type == ElfHeader.ET_EXEC && e.Find(".rel.debug_info") is not null),
        new("LTO, gcc", $"{Units}.gcc-lto.elf", e => e.Contents(".debug_str")!.IndexOf("GNU GIMPLE"u8) is not null), new("LTO, clang", $"{Units}.clang-lto.elf", HasCrossReferences), new("ThinLTO, clang", $"{Matrix}.clang-thinlto.elf", HasCrossReferences),
        Object("gcc-dwarf4", 62), Object("gcc-dwarf5", 62), Object("clang-dwarf5", 62), Object("i686-dwarf5", 3), Object("aarch64-dwarf5", 183), Object("arm-dwarf4", 40), Object("mips-dwarf5", 8),
        Object("mips64el-dwarf5", 8), Object("ppc-dwarf4", 20), Object("ppc64-dwarf4", 21), Object("riscv64-dwarf5", 243), Object("s390x-dwarf5", 22), Object("alpha-dwarf5", 0x9026), Object("sh4-dwarf5", 42),
        new("module signature", $"{Objects}.gcc-dwarf5-signed.ko", e => e.File.Whole().IndexOf("~Module signature appended~\n"u8) is not null),
        Target("i386, linked", $"{Plain}.i686-dwarf5.elf", 3, false, false), Target("arm, linked", $"{Plain}.arm-dwarf4.elf", 40, false, false), Target("mips, linked", $"{Plain}.mips-dwarf5.elf", 8, false, true),
        Target("s390x, linked", $"{Plain}.s390x-dwarf5.elf", 22, true, true), Target("ppc64le, linked", $"{Matrix}.ppc64le-dwarf5.elf", 21, true, false),
        Target("m68k, linked", $"{Matrix}.m68k-dwarf4.elf", 4, false, true), Target("x32, linked", $"{Matrix}.x32-dwarf5.elf", 62, false, false),
        new("BTF of pahole beside DWARF", $"{Plain}.gcc-dwarf5-btf.elf", e => e.Find(".debug_info") is not null && e.Find(".BTF") is not null, SourceChoice.Btf),
        new("BTF of pahole alone", $"{Plain}.btf.elf", e => e.Find(".debug_info") is null && e.Find(".BTF") is not null, SourceChoice.Btf),
        new("BTF of gcc -gbtf", $"{Matrix}.gcc-gbtf.elf", e => e.Find(".debug_info") is null && e.Find(".BTF") is not null, SourceChoice.Btf),
        new("split BTF", "page-era5-module/page-era5-module.split-btf.ko", e => e.Header.Type == ElfHeader.ET_REL && e.Find(".BTF") is not null, SourceChoice.Btf, $"{Plain}.btf.elf"),
        new("gzip", $"{Packed}.gz"), new("xz", $"{Packed}.xz"), new("lzma", $"{Packed}.lzma"), new("zstd stream", $"{Packed}.zst"), new("bzip2", $"{Packed}.bz2"), new("lz4, legacy frame", $"{Packed}.lz4"), new("lzo", $"{Packed}.lzo"),
    ];

    public static TheoryData<string> Cells() => [.. s_cells.Select(c => c.Name)];

    [Fact]
    public void Every_cell_has_a_name_of_its_own() => Assert.Equal(s_cells.Length, s_cells.Select(c => c.Name).Distinct().Count());

    [Theory]
    [MemberData(nameof(Cells))]
    public void Gives_the_one_layout_of_the_case(string cell)
    {
        (_, string file, Func<ElfFile, bool>? isIt, SourceChoice source, string? baseFile) = s_cells.Single(c => c.Name == cell);
        CodecLibrary.SkipUnlessThereFor(file.Contains("-zstd.", StringComparison.Ordinal) ? "zst" : Path.GetExtension(file).TrimStart('.'));
        if (isIt is not null)
        {
            using MappedFile mapped = MappedFile.Open(FixtureFile.PathOf(file));
            Assert.True(isIt(ElfFile.Read(mapped)), $"{file} is not what its cell says");
        }

        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(file), new ImageOptions(source, BasePath: baseFile is null ? null : FixtureFile.PathOf(baseFile)));
        // x32 aligns struct page as x86-64 does; i386's has no memcg_data.
        string target = file.Contains(".x32-", StringComparison.Ordinal) ? "x32" : file.Contains(".i686-", StringComparison.Ordinal) ? "i386" : $"{image.Types.Target.WordByteSize * 8}";
        string[] expected = File.ReadAllLines(FixtureFile.PathOf($"page-era5-matrix/expected-{target}.tsv"));
        Assert.True(expected.Length > 20);
        Assert.Equal(expected, expected.Select(row => Seen(image, row.Split('\t'))));
    }

    [Fact]
    public void Has_both_byte_orders_and_both_widths_of_six_foreign_targets()
    {
        List<(ushort Machine, bool Is64Bit, bool IsBigEndian)> targets = [];
        foreach (Cell cell in s_cells.Where(c => FixtureFile.IsElf(c.File)))
        {
            using MappedFile mapped = MappedFile.Open(FixtureFile.PathOf(cell.File));
            ElfHeader header = ElfFile.Read(mapped).Header;
            targets.Add((header.Machine, header.Is64Bit, header.IsBigEndian));
        }

        Assert.Equal(4, targets.Select(t => (t.Is64Bit, t.IsBigEndian)).Distinct().Count());
        Assert.True(targets.Select(t => t.Machine).Where(m => m != 62).Distinct().Count() >= 6);
    }

    // The expected row with what the image says in place of the numbers.
    private static string Seen(KernelImage image, string[] row)
    {
        if (image.Types.FindFirst(TypeName.Parse(row[0])) is not { } definition)
        {
            return $"{row[0]}: not found";
        }

        return row[1].Length == 0 ? $"{row[0]}\t\t\t{definition.Aggregate.ByteSize}"
            : MemberPath.Resolve(definition.Graph, definition.Root, row[1]) is { } member ? $"{row[0]}\t{row[1]}\t{member.BitOffset / 8}\t{member.BitSize / 8}"
            : $"{row[0]} {row[1]}: not found";
    }

    private static Cell Version(int version, string compiler, string file)
        => new($"DWARF {version}, {compiler}", file, e => FirstUnit(e).Version == version && e.Contents(".debug_str") is { } text && text.IndexOf(compiler == "gcc" ? "GNU C11"u8 : "clang version"u8) is not null);

    private static Cell Object(string encoding, ushort machine)
        => new($"ld -r, {encoding}", $"{Objects}.{encoding}.o", e => e.Header.Type == ElfHeader.ET_REL && e.Header.Machine == machine && (e.Find(".rela.debug_info") ?? e.Find(".rel.debug_info")) is not null);

    private static Cell Target(string name, string file, ushort machine, bool is64Bit, bool isBigEndian)
        => new(name, file, e => (e.Header.Machine, e.Header.Is64Bit, e.Header.IsBigEndian) == (machine, is64Bit, isBigEndian) && e.Header.Type != ElfHeader.ET_REL);

    private static int Count(ElfFile elf, string section) => elf.Sections.Count(s => s.Name == section);

    private static bool IsDwarf64(ElfFile elf) => elf.Contents(".debug_info")!.ReadFrom(0).ReadU32() == uint.MaxValue;

    // DW_AT_abstract_origin, DW_AT_type or DW_AT_import in DW_FORM_ref_addr, somewhere in .debug_abbrev.
    private static bool HasCrossReferences(ElfFile elf) => new byte[] { 0x31, 0x49, 0x18 }.Any(attribute => elf.Contents(".debug_abbrev")!.IndexOf([attribute, 0x10]) is not null);

    // ch_type of .debug_info, or 0.
    private static uint ChdrType(ElfFile elf)
    {
        ElfSection section = elf.Find(".debug_info")!;
        return (section.Flags & ElfSection.SHF_COMPRESSED) == 0 ? 0 : elf.File.Slice(section.Name, section.FileOffset, section.ByteSize, elf.Header.IsBigEndian).ReadFrom(0).ReadU32();
    }

    // Of the first unit header of .debug_info (32-bit DWARF): the version, the unit type of DWARF 5, and the tag of the first DIE.
    private static (int Version, int UnitType, ulong Tag) FirstUnit(ElfFile elf)
    {
        Section info = elf.Contents(".debug_info")!;
        UnitHeader unit = UnitHeader.Read(info, 0, DwarfSections.Find(elf)!.Format);
        AbbrevTable abbrevs = new(elf.Contents(".debug_abbrev")!);
        abbrevs.Load(unit);
        ulong code = info.ReadRange(unit.FirstDie, unit.End).ReadUleb();
        return (unit.Version, (int)unit.Type, (ulong)abbrevs.Get(code, info, unit.FirstDie).Tag);
    }

    private sealed record Cell(string Name, string File, Func<ElfFile, bool>? IsIt = null, SourceChoice Source = SourceChoice.Auto, string? BaseFile = null);
}
