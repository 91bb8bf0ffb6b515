using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>Parses a declaration into its <see cref="SkipPlan"/>. Forms are 0 if there is no such attribute.</summary>
internal struct SkipPlanBuilder
{
    /// <summary>The largest declaration in bytes; compilers write up to some hundred. Each DIE can cost the time and memory of its declaration.</summary>
    public const int LargestDeclaration = 1 << 10;

    // Attributes of this size or more are stepped over on the slow path. Sums of it fit 32 bits.
    private const uint LongSize = 1 << 15;

    private uint _size;
    private DwForm _nameForm;
    private uint _nameOffset;
    private DwForm _siblingForm;
    private uint _siblingOffset;
    private DwForm _variableForm;
    private uint _variableOffset;
    private bool _isSiblingBehindVariable;

    /// <summary>Parses a declaration and steps over it.</summary>
    /// <param name="reader">At the tag.</param>
    /// <param name="section">.debug_abbrev.</param>
    /// <param name="unit">The unit, for the sizes that depend on it.</param>
    /// <param name="wantsEnums">Whether the names of enumerations are wanted.</param>
    /// <exception cref="InvalidImageException">The declaration is damaged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static SkipPlan Parse(ref SectionReader reader, Section section, in UnitHeader unit, bool wantsEnums)
    {
        ulong from = reader.Offset;
        ulong tag = reader.ReadUleb();
        bool hasChildren = AbbrevEncoding.ReadHasChildren(ref reader, section);
        SkipPlanBuilder builder = default;
        while (AbbrevEncoding.ReadSpec(ref reader, out DwAt attribute, out DwForm form, out _))
        {
            builder.Note(attribute, form);
            int size = AttributeForms.FixedSize(form, unit);
            if (size >= 0)
            {
                builder._size += (uint)size;
            }
            else
            {
                builder.NoteVariableSize(form);
            }

            if (reader.Offset - from > LargestDeclaration)
            {
                throw section.Invalid(from, $"an abbreviation of more than {LargestDeclaration} bytes");
            }
        }

        return builder.Build(tag, hasChildren, unit, wantsEnums);
    }

    // On a repeated attribute the first one counts.
    private void Note(DwAt attribute, DwForm form)
    {
        if (attribute == DwAt.DW_AT_name && _nameForm == 0)
        {
            (_nameForm, _nameOffset) = (form, _size);
        }
        else if (attribute == DwAt.DW_AT_sibling && _siblingForm == 0)
        {
            (_siblingForm, _siblingOffset, _isSiblingBehindVariable) = (form, _size, _variableForm != 0);
        }
    }

    // A plan has room for one block or string; any other attribute of variable size selects the slow path.
    private void NoteVariableSize(DwForm form)
    {
        if (_variableForm == 0 && (form is DwForm.DW_FORM_exprloc or DwForm.DW_FORM_block || StringForms.HomeOf(form) == StringHome.InPlace))
        {
            (_variableForm, _variableOffset) = (form, _size);
        }
        else
        {
            _size += LongSize;
        }
    }

    private readonly SkipPlan Build(ulong tag, bool hasChildren, in UnitHeader unit, bool wantsEnums)
    {
        bool isAggregate = tag is (ulong)DwTag.DW_TAG_structure_type or (ulong)DwTag.DW_TAG_union_type
            || (wantsEnums && tag == (ulong)DwTag.DW_TAG_enumeration_type);
        bool isNamed = _nameForm != 0 && (isAggregate || tag == (ulong)DwTag.DW_TAG_typedef);
        StringHome nameHome = StringForms.HomeOf(_nameForm);
        bool isVariableString = StringForms.HomeOf(_variableForm) == StringHome.InPlace;
        bool isNamedInPlace = nameHome == StringHome.InPlace && isVariableString;
        bool isNamedByOffset = nameHome == StringHome.Str && _variableForm == 0 && !unit.Is64Bit;
        if (tag == (ulong)DwTag.DW_TAG_imported_unit || (isNamed && nameHome is not (StringHome.InPlace or StringHome.Str or StringHome.LineStr)))
        {
            return new SkipPlan(SkipPlan.NeedsSlowPath | SkipPlan.MayNameOutsideUnit);
        }

        if (_size >= LongSize
            || (isNamed && !isNamedInPlace && !isNamedByOffset)
            || (hasChildren && (_siblingForm != DwForm.DW_FORM_ref4 || (_variableForm != 0 && !_isSiblingBehindVariable)))
            || (!hasChildren && _siblingForm != 0))
        {
            return new SkipPlan(SkipPlan.NeedsSlowPath);
        }

        ulong flags = (_variableForm == 0 ? SkipPlan.IsFixedSize : isVariableString ? SkipPlan.HasString : SkipPlan.HasBlock)
            | (hasChildren ? SkipPlan.HasSibling : 0)
            | (!isNamed ? 0 : isAggregate ? SkipPlan.NamesAggregate : SkipPlan.NamesTypedef);
        return new SkipPlan(flags, _size, hasChildren ? _siblingOffset : 0, _variableForm != 0 ? _variableOffset : isNamed ? _nameOffset : 0);
    }
}
