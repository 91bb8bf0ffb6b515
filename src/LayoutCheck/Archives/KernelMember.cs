using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Archives;

/// <summary>The outcome of a choice among the files of a package or a folder.</summary>
/// <param name="Path">The chosen file, as the list has it; null if there is none to choose.</param>
/// <param name="Problem">Why there is none, as a clause whose subject is the package or folder; null if there is one.</param>
internal readonly record struct MemberChoice(string? Path, string? Problem);

/// <summary>Chooses the kernel among the names of regular files of a package or a folder: by their paths alone, which are never used as paths on disk.</summary>
internal static class KernelMember
{
    /// <summary>How a user chooses a member of a package.</summary>
    public const string Remedy = "choose a file with --member PATH";

    // The names of a message.
    private const int MostNames = 10;
    private const int LongestName = 100;

    private static readonly string[] s_codecEndings = [".gz", ".xz", ".zst", ".bz2", ".lzma", ".lz4", ".lzo"];

    // Endings of files beside a kernel that are no kernel: scripts, sources, objects, sums and signatures.
    private static readonly string[] s_otherEndings =
    [
        ".o", ".a", ".c", ".h", ".S", ".py", ".lds", ".map", ".symvers", ".cmd", ".d", ".ko", ".txt", ".json", ".rs", ".pl", ".sh", ".hmac", ".sig", ".asc",
        ".pem", ".md5", ".sha256", ".sha512", ".order", ".relocs", ".bin", ".srec", ".syms", ".html",
    ];

    // The images that a build makes of one kernel, in arch/*/boot: the first of them stands for all.
    private static readonly string[] s_bootImages = ["bzImage", "Image", "zImage", "vmlinuz", "vmlinuz.efi"];

    /// <summary>Chooses a file: the one that is asked for, else the one vmlinux, else the one boot image (vmlinuz, bzImage, Image).</summary>
    /// <param name="files">The paths of the regular files; one that is there more than once, with or without <c>./</c>, counts once.</param>
    /// <param name="wanted">The path that is asked for, or its last parts; null for the kernel.</param>
    public static MemberChoice Choose(IEnumerable<string> files, string? wanted = null)
    {
        List<string> all = [.. files.DistinctBy(Plain, StringComparer.Ordinal)];
        return wanted is null ? Kernel(all) : Named(all, wanted);
    }

    /// <summary>Whether a choice among names can fall on this one: a reader that passes each file once keeps those alone.</summary>
    public static bool IsCandidate(string path, string? wanted)
    {
        if (wanted is null)
        {
            return IsVmlinux(path) || IsBootImage(path);
        }

        string plain = Plain(wanted);
        return plain.Length > 0 && (Plain(path) == plain || Plain(path).EndsWith('/' + plain, StringComparison.Ordinal));
    }

    /// <summary>The path without the <c>./</c> and <c>/</c> that archives write in front of it.</summary>
    public static string Plain(string path)
    {
        int at = 0;
        while (at < path.Length && (path[at] == '/' || (path[at] == '.' && at + 1 < path.Length && path[at + 1] == '/')))
        {
            at += path[at] == '/' ? 1 : 2;
        }

        return path[at..];
    }

    /// <summary>
    /// Whether a path is that of a kernel with its symbols, possibly compressed: <c>vmlinux</c>, <c>vmlinux-R</c>, <c>vmlinux-R.debug</c>,
    /// <c>vmlinux.unstripped</c>. The vmlinux of arch/*/boot is a program that unpacks the kernel.
    /// </summary>
    public static bool IsVmlinux(string path)
    {
        string name = BaseName(path);
        if (!name.StartsWith("vmlinux", StringComparison.Ordinal) || IsInBoot(path))
        {
            return false;
        }

        name = WithoutCodec(name);
        return name is "vmlinux" or "vmlinux.unstripped"
            || (name.EndsWith(".debug", StringComparison.Ordinal) && name["vmlinux".Length] is '-' or '.')
            || (name.StartsWith("vmlinux-", StringComparison.Ordinal) && name.Length > "vmlinux-".Length && !IsOther(name));
    }

    /// <summary>Whether a path is that of a kernel as it is booted: <c>vmlinuz</c>, <c>vmlinuz-R</c>, <c>bzImage</c>, <c>Image.gz</c>, <c>zImage</c>.</summary>
    public static bool IsBootImage(string path)
    {
        string name = WithoutCodec(BaseName(path));
        if (IsOther(name) || Plain(path).Contains("/boot/compressed/", StringComparison.Ordinal))
        {
            return false;
        }

        return name.StartsWith("vmlinuz", StringComparison.Ordinal) || name is "Image" or "bzImage" or "zImage"
            || name.StartsWith("Image-", StringComparison.Ordinal) || name.StartsWith("bzImage-", StringComparison.Ordinal)
            || name.StartsWith("zImage-", StringComparison.Ordinal);
    }

    /// <summary>Whether a path is that of a module, possibly compressed.</summary>
    public static bool IsModule(string path)
    {
        string name = WithoutCodec(BaseName(path));
        return name.EndsWith(".ko", StringComparison.Ordinal) || name.EndsWith(".ko.debug", StringComparison.Ordinal);
    }

    /// <summary>Names for a message: escaped, shortened, and only as many as a line has room for.</summary>
    public static string List(IReadOnlyCollection<string> names)
    {
        IEnumerable<string> shown = names.Take(MostNames).Select(n => Printable.Escape(Printable.Shorten(n, LongestName)));
        return string.Join(", ", shown) + (names.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - MostNames} more") : "");
    }

    private static MemberChoice Kernel(List<string> all)
    {
        List<string> kernels = [.. all.Where(IsVmlinux)];

        // vmlinux is vmlinux.unstripped without .modinfo and relocations (scripts/Makefile.vmlinux, since 6.17).
        kernels.RemoveAll(k => k.EndsWith(".unstripped", StringComparison.Ordinal) && kernels.Contains(k[..^".unstripped".Length]));
        if (kernels.Count == 0)
        {
            kernels = OnePerBuild([.. all.Where(IsBootImage)]);
        }

        return kernels.Count switch
        {
            1 => new MemberChoice(kernels[0], null),
            0 => new MemberChoice(null, $"has no vmlinux and no vmlinuz{What(all)}"),
            _ => new MemberChoice(null, $"has {kernels.Count} kernels: {List(kernels)}"),
        };
    }

    private static List<string> OnePerBuild(List<string> images)
    {
        List<string> kept = [];
        foreach (IGrouping<string, string> folder in images.GroupBy(FolderOf, StringComparer.Ordinal))
        {
            List<string> here = [.. folder];
            string? first = IsInBoot(here[0])
                ? s_bootImages.Select(name => here.Find(path => BaseName(path) == name)).FirstOrDefault(path => path is not null)
                : null;
            kept.AddRange(first is null ? here : [first]);
        }

        return kept;
    }

    private static MemberChoice Named(List<string> all, string wanted)
    {
        string plain = Plain(wanted);
        List<string> found = [.. all.Where(path => Plain(path) == plain && plain.Length > 0)];
        if (found.Count == 0)
        {
            found = [.. all.Where(path => IsCandidate(path, wanted))];
        }

        if (found.Count == 1)
        {
            return new MemberChoice(found[0], null);
        }

        string shown = Printable.Escape(Printable.Shorten(wanted, LongestName));
        if (found.Count > 1)
        {
            return new MemberChoice(null, $"has {found.Count} files whose path ends in {shown}: {List(found)}");
        }

        // Whole paths are too far apart to be compared by edits.
        string name = BaseName(plain);
        IEnumerable<string> near = name.Length is 0 or > LongestName ? []
            : Suggestions.For(name, all.Select(BaseName).Where(n => n.Length is > 0 and <= LongestName));
        List<string> paths = [.. near.SelectMany(n => all.Where(path => BaseName(path) == n)).Take(Suggestions.Most).Select(Plain)];
        return new MemberChoice(null, $"has no file {shown}{What(all)}{(paths.Count == 0 ? "" : $"; did you mean {List(paths)}?")}");
    }

    private static string What(List<string> all)
    {
        int modules = all.Count(IsModule);
        return all.Count == 0 ? " (it has no regular files)"
            : modules == 0 ? $" ({Printable.Count((ulong)all.Count, "file")})"
            : $" ({Printable.Count((ulong)all.Count, "file")}, {modules} of them modules)";
    }

    private static bool IsOther(string name) => s_otherEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    // arch/ARCH/boot and what lies in it.
    private static bool IsInBoot(string path)
    {
        string[] parts = path.Split('/');
        for (int i = 0; i + 3 < parts.Length; i++)
        {
            if (parts[i] == "arch" && parts[i + 2] == "boot")
            {
                return true;
            }
        }

        return false;
    }

    private static string WithoutCodec(string name)
        => s_codecEndings.FirstOrDefault(ending => name.EndsWith(ending, StringComparison.Ordinal)) is { } codec ? name[..^codec.Length] : name;

    private static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];
}
