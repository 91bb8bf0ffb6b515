using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Lookup;

/// <summary>
/// Debug information that was split off into a file of its own (gdb manual, "Separate Debug Files"): found by the build id below a debug
/// directory, or by the name and checksum in .gnu_debuglink. A file that is there and is of another build is an error, not a reason to
/// look on: it means that something is mixed up.
/// </summary>
internal static class SeparateDebugFile
{
    private const string SystemDirectory = "/usr/lib/debug";

    /// <summary>The name that .gnu_debuglink gives, or null. Only a name: directories in it are not followed.</summary>
    public static string? LinkName(ElfFile image) => ReadLink(image)?.Name;

    /// <summary>The file, which the caller closes; null when none of the places has one.</summary>
    /// <param name="image">The image without debug information.</param>
    /// <param name="imagePath">Where that is.</param>
    /// <param name="directory">Where to look first, or null.</param>
    /// <exception cref="InvalidImageException">A file is there, and is not the one that was split off.</exception>
    public static ElfFile? Find(ElfFile image, string imagePath, string? directory)
    {
        string? buildId = image.BuildId();
        string[] roots = directory is null ? [SystemDirectory] : [directory, SystemDirectory];
        if (buildId is { Length: > 2 })
        {
            foreach (string root in roots)
            {
                string path = Path.Combine(root, ".build-id", buildId[..2], buildId[2..] + ".debug");
                if (File.Exists(path))
                {
                    return Open(path, image, buildId, null);
                }
            }
        }

        if (ReadLink(image) is not { } link)
        {
            return null;
        }

        string home = MappedFile.FolderOf(imagePath);
        IEnumerable<string> places =
        [
            .. directory is null ? Array.Empty<string>() : [Path.Combine(directory, link.Name)],
            Path.Combine(home, link.Name),
            Path.Combine(home, ".debug", link.Name),
            .. roots.Select(root => Path.Join(root, home, link.Name)),
        ];
        foreach (string path in places)
        {
            if (File.Exists(path) && Path.GetFullPath(path) != Path.GetFullPath(imagePath))
            {
                return Open(path, image, buildId, link.Crc);
            }
        }

        return null;
    }

    private static ElfFile Open(string path, ElfFile image, string? buildId, uint? crc)
    {
        MappedFile file = MappedFile.OpenReferred(path, image.File);
        try
        {
            if (!ElfFile.HasMagic(file))
            {
                throw Wrong(image, $"{path} is not an ELF file");
            }

            ElfFile debug = ElfFile.Read(file);
            string? theirs = debug.BuildId();
            if (buildId is not null && theirs != buildId && (theirs is not null || crc is null))
            {
                throw Wrong(image, $"{path} is of another build (build id {theirs ?? "missing"}, this is {buildId})");
            }

            if (crc is { } wanted && Checksum.Crc32Of(file.Whole()) is var found && found != wanted)
            {
                throw Wrong(image, $"{path} is not the file that was split off (its CRC is 0x{found:x8}, .gnu_debuglink has 0x{wanted:x8})");
            }

            image.File.Inputs.Use(new InputFile(FileRole.DebugFile, path, theirs, null));
            return debug;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static InvalidImageException Wrong(ElfFile image, string problem)
        => new(image.File.Path, null, null, $"has no debug information of its own, and {problem}", "put the file of the same build there, or name its directory (--debug-dir DIR)");

    // A file name, zero-terminated and padded to four bytes, then a CRC in the file's byte order.
    private static (string Name, uint Crc)? ReadLink(ElfFile image)
    {
        if (image.Contents(".gnu_debuglink") is not { } link)
        {
            return null;
        }

        ulong crcAt = ((ulong)link.StringAt(0).Length + 4) & ~3UL;
        string name = Path.GetFileName(link.TextAt(0));
        return name is "" or "." or ".." ? null : (name, link.ReadFrom(crcAt).ReadU32());
    }
}
