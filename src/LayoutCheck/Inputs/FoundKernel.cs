namespace LayoutCheck.Inputs;

/// <summary>The file that a folder or the name of a release stands for.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Configuration">The configuration that lies beside it; null where there can be none.</param>
internal sealed record FoundKernel(string Path, ConfigurationFile? Configuration)
{
    /// <summary>The release that it has to be of; null where none was asked for.</summary>
    public string? Release { get; init; }
}
