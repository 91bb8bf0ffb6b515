using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// The hash of all that <see cref="DefinitionEquality"/> compares: two types have one hash if they are the same, and different ones otherwise, but for a
/// chance. The key is random in each census, so that no file can be made to have two types with one hash. A kernel has some 10^5 different types in 64 bits: any two of
/// them meet once in 10^9 runs, and two definitions of one name, of which there are a few pairs, once in 10^17. Hot: a kernel has twelve million members, each
/// of which is four multiplications.
/// </summary>
internal readonly struct LayoutHash
{
    /// <summary>In place of the hash of a name: there is none.</summary>
    public const ulong NoName = 0;

    // The kinds of types, mixed into their hashes.
    private const ulong BaseKind = 1;
    private const ulong EnumKind = 2;
    private const ulong PointerKind = 3;
    private const ulong ArrayKind = 4;
    private const ulong AggregateKinds = 5;
    private const ulong PointeeKinds = 8;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _oddA;
    private readonly ulong _oddB;
    private readonly ulong _oddC;

    private LayoutHash(ReadOnlySpan<ulong> key)
    {
        _a = key[0];
        _b = key[1];
        _c = key[2];
        _oddA = key[3] | 1;
        _oddB = key[4] | 1;
        _oddC = key[5] | 1;
    }

    /// <summary>What a pointer leads to in the end, behind pointers and arrays.</summary>
    internal enum Pointee
    {
        Void,
        Struct,
        Union,
        Enum,
        Base,
        Function,
    }

    private static ReadOnlySpan<byte> UniquePrefix => "__UNIQUE_ID_"u8;

    /// <summary>Makes a hash with a key of its own.</summary>
    public static LayoutHash WithRandomKey()
    {
        Span<ulong> key = stackalloc ulong[6];
        Random.Shared.NextBytes(MemoryMarshal.AsBytes(key));
        return new LayoutHash(key);
    }

    /// <summary>Whether the hash of a name leaves out the number of a __UNIQUE_ID.</summary>
    public static bool IsOfPart(ulong nameHash) => (nameHash & 1) != 0;

    /// <summary>The hash of a whole text, whatever it is; not <see cref="NoName"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OfText(ReadOnlySpan<byte> text)
    {
        ulong hash = (ulong)text.Length;
        while (text.Length >= sizeof(ulong))
        {
            hash = Mix(MemoryMarshal.Read<ulong>(text), hash);
            text = text[sizeof(ulong)..];
        }

        ulong last = 0;
        for (int i = 0; i < text.Length; i++)
        {
            last |= (ulong)text[i] << (i * 8);
        }

        return Mix(Mix(last, hash), _c) | 2;
    }

    /// <summary>In place of the hash of a name: the offset of its text. Equal ones have equal texts; equal texts may have several.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OfOffset(uint offset) => ((ulong)offset + 1) * _oddA;

    /// <summary>The hash of the part of a name that is compared (<see cref="DefinitionEquality.ComparedName"/>), in UTF-8.</summary>
    public ulong OfName(ReadOnlySpan<byte> name)
        => name.StartsWith(UniquePrefix) ? OfText(name.TrimEnd("0123456789"u8)) | 1 : OfText(name) & ~1UL;

    /// <summary>The hash of a base type.</summary>
    public ulong OfBase(ulong byteSize, BaseEncoding encoding) => Of(BaseKind, byteSize, (ulong)encoding);

    /// <summary>The hash of an enumeration of which the enumerators do not matter.</summary>
    public ulong OfEnum(ulong name, ulong byteSize) => Of(EnumKind, name, byteSize);

    /// <summary>The hash of a pointer.</summary>
    /// <param name="byteSize">Its size.</param>
    /// <param name="pointee">A hash of <see cref="OfPointee"/>.</param>
    public ulong OfPointer(ulong byteSize, ulong pointee) => Of(PointerKind, pointee, byteSize);

    /// <summary>The hash of what a pointer leads to.</summary>
    /// <param name="kind">The kind of type in the end.</param>
    /// <param name="name">The hash of its tag, <see cref="NoName"/> also for an empty one; of a base type, that of the type; else 0.</param>
    /// <param name="derivation">The pointers and arrays on the way: see <see cref="Derive"/>.</param>
    public ulong OfPointee(Pointee kind, ulong name, ulong derivation) => Of(PointeeKinds + (ulong)kind, name, derivation);

    /// <summary>A derivation with one more pointer or array on the way; it begins with 0. Of up to 39 of them no two have one number.</summary>
    public static ulong Derive(ulong derivation, bool isArray) => (derivation * 3) + (isArray ? 2u : 1u);

    /// <summary>The hash of one dimension of an array; the count is null where no length is recorded.</summary>
    public ulong OfArray(ulong? count, ulong element) => Of(ArrayKind, Mix(count ?? 0, count is null ? 1u : 0u), element);

    /// <summary>The hash of a struct or union.</summary>
    /// <param name="isUnion">Which of them.</param>
    /// <param name="name">The hash of its tag.</param>
    /// <param name="byteSize">Its size.</param>
    /// <param name="alignment">Its declared alignment; null when there is none.</param>
    /// <param name="count">The number of its members.</param>
    /// <param name="members">Their hash: 0, and <c>AddMember</c> for each.</param>
    public ulong OfAggregate(bool isUnion, ulong name, ulong byteSize, ulong? alignment, ulong count, ulong members)
        => Mix(Of(AggregateKinds + (isUnion ? 1u : 0u), name, byteSize), Mix(Mix(alignment ?? 0, alignment is null ? count << 1 : (count << 1) | 1), members));

    /// <summary>The hash of the members so far and one more.</summary>
    /// <param name="members">The hash of those before it.</param>
    /// <param name="name">The hash of its name, <see cref="NoName"/> also for an empty one.</param>
    /// <param name="bitOffset">Its place in bits.</param>
    /// <param name="type">The hash of its type.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong AddMember(ulong members, ulong name, ulong bitOffset, ulong type) => (members * _oddC) + Mix(name ^ (bitOffset * _oddC), type);

    /// <summary>The same of a member that may be a bit-field or have a declared alignment.</summary>
    public ulong AddMember(ulong members, ulong name, ulong bitOffset, ulong type, ulong? bitFieldSize, ulong? alignment)
    {
        if (bitFieldSize is not null || alignment is not null)
        {
            type ^= Mix(bitFieldSize + 1 ?? 0, alignment switch { null => 0, ulong.MaxValue => _c, var known => known.Value + 1 });
        }

        return AddMember(members, name, bitOffset, type);
    }

    /// <summary>
    /// The hash of two hashes or numbers. For each value of one of them it is a permutation of the other. Two multiplications of 64 bits, which each processor
    /// has; the product of 128 bits has no instruction on the oldest.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Mix(ulong x, ulong y)
    {
        ulong mixed = (x ^ _a) * _oddA;
        mixed = ((mixed ^ (mixed >> 32)) + (y ^ _b)) * _oddB;
        return mixed ^ (mixed >> 29);
    }

    private ulong Of(ulong kind, ulong x, ulong y) => Mix(Mix(x, kind ^ _c), y);
}
