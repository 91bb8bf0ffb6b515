using LayoutCheck.Platform;

namespace LayoutCheck.Cli;

/// <summary>
/// Garbage collection and heap of a process that answers one question and ends. Hot: of a short run a tenth went into page faults of the heap; one call for
/// many pages costs a tenth of that.
/// </summary>
internal static class GcTuning
{
    /// <summary>The heap, in bytes, that one struct of a kernel takes.</summary>
    public const int ShowFootprint = 384 << 10;

    /// <summary>The heap, in bytes, that all units of a kernel take.</summary>
    public const int CheckFootprint = 2 << 20;

    // A check of all rules takes three times as much, and is collected when it comes to that.
    private const long BytesWithoutCollection = 4 << 20;

    /// <summary>Suspends garbage collection for the first megabytes, and commits them. Changes nothing where the heap is limited to less.</summary>
    public static void SuspendCollection()
    {
        try
        {
            _ = GC.TryStartNoGCRegion(BytesWithoutCollection);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException or OutOfMemoryException)
        {
            // A limited heap (DOTNET_GCHeapHardLimit) is collected as usual.
        }
    }

    /// <summary>Prefaults the part of the heap where the next objects are allocated.</summary>
    public static void PrefaultHeap(int byteSize) => Prefault.GcAllocationContext((nuint)byteSize);
}
