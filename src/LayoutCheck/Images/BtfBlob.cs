using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// BTF without a section, in a bare kernel image (arm64, RISC-V, s390): found by its header, whose numbers must be consistent with each other and with the
/// bytes behind it (include/uapi/linux/btf.h, struct btf_header).
/// </summary>
internal static class BtfBlob
{
    private const uint SmallestHeader = 24;
    private const uint LargestHeader = 256;
    private const uint RecordSize = 12;

    // 0xeb9f and version 1.
    private static ReadOnlySpan<byte> LittleEndian => [0x9f, 0xeb, 1];

    private static ReadOnlySpan<byte> BigEndian => [0xeb, 0x9f, 1];

    /// <summary>Whether the bytes begin with the magic number of BTF, in either byte order.</summary>
    public static bool StartsAsOne(Section whole)
    {
        ReadOnlySpan<byte> head = whole.Head(2);
        return head.SequenceEqual(LittleEndian[..2]) || head.SequenceEqual(BigEndian[..2]);
    }

    /// <summary>The largest BTF with a plausible header, or null. The largest is the kernel's own; smaller ones belong to programs that it contains.</summary>
    public static Section? Find(Section whole)
    {
        (ulong Offset, ulong Length)? best = null;
        foreach (bool isBigEndian in (ReadOnlySpan<bool>)[false, true])
        {
            Section bytes = whole.As(null, isBigEndian);
            for (ulong from = 0; bytes.IndexOf(isBigEndian ? BigEndian : LittleEndian, from) is { } at; from = at + 1)
            {
                if (LengthAt(bytes, at) is { } length && length > (best?.Length ?? 0))
                {
                    best = (at, length);
                }
            }
        }

        return best is { } found ? whole.Part(found.Offset, found.Length).As($"BTF at 0x{found.Offset:x}", whole.IsBigEndian) : null;
    }

    private static ulong? LengthAt(Section bytes, ulong at)
    {
        if (bytes.Length - at < SmallestHeader)
        {
            return null;
        }

        SectionReader reader = bytes.ReadFrom(at + 4);
        uint headerLength = reader.ReadU32();
        ulong typesStart = (ulong)headerLength + reader.ReadU32();
        uint typesLength = reader.ReadU32();
        ulong stringsStart = (ulong)headerLength + reader.ReadU32();
        uint stringsLength = reader.ReadU32();
        ulong end = Math.Max(typesStart + typesLength, stringsStart + stringsLength);
        bool isPlausible = headerLength is >= SmallestHeader and <= LargestHeader && headerLength % 4 == 0
            && typesLength >= RecordSize && typesLength % 4 == 0 && typesStart % 4 == 0
            && stringsLength > 1 && (stringsStart >= typesStart + typesLength || typesStart >= stringsStart + stringsLength)
            && end <= bytes.Length - at;

        // The first string is empty, and the last one is terminated. The BTF of a module, which continues the kernel's, has another first string.
        return isPlausible && bytes.ReadFrom(at + stringsStart).ReadU8() == 0 && bytes.ReadFrom(at + stringsStart + stringsLength - 1).ReadU8() == 0 ? end : null;
    }
}
