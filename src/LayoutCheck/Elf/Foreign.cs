namespace LayoutCheck.Elf;

/// <summary>Recognises what people hand in instead of an ELF image, to tell them what to hand in.</summary>
internal static class Foreign
{
    /// <summary>What the file is, and what to do.</summary>
    public static (string What, string Remedy) Recognise(MappedFile file)
    {
        Section whole = file.Whole();
        ReadOnlySpan<byte> start = whole.ReadFrom(0).ReadBytes(Math.Min(file.Length, 1024));
        const string Unpack = "unpack it (scripts/extract-vmlinux in the kernel tree) and name the result";
        return start switch
        {
            _ when start.Length >= 0x206 && start.Slice(0x202, 4).SequenceEqual("HdrS"u8) => ("is a compressed kernel image (bzImage), which cannot be read yet", Unpack),
            _ when start.Length >= 8 && start.Slice(4, 4).SequenceEqual("zimg"u8) => ("is a compressed kernel image (zboot), which cannot be read yet", Unpack),
            _ when start.Length >= 0x3c && start.Slice(0x38, 4).SequenceEqual("ARMd"u8) => ("is a bare arm64 kernel image, which cannot be read yet", "name the vmlinux it was made from"),
            _ when start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) => ("is compressed (gzip), which cannot be read yet", "unpack it with gunzip"),
            _ when start.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) => ("is compressed (xz), which cannot be read yet", "unpack it with unxz"),
            _ when start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) => ("is compressed (zstd), which cannot be read yet", "unpack it with unzstd"),
            _ when start.StartsWith("!<arch>\n"u8) => ("is an archive (.a or .deb), not a kernel image", "take the vmlinux out of it and name that"),
            _ => ("is neither an ELF file nor raw BTF", "name a vmlinux"),
        };
    }
}
