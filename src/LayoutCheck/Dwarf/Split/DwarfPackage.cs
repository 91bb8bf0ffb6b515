using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>
/// A package of .dwo files (.dwp): their sections joined, with an index that tells for each unit which parts of the sections are its own
/// (DWARF 5 §7.3.5). GNU's form for DWARF 4 is version 2 of the index. Safe to use from several threads.
/// </summary>
internal sealed class DwarfPackage
{
    // The numbers of sections in an index (DWARF 5 §7.3.5.3); those that we read have the same ones in both versions.
    private const uint DW_SECT_INFO = 1;
    private const uint DW_SECT_TYPES = 2;
    private const uint DW_SECT_ABBREV = 3;
    private const uint DW_SECT_LINE = 4;
    private const uint DW_SECT_STR_OFFSETS = 6;

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

    /// <summary>The size in bytes of an address in a file of its class.</summary>
    public int WordByteSize => _elf.Header.WordByteSize;

    /// <summary>How many type units it has.</summary>
    public int TypeUnitCount => _typeUnits.Signatures.Length;

    /// <summary>Whether a file is a package.</summary>
    public static bool Is(ElfFile elf) => elf.Find(".debug_cu_index") is not null || elf.Find(".debug_tu_index") is not null;

    /// <summary>Opens a package, to be closed with the image.</summary>
    /// <exception cref="InvalidImageException">It cannot be read.</exception>
    public static DwarfPackage Open(string path, DwarfSections image)
    {
        MappedFile file = MappedFile.OpenReferred(path, image.Info.File);
        try
        {
            ElfFile elf = SplitUnits.ReadElf(file, image);
            DwarfPackage package = Is(elf) ? new DwarfPackage(elf) : throw new InvalidImageException(path, null, null, "is no package of split DWARF: it has no .debug_cu_index", "make it anew, or take it away");
            image.Info.File.Own(file);
            image.Info.File.Inputs.Use(new InputFile(FileRole.DwarfPackage, path, elf.BuildId(), null));
            return package;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

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

        bool isTypes = row.Has(DW_SECT_TYPES);
        lock (_lock)
        {
            DwarfSections file = PartOf(row, isTypes).Sections;
            UnitHeader unit = UnitOf(row, file, isTypes);
            return unit.IsTypeUnit && unit.Signature == signature ? (file, unit) : throw Mismatch(file, unit, "type unit of signature", signature);
        }
    }

    /// <summary>A type unit by its number, in the order of what each .dwo brought; null past the last one.</summary>
    public (DwarfSections File, UnitHeader Unit)? TypeUnitAt(int number) => number < TypeUnitCount ? TypeUnit(_typeUnits.Signatures[number]) : null;

    private static InvalidImageException Mismatch(DwarfSections file, in UnitHeader unit, string what, ulong wanted)
        => file.Info.Invalid(unit.Offset, $"the index of the package says that here is the {what} 0x{wanted:x16}, and another one is", "make the package anew from the .dwo files");

    // The unit takes up all of its part: an index that gives a unit more could have us read the same bytes for each of its rows.
    private static UnitHeader UnitOf(PackageRow row, DwarfSections file, bool isTypes)
    {
        (ulong offset, ulong size) = row.Part(isTypes ? DW_SECT_TYPES : DW_SECT_INFO);
        UnitHeader unit = UnitHeader.Read(file, file.Info, offset, isTypes);
        return unit.End == offset + size
            ? unit
            : throw file.Info.Invalid(offset, $"the index of the package gives this unit 0x{size:x} bytes, and it has 0x{unit.End - offset:x}", "make the package anew from the .dwo files");
    }

    // All units of one .dwo have the same parts of the sections that they share.
    private (DwarfSections Sections, AbbrevTable Abbrevs) PartOf(PackageRow row, bool isTypes)
    {
        string units = isTypes ? ".debug_types.dwo" : ".debug_info.dwo";
        (ulong Offset, ulong) abbrev = row.Part(DW_SECT_ABBREV);
        if (!_parts.TryGetValue((units, abbrev.Offset), out (DwarfSections Sections, AbbrevTable Abbrevs, PackageRow First) part))
        {
            Section info = _elf.Contents(units) ?? throw new InvalidImageException(_elf.File.Path, units, null, "is missing, and the index of the package refers to it");
            DwarfSections sections = new(
                this,
                info,
                Cut(row, DW_SECT_ABBREV, ".debug_abbrev.dwo") ?? throw row.Invalid("has no abbreviations to be read with"),
                _str,
                Cut(row, DW_SECT_STR_OFFSETS, ".debug_str_offsets.dwo"),
                Cut(row, DW_SECT_LINE, ".debug_line.dwo"));
            part = (sections, new AbbrevTable(sections.Abbrev), row);
            _parts.Add((units, abbrev.Offset), part);
        }

        return row.Part(DW_SECT_STR_OFFSETS) == part.First.Part(DW_SECT_STR_OFFSETS) && row.Part(DW_SECT_LINE) == part.First.Part(DW_SECT_LINE)
            ? (part.Sections, part.Abbrevs)
            : throw row.Invalid("shares its abbreviations with a unit, and not its strings: they are not of one .dwo");
    }

    // Under a name that says where the part starts: offsets in errors count from there.
    private Section? Cut(PackageRow row, uint id, string name)
    {
        (ulong offset, ulong size) = row.Part(id);
        if (size == 0)
        {
            return null;
        }

        Section whole = _elf.Contents(name) ?? throw new InvalidImageException(_elf.File.Path, name, null, "is missing, and the index of the package refers to it");
        return whole.Part(offset, size).As($"{name} from 0x{offset:x}", whole.IsBigEndian);
    }

    // A table of abbreviations is read once for each part that it is; parts that overlap could make a small file cost a lot.
    private void RefuseSharedAbbrevs()
    {
        ulong end = 0;
        foreach (PackageRow row in _compileUnits.Rows.Concat(_typeUnits.Rows).DistinctBy(r => r.Part(DW_SECT_ABBREV)).OrderBy(r => r.Part(DW_SECT_ABBREV).Offset))
        {
            (ulong offset, ulong size) = row.Part(DW_SECT_ABBREV);
            if (offset < end)
            {
                throw row.Invalid("has abbreviations that are in part those of another unit");
            }

            end = offset + size;
        }
    }

    /// <summary>One of the two indexes of a package.</summary>
    private sealed class PackageIndex
    {
        private const int HeaderSize = 16;

        private readonly Dictionary<ulong, PackageRow> _rows;

        private PackageIndex(Dictionary<ulong, PackageRow> rows)
        {
            _rows = rows;
            Signatures =
            [
                .. rows.OrderBy(r => r.Value.Part(DW_SECT_ABBREV).Offset).ThenBy(r => r.Value.Part(r.Value.Has(DW_SECT_TYPES) ? DW_SECT_TYPES : DW_SECT_INFO).Offset)
                    .ThenBy(r => r.Key).Select(r => r.Key),
            ];
        }

        /// <summary>What units it has, in the order of what each .dwo brought.</summary>
        public ulong[] Signatures { get; }

        public IEnumerable<PackageRow> Rows => _rows.Values;

        public PackageRow? Find(ulong signature) => _rows.TryGetValue(signature, out PackageRow row) ? row : null;

        // The table of signatures is a hash table, which is read from one end to the other instead: that takes no trust in how it was filled.
        public static PackageIndex Read(ElfFile elf, string name)
        {
            if (elf.Contents(name) is not { } section)
            {
                return new PackageIndex([]);
            }

            SectionReader reader = section.ReadFrom(0);
            uint gnuVersion = reader.ReadU32();
            if (gnuVersion != 2)
            {
                // In DWARF 5 the number has two bytes, and two of padding behind it.
                ushort version = section.ReadFrom(0).ReadU16();
                if (version != 5)
                {
                    throw section.Invalid(0, $"an index of a package of version {version}, which cannot be read (2 and 5 can)");
                }
            }

            uint columns = reader.ReadU32();
            uint units = reader.ReadU32();
            uint slots = reader.ReadU32();
            UInt128 size = HeaderSize + ((UInt128)slots * 12) + (((2 * (UInt128)units) + 1) * columns * 4);
            if (size > section.Length)
            {
                throw section.Invalid(0, $"an index of {units} units, {columns} columns and {slots} slots does not fit the section (0x{section.Length:x} bytes)", "the file looks truncated or damaged");
            }

            PackageTable table = new(section, columns, units, HeaderSize + (slots * 12UL));
            Dictionary<ulong, PackageRow> found = [];
            SectionReader signatures = section.ReadFrom(HeaderSize);
            SectionReader rows = section.ReadFrom(HeaderSize + (slots * 8UL));
            for (uint slot = 0; slot < slots; slot++)
            {
                ulong signature = signatures.ReadU64();
                uint row = rows.ReadU32();
                if (row == 0)
                {
                    continue;
                }

                if (row > units)
                {
                    throw section.Invalid(rows.Offset - 4, $"row {row} of an index that has {units}");
                }

                if (!found.TryAdd(signature, new PackageRow(table, row)))
                {
                    throw section.Invalid(signatures.Offset - 8, $"the signature 0x{signature:x16} is there twice");
                }
            }

            // A unit that no slot leads to would be one that nobody compared.
            return (uint)found.Count == units
                ? new PackageIndex(found)
                : throw section.Invalid(0, $"an index of {units} units, of which {found.Count} have a signature");
        }
    }

    /// <summary>The two tables of an index: where each part starts, and how large it is; a row a unit, a column a section.</summary>
    private sealed class PackageTable
    {
        private readonly Dictionary<uint, uint> _columns = [];
        private readonly ulong _start;
        private readonly ulong _units;
        private readonly ulong _rowSize;

        public PackageTable(Section section, uint columns, uint units, ulong start)
        {
            Section = section;
            _units = units;
            _rowSize = columns * 4UL;
            _start = start + _rowSize;
            SectionReader ids = section.ReadFrom(start);
            for (uint column = 0; column < columns; column++)
            {
                _columns.TryAdd(ids.ReadU32(), column);
            }
        }

        public Section Section { get; }

        public bool Has(uint id) => _columns.ContainsKey(id);

        public (ulong Offset, ulong Size) Part(uint row, uint id)
        {
            if (!_columns.TryGetValue(id, out uint column))
            {
                return default;
            }

            ulong at = _start + ((row - 1UL) * _rowSize) + (column * 4UL);
            return (Section.ReadFrom(at).ReadU32(), Section.ReadFrom(at + (_units * _rowSize)).ReadU32());
        }
    }

    /// <summary>A row of an index, counted from 1: one unit.</summary>
    private readonly record struct PackageRow(PackageTable Table, uint Number)
    {
        public bool Has(uint id) => Table.Has(id);

        /// <summary>The unit's part of a section, in bytes; of no size when it has none.</summary>
        public (ulong Offset, ulong Size) Part(uint id) => Table.Part(Number, id);

        public InvalidImageException Invalid(string problem) => Table.Section.Invalid(null, $"the unit of row {Number} {problem}", "make the package anew from the .dwo files");
    }
}
