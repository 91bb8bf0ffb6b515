namespace LayoutCheck;

/// <summary>How to open an image.</summary>
/// <param name="Source">Which debug information is wanted.</param>
/// <param name="DebugDirectory">
/// Where to look first for debug information that was split off: files by name, and <c>.build-id</c>. Null for the places that are usual only.
/// </param>
/// <param name="BasePath">The kernel that a module's BTF goes on from; null to look for it in the places that are usual.</param>
public sealed record ImageOptions(SourceChoice Source = SourceChoice.Auto, string? DebugDirectory = null, string? BasePath = null);
