using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Lookup;

/// <summary>
/// Debug information in a file of its own (gdb manual, "Separate Debug Files"): found by the build id below a debug directory, or by the name and checksum in
/// .gnu_debuglink. The first file that is there decides: if it is of another build, that is an error, since something is mixed up.
/// </summary>
internal static class SeparateDebugFile
{
    /// <summary>The name in .gnu_debuglink, or null. Only a name: directories in it are ignored.</summary>
    public static string? LinkName(ElfFile image) => ReadLink(image)?.Name;

    /// <summary>The file, which the caller closes; null if none of the places has one.</summary>
    /// <param name="image">The image without debug information.</param>
    /// <param name="imagePath">Its path.</param>
    /// <param name="directory">The first place to look, or null.</param>
    /// <exception cref="InvalidImageException">A file is there, and is of another build.</exception>
    public static ElfFile? Find(ElfFile image, string imagePath, string? directory)
    {
        string? buildId = image.BuildId();
        ElfFile? byId = CompanionFinder.First(WellKnownPaths.ByBuildId(buildId, directory), path => Open(path, image, buildId, null));
        return byId ?? (ReadLink(image) is { } link
            ? CompanionFinder.First(LinkPlaces(link.Name, imagePath, directory), path => Open(path, image, buildId, link.Crc))
            : null);
    }

    private static IEnumerable<string> LinkPlaces(string name, string imagePath, string? directory)
    {
        string home = MappedFile.FolderOf(imagePath);
        string[] places =
        [
            .. directory is null ? Array.Empty<string>() : [Path.Combine(directory, name)],
            Path.Combine(home, name),
            Path.Combine(home, ".debug", name),
            .. WellKnownPaths.DebugRoots(directory).Select(root => Path.Join(root, home, name)),
        ];
        return places.Where(path => Path.GetFullPath(path) != Path.GetFullPath(imagePath));
    }

    private static ElfFile Open(string path, ElfFile image, string? buildId, uint? crc) => CompanionFinder.OpenElf(
        path,
        image.File,
        debug =>
        {
            string? theirs = debug.BuildId();
            if (buildId is not null && theirs != buildId && (theirs is not null || crc is null))
            {
                throw Wrong(image, $"{path} is of another build (build id {theirs ?? "missing"}, this is {buildId})");
            }

            if (crc is { } wanted && Checksum.Crc32Of(debug.File.Whole()) is var found && found != wanted)
            {
                throw Wrong(image, $"{path} is not the file that was split off (its CRC is 0x{found:x8}, .gnu_debuglink has 0x{wanted:x8})");
            }

            image.File.Inputs.Use(new InputFile(FileRole.DebugFile, path, theirs, null));
            return debug;
        },
        () => Wrong(image, $"{path} is not an ELF file"));

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
