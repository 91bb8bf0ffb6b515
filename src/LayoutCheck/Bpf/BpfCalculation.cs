namespace LayoutCheck.Bpf;

/// <summary>One side's value of a relocation.</summary>
/// <param name="Value">The value.</param>
/// <param name="IsValidated">Whether the compiler cannot have come to another one.</param>
internal readonly record struct BpfValue(ulong Value, bool IsValidated)
{
    /// <summary>Of the place of a field that is no bit-field, the bytes of it or of its elements; else 0.</summary>
    public uint FieldSize { get; init; }

    /// <summary>The type that <see cref="FieldSize"/> is of.</summary>
    public uint FieldType { get; init; }
}

/// <summary>Calculates what a relocation asks for, by the types of one side (bpf_core_calc_field_relo and its relatives).</summary>
internal static class BpfCalculation
{
    /// <summary>The value of an access.</summary>
    /// <param name="access">The access, by the types of the side.</param>
    /// <param name="isBigEndian">The byte order of the machine that reads bit-fields.</param>
    /// <exception cref="BpfRefusedException">libbpf refuses it.</exception>
    public static BpfValue Of(BpfAccess access, bool isBigEndian) => access.Kind switch
    {
        BpfRelocationKind.FieldExists or BpfRelocationKind.TypeExists or BpfRelocationKind.TypeMatches or BpfRelocationKind.EnumeratorExists => new BpfValue(1, true),
        BpfRelocationKind.TypeIdLocal or BpfRelocationKind.TypeIdTarget => new BpfValue(access.Root, false),
        BpfRelocationKind.TypeSize => new BpfValue(access.Types.SizeOf(access.Root), true),
        BpfRelocationKind.EnumeratorValue => new BpfValue(access.Types[access.Last.Type].Enumerators[(int)access.Last.Index].Value, true),
        _ when access.Last.Name is null => OfElement(access),
        _ => OfMember(access, isBigEndian),
    };

    private static BpfValue OfElement(BpfAccess access) => access.Kind switch
    {
        BpfRelocationKind.FieldOffset => new BpfValue(access.BitOffset / 8, true) { FieldSize = ElementSize(access.Types, access.Last.Type), FieldType = access.Last.Type },
        BpfRelocationKind.FieldSize => new BpfValue(access.Types.SizeOf(access.Last.Type), true),
        _ => throw new BpfRefusedException($"{access.Kind.Word()} cannot be asked of an element of an array"),
    };

    private static BpfValue OfMember(BpfAccess access, bool isBigEndian)
    {
        IBpfTypes types = access.Types;
        BpfMember member = types[access.Last.Type].Members[(int)access.Last.Index];
        (uint id, BpfType type) = types.Skip(member.Type);
        bool isBitField = member.BitFieldSize > 0;
        (ulong place, uint bytes) = isBitField ? StorageOf(access.BitOffset, member.BitFieldSize, type) : (access.BitOffset / 8, types.SizeOf(id));
        ulong bits = isBitField ? member.BitFieldSize : bytes * 8UL;
        switch (access.Kind)
        {
            case BpfRelocationKind.FieldOffset:
                return isBitField ? new BpfValue(place, false) : new BpfValue(place, true) { FieldSize = ElementSize(types, id), FieldType = id };
            case BpfRelocationKind.FieldSize:
                return new BpfValue(bytes, !isBitField);
            case BpfRelocationKind.FieldSigned:
                bool isSigned = (type.Kind == BpfTypeKind.Enum && type.IsFlagged) || (type.Kind == BpfTypeKind.Integer && (type.Encoding & 1) != 0);
                return new BpfValue(isSigned ? 1u : 0, true);
            case BpfRelocationKind.FieldLeftShift:
                ulong first = access.BitOffset - (place * 8);
                return new BpfValue(isBigEndian ? unchecked(((8UL - bytes) * 8) + first) : unchecked(64 - (first + bits)), !isBitField);
            default:
                return new BpfValue(unchecked(64 - bits), true);
        }
    }

    // The smallest aligned integer that has all bits of a bit-field.
    private static (ulong Place, uint Bytes) StorageOf(ulong bitOffset, uint width, BpfType type)
    {
        ulong bytes = type.ByteSize;
        if (bytes == 0)
        {
            throw new BpfRefusedException($"a bit-field is of {type.Describe()}, which has no size");
        }

        ulong place = bitOffset / 8 / bytes * bytes;
        while (bitOffset + width - (place * 8) > bytes * 8)
        {
            if (bytes >= 8)
            {
                throw new BpfRefusedException("a bit-field cannot be read by a load of 8 bytes");
            }

            bytes *= 2;
            place = bitOffset / 8 / bytes * bytes;
        }

        return (place, (uint)bytes);
    }

    private static uint ElementSize(IBpfTypes types, uint id)
    {
        (id, BpfType type) = types.Skip(id);
        for (int i = 0; type.Kind == BpfTypeKind.Array && i < BpfAccess.MostLevels; i++)
        {
            (id, type) = types.Skip(type.Target);
        }

        return types.SizeOf(id);
    }
}
