namespace LayoutCheck.Lookup;

/// <summary>The kernel that this machine runs, as it shows itself in /sys and /proc.</summary>
public static class RunningKernel
{
    private const string BtfFolder = "/sys/kernel/btf/";
    private const string ReleaseFile = "/proc/sys/kernel/osrelease";

    /// <summary>Its BTF (CONFIG_DEBUG_INFO_BTF).</summary>
    public const string BtfPath = BtfFolder + "vmlinux";

    /// <summary>The running kernel's release when a file is its BTF or that of one of its modules, neither of which tells it; else null.</summary>
    public static string? ReleaseOf(string path)
        => path.StartsWith(BtfFolder, StringComparison.Ordinal) && File.Exists(ReleaseFile) ? File.ReadAllText(ReleaseFile).Trim() : null;
}
