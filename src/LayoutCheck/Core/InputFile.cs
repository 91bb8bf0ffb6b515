namespace LayoutCheck.Core;

/// <summary>What a file is to an answer, in the order that reports list them.</summary>
public enum FileRole
{
    /// <summary>The file that the user named.</summary>
    Image,

    /// <summary>The kernel whose BTF a module's split BTF continues.</summary>
    BaseKernel,

    /// <summary>The file that the image's debug information was split off into (.gnu_debuglink, build id).</summary>
    DebugFile,

    /// <summary>The supplementary file (DWARF 5 §7.3.6) that <c>dwz -m</c> makes.</summary>
    SupplementaryFile,

    /// <summary>A package of split DWARF (.dwp).</summary>
    DwarfPackage,

    /// <summary>A file of split DWARF (.dwo).</summary>
    SplitDwarf,
}

/// <summary>A file that an answer rests on.</summary>
/// <param name="Role">What it is to the answer.</param>
/// <param name="Path">Where it is, as it was opened.</param>
/// <param name="BuildId">Its build id in hexadecimal, or null when it has none.</param>
/// <param name="Release">The kernel release (<c>uname -r</c>) that it tells, or null.</param>
public sealed record InputFile(FileRole Role, string Path, string? BuildId, string? Release);
