using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>The place of a string, by the form of its attribute (DWARF 5 §7.5.5, class string).</summary>
internal enum StringHome : byte
{
    /// <summary>The form is not one of a string.</summary>
    None,

    /// <summary>Among the values of the DIE.</summary>
    InPlace,

    /// <summary>In .debug_str, by offset.</summary>
    Str,

    /// <summary>In .debug_str, by an index into the unit's table in .debug_str_offsets.</summary>
    StrIndex,

    /// <summary>In .debug_line_str, by offset.</summary>
    LineStr,

    /// <summary>In .debug_str of the supplementary file, by offset.</summary>
    Supplement,
}

/// <summary>
/// The one table of string forms. <see cref="AttributeForms"/> has their sizes, <see cref="UnitStrings"/> finds the bytes. The fast paths (skip plans, the
/// matcher's layouts) decide by <see cref="HomeOf"/> once per abbreviation.
/// </summary>
internal static class StringForms
{
    /// <summary>Where the strings of a form are; <see cref="StringHome.None"/> for a form of another class.</summary>
    public static StringHome HomeOf(DwForm form) => form switch
    {
        DwForm.DW_FORM_string => StringHome.InPlace,
        DwForm.DW_FORM_strp => StringHome.Str,
        DwForm.DW_FORM_line_strp => StringHome.LineStr,
        DwForm.DW_FORM_strx or DwForm.DW_FORM_strx1 or DwForm.DW_FORM_strx2 or DwForm.DW_FORM_strx3 or DwForm.DW_FORM_strx4
            or DwForm.DW_FORM_GNU_str_index => StringHome.StrIndex,
        DwForm.DW_FORM_strp_sup or DwForm.DW_FORM_GNU_strp_alt => StringHome.Supplement,
        _ => StringHome.None,
    };

    /// <summary>Reads the value of a string form and steps over it: where the string starts in this section, its offset in another one, or its index.</summary>
    /// <param name="reader">At the value.</param>
    /// <param name="form">A form that has a home.</param>
    /// <param name="unit">The unit whose sizes apply.</param>
    public static ulong ReadValue(ref SectionReader reader, DwForm form, in UnitHeader unit)
    {
        if (HomeOf(form) == StringHome.InPlace)
        {
            ulong start = reader.Offset;
            reader.ReadString();
            return start;
        }

        return AttributeForms.FixedSize(form, unit) switch
        {
            1 => reader.ReadU8(),
            2 => reader.ReadU16(),
            3 => reader.ReadU24(),
            4 => reader.ReadU32(),
            8 => reader.ReadU64(),
            _ => reader.ReadUleb(),
        };
    }
}

/// <summary>Finds the strings that the attributes of one unit refer to.</summary>
/// <param name="Sections">The sections of the unit's file.</param>
/// <param name="Values">The section that the attributes are read from, or a window that shows them: it holds the strings in place.</param>
/// <param name="Unit">The unit.</param>
/// <param name="StrOffsetsBase">Where its table in .debug_str_offsets starts, in bytes; <see cref="DwarfSections.NoStrOffsetsBase"/> if it has none.</param>
internal readonly record struct UnitStrings(DwarfSections Sections, Section Values, UnitHeader Unit, ulong StrOffsetsBase)
{
    // A file can give each of thousands of units a long text of a few shared bytes.
    private const int LongestText = 4096;

    /// <summary>The error for a string index in a unit without a table.</summary>
    public static InvalidImageException NoTable(Section info, in UnitHeader unit)
        => info.Invalid(unit.Offset, "a string is given by index, and the unit has no DW_AT_str_offsets_base");

    /// <summary>Whether the strings of a form can be found: the unit has a table for an index, and the file has a supplementary file.</summary>
    public bool CanFind(DwForm form) => StringForms.HomeOf(form) switch
    {
        StringHome.None => false,
        StringHome.StrIndex => StrOffsetsBase != DwarfSections.NoStrOffsetsBase,
        StringHome.Supplement => Sections.Supplement is not null,
        _ => true,
    };

    /// <summary>The offset in .debug_str of a string with the home <see cref="StringHome.Str"/> or <see cref="StringHome.StrIndex"/>.</summary>
    /// <param name="form">The form.</param>
    /// <param name="value">What <see cref="StringForms.ReadValue"/> read.</param>
    /// <exception cref="InvalidImageException">The index lies outside of the table, or there is none.</exception>
    public ulong OffsetInStr(DwForm form, ulong value)
        => StringForms.HomeOf(form) == StringHome.Str ? value
            : StrOffsetsBase == DwarfSections.NoStrOffsetsBase ? throw NoTable(Sections.Info, Unit)
            : Sections.StringOffset(value, StrOffsetsBase, Unit.OffsetSize);

    /// <summary>The bytes of a string, without the zero at its end.</summary>
    /// <param name="form">A form that has a home.</param>
    /// <param name="value">What <see cref="StringForms.ReadValue"/> read.</param>
    /// <param name="referrer">The offset in .debug_info to name in an error.</param>
    /// <exception cref="InvalidImageException">The section or the file is missing, or the string is not in it.</exception>
    public ReadOnlySpan<byte> Bytes(DwForm form, ulong value, ulong referrer) => StringForms.HomeOf(form) switch
    {
        StringHome.InPlace => Values.StringAt(value),
        StringHome.LineStr => Sections.Require(Sections.LineStr, ".debug_line_str").StringAt(value),
        StringHome.Supplement => Sections.SupplementaryString(value, referrer, form),
        _ => Sections.Require(Sections.Str, ".debug_str").StringAt(OffsetInStr(form, value)),
    };

    /// <summary>The text of a string that no layout depends on; a long one is cut, and one that cannot be found is empty.</summary>
    /// <param name="place">Where its value is.</param>
    public string Text(StringPlace place)
    {
        if (!CanFind(place.Form))
        {
            return "";
        }

        SectionReader reader = Values.ReadRange(place.ValueOffset, Unit.End);
        ReadOnlySpan<byte> text = Bytes(place.Form, StringForms.ReadValue(ref reader, place.Form, Unit), place.ValueOffset);
        return text.Length <= LongestText ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..LongestText]) + "...";
    }
}

/// <summary>Where the value of a string attribute is.</summary>
/// <param name="Form">Its form; 0 if there is none.</param>
/// <param name="ValueOffset">Bytes from the start of .debug_info.</param>
internal readonly record struct StringPlace(DwForm Form, ulong ValueOffset);
