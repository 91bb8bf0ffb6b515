using System.Runtime.CompilerServices;

namespace LayoutCheck.Dwarf.Census;

/// <summary>Numbers hashes from 0 in the order in which they come. Open addressing: a key of a random hash needs no other one.</summary>
internal sealed class HashIndex
{
    private const int FirstRoom = 1 << 12;

    private ulong[] _keys = new ulong[FirstRoom];
    private int[] _numbers = new int[FirstRoom];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a hash, or -1.</summary>
    public int Find(ulong key)
    {
        int slot = Slot(key);
        return _numbers[slot] - 1;
    }

    /// <summary>The number of a hash; a new one if <paramref name="isNew"/>.</summary>
    public int Add(ulong key, out bool isNew)
    {
        int slot = Slot(key);
        isNew = _numbers[slot] == 0;
        if (!isNew)
        {
            return _numbers[slot] - 1;
        }

        if (Count * 2 >= _keys.Length)
        {
            Grow();
            slot = Slot(key);
        }

        _keys[slot] = key;
        _numbers[slot] = Count + 1;
        return Count++;
    }

    // Where a key is, or could be.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Slot(ulong key)
    {
        int mask = _keys.Length - 1;
        int slot = (int)(key >> 20) & mask;
        while (_numbers[slot] != 0 && _keys[slot] != key)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        (ulong[] keys, int[] numbers) = (_keys, _numbers);
        _keys = new ulong[keys.Length * 2];
        _numbers = new int[keys.Length * 2];
        for (int i = 0; i < keys.Length; i++)
        {
            if (numbers[i] != 0)
            {
                int slot = Slot(keys[i]);
                (_keys[slot], _numbers[slot]) = (keys[i], numbers[i]);
            }
        }
    }
}
