using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>
/// The fields of a DIE that a type's layout depends on, each at most once. The order is that of the flags in <see cref="DieLayout.Present"/>.
/// </summary>
internal enum DieField : byte
{
    /// <summary>The attribute does not matter.</summary>
    None,
    Name,
    Type,
    ByteSize,
    Location,
    BitSize,
    DataBitOffset,
    UpperBound,
    Count,
    Encoding,
    Alignment,
    Declaration,

    /// <summary>The attribute matters, and only the decoder understands it.</summary>
    Unsupported,
}

/// <summary>
/// Where a field of a fixed-size DIE is, in bytes from its first attribute; or its value, if the abbreviation has it. Hot: see <see cref="DieLayout"/>.
/// </summary>
/// <param name="offset">The offset in bytes.</param>
/// <param name="size">1, 2, 4 or 8 bytes; 0 if the field is absent; <see cref="Constant"/> for a value.</param>
/// <param name="value">The value.</param>
internal readonly unsafe struct FieldLocation(short offset, byte size, long value)
{
    public const byte Constant = 0xff;

    private readonly long _value = value;
    private readonly short _offset = offset;

    public readonly byte Size = size;

    /// <summary>The value of the field, 0 if it is absent.</summary>
    /// <param name="attributes">The first attribute.</param>
    /// <param name="swap">Whether the file has the other byte order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(byte* attributes, bool swap)
    {
        byte* at = attributes + _offset;
        switch (Size)
        {
            case 0:
                return 0;
            case 1:
                return *at;
            case 2:
                ushort two = Unsafe.ReadUnaligned<ushort>(at);
                return swap ? BinaryPrimitives.ReverseEndianness(two) : two;
            case 4:
                uint four = Unsafe.ReadUnaligned<uint>(at);
                return swap ? BinaryPrimitives.ReverseEndianness(four) : four;
            case 8:
                ulong eight = Unsafe.ReadUnaligned<ulong>(at);
                return swap ? BinaryPrimitives.ReverseEndianness(eight) : eight;
            default:
                return (ulong)_value;
        }
    }
}

/// <summary>
/// Where the fields of the DIEs of one abbreviation are. Hot: the matcher reads millions of DIEs through it. The fields have names instead of an index,
/// so that each load is one instruction with a known offset.
/// </summary>
internal sealed class DieLayout
{
    /// <summary>Whether all fields that matter have a place here; else the DIE is read attribute by attribute.</summary>
    public bool IsUsable;

    /// <summary>Whether its DIEs are members with a name, a type and a location, and no other field.</summary>
    public bool IsPlainMember;

    /// <summary>Whether it has a field besides name, type, size in bytes and location.</summary>
    public bool HasRareFields;

    /// <summary>The fields whose presence matters: one bit for each <see cref="DieField"/>.</summary>
    public uint Present;

    /// <summary>The field of each attribute in order; <see cref="DieField.Unsupported"/> also if its form is not one that the field may have.</summary>
    public DieField[] Fields = [];

    /// <summary>The plan of a census; made on first use.</summary>
    public DiePlan Plan;
    public FieldLocation Name;
    public FieldLocation Type;
    public FieldLocation ByteSize;
    public FieldLocation Location;
    public FieldLocation BitSize;
    public FieldLocation DataBitOffset;
    public FieldLocation UpperBound;
    public FieldLocation Count;
    public FieldLocation Encoding;
    public FieldLocation Alignment;

    /// <summary>Sets the place of a field.</summary>
    public void Set(DieField field, FieldLocation location)
    {
        Present |= 1u << (int)field;
        HasRareFields |= field
            is DieField.BitSize or DieField.DataBitOffset or DieField.UpperBound or DieField.Count or DieField.Encoding or DieField.Alignment;
        switch (field)
        {
            case DieField.Name:
                Name = location;
                break;
            case DieField.Type:
                Type = location;
                break;
            case DieField.ByteSize:
                ByteSize = location;
                break;
            case DieField.Location:
                Location = location;
                break;
            case DieField.BitSize:
                BitSize = location;
                break;
            case DieField.DataBitOffset:
                DataBitOffset = location;
                break;
            case DieField.UpperBound:
                UpperBound = location;
                break;
            case DieField.Count:
                Count = location;
                break;
            case DieField.Encoding:
                Encoding = location;
                break;
            case DieField.Alignment:
                Alignment = location;
                break;
        }
    }
}
