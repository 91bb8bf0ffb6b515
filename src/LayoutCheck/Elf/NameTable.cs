namespace LayoutCheck.Elf;

/// <summary>Finds which of many names some bytes are, in a time that does not grow with their number. Immutable; shared by all threads.</summary>
internal sealed class NameTable
{
    private readonly byte[][] _names;

    // By hash: the last name of that hash and one more, or 0; and by name, the one before it.
    private readonly int[] _last;
    private readonly int[] _before;

    /// <param name="names">All names.</param>
    /// <param name="wanted">The indexes of those to be found; no two are equal.</param>
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

    /// <summary>The index of the name that these bytes are, or -1.</summary>
    public int Find(ReadOnlySpan<byte> bytes)
    {
        int name = _last[Slot(bytes)] - 1;
        while (name >= 0 && !bytes.SequenceEqual(_names[name]))
        {
            name = _before[name] - 1;
        }

        return name;
    }

    // The seed is chosen anew in each process, so that no file can have names of one hash.
    private int Slot(ReadOnlySpan<byte> bytes)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        return hash.ToHashCode() & (_last.Length - 1);
    }
}
