namespace LayoutCheck.Core;

/// <summary>The role of a file in an answer, in the order of reports.</summary>
public enum FileRole
{
    /// <summary>The file that the user named.</summary>
    Image,

    /// <summary>The kernel whose BTF a module's split BTF continues.</summary>
    BaseKernel,

    /// <summary>The kernel that a module is compared with.</summary>
    ComparedKernel,

    /// <summary>The configuration that the kernel was built with.</summary>
    Configuration,

    /// <summary>The file that the image's debug information was split off into (.gnu_debuglink, build id).</summary>
    DebugFile,

    /// <summary>The supplementary file (DWARF 5 §7.3.6) that <c>dwz -m</c> makes.</summary>
    SupplementaryFile,

    /// <summary>A package of split DWARF (.dwp).</summary>
    DwarfPackage,

    /// <summary>A file of split DWARF (.dwo).</summary>
    SplitDwarf,

    /// <summary>The VMCOREINFO of a crash dump or of a running kernel.</summary>
    VmCoreInfo,
}

/// <summary>A file that an answer rests on.</summary>
/// <param name="Role">Its role in the answer.</param>
/// <param name="Path">Its path, as it was opened.</param>
/// <param name="BuildId">Its build id in hexadecimal, or null if it has none.</param>
/// <param name="Release">The kernel release (<c>uname -r</c>) in it, or null.</param>
public sealed record InputFile(FileRole Role, string Path, string? BuildId, string? Release)
{
    /// <summary>Where it was fetched from, and whether its identity is known, in words; null for a file of this machine.</summary>
    public string? Origin { get; init; }
}
