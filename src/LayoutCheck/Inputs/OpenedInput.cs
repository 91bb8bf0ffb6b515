using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>A file that was opened for a user's word.</summary>
/// <param name="File">The file; closed by its user.</param>
internal sealed record OpenedInput(MappedFile File)
{
    /// <summary>What a folder, or the name of a release, stood for; else null.</summary>
    public FoundKernel? Found { get; init; }

    /// <summary>The build id that was asked for, of bytes that carry none; else null.</summary>
    public string? AskedBuildId { get; init; }

    /// <summary>Where it was fetched from; else null.</summary>
    public string? Origin { get; init; }
}
