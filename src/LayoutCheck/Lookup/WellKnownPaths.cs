namespace LayoutCheck.Lookup;

/// <summary>Places that every Linux system has, or that its packages of kernels use.</summary>
internal static class WellKnownPaths
{
    /// <summary>Debug information that packages install (gdb manual, "Separate Debug Files").</summary>
    public const string DebugDirectory = "/usr/lib/debug";

    /// <summary>The BTF of the running kernel and of its modules, by their names.</summary>
    public const string RunningBtfFolder = "/sys/kernel/btf/";

    /// <summary>The BTF of the running kernel.</summary>
    public const string RunningBtf = RunningBtfFolder + "vmlinux";

    /// <summary>The release of the running kernel.</summary>
    public const string RunningRelease = "/proc/sys/kernel/osrelease";

    /// <summary>Where the kernel of a release is installed, with or without debug information.</summary>
    public static IEnumerable<string> KernelsOf(string release) =>
    [
        $"/lib/modules/{release}/build/vmlinux",
        $"/lib/modules/{release}/vmlinuz",
        $"{DebugDirectory}/boot/vmlinux-{release}",
        $"{DebugDirectory}/lib/modules/{release}/vmlinux",
        $"/boot/vmlinuz-{release}",
    ];

    /// <summary>Where the debug information of a build id is: below a directory of the user, then below the system's. None for an id of one byte or less.</summary>
    public static IEnumerable<string> ByBuildId(string? buildId, string? directory)
        => buildId is { Length: > 2 }
            ? DebugRoots(directory).Select(root => Path.Combine(root, ".build-id", buildId[..2], buildId[2..] + ".debug"))
            : [];

    /// <summary>The directories of debug information: that of the user, then the system's.</summary>
    public static string[] DebugRoots(string? directory) => directory is null ? [DebugDirectory] : [directory, DebugDirectory];
}
