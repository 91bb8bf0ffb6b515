namespace LayoutCheck.IO;

/// <summary>A hash table of byte strings: finds the index of a name. Immutable; shared by all threads.</summary>
internal sealed class NameTable
{
    private readonly byte[][] _names;

    // Chained hashing: by slot, one more than the index of the last name, or 0; by name, the same for the name before it in the chain.
    private readonly int[] _last;
    private readonly int[] _before;

    /// <param name="names">All names.</param>
    /// <param name="wanted">The indexes of the names to be found; no two are equal.</param>
    public NameTable(byte[][] names, IReadOnlyCollection<int> wanted)
    {
        _names = names;
        _last = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted.Count * 2)];
        _before = new int[names.Length];
        foreach (int name in wanted)
        {
            ref int last = ref _last[Slot(names[name])];
            _before[name] = last;
            last = name + 1;
        }
    }

    /// <summary>The index of the name with these bytes, or -1.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        int name = _last[Slot(bytes)] - 1;
        while (name >= 0 && !bytes.SequenceEqual(_names[name]))
        {
            name = _before[name] - 1;
        }

        return name;
    }

    // HashCode is seeded at random in each process, so that no file can be made to have colliding names.
    private int Slot(ReadOnlySpan<byte> bytes)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        return hash.ToHashCode() & (_last.Length - 1);
    }
}
