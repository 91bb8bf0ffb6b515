using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Split;

/// <summary>The section numbers in an index (DWARF 5 §7.3.5.3). Those up to 6 have the same meaning in both versions.</summary>
internal static class PackageSection
{
    public const uint DW_SECT_INFO = 1;
    public const uint DW_SECT_TYPES = 2;
    public const uint DW_SECT_ABBREV = 3;
    public const uint DW_SECT_LINE = 4;
    public const uint DW_SECT_LOCLISTS = 5;
    public const uint DW_SECT_STR_OFFSETS = 6;
    public const uint DW_SECT_RNGLISTS = 8;
}

/// <summary>One of the two indexes of a package.</summary>
internal sealed class PackageIndex
{
    private const int HeaderSize = 16;

    private readonly Dictionary<ulong, PackageRow> _rows;

    private PackageIndex(Dictionary<ulong, PackageRow> rows)
    {
        _rows = rows;
        Signatures =
        [
            .. rows.OrderBy(r => r.Value.Abbrevs.Offset)
                .ThenBy(r => r.Value.Part(r.Value.Has(PackageSection.DW_SECT_TYPES) ? PackageSection.DW_SECT_TYPES : PackageSection.DW_SECT_INFO).Offset)
                .ThenBy(r => r.Key).Select(r => r.Key),
        ];
    }

    /// <summary>The signatures or ids of its units, grouped by .dwo.</summary>
    public ulong[] Signatures { get; }

    public IEnumerable<PackageRow> Rows => _rows.Values;

    public PackageRow? Find(ulong signature) => _rows.TryGetValue(signature, out PackageRow row) ? row : null;

    // The table of signatures is a hash table. Reading it from end to end needs no trust in how it was filled.
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
            // In DWARF 5 the version has two bytes, and two of padding.
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
            throw section.Invalid(
                0, $"an index of {units} units, {columns} columns and {slots} slots does not fit the section (0x{section.Length:x} bytes)",
                "the file looks truncated or damaged");
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

        // A unit without a slot would be a unit that no question sees.
        return (uint)found.Count == units
            ? new PackageIndex(found)
            : throw section.Invalid(0, $"an index of {units} units, of which {found.Count} have a signature");
    }
}

/// <summary>The two tables of an index, of offsets and of sizes: one row per unit, one column per section.</summary>
internal sealed class PackageTable
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

/// <summary>A row of an index, counted from 1: the parts of one unit.</summary>
internal readonly record struct PackageRow(PackageTable Table, uint Number)
{
    public bool Has(uint id) => Table.Has(id);

    /// <summary>The unit's part of a section, in bytes; of size 0 if it has none.</summary>
    public (ulong Offset, ulong Size) Part(uint id) => Table.Part(Number, id);

    /// <summary>The unit's part of .debug_abbrev.dwo, in bytes.</summary>
    public (ulong Offset, ulong Size) Abbrevs => Part(PackageSection.DW_SECT_ABBREV);

    /// <summary>The error for a problem of this row.</summary>
    public InvalidImageException Invalid(string problem)
        => Table.Section.Invalid(null, $"the unit of row {Number} {problem}", "make the package anew from the .dwo files");
}
