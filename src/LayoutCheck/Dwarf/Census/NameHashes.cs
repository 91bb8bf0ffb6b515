using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// The hashes of names by their offsets in .debug_str: equal texts have one hash, whichever offsets a linker gave them. Hot: looked up for each
/// declaration. It is a cache of a fixed size, whose entries depend on the text alone, so that eviction is always safe. Serves one thread.
/// </summary>
/// <param name="strings">.debug_str; null if there is none.</param>
/// <param name="hash">The hash.</param>
/// <param name="cacheSize">The number of entries, a power of two; tests use a small one.</param>
internal sealed class NameHashes(Section? strings, LayoutHash hash, int cacheSize = NameHashes.CacheSize)
{
    /// <summary>The number of entries: 256 KB.</summary>
    public const int CacheSize = 1 << 14;

    private static readonly SearchValues<byte> s_ascii = SearchValues.Create([.. Enumerable.Range(0, 128).Select(i => (byte)i)]);

    private readonly Entry[] _entries = new Entry[cacheSize];
    private readonly int _mask = cacheSize - 1;

    /// <summary>Looks up the hash of a name; false if the name is not one that is read here: not ASCII, or too long.</summary>
    /// <exception cref="InvalidImageException">No string is there.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(uint offset, out ulong name)
    {
        ref Entry entry = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_entries), (int)((offset * 0x9e3779b1u) >> 8) & _mask);
        name = entry.Hash;
        return (entry.Offset == offset && name != LayoutHash.NoName) || TryRead(offset, ref entry, out name);
    }

    /// <summary>The hash of a name that stands among the values of a DIE; false as above.</summary>
    public bool TryHash(ReadOnlySpan<byte> text, out ulong name)
    {
        bool isKnown = text.Length <= TypeGraphBuilder.LongestName && !text.ContainsAnyExcept(s_ascii);
        name = isKnown ? hash.OfName(text) : LayoutHash.NoName;
        return isKnown;
    }

    private bool TryRead(uint offset, ref Entry entry, out ulong name)
    {
        if (strings is null || !TryHash(strings.StringAt(offset), out name))
        {
            name = LayoutHash.NoName;
            return false;
        }

        entry = new Entry { Offset = offset, Hash = name };
        return true;
    }

    private struct Entry
    {
        public uint Offset;
        public ulong Hash;
    }
}
