using System.Runtime.CompilerServices;

namespace LayoutCheck.Elf;

/// <summary>
/// Finds where names stand in a section of zero-terminated strings, as strings of their own or as the tails of others (linkers merge
/// "page" into "subpage"). Hot: it runs before the threads start. One pass serves any number of names, by the four bytes before each zero.
/// </summary>
internal static unsafe class StringTails
{
    // Below this many names, one vectorised search a name is faster than one walk over all strings.
    private const int FewNames = 6;
    private const int KeySize = 4;

    /// <summary>Reports every place of every name: the name's index, and the offset in bytes from the start of the section.</summary>
    public static void Find(Section strings, byte[][] names, Action<int, ulong> found)
    {
        List<int> searched = [];
        Dictionary<uint, List<int>> byKey = [];
        for (int i = 0; i < names.Length; i++)
        {
            if (names.Length < FewNames || names[i].Length < KeySize)
            {
                searched.Add(i);
                continue;
            }

            uint key = Unsafe.ReadUnaligned<uint>(ref names[i][^KeySize]);
            if (!byKey.TryGetValue(key, out List<int>? sameKey))
            {
                byKey.Add(key, sameKey = []);
            }

            sameKey.Add(i);
        }

        foreach (int i in searched)
        {
            byte[] pattern = [.. names[i], 0];
            for (ulong at = 0; strings.IndexOf(pattern, at) is { } place; at = place + 1)
            {
                found(i, place);
            }
        }

        if (byKey.Count > 0)
        {
            Walk(strings, names, byKey, found);
        }
    }

    private static void Walk(Section strings, byte[][] names, Dictionary<uint, List<int>> byKey, Action<int, ulong> found)
    {
        ulong[] filter = new ulong[1 << 10];
        foreach (uint key in byKey.Keys)
        {
            filter[Slot(key) / 64] |= 1UL << (Slot(key) % 64);
        }

        byte* start = strings.Start;
        byte* end = start + strings.Length;
        byte* at = start;
        while (at < end)
        {
            int window = (int)Math.Min(end - at, 1 << 30);
            int length = new ReadOnlySpan<byte>(at, window).IndexOf((byte)0);
            if (length < 0)
            {
                at += window;
                continue;
            }

            byte* zero = at + length;
            at = zero + 1;
            if (zero - start < KeySize)
            {
                continue;
            }

            uint key = Unsafe.ReadUnaligned<uint>(zero - KeySize);
            if ((filter[Slot(key) / 64] >> (Slot(key) % 64) & 1) == 0 || !byKey.TryGetValue(key, out List<int>? candidates))
            {
                continue;
            }

            foreach (int i in candidates)
            {
                byte[] name = names[i];
                if (zero - start >= name.Length && new ReadOnlySpan<byte>(zero - name.Length, name.Length).SequenceEqual(name))
                {
                    found(i, (ulong)(zero - name.Length - start));
                }
            }
        }
    }

    private static int Slot(uint key) => (int)((key * 0x9e3779b1) >> 16);
}
