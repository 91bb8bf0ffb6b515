using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>The class of an attribute value (DWARF 5 §7.5.5).</summary>
internal enum ValueClass
{
    Absent,
    Constant,
    Flag,
    Reference,
    String,
    Block,
    Address,
    SectionOffset,
}

/// <summary>The value of one attribute.</summary>
/// <param name="Attribute">The attribute.</param>
/// <param name="Form">The form; DW_FORM_indirect is resolved.</param>
/// <param name="Class">The class.</param>
/// <param name="Value">
/// A constant (sign-extended for signed forms), a flag, an address or an offset. References are offsets from the start of .debug_info.
/// A string has what <see cref="StringForms.ReadValue"/> reads. A block has the offset of its bytes.
/// </param>
/// <param name="ByteLength">The length of a block in bytes.</param>
internal readonly record struct AttributeValue(DwAt Attribute, DwForm Form, ValueClass Class, ulong Value, ulong ByteLength = 0);

/// <summary>A debugging information entry with all its attributes. Offsets count bytes from the start of .debug_info.</summary>
internal sealed record Die(Section Section, ulong Offset, DwTag Tag, bool HasChildren, AttributeValue[] Attributes, ulong End)
{
    /// <summary>The error for a problem of this DIE.</summary>
    public InvalidImageException Invalid(string problem, string? remedy = null) => Section.Invalid(Offset, problem, remedy);

    /// <summary>The value of an attribute; its class is <see cref="ValueClass.Absent"/> if the DIE does not have it.</summary>
    public AttributeValue this[DwAt attribute]
    {
        get
        {
            foreach (AttributeValue value in Attributes)
            {
                if (value.Attribute == attribute)
                {
                    return value;
                }
            }

            return default;
        }
    }
}
