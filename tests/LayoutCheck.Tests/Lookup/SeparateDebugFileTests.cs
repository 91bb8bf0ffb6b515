using System.Text;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Lookup;

/// <summary>Debug information that was split off, in each place where it may be, and in none.</summary>
public sealed class SeparateDebugFileTests : IDisposable
{
    private const string Linked = "page-era5-split/page-era5-split.linked.elf";
    private const string Unlinked = "page-era5-split/page-era5-split.unlinked.elf";
    private const string Debug = "page-era5-split/page-era5-split.debug";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("layoutcheck-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Finds_the_linked_file_beside_the_image() => AssertReads(FixtureFile.PathOf(Linked), null);

    [Fact]
    public void Finds_the_linked_file_in_the_folder_for_it()
    {
        string image = Copy(Linked, "image");
        Copy(Debug, ".debug/page-era5-split.debug");
        AssertReads(image, null);
    }

    [Fact]
    public void Finds_the_linked_file_where_the_user_says()
    {
        string image = Copy(Linked, "image");
        Copy(Debug, "elsewhere/page-era5-split.debug");
        AssertReads(image, In("elsewhere"));

        // Also with the image's own path below it, as /usr/lib/debug has it.
        Copy(Debug, "other" + In("page-era5-split.debug"));
        AssertReads(image, In("other"));
    }

    [Fact]
    public void Finds_a_file_by_its_build_id()
    {
        string image = Copy(Unlinked, "image");
        string id = BuildId();
        Copy(Debug, $"ids/.build-id/{id[..2]}/{id[2..]}.debug");
        AssertReads(image, In("ids"));
    }

    [Fact]
    public void Says_what_is_not_there()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(Copy(Linked, "image")));
        Assert.Equal("has no debug information (neither .debug_info nor .BTF)", e.Problem);
        Assert.Equal("its debug information was split off into page-era5-split.debug, which is not beside it: name that file, or its directory (--debug-dir DIR), or fetch it by its build id (--debuginfod)", e.Remedy);
        // Debian's modules of 5.10 name a file of their own name, elsewhere.
        e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(Copy(Linked, "page-era5-split.debug")));
        Assert.Equal("its debug information was split off into another file of its name, which is not found: name that file, or its directory (--debug-dir DIR), or fetch it by its build id (--debuginfod)", e.Remedy);
        e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(Copy(Unlinked, "unlinked")));
        Assert.StartsWith("name the vmlinux of the kernel's debug package", e.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_of_another_build()
    {
        string image = Copy(Unlinked, "image");
        string id = BuildId();
        Copy("page-era5/page-era5.gcc-dwarf5.elf", $"ids/.build-id/{id[..2]}/{id[2..]}.debug");
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(image, new ImageOptions(DebugDirectory: In("ids"))));
        Assert.Matches($"is of another build \\(build id [0-9a-f]{{40}}, this is {id}\\)", e.Problem);
        Assert.Contains("--debug-dir", e.Remedy, StringComparison.Ordinal);
    }

    // By its place alone nothing says that it belongs to the image; by a checksum it does.
    [Fact]
    public void A_file_without_a_build_id_is_refused_by_its_place_and_taken_by_its_checksum()
    {
        byte[] debug = WithoutBuildId(FixtureFile.Bytes(Debug));
        string image = Copy(Unlinked, "image");
        string id = BuildId();
        Write($"ids/.build-id/{id[..2]}/{id[2..]}.debug", debug);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(image, new ImageOptions(DebugDirectory: In("ids"))));
        Assert.EndsWith($".debug is of another build (build id missing, this is {id})", e.Problem, StringComparison.Ordinal);

        byte[] linked = FixtureFile.Bytes(Linked);
        BitConverter.GetBytes(Crc(debug)).CopyTo(linked, linked.AsSpan().IndexOf(BitConverter.GetBytes(Crc(FixtureFile.Bytes(Debug)))));
        Write("page-era5-split.debug", debug);
        AssertReads(Write("linked", linked), null);
    }

    // A build id says more than a checksum does.
    [Fact]
    public void Refuses_a_linked_file_of_another_build_though_its_checksum_is_right()
    {
        byte[] debug = FixtureFile.Bytes(Debug);
        byte[] id = Convert.FromHexString(BuildId());
        debug[debug.AsSpan().IndexOf(id)] ^= 1;
        byte[] linked = FixtureFile.Bytes(Linked);
        BitConverter.GetBytes(Crc(debug)).CopyTo(linked, linked.AsSpan().IndexOf(BitConverter.GetBytes(Crc(FixtureFile.Bytes(Debug)))));
        Write("page-era5-split.debug", debug);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(Write("linked", linked)));
        Assert.EndsWith($"is of another build (build id {Convert.ToHexStringLower([(byte)(id[0] ^ 1), .. id[1..]])}, this is {BuildId()})", e.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_file_with_another_checksum()
    {
        string image = Copy(Linked, "image");
        string debug = Copy(Debug, "page-era5-split.debug");
        File.AppendAllText(debug, "x");
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(image));
        Assert.Matches("is not the file that was split off \\(its CRC is 0x[0-9a-f]{8}, .gnu_debuglink has 0x[0-9a-f]{8}\\)", e.Problem);
    }

    [Fact]
    public void Refuses_what_is_no_ELF_file_where_the_debug_file_should_be()
    {
        string image = Copy(Linked, "image");
        File.WriteAllText(In("page-era5-split.debug"), "nothing of the kind");
        Assert.EndsWith("page-era5-split.debug is not an ELF file", Assert.Throws<InvalidImageException>(() => KernelImage.Open(image)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Does_not_follow_directories_in_a_link()
    {
        // "../secret" is looked for as "secret", beside the image.
        string image = In("image");
        File.WriteAllBytes(image, new ElfBuilder().Add(".gnu_debuglink", [.. "../secret\0\0\0"u8, 1, 2, 3, 4]).ToBytes());
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(image));
        Assert.StartsWith("its debug information was split off into secret,", e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../..")]
    [InlineData("secret/")]
    public void A_link_that_names_no_file_is_none(string link)
    {
        byte[] name = [.. Encoding.ASCII.GetBytes(link), 0];
        byte[] section = [.. name, .. new byte[-name.Length & 3], 1, 2, 3, 4];
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.Open(Write("image", new ElfBuilder().Add(".gnu_debuglink", section).ToBytes())));
        Assert.Equal("has no debug information (neither .debug_info nor .BTF)", e.Problem);
        Assert.StartsWith("name the vmlinux of the kernel's debug package", e.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xcbf43926u)] // the check value of every table of CRCs
    [InlineData("12345678", 0x9ae0daafu)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414fa339u)]
    public void Computes_the_CRC_of_zlib(string text, uint crc)
    {
        using MappedFile file = MappedFile.FromBytes("text", Encoding.ASCII.GetBytes(text));
        Assert.Equal(crc, Checksum.Crc32Of(file.Whole()));
    }

    private static string BuildId()
    {
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(Unlinked));
        return ElfFile.Read(file).BuildId()!;
    }

    private static void AssertReads(string path, string? directory)
    {
        using KernelImage image = KernelImage.Open(path, new ImageOptions(DebugDirectory: directory));
        Assert.Equal(SourceKind.Dwarf, image.Types.Kind);
        Assert.Equal((path, BuildId()), (image.Path, image.ReadFacts().BuildId));
        TypeDefinition found = image.Types.FindFirst(TypeName.Parse("struct page"))!;
        TypeDefinition whole = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page");
        Assert.Null(DefinitionEquality.FirstDifference(whole.Graph, whole.Root, found.Graph, found.Root));
    }

    // What has another type than a note's is none.
    private static byte[] WithoutBuildId(byte[] bytes)
    {
        int note = bytes.AsSpan().IndexOf(Convert.FromHexString(BuildId())) - 8;
        Assert.Equal(3, bytes[note]);
        bytes[note] = 2;
        return bytes;
    }

    private static uint Crc(byte[] bytes)
    {
        using MappedFile file = MappedFile.FromBytes("debug", bytes);
        return Checksum.Crc32Of(file.Whole());
    }

    private string Write(string name, byte[] bytes)
    {
        string path = In(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string In(string name) => Path.Join(_directory.FullName, name);

    private string Copy(string fixture, string name)
    {
        string path = In(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(FixtureFile.PathOf(fixture), path);
        return path;
    }
}
