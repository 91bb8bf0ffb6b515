namespace LayoutCheck.Reports.Formats;

/// <summary>Paths of source files from the root of a kernel's source tree, where debug information has them from the root of the machine that built it.</summary>
internal static class SourceTree
{
    // The directories at the top of a kernel's tree, but for those that are searched for by what they hold.
    private static readonly HashSet<string> s_top = new(StringComparer.Ordinal)
    {
        "block", "certs", "crypto", "drivers", "fs", "include", "init", "io_uring", "ipc", "kernel", "lib", "mm", "net", "rust", "samples", "scripts",
        "security", "sound", "tools", "usr", "virt",
    };

    private static readonly HashSet<string> s_headers = new(StringComparer.Ordinal)
    {
        "acpi", "asm-generic", "clocksource", "crypto", "cxl", "drm", "generated", "hyperv", "keys", "kunit", "kvm", "linux", "math-emu", "media", "memory", "misc",
        "net", "pcmcia", "ras", "rdma", "rv", "scsi", "soc", "sound", "target", "trace", "uapi", "ufs", "vdso", "video", "xen",
    };

    /// <summary>The path in the tree; unchanged where that cannot be told, or where it is relative already.</summary>
    /// <param name="path">The path of DW_AT_decl_file, without the directory of the compilation where it begins with that.</param>
    public static string Relative(string path)
    {
        if (!path.StartsWith('/'))
        {
            return path;
        }

        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int start = StartOf(parts);
        return start < 0 ? path : string.Join('/', parts[start..]);
    }

    // Built outside of its tree (O=), a kernel has absolute paths. The names at the top of the tree tell where it begins; -1 where none of them is there.
    private static int StartOf(string[] parts)
    {
        int arch = Array.LastIndexOf(parts, "arch");
        if (arch >= 0 && arch + 2 < parts.Length)
        {
            return arch;
        }

        // /usr/include/linux is the C library's.
        int include = Array.LastIndexOf(parts, "include");
        if (include > 0 && include + 2 < parts.Length && s_headers.Contains(parts[include + 1]) && parts[include - 1] != "usr")
        {
            return parts[include - 1] == "tools" ? include - 1 : include;
        }

        // The tree itself is often in a directory that is named after it: drivers/net is not net.
        int root = Array.FindLastIndex(parts, p => p.StartsWith("linux", StringComparison.Ordinal) || p is "source" or "src");
        int top = root < 0 ? -1 : Array.FindIndex(parts, root + 1, s_top.Contains);
        return top >= 0 && top + 1 < parts.Length ? top : -1;
    }
}
