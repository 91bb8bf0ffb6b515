using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>The encoding of the parts of a declaration in .debug_abbrev (DWARF 5 §7.5.3).</summary>
internal static class AbbrevEncoding
{
    /// <summary>Reads DW_CHILDREN_no or DW_CHILDREN_yes. Another value taken for yes could hide the rest of a unit below one DIE.</summary>
    /// <exception cref="InvalidImageException">It is neither.</exception>
    public static bool ReadHasChildren(ref SectionReader declaration, Section section)
    {
        byte value = declaration.ReadU8();
        return value <= 1
            ? value == 1
            : throw section.Invalid(declaration.Offset - 1, $"an abbreviation says {value} where 1 says that there are children, and 0 that there are none");
    }

    /// <summary>Reads one attribute specification; false at the end of the list.</summary>
    /// <param name="specs">At the specification.</param>
    /// <param name="attribute">The attribute; 0 if its number has more than 16 bits.</param>
    /// <param name="form">The form; 0 if its number has more than 16 bits.</param>
    /// <param name="implicitConst">The value of a DW_FORM_implicit_const.</param>
    public static bool ReadSpec(ref SectionReader specs, out DwAt attribute, out DwForm form, out long implicitConst)
    {
        ulong name = specs.ReadUleb();
        ulong encoding = specs.ReadUleb();
        implicitConst = encoding == (ulong)DwForm.DW_FORM_implicit_const ? specs.ReadSleb() : 0;
        attribute = name <= ushort.MaxValue ? (DwAt)name : default;
        form = encoding <= ushort.MaxValue ? (DwForm)encoding : default;
        return (name | encoding) != 0;
    }
}
