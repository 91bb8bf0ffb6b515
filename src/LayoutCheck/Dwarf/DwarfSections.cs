using LayoutCheck.Elf;

namespace LayoutCheck.Dwarf;

/// <summary>The sections that hold the DWARF of one file. Those that few files have are null where they are missing.</summary>
internal sealed class DwarfSections
{
    // Unpacking and relocating them takes time and memory, and few questions need them.
    private readonly Lazy<Section?> _str;
    private readonly Lazy<Section?> _lineStr;
    private readonly Lazy<Section?> _line;

    private DwarfSections(ElfFile elf, Section info, ulong typesStart, Section abbrev)
    {
        File = elf.File.Path;
        Info = info;
        Units = new UnitIndex(info, typesStart);
        Abbrev = abbrev;
        // Whoever looks for a name reads all of it.
        _str = new Lazy<Section?>(() => elf.Contents(".debug_str") is { } str ? elf.File.Load(str) : null);
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

    /// <summary>The DWARF of the file that dwz moved to what several files have in common; null when this one names none.</summary>
    public DwarfSections? Supplement { get; private init; }

    /// <summary>.debug_abbrev</summary>
    public Section Abbrev { get; }

    /// <summary>.debug_str</summary>
    public Section? Str => _str.Value;

    /// <summary>.debug_line_str</summary>
    public Section? LineStr => _lineStr.Value;

    /// <summary>.debug_str_offsets</summary>
    public Section? StrOffsets { get; }

    /// <summary>.debug_line</summary>
    public Section? Line => _line.Value;

    /// <summary>The DWARF of a file, or null when it has none.</summary>
    /// <exception cref="InvalidImageException">It has DWARF in a form that cannot be read.</exception>
    /// <param name="elf">The file.</param>
    /// <param name="debugDirectory">Where a file that it refers to may be, besides where it says.</param>
    public static DwarfSections? Find(ElfFile elf, string? debugDirectory = null) => Find(elf, debugDirectory, canRefer: true);

    /// <summary>The DWARF of a supplementary file, which refers to no other.</summary>
    public static DwarfSections? FindSupplement(ElfFile elf) => Find(elf, null, canRefer: false);

    private static DwarfSections? Find(ElfFile elf, string? debugDirectory, bool canRefer)
    {
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Name is ".debug_info.dwo" or ".zdebug_info.dwo")
            {
                throw new InvalidImageException(
                    elf.File.Path, section.Name, null, "is the split part of a unit (.dwo), which cannot be read yet", "build without -gsplit-dwarf");
            }
        }

        if (elf.Contents(".debug_info") is not { } first)
        {
            return null;
        }

        Section abbrev = elf.Contents(".debug_abbrev") ?? throw new InvalidImageException(elf.File.Path, ".debug_info", null, "has no .debug_abbrev to be read with");
        Section info = JoinUnits(elf, first, out ulong typesStart, out bool hasOffsets);
        return new DwarfSections(elf, info, typesStart, abbrev) { HasSectionOffsets = hasOffsets, Supplement = canRefer ? SupplementaryFile.Open(elf, debugDirectory) : null };
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

    /// <summary>A string of .debug_str of the supplementary file (DW_FORM_strp_sup, DW_FORM_GNU_strp_alt).</summary>
    /// <exception cref="InvalidImageException">There is no such file.</exception>
    public ReadOnlySpan<byte> SupplementaryString(ulong stringOffset, ulong referrer, DwForm form) => Supplement is { } supplement
        ? supplement.Require(supplement.Str, ".debug_str").StringAt(stringOffset)
        : throw AttributeForms.NoSupplementaryFile(Info, referrer, "a name", form);

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
