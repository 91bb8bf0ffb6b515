using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using LayoutCheck.Analyses;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.IO;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Images;

/// <summary>
/// Kernels as they are shipped: the same image (page-era5.btf.elf) in every format and boot image, each of which must give the layout that
/// it gives by itself.
/// </summary>
public sealed class PackedImageTests
{
    private const string Plain = "page-era5/page-era5.btf.elf";

    // The endings of tests/fixtures/page-era5-packed, and what the program calls the format.
    public static TheoryData<string, string> Formats() => new()
    {
        { "gz", "gzip" }, { "xz", "xz" }, { "zst", "zstd" }, { "bz2", "bzip2" }, { "lzma", "lzma" }, { "lz4", "lz4" }, { "lzo", "lzo" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void Reads_a_compressed_file(string ending, string format) => AssertSame(Packed(ending), $"{format}: ELF 64-bit little-endian x86-64 executable");

    [Theory]
    [MemberData(nameof(Formats))]
    public void Reads_a_bzImage(string ending, string format) => AssertSame(BzImage(Packed(ending)), $"bzImage, {format}: ELF 64-bit little-endian x86-64 executable");

    [Theory]
    [MemberData(nameof(Formats))]
    public void Reads_an_efi_zboot_image(string ending, string format) => AssertSame(Zboot(Packed(ending)), $"EFI zboot image, {format}: ELF 64-bit little-endian x86-64 executable");

    [Theory]
    [MemberData(nameof(Formats))]
    public void Finds_the_kernel_in_a_boot_image_that_does_not_say_where(string ending, string format)
    {
        byte[] image = [.. new byte[0x20000], .. Packed(ending), 0, 0x30, 0, 0, .. new byte[100]];
        "S390EP"u8.CopyTo(image.AsSpan(0x10008));
        // Starts like gzip, and is not.
        new byte[] { 0x1f, 0x8b, 8, 0, 1, 2, 3 }.CopyTo(image, 0x15000);
        AssertSame(image, $"s390 boot image, {format}: ELF 64-bit little-endian x86-64 executable");
    }

    [Theory]
    [InlineData(0x24, new byte[] { 0x18, 0x28, 0x6f, 0x01 }, "arm zImage")]
    [InlineData(0, new byte[] { 0x27, 0x05, 0x19, 0x56 }, "uImage")]
    [InlineData(0x38, new byte[] { 0xcd, 0x23, 0x82, 0x81 }, "LoongArch Image")]
    public void Finds_the_kernel_in_the_boot_image_of_other_machines(int magicOffset, byte[] magic, string name)
    {
        byte[] image = [.. new byte[0x200], .. Packed("gz"), .. new byte[100]];
        magic.CopyTo(image, magicOffset);
        AssertSame(image, $"{name}, gzip: ELF 64-bit little-endian x86-64 executable");

        magic.CopyTo(image = new byte[0x200], magicOffset);
        Assert.Equal($"is {(name[0] == 'a' ? "an" : "a")} {name} without BTF, and a bare kernel image can have no DWARF", Refused(image).Problem);
    }

    [Fact]
    public void Finds_the_kernel_in_a_bzImage_whose_protocol_does_not_say_where()
    {
        byte[] image = BzImage(Packed("gz"));
        image.AsSpan(0x248, 8).Fill(0xff); // other fields were there
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x0207);
        AssertSame(image, "bzImage, gzip: ELF 64-bit little-endian x86-64 executable");

        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x0208);
        Assert.StartsWith("is a bzImage whose kernel is said to lie at 0x1000005ff", Refused(image).Problem, StringComparison.Ordinal);
    }

    // boot.rst: "For backwards compatibility, if the setup_sects field contains 0, the real value is 4."
    [Fact]
    public void A_bzImage_of_no_setup_sectors_has_four()
    {
        byte[] two = BzImage(Packed("gz"));
        byte[] four = [.. two[..0x400], .. new byte[2 * 512], .. two[0x400..]];
        four[0x1f1] = 0;
        AssertSame(four, "bzImage, gzip: ELF 64-bit little-endian x86-64 executable");
    }

    [Fact]
    public void Finds_the_kernel_in_an_ELF_file_that_boots_it()
        => AssertSame(
            new ElfBuilder().Add(".image", [.. new byte[512], .. Packed("gz"), .. new byte[100]]).ToBytes(),
            "ELF boot wrapper, gzip: ELF 64-bit little-endian x86-64 executable");

    [Fact]
    public void A_core_dump_in_an_ELF_file_that_boots_it_is_refused_as_one_by_itself_is()
    {
        byte[] core = new ElfBuilder { Type = ElfHeader.ET_CORE }.Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
        InvalidImageException inside = Refused(new ElfBuilder().Add(".image", [.. new byte[512], .. Gzip(core), .. new byte[100]]).ToBytes());
        Assert.Equal(("vmlinuz (unpacked)", "is a core dump, which has memory and no types"), (inside.File, inside.Problem));
        Assert.Equal(inside.Message, Refused(Gzip(core)).Message);
        Assert.Equal(inside.Problem, Refused(core).Problem);
    }

    // What a kernel brings along, as for its modules, is smaller than its own; of two that are as large the first is taken.
    [Fact]
    public void Takes_the_largest_BTF_of_a_bare_image()
    {
        byte[] large = FixtureFile.Bytes("shapes/shapes.raw.btf");
        // A header, a type of nothing, the empty string and one more.
        byte[] small = [0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, .. new byte[14]];
        foreach (byte[] image in (byte[][])[[.. new byte[0x40], .. large, .. small], [.. new byte[0x40], .. small, .. new byte[2], .. large]])
        {
            "ARMd"u8.CopyTo(image.AsSpan(0x38));
            using KernelImage bare = KernelImage.FromBytes("Image", image);
            using KernelImage plain = FixtureFile.Open("shapes/shapes.raw.btf");
            Assert.Equal(plain.Types.DefinedNames(), bare.Types.DefinedNames());
        }

        using MappedFile twice = MappedFile.FromBytes("Image", [.. new byte[0x40], .. large, .. large]);
        Assert.Equal("BTF at 0x40", BtfBlob.Find(twice.Whole())!.Name);
    }

    [Theory]
    [InlineData("shapes/shapes.raw.btf", 0x38, "ARMd", "arm64 Image", false)]
    [InlineData("shapes/shapes.raw.btf", 0x38, "RSC\u0005", "RISC-V Image", false)]
    [InlineData("shapes/shapes.s390x.raw.btf", 0x10008, "S390EP", "s390 boot image", true)]
    [InlineData("shapes/shapes.s390x.raw.btf", 0x40, "", "bare kernel image", true)]
    public void Finds_BTF_in_a_bare_image(string fixture, int magicOffset, string magic, string name, bool isBigEndian)
    {
        // A header that is not one, half a one at the end, and a module's BTF, whose first string is not empty.
        byte[] btf = FixtureFile.Bytes(fixture);
        byte[] split = [.. btf];
        uint strings = 24 + Word(btf, 16, isBigEndian);
        split[strings] = (byte)'x';
        byte[] image = [.. new byte[0x11000], .. Encoding.ASCII.GetBytes("Linux version %s\0Linux version 6.15.0-test (me) #1\0"), .. btf[..8], .. split, 0, 0, .. btf, 1, 2, 3, .. btf[..10]];
        Encoding.Latin1.GetBytes(magic).CopyTo(image, magicOffset);
        using KernelImage whole = KernelImage.FromBytes("Image", image);
        Assert.Equal(new ImageFacts("BTF", null, "6.15.0-test", null, name), whole.ReadFacts());
        Assert.Equal(isBigEndian, whole.Types.Target.IsBigEndian);
        using KernelImage plain = FixtureFile.Open(fixture);
        Assert.Equal(plain.Types.DefinedNames(), whole.Types.DefinedNames());
    }

    [Fact]
    public void Unpacks_layer_after_layer()
    {
        AssertSame(Gzip(Packed("xz")), "gzip, xz: ELF 64-bit little-endian x86-64 executable");
        byte[] deep = Packed("gz");
        for (int i = 0; i < 6; i++)
        {
            deep = Gzip(deep);
        }

        Assert.Equal("is packed more than 4 times", Refused(deep).Problem);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Stops_at_the_limit(string ending, string format)
    {
        using MappedFile file = MappedFile.FromBytes("bomb", Packed(ending));
        ICodec known = Decompression.Recognise(file.Whole().Head(16))!;
        ulong length = (ulong)FixtureFile.Bytes(Plain).Length;
        using (NativeBuffer whole = Decompression.Expand(file.Whole(), known, length))
        {
            Assert.Equal(length, whole.Length);
        }

        foreach (ulong limit in (ulong[])[length - 1, 100, 0])
        {
            InvalidImageException e = Assert.Throws<InvalidImageException>(() => Decompression.Expand(file.Whole(), known, limit));
            Assert.Equal($"expands to more than the 0x{limit:x} bytes that it may ({format})", e.Problem);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Refuses_a_stream_that_is_cut_short_or_damaged(string ending, string format)
    {
        byte[] packed = Packed(ending);
        // What comes out of half a stream may be half a file, and is refused as that. lz4 has no checksum, and lzo's is not looked at.
        InvalidImageException half = Refused(packed[..(packed.Length / 2)]);
        Assert.True(half.Problem.Contains($"the {format} stream is damaged", StringComparison.Ordinal) || half.File == "vmlinuz (unpacked)", half.Message);
        if (format is not ("lz4" or "lzo"))
        {
            Assert.Contains($"the {format} stream is damaged", Refused(Flip(packed, packed.Length / 2)).Problem, StringComparison.Ordinal);
        }
    }

    // What is damaged at its end has cost as much as what is not: 64 of 210 bytes took a minute.
    [Fact]
    public void All_that_a_boot_image_may_have_the_kernel_in_together_expand_to_no_more_than_the_limit()
    {
        byte[] most = Gzip(new byte[20 << 20], CompressionLevel.SmallestSize);
        most[^8] ^= 1; // its checksum
        byte[] start = new byte[0x200];
        "ARMd"u8.CopyTo(start.AsSpan(0x38));
        AssertSame([.. start, .. most, .. Packed("gz")], "arm64 Image, gzip: ELF 64-bit little-endian x86-64 executable");
        Assert.Equal("is an arm64 Image without BTF, and a bare kernel image can have no DWARF", Refused([.. start, .. most, .. most, .. Packed("gz")]).Problem);
    }

    [Fact]
    public void Refuses_a_bzImage_whose_kernel_lies_outside()
    {
        byte[] image = BzImage(Packed("gz"));
        Assert.Contains("is a bzImage whose kernel is said to lie at", Refused(image[..^100]).Problem, StringComparison.Ordinal);
        Assert.Contains("is a bzImage that is cut short", Refused(image[..0x220]).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_bzImage_that_is_packed_in_an_unknown_way()
        => Assert.Equal("is a bzImage whose kernel is packed in an unknown way (it starts with 6e6f742061206b65)", Refused(BzImage("not a kernel at all"u8.ToArray())).Problem);

    [Fact]
    public void Refuses_a_bare_image_without_BTF()
    {
        byte[] image = new byte[0x1000];
        "ARMd"u8.CopyTo(image.AsSpan(0x38));
        Assert.Equal("is an arm64 Image without BTF, and a bare kernel image can have no DWARF", Refused(image).Problem);
    }

    [Fact]
    public void Refuses_what_is_no_kernel()
    {
        Assert.Equal("is neither an ELF file nor raw BTF nor a kernel image", Refused("#!/bin/sh\n"u8.ToArray()).Problem);
        Assert.Equal("is neither an ELF file nor raw BTF nor a kernel image", Refused(Gzip("some text"u8.ToArray())).Problem);
        Assert.Equal("is a Debian package that ends within a header of ar", Refused("!<arch>\ndebian-binary"u8.ToArray()).Problem);
    }

    // Where the header of PE is said to be: past the end, at it, and where there is none.
    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0x400u)]
    [InlineData(0x3feu)]
    [InlineData(0x80u)]
    public void Refuses_a_program_of_DOS(uint header)
    {
        byte[] image = new byte[0x400];
        "MZ"u8.CopyTo(image);
        ".linux\0\0"u8.CopyTo(image.AsSpan(0x200));
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x3c), header);
        Assert.Equal("is a PE/COFF program, not a kernel image", Refused(image).Problem);
    }

    [Fact]
    public void A_bare_image_has_no_DWARF()
    {
        byte[] image = [.. new byte[0x100], .. FixtureFile.Bytes("shapes/shapes.raw.btf")];
        "ARMd"u8.CopyTo(image.AsSpan(0x38));
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("Image", image, SourceChoice.Dwarf));
        Assert.Equal("is a bare kernel image with BTF and has no DWARF", e.Problem);
    }

    [Fact]
    public void Tells_the_configuration_that_a_kernel_carries()
    {
        byte[] config = "#\n# Linux/x86 6.15.0 Kernel Configuration\n#\nCONFIG_64BIT=y\n# CONFIG_ARM is not set\nCONFIG_LOCALVERSION=\"-test\"\nCONFIG_NR_CPUS=64\n"u8.ToArray();
        byte[] rodata = [.. "Linux version 6.15.0-test (me)\0IKCFG_ST"u8, .. Gzip(config), .. "IKCFG_ED"u8, 0, 0];
        byte[] elf = new ElfBuilder().Add(".rodata", rodata).Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
        using KernelImage image = KernelImage.FromBytes("vmlinux", elf);
        Assert.Equal("6.15.0-test", image.ReadFacts().Release);
        Assert.Equal(
            new Dictionary<string, string> { ["CONFIG_64BIT"] = "y", ["CONFIG_ARM"] = "n", ["CONFIG_LOCALVERSION"] = "-test", ["CONFIG_NR_CPUS"] = "64" },
            image.ReadConfig());

        // Both reports tell that it is there, and the options that struct page depends on.
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        string text = Written.Text(report);
        Assert.Contains("\nConfig       4 options (IKCONFIG)\n             CONFIG_64BIT=y\nSource ", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        string stream = Written.Json(report);
        using JsonDocument json = JsonDocument.Parse(stream);
        Assert.Equal("""{"options":4,"layout":[{"option":"CONFIG_64BIT","value":"y"}]}""", JsonSerializer.Serialize(json.RootElement.GetProperty("image").GetProperty("config")));
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("run").GetProperty("packed_in").ValueKind);

        using KernelImage without = FixtureFile.Open(Plain);
        Assert.Null(without.ReadConfig());
    }

    [Theory]
    [InlineData(5, 8)]
    [InlineData(50, 8)]
    [InlineData(0, 7)]
    public void A_damaged_configuration_is_an_error(int from, int ending)
    {
        byte[] bytes = Gzip([.. Enumerable.Range(0, 100).SelectMany(i => Encoding.ASCII.GetBytes($"CONFIG_{i * i}=y\n"))]);
        byte[] elf = new ElfBuilder().Add(".rodata", [.. "IKCFG_ST"u8, .. bytes[..^from], .. "IKCFG_ED"u8.ToArray()[..ending]]).Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
        using KernelImage image = KernelImage.FromBytes("vmlinux", elf);
        Assert.Equal("IKCONFIG", Assert.Throws<InvalidImageException>(image.ReadConfig).Section);
    }

    [Fact]
    public void A_module_tells_the_release_it_was_built_for()
    {
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".modinfo", [.. "license=GPL\0vermagic=6.15.0-test SMP mod_unload \0"u8]).Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
        using KernelImage image = KernelImage.FromBytes("module.ko", elf);
        Assert.Equal("6.15.0-test", image.ReadFacts().Release);
    }

    [Theory]
    [InlineData("license=GPL\0")]
    [InlineData("vermagic=\0")]
    [InlineData("vermagic= SMP \0")]
    [InlineData("vermagic=")]
    public void A_module_that_does_not_tell_its_release(string modinfo)
    {
        byte[] elf = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".modinfo", Encoding.ASCII.GetBytes(modinfo)).Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
        using KernelImage image = KernelImage.FromBytes("module.ko", elf);
        Assert.Null(image.ReadFacts().Release);
    }

    [Theory]
    [InlineData("Linux version \0Linux version  6.1\0Linux version %s\0Linux version 6.15.0-test (me)\0", "6.15.0-test")]
    [InlineData("Linux version 6.15.0-test\0Linux version 6.16.0 (me)\0", "6.15.0-test")]
    [InlineData("Linux version \0", null)]
    [InlineData("Linux version ", null)]
    [InlineData("Linux version 6.15.0", null)]
    public void Tells_the_first_release_that_is_one(string rodata, string? release)
    {
        byte[] elf = new ElfBuilder().Add(".rodata", Encoding.ASCII.GetBytes(rodata)).Add(".BTF", FixtureFile.Bytes("shapes/shapes.raw.btf")).ToBytes();
        using KernelImage image = KernelImage.FromBytes("vmlinux", elf);
        Assert.Equal(release, image.ReadFacts().Release);
    }

    private static void AssertSame(byte[] bytes, string format)
    {
        using KernelImage image = KernelImage.FromBytes("vmlinuz", bytes);
        Assert.Equal(("vmlinuz", format, SourceKind.Btf), (image.Path, image.ReadFacts().FullFormat, image.Types.Kind));
        TypeDefinition plain = FixtureFile.Definition(Plain, "struct page");
        TypeDefinition found = image.Types.FindFirst(TypeName.Parse("struct page"))!;
        Assert.Null(DefinitionEquality.FirstDifference(plain.Graph, plain.Root, found.Graph, found.Root));
    }

    [Fact]
    public void A_COFF_object_and_a_WebAssembly_module_have_refusals_of_their_own()
    {
        // Machine, one section, no symbols, no optional header; the section's name.
        byte[] coff = [0x64, 0x86, 1, 0, .. new byte[16], .. ".text\0\0\0"u8, .. new byte[32]];
        Assert.StartsWith("is a COFF object", Refused(coff).Problem, StringComparison.Ordinal);
        Assert.StartsWith("is neither an ELF file", Refused([.. coff[..16], 0xf0, .. coff[17..]]).Problem, StringComparison.Ordinal);
        Assert.StartsWith("is a WebAssembly module", Refused([.. "\0asm"u8, 1, 0, 0, 0]).Problem, StringComparison.Ordinal);
    }

    private static InvalidImageException Refused(byte[] bytes) => Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes("vmlinuz", bytes).Dispose());

    private static byte[] Packed(string ending)
    {
        CodecLibrary.SkipUnlessThereFor(ending);
        return FixtureFile.Bytes($"page-era5-packed/page-era5-packed.{ending}");
    }

    // Two setup sectors, the payload 0x100 bytes into the rest, and the unpacked size behind it, which belongs to the payload.
    private static byte[] BzImage(byte[] payload)
    {
        byte[] image = [.. new byte[(3 * 512) + 0x100], .. payload, 0, 0x30, 0, 0, .. new byte[20]];
        image[0x1f1] = 2;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x020f);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x248), 0x100);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24c), (uint)payload.Length + 4);
        return image;
    }

    private static byte[] Zboot(byte[] payload)
    {
        byte[] image = [.. "MZ\0\0zimg"u8, .. new byte[0x78], .. payload, .. new byte[20]];
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(8), 0x80);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(12), (uint)payload.Length);
        return image;
    }

    private static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        using MemoryStream packed = new();
        using (GZipStream stream = new(packed, level))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] copy = [.. bytes];
        copy[at] ^= 0x55;
        return copy;
    }

    private static uint Word(byte[] bytes, int at, bool isBigEndian)
        => isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
