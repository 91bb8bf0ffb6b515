namespace LayoutCheck.Analyses;

/// <summary>The resources that a batch of images may take.</summary>
/// <param name="Threads">The number of threads, at least 1.</param>
/// <param name="MemoryBytes">
/// The memory in bytes, as it is estimated from the files: no image is begun beside others that would exceed it together. A single image is always worked on.
/// </param>
public readonly record struct BatchLimits(int Threads, ulong MemoryBytes)
{
    private const ulong DefaultShare = 4;

    /// <summary>A quarter of the memory that this process may have: of the machine, or of its control group.</summary>
    public static ulong DefaultMemory => (ulong)Math.Max(0, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / DefaultShare;

    /// <summary>The default memory.</summary>
    /// <param name="threads">The number of threads.</param>
    public static BatchLimits Of(int threads) => new(threads, DefaultMemory);
}
