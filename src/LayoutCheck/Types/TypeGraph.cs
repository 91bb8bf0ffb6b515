using System.Collections.Immutable;

namespace LayoutCheck.Types;

/// <summary>
/// The types that one struct or union is made of. Immutable, complete (every <see cref="TypeId"/> in it resolves), free of
/// cycles by value. It owns its data: nothing in it refers to the mapped file.
/// </summary>
public sealed class TypeGraph
{
    private const ulong LeastOfTypedefs = 4;

    private readonly ImmutableArray<TypeNode?> _nodes;

    internal TypeGraph(ImmutableArray<TypeNode?> nodes) => _nodes = nodes;

    /// <summary>Why it lacks the source places of some types and members though the image has them, in a clause; null when it has all.</summary>
    public string? PlacesProblem { get; init; }

    /// <summary>How many types it holds, <c>void</c> included.</summary>
    public int Count => _nodes.Length;

    /// <summary>The type behind an id; not for <see cref="TypeId.Void"/>, which has no node.</summary>
    /// <exception cref="InvalidOperationException">The id is <see cref="TypeId.Void"/> or of another graph.</exception>
    public TypeNode this[TypeId id] => id != TypeId.Void && id.Index < _nodes.Length && _nodes[id.Index] is { } node
        ? node
        : throw new InvalidOperationException($"type id {id.Index} has no node");

    /// <summary>The type behind an id, or null for <see cref="TypeId.Void"/>. A node has a higher id than the nodes that it refers to.</summary>
    internal TypeNode? NodeOrNull(TypeId id) => _nodes[id.Index];

    /// <summary>The type without its typedefs and qualifiers; <see cref="TypeId.Void"/> stays what it is.</summary>
    public TypeId Strip(TypeId id)
    {
        while (StripOne(id) is { } inner)
        {
            id = inner;
        }

        return id;
    }

    /// <summary>The type without its outermost typedef or qualifier, or null when it has none.</summary>
    internal TypeId? StripOne(TypeId id) => id == TypeId.Void ? null : this[id] switch
    {
        TypedefType typedef => typedef.Target,
        QualifiedType qualified => qualified.Target,
        _ => null,
    };

    /// <summary>
    /// The nodes that a type is derived through, itself first: typedefs, qualifiers, pointers, arrays and functions (by what they return), down to the one
    /// that is none of these. Ends without one at <see cref="TypeId.Void"/>.
    /// </summary>
    internal IEnumerable<TypeNode> Derivation(TypeId id)
    {
        TypeId? next = id;
        while (next is { } at && at != TypeId.Void)
        {
            TypeNode node = this[at];
            yield return node;
            next = node switch
            {
                TypedefType typedef => typedef.Target,
                QualifiedType qualified => qualified.Target,
                PointerType pointer => pointer.Target,
                ArrayType array => array.Element,
                FunctionType function => function.Return,
                _ => null,
            };
        }
    }

    /// <summary>The struct or union that is left of a type without its typedefs and qualifiers, or null.</summary>
    public AggregateType? AsAggregate(TypeId id) => NodeOrNull(Strip(id)) as AggregateType;

    /// <summary>The array that is left of a type without its typedefs and qualifiers, or null.</summary>
    internal ArrayType? AsArray(TypeId id) => NodeOrNull(Strip(id)) as ArrayType;

    /// <summary>What an array, also one of arrays, is made of; any other type is made of itself.</summary>
    internal TypeId Innermost(TypeId id)
    {
        while (AsArray(id) is { } array)
        {
            id = array.Element;
        }

        return id;
    }

    /// <summary>sizeof in bytes, or null where C has none: void, a function, a declared-only type. An array without a length counts as 0.</summary>
    public ulong? ByteSizeOf(TypeId id)
    {
        id = Strip(id);
        if (id == TypeId.Void)
        {
            return null;
        }

        switch (this[id])
        {
            case BaseType type:
                return type.ByteSize;
            case PointerType type:
                return type.ByteSize;
            case EnumType type:
                return type.ByteSize == 0 ? null : type.ByteSize;
            case AggregateType type:
                return type.ByteSize;
            case ArrayType type:
                // No layout has a length whose bits overflow 64 bits.
                UInt128? total = (type.Count ?? 0) * (UInt128?)ByteSizeOf(type.Element);
                return total > ulong.MaxValue / 8 ? null : (ulong?)total;
            default:
                return null;
        }
    }

    /// <summary>
    /// Whether a member is a flexible array (C17 6.7.2.1p18): it has the bytes from its place to the end of its holder, though its own size is 0. An array of
    /// no elements (GNU) is one at the end of a struct and in a union. Elsewhere it marks a place, as the markers of include/linux/cache.h do everywhere.
    /// An array whose elements have no bytes is none.
    /// </summary>
    public bool IsFlexibleArray(AggregateType holder, int index)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return AsArray(holder.Members[index].Type) is { Count: null or 0 } array && ByteSizeOf(Innermost(array.Element)) > 0
            && (array.Count is null || holder.Kind == AggregateKind.Union || index == holder.Members.Length - 1)
            && holder.Members[index].Name?.StartsWith("__cacheline_group_", StringComparison.Ordinal) != true;
    }

    /// <summary>
    /// The alignment in bytes: what the source demanded where that is recorded, else the natural one (a base type's or pointer's own
    /// size, a struct's most aligned member), as far as the places of the members allow it. <paramref name="isDeclared"/> tells which. Null when the
    /// type has no alignment.
    /// </summary>
    public ulong? AlignmentOf(TypeId id, out bool isDeclared)
    {
        TypeAlignment? alignment = AlignmentOf(id, ScalarAlignment.Usual);
        isDeclared = alignment is { IsDeclared: true };
        return alignment?.Most;
    }

    /// <summary>The alignment, and what of it is not certain. Null when the type has none.</summary>
    /// <param name="id">The type.</param>
    /// <param name="scalars">The largest alignment of a number on the target (2 on m68k, 4 on i386).</param>
    public TypeAlignment? AlignmentOf(TypeId id, ScalarAlignment scalars)
    {
        id = Strip(id);
        if (id == TypeId.Void)
        {
            return null;
        }

        switch (this[id])
        {
            case AggregateType { Alignment: { } declared }:
                return new TypeAlignment(declared, declared, true, null);
            case AggregateType aggregate:
                return AlignmentOf(aggregate, scalars);
            case ArrayType array:
                return AlignmentOf(array.Element, scalars);
            default:
                if (ByteSizeOf(id) is not { } size)
                {
                    return null;
                }

                // A long double of 12 bytes is aligned to 4.
                ulong own = size & (~size + 1);
                ulong most = Math.Min(Math.Max(own, 1), scalars.Most);
                ulong least = Math.Min(most, scalars.Least);
                return new TypeAlignment(least, most, false, least == most ? null : "the alignments of the target are not known");
        }
    }

    /// <summary>The alignment of a struct or union of this graph as its members give it, without the one that is declared for the whole.</summary>
    /// <param name="aggregate">The struct or union.</param>
    /// <param name="scalars">The largest alignment of a number on the target.</param>
    internal TypeAlignment NaturalAlignmentOf(AggregateType aggregate, ScalarAlignment scalars) => AlignmentOf(aggregate, scalars);

    /// <summary>
    /// Whether the places of a struct's members show that it is packed: one lies at no multiple of its own alignment, and there is no hole. A struct with
    /// a hole has a packed member, which is another thing.
    /// </summary>
    /// <param name="aggregate">The struct or union, one of this graph.</param>
    /// <param name="scalars">The largest alignment of a number on the target.</param>
    public bool IsPacked(AggregateType aggregate, ScalarAlignment scalars)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        bool isMisplaced = false;
        ulong end = 0;
        foreach (Member member in aggregate.Members)
        {
            if (member.BitOffset > end && aggregate.Kind == AggregateKind.Struct)
            {
                return false;
            }

            end = Math.Max(end, member.BitOffset + (member.BitFieldSize ?? (ByteSizeOf(member.Type) ?? 0) * 8));
            if (!member.IsBitField && member.Alignment is null && AlignmentOf(member.Type, scalars) is { } its)
            {
                // A typedef may demand less than its type, as compat_u64 does. BTF does not record that, nor does every compiler's DWARF.
                bool mayBeLess = member.Type != TypeId.Void && this[member.Type] is TypedefType && AsAggregate(member.Type) is null;
                isMisplaced |= Misplaced(aggregate, member, mayBeLess ? its with { Least = Math.Min(its.Least, LeastOfTypedefs) } : its) is not null;
            }
        }

        return isMisplaced;
    }

    private TypeAlignment AlignmentOf(AggregateType aggregate, ScalarAlignment scalars)
    {
        ulong least = 1;
        ulong most = 1;
        bool isMisplaced = false;
        string? doubt = null;
        ulong bitFields = 1;
        foreach (Member member in aggregate.Members)
        {
            if (member.IsBitField)
            {
                // A named one gives its type's alignment to the struct, on all machines but m68k; in a packed struct it does not.
                ulong given = member.Name is null ? 1 : AlignmentOf(member.Type, scalars)?.Most ?? 1;
                bitFields = aggregate.ByteSize % given == 0 ? Math.Max(bitFields, given) : bitFields;
                continue;
            }

            TypeAlignment its = member.Alignment is { } declared ? new(declared, declared, true, null)
                : AlignmentOf(member.Type, scalars) ?? new(1, 1, false, null);
            string? misplaced = Misplaced(aggregate, member, its);
            isMisplaced |= misplaced is not null;
            doubt ??= misplaced ?? its.Doubt;
            least = Math.Max(least, its.Least);

            // Its alignment divides its place and the size of the whole, unless the struct is packed.
            ulong place = (member.BitOffset / 8) | aggregate.ByteSize;
            ulong allowed = place == 0 ? its.Most : Math.Min(its.Most, place & (~place + 1));
            most = Math.Max(most, allowed);
        }

        if (bitFields > most)
        {
            least = doubt is null ? most : least;
            doubt ??= $"a bit-field may give it an alignment of {bitFields}";
            most = bitFields;
        }

        return doubt is null ? new(most, most, false, null) : new(isMisplaced ? 1 : Math.Min(least, most), most, false, doubt);
    }

    private static string? Misplaced(AggregateType aggregate, Member member, TypeAlignment? alignment)
    {
        if (alignment is not { } its || its.Least <= 1)
        {
            return null;
        }

        string name = member.Name ?? "an unnamed member";
        return member.BitOffset % (its.Least * 8) != 0 ? $"{name}, whose own alignment is {its.Least}, lies at byte {member.BitOffset / 8}"
            : aggregate.ByteSize % its.Least != 0 ? $"{name} has the alignment {its.Least}, and the whole {aggregate.ByteSize} bytes"
            : null;
    }
}
