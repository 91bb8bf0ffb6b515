using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// What the unit's own DIE says of it (DWARF 5 §3.1.1). Strings stay where they are until somebody asks: a scan opens thousands of units
/// and needs the names of a few.
/// </summary>
internal readonly struct UnitRoot
{
    /// <summary>The value of <see cref="StrOffsetsBase"/> when the unit has none.</summary>
    public const ulong NoBase = ulong.MaxValue;

    // Thousands of units could have a long text for a name each, and need no bytes for it.
    private const int LongestText = 4096;

    private readonly UnitHeader _unit;
    private readonly Section _info;

    private UnitRoot(Section info, UnitHeader unit, DwTag tag, bool hasChildren, ulong end, DwLang? language, ulong strOffsetsBase, StringPlace name, StringPlace producer, StringPlace directory)
    {
        _info = info;
        _unit = unit;
        Tag = tag;
        HasChildren = hasChildren;
        End = end;
        Language = language;
        StrOffsetsBase = strOffsetsBase;
        Name = name;
        Producer = producer;
        CompilationDirectory = directory;
    }

    /// <summary>DW_TAG_compile_unit, DW_TAG_partial_unit or DW_TAG_type_unit; 0 when the unit has no DIE.</summary>
    public DwTag Tag { get; }

    /// <summary>Whether it is a part that compile units import (DWARF 5 §3.1.3), as dwz makes them.</summary>
    public bool IsPartial => Tag == DwTag.DW_TAG_partial_unit || _unit.Type == DwUnitType.DW_UT_partial;

    /// <summary>Whether it describes one type (DWARF 5 §3.1.4).</summary>
    public bool IsTypeUnit => _unit.IsTypeUnit;

    /// <summary>
    /// Whether it stands for a unit that is in a .dwo file (DWARF 5 §3.1.2): what it says of itself, its language too, is there. DWARF 4 has no
    /// header for it, so that the name of the file tells; the unit in the .dwo may have that name too.
    /// </summary>
    public bool IsSkeleton { get; private init; }

    /// <summary>Where DW_AT_dwo_name or DW_AT_GNU_dwo_name is: the file with the other half of a skeleton unit.</summary>
    public StringPlace DwoName { get; private init; }

    /// <summary>What the two halves of a unit have in common; null when it is none, or does not tell.</summary>
    public ulong? DwoId { get; private init; }

    /// <summary>Whether it is a translation unit: what a compiler was given to compile.</summary>
    public bool IsCompileUnit => !IsPartial && !IsTypeUnit;

    /// <summary>Whether anything is below it.</summary>
    public bool HasChildren { get; }

    /// <summary>Where its attributes end, in bytes from the start of .debug_info.</summary>
    public ulong End { get; }

    /// <summary>DW_AT_language, or null when it has none.</summary>
    public DwLang? Language { get; }

    /// <summary>DW_AT_str_offsets_base in bytes, or <see cref="NoBase"/>.</summary>
    public ulong StrOffsetsBase { get; }

    /// <summary>Where DW_AT_name is: the source file.</summary>
    public StringPlace Name { get; }

    /// <summary>Where DW_AT_producer is: the compiler and its options.</summary>
    public StringPlace Producer { get; }

    /// <summary>Where DW_AT_comp_dir is: the directory that was compiled in.</summary>
    public StringPlace CompilationDirectory { get; }

    /// <summary>DW_AT_stmt_list: where the unit's line number program is in .debug_line, in bytes; null when it has none.</summary>
    public ulong? LineOffset { get; private init; }

    /// <summary>Reads the root DIE with the abbreviations that are loaded for the unit.</summary>
    /// <param name="sections">The file's sections.</param>
    /// <param name="info">Its .debug_info, or a window that shows the unit; strings can be asked for as long as it does.</param>
    /// <param name="abbrevs">The unit's abbreviations.</param>
    /// <param name="unit">The unit.</param>
    /// <exception cref="InvalidImageException">It is damaged, or is not the root of a unit.</exception>
    public static UnitRoot Read(DwarfSections sections, Section info, AbbrevTable abbrevs, in UnitHeader unit)
    {
        SectionReader reader = info.ReadRange(unit.FirstDie, unit.End);
        ulong code = reader.IsAtEnd ? 0 : reader.ReadUleb();
        if (code == 0)
        {
            // A unit without a DIE says nothing; padding between units looks like that.
            unit.RequireZeros(info, reader.Offset);
            return new UnitRoot(info, unit, default, false, unit.End, null, NoBase, default, default, default);
        }

        Abbrev abbrev = abbrevs.Get(code, info, unit.FirstDie);
        bool isFixed = abbrev.FixedSize >= 0;
        ulong start = reader.Offset;
        if (isFixed)
        {
            reader.Skip((ulong)abbrev.FixedSize);
        }

        DwLang? language = null;
        ulong strOffsetsBase = NoBase;
        StringPlace name = default;
        StringPlace producer = default;
        StringPlace dwoName = default;
        StringPlace directory = default;
        ulong? lineOffset = null;
        ulong? dwoId = unit.DwoId;
        foreach (AttributeSpec spec in abbrev.Specs)
        {
            DwForm form = spec.Form;
            if (isFixed)
            {
                // Most of what a root says is not asked for: it need not be stepped over either.
                reader.Seek(start + (ulong)spec.Offset);
            }
            else if (form == DwForm.DW_FORM_indirect)
            {
                form = AttributeForms.ReadIndirect(ref reader, info);
            }

            ulong at = reader.Offset;
            switch (spec.Attribute)
            {
                case DwAt.DW_AT_language:
                    language = (DwLang)ReadConstant(ref reader, form, spec.ImplicitConst, info);
                    continue;
                case DwAt.DW_AT_str_offsets_base when form == DwForm.DW_FORM_sec_offset:
                    strOffsetsBase = reader.ReadUnsigned(unit.OffsetSize);
                    continue;
                case DwAt.DW_AT_stmt_list when form is DwForm.DW_FORM_sec_offset or DwForm.DW_FORM_data4 or DwForm.DW_FORM_data8:
                    // Before DWARF 4 there was no form of its own for offsets.
                    lineOffset = reader.ReadUnsigned(form == DwForm.DW_FORM_sec_offset ? unit.OffsetSize : form == DwForm.DW_FORM_data4 ? 4 : 8);
                    continue;
                case DwAt.DW_AT_GNU_dwo_id when form == DwForm.DW_FORM_data8:
                    dwoId = reader.ReadU64();
                    continue;
                case DwAt.DW_AT_comp_dir:
                    directory = new StringPlace(form, at);
                    break;
                case DwAt.DW_AT_name:
                    name = new StringPlace(form, at);
                    break;
                case DwAt.DW_AT_producer:
                    producer = new StringPlace(form, at);
                    break;
                case DwAt.DW_AT_GNU_dwo_name or DwAt.DW_AT_dwo_name:
                    dwoName = new StringPlace(form, at);
                    break;
            }

            if (!isFixed)
            {
                AttributeForms.Skip(ref reader, form, unit, info);
            }
        }

        ulong end = isFixed ? start + (ulong)abbrev.FixedSize : reader.Offset;
        strOffsetsBase = strOffsetsBase == NoBase ? sections.ImpliedStrOffsetsBase(unit) : strOffsetsBase;
        UnitRoot root = new(info, unit, abbrev.Tag, abbrev.HasChildren, end, language, strOffsetsBase, name, producer, directory)
        {
            LineOffset = lineOffset,
            DwoName = dwoName,
            DwoId = dwoId,
            IsSkeleton = !sections.IsSplit && (dwoName.Form != 0 || unit.Type == DwUnitType.DW_UT_skeleton),
        };

        // A unit that is passed over in silence is a definition that nobody compared.
        return root.IsSkeleton ? root
            : abbrev.Tag is not (DwTag.DW_TAG_compile_unit or DwTag.DW_TAG_partial_unit or DwTag.DW_TAG_type_unit)
                ? throw info.Invalid(unit.FirstDie, $"the unit's own DIE has the tag 0x{(int)abbrev.Tag:x}, which is not that of a unit")
            : unit.Version >= 5 && abbrev.Tag != TagOf(unit.Type) ? throw info.Invalid(unit.FirstDie, $"the unit's own DIE is {abbrev.Tag}, and its header says {unit.Type}")
            : root;
    }

    // DWARF 5 §7.5.1 and §3.1: from then on, the header says what the tag says.
    private static DwTag TagOf(DwUnitType type) => type switch
    {
        DwUnitType.DW_UT_partial => DwTag.DW_TAG_partial_unit,
        DwUnitType.DW_UT_type or DwUnitType.DW_UT_split_type => DwTag.DW_TAG_type_unit,
        _ => DwTag.DW_TAG_compile_unit,
    };

    /// <summary>The offset in .debug_str of one of its strings, to tell equal ones without reading them; null when it stands elsewhere.</summary>
    public ulong? StringOffset(StringPlace place)
        => place.Form == DwForm.DW_FORM_strp ? _info.ReadRange(place.ValueOffset, _unit.End).ReadUnsigned(_unit.OffsetSize) : null;

    /// <summary>What the report calls the unit: its source file, or what it is when it is no translation unit.</summary>
    public string DisplayName(DwarfSections sections) => Text(sections, Name) is { Length: > 0 } name ? name
        : IsTypeUnit ? $"type unit 0x{_unit.Signature:x16}"
        : IsPartial ? $"partial unit 0x{_unit.Offset:x}"
        : "";

    /// <summary>The text of one of its strings; empty when it has none or it is not in this file.</summary>
    public string Text(DwarfSections sections, StringPlace place)
    {
        if (place.Form == 0)
        {
            return "";
        }

        SectionReader reader = _info.ReadRange(place.ValueOffset, _unit.End);
        switch (place.Form)
        {
            case DwForm.DW_FORM_string:
                return Text(_info, place.ValueOffset);
            case DwForm.DW_FORM_strp:
                return Text(sections.Require(sections.Str, ".debug_str"), reader.ReadUnsigned(_unit.OffsetSize));
            case DwForm.DW_FORM_line_strp:
                return Text(sections.Require(sections.LineStr, ".debug_line_str"), reader.ReadUnsigned(_unit.OffsetSize));
            case DwForm.DW_FORM_strx or DwForm.DW_FORM_strx1 or DwForm.DW_FORM_strx2 or DwForm.DW_FORM_strx3 or DwForm.DW_FORM_strx4 or DwForm.DW_FORM_GNU_str_index when StrOffsetsBase != NoBase:
                ulong index = place.Form switch
                {
                    DwForm.DW_FORM_strx or DwForm.DW_FORM_GNU_str_index => reader.ReadUleb(),
                    DwForm.DW_FORM_strx1 => reader.ReadU8(),
                    DwForm.DW_FORM_strx2 => reader.ReadU16(),
                    DwForm.DW_FORM_strx3 => reader.ReadU24(),
                    _ => reader.ReadU32(),
                };
                return Text(sections.Require(sections.Str, ".debug_str"), sections.StringOffset(index, StrOffsetsBase, _unit.OffsetSize));
            case DwForm.DW_FORM_GNU_strp_alt or DwForm.DW_FORM_strp_sup when sections.Supplement is { } supplement:
                return Text(supplement.Require(supplement.Str, ".debug_str"), reader.ReadUnsigned(_unit.OffsetSize));
            default:
                // The layout does not depend on what a unit is called.
                return "";
        }
    }

    private static string Text(Section section, ulong offset)
    {
        ReadOnlySpan<byte> text = section.StringAt(offset);
        return text.Length <= LongestText ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..LongestText]) + "...";
    }

    private static ulong ReadConstant(ref SectionReader reader, DwForm form, long implicitConst, Section info) => form switch
    {
        DwForm.DW_FORM_data1 => reader.ReadU8(),
        DwForm.DW_FORM_data2 => reader.ReadU16(),
        DwForm.DW_FORM_data4 => reader.ReadU32(),
        DwForm.DW_FORM_data8 => reader.ReadU64(),
        DwForm.DW_FORM_udata => reader.ReadUleb(),
        DwForm.DW_FORM_sdata => (ulong)reader.ReadSleb(),
        DwForm.DW_FORM_implicit_const => (ulong)implicitConst,
        _ => throw info.Invalid(reader.Offset, $"DW_AT_language has {form}, which is not a constant"),
    };
}

/// <summary>Where the value of a string attribute is, in bytes from the start of .debug_info; the form is 0 when there is none.</summary>
internal readonly record struct StringPlace(DwForm Form, ulong ValueOffset);
