using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>What is taken out of a package, and how.</summary>
internal sealed record ArchiveRequest
{
    /// <summary>The path of the file, or its last parts; null for the kernel.</summary>
    public string? Member { get; init; }

    /// <summary>Where the file goes, and how large it may be.</summary>
    public SpoolLimits Limits { get; init; } = SpoolLimits.Default;

    /// <summary>How many threads may unpack.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Told how far the reading is; or null.</summary>
    public OpeningProgress? Progress { get; init; }
}
