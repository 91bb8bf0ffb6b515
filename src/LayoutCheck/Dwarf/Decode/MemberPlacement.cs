using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>Computes the place of a member in its struct from the attributes of its DIE.</summary>
internal static class MemberPlacement
{
    // The storage unit of a bitfield: C's widest integers have 16 bytes, clang's _BitInt 1 MiB.
    private const long LargestStorageByteSize = 1 << 20;

    /// <summary>Whether a DIE has an attribute that places a member.</summary>
    public static bool HasPlace(Die die)
        => die[DwAt.DW_AT_data_member_location].Class != ValueClass.Absent
            || die[DwAt.DW_AT_data_bit_offset].Class != ValueClass.Absent
            || die[DwAt.DW_AT_bit_size].Class != ValueClass.Absent;

    /// <summary>The offset of a member in bits of memory order; there are three ways to record it (DWARF 5 §5.7.6, DWARF 4 §5.5.6, DWARF 2 §5.5.4).</summary>
    /// <param name="die">The member.</param>
    /// <param name="bitFieldSize">Its DW_AT_bit_size; null if it is no bitfield.</param>
    /// <param name="typeByteSize">The size in bytes of its type, of a bitfield; null if that is not known.</param>
    /// <param name="isInUnion">Whether it is in a union.</param>
    /// <param name="isBigEndian">Whether the image is big-endian.</param>
    /// <exception cref="InvalidImageException">No member can be there, or the record cannot be read.</exception>
    public static ulong BitOffset(Die die, ulong? bitFieldSize, ulong? typeByteSize, bool isInUnion, bool isBigEndian)
    {
        ulong bytes = MemberLocation(die);
        ulong? fromBigEnd = bitFieldSize is null || DieValues.Constant(die, DwAt.DW_AT_data_bit_offset) is not null ? null
            : DieValues.Constant(die, DwAt.DW_AT_bit_offset);
        // A storage unit may start before its struct: in a struct that is aligned to less than the unit's size, GCC counts from the unit's alignment.
        bool isBefore = fromBigEnd is not null && (long)bytes is < 0 and >= -LargestStorageByteSize;
        if (bytes > DieValues.LargestByteSize && !isBefore)
        {
            throw die.Invalid($"a member lies at byte {bytes}, where none can be");
        }

        ulong bits = bytes * 8;
        if (DieValues.Constant(die, DwAt.DW_AT_data_bit_offset) is { } dataBitOffset)
        {
            return dataBitOffset > DieValues.LargestByteSize * 8
                ? throw die.Invalid($"a member lies at bit {dataBitOffset}, where none can be")
                : bits + dataBitOffset;
        }

        if (bitFieldSize is not { } width || fromBigEnd is not { } skipped)
        {
            return bits;
        }

        if (isInUnion && (long)skipped < 0 && die[DwAt.DW_AT_data_member_location].Class == ValueClass.Absent)
        {
            // GCC omits the location of members of unions, even if it counts from a unit that starts before the union.
            return 0;
        }

        // DW_AT_bit_offset counts from the most significant bit of the storage unit, also on little-endian targets; it is negative if a packed field
        // starts before its storage unit.
        ulong? storage = DieValues.ByteSize(die) ?? typeByteSize;
        if (storage is not { } storageBytes)
        {
            throw die.Invalid("a bitfield has neither DW_AT_byte_size nor a type with a size");
        }

        Int128 within = isBigEndian ? (long)skipped : (storageBytes * 8) - (Int128)(long)skipped - width;
        Int128 absolute = ((Int128)(long)bytes * 8) + within;
        return absolute >= 0 && absolute <= DieValues.LargestByteSize * 8
            ? (ulong)absolute
            : throw die.Invalid($"a bitfield lies at bit {absolute} of its struct, where none can be");
    }

    // DW_AT_data_member_location: absent in unions and for bitfields with DW_AT_data_bit_offset; else a constant or, in DWARF 2, an expression that adds to
    // the struct's address.
    private static ulong MemberLocation(Die die)
    {
        AttributeValue value = die[DwAt.DW_AT_data_member_location];
        switch (value.Class)
        {
            case ValueClass.Absent:
                return 0;
            case ValueClass.Constant:
                return value.Value;
            case ValueClass.Block:
                return EvaluateLocation(die, value);
            default:
                throw die.Invalid($"DW_AT_data_member_location has {value.Form}, which cannot be read here");
        }
    }

    private static ulong EvaluateLocation(Die die, AttributeValue block)
    {
        const byte DW_OP_plus_uconst = 0x23;
        const byte DW_OP_constu = 0x10;
        const byte DW_OP_plus = 0x22;
        SectionReader reader = die.Section.ReadRange(block.Value, block.Value + block.ByteLength);
        byte operation = reader.ReadU8();
        if (operation == DW_OP_plus_uconst || operation == DW_OP_constu)
        {
            ulong offset = reader.ReadUleb();
            if (operation == DW_OP_plus_uconst ? reader.IsAtEnd : reader.Remaining == 1 && reader.ReadU8() == DW_OP_plus)
            {
                return offset;
            }
        }

        throw die.Invalid($"DW_AT_data_member_location is an expression (first operation 0x{operation:x}) that cannot be read");
    }
}
