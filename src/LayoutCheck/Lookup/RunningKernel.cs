using LayoutCheck.Core;

namespace LayoutCheck.Lookup;

/// <summary>The kernel that this machine runs, as it shows itself in /sys and /proc.</summary>
internal static class RunningKernel
{
    /// <summary>Its BTF (CONFIG_DEBUG_INFO_BTF).</summary>
    public const string BtfPath = WellKnownPaths.RunningBtf;

    /// <summary>The release of the running kernel if a file is its BTF or that of one of its modules, which do not contain it; else null.</summary>
    public static string? ReleaseOf(string path)
        => path.StartsWith(WellKnownPaths.RunningBtfFolder, StringComparison.Ordinal) && File.Exists(WellKnownPaths.RunningRelease)
            ? File.ReadAllText(WellKnownPaths.RunningRelease).Trim()
            : null;
}
