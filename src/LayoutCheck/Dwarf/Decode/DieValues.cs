using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>Reads attributes of a DIE with the checks that all types share.</summary>
internal static class DieValues
{
    /// <summary>No object is larger than an address space. With this bound, sums of offsets and sizes in bits stay far from 64 bits.</summary>
    public const ulong LargestByteSize = 1UL << 48;

    /// <summary>The kind of a struct or union.</summary>
    public static AggregateKind KindOf(Die die) => die.Tag == DwTag.DW_TAG_union_type ? AggregateKind.Union : AggregateKind.Struct;

    /// <summary>DW_AT_byte_size.</summary>
    /// <exception cref="InvalidImageException">It is absent, or no size.</exception>
    public static ulong RequireByteSize(Die die) => ByteSize(die) ?? throw die.Invalid($"{TagName(die.Tag)} has no {DwAt.DW_AT_byte_size}");

    /// <summary>DW_AT_byte_size, or null.</summary>
    /// <exception cref="InvalidImageException">It is no size.</exception>
    public static ulong? ByteSize(Die die) => Constant(die, DwAt.DW_AT_byte_size) is > LargestByteSize and var size
        ? throw die.Invalid($"{TagName(die.Tag)} has a size of {size} bytes, which no type has")
        : Constant(die, DwAt.DW_AT_byte_size);

    /// <summary>The value of an attribute that has constants, or null.</summary>
    /// <exception cref="InvalidImageException">It is of another class.</exception>
    public static ulong? Constant(Die die, DwAt attribute)
    {
        AttributeValue value = die[attribute];
        switch (value.Class)
        {
            case ValueClass.Absent:
                return null;
            case ValueClass.Constant:
                return value.Value;
            case ValueClass.Block or ValueClass.Reference when attribute is DwAt.DW_AT_upper_bound or DwAt.DW_AT_count:
                // A length that is computed at run time is no length in a layout.
                return null;
            default:
                throw die.Invalid($"{attribute} has {value.Form}, which is not a constant");
        }
    }

    /// <summary>
    /// The length of a dimension of an array, null where none is recorded. DWARF 5 §5.13: a count, or an inclusive upper bound; C counts from 0. GCC writes x[0]
    /// with a bound of -1.
    /// </summary>
    /// <exception cref="InvalidImageException">It does not count from 0.</exception>
    public static ulong? ElementCount(Die subrange)
    {
        if (Constant(subrange, DwAt.DW_AT_count) is { } count)
        {
            return count;
        }

        if (Constant(subrange, DwAt.DW_AT_lower_bound) is not (null or 0))
        {
            throw subrange.Invalid("an array that does not count from 0, which C has not");
        }

        if (Constant(subrange, DwAt.DW_AT_upper_bound) is not { } upper)
        {
            return null;
        }

        bool isMinusOne = upper == ulong.MaxValue || (upper == uint.MaxValue && subrange[DwAt.DW_AT_upper_bound].Form == DwForm.DW_FORM_data4);
        return isMinusOne ? 0 : upper + 1;
    }

    /// <summary>The meaning of DW_AT_encoding.</summary>
    public static BaseEncoding Encoding(Die die) => EncodingOf(Constant(die, DwAt.DW_AT_encoding) ?? 0);

    /// <summary>The meaning of a value of DW_AT_encoding.</summary>
    public static BaseEncoding EncodingOf(ulong encoding) => encoding > byte.MaxValue ? BaseEncoding.Other : (DwAte)encoding switch
    {
        DwAte.DW_ATE_boolean => BaseEncoding.Boolean,
        DwAte.DW_ATE_signed => BaseEncoding.Signed,
        DwAte.DW_ATE_signed_char => BaseEncoding.SignedChar,
        DwAte.DW_ATE_unsigned => BaseEncoding.Unsigned,
        DwAte.DW_ATE_unsigned_char or DwAte.DW_ATE_UTF => BaseEncoding.UnsignedChar,
        DwAte.DW_ATE_float => BaseEncoding.Float,
        _ => BaseEncoding.Other,
    };

    /// <summary>The name of a tag in an error.</summary>
    public static string TagName(DwTag tag) => Enum.IsDefined(tag) ? tag.ToString() : $"DW_TAG 0x{(int)tag:x}";
}
