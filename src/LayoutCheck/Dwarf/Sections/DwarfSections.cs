using System.Collections.Concurrent;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Lookup;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>The sections that hold the DWARF of one file. Those that few files have are null where they are missing.</summary>
internal sealed class DwarfSections
{
    // Unpacking and relocating them takes time and memory, and few questions need them.
    private readonly Lazy<Section?> _str;
    private readonly Lazy<Section?> _lineStr;
    private readonly Lazy<Section?> _line;
    private readonly Lazy<ulong[]?> _unitStarts = new((ulong[]?)null);

    // In a split file: the skeleton of each of its units, by the unit's offset.
    private readonly ConcurrentDictionary<ulong, (DwarfSections Image, UnitHeader Skeleton)> _skeletons = [];
    private readonly string _suffix;
    private readonly DwarfPackage? _package;

    private DwarfSections(ElfFile elf, Section info, ulong typesStart, Section abbrev, string suffix)
    {
        _suffix = suffix;
        File = elf.File.Path;
        Info = info;
        WordByteSize = elf.Header.WordByteSize;
        LargestScalarAlignment = elf.Header.LargestScalarAlignment;
        Units = new UnitIndex(this, typesStart);
        Abbrev = abbrev;
        _str = new Lazy<Section?>(() => elf.Contents(".debug_str" + suffix));
        StrOffsets = elf.Contents(".debug_str_offsets" + suffix);
        _lineStr = new Lazy<Section?>(() => elf.Contents(".debug_line_str" + suffix));
        _line = new Lazy<Section?>(() => elf.Contents(".debug_line" + suffix));
        _unitStarts = new Lazy<ulong[]?>(() => !IsSplit && HasSectionOffsets && typesStart == ulong.MaxValue ? Sections.UnitOffsetHints.Read(elf, info.Length) : null);
    }

    /// <summary>What one .dwo brought into a package: the package's units, strings and file, and its own part of each of the other sections.</summary>
    /// <param name="package">The package.</param>
    /// <param name="info">.debug_info.dwo or .debug_types.dwo, whole.</param>
    /// <param name="abbrev">The part of .debug_abbrev.dwo.</param>
    /// <param name="str">.debug_str.dwo, whole: it is made anew for a package.</param>
    /// <param name="strOffsets">The part of .debug_str_offsets.dwo.</param>
    /// <param name="line">The part of .debug_line.dwo.</param>
    public DwarfSections(DwarfPackage package, Section info, Section abbrev, Section? str, Section? strOffsets, Section? line)
    {
        _suffix = SplitSuffix;
        _package = package;
        File = info.File.Path;
        Info = info;
        WordByteSize = package.WordByteSize;
        Units = new UnitIndex(this);
        HasSectionOffsets = false;
        IsKept = true;
        Abbrev = abbrev;
        _str = new Lazy<Section?>(str);
        StrOffsets = strOffsets;
        _lineStr = new Lazy<Section?>((Section?)null);
        _line = new Lazy<Section?>(line);
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>.debug_info; when there are type units in sections of their own, all of these one behind the other.</summary>
    public Section Info { get; }

    /// <summary>The size in bytes of an address in a file of its class (ELFCLASS32, ELFCLASS64).</summary>
    public int WordByteSize { get; }

    /// <summary>The largest alignment of a number on its machine, in bytes; null where the size of a word tells it.</summary>
    public ulong? LargestScalarAlignment { get; }

    /// <summary>The units in it.</summary>
    public UnitIndex Units { get; }

    /// <summary>Whether an offset of .debug_info is one of <see cref="Info"/>: not so when several sections of that name were joined.</summary>
    public bool HasSectionOffsets { get; private init; } = true;

    /// <summary>The DWARF of the file that dwz moved to what several files have in common; null when this one names none.</summary>
    public DwarfSections? Supplement { get; private init; }

    /// <summary>Whether these are the sections of a .dwo file or a package of them, whose names end in .dwo (DWARF 5 §7.3.2).</summary>
    public bool IsSplit => _suffix.Length > 0;

    /// <summary>Whether a split file stays open as long as the image, so that what was prepared for it is worth keeping.</summary>
    public bool IsKept { get; private init; }

    /// <summary>Where the other halves of its skeleton units are; null in a file that cannot have any.</summary>
    public SplitUnits? Splits { get; private set; }

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

    /// <summary>Where the units seem to start, in bytes from the start of .debug_info; null when nothing tells. See <see cref="Sections.UnitOffsetHints"/>.</summary>
    public ulong[]? UnitOffsetHints => _unitStarts.Value;

    /// <summary>The DWARF of a file, or null when it has none. A .dwo file is read as it is: what it says of types is whole.</summary>
    /// <exception cref="InvalidImageException">It has DWARF in a form that cannot be read.</exception>
    /// <param name="elf">The file.</param>
    /// <param name="debugDirectory">Where a file that it refers to may be, besides where it says.</param>
    /// <param name="imagePath">The image that it was split off from, when it is not the image itself.</param>
    public static DwarfSections? Find(ElfFile elf, string? debugDirectory = null, string? imagePath = null)
    {
        if (Read(elf, "", supplement: () => SupplementaryFile.Open(elf, debugDirectory, FindSupplement)) is { } sections)
        {
            sections.Splits = new SplitUnits(sections, debugDirectory, imagePath);
            return sections;
        }

        return DwarfPackage.Is(elf)
            ? throw new InvalidImageException(
                elf.File.Path, ".debug_cu_index", null, "is a package of split DWARF (.dwp), which has types for an image and is read with it", "name the image, with this file beside it under the image's name with .dwp behind")
            : FindSplit(elf, isKept: true);
    }

    // The DWARF of a supplementary file, which refers to no other.
    internal static DwarfSections FindSupplement(ElfFile elf)
        => Read(elf, "") ?? throw new InvalidImageException(elf.File.Path, null, null, "has no DWARF (no .debug_info section), and another file refers to it");

    /// <summary>The DWARF of a .dwo file.</summary>
    public static DwarfSections? FindSplit(ElfFile elf, bool isKept) => Read(elf, SplitSuffix, isKept);

    private const string SplitSuffix = ".dwo";

    private static DwarfSections? Read(ElfFile elf, string suffix, bool isKept = false, Func<DwarfSections?>? supplement = null)
    {
        if (elf.Contents(".debug_info" + suffix) is not { } first)
        {
            return null;
        }

        Section abbrev = elf.Contents(".debug_abbrev" + suffix)
            ?? throw new InvalidImageException(elf.File.Path, ".debug_info" + suffix, null, $"has no .debug_abbrev{suffix} to be read with");
        Section info = JoinUnits(elf, first, suffix, out ulong typesStart, out bool hasOffsets);
        return new DwarfSections(elf, info, typesStart, abbrev, suffix) { HasSectionOffsets = hasOffsets, IsKept = isKept, Supplement = supplement?.Invoke() };
    }

    // Objects have a section for each type unit, in a group of its own: .debug_types in DWARF 4, .debug_info in DWARF 5. A linker drops the
    // groups that it has and joins the rest; kernels have one section, which is read where it lies.
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

    /// <summary>A section that something refers to.</summary>
    /// <exception cref="InvalidImageException">The file does not have it.</exception>
    public Section Require(Section? section, string name)
        => section ?? throw new InvalidImageException(File, name + _suffix, null, $"is missing, and .debug_info{_suffix} refers to it");

    /// <summary>The type unit of a signature (DWARF 5 §7.32), or null: in the same file; of a package, wherever it is in there.</summary>
    public (DwarfSections File, UnitHeader Unit)? TypeUnit(ulong signature)
        => _package is not null ? _package.TypeUnit(signature) : Units.WithSignature(signature) is { } unit ? (this, unit) : null;

    /// <summary>The refusal of a reference by DW_FORM_ref_addr where <see cref="HasSectionOffsets"/> is not so.</summary>
    public InvalidImageException NoSectionOffsets(ulong offset, string what) => _package is not null
        ? Info.Invalid(offset, $"{what} is referred to by DW_FORM_ref_addr, which a package (.dwp) cannot have", "take the package away, and keep the .dwo files")
        : Info.Invalid(offset, $"{what} is in another unit (DW_FORM_ref_addr) of an object with several .debug_info sections", "link it");

    /// <summary>The other half of a skeleton unit.</summary>
    /// <exception cref="InvalidImageException">It is not there, or is not the one that is meant.</exception>
    public SplitUnit OpenSplit(in UnitHeader skeleton, in UnitRoot root)
        => Splits is { } splits ? splits.Open(skeleton, root) : throw Info.Invalid(skeleton.Offset, "split DWARF in a file that others refer to, which cannot be read");

    /// <summary>Tells which skeleton a unit of this split file belongs to; the first, should there be several.</summary>
    public void AddSkeleton(in UnitHeader unit, DwarfSections image, in UnitHeader skeleton)
    {
        UnitHeader added = skeleton;
        _skeletons.AddOrUpdate(unit.Offset, (image, added), (_, known) => known.Skeleton.Offset <= added.Offset ? known : (image, added));
    }

    /// <summary>The skeleton of a unit of this split file, or null.</summary>
    public (DwarfSections Image, UnitHeader Skeleton)? SkeletonOf(in UnitHeader unit) => _skeletons.TryGetValue(unit.Offset, out var found) ? found : null;

    /// <summary>
    /// Where a unit's table of string offsets starts when its DIE does not say, which it does not in a .dwo (DWARF 5 §7.26): at the start of the
    /// section, behind the header that DWARF 5 gave it.
    /// </summary>
    /// <exception cref="InvalidImageException">The header is not one.</exception>
    public ulong ImpliedStrOffsetsBase(in UnitHeader unit)
    {
        if (!IsSplit || StrOffsets is not { } table || unit.Version < 5)
        {
            return IsSplit ? 0 : UnitRoot.NoBase;
        }

        SectionReader reader = table.ReadFrom(0);
        ulong size = InitialLength.Read(ref reader, out int offsetSize);
        ulong rest = reader.Remaining;
        ushort version = reader.ReadU16();
        // Compilers of before the standard was final wrote the entries at once.
        return version == 5 && offsetSize == unit.OffsetSize && size >= 4 && size <= rest
            ? (ulong)offsetSize * 2
            : throw table.Invalid(0, "does not begin with the header that DWARF 5 gives it, for units of that version", "build with a newer compiler, or with -gdwarf-4");
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
