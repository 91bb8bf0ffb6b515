using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Lookup;

namespace LayoutCheck.Dwarf.Split;

/// <summary>
/// A package of .dwo files (.dwp): their sections joined, with an index of the parts of each unit (DWARF 5 §7.3.5). GNU's form for DWARF 4 is version 2 of the
/// index. Safe to use from several threads.
/// </summary>
internal sealed class DwarfPackage
{
    private readonly ElfFile _elf;
    private readonly PackageIndex _compileUnits;
    private readonly PackageIndex _typeUnits;
    private readonly Section? _str;
    private readonly Dictionary<(string Units, ulong Abbrev), (DwarfSections Sections, AbbrevTable Abbrevs, PackageRow First)> _parts = [];
    private readonly Lock _lock = new();

    private DwarfPackage(ElfFile elf)
    {
        _elf = elf;
        _compileUnits = PackageIndex.Read(elf, ".debug_cu_index");
        _typeUnits = PackageIndex.Read(elf, ".debug_tu_index");
        _str = elf.Contents(".debug_str.dwo");
        RefuseSharedAbbrevs();
    }

    /// <summary>The number of its type units.</summary>
    public int TypeUnitCount => _typeUnits.Signatures.Length;

    /// <summary>Whether a file is a package.</summary>
    public static bool Is(ElfFile elf) => elf.Find(".debug_cu_index") is not null || elf.Find(".debug_tu_index") is not null;

    /// <summary>Opens a package, which is closed with the image.</summary>
    /// <exception cref="InvalidImageException">It cannot be read.</exception>
    public static DwarfPackage Open(string path, DwarfSections image) => CompanionFinder.OpenElf(
        path,
        image.Info.File,
        elf =>
        {
            DwarfPackage package = Is(elf) ? new DwarfPackage(elf)
                : throw new InvalidImageException(path, null, null, "is no package of split DWARF: it has no .debug_cu_index", "make it anew, or take it away");
            image.Info.File.Own(elf.File);
            image.Info.File.Inputs.Use(new InputFile(FileRole.DwarfPackage, path, elf.BuildId(), null));
            return package;
        },
        isBigEndian: image.Info.IsBigEndian);

    /// <summary>Whether it has the compile unit of an id.</summary>
    public bool Has(ulong dwoId) => _compileUnits.Find(dwoId) is not null;

    /// <summary>The compile unit of an id, or null.</summary>
    public (DwarfSections File, UnitHeader Unit)? CompileUnit(ulong dwoId)
    {
        if (_compileUnits.Find(dwoId) is not { } row)
        {
            return null;
        }

        lock (_lock)
        {
            (DwarfSections file, AbbrevTable abbrevs) = PartOf(row, isTypes: false);
            UnitHeader unit = UnitOf(row, file, isTypes: false);
            abbrevs.Load(unit);
            ulong? found = unit.IsTypeUnit ? null : UnitRoot.Read(file, file.Info, abbrevs, unit).DwoId;
            return found == dwoId ? (file, unit) : throw Mismatch(file, unit, "compile unit of id", dwoId);
        }
    }

    /// <summary>The type unit of a signature, or null.</summary>
    public (DwarfSections File, UnitHeader Unit)? TypeUnit(ulong signature)
    {
        if (_typeUnits.Find(signature) is not { } row)
        {
            return null;
        }

        bool isTypes = row.Has(PackageSection.DW_SECT_TYPES);
        lock (_lock)
        {
            DwarfSections file = PartOf(row, isTypes).Sections;
            UnitHeader unit = UnitOf(row, file, isTypes);
            return unit.IsTypeUnit && unit.Signature == signature ? (file, unit) : throw Mismatch(file, unit, "type unit of signature", signature);
        }
    }

    /// <summary>A type unit by its number, grouped by .dwo; null past the last one.</summary>
    public (DwarfSections File, UnitHeader Unit)? TypeUnitAt(int number) => number < TypeUnitCount ? TypeUnit(_typeUnits.Signatures[number]) : null;

    private static InvalidImageException Mismatch(DwarfSections file, in UnitHeader unit, string what, ulong wanted)
        => file.Info.Invalid(
            unit.Offset, $"the index of the package says that here is the {what} 0x{wanted:x16}, and another one is",
            "make the package anew from the .dwo files");

    // The unit fills its part: an index with larger parts could make each of its rows cost the same bytes again.
    private static UnitHeader UnitOf(PackageRow row, DwarfSections file, bool isTypes)
    {
        (ulong offset, ulong size) = row.Part(isTypes ? PackageSection.DW_SECT_TYPES : PackageSection.DW_SECT_INFO);
        UnitHeader unit = UnitHeader.Read(file.Info, offset, file.Format, isTypes);
        return unit.End == offset + size
            ? unit
            : throw file.Info.Invalid(
                offset, $"the index of the package gives this unit 0x{size:x} bytes, and it has 0x{unit.End - offset:x}",
                "make the package anew from the .dwo files");
    }

    // The units of one .dwo share the parts of the other sections.
    private (DwarfSections Sections, AbbrevTable Abbrevs) PartOf(PackageRow row, bool isTypes)
    {
        string units = isTypes ? ".debug_types.dwo" : ".debug_info.dwo";
        (ulong Offset, ulong) abbrev = row.Abbrevs;
        if (!_parts.TryGetValue((units, abbrev.Offset), out (DwarfSections Sections, AbbrevTable Abbrevs, PackageRow First) part))
        {
            Section info = _elf.Contents(units) ?? throw Missing(units);
            DwarfSections sections = new(
                _elf.Header.WordByteSize,
                TypeUnit,
                info,
                Cut(row, PackageSection.DW_SECT_ABBREV, ".debug_abbrev.dwo") ?? throw row.Invalid("has no abbreviations to be read with"),
                _str,
                Cut(row, PackageSection.DW_SECT_STR_OFFSETS, ".debug_str_offsets.dwo"),
                Cut(row, PackageSection.DW_SECT_LINE, ".debug_line.dwo"),
                new DwarfLists(name => CutList(row, name)));
            part = (sections, new AbbrevTable(sections.Abbrev), row);
            _parts.Add((units, abbrev.Offset), part);
        }

        return row.Part(PackageSection.DW_SECT_STR_OFFSETS) == part.First.Part(PackageSection.DW_SECT_STR_OFFSETS)
            && row.Part(PackageSection.DW_SECT_LINE) == part.First.Part(PackageSection.DW_SECT_LINE)
            ? (part.Sections, part.Abbrevs)
            : throw row.Invalid("shares its abbreviations with a unit, and not its strings: they are not of one .dwo");
    }

    private InvalidImageException Missing(string name) => new(_elf.File.Path, name, null, "is missing, and the index of the package refers to it");

    // The name has the start of the part: offsets in errors count from there.
    private Section? Cut(PackageRow row, uint id, string name)
    {
        (ulong offset, ulong size) = row.Part(id);
        if (size == 0)
        {
            return null;
        }

        Section whole = _elf.Contents(name) ?? throw Missing(name);
        return whole.Part(offset, size).As($"{name} from 0x{offset:x}", whole.IsBigEndian);
    }

    // Number 5 is .debug_loc.dwo in version 2 and .debug_loclists.dwo in version 5; number 8 is of .debug_macro.dwo in version 2.
    private Section? CutList(PackageRow row, string name)
    {
        bool isVersion2 = _elf.Find(".debug_loc.dwo") is not null;
        return name switch
        {
            ".debug_loc" when isVersion2 => Cut(row, PackageSection.DW_SECT_LOCLISTS, ".debug_loc.dwo"),
            ".debug_loclists" when !isVersion2 => Cut(row, PackageSection.DW_SECT_LOCLISTS, ".debug_loclists.dwo"),
            ".debug_rnglists" when !isVersion2 => Cut(row, PackageSection.DW_SECT_RNGLISTS, ".debug_rnglists.dwo"),
            _ => null,
        };
    }

    // A table of abbreviations is read once per part. Overlapping parts could make a small file cost a lot.
    private void RefuseSharedAbbrevs()
    {
        ulong end = 0;
        IEnumerable<PackageRow> rows = _compileUnits.Rows.Concat(_typeUnits.Rows);
        foreach (PackageRow row in rows.DistinctBy(r => r.Abbrevs).OrderBy(r => r.Abbrevs.Offset))
        {
            (ulong offset, ulong size) = row.Abbrevs;
            if (offset < end)
            {
                throw row.Invalid("has abbreviations that are in part those of another unit");
            }

            end = offset + size;
        }
    }
}
