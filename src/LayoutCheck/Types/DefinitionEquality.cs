using System.Diagnostics.CodeAnalysis;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>
/// Whether two definitions of a type lay it out the same, and their first difference in words; <see cref="StructuralDiff"/> lists all of them. It compares all
/// that a layout depends on: kinds, tags, sizes, alignments, the names and places of members, and the types that they embed by value. Behind a pointer it
/// compares the kind and the tag. The names of typedefs and base types are left out: they move nothing (one compiler writes <c>long unsigned int</c>, another
/// <c>unsigned long</c>). Hot: a survey compares every definition that it reads.
/// </summary>
internal sealed class DefinitionEquality
{
    private const string UniquePrefix = "__UNIQUE_ID_";

    private readonly TypeGraph _left;
    private readonly TypeGraph _right;
    // A pair that is equal is not compared again. Only equal pairs are remembered: the first difference ends the comparison.
    private readonly HashSet<(TypeId Left, TypeId Right)> _equal = [];
    private string? _difference;

    private DefinitionEquality(TypeGraph left, TypeGraph right)
    {
        _left = left;
        _right = right;
    }

    /// <summary>Whether the two lay out the same.</summary>
    public static bool Same(TypeGraph left, TypeId leftType, TypeGraph right, TypeId rightType) => FirstDifference(left, leftType, right, rightType) is null;

    /// <summary>
    /// False when two structs or unions certainly differ: a quick look at their own members, from the last one, which any added member moves.
    /// </summary>
    public static bool MayBeSame(AggregateType left, AggregateType right)
    {
        bool isSame = left.ByteSize == right.ByteSize && left.Members.Length == right.Members.Length;
        for (int i = left.Members.Length - 1; isSame && i >= 0; i--)
        {
            isSame = left.Members[i].BitOffset == right.Members[i].BitOffset && IsSameName(left.Members[i].Name, right.Members[i].Name);
        }

        return isSame;
    }

    /// <summary>The first difference in words ("pgmap is at byte 8, or at byte 16"), or null when they lay out the same.</summary>
    public static string? FirstDifference(TypeGraph left, TypeId leftType, TypeGraph right, TypeId rightType)
    {
        DefinitionEquality comparison = new(left, right);
        return comparison.ByValue(leftType, rightType, "", 0) ? null : comparison._difference;
    }

    /// <summary>A number for each type of a graph; types that lay out the same have the same.</summary>
    public static int[] HashesOf(TypeGraph graph)
    {
        int[] hashes = new int[graph.Count];
        for (int i = 1; i < hashes.Length; i++)
        {
            hashes[i] = graph.NodeOrNull(new TypeId(i)) switch
            {
                TypedefType type => hashes[type.Target.Index],
                QualifiedType type => hashes[type.Target.Index],
                BaseType type => HashCode.Combine(1, type.ByteSize, type.Encoding),
                EnumType type => HashCode.Combine(2, HashedName(type.Name), type.ByteSize),
                PointerType type => HashCode.Combine(3, type.ByteSize),
                ArrayType type => HashCode.Combine(4, type.Count, hashes[type.Element.Index]),
                AggregateReference type => HashCode.Combine(5, type.Kind, HashedName(type.Name)),
                AggregateType type => HashOf(type, hashes),
                _ => 0,
            };
        }

        return hashes;
    }

    private static int HashOf(AggregateType type, int[] hashes)
    {
        HashCode hash = default;
        hash.Add(type.Kind);
        hash.Add(HashedName(type.Name));
        hash.Add(type.ByteSize);
        hash.Add(type.Alignment);
        foreach (Member member in type.Members)
        {
            hash.Add(HashedName(member.Name));
            hash.Add(member.BitOffset);
            hash.Add(member.BitFieldSize);
            hash.Add(member.Alignment);
            hash.Add(hashes[member.Type.Index]);
        }

        return hash.ToHashCode();
    }

    // Both lie at bitBase of the whole, so that places count from its start: from that of struct page, say, not of the unnamed struct in it.
    private bool ByValue(TypeId leftType, TypeId rightType, string path, ulong bitBase)
    {
        leftType = _left.Strip(leftType);
        rightType = _right.Strip(rightType);
        if (leftType == TypeId.Void || rightType == TypeId.Void)
        {
            return leftType == rightType
                || Differ(path, leftType == TypeId.Void ? "is void" : "is not void", rightType == TypeId.Void ? "is void" : "is not void");
        }

        if ((leftType == rightType && ReferenceEquals(_left, _right)) || _equal.Contains((leftType, rightType)))
        {
            return true;
        }

        bool isSame = (_left[leftType], _right[rightType]) switch
        {
            (BaseType a, BaseType b) => (a.ByteSize == b.ByteSize || Differ(path, Bytes(a.ByteSize), Bytes(b.ByteSize)))
                && (a.Encoding == b.Encoding || Differ(path, $"is {a.Name}", $"is {b.Name}")),
            (EnumType a, EnumType b) => (IsSameName(a.Name, b.Name) || Differ(path, $"is enum {a.Name}", $"is enum {b.Name}"))
                && (a.ByteSize == b.ByteSize || Differ(path, Bytes(a.ByteSize), Bytes(b.ByteSize))) && SameEnumerators(a, b, path),
            (PointerType a, PointerType b) => (a.ByteSize == b.ByteSize || Differ(path, Bytes(a.ByteSize), Bytes(b.ByteSize)))
                && (PointeeName(_left, a.Target) == PointeeName(_right, b.Target)
                    || Differ(path, $"points to {PointeeName(_left, a.Target)}", $"points to {PointeeName(_right, b.Target)}")),
            (ArrayType a, ArrayType b) => (a.Count == b.Count || Differ(path, $"has {Count(a)} elements", $"has {Count(b)} elements"))
                && ByValue(a.Element, b.Element, path + "[]", bitBase),
            (AggregateReference a, AggregateReference b) => (a.Kind == b.Kind && IsSameName(a.Name, b.Name)) || Differ(path, $"is {Tagged(a.Kind, a.Name)}", $"is {Tagged(b.Kind, b.Name)}"),
            (AggregateType a, AggregateType b) => SameAggregate(a, b, path, bitBase),
            (FunctionType, FunctionType) => true,
            var (a, b) => Differ(path, $"is {Sort(a)}", $"is {Sort(b)}"),
        };
        if (isSame)
        {
            _equal.Add((leftType, rightType));
        }

        return isSame;
    }

    private bool SameAggregate(AggregateType left, AggregateType right, string path, ulong bitBase)
    {
        if (left.Kind != right.Kind || !IsSameName(left.Name, right.Name))
        {
            return Differ(path, $"is {Tagged(left.Kind, left.Name)}", $"is {Tagged(right.Kind, right.Name)}");
        }

        for (int i = 0; i < Math.Max(left.Members.Length, right.Members.Length); i++)
        {
            if (i >= left.Members.Length || i >= right.Members.Length)
            {
                Member extra = i < left.Members.Length ? left.Members[i] : right.Members[i];
                string there = $"has a member {extra.Name ?? "without a name"} at {Bits(bitBase + extra.BitOffset)}";
                return i < left.Members.Length ? Differ(path, there, "has not") : Differ(path, "has no more members", there);
            }

            Member a = left.Members[i];
            Member b = right.Members[i];
            string inner = a.Name is null ? path : path.Length == 0 ? a.Name : $"{path}.{a.Name}";
            if (!IsSameName(a.Name, b.Name))
            {
                return Differ(path, $"has {a.Name ?? "an unnamed member"} at {Bits(bitBase + a.BitOffset)}",
                    $"has {b.Name ?? "an unnamed member"} at {Bits(bitBase + b.BitOffset)}");
            }

            if (a.BitOffset != b.BitOffset)
            {
                return Differ(inner, $"is at {Bits(bitBase + a.BitOffset)}", $"is at {Bits(bitBase + b.BitOffset)}");
            }

            if (a.BitFieldSize != b.BitFieldSize)
            {
                return Differ(inner, Width(a), Width(b));
            }

            if (a.Alignment != b.Alignment)
            {
                return Differ(inner, Aligned(a.Alignment), Aligned(b.Alignment));
            }

            if (!ByValue(a.Type, b.Type, inner, bitBase + a.BitOffset))
            {
                return false;
            }
        }

        return (left.ByteSize == right.ByteSize || Differ(path, Bytes(left.ByteSize), Bytes(right.ByteSize)))
            && (left.Alignment == right.Alignment || Differ(path, Aligned(left.Alignment), Aligned(right.Alignment)));
    }

    /// <summary>
    /// The part of a name that is compared. The names of the kernel's __UNIQUE_ID (include/linux/compiler.h) end in a counter of the unit, which no source
    /// can name.
    /// </summary>
    [return: NotNullIfNotNull(nameof(name))]
    public static string? ComparedName(string? name) => name is not null && IsUnique(name) ? new string(name.AsSpan().TrimEnd("0123456789")) : name;

    /// <summary>Whether two names of members or tags are one; that of an unnamed one is null.</summary>
    public static bool IsSameName(string? a, string? b) => a == b || (a is not null && b is not null && IsUnique(a) && ComparedName(a) == ComparedName(b));

    /// <summary>Whether a name is one of the kernel's __UNIQUE_ID.</summary>
    public static bool IsUnique(string name) => name.StartsWith(UniquePrefix, StringComparison.Ordinal);

    private static string? HashedName(string? name) => name is not null && IsUnique(name) ? UniquePrefix : name;

    private bool Differ(string path, string left, string right)
    {
        _difference ??= $"{(path.Length == 0 ? "it" : path)} {left} in one and {right} in the other";
        return false;
    }

    // Only of the enumeration that was asked for; their order says nothing.
    private bool SameEnumerators(EnumType left, EnumType right, string path)
    {
        if (left.Enumerators is not { } mine || right.Enumerators is not { } others)
        {
            return left.Enumerators is null == right.Enumerators is null || Differ(path, "was read with its enumerators", "without");
        }

        Dictionary<string, Enumerator> byName = others.ToDictionary(e => e.Name, StringComparer.Ordinal);
        foreach (Enumerator enumerator in mine)
        {
            if (!byName.Remove(enumerator.Name, out Enumerator? other))
            {
                return Differ(path, $"has {enumerator.Name}", "has it not");
            }

            if (enumerator != other)
            {
                return Differ(path, $"has {enumerator.Name} = {enumerator.Value}", $"{other.Value}");
            }
        }

        return byName.Count == 0 || Differ(path, $"has no {byName.Keys.First()}", "has one");
    }

    /// <summary>The target of a pointer as far as it is compared: the kind and the tag.</summary>
    public static string PointeeName(TypeGraph graph, TypeId target)
    {
        string stars = "";
        foreach (TypeNode node in graph.Derivation(target))
        {
            switch (node)
            {
                case TypedefType or QualifiedType:
                    break;
                case PointerType:
                    stars += "*";
                    break;
                case ArrayType:
                    stars += "[]";
                    break;
                case AggregateReference reference:
                    return $"{TypeSpelling.Keyword(reference.Kind)} {ComparedName(reference.Name)}{stars}";
                case AggregateType aggregate:
                    return $"{TypeSpelling.Keyword(aggregate.Kind)} {ComparedName(aggregate.Name)}{stars}";
                case EnumType type:
                    return $"enum {ComparedName(type.Name)}{stars}";
                case BaseType type:
                    return $"a {type.ByteSize}-byte {type.Encoding}{stars}";
                default:
                    return "a function" + stars;
            }
        }

        return "void" + stars;
    }

    private static string Sort(TypeNode node) => node switch
    {
        BaseType => "a number",
        PointerType => "a pointer",
        EnumType => "an enum",
        ArrayType => "an array",
        AggregateType { Kind: AggregateKind.Struct } => "a struct",
        AggregateType => "a union",
        AggregateReference { Kind: AggregateKind.Struct } => "a struct that is only declared",
        AggregateReference => "a union that is only declared",
        _ => "a function",
    };

    private static string Tagged(AggregateKind kind, string? name)
        => name is null ? $"an unnamed {TypeSpelling.Keyword(kind)}" : $"{TypeSpelling.Keyword(kind)} {name}";

    private static string Aligned(ulong? alignment)
        => $"is aligned to {alignment?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nothing declared"}";

    private static string Width(Member member) => member.BitFieldSize is { } width ? $"is {Printable.Count(width, "bit")} wide" : "is no bitfield";

    private static string Count(ArrayType array) => array.Count?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no number of";

    private static string Bytes(ulong size) => $"has {Printable.Count(size, "byte")}";

    private static string Bits(ulong bitOffset) => bitOffset % 8 == 0 ? $"byte {bitOffset / 8}" : $"byte {bitOffset / 8} bit {bitOffset % 8}";
}
