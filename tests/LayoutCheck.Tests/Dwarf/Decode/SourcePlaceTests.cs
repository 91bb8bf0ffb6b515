using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>Where types and members are declared: the compilers' line tables against the fixtures' sources, which are beside them.</summary>
public sealed class SourcePlaceTests
{
    public static TheoryData<string> Shapes() => Fixtures("shapes/");

    public static TheoryData<string> Pages() => Fixtures("page-era5");

    private static TheoryData<string> Fixtures(string start)
        => [.. FixtureFile.All.Where(name => name.StartsWith(start, StringComparison.Ordinal) && Tests.Fixtures.FixtureTruthTests.IsForDwarf(name))];

    // The sources of the other fixtures may have grown since.
    [Theory]
    [MemberData(nameof(Pages))]
    public void Are_the_same_however_they_are_encoded(string fixture)
    {
        TypeDefinition expected = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page");
        TypeDefinition page = FixtureFile.Definition(fixture, "struct page", SourceChoice.Dwarf);
        Assert.Equal("page.h", page.Aggregate.Place?.File);
        Assert.Equal(expected.Aggregate.Place, page.Aggregate.Place);
        Assert.Equal(expected.Aggregate.Members[0].Place, page.Aggregate.Members[0].Place);
        // GCC tells no place for a member without a name.
        Assert.All(page.Aggregate.Members.Where(m => m.Name is not null), m => Assert.Equal("page.h", m.Place?.File));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Are_the_lines_of_the_source(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture, SourceChoice.Dwarf);
        int count = 0;
        foreach (TypeName type in image.Types.DefinedNames())
        {
            TypeDefinition first = image.Types.FindFirst(type)!;
            count += CountPlaces(first);
            TypeDefinition all = Assert.Single(image.Types.FindAll([type], 2, withPlaces: true).Sets[0].Distinct);
            Assert.Equal(first.Aggregate.Place, all.Aggregate.Place);
            Assert.Equal(CountPlaces(first), CountPlaces(all));
            Assert.Null(Assert.Single(image.Types.FindAll([type], 2).Sets[0].Distinct).Aggregate.Place);
        }

        Assert.True(count > 20, $"{count} places");
    }

    private static int CountPlaces(TypeDefinition definition)
    {
        int count = 0;
        Check(definition.Aggregate.Place, definition.Aggregate.Name!);
        foreach (Member member in definition.Aggregate.Members)
        {
            CountMember(definition.Graph, member);
        }

        return count;

        void CountMember(TypeGraph graph, Member member)
        {
            if (member.Name is { } name)
            {
                Check(member.Place, name);
            }

            if (graph.AsAggregate(member.Type) is { Name: null } inner)
            {
                Assert.All(inner.Members, m => CountMember(graph, m));
            }
        }

        void Check(SourcePlace? place, string name)
        {
            Assert.NotNull(place);
            string line = File.ReadLines(FixtureFile.PathOf(place.File)).ElementAt((int)place.Line - 1);
            // Some names come out of macros.
            Assert.True(line.Contains(name, StringComparison.OrdinalIgnoreCase) || line.Contains('(', StringComparison.Ordinal), $"{name} is said to be at {place.File}:{place.Line}, which is: {line}");
            count++;
        }
    }

    [Theory]
    [InlineData("mm_types.h", "include/linux", "/build/linux", "include/linux/mm_types.h")]
    [InlineData("mm_types.h", "./include/linux", "/build/linux", "include/linux/mm_types.h")]
    [InlineData("./include/linux/mm_types.h", "", "/build/linux", "include/linux/mm_types.h")]
    [InlineData("mm_types.h", "/build/linux/include/linux", "/build/linux", "include/linux/mm_types.h")]
    [InlineData("/build/linux/include/linux/mm_types.h", "", "/build/linux", "include/linux/mm_types.h")]
    [InlineData("main.c", "/build/linux", "/build/linux", "main.c")]
    [InlineData("mm_types.h", "/build/linux/include/linux", "/build/linux/debian/build/amd64", "include/linux/mm_types.h")]
    [InlineData("mm_types.h", "../../../include/linux", "/build/linux/debian/build/amd64", "include/linux/mm_types.h")]
    [InlineData("xen-head.S", "arch/x86/kernel/../../x86/xen", "/build/linux", "arch/x86/xen/xen-head.S")]
    [InlineData("bounds.h", "debian/build/amd64/include/generated", "debian/build/amd64", "include/generated/bounds.h")]
    [InlineData("page.h", ".", ".", "page.h")]
    [InlineData("main.c", "/root", "/root", "main.c")]
    [InlineData("stddef.h", "/usr/lib/gcc/include", "/usr/src/linux", "/usr/lib/gcc/include/stddef.h")]
    [InlineData("stddef.h", "/usr/lib/gcc/include", "/build/linux", "/usr/lib/gcc/include/stddef.h")]
    [InlineData("stddef.h", "/usr/lib/gcc/include", "", "/usr/lib/gcc/include/stddef.h")]
    [InlineData("stddef.h", "/usr/lib/gcc/include", "debian/build", "/usr/lib/gcc/include/stddef.h")]
    public void Paths_are_told_from_the_source_tree(string file, string directory, string compilationDirectory, string expected)
        => Assert.Equal(expected, SourcePath.Of(file, directory, compilationDirectory));

    // Of the damage nothing is said where nobody asked for lines.
    [Theory]
    [InlineData("version", "the line table at .debug_line+0x0 is of version 9, which is not known")]
    [InlineData("length", "the line table at .debug_line+0x0 is cut short")]
    [InlineData("header length", "the line table at .debug_line+0x0 is cut short")]
    [InlineData("offset", "the line table at .debug_line+0x1000 would lie behind the end of its section, which has 0x24 bytes")]
    [InlineData("no section", "there is no .debug_line section")]
    [InlineData("no table", "its unit has no line table")]
    [InlineData("file", "the line table has 2 files, and file 7 is named")]
    [InlineData("string", "the line table is damaged: .debug_line: ")]
    [InlineData("no lines", "the debug information does not have them")]
    [InlineData("directory", "the line table is damaged: .debug_str: ")]
    [InlineData("btf", "BTF does not have them")]
    [InlineData("nothing", null)]
    public void A_line_table_that_cannot_be_read_is_told_to_who_asks_for_lines(string damage, string? problem)
    {
        DwarfBuilder dwarf = new();
        ulong table = dwarf.AddLineTable("include"u8.ToArray(), "page.h"u8.ToArray());
        switch (damage)
        {
            case "version":
                dwarf.Line.Patch(4, 9, 2);
                break;
            case "length":
                dwarf.Line.Patch(0, 0x1000, 4);
                break;
            case "header length":
                dwarf.Line.Patch(6, 0x1000, 4);
                break;
            case "string":
                dwarf.Line.Patch(6, 12, 4);
                break;
        }

        List<At> root = [At.Language(DwLang.DW_LANG_C11), At.Name("unit.c")];
        if (damage != "no table")
        {
            root.Add(At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, damage == "offset" ? 0x1000 : table));
        }

        if (damage == "directory")
        {
            root.Add(At.Offset(DwAt.DW_AT_comp_dir, DwForm.DW_FORM_strp, 0x1000));
        }

        DwarfUnit unit = dwarf.Unit(4, root: [.. root]);
        unit.Int();
        At[] place = damage == "no lines" ? [] : [At.Data1(DwAt.DW_AT_decl_file, damage == "file" ? 7 : 1), At.Data1(DwAt.DW_AT_decl_line, 9)];
        unit.Begin(DwTag.DW_TAG_structure_type, [At.Name("page"), At.Size(4), .. place]);
        unit.Leaf(DwTag.DW_TAG_member, [At.Name("flags"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0), .. place]);
        unit.End();
        Tests.Btf.BtfBuilder btf = new();
        _ = btf.Struct("page", 4, ("flags", btf.Int("int", 4, 1), 0));
        dwarf.Others.Add((".BTF", btf.Build()));
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, damage == "no section" ? Without(dwarf.ToBytes(), ".debug_line") : dwarf.ToBytes());

        foreach (string[] how in new string[][] { [], ["--all"], ["--format", "json"] })
        {
            string[] arguments = ["show", path, "page", .. how, "--source", damage == "btf" ? "btf" : "dwarf"];
            ProgramResult plain = ProgramRun.Run(arguments);
            ProgramResult lines = ProgramRun.Run([.. arguments, "--lines"]);

            Assert.Equal((0, ""), (plain.ExitCode, plain.Err));
            Assert.Equal(0, lines.ExitCode);
            if (problem is null)
            {
                Assert.Equal("", lines.Err);
                Assert.Contains(how is ["--format", ..] ? "\"file\": \"include/page.h\"" : "/* line 9 */", lines.Out, StringComparison.Ordinal);
            }
            else
            {
                Assert.StartsWith($"layoutcheck: struct page: lines are missing: {problem}", Assert.Single(lines.ErrLines), StringComparison.Ordinal);
                Assert.Equal(plain.Out, lines.Out);
            }
        }

        File.Delete(path);

        static byte[] Without(byte[] image, string section)
        {
            System.Text.Encoding.ASCII.GetBytes(".other_name").CopyTo(image, image.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(section + "\0")));
            return image;
        }
    }

    // A line table of DWARF 5: the directory "include", and the files "unit.c", "page.h", whose columns stand in these forms.
    private static void AddLineTable5(DwarfBuilder dwarf, DwForm pathForm, DwForm directoryForm)
    {
        ByteWriter tables = new(false);
        void Path(string path)
        {
            switch (pathForm)
            {
                case DwForm.DW_FORM_string:
                    tables.Text(path);
                    break;
                case DwForm.DW_FORM_line_strp:
                    tables.U32(dwarf.AddLineString(path));
                    break;
                case DwForm.DW_FORM_strp:
                    tables.U32(dwarf.AddString(path));
                    break;
                default:
                    // The table of string offsets has no header: its base leads to its first entry.
                    ulong index = (ulong)dwarf.StrOffsets.Length / 4;
                    dwarf.StrOffsets.U32(dwarf.AddString(path));
                    _ = pathForm switch
                    {
                        DwForm.DW_FORM_strx1 => tables.U8(index),
                        DwForm.DW_FORM_strx2 => tables.U16(index),
                        DwForm.DW_FORM_strx3 => tables.Unsigned(index, 3),
                        DwForm.DW_FORM_strx4 or DwForm.DW_FORM_data4 => tables.U32(index),
                        _ => tables.Uleb(index),
                    };
                    break;
            }
        }

        void File(string path, ulong directory)
        {
            Path(path);
            _ = directoryForm switch
            {
                DwForm.DW_FORM_data1 => tables.U8(directory),
                DwForm.DW_FORM_data2 => tables.U16(directory),
                DwForm.DW_FORM_data4 => tables.U32(directory),
                DwForm.DW_FORM_string => tables.Text("1"),
                _ => tables.Uleb(directory),
            };
            tables.Raw(new byte[16]); // the sum, of which nothing is asked
        }

        tables.U8(1).U8(1).Uleb((ulong)pathForm).Uleb(2);
        Path("/src");
        Path("include");
        tables.U8(3).U8(1).Uleb((ulong)pathForm).U8(2).Uleb((ulong)directoryForm).U8(5).Uleb((ulong)DwForm.DW_FORM_data16).Uleb(2);
        File("unit.c", 0);
        File("page.h", 1);
        dwarf.Line.U32((ulong)tables.Length + 14).U16(5).U8(8).U8(0).U32((ulong)tables.Length + 6).U8(1).U8(1).U8(1).U8(1).U8(1).U8(1).Raw(tables.ToArray());
    }

    private static TypeDefinition DefinedAtLine9(DwarfBuilder dwarf, int version, params At[] root)
    {
        DwarfUnit unit = dwarf.Unit(version, root: [At.Language(DwLang.DW_LANG_C11), At.Name("unit.c"), .. root]);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4), At.Data1(DwAt.DW_AT_decl_file, 1), At.Data1(DwAt.DW_AT_decl_line, 9));
        unit.End();
        return DwarfUnderTest.StructS(dwarf);
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_string), nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_line_strp), nameof(DwForm.DW_FORM_data1))]
    [InlineData(nameof(DwForm.DW_FORM_strp), nameof(DwForm.DW_FORM_data2))]
    [InlineData(nameof(DwForm.DW_FORM_strx), nameof(DwForm.DW_FORM_data4))]
    [InlineData(nameof(DwForm.DW_FORM_strx1), nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_strx2), nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_strx3), nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_strx4), nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_udata), nameof(DwForm.DW_FORM_udata))]
    [InlineData(nameof(DwForm.DW_FORM_data4), nameof(DwForm.DW_FORM_udata), "the line table is damaged: .debug_line: a path in DW_FORM_data4")]
    [InlineData(nameof(DwForm.DW_FORM_string), nameof(DwForm.DW_FORM_string), "the line table is damaged: .debug_line: a directory index in DW_FORM_string")]
    [InlineData(nameof(DwForm.DW_FORM_strx1), nameof(DwForm.DW_FORM_udata), "the line table is damaged: .debug_line: a path in DW_FORM_strx1", false)]
    public void A_line_table_of_DWARF_5_has_paths_and_directories_in_the_forms(string path, string directory, string? problem = null, bool hasBase = true)
    {
        DwarfBuilder dwarf = new();
        AddLineTable5(dwarf, Enum.Parse<DwForm>(path), Enum.Parse<DwForm>(directory));
        At lines = At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, 0);

        TypeDefinition definition = DefinedAtLine9(dwarf, 5, hasBase ? [lines, At.Offset(DwAt.DW_AT_str_offsets_base, DwForm.DW_FORM_sec_offset, 0)] : [lines]);

        Assert.Equal(problem is null ? new SourcePlace("include/page.h", 9) : null, definition.Aggregate.Place);
        Assert.Equal(problem, definition.Graph.PlacesProblem);
    }

    // Before DWARF 4 an offset was a number like others; in 64-bit DWARF one of 8 bytes.
    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_data4))]
    [InlineData(nameof(DwForm.DW_FORM_data8))]
    public void A_line_table_is_named_by(string form)
    {
        DwarfBuilder dwarf = new();
        dwarf.AddLineTable("wrong"u8.ToArray(), "wrong.h"u8.ToArray());
        ulong table = dwarf.AddLineTable("include"u8.ToArray(), "page.h"u8.ToArray());

        TypeDefinition definition = DefinedAtLine9(dwarf, 3, new At(DwAt.DW_AT_stmt_list, Enum.Parse<DwForm>(form), (w, _) => w.Unsigned(table, form == nameof(DwForm.DW_FORM_data8) ? 8 : 4)));

        Assert.Equal(new SourcePlace("include/page.h", 9), definition.Aggregate.Place);
    }

    [Fact]
    public void Show_tells_them()
    {
        string fixture = FixtureFile.PathOf("page-era5/page-era5.gcc-dwarf5.elf");
        string plain = ProgramRun.Run("show", fixture, "page").Out;
        string text = ProgramRun.Run("show", fixture, "page", "--lines").Out;
        ulong page = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page").Aggregate.Place!.Line;

        Assert.Contains($"/* declared at page.h:{page} */\nstruct page {{\n", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("line ", plain, StringComparison.Ordinal);
        Assert.Contains($"flags;                /*     0     8 */ /* line {page + 1} */\n", text, StringComparison.Ordinal);
        Assert.Contains($"\"file\": \"page.h\",\n      \"line\": {page},\n", ProgramRun.Run("show", fixture, "page", "--format", "json").Out, StringComparison.Ordinal);
    }
}
