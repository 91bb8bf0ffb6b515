using System.Runtime.CompilerServices;

namespace LayoutCheck.Dwarf.Census;

/// <summary>Numbers hashes from 0 in the order in which they come. Open addressing: a key of a random hash needs no other one.</summary>
internal sealed class HashIndex
{
    private const int FirstRoom = 1 << 12;

    private Entry[] _entries = new Entry[FirstRoom];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a hash, or -1.</summary>
    public int Find(ulong key) => _entries[Slot(key)].Next - 1;

    /// <summary>The number of a hash; a new one if <paramref name="isNew"/>.</summary>
    public int Add(ulong key, out bool isNew)
    {
        ref Entry entry = ref _entries[Slot(key)];
        isNew = entry.Next == 0;
        if (!isNew)
        {
            return entry.Next - 1;
        }

        if (Count * 2 >= _entries.Length)
        {
            Grow();
            entry = ref _entries[Slot(key)];
        }

        entry = new Entry { Key = key, Next = ++Count };
        return Count - 1;
    }

    // Where a key is, or could be.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong key)
    {
        Entry[] entries = _entries;
        int slot = (int)(key >> 20) & (entries.Length - 1);
        while (entries[slot].Next != 0 && entries[slot].Key != key)
        {
            slot = (slot + 1) & (entries.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        Entry[] entries = _entries;
        _entries = new Entry[entries.Length * 2];
        foreach (Entry entry in entries)
        {
            if (entry.Next != 0)
            {
                _entries[Slot(entry.Key)] = entry;
            }
        }
    }

    // The number is one less than Next; 0 is an unused entry.
    private struct Entry
    {
        public ulong Key;
        public int Next;
    }
}
