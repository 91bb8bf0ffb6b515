using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Elf;

/// <summary>
/// Finds where names stand in a section of zero-terminated strings, as strings of their own or as the tails of others (linkers merge
/// "page" into "subpage"). Hot: it runs before the threads start. One pass serves any number of names, by the four bytes before each zero.
/// </summary>
internal static class StringTails
{
    // Below this many names, one vectorised search a name is faster than one walk over all strings.
    private const int FewNames = 6;
    private const int KeySize = 4;

    // More names with one end are looked for by their hashes.
    private const int MostOfOneKey = 16;

    /// <summary>Reports every place of every name: the name's index, and the offset in bytes from the start of the section.</summary>
    /// <exception cref="InvalidImageException">The file cannot be read any more.</exception>
    public static void Find(Section strings, byte[][] names, Action<int, ulong> found)
    {
        if (names.Length == 0)
        {
            return;
        }

        Search search = new(names, found);
        // A name that ends in a piece may start before it.
        using SectionPieces pieces = new(strings, Math.Max(names.Max(n => n.Length), KeySize));
        while (pieces.Next())
        {
            search.Piece(pieces.Bytes, pieces.Before, pieces.Offset);
        }
    }

    /// <summary>What is looked for, prepared.</summary>
    private sealed class Search
    {
        private readonly byte[][] _names;
        private readonly Action<int, ulong> _found;
        private readonly List<(int Name, byte[] Pattern)> _searched = [];
        private readonly Dictionary<uint, List<int>> _byKey = [];

        // Of keys that many names have: the lengths of these names, and which they are.
        private readonly Dictionary<uint, (int[] Lengths, NameTable Names)> _crowded = [];
        private readonly ulong[] _filter = new ulong[1 << 10];

        public Search(byte[][] names, Action<int, ulong> found)
        {
            _names = names;
            _found = found;
            for (int i = 0; i < names.Length; i++)
            {
                if (names.Length < FewNames || names[i].Length < KeySize)
                {
                    _searched.Add((i, [.. names[i], 0]));
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
                    _crowded.Add(key, ([.. sameKey.Select(i => names[i].Length).Distinct()], new NameTable(names, sameKey)));
                }
            }
        }

        /// <summary>Finds the names that end in a piece.</summary>
        /// <param name="piece">Its bytes, and enough of those before it.</param>
        /// <param name="first">How many are before it.</param>
        /// <param name="offset">Where they start, in bytes from the start of the section.</param>
        public void Piece(ReadOnlySpan<byte> piece, int first, ulong offset)
        {
            foreach ((int name, byte[] pattern) in _searched)
            {
                // The zero behind the name is the one that belongs to the piece.
                for (int at = Math.Max(0, first - pattern.Length + 1); piece[at..].IndexOf(pattern) is >= 0 and int place; at += place + 1)
                {
                    _found(name, offset + (ulong)(at + place));
                }
            }

            if (_byKey.Count > 0)
            {
                Walk(piece, first, offset);
            }
        }

        private void Walk(ReadOnlySpan<byte> piece, int first, ulong offset)
        {
            for (int at = first; piece[at..].IndexOf((byte)0) is >= 0 and int length;)
            {
                int zero = at + length;
                at = zero + 1;
                if (zero < KeySize)
                {
                    continue;
                }

                uint key = Unsafe.ReadUnaligned<uint>(ref MemoryMarshal.GetReference(piece[(zero - KeySize)..]));
                if ((_filter[Slot(key) / 64] >> (Slot(key) % 64) & 1) == 0 || !_byKey.TryGetValue(key, out List<int>? candidates))
                {
                    continue;
                }

                if (candidates.Count > MostOfOneKey)
                {
                    (int[] sizes, NameTable table) = _crowded[key];
                    foreach (int size in sizes)
                    {
                        if (zero >= size && table.Find(piece.Slice(zero - size, size)) is >= 0 and int crowded)
                        {
                            _found(crowded, offset + (ulong)(zero - size));
                        }
                    }

                    continue;
                }

                foreach (int i in candidates)
                {
                    byte[] name = _names[i];
                    if (zero >= name.Length && piece.Slice(zero - name.Length, name.Length).SequenceEqual(name))
                    {
                        _found(i, offset + (ulong)(zero - name.Length));
                    }
                }
            }
        }
    }

    private static int Slot(uint key) => (int)((key * 0x9e3779b1) >> 16);
}
