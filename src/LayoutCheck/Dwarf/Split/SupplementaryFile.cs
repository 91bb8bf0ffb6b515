using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>
/// Finds the supplementary file (DWARF 5 §7.3.6), which <c>dwz -m</c> makes of the DWARF that several files share and .gnu_debugaltlink or .debug_sup names:
/// at the linked path, relative to the image, or by its build id below a debug directory.
/// </summary>
internal static class SupplementaryFile
{
    private const string SystemDirectory = "/usr/lib/debug";

    /// <summary>Opens the file, which is closed with the image; null if the image names none.</summary>
    /// <param name="image">The image.</param>
    /// <param name="debugDirectory">The debug directory to search first, or null.</param>
    /// <param name="read">Reads its DWARF; null if it has none.</param>
    /// <exception cref="InvalidImageException">It is missing, is of another build, or cannot be read.</exception>
    public static T? Open<T>(ElfFile image, string? debugDirectory, Func<ElfFile, T?> read)
        where T : class
    {
        if (ReadLink(image) is not { } link)
        {
            return null;
        }

        string id = Convert.ToHexStringLower(link.Id);
        string home = MappedFile.FolderOf(image.File.Path);
        List<string> places = [Path.Combine(home, link.Name)];
        if (id.Length > 2)
        {
            IEnumerable<string> roots = new[] { debugDirectory, SystemDirectory }.OfType<string>();
            places.AddRange(roots.Select(root => Path.Combine(root, ".build-id", id[..2], id[2..] + ".debug")));
        }

        string path = places.Find(File.Exists) ?? throw new InvalidImageException(
            image.File.Path, link.Section, null, $"types and names are in {link.Name} (dwz -m), which is not there",
            $"put it where this name leads from the file's directory, or its directory of build ids at --debug-dir; its build id is {id}");
        MappedFile file = MappedFile.OpenReferred(path, image.File);
        try
        {
            ElfFile elf = ElfFile.HasMagic(file) ? ElfFile.Read(file)
                : throw new InvalidImageException(path, null, null, $"is not an ELF file, and {image.File.Path} refers to it");
            string? found = ReadChecksum(elf) ?? elf.BuildId();
            if (found != id)
            {
                throw new InvalidImageException(
                    image.File.Path, link.Section, null,
                    $"types and names are in {link.Name} (dwz -m), and {path} is of another build (id {found ?? "missing"}, {id} is meant)",
                    "put the file of the same build there");
            }

            T sections = read(elf) ?? throw new InvalidImageException(path, null, null, "has no DWARF (no .debug_info section), and another file refers to it");
            image.File.Own(file);
            image.File.Inputs.Use(new InputFile(FileRole.SupplementaryFile, path, elf.BuildId() ?? found, null));
            return sections;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static (string Section, string Name, byte[] Id)? ReadLink(ElfFile image)
    {
        if (image.Contents(".gnu_debugaltlink") is { } link)
        {
            // The name of the file, then its build id up to the end.
            SectionReader reader = link.ReadFrom(0);
            string name = System.Text.Encoding.UTF8.GetString(reader.ReadString());
            return (".gnu_debugaltlink", name, reader.ReadBytes(reader.Remaining).ToArray());
        }

        return image.Contents(".debug_sup") is { } sup && ReadSup(sup) is (false, { } file, { } id) ? (".debug_sup", file, id) : null;
    }

    // The supplementary file has its own checksum; dwz writes the build id there.
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
        string name = System.Text.Encoding.UTF8.GetString(reader.ReadString());
        return (isSupplementary, name, reader.ReadBytes(reader.ReadUleb()).ToArray());
    }
}
