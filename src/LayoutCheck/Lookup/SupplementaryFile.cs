using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Lookup;

/// <summary>
/// The supplementary file (DWARF 5 §7.3.6), to which dwz moves what several files have in common (<c>dwz -m</c>): found by the name in .gnu_debugaltlink or
/// .debug_sup, from the directory of the image, or by its build id below a debug directory.
/// </summary>
internal static class SupplementaryFile
{
    /// <summary>Opens the supplementary file of an image; null if the image names none.</summary>
    /// <param name="image">The image.</param>
    /// <param name="debugDirectory">A directory of debug information, or null.</param>
    /// <param name="read">Reads its DWARF, null if it has none; the file is closed with the image.</param>
    /// <exception cref="InvalidImageException">It is not there, or is of another build.</exception>
    public static T? Open<T>(ElfFile image, string? debugDirectory, Func<ElfFile, T?> read)
        where T : class
    {
        if (ReadLink(image) is not { } link)
        {
            return null;
        }

        string id = Convert.ToHexStringLower(link.Id);
        string[] places = [Path.Combine(MappedFile.FolderOf(image.File.Path), link.Name), .. WellKnownPaths.ByBuildId(id, debugDirectory)];
        return CompanionFinder.First(places, path => Open(path, image, link, id, read)) ?? throw new InvalidImageException(
            image.File.Path,
            link.Section,
            null,
            $"types and names are in {link.Name} (dwz -m), which is not there",
            $"put it where this name leads from the file's directory, or its directory of build ids at --debug-dir; its build id is {id}");
    }

    private static T Open<T>(string path, ElfFile image, Link link, string id, Func<ElfFile, T?> read)
        where T : class => CompanionFinder.OpenElf(path, image.File, elf =>
    {
        string? found = ReadChecksum(elf) ?? elf.BuildId();
        if (found != id)
        {
            throw new InvalidImageException(
                image.File.Path, link.Section, null, $"types and names are in {link.Name} (dwz -m), and {path} is of another build (id {found ?? "missing"}, {id} is meant)", "put the file of the same build there");
        }

        T result = read(elf) ?? throw new InvalidImageException(path, null, null, "has no DWARF (no .debug_info section), and another file refers to it");
        image.File.Own(elf.File);
        image.File.Inputs.Use(new InputFile(FileRole.SupplementaryFile, path, elf.BuildId() ?? found, null));
        return result;
    });

    private static Link? ReadLink(ElfFile image)
    {
        if (image.Contents(".gnu_debugaltlink") is { } link)
        {
            // The file's name, then its build id to the end.
            SectionReader reader = link.ReadFrom(0);
            string name = Encoding.UTF8.GetString(reader.ReadString());
            return new Link(".gnu_debugaltlink", name, reader.ReadBytes(reader.Remaining).ToArray());
        }

        return image.Contents(".debug_sup") is { } sup && ReadSup(sup) is (false, { } file, { } id) ? new Link(".debug_sup", file, id) : null;
    }

    // The supplementary file has its own checksum; dwz writes the build id there too.
    private static string? ReadChecksum(ElfFile file)
        => file.Contents(".debug_sup") is { } sup && ReadSup(sup) is (true, _, { Length: > 0 } id) ? Convert.ToHexStringLower(id) : null;

    private static (bool IsSupplementary, string Name, byte[] Id) ReadSup(Section sup)
    {
        SectionReader reader = sup.ReadFrom(0);
        ushort version = reader.ReadU16();
        if (version != 5)
        {
            throw sup.Invalid(0, $"is of version {version}, which cannot be read (5 can)");
        }

        bool isSupplementary = reader.ReadU8() != 0;
        string name = Encoding.UTF8.GetString(reader.ReadString());
        return (isSupplementary, name, reader.ReadBytes(reader.ReadUleb()).ToArray());
    }

    private sealed record Link(string Section, string Name, byte[] Id);
}
