using LayoutCheck.Archives;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>
/// The kernel in a folder: a build tree, whose vmlinux has a known place, or an unpacked package, whose files are searched. Links below the folder are not
/// followed, since packages have absolute ones; the folder itself and the vmlinux at its top may be links of the user.
/// </summary>
internal static class KernelTree
{
    // A source tree after a build has 150 000 files, and its kernel is found without a search.
    private const int MostEntries = 100_000;
    private const int MostDepth = 40;
    private const string LookedFor = "vmlinux, vmlinux.unstripped, arch/*/boot/{*Image,Image.*,vmlinuz*}, or vmlinux-R and vmlinuz-R as packages have them";

    private static readonly string[] s_bootPatterns = ["*Image", "Image.*", "vmlinuz*"];

    /// <summary>Chooses the file that a folder stands for.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="member">The file that the user chose, relative to the folder, or the last parts of its path; null for the kernel.</param>
    /// <exception cref="InvalidImageException">There is none, there are several, or the folder cannot be read.</exception>
    public static FoundKernel Find(string folder, string? member = null)
    {
        try
        {
            string path = member is null ? BuiltKernel(folder) ?? Search(folder, null) : Named(folder, member) ?? Search(folder, member);
            return new FoundKernel(path, ConfigurationOf(folder, path));
        }
        catch (UnauthorizedAccessException)
        {
            throw new InvalidImageException(folder, null, null, "no permission to read the folder");
        }
        catch (IOException e)
        {
            throw new InvalidImageException(folder, null, null, $"the folder cannot be read ({e.Message})");
        }
    }

    // scripts/Makefile.vmlinux: vmlinux is vmlinux.unstripped without .modinfo (7.x). That of arch/*/boot/compressed is a program that unpacks the kernel.
    private static string? BuiltKernel(string folder)
    {
        string vmlinux = Path.Join(folder, "vmlinux");
        if (FileState.Of(vmlinux).IsFile)
        {
            return vmlinux;
        }

        string unstripped = vmlinux + ".unstripped";
        if (IsPlainFile(unstripped))
        {
            return unstripped;
        }

        string arch = Path.Join(folder, "arch");
        if (!IsPlainFolder(arch))
        {
            return null;
        }

        string[] images =
        [
            .. Directory.EnumerateDirectories(arch).Where(IsPlainFolder).Select(a => Path.Join(a, "boot")).Where(IsPlainFolder)
                .SelectMany(boot => s_bootPatterns.SelectMany(pattern => Directory.EnumerateFiles(boot, pattern))).Where(IsPlainFile)
                .Select(path => Path.GetRelativePath(folder, path)).Distinct().Order(StringComparer.Ordinal),
        ];
        return images.Length == 0 ? null : Choose(folder, images, null);
    }

    private static string? Named(string folder, string member)
    {
        string root = Path.GetFullPath(folder);
        string path = Path.GetFullPath(Path.Join(root, member));
        string relative = Path.GetRelativePath(root, path);
        if (!FileState.Of(path).IsFile || relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative))
        {
            return null;
        }

        for (string at = path; at != root && at != Path.Join(root, "vmlinux"); at = Path.GetDirectoryName(at)!)
        {
            if (IsLink(at))
            {
                throw new InvalidImageException(Path.Join(folder, relative), null, null, "is or lies behind a link, and links below a folder are not followed", "name the file itself, without --member");
            }
        }

        return Path.Join(folder, relative);
    }

    private static string Search(string folder, string? member)
    {
        EnumerationOptions everywhere = new() { RecurseSubdirectories = true, MaxRecursionDepth = MostDepth, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        List<string> files = [];
        int count = 0;
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", everywhere))
        {
            if (++count > MostEntries)
            {
                throw new InvalidImageException(folder, null, null, $"is a folder of more than {MostEntries} files, and {LookedFor} is not where a build has it", "name the file in it, or a smaller folder");
            }

            if (entry is FileInfo)
            {
                files.Add(Path.GetRelativePath(folder, entry.FullName));
            }
        }

        return Choose(folder, files, member);
    }

    private static string Choose(string folder, IEnumerable<string> files, string? member)
    {
        MemberChoice choice = KernelMember.Choose(files.Order(StringComparer.Ordinal), member);
        if (choice.Path is not { } path)
        {
            bool isNone = member is null && !files.Any(f => KernelMember.IsCandidate(f, null));
            throw new InvalidImageException(
                folder, null, null, isNone ? $"is a folder without a kernel (looked for {LookedFor})" : $"is a folder that {choice.Problem}", isNone ? "name the vmlinux, vmlinuz or module, or the folder that has it" : KernelMember.Remedy);
        }

        string full = Path.Join(folder, path);
        return IsPlainFile(full) ? full : throw new InvalidImageException(full, null, null, "is not a regular file");
    }

    private static ConfigurationFile ConfigurationOf(string folder, string path)
    {
        // A link at the top of the tree leads to the tree that it was built in.
        string home = folder;
        string kernel = path;
        if (Path.GetDirectoryName(Path.GetRelativePath(folder, path)) is "" && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target)
        {
            kernel = target.FullName;
            home = Path.GetDirectoryName(kernel)!;
        }

        if (ConfigurationFile.IsIn(home))
        {
            return ConfigurationFile.OfBuild(home, kernel);
        }

        string? release = ReleaseIn(Path.GetRelativePath(folder, path));
        return release is null ? ConfigurationFile.OfBuild(home, kernel)
            : ConfigurationFile.OfRelease(WellKnownPaths.ConfigurationsOf(release, folder).Where(place => !FileState.Of(place).IsFile || IsReachedWithoutLink(folder, place)), kernel);
    }

    // vmlinux-R, vmlinuz-R.zst and lib/modules/R/ tell the release that a package is of.
    private static string? ReleaseIn(string relative)
    {
        string[] parts = relative.Split('/');
        int modules = Array.IndexOf(parts, "modules");
        if (modules >= 0 && modules + 2 < parts.Length + 1 && modules + 1 < parts.Length - 1)
        {
            return parts[modules + 1];
        }

        string name = parts[^1];
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return dash < 0 || dash == name.Length - 1 ? null : name.EndsWith(".debug", StringComparison.Ordinal) ? name[(dash + 1)..^".debug".Length] : name[(dash + 1)..];
    }

    private static bool IsReachedWithoutLink(string folder, string path)
    {
        string root = Path.GetFullPath(folder);
        for (string at = Path.GetFullPath(path); at != root && at.Length > root.Length; at = Path.GetDirectoryName(at)!)
        {
            if (IsLink(at))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static bool IsPlainFolder(string path) => Directory.Exists(path) && !IsLink(path);

    // A FIFO, or a device, is not opened: it would wait.
    private static bool IsPlainFile(string path) => !IsLink(path) && FileState.Of(path).IsFile;
}
