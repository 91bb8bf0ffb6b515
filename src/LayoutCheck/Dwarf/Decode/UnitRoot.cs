using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// The root DIE of a unit (DWARF 5 §3.1.1). Strings are resolved on demand: a scan opens thousands of units and needs the names of a few. Valid as long as
/// the section or window that it was read from shows the unit.
/// </summary>
internal readonly struct UnitRoot
{
    private readonly UnitStrings _strings;
    private readonly Attributes _attributes;

    private UnitRoot(UnitStrings strings, DwTag tag, bool hasChildren, ulong end, in Attributes attributes)
    {
        _strings = strings;
        _attributes = attributes;
        Tag = tag;
        HasChildren = hasChildren;
        End = end;
        IsSkeleton = !strings.Sections.IsSplit && (attributes.DwoName.Form != 0 || strings.Unit.Type == DwUnitType.DW_UT_skeleton);
    }

    /// <summary>DW_TAG_compile_unit, DW_TAG_partial_unit or DW_TAG_type_unit; 0 if the unit has no DIE.</summary>
    public DwTag Tag { get; }

    /// <summary>Whether it is a partial unit, which compile units import (DWARF 5 §3.1.3); dwz makes them.</summary>
    public bool IsPartial => Tag == DwTag.DW_TAG_partial_unit || _strings.Unit.Type == DwUnitType.DW_UT_partial;

    /// <summary>Whether it describes one type (DWARF 5 §3.1.4).</summary>
    public bool IsTypeUnit => _strings.Unit.IsTypeUnit;

    /// <summary>
    /// Whether it is a skeleton unit (DWARF 5 §3.1.2): its types and its language are in a .dwo file. DWARF 4 has no header of its own for it, so that
    /// the name of the file tells; the unit in the .dwo may repeat that name.
    /// </summary>
    public bool IsSkeleton { get; }

    /// <summary>DW_AT_dwo_name or DW_AT_GNU_dwo_name: the file with the split unit of a skeleton.</summary>
    public StringPlace DwoName => _attributes.DwoName;

    /// <summary>The id that a skeleton unit and its split unit share; null if it has none.</summary>
    public ulong? DwoId => _attributes.DwoId;

    /// <summary>Whether it is a translation unit.</summary>
    public bool IsCompileUnit => !IsPartial && !IsTypeUnit;

    /// <summary>Whether it has children.</summary>
    public bool HasChildren { get; }

    /// <summary>The end of its attributes, in bytes from the start of .debug_info.</summary>
    public ulong End { get; }

    /// <summary>DW_AT_language, or null.</summary>
    public DwLang? Language => _attributes.Language;

    /// <summary>DW_AT_str_offsets_base in bytes, or the base that a .dwo implies; <see cref="DwarfSections.NoStrOffsetsBase"/> if there is none.</summary>
    public ulong StrOffsetsBase => _strings.StrOffsetsBase;

    /// <summary>DW_AT_producer: the compiler and its options.</summary>
    public StringPlace Producer => _attributes.Producer;

    /// <summary>DW_AT_comp_dir: the working directory of the compiler.</summary>
    public StringPlace CompilationDirectory => _attributes.CompilationDirectory;

    /// <summary>DW_AT_stmt_list: the offset of the unit's line number program in .debug_line, in bytes; null if it has none.</summary>
    public ulong? LineOffset => _attributes.LineOffset;

    /// <summary>The name of the unit in a report: its source file (DW_AT_name), or the kind of unit if it has none.</summary>
    public string DisplayName => Text(_attributes.Name) is { Length: > 0 } name ? name
        : IsTypeUnit ? $"type unit 0x{_strings.Unit.Signature:x16}"
        : IsPartial ? $"partial unit 0x{_strings.Unit.Offset:x}"
        : "";

    /// <summary>Reads the root DIE.</summary>
    /// <param name="sections">The file's sections.</param>
    /// <param name="info">Its .debug_info, or a window that shows the unit.</param>
    /// <param name="abbrevs">The unit's abbreviations, loaded.</param>
    /// <param name="unit">The unit.</param>
    /// <exception cref="InvalidImageException">The DIE is damaged, or is not the root of a unit.</exception>
    public static UnitRoot Read(DwarfSections sections, Section info, AbbrevTable abbrevs, in UnitHeader unit)
    {
        SectionReader reader = info.ReadRange(unit.FirstDie, unit.End);
        ulong code = reader.IsAtEnd ? 0 : reader.ReadUleb();
        if (code == 0)
        {
            // A unit without a DIE is padding between units.
            unit.RequireZeros(info, reader.Offset);
            return new UnitRoot(new UnitStrings(sections, info, unit, DwarfSections.NoStrOffsetsBase), default, false, unit.End, default);
        }

        Abbrev abbrev = abbrevs.Get(code, info, unit.FirstDie);
        Attributes attributes = new() { StrOffsetsBase = DwarfSections.NoStrOffsetsBase, DwoId = unit.DwoId };
        ulong end = ReadAttributes(ref reader, abbrev, unit, info, ref attributes);
        ulong strOffsetsBase = attributes.StrOffsetsBase == DwarfSections.NoStrOffsetsBase ? sections.ImpliedStrOffsetsBase(unit) : attributes.StrOffsetsBase;
        UnitRoot root = new(new UnitStrings(sections, info, unit, strOffsetsBase), abbrev.Tag, abbrev.HasChildren, end, attributes);

        // A unit that is skipped here is a definition that no question sees.
        return root.IsSkeleton ? root
            : abbrev.Tag is not (DwTag.DW_TAG_compile_unit or DwTag.DW_TAG_partial_unit or DwTag.DW_TAG_type_unit)
                ? throw info.Invalid(unit.FirstDie, $"the unit's own DIE has the tag 0x{(int)abbrev.Tag:x}, which is not that of a unit")
            : unit.Version >= 5 && abbrev.Tag != TagOf(unit.Type)
                ? throw info.Invalid(unit.FirstDie, $"the unit's own DIE is {abbrev.Tag}, and its header says {unit.Type}")
            : root;
    }

    /// <summary>The offset of one of its strings in .debug_str, to compare without reading; null if the string is elsewhere.</summary>
    public ulong? StringOffset(StringPlace place)
    {
        if (StringForms.HomeOf(place.Form) != StringHome.Str)
        {
            return null;
        }

        SectionReader reader = _strings.Values.ReadRange(place.ValueOffset, _strings.Unit.End);
        return StringForms.ReadValue(ref reader, place.Form, _strings.Unit);
    }

    /// <summary>The text of one of its strings, cut if it is long; empty if it has none or the string is not in this file.</summary>
    public string Text(StringPlace place) => _strings.Text(place);

    /// <summary>The string of an attribute whose value a line number table has, resolved as those of this unit.</summary>
    public UnitStrings StringsIn(Section values) => _strings with { Values = values };

    // Reads the values that matter, and tells where the attributes end.
    private static ulong ReadAttributes(ref SectionReader reader, Abbrev abbrev, in UnitHeader unit, Section info, ref Attributes attributes)
    {
        ulong start = reader.Offset;
        if (abbrev.FixedSize >= 0)
        {
            // The values have known places: those that do not matter need no step.
            reader.Skip((ulong)abbrev.FixedSize);
            foreach (AttributeSpec spec in abbrev.Specs)
            {
                reader.Seek(start + (ulong)spec.Offset);
                _ = attributes.Read(ref reader, spec.Attribute, spec.Form, spec.ImplicitConst, unit, info);
            }

            return start + (ulong)abbrev.FixedSize;
        }

        foreach (AttributeSpec spec in abbrev.Specs)
        {
            DwForm form = spec.Form == DwForm.DW_FORM_indirect ? AttributeForms.ReadIndirect(ref reader, info) : spec.Form;
            if (!attributes.Read(ref reader, spec.Attribute, form, spec.ImplicitConst, unit, info))
            {
                AttributeForms.Skip(ref reader, form, unit, info);
            }
        }

        return reader.Offset;
    }

    // From DWARF 5 on (§7.5.1, §3.1) the header repeats the kind of the tag.
    private static DwTag TagOf(DwUnitType type) => type switch
    {
        DwUnitType.DW_UT_partial => DwTag.DW_TAG_partial_unit,
        DwUnitType.DW_UT_type or DwUnitType.DW_UT_split_type => DwTag.DW_TAG_type_unit,
        _ => DwTag.DW_TAG_compile_unit,
    };

    /// <summary>The attributes that matter.</summary>
    private struct Attributes
    {
        public DwLang? Language;
        public ulong StrOffsetsBase;
        public ulong? LineOffset;
        public ulong? DwoId;
        public StringPlace Name;
        public StringPlace Producer;
        public StringPlace DwoName;
        public StringPlace CompilationDirectory;

        // Reads a value and steps over it; false if it did not step, because the value does not matter or is a string to be read on demand.
        public bool Read(ref SectionReader reader, DwAt attribute, DwForm form, long implicitConst, in UnitHeader unit, Section info)
        {
            StringPlace place = new(form, reader.Offset);
            switch (attribute)
            {
                case DwAt.DW_AT_language:
                    Language = (DwLang)ReadLanguage(ref reader, form, implicitConst, info);
                    return true;
                case DwAt.DW_AT_str_offsets_base when form == DwForm.DW_FORM_sec_offset:
                    StrOffsetsBase = reader.ReadUnsigned(unit.OffsetSize);
                    return true;
                case DwAt.DW_AT_stmt_list when form is DwForm.DW_FORM_sec_offset or DwForm.DW_FORM_data4 or DwForm.DW_FORM_data8:
                    // Before DWARF 4 offsets had the forms of numbers.
                    LineOffset = reader.ReadUnsigned(AttributeForms.FixedSize(form, unit));
                    return true;
                case DwAt.DW_AT_GNU_dwo_id when form == DwForm.DW_FORM_data8:
                    DwoId = reader.ReadU64();
                    return true;
                case DwAt.DW_AT_comp_dir:
                    CompilationDirectory = place;
                    return false;
                case DwAt.DW_AT_name:
                    Name = place;
                    return false;
                case DwAt.DW_AT_producer:
                    Producer = place;
                    return false;
                case DwAt.DW_AT_GNU_dwo_name or DwAt.DW_AT_dwo_name:
                    DwoName = place;
                    return false;
                default:
                    return false;
            }
        }

        private static ulong ReadLanguage(ref SectionReader reader, DwForm form, long implicitConst, Section info) => form switch
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
}
