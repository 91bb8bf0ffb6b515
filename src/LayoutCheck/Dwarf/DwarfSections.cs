using LayoutCheck.Elf;

namespace LayoutCheck.Dwarf;

/// <summary>The sections that hold the DWARF of one file. Those that few files have are null where they are missing.</summary>
internal sealed class DwarfSections
{
    // Unpacking and relocating them takes time and memory, and few questions need them.
    private readonly Lazy<Section?> _lineStr;
    private readonly Lazy<Section?> _line;

    private DwarfSections(ElfFile elf, Section info, ulong typesStart, Section abbrev)
    {
        File = elf.File.Path;
        Info = info;
        Units = new UnitIndex(info, typesStart);
        Abbrev = abbrev;
        Str = elf.Contents(".debug_str");
        StrOffsets = elf.Contents(".debug_str_offsets");
        _lineStr = new Lazy<Section?>(() => elf.Contents(".debug_line_str"));
        _line = new Lazy<Section?>(() => elf.Contents(".debug_line"));
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>.debug_info; when there are type units in sections of their own, all of these one behind the other.</summary>
    public Section Info { get; }

    /// <summary>The units in it.</summary>
    public UnitIndex Units { get; }

    /// <summary>Whether an offset of .debug_info is one of <see cref="Info"/>: not so when several sections of that name were joined.</summary>
    public bool HasSectionOffsets { get; private init; } = true;

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

        if (elf.Contents(".debug_info") is not { } first)
        {
            return null;
        }

        Section abbrev = elf.Contents(".debug_abbrev") ?? throw new InvalidImageException(elf.File.Path, ".debug_info", null, "has no .debug_abbrev to be read with");
        Section info = JoinUnits(elf, first, out ulong typesStart, out bool hasOffsets);
        return new DwarfSections(elf, info, typesStart, abbrev) { HasSectionOffsets = hasOffsets };
    }

    // Objects have a section for each type unit, in a group of its own: .debug_types in DWARF 4, .debug_info in DWARF 5. A linker drops the
    // groups that it has and joins the rest; kernels have one section, which is read where it lies.
    private static Section JoinUnits(ElfFile elf, Section first, out ulong typesStart, out bool hasOffsets)
    {
        List<int> infos = Indexes(elf, ".debug_info", ".zdebug_info");
        List<int> types = Indexes(elf, ".debug_types", ".zdebug_types");
        typesStart = ulong.MaxValue;
        hasOffsets = infos.Count == 1;
        if (infos.Count + types.Count == 1)
        {
            return first;
        }

        Section[] parts = [.. infos.Concat(types).Select(elf.Contents)];
        NativeBuffer joined = new();
        for (int i = 0; i < parts.Length; i++)
        {
            typesStart = i == infos.Count ? joined.Length : typesStart;
            joined.Append(parts[i]);
        }

        return elf.File.Own(joined, types.Count > 0 ? ".debug_info, .debug_types" : ".debug_info", first.IsBigEndian);
    }

    private static List<int> Indexes(ElfFile elf, string name, string compressedName)
    {
        List<int> indexes = [];
        for (int i = 0; i < elf.Sections.Length; i++)
        {
            if (elf.Sections[i].ByteSize > 0 && (elf.Sections[i].Name == name || elf.Sections[i].Name == compressedName))
            {
                indexes.Add(i);
            }
        }

        return indexes;
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
