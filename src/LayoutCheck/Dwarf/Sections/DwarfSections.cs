using System.Collections.Concurrent;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>Finds a type unit by its signature (DWARF 5 §7.32); null if there is none.</summary>
internal delegate (DwarfSections File, UnitHeader Unit)? TypeUnitLookup(ulong signature);

/// <summary>The sections that hold the DWARF of one file. Optional sections are null if absent.</summary>
internal sealed class DwarfSections
{
    /// <summary>The start of a unit's table in .debug_str_offsets, for a unit that has none.</summary>
    public const ulong NoStrOffsetsBase = ulong.MaxValue;

    private const string SplitSuffix = ".dwo";

    // Unpacked and relocated on first use: that takes time and memory, and few questions need all of them.
    private readonly Lazy<Section?> _str;
    private readonly Lazy<Section?> _lineStr;
    private readonly Lazy<Section?> _line;

    // In a split file: the skeleton of each of its units, by the unit's offset.
    private readonly ConcurrentDictionary<ulong, (DwarfSections Image, UnitHeader Skeleton)> _skeletons = [];
    private readonly TypeUnitLookup? _packagedTypeUnit;

    private DwarfSections(ElfFile elf, Section info, ulong typesStart, Section abbrev, FileFormat format)
    {
        Format = format;
        File = elf.File.Path;
        Info = info;
        LargestScalarAlignment = elf.Header.LargestScalarAlignment;
        Units = new UnitIndex(info, format, typesStart);
        Abbrev = abbrev;
        _str = new Lazy<Section?>(() => elf.Contents(".debug_str" + Suffix));
        StrOffsets = elf.Contents(".debug_str_offsets" + Suffix);
        _lineStr = new Lazy<Section?>(() => elf.Contents(".debug_line_str" + Suffix));
        _line = new Lazy<Section?>(() => elf.Contents(".debug_line" + Suffix));
        Lists = new DwarfLists(name => elf.Contents(name + Suffix));
    }

    /// <summary>The contribution of one .dwo to a package: the package's units, strings and file, and its own part of each of the other sections.</summary>
    /// <param name="wordByteSize">The size in bytes of an address in the package.</param>
    /// <param name="typeUnits">Finds the type units of the whole package.</param>
    /// <param name="info">.debug_info.dwo or .debug_types.dwo, whole.</param>
    /// <param name="abbrev">The part of .debug_abbrev.dwo.</param>
    /// <param name="str">.debug_str.dwo, whole: the packager rebuilds it.</param>
    /// <param name="strOffsets">The part of .debug_str_offsets.dwo.</param>
    /// <param name="line">The part of .debug_line.dwo.</param>
    /// <param name="lists">The parts of the sections with lists.</param>
    public DwarfSections(int wordByteSize, TypeUnitLookup typeUnits, Section info, Section abbrev, Section? str, Section? strOffsets, Section? line, DwarfLists lists)
    {
        Format = new FileFormat(wordByteSize, IsSplit: true);
        _packagedTypeUnit = typeUnits;
        File = info.File.Path;
        Info = info;
        Units = new UnitIndex(info, Format);
        HasSectionOffsets = false;
        IsKept = true;
        Abbrev = abbrev;
        _str = new Lazy<Section?>(str);
        StrOffsets = strOffsets;
        _lineStr = new Lazy<Section?>((Section?)null);
        _line = new Lazy<Section?>(line);
        Lists = lists;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>.debug_info; if type units have sections of their own, all of these joined.</summary>
    public Section Info { get; }

    /// <summary>The properties that its unit headers depend on.</summary>
    public FileFormat Format { get; }

    /// <summary>The largest alignment of a number on its machine, in bytes; null if it is the size of a word.</summary>
    public ulong? LargestScalarAlignment { get; }

    /// <summary>The units in it.</summary>
    public UnitIndex Units { get; }

    /// <summary>Whether an offset of .debug_info is an offset of <see cref="Info"/>: false if several sections were joined.</summary>
    public bool HasSectionOffsets { get; private init; } = true;

    /// <summary>The supplementary file (DWARF 5 §7.3.6), which dwz makes of the DWARF that several files share; null if this file names none.</summary>
    public DwarfSections? Supplement { get; private init; }

    /// <summary>Whether these are the sections of a .dwo file or of a package of them (DWARF 5 §7.3.2).</summary>
    public bool IsSplit => Format.IsSplit;

    /// <summary>Whether a split file stays open as long as the image, which makes caching for it worthwhile.</summary>
    public bool IsKept { get; private init; }

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

    /// <summary>The sections about code.</summary>
    public DwarfLists Lists { get; }

    /// <summary>The fast paths that are disabled. Objects read it once, when they are made.</summary>
    public FastPaths Disabled => Info.File.Inputs.Disabled;

    private string Suffix => SuffixOf(Format.IsSplit);

    /// <summary>The DWARF of an image or of a supplementary file; null if it has none.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="supplement">Opens the supplementary file; null in a supplementary file itself, which refers to no other.</param>
    /// <exception cref="InvalidImageException">It has DWARF in a form that cannot be read.</exception>
    public static DwarfSections? Find(ElfFile elf, Func<DwarfSections?>? supplement = null) => Read(elf, isSplit: false, isKept: false, supplement);

    /// <summary>The DWARF of a .dwo file; null if it has none.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="isKept">Whether it stays open as long as the image.</param>
    /// <exception cref="InvalidImageException">It has DWARF in a form that cannot be read.</exception>
    public static DwarfSections? FindSplit(ElfFile elf, bool isKept) => Read(elf, isSplit: true, isKept);

    private static string SuffixOf(bool isSplit) => isSplit ? SplitSuffix : "";

    private static DwarfSections? Read(ElfFile elf, bool isSplit, bool isKept, Func<DwarfSections?>? supplement = null)
    {
        string suffix = SuffixOf(isSplit);
        if (elf.Contents(".debug_info" + suffix) is not { } first)
        {
            return null;
        }

        Section abbrev = elf.Contents(".debug_abbrev" + suffix)
            ?? throw new InvalidImageException(elf.File.Path, ".debug_info" + suffix, null, $"has no .debug_abbrev{suffix} to be read with");
        Section info = JoinUnits(elf, first, suffix, out ulong typesStart, out bool hasOffsets);
        return new DwarfSections(elf, info, typesStart, abbrev, new FileFormat(elf.Header.WordByteSize, isSplit))
        {
            HasSectionOffsets = hasOffsets,
            IsKept = isKept,
            Supplement = supplement?.Invoke(),
        };
    }

    // An object has a section for each type unit, in a section group: .debug_types in DWARF 4, .debug_info in DWARF 5. A linker drops duplicate
    // groups and joins the rest, so that a kernel has one section, which needs no copy.
    private static Section JoinUnits(ElfFile elf, Section first, string suffix, out ulong typesStart, out bool hasOffsets)
    {
        List<int> infos = Indexes(elf, "debug_info" + suffix);
        List<int> types = Indexes(elf, "debug_types" + suffix);
        typesStart = ulong.MaxValue;
        hasOffsets = infos.Count == 1;
        if (infos.Count + types.Count == 1)
        {
            return first;
        }

        Section[] parts = [.. infos.Concat(types).Select(elf.Contents)];
        foreach (Section part in parts)
        {
            elf.File.Budget.Take(part, part.Length);
        }

        NativeBuffer joined = new();
        for (int i = 0; i < parts.Length; i++)
        {
            typesStart = i == infos.Count ? joined.Length : typesStart;
            parts[i].AppendTo(joined);
        }

        return elf.File.Own(joined, types.Count > 0 ? $".debug_info{suffix}, .debug_types{suffix}" : ".debug_info" + suffix, first.IsBigEndian);
    }

    private static List<int> Indexes(ElfFile elf, string bareName)
    {
        string name = "." + bareName;
        string compressedName = ".z" + bareName;
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

    /// <summary>A section that .debug_info refers to.</summary>
    /// <exception cref="InvalidImageException">The file does not have the section.</exception>
    public Section Require(Section? section, string name)
        => section ?? throw new InvalidImageException(File, name + Suffix, null, $"is missing, and .debug_info{Suffix} refers to it");

    /// <summary>The type unit of a signature (DWARF 5 §7.32), or null: in this file, or anywhere in its package.</summary>
    public (DwarfSections File, UnitHeader Unit)? TypeUnit(ulong signature)
        => _packagedTypeUnit is { } find ? find(signature) : Units.WithSignature(signature) is { } unit ? (this, unit) : null;

    /// <summary>The error for a reference by DW_FORM_ref_addr if <see cref="HasSectionOffsets"/> is false.</summary>
    public InvalidImageException NoSectionOffsets(ulong offset, string what) => _packagedTypeUnit is not null
        ? Info.Invalid(
            offset, $"{what} is referred to by DW_FORM_ref_addr, which a package (.dwp) cannot have", "take the package away, and keep the .dwo files")
        : Info.Invalid(offset, $"{what} is in another unit (DW_FORM_ref_addr) of an object with several .debug_info sections", "link it");

    /// <summary>Records the skeleton of a unit of this split file; of several, the first in the image.</summary>
    public void AddSkeleton(in UnitHeader unit, DwarfSections image, in UnitHeader skeleton)
    {
        UnitHeader added = skeleton;
        _skeletons.AddOrUpdate(unit.Offset, (image, added), (_, known) => known.Skeleton.Offset <= added.Offset ? known : (image, added));
    }

    /// <summary>The skeleton of a unit of this split file, or null.</summary>
    public (DwarfSections Image, UnitHeader Skeleton)? SkeletonOf(in UnitHeader unit) => _skeletons.TryGetValue(unit.Offset, out var found) ? found : null;

    /// <summary>
    /// Where the table of string offsets starts for a unit without DW_AT_str_offsets_base: in a .dwo at the start of the section, behind the header that
    /// it has in DWARF 5 (§7.26); else <see cref="NoStrOffsetsBase"/>.
    /// </summary>
    /// <exception cref="InvalidImageException">The header is damaged.</exception>
    public ulong ImpliedStrOffsetsBase(in UnitHeader unit)
    {
        if (!IsSplit || StrOffsets is not { } table || unit.Version < 5)
        {
            return IsSplit ? 0 : NoStrOffsetsBase;
        }

        SectionReader reader = table.ReadFrom(0);
        ulong size = InitialLength.Read(ref reader, out int offsetSize);
        ulong rest = reader.Remaining;
        ushort version = reader.ReadU16();
        // A compiler from before the final standard wrote no header.
        return version == 5 && offsetSize == unit.OffsetSize && size >= 4 && size <= rest
            ? (ulong)offsetSize * 2
            : throw table.Invalid(
                0, "does not begin with the header that DWARF 5 gives it, for units of that version", "build with a newer compiler, or with -gdwarf-4");
    }

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
