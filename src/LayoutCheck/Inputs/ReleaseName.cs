using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.Images;
using LayoutCheck.IO;

namespace LayoutCheck.Inputs;

/// <summary>The name of a kernel release (<c>uname -r</c>), in place of a file: the installed kernel of that release which knows most.</summary>
internal static class ReleaseName
{
    // utsname has 64 characters.
    private const int Longest = 64;

    /// <summary>Whether a word has the form of a release: <c>7.3.4+deb13-cloud-amd64</c>.</summary>
    public static bool IsOne(string word)
    {
        int dot = word.IndexOf('.', StringComparison.Ordinal);
        return word.Length <= Longest && dot > 0 && dot + 1 < word.Length && word.AsSpan(0, dot).IndexOfAnyExceptInRange('0', '9') < 0 && char.IsAsciiDigit(word[dot + 1])
            && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' or '_' or '~');
    }

    /// <summary>The installed kernel of a release: a vmlinux with DWARF, else one with BTF, else the packed kernel, else the BTF that the running kernel shows.</summary>
    /// <param name="release">The release, of the form that <see cref="IsOne"/> knows.</param>
    /// <param name="wantsDwarf">Whether DWARF may answer.</param>
    /// <param name="wantsBtf">Whether BTF may answer.</param>
    /// <param name="root">The root directory, without a slash at its end; for tests.</param>
    /// <exception cref="InvalidImageException">None is installed that may answer.</exception>
    public static FoundKernel Find(string release, bool wantsDwarf, bool wantsBtf, string root = "")
    {
        List<string> passed = [];
        string? withBtf = null;
        foreach (string path in WellKnownPaths.ImagesOf(release, root).Where(path => FileState.Of(path).IsFile))
        {
            Debug debug = DebugOf(path, passed);
            if (wantsDwarf && debug.HasFlag(Debug.Dwarf))
            {
                return Found(path, release, root);
            }

            if (wantsBtf && debug.HasFlag(Debug.Btf))
            {
                withBtf ??= path;
            }
            else if (debug != Debug.Unreadable)
            {
                passed.Add($"{path} has no {(wantsDwarf && wantsBtf ? "debug information" : wantsDwarf ? "DWARF" : "BTF")}");
            }
        }

        if (wantsBtf)
        {
            withBtf ??= WellKnownPaths.PackedKernelsOf(release, root).Where(path => FileState.Of(path).IsFile).FirstOrDefault(path => PackedHasBtf(path, passed));
            withBtf ??= IsRunning(release, root) && FileState.Of(root + WellKnownPaths.RunningBtf).IsFile ? root + WellKnownPaths.RunningBtf : null;
        }

        return withBtf is not null ? Found(withBtf, release, root) : throw NotInstalled(release, passed);
    }

    /// <summary>The vmlinux with DWARF of the running kernel, and its release; null if none is installed.</summary>
    /// <param name="root">The root directory, without a slash at its end; for tests.</param>
    public static (string Path, string Release)? RunningDwarf(string root = "")
    {
        if (RunningRelease(root) is not { } release || !IsOne(release))
        {
            return null;
        }

        string? path = WellKnownPaths.ImagesOf(release, root).Where(path => FileState.Of(path).IsFile).FirstOrDefault(p => DebugOf(p, []).HasFlag(Debug.Dwarf));
        return path is null ? null : (path, release);
    }

    private static FoundKernel Found(string path, string release, string root)
    {
        string folder = Path.GetDirectoryName(path)!;
        ConfigurationFile configuration = Path.GetFileName(folder) == "build" && ConfigurationFile.IsIn(folder)
            ? ConfigurationFile.OfBuild(folder, path)
            : ConfigurationFile.OfRelease(WellKnownPaths.ConfigurationsOf(release, root), path);
        return new FoundKernel(path, configuration) { Release = release };
    }

    private static bool IsRunning(string release, string root) => RunningRelease(root) == release;

    private static string? RunningRelease(string root)
    {
        string path = root + WellKnownPaths.RunningRelease;
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    // A file of debug information alone has the other sections without their contents.
    private static Debug DebugOf(string path, List<string> passed)
    {
        try
        {
            using MappedFile file = MappedFile.Open(path);
            if (!ElfFile.HasMagic(file))
            {
                return Debug.None;
            }

            ElfFile elf = ElfFile.Read(file);
            return (Has(elf, ".debug_info") ? Debug.Dwarf : Debug.None) | (Has(elf, ".BTF") ? Debug.Btf : Debug.None);
        }
        catch (InvalidImageException e)
        {
            passed.Add($"{path}: {e.Problem}");
            return Debug.Unreadable;
        }
    }

    private static bool Has(ElfFile elf, string section) => elf.Find(section) is { ByteSize: > 0, Type: not ElfSection.SHT_NOBITS };

    private static bool PackedHasBtf(string path, List<string> passed)
    {
        try
        {
            using UnwrappedImage image = UnwrappedImage.Open(MappedFile.Open(path));
            if (image.Btf is not null || (image.Elf is { } elf && Has(elf, ".BTF")))
            {
                return true;
            }

            passed.Add($"{path} has no BTF");
        }
        catch (InvalidImageException e)
        {
            passed.Add($"{path}: {e.Problem}");
        }

        return false;
    }

    private static InvalidImageException NotInstalled(string release, List<string> passed) => new(
        release,
        null,
        null,
        passed.Count > 0
            ? $"no such file, and what is installed of this release cannot answer: {string.Join("; ", passed)}"
            : $"no such file, and no kernel of this release (R) is installed: not at {WellKnownPaths.KernelsInShort}",
        $"install its debug package (Debian: linux-image-{release}-dbg, Ubuntu: linux-image-{release}-dbgsym, Fedora: kernel-debuginfo), or name its vmlinux");

    /// <summary>The debug information that a file has.</summary>
    [Flags]
    private enum Debug
    {
        None = 0,
        Dwarf = 1,
        Btf = 2,
        Unreadable = 4,
    }
}
