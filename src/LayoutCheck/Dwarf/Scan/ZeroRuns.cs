using System.Runtime.Intrinsics;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// Finds bytes that were never written: a missing part of a half-written file must not pass for a unit without the wanted names; the walk refuses it.
/// Hot: each unit that the byte filter would skip comes through here, so that it looks at 16 bytes of each 512.
/// </summary>
internal static unsafe class ZeroRuns
{
    // Runs of this length in bytes are always found, shorter ones of half of it sometimes.
    private const int ShortestRun = 1 << 10;

    /// <summary>Whether a long run of zeros is among the bytes.</summary>
    public static bool AreIn(byte* at, byte* end)
    {
        const int Sampled = 16;
        for (; end - at >= Sampled; at += ShortestRun / 2)
        {
            if (Vector128.Load(at) == Vector128<byte>.Zero)
            {
                ReadOnlySpan<byte> rest = new(at, (int)Math.Min(end - at, ShortestRun / 2));
                if (!rest.ContainsAnyExcept((byte)0))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
