using System.Buffers.Binary;
using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>What a field of an image means to its reader: which values are worth putting there.</summary>
internal enum FieldKind
{
    ElfIdent,
    ContainerHeader,
    ElfHeader,
    SectionHeader,
    NoteHeader,
    CompressionHeader,
    CompressedByte,
    Relocation,
    Symbol,
    UnitLength,
    UnitVersion,
    UnitType,
    AddressSize,
    AbbrevOffset,
    AbbrevCode,
    AbbrevTag,
    AbbrevChildren,
    AbbrevAttribute,
    AbbrevForm,
    AbbrevConstant,
    DieCode,
    DieReference,
    DieSibling,
    DieString,
    DieStringIndex,
    DieConstant,
    DieBlock,
    DieInlineText,
    DieOther,
    StringOffset,
    LineTable,
    CodeList,
    CodeByte,
    Link,
    Text,
    BtfHeader,
    BtfName,
    BtfInfo,
    BtfSizeOrType,
    BtfTypeId,
    BtfOffset,
    BtfNumber,
    BtfExtension,
}

/// <summary>A field of an image.</summary>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Length">How many bytes it takes.</param>
/// <param name="Kind">What it means.</param>
/// <param name="IsLeb">Whether it is a LEB128; else it is an integer, or bytes.</param>
/// <param name="Unit">The index of the unit that it belongs to, or -1.</param>
/// <param name="Die">Where its DIE is, in bytes from the start of .debug_info, or -1.</param>
internal readonly record struct Field(int Offset, int Length, FieldKind Kind, bool IsLeb = false, int Unit = -1, int Die = -1);

/// <summary>A unit of .debug_info: what a reference within it may name.</summary>
internal sealed record MappedUnit(int Start, int End, List<int> Dies, List<ulong> Codes);

/// <summary>
/// Where the fields of a good image are. A mutation of a field leaves the rest intact, so that readers go on to code that a random flip would
/// keep them from. Made with the readers' own helpers, which read good images right; what it does not know, it leaves out.
/// </summary>
internal sealed class ImageMap
{
    private readonly byte[] _bytes;
    private readonly List<Field> _fields = [];

    private ImageMap(byte[] bytes, bool isBigEndian)
    {
        _bytes = bytes;
        IsBigEndian = isBigEndian;
    }

    public bool IsBigEndian { get; private set; }

    /// <summary>The fields by kind; kinds that the image has not are missing.</summary>
    public Field[][] ByKind { get; private set; } = [];

    /// <summary>The units of .debug_info.</summary>
    public List<MappedUnit> Units { get; } = [];

    /// <summary>Where strings start in .debug_str, or in BTF's strings.</summary>
    public List<int> Strings { get; } = [];

    /// <summary>How many types a BTF has.</summary>
    public int BtfTypeCount { get; private set; }

    /// <summary>Where each section lies, and where its sh_offset and sh_size are: to give one the bytes of another, or other bytes.</summary>
    public List<MappedSection> Sections { get; } = [];

    public static ImageMap Of(byte[] bytes)
    {
        bool isElf = bytes.AsSpan().StartsWith("\x7f"u8) && bytes.AsSpan(1).StartsWith("ELF"u8);
        ImageMap map = new(bytes, isElf ? bytes[5] == 2 : bytes[0] == 0xeb);
        try
        {
            if (isElf)
            {
                map.MapElf();
            }
            else if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x9f, 0xeb]) || bytes[0] == 0xeb)
            {
                map.MapBtf(0, bytes.Length);
            }
            else
            {
                map.MapContainer();
            }
        }
        catch (Exception e) when (e is InvalidImageException or ArgumentException or OverflowException or KeyNotFoundException or InvalidOperationException or NullReferenceException or IndexOutOfRangeException)
        {
            // An image that is refused, or that was built to be strange: what was mapped up to there is enough.
        }

        map.ByKind = [.. map._fields.GroupBy(f => f.Kind).OrderBy(g => g.Key).Select(g => g.ToArray())];
        return map;
    }

    public ulong Load(Field field)
    {
        ReadOnlySpan<byte> at = _bytes.AsSpan(field.Offset, Math.Min(field.Length, 8));
        if (field.IsLeb)
        {
            ulong value = 0;
            for (int i = 0; i < at.Length; i++)
            {
                value |= (ulong)(at[i] & 0x7f) << (7 * i);
            }

            return value;
        }

        ulong number = 0;
        for (int i = 0; i < at.Length; i++)
        {
            number |= (ulong)at[i] << (8 * (IsBigEndian ? at.Length - 1 - i : i));
        }

        return number;
    }

    private void Add(int offset, int length, FieldKind kind, bool isLeb = false, int unit = -1, int die = -1)
    {
        if (length > 0 && offset >= 0 && offset + length <= _bytes.Length)
        {
            _fields.Add(new Field(offset, length, kind, isLeb, unit, die));
        }
    }

    private void MapElf()
    {
        using MappedFile file = MappedFile.FromBytes("map", _bytes);
        ElfFile elf = ElfFile.Read(file);
        bool is64Bit = elf.Header.Is64Bit;
        int word = is64Bit ? 8 : 4;
        Add(4, 1, FieldKind.ElfIdent);
        Add(5, 1, FieldKind.ElfIdent);
        Add(16, 2, FieldKind.ElfHeader); // e_type
        Add(18, 2, FieldKind.ElfHeader); // e_machine
        Add(24 + (2 * word), word, FieldKind.ElfHeader); // e_shoff
        int counts = is64Bit ? 0x3a : 0x2e;
        Add(counts, 2, FieldKind.ElfHeader);
        Add(counts + 2, 2, FieldKind.ElfHeader);
        Add(counts + 4, 2, FieldKind.ElfHeader);
        for (int i = 0; i < elf.Sections.Length; i++)
        {
            int at = (int)elf.Header.SectionTableOffset + (i * elf.Header.SectionEntrySize);
            Add(at, 4, FieldKind.SectionHeader); // sh_name
            Add(at + 4, 4, FieldKind.SectionHeader); // sh_type
            for (int field = 0; field < 4; field++)
            {
                Add(at + 8 + (field * word), word, FieldKind.SectionHeader); // sh_flags, sh_addr, sh_offset, sh_size
            }

            Add(at + 8 + (4 * word), 4, FieldKind.SectionHeader); // sh_link
            Add(at + 12 + (4 * word), 4, FieldKind.SectionHeader); // sh_info
            MapSection(elf, i, at, word);
        }

        if (elf.Find(".debug_info") is { } info && !CompressedSection.Is(info) && info.Type != ElfSection.SHT_NOBITS && DwarfImage.Find(elf) is { Sections: { } sections })
        {
            MapDwarf(elf, sections);
        }
    }

    private void MapSection(ElfFile elf, int index, int header, int word)
    {
        ElfSection section = elf.Sections[index];
        if (section.Type is ElfSection.SHT_NOBITS or ElfSection.SHT_NULL || section.ByteSize == 0)
        {
            return;
        }

        int start = (int)section.FileOffset;
        int length = (int)section.ByteSize;
        bool isDebug = section.Name.Contains("debug", StringComparison.Ordinal) || section.Name is ".BTF" or ".BTF.base" or ".BTF.ext" or ".gnu_debuglink" or ".shstrtab";
        if (isDebug)
        {
            Sections.Add(new MappedSection(section.Name, start, length, header + 8 + (2 * word), header + 8 + (3 * word), word));
        }

        if (CompressedSection.Is(section))
        {
            int chdr = section.Name.StartsWith(".z", StringComparison.Ordinal) ? 12 : elf.Header.Is64Bit ? 24 : 12;
            Add(start, 4, FieldKind.CompressionHeader);
            Add(start + chdr - 8, word, FieldKind.CompressionHeader);
            Add(start + 4, word, FieldKind.CompressionHeader);
            Add(start + chdr, 4, FieldKind.CompressedByte);
            for (int at = start + chdr; at < start + length; at += 7)
            {
                Add(at, 1, FieldKind.CompressedByte);
            }

            return;
        }

        switch (section.Type)
        {
            case ElfSection.SHT_NOTE:
                for (int at = 0; at + 4 <= Math.Min(length, 64); at += 4)
                {
                    Add(start + at, 4, FieldKind.NoteHeader);
                }

                break;
            case ElfSection.SHT_REL or ElfSection.SHT_RELA when section.Name.Contains("debug", StringComparison.Ordinal):
                int entry = word * (section.Type == ElfSection.SHT_RELA ? 3 : 2);
                for (int at = 0; at + entry <= length; at += entry)
                {
                    for (int field = 0; field < entry; field += word)
                    {
                        Add(start + at + field, word, FieldKind.Relocation);
                    }
                }

                break;
            case 2: // SHT_SYMTAB
                int size = elf.Header.Is64Bit ? 24 : 16;
                for (int at = 0; at + size <= length; at += size)
                {
                    Add(start + at + (elf.Header.Is64Bit ? 8 : 4), word, FieldKind.Symbol); // st_value
                    Add(start + at + (elf.Header.Is64Bit ? 6 : 14), 2, FieldKind.Symbol); // st_shndx
                }

                break;
        }

        switch (section.Name)
        {
            case ".BTF.ext":
                // The header: magic, version, flags, lengths; then records of whole words.
                Add(start, 2, FieldKind.BtfExtension);
                Add(start + 2, 1, FieldKind.BtfExtension);
                for (int at = 4; at + 4 <= length; at += 4)
                {
                    Add(start + at, 4, FieldKind.BtfExtension);
                }

                break;
            case ".BTF" or ".BTF.base":
                MapBtfOfModule(start, length);
                break;
            case ".gnu_debuglink" or ".gnu_debugaltlink" or ".debug_sup":
                for (int at = 0; at < length; at++)
                {
                    Add(start + at, 1, FieldKind.Link);
                }

                break;
            case ".debug_str_offsets":
                for (int at = 0; at + 4 <= length; at += 4)
                {
                    Add(start + at, 4, FieldKind.StringOffset);
                }

                break;
            case ".debug_line":
                // The header of the first program: lengths, formats, files.
                for (int at = 0; at < Math.Min(length, 400); at++)
                {
                    Add(start + at, 1, FieldKind.LineTable);
                }

                break;
            case ".debug_loclists" or ".debug_rnglists" or ".debug_loc" or ".debug_ranges" or ".debug_addr":
                AddBytes(start, length, FieldKind.CodeList);
                break;
            case ".text" when CodeAddresses.IsCode(section):
                AddBytes(start, length, FieldKind.CodeByte);
                break;
            case ".debug_str" or ".debug_line_str":
                MapStrings(start, length, section.Name == ".debug_str");
                break;
        }
    }

    private void AddBytes(int start, int length, FieldKind kind)
    {
        for (int at = 0; at < length; at++)
        {
            Add(start + at, 1, kind);
        }
    }

    private void MapStrings(int start, int length, bool isMain)
    {
        for (int at = 0; at < length;)
        {
            int end = Array.IndexOf(_bytes, (byte)0, start + at, length - at);
            end = end < 0 ? start + length : end;
            if (isMain)
            {
                Strings.Add(at);
            }

            Add(start + at, end - start - at, FieldKind.Text);
            Add(end, 1, FieldKind.Text);
            at = end - start + 1;
        }
    }

    // Units of several sections are read as if these lay one behind the other: what is added to an offset there is another in each.
    private static int PartStart(ElfFile elf, ulong offset)
    {
        ulong joined = 0;
        foreach (string name in (ReadOnlySpan<string>)[".debug_info", ".debug_types"])
        {
            foreach (ElfSection section in elf.Sections.Where(s => s.Name == name))
            {
                if (offset < joined + section.ByteSize)
                {
                    return (int)section.FileOffset - (int)joined;
                }

                joined += section.ByteSize;
            }
        }

        throw new InvalidOperationException($"no section has the unit at 0x{offset:x}");
    }

    private void MapDwarf(ElfFile elf, DwarfSections sections)
    {
        int abbrevStart = (int)elf.Find(".debug_abbrev")!.FileOffset;
        Dictionary<ulong, Dictionary<ulong, Declaration>> tables = [];
        UnitHeader[] units = sections.Units.All();
        for (int i = 0; i < units.Length; i++)
        {
            UnitHeader unit = units[i];
            int infoStart = PartStart(elf, unit.Offset);
            MapUnitHeader(unit, infoStart, i);
            if (!tables.TryGetValue(unit.AbbrevOffset, out Dictionary<ulong, Declaration>? declarations))
            {
                declarations = MapAbbrevs(sections.Abbrev, unit.AbbrevOffset, abbrevStart, i);
                tables.Add(unit.AbbrevOffset, declarations);
            }

            MappedUnit mapped = new((int)unit.Offset, (int)unit.End, [], [.. declarations.Keys]);
            Units.Add(mapped);
            MapDies(sections.Info, unit, i, infoStart, declarations, mapped);
        }
    }

    private void MapUnitHeader(in UnitHeader unit, int infoStart, int index)
    {
        int at = infoStart + (int)unit.Offset;
        Add(at, unit.Is64Bit ? 12 : 4, FieldKind.UnitLength, unit: index);
        at += unit.Is64Bit ? 12 : 4;
        Add(at, 2, FieldKind.UnitVersion, unit: index);
        at += 2;
        if (unit.Version >= 5)
        {
            Add(at, 1, FieldKind.UnitType, unit: index);
            Add(at + 1, 1, FieldKind.AddressSize, unit: index);
            Add(at + 2, unit.OffsetSize, FieldKind.AbbrevOffset, unit: index);
        }
        else
        {
            Add(at, unit.OffsetSize, FieldKind.AbbrevOffset, unit: index);
            Add(at + unit.OffsetSize, 1, FieldKind.AddressSize, unit: index);
        }
    }

    private Dictionary<ulong, Declaration> MapAbbrevs(Section abbrev, ulong offset, int fileStart, int unit)
    {
        Dictionary<ulong, Declaration> declarations = [];
        SectionReader reader = abbrev.ReadFrom(offset);
        while (true)
        {
            ulong code = Leb(ref reader, fileStart, FieldKind.AbbrevCode, unit);
            if (code == 0)
            {
                return declarations;
            }

            Declaration declaration = new((DwTag)Leb(ref reader, fileStart, FieldKind.AbbrevTag, unit), reader.ReadU8() != 0, []);
            Add(fileStart + (int)reader.Offset - 1, 1, FieldKind.AbbrevChildren, unit: unit);
            while (true)
            {
                ulong attribute = Leb(ref reader, fileStart, FieldKind.AbbrevAttribute, unit);
                ulong form = Leb(ref reader, fileStart, FieldKind.AbbrevForm, unit);
                if (form == (ulong)DwForm.DW_FORM_implicit_const)
                {
                    int at = (int)reader.Offset;
                    reader.ReadSleb();
                    Add(fileStart + at, (int)reader.Offset - at, FieldKind.AbbrevConstant, isLeb: true, unit);
                }

                if ((attribute | form) == 0)
                {
                    break;
                }

                declaration.Specs.Add(((DwAt)attribute, (DwForm)form));
            }

            declarations.TryAdd(code, declaration);
        }
    }

    private ulong Leb(ref SectionReader reader, int fileStart, FieldKind kind, int unit)
    {
        int at = (int)reader.Offset;
        ulong value = reader.ReadUleb();
        Add(fileStart + at, (int)reader.Offset - at, kind, isLeb: true, unit);
        return value;
    }

    private void MapDies(Section info, in UnitHeader unit, int index, int fileStart, Dictionary<ulong, Declaration> declarations, MappedUnit mapped)
    {
        SectionReader reader = info.ReadRange(unit.FirstDie, unit.End);
        while (!reader.IsAtEnd)
        {
            int die = (int)reader.Offset;
            ulong code = reader.ReadUleb();
            Add(fileStart + die, (int)reader.Offset - die, FieldKind.DieCode, isLeb: true, index, die);
            if (code == 0)
            {
                continue;
            }

            mapped.Dies.Add(die);
            foreach ((DwAt attribute, DwForm form) in declarations[code].Specs)
            {
                int at = (int)reader.Offset;
                AttributeForms.Skip(ref reader, form, unit, info);
                Add(fileStart + at, (int)reader.Offset - at, KindOf(attribute, form), IsLebForm(form), index, die);
            }
        }
    }

    private static bool IsLebForm(DwForm form) => form is DwForm.DW_FORM_udata or DwForm.DW_FORM_sdata or DwForm.DW_FORM_strx or DwForm.DW_FORM_ref_udata;

    private static FieldKind KindOf(DwAt attribute, DwForm form) => form switch
    {
        _ when attribute == DwAt.DW_AT_sibling => FieldKind.DieSibling,
        DwForm.DW_FORM_ref1 or DwForm.DW_FORM_ref2 or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_ref8 or DwForm.DW_FORM_ref_udata or DwForm.DW_FORM_ref_addr => FieldKind.DieReference,
        DwForm.DW_FORM_strp or DwForm.DW_FORM_line_strp => FieldKind.DieString,
        DwForm.DW_FORM_strx or DwForm.DW_FORM_strx1 or DwForm.DW_FORM_strx2 or DwForm.DW_FORM_strx3 or DwForm.DW_FORM_strx4 => FieldKind.DieStringIndex,
        DwForm.DW_FORM_string => FieldKind.DieInlineText,
        DwForm.DW_FORM_exprloc or DwForm.DW_FORM_block or DwForm.DW_FORM_block1 or DwForm.DW_FORM_block2 or DwForm.DW_FORM_block4 => FieldKind.DieBlock,
        _ when attribute is DwAt.DW_AT_byte_size or DwAt.DW_AT_data_member_location or DwAt.DW_AT_bit_size or DwAt.DW_AT_bit_offset or DwAt.DW_AT_data_bit_offset
            or DwAt.DW_AT_upper_bound or DwAt.DW_AT_count or DwAt.DW_AT_encoding or DwAt.DW_AT_alignment or DwAt.DW_AT_language or DwAt.DW_AT_declaration => FieldKind.DieConstant,
        _ => FieldKind.DieOther,
    };

    // What a kernel comes wrapped in: the header's fields that say where it is, the compressed bytes, or the BTF in the open.
    private void MapContainer()
    {
        bool isBzImage = _bytes.AsSpan(0x202).StartsWith("HdrS"u8);
        bool isZboot = _bytes.AsSpan(4).StartsWith("zimg"u8);
        if (isBzImage)
        {
            Add(0x1f1, 1, FieldKind.ContainerHeader);
            Add(0x202, 4, FieldKind.ContainerHeader);
            Add(0x206, 2, FieldKind.ContainerHeader);
            Add(0x248, 4, FieldKind.ContainerHeader);
            Add(0x24c, 4, FieldKind.ContainerHeader);
        }
        else if (isZboot)
        {
            Add(4, 4, FieldKind.ContainerHeader);
            Add(8, 4, FieldKind.ContainerHeader);
            Add(12, 4, FieldKind.ContainerHeader);
        }

        int btf = _bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x9f, 0xeb, 1, 0]);
        if (btf >= 0)
        {
            MapBtf(btf, _bytes.Length - btf);
            return;
        }

        for (int at = isBzImage ? 1024 : isZboot ? 64 : 0; at < _bytes.Length; at += 5)
        {
            Add(at, 1, FieldKind.CompressedByte);
        }
    }

    // Split BTF cannot be indexed without its base: then each word is a type, say.
    private void MapBtfOfModule(int start, int length)
    {
        try
        {
            MapBtf(start, length);
        }
        catch (InvalidImageException)
        {
            for (int at = 0; at + 4 <= length; at += 4)
            {
                Add(start + at, 4, at < 24 ? FieldKind.BtfHeader : FieldKind.BtfNumber);
            }
        }
    }

    private void MapBtf(int start, int length)
    {
        using MappedFile file = MappedFile.FromBytes("map", _bytes[start..(start + length)]);
        IsBigEndian = _bytes[start] == 0xeb;
        BtfIndex index = new(file.Whole(), ".BTF");
        Add(start, 2, FieldKind.BtfHeader);
        Add(start + 2, 1, FieldKind.BtfHeader);
        for (int at = 4; at < 24; at += 4)
        {
            Add(start + at, 4, FieldKind.BtfHeader);
        }

        BtfTypeCount = (int)index.Count;
        for (uint id = 1; id <= index.Count; id++)
        {
            BtfRecord record = index.Record(id);
            int at = start + (int)record.Offset;
            Add(at, 4, FieldKind.BtfName);
            Add(at + 4, 4, FieldKind.BtfInfo);
            Add(at + 8, 4, FieldKind.BtfSizeOrType);
            at += 12;
            switch (record.Kind)
            {
                case BtfFormat.BTF_KIND_INT:
                    Add(at, 4, FieldKind.BtfNumber);
                    break;
                case BtfFormat.BTF_KIND_ARRAY:
                    Add(at, 4, FieldKind.BtfTypeId);
                    Add(at + 4, 4, FieldKind.BtfTypeId);
                    Add(at + 8, 4, FieldKind.BtfNumber);
                    break;
                case BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION:
                    for (uint i = 0; i < record.ElementCount; i++, at += 12)
                    {
                        Add(at, 4, FieldKind.BtfName);
                        Add(at + 4, 4, FieldKind.BtfTypeId);
                        Add(at + 8, 4, FieldKind.BtfOffset);
                    }

                    break;
                case BtfFormat.BTF_KIND_FUNC_PROTO:
                    for (uint i = 0; i < record.ElementCount; i++, at += 8)
                    {
                        Add(at, 4, FieldKind.BtfName);
                        Add(at + 4, 4, FieldKind.BtfTypeId);
                    }

                    break;
            }
        }

        int strings = start + (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(start + 4));
        if (!IsBigEndian)
        {
            int at = strings + BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(start + 16));
            MapStrings(at, BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(start + 20)), Strings.Count == 0);
        }
    }

    private sealed record Declaration(DwTag Tag, bool HasChildren, List<(DwAt Attribute, DwForm Form)> Specs);
}

/// <summary>A section whose bytes matter to us, with the places of its sh_offset and sh_size.</summary>
internal sealed record MappedSection(string Name, int Start, int Length, int OffsetField, int SizeField, int WordSize);
