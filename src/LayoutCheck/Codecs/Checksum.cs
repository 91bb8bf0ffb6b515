using System.IO.Hashing;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>The CRC-32 of zlib and Ethernet, which .gnu_debuglink has.</summary>
internal static class Checksum
{
    /// <summary>The CRC-32 of all bytes of a section.</summary>
    public static unsafe uint Crc32Of(Section section)
    {
        Crc32 crc = new();
        for (nuint at = 0; at < section.Length;)
        {
            int count = (int)nuint.Min(section.Length - at, 1 << 30);
            crc.Append(new ReadOnlySpan<byte>(section.Start + at, count));
            at += (nuint)count;
        }

        return crc.GetCurrentHashAsUInt32();
    }
}
