using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>
/// The header of a unit in .debug_info or .debug_types (DWARF 5 §7.5.1, DWARF 4 §7.5.1.1). Offsets count bytes from the start of the section.
/// </summary>
internal readonly record struct UnitHeader(
    ulong Offset, ulong End, ushort Version, DwUnitType Type, bool Is64Bit, byte AddressSize, ulong AbbrevOffset, ulong FirstDie)
{
    /// <summary>The id that a skeleton unit shares with its split unit (DWARF 5 §7.5.1.2); null for other units, and before DWARF 5.</summary>
    public ulong? DwoId { get; init; }

    /// <summary>Whether the unit describes one type (DWARF 5 §3.1.4).</summary>
    public bool IsTypeUnit => Type is DwUnitType.DW_UT_type or DwUnitType.DW_UT_split_type;

    /// <summary>The signature of the type that a type unit describes; 0 for other units.</summary>
    public ulong Signature { get; init; }

    /// <summary>The offset of the DIE of that type; 0 for other units.</summary>
    public ulong TypeDie { get; init; }

    /// <summary>The size of an offset into another section: 4 in 32-bit DWARF, 8 in 64-bit DWARF (DWARF 5 §7.4).</summary>
    public int OffsetSize => Is64Bit ? 8 : 4;

    /// <summary>Reads the header at an offset and checks that the unit lies within the section.</summary>
    /// <param name="info">.debug_info, or a window that shows the header.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="format">The file's format.</param>
    /// <param name="isInTypes">Whether the unit is in .debug_types: its header does not say so (DWARF 4 §7.5.1.2).</param>
    /// <exception cref="InvalidImageException">The header is damaged, or of a version or kind that cannot be read.</exception>
    public static UnitHeader Read(Section info, ulong offset, FileFormat format, bool isInTypes = false)
    {
        bool isSplit = format.IsSplit;
        SectionReader reader = info.ReadFrom(offset);
        ulong length = InitialLength.Read(ref reader, out int offsetSize);
        bool is64Bit = offsetSize == 8;
        if (!is64Bit && length >= 0xffff_fff0)
        {
            throw info.Invalid(offset, $"unit length 0x{length:x} is reserved (DWARF 5 §7.4)");
        }

        if (length > reader.Remaining)
        {
            throw info.Invalid(
                offset, $"a unit of 0x{length:x} bytes does not fit the section (0x{info.Length:x} bytes)", "the file looks truncated or damaged");
        }

        ulong end = reader.Offset + length;
        reader = info.ReadRange(reader.Offset, end);
        ushort version = reader.ReadU16();
        if (version is < 2 or > 5)
        {
            throw info.Invalid(offset, $"a unit of DWARF version {version}, which cannot be read (2 to 5 can)", BuildAnother);
        }

        DwUnitType type = isInTypes ? DwUnitType.DW_UT_type : DwUnitType.DW_UT_compile;
        byte addressSize;
        ulong abbrevOffset;
        ulong? dwoId = null;
        if (version >= 5)
        {
            type = (DwUnitType)reader.ReadU8();
            addressSize = reader.ReadU8();
            abbrevOffset = reader.ReadUnsigned(offsetSize);
            switch (type)
            {
                case DwUnitType.DW_UT_compile or DwUnitType.DW_UT_partial or DwUnitType.DW_UT_type when !isSplit:
                case DwUnitType.DW_UT_split_type when isSplit:
                    break;
                case DwUnitType.DW_UT_skeleton when !isSplit:
                case DwUnitType.DW_UT_split_compile when isSplit:
                    dwoId = reader.ReadU64();
                    break;
                default:
                    throw Unreadable(info, offset, type, isSplit);
            }
        }
        else
        {
            abbrevOffset = reader.ReadUnsigned(offsetSize);
            addressSize = reader.ReadU8();
        }

        ulong signature = 0;
        ulong typeDie = 0;
        if (type is DwUnitType.DW_UT_type or DwUnitType.DW_UT_split_type)
        {
            signature = reader.ReadU64();
            ulong typeOffset = reader.ReadUnsigned(offsetSize);
            typeDie = typeOffset < end - offset
                ? offset + typeOffset
                : throw info.Invalid(offset, $"the type of a type unit is said to be 0x{typeOffset:x} bytes on, which is not within the unit");
        }

        // The header is sometimes the only record of the size of pointers, and the first unit's sets that of the image's words.
        return addressSize is not (4 or 8)
                ? throw info.Invalid(offset, $"a unit with addresses of {addressSize} bytes, which cannot be read (4 and 8 can)", BuildAnother)
            : addressSize != format.WordByteSize
                ? throw info.Invalid(offset, $"a unit with addresses of {addressSize} bytes in a file whose own have {format.WordByteSize}", BuildAnother)
            : new UnitHeader(offset, end, version, type, is64Bit, addressSize, abbrevOffset, reader.Offset)
            {
                Signature = signature,
                TypeDie = typeDie,
                DwoId = dwoId,
            };
    }

    /// <summary>Asserts that only padding is left of the unit after its last DIE: other bytes would be definitions that the walk misses.</summary>
    /// <exception cref="InvalidImageException">There is more.</exception>
    public void RequireZeros(Section info, ulong from)
    {
        SectionReader rest = info.ReadRange(from, End);
        while (!rest.IsAtEnd)
        {
            ReadOnlySpan<byte> part = rest.ReadBytes(Math.Min(rest.Remaining, 1 << 20));
            if (part.IndexOfAnyExcept((byte)0) is >= 0 and int at)
            {
                throw info.Invalid(
                    rest.Offset - (ulong)(part.Length - at),
                    $"the DIEs of the unit at 0x{Offset:x} end before this, and something is here",
                    "the file is damaged: fetch or build it again");
            }
        }
    }

    private const string BuildAnother = "use --source btf, or build with CONFIG_DEBUG_INFO_DWARF5 (-gdwarf-5)";

    private static InvalidImageException Unreadable(Section info, ulong offset, DwUnitType type, bool isSplit) => info.Invalid(
        offset,
        !Enum.IsDefined(type) ? $"a unit of unknown type 0x{(int)type:x}"
            : isSplit ? $"split DWARF: {type} in a .dwo file, where only split units can be"
            : $"split DWARF: {type} in a file that is not a .dwo, where no split unit can be",
        BuildAnother);
}
