using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// A set of words of four bytes, and a search for any of them at any place: offsets of names in .debug_str, and the beginnings of the names themselves. Hot: it
/// reads every byte of .debug_info. A table of bits that fits the first-level cache rejects nearly all places. Immutable; shared by all threads.
/// </summary>
internal sealed unsafe class WordFilter
{
    private const int FilterBits = 16;

    private readonly ulong[] _filter = new ulong[1 << (FilterBits - 6)];
    private readonly HashSet<uint> _words = [];

    /// <param name="words">The words, in this machine's byte order.</param>
    public WordFilter(IEnumerable<uint> words)
    {
        foreach (uint word in words)
        {
            _words.Add(word);
            uint bit = Bit(word);
            _filter[bit / 64] |= 1UL << (int)(bit % 64);
        }
    }

    /// <summary>Whether a word is in the set.</summary>
    public bool Contains(uint word) => _words.Contains(word);

    /// <summary>Whether any of the words is among the bytes, at any place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MayOccurIn(byte* from, byte* to)
    {
        ref ulong filter = ref MemoryMarshal.GetArrayDataReference(_filter);
        for (byte* at = from; to - at >= sizeof(uint); at++)
        {
            uint word = Unsafe.ReadUnaligned<uint>(at);
            uint bit = Bit(word);
            if ((Unsafe.Add(ref filter, bit / 64) >> (int)(bit % 64) & 1) != 0 && _words.Contains(word))
            {
                return true;
            }
        }

        return false;
    }

    // The product's upper bits: the filter has no more of them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bit(uint word) => (word * 0x9e3779b1) >> (32 - FilterBits);
}
