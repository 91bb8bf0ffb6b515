using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>
/// The file that dwz moved to what several files have in common (<c>dwz -m</c>), as .gnu_debugaltlink or .debug_sup names it (DWARF 5 §7.3.6):
/// found where the link says, from the directory of the image, or by its build id below a debug directory.
/// </summary>
internal static class SupplementaryFile
{
    private const string SystemDirectory = "/usr/lib/debug";

    /// <summary>Opens the file, to be closed with the image; null when the image names none.</summary>
    /// <exception cref="InvalidImageException">It is not there, or is not the one that is meant.</exception>
    public static DwarfSections? Open(ElfFile image, string? debugDirectory)
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
            places.AddRange(new[] { debugDirectory, SystemDirectory }.OfType<string>().Select(root => Path.Combine(root, ".build-id", id[..2], id[2..] + ".debug")));
        }

        string path = places.Find(File.Exists) ?? throw new InvalidImageException(
            image.File.Path, link.Section, null, $"types and names are in {link.Name} (dwz -m), which is not there", $"put it where this name leads from the file's directory, or its directory of build ids at --debug-dir; its build id is {id}");
        MappedFile file = MappedFile.OpenReferred(path, image.File);
        try
        {
            ElfFile elf = ElfFile.HasMagic(file) ? ElfFile.Read(file) : throw new InvalidImageException(path, null, null, $"is not an ELF file, and {image.File.Path} refers to it");
            string? found = ReadChecksum(elf) ?? elf.BuildId();
            if (found != id)
            {
                throw new InvalidImageException(
                    image.File.Path, link.Section, null, $"types and names are in {link.Name} (dwz -m), and {path} is of another build (id {found ?? "missing"}, {id} is meant)", "put the file of the same build there");
            }

            DwarfSections sections = DwarfSections.FindSupplement(elf) ?? throw new InvalidImageException(path, null, null, "has no DWARF (no .debug_info section), and another file refers to it");
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
            // The file's name, then its build id to the end.
            SectionReader reader = link.ReadFrom(0);
            string name = System.Text.Encoding.UTF8.GetString(reader.ReadString());
            return (".gnu_debugaltlink", name, reader.ReadBytes(reader.Remaining).ToArray());
        }

        return image.Contents(".debug_sup") is { } sup && ReadSup(sup) is (false, { } file, { } id) ? (".debug_sup", file, id) : null;
    }

    // The supplementary file says its checksum itself; dwz writes the build id there too.
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
