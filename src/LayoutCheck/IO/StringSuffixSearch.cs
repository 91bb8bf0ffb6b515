using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LayoutCheck.Core;

namespace LayoutCheck.IO;

/// <summary>
/// Finds all strings of a section of zero-terminated strings that end in one of some names: linkers merge "page" into "subpage". Hot: it runs before the
/// threads start. One pass serves any number of names, by a filter on the four bytes before each zero.
/// </summary>
internal static class StringSuffixSearch
{
    // Below this many names, a vectorised search for each is faster than a walk over all strings.
    private const int FewNames = 6;
    private const int KeySize = 4;

    // Above this many names of one key, a hash of the name replaces the comparison with each.
    private const int MostOfOneKey = 16;

    /// <summary>Reports each occurrence: the index of the name, and its offset in bytes from the start of the section.</summary>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public static void Find(Section strings, byte[][] names, Action<int, ulong> found)
    {
        if (names.Length == 0)
        {
            return;
        }

        Search search = new(names, found);
        // A name that ends in a chunk may start before it.
        using SectionChunks chunks = new(strings, Math.Max(names.Max(n => n.Length), KeySize));
        while (chunks.Next())
        {
            search.InChunk(chunks.Bytes, chunks.Overlap, chunks.Offset);
        }
    }

    /// <summary>The names, indexed for the search.</summary>
    private sealed class Search
    {
        private readonly byte[][] _names;
        private readonly Action<int, ulong> _found;
        private readonly List<(int Name, byte[] Pattern)> _searchedSingly = [];
        private readonly Dictionary<uint, List<int>> _byKey = [];

        // For keys of many names: the lengths of these names, and a hash table of them.
        private readonly Dictionary<uint, (int[] Lengths, NameTable Names)> _byHash = [];
        private readonly ulong[] _filter = new ulong[1 << 10];

        public Search(byte[][] names, Action<int, ulong> found)
        {
            _names = names;
            _found = found;
            for (int i = 0; i < names.Length; i++)
            {
                if (names.Length < FewNames || names[i].Length < KeySize)
                {
                    _searchedSingly.Add((i, [.. names[i], 0]));
                    continue;
                }

                uint key = Unsafe.ReadUnaligned<uint>(ref names[i][^KeySize]);
                if (!_byKey.TryGetValue(key, out List<int>? sameKey))
                {
                    _byKey.Add(key, sameKey = []);
                    _filter[Slot(key) / 64] |= 1UL << (Slot(key) % 64);
                }

                sameKey.Add(i);
            }

            foreach ((uint key, List<int> sameKey) in _byKey)
            {
                if (sameKey.Count > MostOfOneKey)
                {
                    _byHash.Add(key, ([.. sameKey.Select(i => names[i].Length).Distinct()], new NameTable(names, sameKey)));
                }
            }
        }

        /// <summary>Finds the names that end in a chunk.</summary>
        /// <param name="chunk">Its bytes, behind the overlap.</param>
        /// <param name="overlap">The number of bytes of the overlap.</param>
        /// <param name="offset">The offset of the first byte, from the start of the section.</param>
        public void InChunk(ReadOnlySpan<byte> chunk, int overlap, ulong offset)
        {
            foreach ((int name, byte[] pattern) in _searchedSingly)
            {
                // The match belongs to the chunk that has its zero.
                for (int at = Math.Max(0, overlap - pattern.Length + 1); chunk[at..].IndexOf(pattern) is >= 0 and int place; at += place + 1)
                {
                    _found(name, offset + (ulong)(at + place));
                }
            }

            if (_byKey.Count > 0)
            {
                Walk(chunk, overlap, offset);
            }
        }

        private void Walk(ReadOnlySpan<byte> chunk, int overlap, ulong offset)
        {
            for (int at = overlap; chunk[at..].IndexOf((byte)0) is >= 0 and int length;)
            {
                int zero = at + length;
                at = zero + 1;
                if (zero < KeySize)
                {
                    continue;
                }

                uint key = Unsafe.ReadUnaligned<uint>(ref MemoryMarshal.GetReference(chunk[(zero - KeySize)..]));
                if ((_filter[Slot(key) / 64] >> (Slot(key) % 64) & 1) == 0 || !_byKey.TryGetValue(key, out List<int>? candidates))
                {
                    continue;
                }

                if (candidates.Count > MostOfOneKey)
                {
                    (int[] sizes, NameTable table) = _byHash[key];
                    foreach (int size in sizes)
                    {
                        if (zero >= size && table.Find(chunk.Slice(zero - size, size)) is >= 0 and int hashed)
                        {
                            _found(hashed, offset + (ulong)(zero - size));
                        }
                    }

                    continue;
                }

                foreach (int i in candidates)
                {
                    byte[] name = _names[i];
                    if (zero >= name.Length && chunk.Slice(zero - name.Length, name.Length).SequenceEqual(name))
                    {
                        _found(i, offset + (ulong)(zero - name.Length));
                    }
                }
            }
        }
    }

    private static int Slot(uint key) => (int)((key * 0x9e3779b1) >> 16);
}
