using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Split;

/// <summary>Where the file is looked for that <c>dwz -m</c> moved common types to, and what is said when it is not there or another's.</summary>
public sealed class SupplementaryFileTests : IDisposable
{
    private static readonly TypeName s_struct = TypeName.Parse("struct s");
    private static readonly TypeName Page = TypeName.Parse("struct page");

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-sup-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private static string Fixture(string name) => FixtureFile.PathOf($"page-era5-common/page-era5-common.{name}");

    private string Copy(string name, string to)
    {
        string path = Path.Combine(_folder, to);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(Fixture(name), path, true);
        return path;
    }

    private static string BuildId(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        return ElfFile.Read(file).BuildId()!;
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("sup")]
    public void Has_what_the_file_had_before(string how)
    {
        TypeDefinition expected = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page");
        using KernelImage image = KernelImage.Open(Fixture($"{how}.elf"));
        TypeDefinition first = image.Types.FindFirst(Page)!;
        TypeDefinition all = Assert.Single(image.Types.FindAll([Page], 2, withPlaces: true).Sets[0].Distinct);

        Assert.Null(DefinitionEquality.FirstDifference(expected.Graph, expected.Root, first.Graph, first.Root));
        Assert.Null(DefinitionEquality.FirstDifference(expected.Graph, expected.Root, all.Graph, all.Root));
        // The page-b.c that was there too is in another program: only this one's units count.
        Assert.Equal("page-a.c", Assert.Single(all.Units).Name);
        Assert.StartsWith("GNU C11", all.Units[0].Producer, StringComparison.Ordinal);
        Assert.Equal(first.Units, all.Units);
        Assert.Equal(expected.Aggregate.Place, first.Aggregate.Place);
        Assert.Equal(expected.Aggregate.Place, all.Aggregate.Place);
        Assert.Contains(Page, image.Types.DefinedNames());
    }

    [Theory]
    [InlineData("gnu", ".gnu_debugaltlink")]
    [InlineData("sup", ".debug_sup")]
    public void Is_refused_when_it_is_not_there(string how, string section)
    {
        string path = Copy($"{how}.elf", "image");

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(path));

        Assert.Equal(section, e.Section);
        Assert.Contains($"types and names are in page-era5-common.{how}.dwz (dwz -m), which is not there", e.Problem, StringComparison.Ordinal);
        Assert.Contains("--debug-dir", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_refused_when_it_is_of_another_build()
    {
        string path = Copy("gnu.elf", "image");
        Copy("gnu.elf", "page-era5-common.gnu.dwz");

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(path));

        Assert.Contains("is of another build", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_found_by_its_build_id_below_the_debug_directory()
    {
        string path = Copy("gnu.elf", "image");
        string id = BuildId(Fixture("gnu.dwz"));
        Copy("gnu.dwz", $"debug/.build-id/{id[..2]}/{id[2..]}.debug");

        using KernelImage image = KernelImage.Open(path, new ImageOptions(DebugDirectory: Path.Combine(_folder, "debug")));

        Assert.NotNull(image.Types.FindFirst(Page));
    }

    [Fact]
    public void Is_found_by_a_path_from_the_images_directory()
    {
        string path = Copy("gnu.elf", "image");
        Copy("gnu.dwz", "page-era5-common.gnu.dwz");

        using KernelImage image = KernelImage.Open(Path.GetRelativePath(Directory.GetCurrentDirectory(), path));

        Assert.NotNull(image.Types.FindFirst(Page));
    }

    // What no dwz writes: an image with a unit that imports one of a supplementary file, and the file beside it.
    private string Built(DwarfBuilder image, byte[]? supplement, byte[]? link = null)
    {
        image.Others.Add(link is null ? (".gnu_debugaltlink", [.. "common"u8, 0, 1, 2, 3]) : (".debug_sup", link));
        string path = Path.Combine(_folder, "built");
        File.WriteAllBytes(path, image.ToBytes());
        if (supplement is not null)
        {
            File.WriteAllBytes(Path.Combine(_folder, "common"), supplement);
        }

        return path;
    }

    // .debug_sup of DWARF 5 §7.3.6.
    private static byte[] Sup(ushort version, bool isSupplementary, string name, params byte[] id)
        => new ByteWriter(false).U16(version).U8(isSupplementary ? 1u : 0u).Text(name).Uleb((ulong)id.Length).Raw(id).ToArray();

    private static DwarfBuilder Supplement(params byte[] id)
    {
        DwarfBuilder supplement = new();
        supplement.Others.Add((".debug_sup", Sup(5, true, "", id)));
        return supplement;
    }

    private static DwarfUnit Importing(DwarfBuilder image, DwForm form, ulong at)
    {
        DwarfUnit unit = image.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("a.c")]);
        unit.Leaf(DwTag.DW_TAG_imported_unit, new At(DwAt.DW_AT_import, form, (w, _) => w.Unsigned(at, form == DwForm.DW_FORM_ref_sup8 ? 8 : 4)));
        return unit;
    }

    private static void Define(DwarfUnit unit, string name)
    {
        unit.StructOf(name, $"int for {name}");
        unit.Mark($"int for {name}");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_GNU_ref_alt))]
    [InlineData(nameof(DwForm.DW_FORM_ref_sup4))]
    [InlineData(nameof(DwForm.DW_FORM_ref_sup8))]
    public void Has_parts_that_units_of_the_image_import_by(string form)
    {
        DwarfBuilder supplement = Supplement(1, 2, 3);
        Define(supplement.Unit(type: DwUnitType.DW_UT_partial, root: [At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, 0)]), "other");
        DwarfUnit part = supplement.Unit(type: DwUnitType.DW_UT_partial, root: [At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, 0)]);
        part.Leaf(DwTag.DW_TAG_imported_unit, At.Ref(DwAt.DW_AT_import, "unit 2", DwForm.DW_FORM_ref_addr));
        Define(supplement.Unit(type: DwUnitType.DW_UT_partial, root: [At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, 0)]), "s");
        DwarfBuilder dwarf = new();
        Importing(dwarf, Enum.Parse<DwForm>(form), supplement.OffsetOf("unit 1"));
        using KernelImage image = KernelImage.Open(Built(dwarf, supplement.ToBytes()));

        Assert.Equal("a.c", Assert.Single(image.Types.FindFirst(s_struct)!.Units).Name);
        Assert.Equal([s_struct], image.Types.DefinedNames());
        foreach (int threads in new[] { 1, 2 })
        {
            Survey survey = image.Types.FindAll([s_struct, TypeName.Parse("struct other")], threads);
            Assert.Equal("a.c", Assert.Single(Assert.Single(survey.Sets[0].Distinct).Units).Name);
            Assert.Empty(survey.Sets[1].Distinct);
        }
    }

    [Fact]
    public void Is_refused_where_a_unit_imports_what_is_no_unit_of_it()
    {
        DwarfBuilder supplement = Supplement(1, 2, 3);
        Define(supplement.Unit(type: DwUnitType.DW_UT_partial, root: []), "s");
        DwarfBuilder dwarf = new();
        dwarf.Unit();
        DwarfUnit importer = Importing(dwarf, DwForm.DW_FORM_GNU_ref_alt, supplement.OffsetOf("s"));
        string path = Built(dwarf, supplement.ToBytes());

        foreach (Action<ITypeSource> ask in new Action<ITypeSource>[] { types => types.FindFirst(s_struct), types => types.FindAll([s_struct], 1), types => types.DefinedNames() })
        {
            using KernelImage image = KernelImage.Open(path);
            InvalidImageException e = Assert.Throws<InvalidImageException>(() => ask(image.Types));
            Assert.Equal($"the unit imports one at 0x{supplement.OffsetOf("s"):x} of {Path.Combine(_folder, "common")}, where none has its DIE", e.Problem);
            Assert.Equal((path, ".debug_info", importer.Offset), (e.File, e.Section, e.Offset));
        }
    }

    /// <summary>Its strings would be looked for in the image, and what they name taken for the image's.</summary>
    [Fact]
    public void Is_refused_when_it_is_of_split_DWARF_itself()
    {
        DwarfBuilder supplement = Supplement(1, 2, 3);
        supplement.Unit();
        DwarfUnit skeleton = supplement.Unit(
            type: DwUnitType.DW_UT_skeleton, root: [At.Offset(DwAt.DW_AT_dwo_name, DwForm.DW_FORM_strp, supplement.AddString("a.dwo"))], dwoId: 9);
        DwarfBuilder dwarf = new();
        // At the same place of the image's own strings.
        dwarf.AddString("b.dwo");
        dwarf.Unit();
        DwarfBuilder dwo = new() { Suffix = ".dwo" };
        Define(dwo.Unit(type: DwUnitType.DW_UT_split_compile, dwoId: 9), "s");
        File.WriteAllBytes(Path.Combine(_folder, "b.dwo"), dwo.ToBytes());
        using KernelImage image = KernelImage.Open(Built(dwarf, supplement.ToBytes()));

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([s_struct], 1));

        Assert.Equal("split DWARF in a file that others refer to, which cannot be read", e.Problem);
        Assert.Equal((Path.Combine(_folder, "common"), ".debug_info", skeleton.Offset), (e.File, e.Section, e.Offset));
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_GNU_strp_alt))]
    [InlineData(nameof(DwForm.DW_FORM_strp_sup))]
    public void Has_names_of_units_and_producers(string form)
    {
        DwarfBuilder supplement = Supplement(1, 2, 3);
        supplement.Unit();
        DwarfBuilder dwarf = new();
        At Text(DwAt attribute, string text) => At.Offset(attribute, Enum.Parse<DwForm>(form), supplement.AddString(text));
        Define(dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), Text(DwAt.DW_AT_name, "common.c"), Text(DwAt.DW_AT_producer, "gcc 0")]), "s");
        using KernelImage image = KernelImage.Open(Built(dwarf, supplement.ToBytes()));

        Assert.Equal(new DefiningUnit(0, "common.c", "gcc 0"), Assert.Single(image.Types.FindFirst(s_struct)!.Units));
        Assert.Equal(new DefiningUnit(0, "common.c", "gcc 0"), Assert.Single(image.Types.FindAll([s_struct], 1).Sets[0].Distinct[0].Units));
    }

    [Theory]
    [InlineData("text", "common", null, "is not an ELF file, and built refers to it")]
    [InlineData("no id", "built", ".gnu_debugaltlink", "types and names are in common (dwz -m), and common is of another build (id missing, 010203 is meant)")]
    [InlineData("no DWARF", "common", null, "has no DWARF (no .debug_info section), and another file refers to it")]
    [InlineData("later version", "common", ".debug_sup", "is of version 6, which cannot be read (5 can)")]
    [InlineData("link of a later version", "built", ".debug_sup", "is of version 6, which cannot be read (5 can)")]
    public void Is_refused_when_it_is(string what, string file, string? section, string problem)
    {
        byte[] supplement = what switch
        {
            "text" => "text"u8.ToArray(),
            "no id" => new DwarfBuilder().ToBytes(),
            "no DWARF" => new ElfBuilder().Add(".debug_sup", Sup(5, true, "", 1, 2, 3)).ToBytes(),
            _ => new ElfBuilder().Add(".debug_sup", Sup(6, true, "", 1, 2, 3)).ToBytes(),
        };
        DwarfBuilder dwarf = new();
        dwarf.Unit();
        string path = Built(dwarf, supplement, what == "link of a later version" ? Sup(6, false, "common", 1, 2, 3) : null);

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(path));

        Assert.Equal(problem, e.Problem.Replace(_folder + "/", "", StringComparison.Ordinal));
        Assert.Equal((Path.Combine(_folder, file), section), (e.File, e.Section));
    }
}
