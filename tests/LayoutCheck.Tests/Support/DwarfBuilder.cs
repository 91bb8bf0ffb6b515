using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Tests.Support;

/// <summary>
/// Builds DWARF that no compiler emits, byte by byte, in an ELF file that <see cref="KernelImage.FromBytes(string, byte[], SourceChoice)"/> opens:
/// <code>
/// DwarfBuilder dwarf = new();
/// DwarfUnit unit = dwarf.Unit(version: 5);
/// unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
/// unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
/// unit.End();
/// unit.Int();
/// </code>
/// </summary>
internal sealed class DwarfBuilder
{
    private readonly List<DwarfUnit> _units = [];
    private readonly Dictionary<string, ulong> _labels = new(StringComparer.Ordinal);

    public DwarfBuilder(bool is64Bit = true, bool isBigEndian = false)
    {
        Is64Bit = is64Bit;
        IsBigEndian = isBigEndian;
        Info = new ByteWriter(isBigEndian);
        Abbrev = new ByteWriter(isBigEndian);
        Str = new ByteWriter(isBigEndian).Text("first string");
        LineStr = new ByteWriter(isBigEndian).Text("first line string");
        StrOffsets = new ByteWriter(isBigEndian);
        Line = new ByteWriter(isBigEndian);
    }

    public bool Is64Bit { get; }

    public bool IsBigEndian { get; }

    public ByteWriter Info { get; }

    public ByteWriter Abbrev { get; }

    public ByteWriter Str { get; }

    public ByteWriter LineStr { get; }

    public ByteWriter StrOffsets { get; }

    public ByteWriter Line { get; }

    /// <summary>What the names of the sections end in: <c>.dwo</c> in a .dwo file and a package of them.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>The code, at address 0; empty for none.</summary>
    public byte[] Code { get; set; } = [];

    /// <summary>Sections of other kinds, to stand behind these.</summary>
    public List<(string Name, byte[] Contents)> Others { get; } = [];

    /// <summary>Adds a line table of DWARF 4 whose file 1, in directory 1, has these names, and returns its offset.</summary>
    public ulong AddLineTable(byte[] directory, byte[] file)
    {
        ulong at = (ulong)Line.Length;
        byte[] tables = [.. directory, 0, 0, .. file, 0, 1, 0, 0, 0];
        Line.U32((ulong)tables.Length + 12).U16(4).U32((ulong)tables.Length + 6).U8(1).U8(1).U8(1).U8(1).U8(1).U8(1).Raw(tables);
        return at;
    }

    /// <summary>Adds a string to .debug_str and returns its offset.</summary>
    public ulong AddString(string text) => AddTo(Str, text);

    /// <summary>Adds a string to .debug_line_str and returns its offset.</summary>
    public ulong AddLineString(string text) => AddTo(LineStr, text);

    /// <summary>Starts a unit, after closing the one before. Its root is a DW_TAG_compile_unit in C11, unless attributes are given.</summary>
    /// <remarks>A type unit (of DWARF 5) has its signature and the label of its type; a skeleton and a split unit (of DWARF 5) the id of the two.</remarks>
    public DwarfUnit Unit(
        int version = 5, bool is64BitDwarf = false, int? addressSize = null, DwUnitType type = DwUnitType.DW_UT_compile, At[]? root = null, (ulong Signature, string Label)? described = null,
        ulong? dwoId = null)
    {
        CloseUnits();
        DwarfUnit unit = new(this, version, is64BitDwarf, addressSize ?? (Is64Bit ? 8 : 4), type, described, dwoId);
        _units.Add(unit);
        DwTag tag = type switch
        {
            DwUnitType.DW_UT_partial => DwTag.DW_TAG_partial_unit,
            DwUnitType.DW_UT_type or DwUnitType.DW_UT_split_type => DwTag.DW_TAG_type_unit,
            _ => DwTag.DW_TAG_compile_unit,
        };
        unit.Mark($"unit {_units.Count - 1}");
        unit.Begin(tag, root ?? [At.Language(DwLang.DW_LANG_C11), At.Name("unit.c")]);
        return unit;
    }

    /// <summary>Where a label is, in bytes from the start of .debug_info.</summary>
    public ulong OffsetOf(string label) => _labels[label];

    /// <summary>The ELF file.</summary>
    public byte[] ToBytes()
    {
        CloseUnits();
        foreach (DwarfUnit unit in _units)
        {
            unit.ResolveReferences(_labels);
        }

        ElfBuilder elf = new(Is64Bit, IsBigEndian);
        elf.Add(".debug_info" + Suffix, Info.ToArray()).Add(".debug_abbrev" + Suffix, Abbrev.ToArray());
        elf.Add(".debug_str" + Suffix, Str.ToArray()).Add(".debug_line_str" + Suffix, LineStr.ToArray());
        if (StrOffsets.Length > 0)
        {
            elf.Add(".debug_str_offsets" + Suffix, StrOffsets.ToArray());
        }

        if (Line.Length > 0)
        {
            elf.Add(".debug_line" + Suffix, Line.ToArray());
        }

        if (Code.Length > 0)
        {
            elf.Add(".text", Code, flags: 6); // SHF_ALLOC, SHF_EXECINSTR
        }

        foreach ((string name, byte[] contents) in Others)
        {
            elf.Add(name, contents);
        }

        return elf.ToBytes();
    }

    /// <summary>Opens the file as the program does, under the name <c>built</c>.</summary>
    public KernelImage Open() => KernelImage.FromBytes("built", ToBytes(), SourceChoice.Dwarf);

    internal void Label(string name) => _labels.Add(name, (ulong)Info.Length);

    private void CloseUnits()
    {
        foreach (DwarfUnit unit in _units)
        {
            unit.Close();
        }
    }

    private static ulong AddTo(ByteWriter section, string text)
    {
        ulong at = (ulong)section.Length;
        section.Text(text);
        return at;
    }
}

/// <summary>One unit while it is written: DIEs in order, an abbreviation for each shape of DIE, references by label.</summary>
internal sealed class DwarfUnit
{
    private readonly DwarfBuilder _dwarf;
    private readonly int _lengthAt;
    private readonly ByteWriter _abbrevs;
    private readonly int _abbrevOffsetAt;
    private readonly Dictionary<string, ulong> _codes = new(StringComparer.Ordinal);
    private readonly List<(string Label, int At, int Size, bool IsInUnit)> _references = [];
    private readonly List<byte[]> _otherDeclarations = [];
    private int _depth;
    private bool _isClosed;

    internal DwarfUnit(DwarfBuilder dwarf, int version, bool is64BitDwarf, int addressSize, DwUnitType type, (ulong Signature, string Label)? described, ulong? dwoId)
    {
        _dwarf = dwarf;
        _abbrevs = new ByteWriter(dwarf.IsBigEndian);
        Version = version;
        OffsetSize = is64BitDwarf ? 8 : 4;
        AddressSize = addressSize;
        Offset = (ulong)dwarf.Info.Length;
        if (is64BitDwarf)
        {
            dwarf.Info.U32(0xffff_ffff);
        }

        _lengthAt = dwarf.Info.Length;
        dwarf.Info.Unsigned(0, OffsetSize).U16((ulong)version);
        if (version >= 5)
        {
            dwarf.Info.U8((ulong)type).U8((ulong)addressSize);
        }

        _abbrevOffsetAt = dwarf.Info.Length;
        dwarf.Info.Unsigned(0, OffsetSize);
        if (version < 5)
        {
            dwarf.Info.U8((ulong)addressSize);
        }

        if (dwoId is { } id)
        {
            dwarf.Info.U64(id);
        }

        if (described is var (signature, label))
        {
            dwarf.Info.U64(signature);
            _references.Add((label, dwarf.Info.Length, OffsetSize, true));
            dwarf.Info.Unsigned(0, OffsetSize);
        }
    }

    /// <summary>Where its header is, in bytes from the start of .debug_info.</summary>
    public ulong Offset { get; }

    public int Version { get; }

    public int OffsetSize { get; }

    public int AddressSize { get; }

    /// <summary>The code that the next new abbreviation gets; compilers count from 1.</summary>
    public ulong NextCode { get; set; } = 1;

    /// <summary>A further declaration, put before those that the DIEs need: for codes declared twice and the like.</summary>
    public void Declare(byte[] declaration) => _otherDeclarations.Add(declaration);

    /// <summary>Names the place of the next DIE.</summary>
    public void Mark(string label) => _dwarf.Label(label);

    /// <summary>A DIE with children; they follow, then <see cref="End"/>.</summary>
    public void Begin(DwTag tag, params At[] attributes)
    {
        Write(tag, true, attributes);
        _depth++;
    }

    /// <summary>A DIE without children.</summary>
    public void Leaf(DwTag tag, params At[] attributes) => Write(tag, false, attributes);

    /// <summary>The null entry that ends the children.</summary>
    public void End()
    {
        _dwarf.Info.U8(0);
        _depth--;
    }

    /// <summary>The base type <c>int</c>, labelled so.</summary>
    public void Int()
    {
        Mark("int");
        Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
    }

    /// <summary>A struct with one member, labelled with its name.</summary>
    public void StructOf(string name, string memberType, int size = 4)
    {
        Mark(name);
        Begin(DwTag.DW_TAG_structure_type, At.Name(name), At.Size(size));
        Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type(memberType), At.Data1(DwAt.DW_AT_data_member_location, 0));
        End();
    }

    /// <summary>Ends all open DIEs and writes the unit's length and abbreviations.</summary>
    internal void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        while (_depth > 0)
        {
            End();
        }

        _dwarf.Info.Patch(_lengthAt, (ulong)(_dwarf.Info.Length - _lengthAt - OffsetSize), OffsetSize);
        _dwarf.Info.Patch(_abbrevOffsetAt, (ulong)_dwarf.Abbrev.Length, OffsetSize);
        foreach (byte[] declaration in _otherDeclarations)
        {
            _dwarf.Abbrev.Raw(declaration);
        }

        _dwarf.Abbrev.Raw(_abbrevs.ToArray()).U8(0);
    }

    internal void ResolveReferences(Dictionary<string, ulong> labels)
    {
        foreach ((string label, int at, int size, bool isInUnit) in _references)
        {
            _dwarf.Info.Patch(at, labels[label] - (isInUnit ? Offset : 0), size);
        }
    }

    private void Write(DwTag tag, bool hasChildren, At[] attributes)
    {
        string shape = $"{tag} {hasChildren} {string.Join(' ', attributes.Select(a => $"{(int)a.Attribute}:{(int)a.Form}:{a.ImplicitConst}"))}";
        if (!_codes.TryGetValue(shape, out ulong code))
        {
            code = NextCode++;
            _codes.Add(shape, code);
            _abbrevs.Uleb(code).Uleb((ulong)tag).U8(hasChildren ? 1u : 0u);
            foreach (At attribute in attributes)
            {
                _abbrevs.Uleb((ulong)attribute.Attribute).Uleb((ulong)attribute.Form);
                if (attribute.Form == DwForm.DW_FORM_implicit_const)
                {
                    _abbrevs.Sleb(attribute.ImplicitConst);
                }
            }

            _abbrevs.U8(0).U8(0);
        }

        ByteWriter info = _dwarf.Info;
        info.Uleb(code);
        foreach (At attribute in attributes)
        {
            if (attribute.Reference is { } label)
            {
                int size = attribute.Form switch
                {
                    DwForm.DW_FORM_ref1 => 1,
                    DwForm.DW_FORM_ref2 => 2,
                    DwForm.DW_FORM_ref8 => 8,
                    DwForm.DW_FORM_ref_addr => Version == 2 ? AddressSize : OffsetSize,
                    _ => 4,
                };
                _references.Add((label, info.Length, size, attribute.Form != DwForm.DW_FORM_ref_addr));
                info.Unsigned(0, size);
            }
            else
            {
                attribute.Value(info, this);
            }
        }
    }
}

/// <summary>One attribute of a DIE to be written: which, in which form, and its bytes.</summary>
/// <param name="Attribute">Which attribute.</param>
/// <param name="Form">The form that the abbreviation declares.</param>
/// <param name="Value">Writes the value; the unit tells the sizes that depend on it.</param>
/// <param name="ImplicitConst">The value in the abbreviation (DW_FORM_implicit_const).</param>
/// <param name="Reference">The label that it refers to; then the value is written when all labels are known.</param>
internal sealed record At(DwAt Attribute, DwForm Form, Action<ByteWriter, DwarfUnit> Value, long ImplicitConst = 0, string? Reference = null)
{
    /// <summary>DW_AT_name within the DIE (DW_FORM_string).</summary>
    public static At Name(string name) => new(DwAt.DW_AT_name, DwForm.DW_FORM_string, (w, _) => w.Text(name));

    public static At Size(int bytes) => Data1(DwAt.DW_AT_byte_size, bytes);

    public static At Language(DwLang language) => new(DwAt.DW_AT_language, DwForm.DW_FORM_data2, (w, _) => w.U16((ulong)language));

    public static At Data1(DwAt attribute, int value) => new(attribute, DwForm.DW_FORM_data1, (w, _) => w.U8((ulong)value));

    public static At Sdata(DwAt attribute, long value) => new(attribute, DwForm.DW_FORM_sdata, (w, _) => w.Sleb(value));

    public static At Udata(DwAt attribute, ulong value) => new(attribute, DwForm.DW_FORM_udata, (w, _) => w.Uleb(value));

    public static At Flag(DwAt attribute) => new(attribute, DwForm.DW_FORM_flag_present, (_, _) => { });

    public static At Implicit(DwAt attribute, long value) => new(attribute, DwForm.DW_FORM_implicit_const, (_, _) => { }, value);

    public static At Block1(DwAt attribute, params byte[] bytes) => new(attribute, DwForm.DW_FORM_block1, (w, _) => w.U8((ulong)bytes.Length).Raw(bytes));

    /// <summary>DW_AT_type with a reference to a label in the same unit.</summary>
    public static At Type(string label, DwForm form = DwForm.DW_FORM_ref4) => Ref(DwAt.DW_AT_type, label, form);

    public static At Ref(DwAt attribute, string label, DwForm form = DwForm.DW_FORM_ref4) => new(attribute, form, (_, _) => { }, Reference: label);

    /// <summary>A value of the size of an offset into another section.</summary>
    public static At Offset(DwAt attribute, DwForm form, ulong value) => new(attribute, form, (w, unit) => w.Unsigned(value, unit.OffsetSize));

    /// <summary>Any form with these bytes.</summary>
    public static At Raw(DwAt attribute, DwForm form, params byte[] bytes) => new(attribute, form, (w, _) => w.Raw(bytes));

    /// <summary>Wraps it in DW_FORM_indirect.</summary>
    public At Indirect() => new(Attribute, DwForm.DW_FORM_indirect, (w, unit) => Value(w.Uleb((ulong)Form), unit));
}
