namespace LayoutCheck.Core;

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

    /// <summary>The places of <see cref="ImagesOf"/> and <see cref="PackedKernelsOf"/>, short, with R for the release.</summary>
    public const string KernelsInShort = "/usr/lib/debug/boot/vmlinux-R, /usr/lib/debug/lib/modules/R/vmlinux, /lib/modules/R/{vmlinux,vmlinux-R,build/vmlinux,vmlinuz}, "
        + "/usr/lib/modules/R/{vmlinux,kernel/vmlinux,build/vmlinux,vmlinuz}, /boot/{vmlinux,vmlinuz}-R";

    /// <summary>
    /// Where the vmlinux of a release is, most likely with debug information first: packages of debug information (Debian, Ubuntu, Fedora, SUSE), then the places
    /// that libbpf looks at (tools/lib/bpf/btf.c, btf__load_vmlinux_btf).
    /// </summary>
    /// <param name="release">The release.</param>
    /// <param name="root">The root directory, without a slash at its end.</param>
    public static IEnumerable<string> ImagesOf(string release, string root = "") =>
    [
        $"{root}{DebugDirectory}/boot/vmlinux-{release}",
        $"{root}{DebugDirectory}/lib/modules/{release}/vmlinux",
        $"{root}{DebugDirectory}/usr/lib/modules/{release}/vmlinux",
        $"{root}{DebugDirectory}/boot/vmlinux-{release}.debug",
        $"{root}{DebugDirectory}/usr/lib/modules/{release}/vmlinux.debug",
        $"{root}/lib/modules/{release}/build/vmlinux",
        $"{root}/lib/modules/{release}/vmlinux-{release}",
        $"{root}/lib/modules/{release}/vmlinux",
        $"{root}/usr/lib/modules/{release}/build/vmlinux",
        $"{root}/usr/lib/modules/{release}/kernel/vmlinux",
        $"{root}/usr/lib/modules/{release}/vmlinux",
        $"{root}/boot/vmlinux-{release}",
    ];

    /// <summary>Where the kernel of a release is, with or without debug information.</summary>
    public static IEnumerable<string> KernelsOf(string release) => [.. ImagesOf(release), .. PackedKernelsOf(release)];

    /// <summary>Where the packed kernel of a release is, which has BTF at most.</summary>
    /// <param name="release">The release.</param>
    /// <param name="root">The root directory, without a slash at its end.</param>
    public static IEnumerable<string> PackedKernelsOf(string release, string root = "") =>
        [$"{root}/boot/vmlinuz-{release}", $"{root}/lib/modules/{release}/vmlinuz", $"{root}/usr/lib/modules/{release}/vmlinuz"];

    /// <summary>Where packages put the configuration that a kernel of a release was built with.</summary>
    /// <param name="release">The release.</param>
    /// <param name="root">The root directory, without a slash at its end.</param>
    public static IEnumerable<string> ConfigurationsOf(string release, string root = "") =>
        [$"{root}/boot/config-{release}", $"{root}/lib/modules/{release}/config", $"{root}/usr/lib/modules/{release}/config"];

    /// <summary>Where the debug information of a build id is: below a directory of the user, then below the system's. None for an id of one byte or less.</summary>
    public static IEnumerable<string> ByBuildId(string? buildId, string? directory)
        => buildId is { Length: > 2 }
            ? DebugRoots(directory).Select(root => Path.Combine(root, ".build-id", buildId[..2], buildId[2..] + ".debug"))
            : [];

    /// <summary>The directories of debug information: that of the user, then the system's.</summary>
    public static string[] DebugRoots(string? directory) => directory is null ? [DebugDirectory] : [directory, DebugDirectory];
}
