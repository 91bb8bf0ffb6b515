using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Inlines;

/// <summary>The value of one attribute as it stands: a number, an index, an offset, or the place of a block.</summary>
/// <param name="Form">Its form; 0 if the attribute is absent. DW_FORM_indirect is resolved.</param>
/// <param name="Value">The number, unsigned; of a block, the offset of its bytes.</param>
/// <param name="Length">The length of a block in bytes.</param>
internal readonly record struct RawValue(DwForm Form, ulong Value, ulong Length = 0)
{
    /// <summary>Whether the attribute is there.</summary>
    public bool IsPresent => Form != 0;

    /// <summary>Whether it is an expression.</summary>
    public bool IsBlock => Form is DwForm.DW_FORM_exprloc or DwForm.DW_FORM_block or DwForm.DW_FORM_block1 or DwForm.DW_FORM_block2 or DwForm.DW_FORM_block4;

    /// <summary>Whether it is an address, in place or by index.</summary>
    public bool IsAddress => Form == DwForm.DW_FORM_addr || IsAddressIndex;

    /// <summary>Whether it is an index into the unit's table of addresses.</summary>
    public bool IsAddressIndex => Form is DwForm.DW_FORM_addrx or DwForm.DW_FORM_addrx1 or DwForm.DW_FORM_addrx2 or DwForm.DW_FORM_addrx3 or DwForm.DW_FORM_addrx4
        or DwForm.DW_FORM_GNU_addr_index;

    /// <summary>Whether it is an offset into another section; before DWARF 4 these had the forms of numbers.</summary>
    public bool IsOffset => Form is DwForm.DW_FORM_sec_offset or DwForm.DW_FORM_data4 or DwForm.DW_FORM_data8;

    /// <summary>Whether it is a number.</summary>
    public bool IsConstant => Form is DwForm.DW_FORM_data1 or DwForm.DW_FORM_data2 or DwForm.DW_FORM_data4 or DwForm.DW_FORM_data8 or DwForm.DW_FORM_udata
        or DwForm.DW_FORM_sdata or DwForm.DW_FORM_implicit_const;

    /// <summary>The number, if it is one.</summary>
    public ulong? Constant => IsConstant ? Value : null;

    /// <summary>Reads a value and steps over it.</summary>
    /// <param name="reader">At the value.</param>
    /// <param name="form">Its form.</param>
    /// <param name="implicitConst">The value of DW_FORM_implicit_const.</param>
    /// <param name="unit">The unit, for the sizes that depend on it.</param>
    /// <param name="info">The section that is read.</param>
    /// <exception cref="InvalidImageException">The form is unknown, or the value is cut short.</exception>
    public static RawValue Read(ref SectionReader reader, DwForm form, long implicitConst, in UnitHeader unit, Section info)
    {
        if (form == DwForm.DW_FORM_indirect)
        {
            form = AttributeForms.ReadIndirect(ref reader, info);
        }

        switch (form)
        {
            case DwForm.DW_FORM_implicit_const:
                return new RawValue(form, (ulong)implicitConst);
            case DwForm.DW_FORM_flag_present:
                return new RawValue(form, 1);
            case DwForm.DW_FORM_sdata:
                return new RawValue(form, (ulong)reader.ReadSleb());
            case DwForm.DW_FORM_exprloc or DwForm.DW_FORM_block:
                return Block(ref reader, form, reader.ReadUleb());
            case DwForm.DW_FORM_block1:
                return Block(ref reader, form, reader.ReadU8());
            case DwForm.DW_FORM_block2:
                return Block(ref reader, form, reader.ReadU16());
            case DwForm.DW_FORM_block4:
                return Block(ref reader, form, reader.ReadU32());
            case DwForm.DW_FORM_udata or DwForm.DW_FORM_ref_udata or DwForm.DW_FORM_addrx or DwForm.DW_FORM_loclistx or DwForm.DW_FORM_rnglistx
                or DwForm.DW_FORM_GNU_addr_index:
                return new RawValue(form, reader.ReadUleb());
        }

        ulong at = reader.Offset;
        switch (AttributeForms.FixedSize(form, unit))
        {
            case 1:
                return new RawValue(form, reader.ReadU8());
            case 2:
                return new RawValue(form, reader.ReadU16());
            case 3:
                return new RawValue(form, reader.ReadU24());
            case 4:
                return new RawValue(form, reader.ReadU32());
            case 8:
                return new RawValue(form, reader.ReadU64());
            default:
                AttributeForms.Skip(ref reader, form, unit, info);
                return new RawValue(form, at);
        }
    }

    private static RawValue Block(ref SectionReader reader, DwForm form, ulong length)
    {
        ulong start = reader.Offset;
        reader.Skip(length);
        return new RawValue(form, start, length);
    }
}

/// <summary>The attributes of a DIE that say where its code or its value is, and of what it is an instance.</summary>
internal struct CodeAttributes
{
    public RawValue Origin;
    public RawValue LowPc;
    public RawValue HighPc;
    public RawValue Ranges;
    public RawValue Location;
    public RawValue CallFile;
    public RawValue CallLine;
    public RawValue AddrBase;
    public RawValue RangesBase;
    public RawValue LocationsBase;

    /// <summary>Whether the DIE has code.</summary>
    public readonly bool HasCode => LowPc.IsPresent || Ranges.IsPresent;

    /// <summary>Reads the attributes of a DIE and steps over all of them.</summary>
    /// <param name="reader">At the first attribute.</param>
    /// <param name="abbrev">The abbreviation of the DIE.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="info">The section that is read.</param>
    /// <exception cref="InvalidImageException">An attribute is cut short or has an unknown form.</exception>
    public static CodeAttributes Read(ref SectionReader reader, Abbrevs.Abbrev abbrev, in UnitHeader unit, Section info)
    {
        CodeAttributes found = default;
        foreach (Abbrevs.AttributeSpec spec in abbrev.Specs)
        {
            switch (spec.Attribute)
            {
                case DwAt.DW_AT_abstract_origin:
                    found.Origin = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_low_pc:
                    found.LowPc = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_high_pc:
                    found.HighPc = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_ranges:
                    found.Ranges = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_location:
                    found.Location = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_call_file:
                    found.CallFile = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_call_line:
                    found.CallLine = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_addr_base or DwAt.DW_AT_GNU_addr_base:
                    found.AddrBase = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_rnglists_base or DwAt.DW_AT_GNU_ranges_base:
                    found.RangesBase = Value(ref reader, spec, unit, info);
                    break;
                case DwAt.DW_AT_loclists_base:
                    found.LocationsBase = Value(ref reader, spec, unit, info);
                    break;
                default:
                    AttributeForms.Skip(ref reader, spec.Form, unit, info);
                    break;
            }
        }

        return found;
    }

    private static RawValue Value(ref SectionReader reader, in Abbrevs.AttributeSpec spec, in UnitHeader unit, Section info)
        => RawValue.Read(ref reader, spec.Form, spec.ImplicitConst, unit, info);
}
