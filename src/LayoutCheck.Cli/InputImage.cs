using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>Opens the image that a command line names.</summary>
internal static class InputImage
{
    /// <summary>Opens a file, and tells which options had no effect.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage Open(string path, ImageOptions how)
    {
        KernelImage image = OpenQuietly(path, how);
        TellUnused(image, how);
        return image;
    }

    /// <summary>Opens a file; on a terminal, shows how far a long reading, unpacking or fetching is.</summary>
    /// <exception cref="InvalidImageException">It cannot be read, or has not the debug information asked for.</exception>
    public static KernelImage OpenQuietly(string path, ImageOptions how)
    {
        OpeningProgress opening = new();
        using Progress progress = new(() => opening.FractionDone, words: () => Printable.Escape(opening.Words));
        return KernelImage.Open(path, how with { Progress = opening });
    }

    /// <summary>Writes to stderr when <c>--base</c> names a kernel that the answers do not rest on.</summary>
    public static void TellUnused(KernelImage image, ImageOptions how)
    {
        if (how.BasePath is { } basePath && !image.OtherFiles.Any(f => f.Role == FileRole.BaseKernel))
        {
            string reason = image.Types.Kind == Types.SourceKind.Dwarf ? "the answer is from DWARF (--source btf asks the BTF)" : "the BTF needs no base";
            StandardError.WriteLine($"layoutcheck: --base {Printable.Escape(basePath)} is not used: {reason}");
        }
    }
}
