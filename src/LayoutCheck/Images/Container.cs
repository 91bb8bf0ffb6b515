using System.Buffers.Binary;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// What a file that is neither ELF nor BTF is, by its first bytes: something compressed, a boot image with a header that says where the
/// compressed kernel is, a boot image without one, or something else.
/// </summary>
/// <param name="Name">What it is called: <c>bzImage</c>.</param>
/// <param name="Payload">The compressed kernel, when it is told where that is.</param>
/// <param name="Codec">How the payload is compressed.</param>
/// <param name="Refusal">Why it is not a kernel at all, or null.</param>
/// <param name="Remedy">What to do about that.</param>
internal sealed record Container(string Name, Section? Payload = null, ICodec? Codec = null, string? Refusal = null, string? Remedy = null)
{
    // Text in every kernel (init/version.c), so what has it is a kernel though its header says nothing.
    private static ReadOnlySpan<byte> Banner => "Linux version "u8;

    private const string NameVmlinux = "name a vmlinux, a vmlinuz or a module";

    /// <summary>The article that the name takes.</summary>
    public string Article => Name[0] is 'a' or 'A' ? "an" : "a";

    /// <summary>Looks at the first bytes.</summary>
    /// <exception cref="InvalidImageException">It is a boot image whose header is damaged.</exception>
    public static Container Recognise(Section whole)
    {
        ReadOnlySpan<byte> head = whole.Head(0x10010);
        if (Decompression.Recognise(head) is { } codec)
        {
            return new Container(codec.Name, whole, codec);
        }

        return head switch
        {
            _ when At(head, 0x202, "HdrS"u8) => BzImage(whole),
            _ when At(head, 4, "zimg"u8) => Zboot(whole),
            _ when At(head, 0x38, "ARMd"u8) => new Container("arm64 Image"),
            // Documentation/arch/riscv/boot-image-header.rst; the older magic number is the one that all have.
            _ when At(head, 0x38, "RSC\x05"u8) || At(head, 0x30, "RISCV\0\0\0"u8) => new Container("RISC-V Image"),
            _ when At(head, 0x10008, "S390EP"u8) => new Container("s390 boot image"),
            _ when At(head, 0x24, [0x18, 0x28, 0x6f, 0x01]) => new Container("arm zImage"),
            _ when At(head, 0, [0x27, 0x05, 0x19, 0x56]) => new Container("uImage"),
            _ when At(head, 0x38, [0xcd, 0x23, 0x82, 0x81]) => new Container("LoongArch Image"),
            // Not kernels, but with one or several in them, of which none may answer for the others: refused before anything is looked for.
            _ when Other(head) is { } other => other,
            _ when whole.IndexOf(Banner) is not null => new Container("bare kernel image"),
            _ when At(head, 0, "MZ"u8) => Refused("is a PE/COFF program, not a kernel image", NameVmlinux),
            _ => Refused("is neither an ELF file nor raw BTF nor a kernel image", NameVmlinux),
        };
    }

    private static Container Refused(string refusal, string remedy) => new("", Refusal: refusal, Remedy: remedy);

    private static Container? Other(ReadOnlySpan<byte> head)
    {
        const string NameInDump = "name the vmlinux of the kernel that it was taken of";
        return head switch
        {
            _ when At(head, 0, "!<arch>\ndebian-binary"u8) => Refused("is a Debian package, not a kernel image", "unpack it (dpkg-deb -x FILE DIRECTORY) and name the vmlinux, vmlinuz or .ko in it"),
            _ when At(head, 0, "!<arch>\n"u8) || At(head, 0, "!<thin>\n"u8) => Refused("is an archive of objects (.a), not one image", "unpack it (ar x FILE) and name one of them, or name the vmlinux"),
            _ when At(head, 0, [0xed, 0xab, 0xee, 0xdb]) => Refused("is an RPM package, not a kernel image", "unpack it (rpm2cpio FILE | cpio -id) and name the vmlinux, vmlinuz or .ko in it"),
            _ when At(head, 257, "ustar"u8) => Refused("is a tar archive, not a kernel image", "unpack it (tar -xf FILE) and name the vmlinux, vmlinuz or .ko in it"),
            _ when At(head, 0, "070701"u8) || At(head, 0, "070702"u8) || At(head, 0, "070707"u8) => Refused("is a cpio archive, as initrds are, not a kernel image", "name the vmlinux or vmlinuz that it is started with"),
            _ when At(head, 0, "PK\x03\x04"u8) => Refused("is a zip archive, not a kernel image", "unpack it (unzip FILE) and name the vmlinux, vmlinuz or .ko in it"),
            _ when At(head, 0, "hsqs"u8) || At(head, 0x8001, "CD001"u8) => Refused("is a file system, not a kernel image", "mount it and name the vmlinux, vmlinuz or .ko in it"),
            _ when At(head, 0, "KDUMP   "u8) || At(head, 0, "DISKDUMP"u8) || At(head, 0, "makedumpfile\0"u8) => Refused("is a kernel's crash dump, which has memory and no types", NameInDump),
            _ when At(head, 0, [0x04, 0x22, 0x4d, 0x18]) => Refused("is an lz4 frame, of which only the legacy form that kernels use can be read (lz4)", "unpack it (lz4 -d FILE) and name the result"),
            _ when At(head, 0, [(byte)'B', (byte)'C', 0xc0, 0xde]) => Refused("is LLVM bitcode, as the objects of a build with LTO are", "name the vmlinux or .ko that was linked of it"),
            _ when At(head, 0, [0xcf, 0xfa, 0xed, 0xfe]) || At(head, 0, [0xfe, 0xed, 0xfa, 0xcf]) || At(head, 0, [0xce, 0xfa, 0xed, 0xfe]) || At(head, 0, [0xfe, 0xed, 0xfa, 0xce])
                => Refused("is a Mach-O file, not a Linux kernel", NameVmlinux),
            _ when IsUnifiedKernel(head) => Refused("is a unified kernel image (PE/COFF)", "take the kernel out (objcopy -O binary --only-section=.linux FILE vmlinuz) and name that"),
            _ => null,
        };
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

    private static bool At(ReadOnlySpan<byte> head, int offset, ReadOnlySpan<byte> magic) => head.Length >= offset + magic.Length && head.Slice(offset, magic.Length).SequenceEqual(magic);

    // Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, version at 0x206, payload_offset and payload_length at 0x248 and 0x24c since
    // protocol 2.08 (Linux 2.6.26). The payload counts from the end of the real-mode code; four bytes of its unpacked size follow it.
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
}
