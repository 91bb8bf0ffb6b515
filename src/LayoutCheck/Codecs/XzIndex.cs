using System.IO.Hashing;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>A block of an .xz stream, which can be unpacked by itself.</summary>
/// <param name="StreamOffset">Where the header of its stream is, in bytes from the start of the range.</param>
/// <param name="Offset">Where it is, in bytes from the start of the range.</param>
/// <param name="ByteSize">Its size with padding.</param>
/// <param name="UnpackedByteSize">The size of what it unpacks to.</param>
internal readonly record struct XzBlock(ulong StreamOffset, ulong Offset, ulong ByteSize, ulong UnpackedByteSize);

/// <summary>
/// The blocks of all streams of a range, by the indexes at their ends (xz-file-format.txt, "Index" and "Stream Footer"). liblzma's decoder for several threads
/// is not used: before 5.8.1 it writes to freed memory when a stream is damaged (CVE-2025-31115), it keeps twice as many blocks as it has threads, and
/// older systems have none.
/// </summary>
/// <param name="Blocks">The blocks, in the order of the file.</param>
internal sealed record XzIndex(IReadOnlyList<XzBlock> Blocks)
{
    /// <summary>The size of a stream's header, and of its footer.</summary>
    public const int HeaderByteSize = 12;

    // A file of 24 TB in blocks of 24 MiB. More is for the decoder that takes one after the other.
    private const ulong MostBlocks = 1 << 20;

    // What all threads together may hold: a block unpacked ahead, and a dictionary of at most its size.
    private const ulong MostMemory = 256UL << 20;

    private const ulong LeastWork = 1 << 20;

    private static ReadOnlySpan<byte> HeaderMagic => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>How many threads unpack it: 1 if it has too few blocks, or too large ones.</summary>
    public int WorkersFor(int threads)
    {
        ulong largest = Blocks.Max(b => b.UnpackedByteSize);
        return Blocks.Sum(b => (decimal)b.UnpackedByteSize) < LeastWork ? 1
            : (int)Math.Min((ulong)Math.Min(threads, Blocks.Count), MostMemory / 2 / Math.Max(largest, 1));
    }

    /// <summary>Reads the indexes from the last to the first; null unless the range is streams without gaps from its start to its end.</summary>
    public static XzIndex? Read(Section source)
    {
        List<XzBlock> blocks = [];
        ulong end = source.Length;
        while (end >= 4 && end % 4 == 0 && source.ReadFrom(end - 4).ReadU32() == 0)
        {
            end -= 4;
        }

        while (end > 0)
        {
            if (ReadStream(source, end, blocks) is not { } start)
            {
                return null;
            }

            end = start;
        }

        blocks.Reverse();
        return blocks.Count > 0 ? new XzIndex(blocks) : null;
    }

    // Adds the blocks of the stream that ends there, last first; returns where it starts, or null if it is no whole stream.
    private static ulong? ReadStream(Section source, ulong end, List<XzBlock> blocks)
    {
        if (end < 3 * HeaderByteSize - 4 || Footer(source, end) is not { } backward || backward > end - (2 * HeaderByteSize))
        {
            return null;
        }

        ulong indexStart = end - HeaderByteSize - backward;
        List<(ulong Unpadded, ulong Unpacked)> records = [];
        if (!ReadRecords(source, indexStart, backward, MostBlocks - (ulong)blocks.Count, records))
        {
            return null;
        }

        ulong total = 0;
        foreach ((ulong unpadded, _) in records)
        {
            // No sum overflows: each is within the file.
            total += unpadded <= indexStart ? Padded(unpadded) : indexStart + 1;
            if (total > indexStart - HeaderByteSize)
            {
                return null;
            }
        }

        ulong start = indexStart - total - HeaderByteSize;
        ReadOnlySpan<byte> header = source.Part(start, HeaderByteSize).Head(HeaderByteSize);
        if (!header.StartsWith(HeaderMagic) || !header[6..8].SequenceEqual(source.Part(end - 4, 2).Head(2)))
        {
            return null;
        }

        ulong blockEnd = indexStart;
        for (int i = records.Count - 1; i >= 0; i--)
        {
            blockEnd -= Padded(records[i].Unpadded);
            blocks.Add(new XzBlock(start, blockEnd, Padded(records[i].Unpadded), records[i].Unpacked));
        }

        return start;
    }

    // The size of the index: CRC-32, size in words less one, flags, "YZ".
    private static ulong? Footer(Section source, ulong end)
    {
        SectionReader footer = source.ReadFrom(end - HeaderByteSize);
        uint sum = footer.ReadU32();
        ReadOnlySpan<byte> fields = source.Part(end - 8, 8).Head(8);
        return fields[6..].SequenceEqual("YZ"u8) && Crc32.HashToUInt32(fields[..6]) == sum ? (footer.ReadU32() + 1UL) * 4 : null;
    }

    // A zero, the number of records, their sizes, padding, CRC-32.
    private static bool ReadRecords(Section source, ulong start, ulong size, ulong most, List<(ulong Unpadded, ulong Unpacked)> records)
    {
        if (size > MostBlocks * 18 || size < 8)
        {
            return false;
        }

        Section index = source.Part(start, size);
        SectionReader sum = index.ReadFrom(size - 4);
        if (Crc32.HashToUInt32(index.Head((int)size - 4)) != sum.ReadU32())
        {
            return false;
        }

        int at = 0;
        ReadOnlySpan<byte> bytes = index.Head((int)size - 4);
        if (bytes[at++] != 0 || !TryNumber(bytes, ref at, out ulong count) || count > most)
        {
            return false;
        }

        for (ulong i = 0; i < count; i++)
        {
            if (!TryNumber(bytes, ref at, out ulong unpadded) || !TryNumber(bytes, ref at, out ulong unpacked) || unpadded < 5)
            {
                return false;
            }

            records.Add((unpadded, unpacked));
        }

        return bytes.Length - at < 4 && !bytes[at..].ContainsAnyExcept((byte)0);
    }

    // Seven bits a byte, low ones first, at most nine bytes.
    private static bool TryNumber(ReadOnlySpan<byte> bytes, ref int at, out ulong number)
    {
        number = 0;
        for (int shift = 0; shift < 63 && at < bytes.Length; shift += 7)
        {
            byte b = bytes[at++];
            number |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static ulong Padded(ulong size) => (size + 3) & ~3UL;
}
