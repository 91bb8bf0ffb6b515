using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Split;

/// <summary>Split DWARF (page-era5-dwo/, page-era5-dwp/): skeletons in the image, types in .dwo files or a .dwp package. Layouts are compared with the compiler's in FixtureTruthTests.</summary>
public sealed class SplitDwarfTests
{
    private const string Dwo = "page-era5-dwo/";
    private const string Dwp = "page-era5-dwp/";

    public static TheoryData<string> Images() => [.. FixtureFile.All.Where(name => IsSplit(name) && name.EndsWith(".elf", StringComparison.Ordinal))];

    public static TheoryData<string> DwoFiles() => [.. FixtureFile.All.Where(name => name.StartsWith(Dwo, StringComparison.Ordinal) && name.EndsWith(".dwo", StringComparison.Ordinal))];

    public static TheoryData<string> Packages() => [.. FixtureFile.All.Where(name => name.StartsWith(Dwp, StringComparison.Ordinal) && name.EndsWith(".dwp", StringComparison.Ordinal))];

    [Fact]
    public void There_are_both_forms_of_both() => Assert.True(Images().Count >= 9 && DwoFiles().Count >= 10 && Packages().Count >= 4);

    [Theory]
    [MemberData(nameof(Images))]
    public void Every_unit_answers(string image)
    {
        using KernelImage opened = KernelImage.Open(FixtureFile.PathOf(image));
        Survey one = opened.Types.FindAll([TypeName.Parse("struct page")], 1);
        Survey two = opened.Types.FindAll([TypeName.Parse("struct page")], 2);

        TypeDefinition definition = Assert.Single(one.Sets[0].Distinct);
        // Of a package's type units the one definition is kept, with no unit that it is of.
        Assert.Equal(image.Contains("-types.", StringComparison.Ordinal) ? 1 : 2, definition.Units.Length);
        Assert.Equal(definition.Units.Select(u => (u.Index, u.Name, u.Producer)), two.Sets[0].Distinct[0].Units.Select(u => (u.Index, u.Name, u.Producer)));
        Assert.Contains(one.Facts.Languages, l => l.Language.StartsWith('C') && l.UnitCount >= 2);
        AssertIsPage(opened);
    }

    [Theory]
    [MemberData(nameof(DwoFiles))]
    public void A_dwo_file_by_itself_has_the_types_of_its_unit(string dwo)
    {
        using KernelImage opened = KernelImage.Open(FixtureFile.PathOf(dwo));
        AssertIsPage(opened);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_by_itself_is_refused(string package)
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(FixtureFile.PathOf(package)));
        Assert.Contains("is a package of split DWARF (.dwp)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gcc-dwarf4")]
    [InlineData("gcc-dwarf5")]
    [InlineData("clang-dwarf4")]
    [InlineData("clang-dwarf5")]
    public void Dwo_files_are_found_where_debug_dir_says_and_missed_by_name_where_nothing_says(string encoding) => InTwoDirectories((home, other) =>
    {
        string image = Copy($"{Dwo}page-era5-dwo.{encoding}.elf", home);
        _ = Copy($"{Dwo}a.{encoding}.dwo", other);
        InvalidImageException missing = Assert.Throws<InvalidImageException>(() => Page(image, new ImageOptions(SourceChoice.Auto, other)));
        Assert.Contains($"the types are in b.{encoding}.dwo, which is not there", missing.Message, StringComparison.Ordinal);

        _ = Copy($"{Dwo}b.{encoding}.dwo", other);
        Assert.Equal(2, Page(image, new ImageOptions(SourceChoice.Auto, other)).DefinitionCount);
        missing = Assert.Throws<InvalidImageException>(() => Page(image, new ImageOptions(SourceChoice.Auto)));
        Assert.Contains($"the types are in a.{encoding}.dwo, which is not there", missing.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("gcc-dwarf4")]
    [InlineData("gcc-dwarf5")]
    [InlineData("clang-dwarf5")]
    public void A_dwo_file_of_another_unit_is_refused(string encoding) => InTwoDirectories((home, other) =>
    {
        string image = Copy($"{Dwo}page-era5-dwo.{encoding}.elf", home);
        _ = Copy($"{Dwo}a.{encoding}.dwo", home);
        File.Copy(FixtureFile.PathOf($"{Dwo}a.{encoding}.dwo"), Path.Combine(home, $"b.{encoding}.dwo"));
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => Page(image, new ImageOptions(SourceChoice.Auto)));
        Assert.Contains($"b.{encoding}.dwo", e.Message, StringComparison.Ordinal);
        Assert.Contains("id", e.Message, StringComparison.Ordinal);
    });

    [Theory]
    [MemberData(nameof(Images))]
    public void Damage_anywhere_in_what_is_split_off_is_refused_or_read(string image) => InTwoDirectories((home, other) =>
    {
        string folder = image[..(image.IndexOf('/', StringComparison.Ordinal) + 1)];
        string path = Copy(image, home);
        string[] others = [.. FixtureFile.All.Where(f => f.StartsWith(folder, StringComparison.Ordinal) && !f.EndsWith(".elf", StringComparison.Ordinal))];
        Array.ForEach(others, o => Copy(o, home));
        Random random = new(20261125);
        string[] own = [.. others.Where(o => o.Contains(image[(folder.Length + folder.Length)..^4], StringComparison.Ordinal) || o.Contains(Path.GetFileName(image), StringComparison.Ordinal))];
        Assert.NotEmpty(own);
        for (int i = 0; i < 60; i++)
        {
            string victim = own[random.Next(own.Length)];
            byte[] bytes = [.. FixtureFile.Bytes(victim)];
            for (int n = random.Next(1, 5); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Path.Combine(home, Path.GetFileName(victim)), random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            try
            {
                _ = Page(path, new ImageOptions(SourceChoice.Auto));
            }
            catch (InvalidImageException)
            {
                // Refused, as it may be; any other exception fails the test.
            }

            _ = Copy(victim, home);
        }
    });

    private static bool IsSplit(string name) => name.StartsWith(Dwo, StringComparison.Ordinal) || name.StartsWith(Dwp, StringComparison.Ordinal);

    private static void AssertIsPage(KernelImage image)
    {
        TypeDefinition page = image.Types.FindFirst(TypeName.Parse("struct page"))!;
        TypeDefinition expected = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page");
        Assert.Equal(expected.Aggregate.ByteSize, page.Aggregate.ByteSize);
        foreach (string member in new[] { "flags", "compound_head", "zone_device_data", "mapping", "_refcount" })
        {
            Assert.Equal(MemberPath.Resolve(expected.Graph, expected.Root, member)!.BitOffset, MemberPath.Resolve(page.Graph, page.Root, member)!.BitOffset);
        }
    }

    private static DefinitionSet Page(string image, ImageOptions options)
    {
        using KernelImage opened = KernelImage.Open(image, options);
        return opened.Types.FindAll([TypeName.Parse("struct page")], 1).Sets[0];
    }

    private static string Copy(string fixture, string directory)
    {
        string path = Path.Combine(directory, Path.GetFileName(fixture));
        File.Copy(FixtureFile.PathOf(fixture), path, overwrite: true);
        return path;
    }

    private static void InTwoDirectories(Action<string, string> test)
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("layoutcheck-");
        try
        {
            test(root.CreateSubdirectory("home").FullName, root.CreateSubdirectory("other").FullName);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
