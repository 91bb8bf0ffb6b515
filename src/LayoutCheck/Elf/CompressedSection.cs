using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>Sections with compressed contents: SHF_COMPRESSED (gABI, "Section Compression"), and its GNU predecessor <c>.zdebug_*</c>.</summary>
internal static class CompressedSection
{
    private const uint ELFCOMPRESS_ZLIB = 1;
    private const uint ELFCOMPRESS_ZSTD = 2;

    // Deflate writes at least two bits for at most 258 bytes: no stream expands further.
    private const ulong LargestDeflateRatio = 1032;

    /// <summary>Whether a section is compressed.</summary>
    public static bool Is(ElfSection section) => (section.Flags & ElfSection.SHF_COMPRESSED) != 0 || section.Name.StartsWith(".zdebug_", StringComparison.Ordinal);

    /// <summary>The contents, unpacked, in memory that the file owns.</summary>
    /// <param name="section">The section's header.</param>
    /// <param name="stored">Its bytes in the file.</param>
    /// <param name="is64Bit">The class of the ELF file.</param>
    /// <exception cref="InvalidImageException">It is damaged, claims more than it can be, or is compressed in a way that cannot be unpacked.</exception>
    public static Section Unpack(ElfSection section, Section stored, bool is64Bit)
    {
        (ICodec codec, ulong claimed, ulong start) = (section.Flags & ElfSection.SHF_COMPRESSED) != 0 ? ReadChdr(stored, is64Bit) : ReadGnu(stored);
        Section data = stored.Part(start, stored.Length - start);
        MemoryBudget budget = stored.File.Budget;
        ulong limit = budget.UnpackLimit;
        if (codec == Decompression.Zlib)
        {
            limit = Math.Min(limit, data.Length * LargestDeflateRatio);
        }

        if (claimed > limit)
        {
            throw stored.Invalid(
                0, $"claims to expand from 0x{data.Length:x} to 0x{claimed:x} bytes, more than the 0x{limit:x} that are believed", "the file is damaged, or made to exhaust memory: fetch or build it again");
        }

        if (claimed > budget.UnpackLeft)
        {
            throw stored.Invalid(
                0,
                $"claims to expand to 0x{claimed:x} bytes, and with what was unpacked before it that is more than the 0x{budget.UnpackLimit:x} that a file of this size may unpack to",
                "the file is damaged, or made to exhaust memory: fetch or build it again, or unpack it (objcopy --decompress-debug-sections) and name the result");
        }

        NativeBuffer unpacked = Decompression.Expand(data, codec, claimed);
        if (unpacked.Length != claimed)
        {
            nuint length = unpacked.Length;
            unpacked.Dispose();
            throw stored.Invalid(0, $"claims to expand to 0x{claimed:x} bytes and expands to 0x{length:x}", "the file is damaged: fetch or build it again");
        }

        return stored.File.Own(unpacked, stored.Name, stored.IsBigEndian);
    }

    // Elf32_Chdr and Elf64_Chdr: type, (padding,) size, alignment; in the file's byte order.
    private static (ICodec Codec, ulong Claimed, ulong Start) ReadChdr(Section stored, bool is64Bit)
    {
        ulong headerSize = is64Bit ? 24u : 12u;
        if (stored.Length < headerSize)
        {
            throw stored.Invalid(0, $"is marked as compressed, and its 0x{stored.Length:x} bytes do not hold the header of that");
        }

        SectionReader reader = stored.ReadFrom(0);
        uint type = reader.ReadU32();
        reader.Skip(is64Bit ? 4u : 0u);
        ulong claimed = reader.ReadUnsigned(is64Bit ? 8 : 4);
        return type switch
        {
            ELFCOMPRESS_ZLIB => (Decompression.Zlib, claimed, headerSize),
            ELFCOMPRESS_ZSTD => (Decompression.Zstd, claimed, headerSize),
            _ => throw stored.Invalid(0, $"is compressed in a way that cannot be read (ch_type {type}; zlib is 1, zstd 2)", "run objcopy --decompress-debug-sections on a copy and name that"),
        };
    }

    // "ZLIB" and the size, big-endian whatever the file is (gas manual, --compress-debug-sections=zlib-gnu).
    private static (ICodec Codec, ulong Claimed, ulong Start) ReadGnu(Section stored)
    {
        if (stored.Length < 12 || !stored.ReadFrom(0).ReadBytes(4).SequenceEqual("ZLIB"u8))
        {
            throw stored.Invalid(0, "does not start with ZLIB, as a section of this name does");
        }

        return (Decompression.Zlib, stored.As(stored.Name, isBigEndian: true).ReadFrom(4).ReadU64(), 12);
    }
}
