using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>The fields of a DIE that a type's layout depends on. Offsets count bytes from the start of .debug_info; a reference is 0 if absent.</summary>
internal struct DieFields
{
    public DwTag Tag;
    public bool HasChildren;

    /// <summary>The place of the name: <see cref="StringHome.None"/>, <see cref="StringHome.InPlace"/> or <see cref="StringHome.Str"/>.</summary>
    public StringHome NameHome;
    public ulong Name;
    public ulong Type;
    public ulong ByteSize;
    public ulong Location;
    public ulong BitSize;
    public ulong DataBitOffset;
    public ulong UpperBound;

    /// <summary>DW_AT_count; of an enumerator, its value.</summary>
    public ulong Count;
    public ulong Encoding;
    public ulong Alignment;
    public ulong End;
    private uint _present;

    /// <summary>Whether a field is present.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(DieField field) => (_present & (1u << (int)field)) != 0;

    /// <summary>Sets which fields are present: one bit for each.</summary>
    public void SetPresent(uint fields) => _present = fields;

    /// <summary>Sets a field.</summary>
    public void Set(DieField field, ulong value)
    {
        _present |= 1u << (int)field;
        switch (field)
        {
            case DieField.Name:
                Name = value;
                break;
            case DieField.Type:
                Type = value;
                break;
            case DieField.ByteSize:
                ByteSize = value;
                break;
            case DieField.Location:
                Location = value;
                break;
            case DieField.BitSize:
                BitSize = value;
                break;
            case DieField.DataBitOffset:
                DataBitOffset = value;
                break;
            case DieField.UpperBound:
                UpperBound = value;
                break;
            case DieField.Count:
                Count = value;
                break;
            case DieField.Encoding:
                Encoding = value;
                break;
            case DieField.Alignment:
                Alignment = value;
                break;
        }
    }
}

/// <summary>
/// Reads the <see cref="DieFields"/> of the DIEs of one unit. Hot: the matcher reads millions of DIEs. A DIE of fixed size is read through the layout of its
/// abbreviation, any other attribute by attribute; one table, <see cref="FieldOf"/> with <see cref="Allows"/>, decides for both. A DIE with anything unusual
/// is not read: the decoder then is.
/// </summary>
/// <param name="info">.debug_info, or a window that shows the unit.</param>
/// <param name="abbrevs">The abbreviations of the unit.</param>
internal sealed unsafe class DieFieldReader(Section info, AbbrevTable abbrevs)
{
    private readonly Section _info = info;
    private readonly AbbrevTable _abbrevs = abbrevs;
    private readonly bool _swap = info.IsBigEndian == BitConverter.IsLittleEndian;
    private readonly bool _usesLayouts = !info.File.Inputs.Disabled.HasFlag(FastPaths.FieldPlan);
    private readonly bool _usesPlainMembers = !info.File.Inputs.Disabled.HasFlag(FastPaths.PlainMembers);
    private UnitHeader _unit;

    // What a form can carry.
    private enum FormKind : byte
    {
        Other,
        Number,
        Flag,
        Reference,
        StrOffset,
        StringInPlace,
    }

    /// <summary>Moves to a unit, whose abbreviations are loaded.</summary>
    public void Open(in UnitHeader unit) => _unit = unit;

    /// <summary>Reads a DIE; false if anything about it is unusual. A null entry has the tag 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Read(ulong dieOffset, out DieFields fields)
    {
        fields = default;
        if (dieOffset < _unit.FirstDie || dieOffset >= _unit.End)
        {
            return false;
        }

        byte* at = _info.Start + dieOffset;
        byte* end = _info.Start + _unit.End;
        byte* loaded = _info.Load(at + 1);
        end = loaded < end ? loaded : end;
        uint code = *at;
        if (code is > 0 and < 0x80)
        {
            Abbrev abbrev = _abbrevs.Get(code, _info, dieOffset);
            DieLayout layout = abbrev.Layout ??= MakeLayout(abbrev);
            if (layout.IsUsable && end - at > abbrev.FixedSize)
            {
                fields.Tag = abbrev.Tag;
                fields.HasChildren = abbrev.HasChildren;
                fields.End = dieOffset + 1 + (ulong)abbrev.FixedSize;
                ReadByLayout(layout, at + 1, ref fields);
                return true;
            }
        }

        return ReadByAttribute(dieOffset, ref fields);
    }

    /// <summary>
    /// Fast check that the DIE at an offset is a plain member (a name, a type and a location) equal to an expected one apart from its type. Precondition:
    /// <see cref="Read"/> has loaded an earlier DIE.
    /// </summary>
    /// <param name="dieOffset">The offset.</param>
    /// <param name="nameOffset">The expected offset of the name in .debug_str.</param>
    /// <param name="bitOffset">The expected offset in the struct in bits.</param>
    /// <param name="next">The offset of the next DIE.</param>
    /// <param name="type">The offset of the type's DIE.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool IsPlainMember(ulong dieOffset, ulong nameOffset, ulong bitOffset, out ulong next, out ulong type)
    {
        next = 0;
        type = 0;
        byte* at = _info.Start + dieOffset;
        byte* end = _info.Start + _unit.End;
        end = _info.LoadedEnd < end ? _info.LoadedEnd : end;
        if (at >= end || *at is 0 or >= 0x80)
        {
            return false;
        }

        Abbrev abbrev = _abbrevs.Get(*at, _info, dieOffset);
        DieLayout layout = abbrev.Layout ??= MakeLayout(abbrev);
        byte* attributes = at + 1;
        if (!layout.IsPlainMember || end - attributes < abbrev.FixedSize)
        {
            return false;
        }

        next = dieOffset + 1 + (ulong)abbrev.FixedSize;
        type = _unit.Offset + layout.Type.Load(attributes, _swap);
        return layout.Name.Load(attributes, _swap) == nameOffset && layout.Location.Load(attributes, _swap) * 8 == bitOffset;
    }

    /// <summary>The layout of the DIEs of an abbreviation; <see cref="DieLayout.Fields"/> is whole even where the layout is not usable.</summary>
    public DieLayout LayoutOf(Abbrev abbrev) => abbrev.Layout ??= MakeLayout(abbrev);

    // The attributes that change the meaning of a DIE.
    private static DieField FieldOf(DwAt attribute) => attribute switch
    {
        DwAt.DW_AT_name => DieField.Name,
        DwAt.DW_AT_type => DieField.Type,
        DwAt.DW_AT_byte_size => DieField.ByteSize,
        DwAt.DW_AT_data_member_location => DieField.Location,
        DwAt.DW_AT_bit_size => DieField.BitSize,
        DwAt.DW_AT_data_bit_offset => DieField.DataBitOffset,
        DwAt.DW_AT_upper_bound => DieField.UpperBound,
        DwAt.DW_AT_count => DieField.Count,
        DwAt.DW_AT_encoding => DieField.Encoding,
        DwAt.DW_AT_alignment => DieField.Alignment,
        DwAt.DW_AT_declaration => DieField.Declaration,
        DwAt.DW_AT_bit_offset or DwAt.DW_AT_lower_bound or DwAt.DW_AT_bit_stride or DwAt.DW_AT_byte_stride or DwAt.DW_AT_signature
            or DwAt.DW_AT_endianity => DieField.Unsupported,
        _ => DieField.None,
    };

    // The forms that a field may have here; the decoder understands others.
    private static bool Allows(DieField field, FormKind kind) => field switch
    {
        DieField.Name => kind is FormKind.StrOffset or FormKind.StringInPlace,
        DieField.Type => kind == FormKind.Reference,
        DieField.Declaration => kind is FormKind.Flag or FormKind.Number,
        DieField.Unsupported => false,
        _ => kind == FormKind.Number,
    };

    private FormKind KindOf(DwForm form)
    {
        switch (form)
        {
            case DwForm.DW_FORM_data1 or DwForm.DW_FORM_data2 or DwForm.DW_FORM_data4 or DwForm.DW_FORM_data8:
            case DwForm.DW_FORM_udata or DwForm.DW_FORM_implicit_const:
                return FormKind.Number;
            case DwForm.DW_FORM_flag_present:
                return FormKind.Flag;
            case DwForm.DW_FORM_ref4:
                return FormKind.Reference;
            default:
                StringHome home = StringForms.HomeOf(form);
                return home == StringHome.InPlace ? FormKind.StringInPlace : home == StringHome.Str && !_unit.Is64Bit ? FormKind.StrOffset : FormKind.Other;
        }
    }

    // A location of more bits than these may overflow when it is compared in bits.
    private static bool IsBounded(DieField field) => field is DieField.Location or DieField.DataBitOffset;

    private DieLayout MakeLayout(Abbrev abbrev)
    {
        DieLayout layout = new() { IsUsable = _usesLayouts && abbrev.FixedSize >= 0 && !_unit.Is64Bit, Fields = new DieField[abbrev.Specs.Length] };
        for (int i = 0; i < abbrev.Specs.Length; i++)
        {
            (DwAt attribute, DwForm form, short at, long implicitConst) = abbrev.Specs[i];
            DieField field = abbrev.Tag == DwTag.DW_TAG_enumerator && attribute == DwAt.DW_AT_const_value ? DieField.Count : FieldOf(attribute);
            if (field == DieField.None)
            {
                continue;
            }

            bool isAllowed = Allows(field, KindOf(form));
            layout.Fields[i] = isAllowed ? field : DieField.Unsupported;
            int size = AttributeForms.FixedSize(form, _unit);
            bool isConstant = form is DwForm.DW_FORM_implicit_const or DwForm.DW_FORM_flag_present;
            if (isAllowed && size >= 0 && !(IsBounded(field) && (isConstant || size > sizeof(uint))))
            {
                byte loadSize = isConstant ? FieldLocation.Constant : (byte)size;
                layout.Set(field, new FieldLocation(at, loadSize, form == DwForm.DW_FORM_flag_present ? 1 : implicitConst));
            }
            else
            {
                layout.IsUsable = false;
            }
        }

        const uint PlainFields = (1u << (int)DieField.Name) | (1u << (int)DieField.Type) | (1u << (int)DieField.Location);
        layout.IsPlainMember = _usesPlainMembers && layout.IsUsable && abbrev.Tag == DwTag.DW_TAG_member && !abbrev.HasChildren && (layout.Present & ~PlainFields) == 0
            && layout.Name.Size == sizeof(uint) && layout.Type.Size == sizeof(uint);
        return layout;
    }

    private void ReadByLayout(DieLayout layout, byte* at, ref DieFields fields)
    {
        fields.SetPresent(layout.Present);
        fields.NameHome = layout.Name.Size != 0 ? StringHome.Str : StringHome.None;
        fields.Name = layout.Name.Load(at, _swap);
        fields.Type = layout.Type.Size != 0 ? _unit.Offset + layout.Type.Load(at, _swap) : 0;
        fields.ByteSize = layout.ByteSize.Load(at, _swap);
        fields.Location = layout.Location.Load(at, _swap);
        if (layout.HasRareFields)
        {
            fields.BitSize = layout.BitSize.Load(at, _swap);
            fields.DataBitOffset = layout.DataBitOffset.Load(at, _swap);
            fields.UpperBound = layout.UpperBound.Load(at, _swap);
            fields.Count = layout.Count.Load(at, _swap);
            fields.Encoding = layout.Encoding.Load(at, _swap);
            fields.Alignment = layout.Alignment.Load(at, _swap);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool ReadByAttribute(ulong dieOffset, ref DieFields fields)
    {
        SectionReader reader = _info.ReadRange(dieOffset, _unit.End);
        ulong code = reader.ReadUleb();
        if (code == 0)
        {
            fields.End = reader.Offset;
            return true;
        }

        Abbrev abbrev = _abbrevs.Get(code, _info, dieOffset);
        fields.Tag = abbrev.Tag;
        fields.HasChildren = abbrev.HasChildren;
        DieLayout layout = abbrev.Layout ??= MakeLayout(abbrev);
        for (int i = 0; i < layout.Fields.Length; i++)
        {
            DieField field = layout.Fields[i];
            DwForm form = abbrev.Specs[i].Form;
            if (field == DieField.None)
            {
                AttributeForms.Skip(ref reader, form, _unit, _info);
                continue;
            }

            if (field == DieField.Unsupported)
            {
                return false;
            }

            ulong value = ReadValue(ref reader, form, abbrev.Specs[i].ImplicitConst);
            if (IsBounded(field) && value > uint.MaxValue)
            {
                return false;
            }

            fields.Set(field, value);
            if (field == DieField.Name)
            {
                fields.NameHome = StringForms.HomeOf(form);
            }
        }

        fields.End = reader.Offset;
        return true;
    }

    // The value of a form that a field may have.
    private ulong ReadValue(ref SectionReader reader, DwForm form, long implicitConst)
    {
        switch (form)
        {
            case DwForm.DW_FORM_data1:
                return reader.ReadU8();
            case DwForm.DW_FORM_data2:
                return reader.ReadU16();
            case DwForm.DW_FORM_data4:
                return reader.ReadU32();
            case DwForm.DW_FORM_data8:
                return reader.ReadU64();
            case DwForm.DW_FORM_udata:
                return reader.ReadUleb();
            case DwForm.DW_FORM_implicit_const:
                return (ulong)implicitConst;
            case DwForm.DW_FORM_flag_present:
                return 1;
            case DwForm.DW_FORM_ref4:
                return _unit.Offset + reader.ReadU32();
            default:
                return StringForms.ReadValue(ref reader, form, _unit);
        }
    }
}
