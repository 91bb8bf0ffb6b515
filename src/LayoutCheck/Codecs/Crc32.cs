using System.Runtime.InteropServices;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>
/// The CRC of .gnu_debuglink: that of zlib and Ethernet (polynomial 0x04c11db7, reflected). Eight bytes a step by eight tables ("slicing by 8"),
/// since a debug file is hundreds of megabytes.
/// </summary>
internal static class Crc32
{
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The CRC of all bytes of a range.</summary>
    public static unsafe uint Of(Section section)
    {
        uint crc = uint.MaxValue;
        for (nuint at = 0; at < section.Length;)
        {
            int count = (int)nuint.Min(section.Length - at, 1 << 30);
            crc = Update(crc, new ReadOnlySpan<byte>(section.Start + at, count));
            at += (nuint)count;
        }

        return ~crc;
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] t0 = Tables[0], t1 = Tables[1], t2 = Tables[2], t3 = Tables[3], t4 = Tables[4], t5 = Tables[5], t6 = Tables[6], t7 = Tables[7];
        ReadOnlySpan<ulong> words = BitConverter.IsLittleEndian ? MemoryMarshal.Cast<byte, ulong>(bytes) : [];
        foreach (ulong word in words)
        {
            ulong x = word ^ crc;
            crc = t7[(byte)x] ^ t6[(byte)(x >> 8)] ^ t5[(byte)(x >> 16)] ^ t4[(byte)(x >> 24)]
                ^ t3[(byte)(x >> 32)] ^ t2[(byte)(x >> 40)] ^ t1[(byte)(x >> 48)] ^ t0[(byte)(x >> 56)];
        }

        foreach (byte value in bytes[(words.Length * 8)..])
        {
            crc = (crc >> 8) ^ t0[(byte)(crc ^ value)];
        }

        return crc;
    }

    // Tables[k][b]: the CRC of byte b with k zero bytes behind it.
    private static uint[][] MakeTables()
    {
        uint[][] tables = [.. Enumerable.Range(0, 8).Select(_ => new uint[256])];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
            }

            tables[0][i] = crc;
        }

        for (int k = 1; k < 8; k++)
        {
            for (int i = 0; i < 256; i++)
            {
                uint before = tables[k - 1][i];
                tables[k][i] = (before >> 8) ^ tables[0][(byte)before];
            }
        }

        return tables;
    }
}
