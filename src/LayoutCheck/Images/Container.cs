using System.Buffers.Binary;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// The format of a file that is neither ELF nor BTF, by its first bytes: a compressed stream, a boot image whose header says where the compressed kernel is, a
/// boot image without one, or a file that is no kernel.
/// </summary>
/// <param name="Name">Its name: <c>bzImage</c>.</param>
/// <param name="Payload">The compressed kernel, if the header says where it is.</param>
/// <param name="Codec">The compression of the payload.</param>
/// <param name="Refusal">Why it is no kernel, or null.</param>
/// <param name="Remedy">What the user can do about that.</param>
internal sealed record Container(string Name, Section? Payload = null, ICodec? Codec = null, string? Refusal = null, string? Remedy = null)
{
    private const int HeadSize = 0x10010;
    private const string NameVmlinux = "name a vmlinux, a vmlinuz or a module";
    private const string NameDumped = "name the vmlinux of the kernel that it was taken of";
    private const string NameLinked = "name the vmlinux or .ko that was linked of it";

    // Boot images without a header that says where the compressed kernel is.
    private static readonly Signature[] s_bootImages =
    [
        new(0x38, "ARMd"u8, "arm64 Image"),
        // Documentation/arch/riscv/boot-image-header.rst; the older magic number, which all have.
        new(0x38, "RSC\x05"u8, "RISC-V Image"),
        new(0x30, "RISCV\0\0\0"u8, "RISC-V Image"),
        new(0x10008, "S390EP"u8, "s390 boot image"),
        new(0x24, [0x18, 0x28, 0x6f, 0x01], "arm zImage"),
        new(0, [0x27, 0x05, 0x19, 0x56], "uImage"),
        new(0x38, [0xcd, 0x23, 0x82, 0x81], "LoongArch Image"),
    ];

    // Files that are no kernels. Some contain several, of which none may answer for the others: they are refused before a kernel is searched for.
    private static readonly Signature[] s_others =
    [
        new(0, "!<arch>\ndebian-binary"u8, "is a Debian package, not a kernel image", "unpack it (dpkg-deb -x FILE DIRECTORY) and name the vmlinux, vmlinuz or .ko in it"),
        new(0, "!<arch>\n"u8, "is an archive of objects (.a), not one image", "unpack it (ar x FILE) and name one of them, or name the vmlinux"),
        new(0, "!<thin>\n"u8, "is an archive of objects (.a), not one image", "unpack it (ar x FILE) and name one of them, or name the vmlinux"),
        new(0, [0xed, 0xab, 0xee, 0xdb], "is an RPM package, not a kernel image", "unpack it (rpm2cpio FILE | cpio -id) and name the vmlinux, vmlinuz or .ko in it"),
        new(257, "ustar"u8, "is a tar archive, not a kernel image", "unpack it (tar -xf FILE) and name the vmlinux, vmlinuz or .ko in it"),
        new(0, "070701"u8, "is a cpio archive, as initrds are, not a kernel image", "name the vmlinux or vmlinuz that it is started with"),
        new(0, "070702"u8, "is a cpio archive, as initrds are, not a kernel image", "name the vmlinux or vmlinuz that it is started with"),
        new(0, "070707"u8, "is a cpio archive, as initrds are, not a kernel image", "name the vmlinux or vmlinuz that it is started with"),
        new(0, "PK\x03\x04"u8, "is a zip archive, not a kernel image", "unpack it (unzip FILE) and name the vmlinux, vmlinuz or .ko in it"),
        new(0, "hsqs"u8, "is a file system, not a kernel image", "mount it and name the vmlinux, vmlinuz or .ko in it"),
        new(0x8001, "CD001"u8, "is a file system, not a kernel image", "mount it and name the vmlinux, vmlinuz or .ko in it"),
        new(0, "KDUMP   "u8, "is a kernel's crash dump, which has memory and no types", NameDumped),
        new(0, "DISKDUMP"u8, "is a kernel's crash dump, which has memory and no types", NameDumped),
        new(0, "makedumpfile\0"u8, "is a kernel's crash dump, which has memory and no types", NameDumped),
        new(0, [0x04, 0x22, 0x4d, 0x18], "is an lz4 frame, of which only the legacy form that kernels use can be read (lz4)", "unpack it (lz4 -d FILE) and name the result"),
        new(0, [(byte)'B', (byte)'C', 0xc0, 0xde], "is LLVM bitcode, as the objects of a build with LTO are", NameLinked),
        new(0, [0xcf, 0xfa, 0xed, 0xfe], "is a Mach-O file, not a Linux kernel", NameVmlinux),
        new(0, [0xfe, 0xed, 0xfa, 0xcf], "is a Mach-O file, not a Linux kernel", NameVmlinux),
        new(0, [0xce, 0xfa, 0xed, 0xfe], "is a Mach-O file, not a Linux kernel", NameVmlinux),
        new(0, [0xfe, 0xed, 0xfa, 0xce], "is a Mach-O file, not a Linux kernel", NameVmlinux),
        new(0, "\0asm"u8, "is a WebAssembly module, not a Linux kernel", NameVmlinux),
    ];

    // IMAGE_FILE_MACHINE_I386, ARM64, AMD64, RISCV64 (PE/COFF specification, "Machine Types").
    private static readonly ushort[] s_coffMachines = [0x014c, 0xaa64, 0x8664, 0x5064];

    // Every kernel contains this text (init/version.c).
    private static ReadOnlySpan<byte> Banner => "Linux version "u8;

    /// <summary>The article that the name takes.</summary>
    public string Article => Name[0] is 'a' or 'A' ? "an" : "a";

    /// <summary>Recognises a file by its first bytes.</summary>
    /// <exception cref="InvalidImageException">It is a boot image whose header is damaged.</exception>
    public static Container Recognise(Section whole)
    {
        ReadOnlySpan<byte> head = whole.Head(HeadSize);
        if (Decompression.Recognise(head) is { } codec)
        {
            return new Container(codec.Name, whole, codec);
        }

        if (At(head, 0x202, "HdrS"u8))
        {
            return BzImage(whole);
        }

        if (At(head, 4, "zimg"u8))
        {
            return Zboot(whole);
        }

        if (First(s_bootImages, head) is { } image)
        {
            return new Container(image.Text);
        }

        if (First(s_others, head) is { } other)
        {
            return Refused(other.Text, other.Remedy!);
        }

        if (IsUnifiedKernel(head))
        {
            return Refused("is a unified kernel image (PE/COFF)", "take the kernel out (objcopy -O binary --only-section=.linux FILE vmlinuz) and name that");
        }

        return whole.IndexOf(Banner) is not null ? new Container("bare kernel image")
            : At(head, 0, "MZ"u8) ? Refused("is a PE/COFF program, not a kernel image", NameVmlinux)
            : IsCoffObject(head, whole.Length) ? Refused("is a COFF object, as compilers for Windows and EFI make, not a Linux one", NameVmlinux)
            : Refused("is neither an ELF file nor raw BTF nor a kernel image", NameVmlinux);
    }

    private static Container Refused(string refusal, string remedy) => new("", Refusal: refusal, Remedy: remedy);

    private static Signature? First(Signature[] signatures, ReadOnlySpan<byte> head)
    {
        foreach (Signature signature in signatures)
        {
            if (At(head, signature.Offset, signature.Magic))
            {
                return signature;
            }
        }

        return null;
    }

    // A PE program that starts the kernel in its section .linux (uapi-group.org, UKI). The section table follows the headers, one 40-byte entry each.
    private static bool IsUnifiedKernel(ReadOnlySpan<byte> head)
    {
        if (!At(head, 0, "MZ"u8) || head.Length < 0x40)
        {
            return false;
        }

        uint start = BinaryPrimitives.ReadUInt32LittleEndian(head[0x3c..]);
        return start < (uint)head.Length && At(head, (int)start, "PE\0\0"u8) && head[(int)start..].IndexOf(".linux\0\0"u8) >= 0;
    }

    // A COFF header has no magic number: a known machine, a symbol table within the file, no optional header, and a first section with a name.
    private static bool IsCoffObject(ReadOnlySpan<byte> head, ulong fileLength) => head.Length >= 60
        && Array.IndexOf(s_coffMachines, BinaryPrimitives.ReadUInt16LittleEndian(head)) >= 0
        && BinaryPrimitives.ReadUInt16LittleEndian(head[2..]) > 0
        && BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) < fileLength
        && BinaryPrimitives.ReadUInt16LittleEndian(head[16..]) == 0
        && head[20] is (byte)'.' or (byte)'/';

    private static bool At(ReadOnlySpan<byte> head, int offset, ReadOnlySpan<byte> magic) => head.Length >= offset + magic.Length && head.Slice(offset, magic.Length).SequenceEqual(magic);

    // Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, version at 0x206, payload_offset and payload_length at 0x248 and 0x24c since protocol 2.08
    // (Linux 2.6.26). The offset is relative to the end of the real-mode code; the payload is followed by four bytes of its unpacked size.
    private static Container BzImage(Section whole)
    {
        if (whole.Length < 0x250)
        {
            throw whole.Invalid(null, "is a bzImage that is cut short", "fetch or build it again");
        }

        ushort version = whole.ReadFrom(0x206).ReadU16();
        if (version < 0x0208)
        {
            return new Container("bzImage");
        }

        byte setupSectors = whole.ReadFrom(0x1f1).ReadU8();
        SectionReader reader = whole.ReadFrom(0x248);
        ulong offset = ((setupSectors == 0 ? 4UL : setupSectors) + 1) * 512;
        offset += reader.ReadU32();
        return Packed("bzImage", whole, offset, reader.ReadU32());
    }

    // drivers/firmware/efi/libstub/zboot-header.S: "MZ", "zimg", payload offset and size, twelve bytes on the name of the format.
    private static Container Zboot(Section whole)
    {
        SectionReader reader = whole.ReadFrom(8);
        return Packed("EFI zboot image", whole, reader.ReadU32(), reader.ReadU32());
    }

    private static Container Packed(string name, Section whole, ulong offset, ulong length)
    {
        if (offset > whole.Length || length > whole.Length - offset)
        {
            throw whole.Invalid(null, $"is a {name} whose kernel is said to lie at 0x{offset:x} to 0x{offset + length:x} of 0x{whole.Length:x} bytes", "the file looks truncated: fetch or build it again");
        }

        Section payload = whole.Part(offset, length);
        return Decompression.Recognise(payload.Head(16)) is { } codec
            ? new Container(name, payload, codec)
            : throw whole.Invalid(
                offset, $"is a {name} whose kernel is packed in an unknown way (it starts with {Convert.ToHexStringLower(payload.Head(8))})", "name the vmlinux it was made from");
    }

    /// <summary>Bytes at an offset by which a format is known.</summary>
    private sealed class Signature(int offset, ReadOnlySpan<byte> magic, string text, string? remedy = null)
    {
        public int Offset => offset;

        public byte[] Magic { get; } = magic.ToArray();

        /// <summary>The format's name, or its refusal.</summary>
        public string Text => text;

        public string? Remedy => remedy;
    }
}
