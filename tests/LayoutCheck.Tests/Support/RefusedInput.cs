using System.Buffers.Binary;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// An input that the program refuses, made for the table of refusals in src/docs/inputs.md, by the name of its row. Most are a fixture with one thing
/// changed, so that nothing else can be the reason.
/// </summary>
internal static class RefusedInput
{
    private const string Plain = "page-era5/page-era5.gcc-dwarf5.elf";
    private const string Object = "page-era5-objects/page-era5-objects.gcc-dwarf5.o";
    private const string Compressed = "page-era5-sections/page-era5-sections.gcc-dwarf5-zlib.elf";
    private const string Module = "page-era5-module/page-era5-module.split-btf.ko";
    private const string RawBtf = "shapes/shapes.raw.btf";

    private static readonly Dictionary<string, Func<string, Input>> s_inputs = new(StringComparer.Ordinal)
    {
        ["a file that is not there"] = d => new(Path.Combine(d, "vmlinux")),
        ["an empty file"] = d => File(d, []),
        ["a folder without a kernel"] = d => new(d),
        ["a folder with several kernels"] = d => TwoKernels(d),
        ["a release that is not installed"] = _ => new("0.0.1-not-installed"),
        ["a build id"] = _ => new("0123456789abcdef0123456789abcdef01234567"),
        ["a device"] = _ => new("/dev/null"),
        ["text, or anything else"] = d => File(d, "#!/bin/sh\necho vmlinux\n"u8),
        ["a package without a kernel"] = d => File(d, ArchiveBuilder.Tar(ArchiveBuilder.TarFile("a.ko", "1"u8), ArchiveBuilder.TarFile("README", "2"u8))),
        ["a package with several kernels"] = d => File(d, ArchiveBuilder.Tar(ArchiveBuilder.TarFile("boot/vmlinux-6.1", "1"u8), ArchiveBuilder.TarFile("boot/vmlinux-6.2", "2"u8))),
        ["a package whose kernel is a link"] = d => File(d, ArchiveBuilder.Tar(ArchiveBuilder.TarFile("boot/vmlinux", [], '2', "vmlinux-6.1"))),
        ["a package that is cut short"] = d => File(d, ArchiveBuilder.Deb(ArchiveBuilder.Tar(ArchiveBuilder.TarFile("vmlinux", "1"u8))).AsSpan()[..^600]),
        ["a package whose file is damaged"] = d => File(d, ArchiveBuilder.Deb(ArchiveBuilder.Tar(ArchiveBuilder.TarFile("vmlinux", "1"u8)), sums: ArchiveBuilder.SumLine("vmlinux", "2"u8.ToArray()))),
        ["a package in a package"] = d => File(d, ArchiveBuilder.Tar(ArchiveBuilder.TarFile("x.deb", ArchiveBuilder.Deb([]))), new ImageOptions { Member = "x.deb" }),
        ["an archive of objects"] = d => File(d, "!<arch>\npage.o/         0           0     0     644     4         `\nnone"u8),
        ["a cpio archive (initrd)"] = d => File(d, "07070100000000"u8),
        ["a zip archive"] = d => File(d, [.. "PK\u0003\u0004"u8, .. new byte[100]]),
        ["a file system (squashfs, ISO 9660)"] = d => File(d, [.. "hsqs"u8, .. new byte[100]]),
        ["a crash dump (kdump)"] = d => File(d, [.. "KDUMP   "u8, .. "Linux version 6.15.0 "u8]),
        ["a core dump (ELF)"] = d => File(d, new ElfBuilder { Type = ElfHeader.ET_CORE }.Add(".BTF", FixtureFile.Bytes(RawBtf)).ToBytes()),
        ["a BPF object, by `check` without `--against`"] = _ => new(FixtureFile.PathOf("bpf/bpf.bare.o")),
        ["an lz4 frame"] = d => File(d, [0x04, 0x22, 0x4d, 0x18, .. new byte[100]]),
        ["LLVM bitcode"] = d => File(d, [(byte)'B', (byte)'C', 0xc0, 0xde, .. new byte[100]]),
        ["a Mach-O file"] = d => File(d, [0xcf, 0xfa, 0xed, 0xfe, .. new byte[100]]),
        ["a unified kernel image"] = d => File(d, At(0x400, 0x3c, [0x80, 0, 0, 0, .. "MZ"u8], (0, "MZ"u8.ToArray()), (0x80, "PE\0\0"u8.ToArray()), (0x180, ".linux\0\0"u8.ToArray()))),
        ["another PE/COFF program"] = d => File(d, At(0x400, 0x3c, [0x80, 0, 0, 0], (0, "MZ"u8.ToArray()), (0x80, "PE\0\0"u8.ToArray()))),
        ["a vmlinuz packed in an unknown way"] = d => File(d, Zboot("????not packed"u8)),
        ["a vmlinuz without BTF, whose code exports nothing"] = d => File(d, At(0x1000, 0x38, "ARMd"u8)),
        ["a vmlinuz that is cut short"] = d => File(d, Zboot(FixtureFile.Bytes("page-era5-packed/page-era5-packed.gz")).AsSpan(0, 0x400)),
        ["a packed file that is damaged"] = d => File(d, Damaged(FixtureFile.Bytes("page-era5-packed/page-era5-packed.gz"))),
        ["an ELF file that is cut short"] = d => File(d, FixtureFile.Bytes(Plain).AsSpan(0, 0x400)),
        ["a package of split DWARF (.dwp) by itself"] = d => File(d, FixtureFile.Bytes("page-era5-dwp/page-era5-dwp.gcc-dwarf4.elf.dwp")),
        ["an unknown ELF class"] = d => File(d, Changed(Plain, (4, [3]))),
        ["CTF, stabs, DWARF 1"] = d => File(d, new ElfBuilder().Add(".ctf", [0xf1, 0xdf, 4, 0]).ToBytes()),
        ["an object of gcc's LTO, not linked yet"] = d => File(d, new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".gnu.debuglto_.debug_info", new byte[16]).ToBytes()),
        ["debug sections whose contents were split off"] = d => File(d, Changed(Plain, (Header(Plain, ".debug_info") + 4, [8]))),
        ["sections compressed in an unknown way"] = d => File(d, Changed(Compressed, (Start(Compressed, ".debug_info"), [3]))),
        ["a size that compressed data cannot have"] = d => File(d, Changed(Compressed, (Start(Compressed, ".debug_info") + 12, [0, 1]))),
        ["an unknown relocation type"] = d => File(d, Changed(Object, (Start(Object, ".rela.debug_info") + 8, [99]))),
        ["a relocation type that only code has"] = d => File(d, Changed(Object, (Start(Object, ".rela.debug_info") + 8, [2]))),
        ["compact relocations (CREL)"] = d => File(d, Changed(Object, (Header(Object, ".rela.debug_info") + 4, [0x14, 0, 0, 0x40]))),
        ["DWARF 6"] = d => File(d, Changed(Plain, (Start(Plain, ".debug_info") + 4, [6]))),
        ["addresses of another size than 4 or 8"] = d => File(d, Changed(Plain, (Start(Plain, ".debug_info") + 7, [2]))),
        ["an unknown type of unit"] = d => File(d, Changed(Plain, (Start(Plain, ".debug_info") + 6, [0x80]))),
        ["an unknown form"] = d => File(d, Changed(Plain, (Start(Plain, ".debug_abbrev") + 4, [0x7e]))),
        ["another version of BTF"] = d => File(d, Changed(RawBtf, (2, [2]))),
        ["an unknown kind of BTF, of unknown length"] = d => File(d, Changed(RawBtf, (24 + 7, [0x1f]))),
        ["a module with split BTF, its kernel not found"] = d => File(d, FixtureFile.Bytes(Module)),
        ["a module with split BTF, a kernel of another release beside it"] = d => BesideAnotherRelease(d),
        ["BTF of a header alone"] = d => File(d, [0x9f, 0xeb, 1, 0, 24, .. new byte[19]]),
        ["a module with split BTF, another kernel as `--base`"] = d => File(d, FixtureFile.Bytes(Module), new ImageOptions(BasePath: FixtureFile.PathOf("page-era6/page-era6.btf.elf"))),
        ["`--source dwarf` where there is only BTF"] = d => File(d, FixtureFile.Bytes(RawBtf), new ImageOptions(SourceChoice.Dwarf)),
        ["`--source btf` where there is only DWARF"] = d => File(d, FixtureFile.Bytes(Plain), new ImageOptions(SourceChoice.Btf)),
        ["split-off debug information of another build"] = d => Linked(d, FixtureFile.Bytes(Plain)),
        ["split-off debug information that was changed"] = d => Linked(d, [.. FixtureFile.Bytes("page-era5-split/page-era5-split.debug"), 0]),
    };

    /// <summary>The names of the rows.</summary>
    public static IEnumerable<string> Names => s_inputs.Keys;

    /// <summary>Makes the input in a directory that the caller deletes.</summary>
    public static Input Make(string name, string directory) => s_inputs[name](directory);

    // In the middle of the stream.
    private static byte[] Damaged(byte[] bytes)
    {
        bytes = [.. bytes];
        bytes.AsSpan(bytes.Length / 2, 64).Fill(0xff);
        return bytes;
    }

    private static Input TwoKernels(string directory)
    {
        System.IO.File.WriteAllBytes(Path.Combine(directory, "vmlinux-1"), [1]);
        System.IO.File.WriteAllBytes(Path.Combine(directory, "vmlinux-2"), [1]);
        return new Input(directory);
    }

    private static Input File(string directory, ReadOnlySpan<byte> bytes, ImageOptions? options = null)
    {
        string path = Path.Combine(directory, "input");
        System.IO.File.WriteAllBytes(path, bytes);
        return new Input(path) { Options = options ?? new ImageOptions() };
    }

    private static Input BesideAnotherRelease(string directory)
    {
        byte[] kernel = new ElfBuilder().Add(".rodata", [.. "Linux version 6.12.0 (me)\0"u8]).Add(".BTF", FixtureFile.Section("page-era5/page-era5.btf.elf", ".BTF")).ToBytes();
        System.IO.File.WriteAllBytes(System.IO.Path.Combine(directory, "vmlinux"), kernel);
        byte[] module = new ElfBuilder { Type = ElfHeader.ET_REL }.Add(".modinfo", [.. "vermagic=6.15.0 SMP \0"u8]).Add(".BTF", FixtureFile.Section(Module, ".BTF")).ToBytes();
        return File(directory, module);
    }

    private static Input Linked(string directory, byte[] debug)
    {
        System.IO.File.WriteAllBytes(Path.Combine(directory, "page-era5-split.debug"), debug);
        return File(directory, FixtureFile.Bytes("page-era5-split/page-era5-split.linked.elf"));
    }

    private static byte[] At(int size, int offset, ReadOnlySpan<byte> bytes, params ReadOnlySpan<(int Offset, byte[] Bytes)> more)
    {
        byte[] all = new byte[size];
        bytes.CopyTo(all.AsSpan(offset));
        foreach ((int at, byte[] part) in more)
        {
            part.CopyTo(all, at);
        }

        return all;
    }

    private static byte[] Zboot(ReadOnlySpan<byte> payload)
    {
        byte[] image = [.. new byte[0x40], .. payload];
        "MZ\0\0zimg"u8.CopyTo(image);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(8), 0x40);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(12), (uint)payload.Length);
        return image;
    }

    private static byte[] Changed(string fixture, (ulong Offset, byte[] Bytes) change)
    {
        byte[] bytes = FixtureFile.Bytes(fixture);
        change.Bytes.CopyTo(bytes, (int)change.Offset);
        return bytes;
    }

    // Where the contents of a section start in the file.
    private static ulong Start(string fixture, string section) => Find(fixture, section).Section.FileOffset;

    // Where its header does; four bytes on is its type.
    private static ulong Header(string fixture, string section) => Find(fixture, section).Header;

    private static (ElfSection Section, ulong Header) Find(string fixture, string name)
    {
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(fixture));
        ElfFile elf = ElfFile.Read(file);
        int index = Enumerable.Range(0, elf.Sections.Length).First(i => elf.Sections[i].Name == name);
        return (elf.Sections[index], elf.Header.SectionTableOffset + ((ulong)index * elf.Header.SectionEntrySize));
    }

    /// <summary>A file and how it is opened.</summary>
    internal sealed record Input(string Path)
    {
        public ImageOptions Options { get; init; } = new();
    }
}
