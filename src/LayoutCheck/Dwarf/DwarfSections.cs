using LayoutCheck.Elf;

namespace LayoutCheck.Dwarf;

/// <summary>The sections that hold the DWARF of one file. Those that few files have are null where they are missing.</summary>
internal sealed class DwarfSections
{
    // Unpacking and relocating them takes time and memory, and few questions need them.
    private readonly Lazy<Section?> _lineStr;
    private readonly Lazy<Section?> _line;

    private DwarfSections(ElfFile elf, Section info, Section abbrev)
    {
        File = elf.File.Path;
        Info = info;
        Abbrev = abbrev;
        Str = elf.Contents(".debug_str");
        StrOffsets = elf.Contents(".debug_str_offsets");
        _lineStr = new Lazy<Section?>(() => elf.Contents(".debug_line_str"));
        _line = new Lazy<Section?>(() => elf.Contents(".debug_line"));
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>.debug_info</summary>
    public Section Info { get; }

    /// <summary>.debug_abbrev</summary>
    public Section Abbrev { get; }

    /// <summary>.debug_str</summary>
    public Section? Str { get; }

    /// <summary>.debug_line_str</summary>
    public Section? LineStr => _lineStr.Value;

    /// <summary>.debug_str_offsets</summary>
    public Section? StrOffsets { get; }

    /// <summary>.debug_line</summary>
    public Section? Line => _line.Value;

    /// <summary>The DWARF of a file, or null when it has none.</summary>
    /// <exception cref="InvalidImageException">It has DWARF in a form that cannot be read.</exception>
    public static DwarfSections? Find(ElfFile elf)
    {
        foreach (ElfSection section in elf.Sections)
        {
            string? refusal = section.Name switch
            {
                ".debug_types" or ".zdebug_types" => "has type units (-fdebug-types-section), which cannot be read yet; build without -fdebug-types-section",
                ".debug_info.dwo" or ".zdebug_info.dwo" => "is the split part of a unit (.dwo), which cannot be read yet; build without -gsplit-dwarf",
                ".gnu_debugaltlink" or ".debug_sup" => "says that dwz moved types to another file, which cannot be read yet; undo dwz, or use the file it was made from",
                _ => null,
            };
            if (refusal is not null)
            {
                string[] parts = refusal.Split("; ", 2);
                throw new InvalidImageException(elf.File.Path, section.Name, null, parts[0], parts[1]);
            }
        }

        if (elf.Contents(".debug_info") is not { } info)
        {
            return null;
        }

        Section abbrev = elf.Contents(".debug_abbrev") ?? throw new InvalidImageException(elf.File.Path, ".debug_info", null, "has no .debug_abbrev to be read with");
        return new DwarfSections(elf, info, abbrev);
    }

    /// <summary>A section that something refers to.</summary>
    /// <exception cref="InvalidImageException">The file does not have it.</exception>
    public Section Require(Section? section, string name) => section ?? throw new InvalidImageException(File, name, null, "is missing, and .debug_info refers to it");

    /// <summary>Entry <paramref name="index"/> of a unit's table in .debug_str_offsets: an offset into .debug_str (DWARF 5 §7.26).</summary>
    public ulong StringOffset(ulong index, ulong tableBase, int offsetSize)
    {
        Section table = Require(StrOffsets, ".debug_str_offsets");
        UInt128 at = tableBase + ((UInt128)index * (uint)offsetSize);
        if (at + (uint)offsetSize > table.Length)
        {
            throw table.Invalid(tableBase, $"string index {index} lies outside of the section (0x{table.Length:x} bytes)");
        }

        return table.ReadFrom((ulong)at).ReadUnsigned(offsetSize);
    }
}
