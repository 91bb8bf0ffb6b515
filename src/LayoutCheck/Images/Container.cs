using LayoutCheck.Elf;

namespace LayoutCheck.Images;

/// <summary>
/// What a file that is neither ELF nor BTF is, by its first bytes: something compressed, a boot image with a header that says where the
/// compressed kernel is, a boot image without one, or something else.
/// </summary>
/// <param name="Name">What it is called: <c>bzImage</c>.</param>
/// <param name="Payload">The compressed kernel, when it is told where that is.</param>
/// <param name="Format">How the payload is compressed.</param>
/// <param name="Refusal">Why it is not a kernel at all, or null.</param>
/// <param name="Remedy">What to do about that.</param>
internal sealed record Container(string Name, Section? Payload = null, CompressionFormat Format = default, string? Refusal = null, string? Remedy = null)
{
    // Text in every kernel (init/version.c), so what has it is a kernel though its header says nothing.
    private static ReadOnlySpan<byte> Banner => "Linux version "u8;

    /// <summary>The article that the name takes.</summary>
    public string Article => Name[0] is 'a' or 'A' ? "an" : "a";

    /// <summary>Looks at the first bytes.</summary>
    /// <exception cref="InvalidImageException">It is a boot image whose header is damaged.</exception>
    public static Container Recognise(Section whole)
    {
        ReadOnlySpan<byte> head = whole.Head(0x10010);
        if (Decompression.Recognise(head) is { } format)
        {
            return new Container(Decompression.Name(format), whole, format);
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
            _ when At(head, 0, "!<arch>\n"u8) => new Container("archive", Refusal: "is an archive (.a or .deb), not a kernel image", Remedy: "take the vmlinux out of it and name that"),
            _ when whole.IndexOf(Banner) is not null => new Container("bare kernel image"),
            _ => new Container("", Refusal: "is neither an ELF file nor raw BTF nor a kernel image", Remedy: "name a vmlinux"),
        };
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
        return Decompression.Recognise(payload.Head(16)) is { } format
            ? new Container(name, payload, format)
            : throw whole.Invalid(
                offset, $"is a {name} whose kernel is packed in an unknown way (it starts with {Convert.ToHexStringLower(payload.Head(8))})", "name the vmlinux it was made from");
    }
}
