using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>
/// The declarations of .debug_abbrev that one thread has met, found again by their bytes. Hot: it is asked 370,000 times a kernel, so that an
/// answer is a few vector operations and two cache lines. How long a declaration is, is guessed from the first two zeros; the guess decides
/// only whether it is found: what is found has all bytes that were parsed, no more and no fewer. It keeps so many and no more, and forgets
/// none; what it does not know is parsed.
/// </summary>
internal sealed unsafe class AbbrevCache
{
    /// <summary>The id of a declaration that is not kept.</summary>
    public const int NotCached = -1;

    /// <summary>The longest declaration that is kept, in bytes without the code; so many must be readable where a key is made.</summary>
    public const int LongestKey = 48;

    // A small file has some hundred; of a kernel's 9,000 each is in memory once, and no page of what is not needed shows up.
    private const int FewEntries = 1 << 8;
    private const int MostEntries = 1 << 14;

    // Of the most, so many have their memory asked for together.
    private const int EntriesAtOnce = 1 << 10;

    // Bytes chosen to collide cost this and no more.
    private const int MostProbes = 8;

    private Entry[] _entries = new Entry[FewEntries];
    private int _count;
    private Abbrev?[] _abbrevs = new Abbrev?[FewEntries];

    // By hash: the id of an entry and one more; 0 when there is none. Half full at most.
    private ushort[] _slots = new ushort[2 * FewEntries];

    /// <summary>The bytes of a declaration, as far as its length is guessed, and zeros behind them.</summary>
    internal readonly record struct Key(Vector128<byte> First, Vector128<byte> Second, Vector128<byte> Third, uint KindAndLength)
    {
        /// <summary>The length in bytes; 0 when the declaration is too long for a key.</summary>
        public uint Length => KindAndLength & 0xff;
    }

    /// <summary>The key of the declaration that starts there.</summary>
    /// <param name="bytes">What follows its code.</param>
    /// <param name="kind">What its meaning depends on besides: 24 bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Key KeyOf(byte* bytes, uint kind)
    {
        Vector128<byte> first = Vector128.Load(bytes);
        Vector128<byte> second = Vector128.Load(bytes + 16);
        Vector128<byte> third = Vector128.Load(bytes + 32);
        ulong zeros = Vector128.Equals(first, Vector128<byte>.Zero).ExtractMostSignificantBits()
            | ((ulong)Vector128.Equals(second, Vector128<byte>.Zero).ExtractMostSignificantBits() << 16)
            | ((ulong)Vector128.Equals(third, Vector128<byte>.Zero).ExtractMostSignificantBits() << 32);
        // The tag and whether there are children come first.
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

    /// <summary>The id of a declaration and how to step over its DIEs, or <see cref="NotCached"/>. The key's length is not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(in Key key, out SkipPlan step)
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
                step = entry.SkipPlan;
                return id;
            }
        }

        step = default;
        return NotCached;
    }

    /// <summary>A declaration decoded, if it was and is kept.</summary>
    public Abbrev? AbbrevOf(int id) => id >= 0 ? _abbrevs[id] : null;

    /// <summary>Keeps what a declaration was decoded to, if it is one that is kept.</summary>
    public void Keep(int id, Abbrev abbrev)
    {
        if (id >= 0)
        {
            _abbrevs[id] = abbrev;
        }
    }

    /// <summary>Keeps a declaration, if there is room for it.</summary>
    /// <param name="key">Its bytes; its length is the one that was parsed.</param>
    /// <param name="step">What it was parsed to.</param>
    /// <returns>Its id, or <see cref="NotCached"/>.</returns>
    public int Add(in Key key, SkipPlan step)
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

        if (_count % EntriesAtOnce == 0 && _entries.Length == MostEntries)
        {
            Entry* entry = (Entry*)Unsafe.AsPointer(ref _entries[_count]);
        }

        _entries[_count] = new Entry { First = key.First, Second = key.Second, Third = key.Third, SkipPlan = step, KindAndLength = key.KindAndLength };
        return _count++;
    }

    // At once to the most: what is beyond the entries in use stays untouched, and is no memory yet.
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
            // The few that find no room are parsed again.
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

    // From its middle on zeros, before it ones: loaded so many bytes before the middle it keeps so many bytes.
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
