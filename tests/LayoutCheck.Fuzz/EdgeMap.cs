using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace LayoutCheck.Fuzz;

/// <summary>
/// The edges (a branch, and the branch before it) that the instrumented library takes: the map of AFL, a counter of a byte for each of 65,536 hashes.
/// The previous branch is one static field, so only one thread at a time may run counted code. The map lives as long as the process.
/// </summary>
internal sealed unsafe class EdgeMap
{
    private const int Size = 1 << 16;

    private readonly byte* _counts = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte* _uncounted = (byte*)NativeMemory.AllocZeroed(Size);

    // A bit for each class of counts that some case had.
    private readonly byte[] _seen = new byte[Size];

    /// <summary>Makes the library count here. No code of an instrumented library may run before.</summary>
    public EdgeMap() => Trace.SharedMem = _counts;

    /// <summary>The number of edges that some case took.</summary>
    public int ReachedCount => _seen.Count(s => s != 0);

    /// <summary>Whether the counts since the last call have an edge, or a class of counts of one, that none before had. Clears the counts.</summary>
    public bool Collect()
    {
        bool isNew = false;
        Span<byte> counts = new(_counts, Size);
        for (int i = 0; i < Size; i++)
        {
            if (counts[i] != 0)
            {
                int seen = _seen[i] | ClassOf(counts[i]);
                isNew |= seen != _seen[i];
                _seen[i] = (byte)seen;
            }
        }

        counts.Clear();
        Trace.PrevLocation = 0;
        return isNew;
    }

    /// <summary>Runs a step that starts threads, and does not count what it takes.</summary>
    public string? RunUncounted(Func<string?> step)
    {
        Trace.SharedMem = _uncounted;
        try
        {
            return step();
        }
        finally
        {
            Trace.SharedMem = _counts;
        }
    }

    // 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, 128 and more: a loop that runs once more is no news.
    private static int ClassOf(byte count) => count switch
    {
        < 4 => 1 << (count - 1),
        < 32 => 2 << BitOperations.Log2(count),
        < 128 => 1 << 6,
        _ => 1 << 7,
    };
}
