namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// Tells where a source file is in its source tree. Compilers write paths of the machine that built: absolute, or from the directory that
/// was compiled in, which for a kernel is the source tree or a build directory in it.
/// </summary>
internal static class SourcePath
{
    // Two absolute paths that have only /usr or /home in common are not of one source tree.
    private const int FewestInCommon = 2;

    /// <summary>The path from the root of the source tree; absolute only when it is not known to be in it.</summary>
    /// <param name="file">The file, perhaps with directories.</param>
    /// <param name="directory">Where that counts from; empty for the directory of the compilation.</param>
    /// <param name="compilationDirectory">DW_AT_comp_dir, perhaps empty.</param>
    public static string Of(string file, string directory, string compilationDirectory)
    {
        List<string> from = Parts(compilationDirectory);
        bool isAbsolute = file.StartsWith('/') || directory.StartsWith('/');
        List<string> path = Parts(file.StartsWith('/') ? file : $"{directory}/{file}");
        if (!isAbsolute)
        {
            // Relative directories count from the directory of the compilation, which some producers put before them all the same.
            return Join(StartsWith(path, from) ? path[from.Count..] : path);
        }

        int common = 0;
        while (common < Math.Min(path.Count - 1, from.Count) && path[common] == from[common])
        {
            common++;
        }

        bool isInTree = compilationDirectory.StartsWith('/') && (common >= FewestInCommon || (common > 0 && common == from.Count));
        return isInTree ? Join(path[common..]) : "/" + Join(path);
    }

    /// <summary>The same path from the root of the file system, or from where the directory of the compilation counts.</summary>
    /// <param name="file">The file, perhaps with directories.</param>
    /// <param name="directory">Where that counts from; empty for the directory of the compilation.</param>
    /// <param name="compilationDirectory">DW_AT_comp_dir, perhaps empty.</param>
    public static string Full(string file, string directory, string compilationDirectory)
    {
        List<string> from = Parts(compilationDirectory);
        bool isAbsolute = file.StartsWith('/') || directory.StartsWith('/');
        List<string> path = Parts(file.StartsWith('/') ? file : $"{directory}/{file}");
        // Some producers put the directory of the compilation before relative directories.
        string root = isAbsolute || compilationDirectory.StartsWith('/') ? "/" : "";
        return root + Join(isAbsolute || StartsWith(path, from) ? path : Parts($"{compilationDirectory}/{directory}/{file}"));
    }

    // The names of a path, with . and .. resolved; what leads out at the start is left out: a build directory lies in the source tree.
    private static List<string> Parts(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (part)
            {
                case ".":
                    break;
                case "..":
                    if (parts.Count > 0)
                    {
                        parts.RemoveAt(parts.Count - 1);
                    }

                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        return parts;
    }

    private static bool StartsWith(List<string> path, List<string> start)
        => start.Count > 0 && path.Count > start.Count && path.Take(start.Count).SequenceEqual(start);

    private static string Join(IEnumerable<string> parts) => string.Join('/', parts);
}
