using System.Numerics;
using System.Runtime.Intrinsics;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// Searches a run of bytes for a few patterns of at least two bytes each. Hot: all of .debug_info can come through here, at little more than the cost of
/// reading it. One pass looks for two patterns, by two neighbouring bytes of each.
/// </summary>
internal sealed unsafe class BytePatterns
{
    private readonly byte[][] _patterns;

    public BytePatterns(IEnumerable<byte[]> patterns) => _patterns = [.. patterns];

    /// <summary>Whether any pattern occurs among the bytes.</summary>
    public bool OccurIn(byte* from, byte* to)
    {
        for (int i = 0; i < _patterns.Length; i += 2)
        {
            byte[] first = _patterns[i];
            byte[] second = _patterns[Math.Min(i + 1, _patterns.Length - 1)];
            byte* rest = Pass(from, to, first, second, out bool isFound);
            // A pattern may start before the remaining bytes.
            long overlap = Math.Min(rest - from, Math.Max(first.Length, second.Length));
            rest -= overlap;
            ReadOnlySpan<byte> end = new(rest, (int)(to - rest));
            if (isFound || end.IndexOf(first) >= 0 || end.IndexOf(second) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    // Searches for two patterns, and returns the place up to which it did.
    private static byte* Pass(byte* from, byte* to, byte[] first, byte[] second, out bool isFound)
    {
        int firstAt = RareAt(first);
        int secondAt = RareAt(second);
        Vector128<byte> first0 = Vector128.Create(first[firstAt]);
        Vector128<byte> first1 = Vector128.Create(first[firstAt + 1]);
        Vector128<byte> second0 = Vector128.Create(second[secondAt]);
        Vector128<byte> second1 = Vector128.Create(second[secondAt + 1]);
        byte* at = from;
        for (; to - at > 32; at += 32)
        {
            Vector128<byte> a0 = Vector128.Load(at);
            Vector128<byte> a1 = Vector128.Load(at + 1);
            Vector128<byte> b0 = Vector128.Load(at + 16);
            Vector128<byte> b1 = Vector128.Load(at + 17);
            Vector128<byte> a = (Vector128.Equals(a0, first0) & Vector128.Equals(a1, first1)) | (Vector128.Equals(a0, second0) & Vector128.Equals(a1, second1));
            Vector128<byte> b = (Vector128.Equals(b0, first0) & Vector128.Equals(b1, first1)) | (Vector128.Equals(b0, second0) & Vector128.Equals(b1, second1));
            if ((a | b) == Vector128<byte>.Zero)
            {
                continue;
            }

            uint places = a.ExtractMostSignificantBits() | (b.ExtractMostSignificantBits() << 16);
            for (; places != 0; places &= places - 1)
            {
                byte* place = at + BitOperations.TrailingZeroCount(places);
                if (IsAt(place - firstAt, from, to, first) || IsAt(place - secondAt, from, to, second))
                {
                    isFound = true;
                    return at;
                }
            }
        }

        isFound = false;
        return at;
    }

    private static bool IsAt(byte* place, byte* from, byte* to, byte[] pattern)
        => place >= from && to - place >= pattern.Length && new ReadOnlySpan<byte>(place, pattern.Length).SequenceEqual(pattern);

    // The index of two neighbouring bytes of a pattern that are rare together: neither is 0, if possible.
    private static int RareAt(byte[] pattern)
    {
        for (int i = 0; i + 1 < pattern.Length; i++)
        {
            if (pattern[i] != 0 && pattern[i + 1] != 0)
            {
                return i;
            }
        }

        return 0;
    }
}
