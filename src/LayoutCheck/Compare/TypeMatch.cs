using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>
/// Whether the types of two members are one, apart from the members of structs and unions: classes, tags, signedness, pointees, numbers of elements,
/// prototypes. It applies <see cref="Normalising"/>.
/// </summary>
/// <param name="left">The old graph.</param>
/// <param name="right">The new graph.</param>
/// <param name="isMixed">Whether one is from DWARF and one from BTF.</param>
/// <param name="rules">The rules to apply.</param>
internal sealed class TypeMatch(TypeGraph left, TypeGraph right, bool isMixed, Normalising rules)
{
    // Functions that take functions that take functions: without it, the number of comparisons multiplies with each level.
    private readonly Dictionary<(TypeId Left, TypeId Right), bool> _knownPrototypes = [];

    /// <summary>How many times types were taken for one that differ in the signedness of plain char.</summary>
    public int CharDifferences { get; private set; }

    /// <summary>Whether two types are one.</summary>
    public bool IsSame(TypeId leftType, TypeId rightType) => IsSame(leftType, rightType, isBehindPointer: false);

    // The tag of an aggregate or enumeration, and the innermost typedef that it is known by.
    private static (string? Tag, string? Typedef) NamesOf(TypeGraph graph, TypeId type)
    {
        string? typedef = null;
        for (TypeId? at = type; at is { } id && id != TypeId.Void; at = graph.StripOne(id))
        {
            typedef = graph[id] is TypedefType named ? named.Name : typedef;
            switch (graph[id])
            {
                case AggregateType aggregate:
                    return (aggregate.Name, typedef);
                case AggregateReference reference:
                    return (reference.Name, typedef);
                case EnumType enumeration:
                    return (enumeration.Name, typedef);
                default:
                    break;
            }
        }

        return (null, typedef);
    }

    private bool Has(Normalising rule) => rules.HasFlag(rule);

    private bool IsSame(TypeId leftType, TypeId rightType, bool isBehindPointer)
    {
        if (!Has(Normalising.Typedefs) && Outermost(left, leftType) != Outermost(right, rightType))
        {
            return false;
        }

        TypeId l = left.Strip(leftType);
        TypeId r = right.Strip(rightType);
        if (left.AsArray(l) is not null && right.AsArray(r) is not null)
        {
            return SameArray(l, r, isBehindPointer);
        }

        return (left.NodeOrNull(l), right.NodeOrNull(r)) switch
        {
            (null, null) => true,
            (BaseType a, BaseType b) => SameBase(a, b, isBehindPointer),
            (EnumType a, EnumType b) => SameName(leftType, rightType) && (a.ByteSize == b.ByteSize || isBehindPointer),
            (PointerType a, PointerType b) => IsSame(a.Target, b.Target, isBehindPointer: true),
            (FunctionType a, FunctionType b) => SamePrototype(l, r, a, b),
            var (a, b) => KindOf(a) is { } kind && KindOf(b) == kind && SameName(leftType, rightType),
        };
    }

    private bool SameBase(BaseType a, BaseType b, bool isBehindPointer)
    {
        // The size of a member is compared with its place, but that of a pointee is not.
        if (isBehindPointer && a.ByteSize != b.ByteSize)
        {
            return false;
        }

        if (a.Encoding == b.Encoding)
        {
            return Has(Normalising.BaseNames) || a.Name == b.Name;
        }

        if (isMixed && Has(Normalising.ByteEncodings) && a.ByteSize == 1 && b.ByteSize == 1)
        {
            return true;
        }

        if (Has(Normalising.PlainChar) && a.Name == "char" && b.Name == "char")
        {
            CharDifferences++;
            return true;
        }

        return false;
    }

    private bool SameArray(TypeId l, TypeId r, bool isBehindPointer)
    {
        if (!Has(Normalising.Arrays))
        {
            ArrayType a = left.AsArray(l)!;
            ArrayType b = right.AsArray(r)!;
            return a.Count == b.Count && IsSame(a.Element, b.Element, isBehindPointer);
        }

        // An array without elements has no size that tells another element.
        UInt128 count = Count(left, l);
        return count == Count(right, r) && IsSame(left.Innermost(l), right.Innermost(r), isBehindPointer || count == 0);
    }

    // All dimensions in one; 0 where a length is not told.
    private static UInt128 Count(TypeGraph graph, TypeId type)
    {
        UInt128 count = 1;
        for (ArrayType? array = graph.AsArray(type); array is not null; array = graph.AsArray(array.Element))
        {
            count *= array.Count ?? 0;
        }

        return count;
    }

    private bool SamePrototype(TypeId l, TypeId r, FunctionType a, FunctionType b)
    {
        if (_knownPrototypes.TryGetValue((l, r), out bool known))
        {
            return known;
        }

        bool isSame = a.Parameters.Length == b.Parameters.Length && (a.IsVariadic == b.IsVariadic || (Has(Normalising.Prototypes) && a.Parameters.IsEmpty))
            && IsSame(a.Return, b.Return, isBehindPointer: true);
        for (int i = 0; isSame && i < a.Parameters.Length; i++)
        {
            isSame = IsSame(a.Parameters[i], b.Parameters[i], isBehindPointer: true);
        }

        _knownPrototypes.Add((l, r), isSame);
        return isSame;
    }

    // Untagged ones are told apart by their members.
    private bool SameName(TypeId l, TypeId r)
    {
        (string? tag, string? typedef) = NamesOf(left, l);
        (string? otherTag, string? otherTypedef) = NamesOf(right, r);
        if (!Has(Normalising.Tags))
        {
            return (tag ?? typedef) == (otherTag ?? otherTypedef);
        }

        // A type that got a tag keeps its typedef.
        return tag is not null && otherTag is not null ? DefinitionEquality.IsSameName(tag, otherTag)
            : typedef is null || otherTypedef is null || typedef == otherTypedef;
    }

    private static AggregateKind? KindOf(TypeNode? node) => node switch
    {
        AggregateType aggregate => aggregate.Kind,
        AggregateReference reference => reference.Kind,
        _ => null,
    };

    private static object? Outermost(TypeGraph graph, TypeId type) => graph.NodeOrNull(type) switch
    {
        TypedefType typedef => typedef.Name,
        QualifiedType qualified => qualified.Qualifier,
        _ => null,
    };
}
