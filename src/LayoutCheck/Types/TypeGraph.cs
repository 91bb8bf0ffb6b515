using System.Collections.Immutable;

namespace LayoutCheck.Types;

/// <summary>
/// The types that one struct or union is made of. Immutable, complete (every <see cref="TypeId"/> in it resolves), free of
/// cycles by value, and owns all that it holds: nothing in it refers to the mapped file.
/// </summary>
public sealed class TypeGraph
{
    private readonly ImmutableArray<TypeNode?> _nodes;

    internal TypeGraph(ImmutableArray<TypeNode?> nodes) => _nodes = nodes;

    /// <summary>Why the places of some of its types and members are not told, though the image has them, in a clause; null when all are that it has.</summary>
    public string? PlacesProblem { get; init; }

    /// <summary>How many types it holds, <c>void</c> included.</summary>
    public int Count => _nodes.Length;

    /// <summary>The type behind an id; not for <see cref="TypeId.Void"/>, which has no node.</summary>
    /// <exception cref="InvalidOperationException">The id is <see cref="TypeId.Void"/> or of another graph.</exception>
    public TypeNode this[TypeId id] => id != TypeId.Void && id.Index < _nodes.Length && _nodes[id.Index] is { } node
        ? node
        : throw new InvalidOperationException($"type id {id.Index} has no node");

    /// <summary>The type without its typedefs and qualifiers; <see cref="TypeId.Void"/> stays what it is.</summary>
    public TypeId Strip(TypeId id)
    {
        while (id != TypeId.Void)
        {
            switch (this[id])
            {
                case TypedefType typedef:
                    id = typedef.Target;
                    break;
                case QualifiedType qualified:
                    id = qualified.Target;
                    break;
                default:
                    return id;
            }
        }

        return id;
    }

    /// <summary>The struct or union that a type stands for once typedefs and qualifiers are gone, or null.</summary>
    public AggregateType? AsAggregate(TypeId id)
    {
        id = Strip(id);
        return id == TypeId.Void ? null : this[id] as AggregateType;
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
                // A length whose bits overflow 64 bits is no length that a layout could have.
                UInt128? total = (type.Count ?? 0) * (UInt128?)ByteSizeOf(type.Element);
                return total > ulong.MaxValue / 8 ? null : (ulong?)total;
            default:
                return null;
        }
    }

    /// <summary>
    /// The alignment in bytes: what the source demanded where that is recorded, else the natural one (a base type's or pointer's own
    /// size, a struct's most aligned member). <paramref name="isDeclared"/> tells which. Null when the type has no alignment.
    /// </summary>
    public ulong? AlignmentOf(TypeId id, out bool isDeclared)
    {
        isDeclared = false;
        id = Strip(id);
        if (id == TypeId.Void)
        {
            return null;
        }

        switch (this[id])
        {
            case AggregateType { Alignment: { } declared }:
                isDeclared = true;
                return declared;
            case AggregateType aggregate:
                ulong most = 1;
                foreach (Member member in aggregate.Members)
                {
                    ulong natural = member.Alignment ?? AlignmentOf(member.Type, out _) ?? 1;
                    // A packed struct places members where their own alignment does not hold: then it cannot be relied on.
                    if (!member.IsBitField && natural > most && member.BitOffset % (natural * 8) == 0 && aggregate.ByteSize % natural == 0)
                    {
                        most = natural;
                    }
                }

                return most;
            case ArrayType array:
                return AlignmentOf(array.Element, out isDeclared);
            default:
                return ByteSizeOf(id) is { } size ? Math.Min(size, 16) : null;
        }
    }
}
