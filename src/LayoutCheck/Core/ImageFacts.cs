namespace LayoutCheck.Core;

/// <summary>An image's description of itself.</summary>
/// <param name="Format">Its format when unpacked: <c>ELF 64-bit little-endian x86-64 executable</c>.</param>
/// <param name="BuildId">The build id in hexadecimal, or null.</param>
/// <param name="Release">The kernel release (<c>uname -r</c>), or null if the image does not contain it.</param>
/// <param name="Config">The configuration in it (CONFIG_IKCONFIG), or beside it, by <c>CONFIG_</c> names; or null.</param>
/// <param name="Wrapping">The formats around it, outermost first: <c>bzImage, zstd</c>; or empty.</param>
public sealed record ImageFacts(string Format, string? BuildId, string? Release, IReadOnlyDictionary<string, string>? Config, string Wrapping)
{
    /// <summary>The machine of its ELF header (e_machine); null where there is no ELF (raw BTF).</summary>
    public int? Machine { get; init; }

    /// <summary>Whether the build id is the one that was asked for, of bytes that carry none.</summary>
    public bool IsBuildIdAsked { get; init; }

    /// <summary>The build id in words.</summary>
    public string BuildIdInWords => BuildId is null ? "none recorded" : IsBuildIdAsked ? $"{BuildId} (as asked for, not verified)" : BuildId;

    /// <summary>The machine's common name (<c>x86-64</c>); null where there is no ELF.</summary>
    public string? MachineName { get; init; }

    /// <summary>The bits of an address, 32 or 64; null where there is no ELF.</summary>
    public int? Bits { get; init; }

    /// <summary>The byte order.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>SHA-256 over the file as it was named, in hexadecimal: what tells it from others where it has no build id. Null where it has one, and where it was not asked for.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The format behind those around it: <c>bzImage, zstd: ELF 64-bit little-endian x86-64 executable</c>.</summary>
    public string FullFormat => Wrapping.Length == 0 ? Format : $"{Wrapping}: {Format}";
}
