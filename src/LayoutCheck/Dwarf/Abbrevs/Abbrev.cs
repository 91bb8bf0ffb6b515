using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>One attribute of an abbreviation.</summary>
/// <param name="Attribute">Its number; 0 if that has more than 16 bits.</param>
/// <param name="Form">Its form; 0 if that number has more than 16 bits.</param>
/// <param name="Offset">Bytes from the DIE's first attribute, or -1 if it follows one of variable size.</param>
/// <param name="ImplicitConst">The value, if the form is DW_FORM_implicit_const.</param>
internal readonly record struct AttributeSpec(DwAt Attribute, DwForm Form, short Offset, long ImplicitConst);

/// <summary>
/// One decoded declaration of .debug_abbrev (DWARF 5 §7.5.3), with the sizes and offsets for stepping over its DIEs. Immutable except for
/// <see cref="Layout"/>. All units of one thread with the same declaration share it.
/// </summary>
internal sealed class Abbrev
{
    /// <summary>The value of <see cref="FixedSize"/> if the size differs from DIE to DIE.</summary>
    public const int Variable = -1;

    public Abbrev(DwTag tag, bool hasChildren, AttributeSpec[] specs, int fixedSize)
    {
        Tag = tag;
        HasChildren = hasChildren;
        Specs = specs;
        // The scanner notes imports on its slow path, which a variable size selects: the fast path needs no test for them.
        FixedSize = tag == DwTag.DW_TAG_imported_unit ? Variable : fixedSize;
        foreach (AttributeSpec spec in specs)
        {
            switch (spec.Attribute)
            {
                case DwAt.DW_AT_sibling when spec.Form == DwForm.DW_FORM_ref4:
                    HasSibling = true;
                    SiblingAt = spec.Offset;
                    break;
                case DwAt.DW_AT_name:
                    NameAt = spec.Offset;
                    NameForm = spec.Form;
                    break;
                case DwAt.DW_AT_declaration:
                    DeclarationForm = spec.Form;
                    break;
            }
        }
    }

    /// <summary>The tag of its DIEs; 0 if that number has more than 16 bits.</summary>
    public DwTag Tag { get; }

    /// <summary>Whether its DIEs have children, which follow up to a null entry.</summary>
    public bool HasChildren { get; }

    /// <summary>The attributes in order.</summary>
    public AttributeSpec[] Specs { get; }

    /// <summary>The total size of the attributes in bytes if it is the same for every DIE, else <see cref="Variable"/>.</summary>
    public int FixedSize { get; }

    /// <summary>Whether it has a DW_AT_sibling of DW_FORM_ref4.</summary>
    public bool HasSibling { get; }

    /// <summary>Bytes from the first attribute to DW_AT_sibling, or -1 if there is none of DW_FORM_ref4 or it follows an attribute of variable size.</summary>
    public short SiblingAt { get; } = -1;

    /// <summary>Bytes from the first attribute to DW_AT_name, or -1 if there is none or it follows an attribute of variable size.</summary>
    public short NameAt { get; } = -1;

    /// <summary>The form of DW_AT_name; 0 if absent.</summary>
    public DwForm NameForm { get; }

    /// <summary>The form of DW_AT_declaration; 0 if absent.</summary>
    public DwForm DeclarationForm { get; }

    /// <summary>Where the matcher finds the fields of its DIEs; null until the first use.</summary>
    public DieLayout? Layout { get; set; }

    /// <summary>Decodes a declaration.</summary>
    /// <param name="declaration">At its tag, and ending where the declaration does.</param>
    /// <param name="section">.debug_abbrev.</param>
    /// <param name="unit">The unit, for the sizes that depend on it.</param>
    /// <exception cref="InvalidImageException">The declaration is damaged.</exception>
    public static Abbrev Decode(SectionReader declaration, Section section, in UnitHeader unit)
    {
        ulong tag = declaration.ReadUleb();
        bool hasChildren = AbbrevEncoding.ReadHasChildren(ref declaration, section);
        List<AttributeSpec> specs = [];
        int size = 0;
        UInt128 low = 0;
        UInt128 high = 0;
        while (AbbrevEncoding.ReadSpec(ref declaration, out DwAt attribute, out DwForm form, out long implicitConst))
        {
            // DWARF 5 §2.2: a DIE has an attribute at most once. GCC writes base types with two names; the first counts.
            ref UInt128 seen = ref (int)attribute < 128 ? ref low : ref high;
            UInt128 bit = (int)attribute is > 0 and < 256 ? UInt128.One << ((int)attribute % 128) : 0;
            attribute = (seen & bit) == 0 ? attribute : default;
            seen |= bit;
            specs.Add(new AttributeSpec(attribute, form, size is >= 0 and <= short.MaxValue ? (short)size : (short)-1, implicitConst));
            int formSize = AttributeForms.FixedSize(form, unit);
            // Sizes that depend on the unit are computed here, once per declaration instead of once per DIE.
            size = size < 0 || formSize < 0 || size > short.MaxValue ? Abbrev.Variable : size + formSize;
        }

        return new Abbrev(tag <= ushort.MaxValue ? (DwTag)tag : default, hasChildren, [.. specs], size);
    }
}
