using LayoutCheck.Elf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf;

/// <summary>Where the file is looked for that <c>dwz -m</c> moved common types to, and what is said when it is not there or another's.</summary>
public sealed class SupplementaryFileTests : IDisposable
{
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
}
