using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>The value of DW_AT_name.</summary>
/// <param name="Form">Its form, which has a home.</param>
/// <param name="Value">What <see cref="StringForms.ReadValue"/> read.</param>
/// <param name="At">The offset of the value in .debug_info.</param>
internal readonly record struct NameValue(DwForm Form, ulong Value, ulong At);

/// <summary>
/// Steps over the DIEs of one unit by their abbreviations, and reads their names: the slow path of <see cref="DieScanner"/>, and the walk to all names or all
/// levels of a unit.
/// </summary>
/// <param name="sections">The file.</param>
/// <param name="info">Its .debug_info, or a window that shows the unit.</param>
/// <param name="abbrevs">The abbreviations of the unit.</param>
internal sealed class DieStepper(DwarfSections sections, Section info, AbbrevTable abbrevs)
{
    private readonly DwarfSections _sections = sections;
    private readonly Section _info = info;
    private readonly AbbrevTable _abbrevs = abbrevs;
    private readonly List<UnitImport> _imports = [];
    private UnitHeader _unit;

    /// <summary>The unit.</summary>
    public UnitHeader Unit => _unit;

    /// <summary>The section or window that is read.</summary>
    public Section Info => _info;

    /// <summary>The units that the unit imports, as far as it was walked.</summary>
    public IReadOnlyList<UnitImport> Imports => _imports;

    /// <summary>The strings that the unit refers to.</summary>
    public UnitStrings Strings { get; private set; }

    /// <summary>Moves to a unit, whose abbreviations are loaded.</summary>
    public void Open(in UnitHeader unit)
    {
        _unit = unit;
        _imports.Clear();
        Strings = new UnitStrings(_sections, _info, unit, DwarfSections.NoStrOffsetsBase);
    }

    /// <summary>Sets the start of the unit's table in .debug_str_offsets, in bytes, once the root DIE was read.</summary>
    public void SetStrOffsetsBase(ulong strOffsetsBase) => Strings = Strings with { StrOffsetsBase = strOffsetsBase };

    /// <summary>The abbreviation of a code that was read.</summary>
    /// <exception cref="InvalidImageException">The table has no such code, or is damaged before it.</exception>
    public Abbrev AbbrevOf(ulong code, ulong die) => _abbrevs.Get(code, _info, die);

    /// <summary>Reads the name of a DIE that has one.</summary>
    /// <param name="reader">At the first attribute.</param>
    /// <param name="abbrev">The abbreviation of the DIE.</param>
    /// <exception cref="InvalidImageException">The name is no string.</exception>
    public NameValue ReadName(ref SectionReader reader, Abbrev abbrev)
    {
        DwForm form = SeekName(ref reader, abbrev);
        ulong at = reader.Offset;
        return StringForms.HomeOf(form) != StringHome.None
            ? new NameValue(form, StringForms.ReadValue(ref reader, form, _unit), at)
            : throw _info.Invalid(at, $"DW_AT_name has {form}, which is not a string");
    }

    // Goes to the value of DW_AT_name; returns its form.
    private DwForm SeekName(ref SectionReader reader, Abbrev abbrev)
    {
        if (abbrev.NameAt >= 0)
        {
            reader.Skip((ulong)abbrev.NameAt);
        }
        else
        {
            foreach (AttributeSpec spec in abbrev.Specs)
            {
                if (spec.Attribute == DwAt.DW_AT_name)
                {
                    break;
                }

                AttributeForms.Skip(ref reader, spec.Form, _unit, _info);
            }
        }

        return abbrev.NameForm == DwForm.DW_FORM_indirect ? AttributeForms.ReadIndirect(ref reader, _info) : abbrev.NameForm;
    }

    /// <summary>Whether a DIE is a declaration. Before DWARF 4 there is no DW_FORM_flag_present, so that DW_AT_declaration may be present and false.</summary>
    public bool IsDeclaration(SectionReader reader, Abbrev abbrev)
    {
        if (abbrev.DeclarationForm is 0 or DwForm.DW_FORM_flag_present)
        {
            return abbrev.DeclarationForm != 0;
        }

        int i = 0;
        for (; abbrev.Specs[i].Attribute != DwAt.DW_AT_declaration; i++)
        {
            AttributeForms.Skip(ref reader, abbrev.Specs[i].Form, _unit, _info);
        }

        return abbrev.DeclarationForm != DwForm.DW_FORM_flag || reader.ReadU8() != 0;
    }

    /// <summary>Whether a DIE has external linkage (DW_AT_external).</summary>
    /// <param name="reader">At the first attribute.</param>
    /// <param name="abbrev">The abbreviation of the DIE.</param>
    public bool IsExternal(SectionReader reader, Abbrev abbrev)
    {
        foreach (AttributeSpec spec in abbrev.Specs)
        {
            DwForm form = spec.Form == DwForm.DW_FORM_indirect ? AttributeForms.ReadIndirect(ref reader, _info) : spec.Form;
            if (spec.Attribute == DwAt.DW_AT_external)
            {
                return form == DwForm.DW_FORM_flag_present || (form == DwForm.DW_FORM_flag && reader.ReadU8() != 0);
            }

            AttributeForms.Skip(ref reader, form, _unit, _info);
        }

        return false;
    }

    /// <summary>Steps from the first attribute of a DIE over all of its children, and notes an import.</summary>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or has an unknown form.</exception>
    public void StepOver(ref SectionReader reader, Abbrev abbrev, ulong die)
    {
        if (abbrev.Tag == DwTag.DW_TAG_imported_unit)
        {
            NoteImport(reader, abbrev, die);
        }

        if (!abbrev.HasChildren)
        {
            ulong? sibling = abbrev.HasSibling ? Sibling(reader, abbrev) : null;
            SkipAttributes(ref reader, abbrev);
            if (sibling is { } next && next != reader.Offset)
            {
                throw _info.Invalid(die, $"DW_AT_sibling points to 0x{next:x}, and the DIE, which is said to have no children, ends at 0x{reader.Offset:x}");
            }

            return;
        }

        if (abbrev.SiblingAt >= 0)
        {
            reader.Skip((ulong)abbrev.SiblingAt);
            SeekSibling(ref reader, die, _unit.Offset + reader.ReadU32());
            return;
        }

        SkipAttributes(ref reader, abbrev);
        int depth = 1;
        while (depth > 0)
        {
            ulong child = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                depth--;
                continue;
            }

            Abbrev inner = _abbrevs.Get(code, _info, child);
            if (inner.HasChildren && inner.SiblingAt >= 0)
            {
                reader.Skip((ulong)inner.SiblingAt);
                SeekSibling(ref reader, child, _unit.Offset + reader.ReadU32());
                continue;
            }

            SkipAttributes(ref reader, inner);
            depth += inner.HasChildren ? 1 : 0;
        }
    }

    // DW_AT_sibling of a DIE without children, which few producers write.
    private ulong Sibling(SectionReader reader, Abbrev abbrev)
    {
        for (int i = 0; abbrev.Specs[i].Attribute != DwAt.DW_AT_sibling; i++)
        {
            AttributeForms.Skip(ref reader, abbrev.Specs[i].Form, _unit, _info);
        }

        return _unit.Offset + reader.ReadU32();
    }

    private void NoteImport(SectionReader reader, Abbrev abbrev, ulong die)
    {
        foreach (AttributeSpec spec in abbrev.Specs)
        {
            DwForm form = spec.Form == DwForm.DW_FORM_indirect ? AttributeForms.ReadIndirect(ref reader, _info) : spec.Form;
            if (spec.Attribute == DwAt.DW_AT_import)
            {
                _imports.Add(form switch
                {
                    DwForm.DW_FORM_ref_addr when !_sections.HasSectionOffsets => throw _sections.NoSectionOffsets(die, "a unit"),
                    DwForm.DW_FORM_ref_addr => new UnitImport(_sections, reader.ReadUnsigned(AttributeForms.FixedSize(form, _unit))),
                    DwForm.DW_FORM_GNU_ref_alt or DwForm.DW_FORM_ref_sup4 or DwForm.DW_FORM_ref_sup8 => new UnitImport(
                        _sections.Supplement ?? throw AttributeForms.NoSupplementaryFile(_info, die, "a unit", form),
                        reader.ReadUnsigned(AttributeForms.FixedSize(form, _unit))),
                    // A reference within the unit would import the unit itself.
                    _ => throw _info.Invalid(die, $"DW_AT_import has {form}, which cannot refer to another unit"),
                });
                return;
            }

            AttributeForms.Skip(ref reader, form, _unit, _info);
        }
    }

    /// <summary>Goes to the DIE that DW_AT_sibling of a DIE with children refers to.</summary>
    /// <exception cref="InvalidImageException">It is not after the DIE in its unit, or no children end before it.</exception>
    public void SeekSibling(ref SectionReader reader, ulong die, ulong sibling)
    {
        // Only forwards, so that the walk ends.
        if (sibling <= reader.Offset || sibling > _unit.End)
        {
            throw _info.Invalid(die, $"DW_AT_sibling points to 0x{sibling:x}, which is not after it in its unit (to 0x{_unit.End:x})");
        }

        // The null entry that ends the children. After a flipped bit a byte is seldom 0 by chance.
        reader.Seek(sibling - 1);
        if (reader.ReadU8() != 0)
        {
            throw _info.Invalid(die, $"DW_AT_sibling points to 0x{sibling:x}, before which no children end");
        }
    }

    /// <summary>The next DIE at the top level of the unit; null at its null entry. The caller reads the attributes or steps over them.</summary>
    /// <param name="reader">At a DIE below the root, or at the null entry.</param>
    /// <param name="die">The offset of the DIE.</param>
    /// <returns>The abbreviation of the DIE.</returns>
    /// <exception cref="InvalidImageException">The unit ends without a null entry, has bytes behind it, or the abbreviation is not there.</exception>
    public Abbrev? NextAtTop(ref SectionReader reader, out ulong die)
    {
        if (reader.IsAtEnd)
        {
            throw MissingNullEntry();
        }

        die = reader.Offset;
        ulong code = reader.ReadUleb();
        if (code != 0)
        {
            return AbbrevOf(code, die);
        }

        _unit.RequireZeros(_info, reader.Offset);
        return null;
    }

    /// <summary>
    /// The error for a unit that ends before the null entry of the root's children: damage to an abbreviation made the walk take it for the end of a DIE
    /// below the root, and skip what is between the two.
    /// </summary>
    public InvalidImageException MissingNullEntry() => _info.Invalid(
        _unit.Offset, "the unit ends before its DIEs do: no null entry is left for the last of them", "the file is damaged: fetch or build it again");

    /// <summary>Steps over the attributes of a DIE.</summary>
    public void SkipAttributes(ref SectionReader reader, Abbrev abbrev)
    {
        if (abbrev.FixedSize >= 0)
        {
            reader.Skip((ulong)abbrev.FixedSize);
            return;
        }

        foreach (AttributeSpec spec in abbrev.Specs)
        {
            AttributeForms.Skip(ref reader, spec.Form, _unit, _info);
        }
    }
}
