using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Dwarf.Census;

/// <summary>The hash of a type that a member can have, and what is needed of it to judge the member.</summary>
internal readonly record struct HashedType
{
    /// <summary>The offset of its DIE in .debug_info; 0 for none.</summary>
    public ulong Die { get; init; }

    /// <summary>The hash.</summary>
    public ulong Hash { get; }

    private const int KindShift = 62;
    private const ulong AggregateBit = 1UL << KindShift;
    private const ulong IntegerBit = 2UL << KindShift;

    private readonly ulong _extent;

    /// <summary>The size in bits from which on a type is not read here: far above all that C has, and far below an overflow.</summary>
    public const ulong LargestBitSize = 1UL << 56;

    public HashedType(ulong die, ulong hash, ulong bitSize, bool isAggregate = false, bool isInteger = false)
    {
        Die = die;
        Hash = hash;
        _extent = bitSize | (isAggregate ? AggregateBit : 0) | (isInteger ? IntegerBit : 0);
    }

    /// <summary>sizeof in bits.</summary>
    public ulong BitSize => _extent & (AggregateBit - 1);

    /// <summary>Whether it is a struct or union.</summary>
    public bool IsAggregate => (_extent & AggregateBit) != 0;

    /// <summary>Whether it is a base type or an enumeration: a bit-field may have it.</summary>
    public bool IsInteger => (_extent & IntegerBit) != 0;
}

/// <summary>
/// Keeps the hashes of the types of one thread by the offsets of their DIEs. Hot: looked up for each member of a kernel. What is kept for a DIE depends on that
/// type alone, never on the way to it, so that eviction is always safe.
/// </summary>
/// <param name="size">The number of entries, a power of two; tests use a small one.</param>
internal sealed class TypeMemo(int size = TypeMemo.Size)
{
    /// <summary>The number of entries: a unit has some two thousand types.</summary>
    public const int Size = 1 << 12;

    private readonly HashedType[] _types = new HashedType[size];
    private readonly int _mask = size - 1;

    /// <summary>The entry of a DIE, which may have another one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref HashedType At(ulong die) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_types), (int)(((uint)die * 0x9e3779b1u) >> 16) & _mask);
}
