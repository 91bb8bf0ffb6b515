using LayoutCheck.Dwarf;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf;

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
