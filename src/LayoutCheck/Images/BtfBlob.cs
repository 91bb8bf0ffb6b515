using LayoutCheck.IO;

namespace LayoutCheck.Images;

/// <summary>
/// BTF without a section that says where it is: in a bare kernel image (arm64, RISC-V, s390) it is found by its header, whose numbers must
/// fit each other and the bytes that follow (include/uapi/linux/btf.h, struct btf_header).
/// </summary>
internal static class BtfBlob
{
    private const uint SmallestHeader = 24;
    private const uint LargestHeader = 256;
    private const uint RecordSize = 12;

    // 0xeb9f and version 1.
    private static ReadOnlySpan<byte> LittleEndian => [0x9f, 0xeb, 1];

    private static ReadOnlySpan<byte> BigEndian => [0xeb, 0x9f, 1];

    /// <summary>Whether the bytes start with the magic number of BTF, in either byte order.</summary>
    public static bool StartsAsOne(Section whole)
    {
        ReadOnlySpan<byte> head = whole.Head(2);
        return head.SequenceEqual(LittleEndian[..2]) || head.SequenceEqual(BigEndian[..2]);
    }

    /// <summary>The largest BTF with a plausible header, or null. A kernel has one of its own; smaller ones are of what it brings along.</summary>
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

        // The first string is the empty one, and the last one has an end. A module's BTF has another first string, and is none of ours.
        return isPlausible && bytes.ReadFrom(at + stringsStart).ReadU8() == 0 && bytes.ReadFrom(at + stringsStart + stringsLength - 1).ReadU8() == 0 ? end : null;
    }
}
