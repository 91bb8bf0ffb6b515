using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>
/// A cache of declarations of .debug_abbrev for one thread, keyed by their bytes. Hot: looked up 370,000 times per kernel, so that a lookup is a few
/// vector operations and two cache lines. The length is guessed as up to the first 00 00 pair. A wrong guess can only cause a cache miss, never a false
/// hit: a hit has exactly the bytes that were parsed. The size is bounded, and nothing is evicted: a miss is parsed.
/// </summary>
internal sealed unsafe class AbbrevCache
{
    /// <summary>The id of a declaration that is not in the cache.</summary>
    public const int NotCached = -1;

    /// <summary>The longest declaration in the cache, in bytes without the code. That many bytes must be readable where a key is made.</summary>
    public const int LongestKey = 48;

    // A small file has some hundred declarations, a kernel 9,000 that differ.
    private const int FewEntries = 1 << 8;
    private const int MostEntries = 1 << 14;

    // The bound on the cost of bytes that were chosen to collide.
    private const int MostProbes = 8;

    private Entry[] _entries = new Entry[FewEntries];
    private int _count;
    private Abbrev?[] _abbrevs = new Abbrev?[FewEntries];

    // By hash: the id of an entry plus one; 0 for an empty slot. At most half full.
    private ushort[] _slots = new ushort[2 * FewEntries];

    /// <summary>The bytes of a declaration up to its guessed end, and zeros behind them.</summary>
    internal readonly record struct Key(Vector128<byte> First, Vector128<byte> Second, Vector128<byte> Third, uint KindAndLength)
    {
        /// <summary>The length in bytes; 0 if the declaration is too long for a key.</summary>
        public uint Length => KindAndLength & 0xff;
    }

    /// <summary>The key of the declaration at a place.</summary>
    /// <param name="bytes">The bytes behind its code.</param>
    /// <param name="kind">The properties of the unit that its meaning depends on: 24 bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Key KeyOf(byte* bytes, uint kind)
    {
        Vector128<byte> first = Vector128.Load(bytes);
        Vector128<byte> second = Vector128.Load(bytes + 16);
        Vector128<byte> third = Vector128.Load(bytes + 32);
        ulong zeros = Vector128.Equals(first, Vector128<byte>.Zero).ExtractMostSignificantBits()
            | ((ulong)Vector128.Equals(second, Vector128<byte>.Zero).ExtractMostSignificantBits() << 16)
            | ((ulong)Vector128.Equals(third, Vector128<byte>.Zero).ExtractMostSignificantBits() << 32);
        // The tag and DW_CHILDREN are the first two bytes at least.
        ulong ends = zeros & (zeros >> 1) & ~3UL;
        if (ends == 0)
        {
            return default;
        }

        int length = BitOperations.TrailingZeroCount(ends) + 2;
        ref byte masks = ref Unsafe.Add(ref MemoryMarshal.GetReference(Masks), LongestKey - length);
        return new Key(
            first & Vector128.LoadUnsafe(ref masks),
            second & Vector128.LoadUnsafe(ref masks, 16),
            third & Vector128.LoadUnsafe(ref masks, 32),
            (kind << 8) | (uint)length);
    }

    /// <summary>The id of a declaration and its skip plan, or <see cref="NotCached"/>. The length of the key is not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in Key key, out SkipPlan plan)
    {
        ref Entry entries = ref MemoryMarshal.GetArrayDataReference(_entries);
        ref ushort slots = ref MemoryMarshal.GetArrayDataReference(_slots);
        uint mask = (uint)_slots.Length - 1;
        uint slot = Hash(key);
        for (int probe = 0; probe < MostProbes; probe++, slot++)
        {
            int id = Unsafe.Add(ref slots, slot & mask) - 1;
            if (id < 0)
            {
                break;
            }

            ref Entry entry = ref Unsafe.Add(ref entries, id);
            if (((entry.First ^ key.First) | (entry.Second ^ key.Second) | (entry.Third ^ key.Third)) == Vector128<byte>.Zero
                && entry.KindAndLength == key.KindAndLength)
            {
                plan = entry.SkipPlan;
                return id;
            }
        }

        plan = default;
        return NotCached;
    }

    /// <summary>The decoded form of a declaration, if it is in the cache.</summary>
    public Abbrev? AbbrevOf(int id) => id >= 0 ? _abbrevs[id] : null;

    /// <summary>Stores the decoded form of a declaration that is in the cache.</summary>
    public void Keep(int id, Abbrev abbrev)
    {
        if (id >= 0)
        {
            _abbrevs[id] = abbrev;
        }
    }

    /// <summary>Adds a declaration if there is room.</summary>
    /// <param name="key">Its bytes; the length is the parsed one.</param>
    /// <param name="plan">Its skip plan.</param>
    /// <returns>Its id, or <see cref="NotCached"/>.</returns>
    public int Add(in Key key, SkipPlan plan)
    {
        if (_count == _entries.Length)
        {
            if (_count == MostEntries)
            {
                return NotCached;
            }

            Grow();
        }

        if (!Insert(Hash(key), _count))
        {
            return NotCached;
        }

        _entries[_count] = new Entry { First = key.First, Second = key.Second, Third = key.Third, SkipPlan = plan, KindAndLength = key.KindAndLength };
        return _count++;
    }

    // Straight to the maximum: untouched entries take no memory yet.
    private void Grow()
    {
        Entry[] entries = GC.AllocateUninitializedArray<Entry>(MostEntries, pinned: true);
        _entries.CopyTo(entries, 0);
        _entries = entries;
        Array.Resize(ref _abbrevs, MostEntries);
        _slots = GC.AllocateArray<ushort>(2 * MostEntries, pinned: true);
        for (int id = 0; id < _count; id++)
        {
            ref readonly Entry entry = ref entries[id];
            // An entry that finds no slot is parsed again.
            _ = Insert(Hash(new Key(entry.First, entry.Second, entry.Third, entry.KindAndLength)), id);
        }
    }

    private bool Insert(uint slot, int id)
    {
        for (int probe = 0; probe < MostProbes; probe++, slot++)
        {
            ref ushort place = ref _slots[slot & ((uint)_slots.Length - 1)];
            if (place == 0)
            {
                place = (ushort)(id + 1);
                return true;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(in Key key)
    {
        ulong hash = ((key.First.AsUInt64()[0] ^ key.KindAndLength) * 0x9e3779b97f4a7c15)
            + (key.First.AsUInt64()[1] * 0xc2b2ae3d27d4eb4f)
            + (key.Second.AsUInt64()[0] * 0x165667b19e3779f9)
            + (key.Second.AsUInt64()[1] * 0x27d4eb2f165667c5)
            + (key.Third.AsUInt64()[0] * 0x85ebca77c2b2ae63)
            + (key.Third.AsUInt64()[1] * 0xff51afd7ed558ccd);
        return (uint)((hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9 >> 32);
    }

    // 48 bytes of ones, then 48 of zeros: loaded n bytes before the middle, it masks all but n bytes.
    private static ReadOnlySpan<byte> Masks =>
    [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    // One cache line.
    private struct Entry
    {
        public Vector128<byte> First;
        public Vector128<byte> Second;
        public Vector128<byte> Third;
        public SkipPlan SkipPlan;
        public uint KindAndLength;
    }
}
