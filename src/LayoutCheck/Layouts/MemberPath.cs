using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using LayoutCheck.Types;

namespace LayoutCheck.Layouts;

/// <summary>A member found by its path, with its place in the type that was asked.</summary>
/// <param name="Path">The path as it was resolved: <c>lru.next</c>. Unnamed members leave no trace in it.</param>
/// <param name="BitOffset">Bits from the start of the type asked.</param>
/// <param name="BitSize">Its width in bits: 8 * sizeof, or the width of a bitfield; null when the type has no size.</param>
/// <param name="Type">Its type, in the graph asked.</param>
/// <param name="IsBitField">Whether it is a bitfield (then C has no offsetof for it).</param>
public sealed record ResolvedMember(string Path, ulong BitOffset, ulong? BitSize, TypeId Type, bool IsBitField)
{
    /// <summary>Where it is declared, when that is known; not compared.</summary>
    public SourcePlace? Place { get; init; }

    /// <summary>Whether it is a flexible array (<see cref="TypeGraph.IsFlexibleArray"/>); not compared.</summary>
    public bool IsFlexible { get; init; }

    /// <summary>How many elements it has, when it is a part of an array that stands for an array of arrays; <see cref="Type"/> is the whole then.</summary>
    public ulong? ElementCount { get; init; }

    /// <summary>What of it the debug information does not tell, and why, in a clause; null when all is certain.</summary>
    public string? Doubt { get; init; }

    /// <inheritdoc/>
    public bool Equals(ResolvedMember? other) => other is not null && Path == other.Path && BitOffset == other.BitOffset
        && BitSize == other.BitSize && Type == other.Type && IsBitField == other.IsBitField;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Path, BitOffset, BitSize, Type, IsBitField);
}

/// <summary>
/// Finds members by C's designator syntax (<c>a.b[2].c</c>), looking through unnamed members: anonymous structs and unions
/// and tagged ones without a member name (-fms-extensions).
/// </summary>
public static class MemberPath
{
    // Of a struct with more, the members are found by an index that is made when the first one is asked for: a baseline asks for all of them.
    private const int FewMembers = 64;

    // A struct belongs to one graph, so that it says which of its members are structs.
    private static readonly ConditionalWeakTable<AggregateType, Dictionary<string, (Member Member, ulong Offset, bool IsFlexible)>> s_indexes = [];

    /// <summary>
    /// The member, or null when <paramref name="root"/> has none of that path. What depends on the dimensions of an array that may be one of arrays
    /// comes with a <see cref="ResolvedMember.Doubt"/>.
    /// </summary>
    /// <param name="graph">The graph that holds the root.</param>
    /// <param name="root">A struct or union, or a typedef of one.</param>
    /// <param name="path">The path.</param>
    public static ResolvedMember? Resolve(TypeGraph graph, TypeId root, string path) => Resolve(graph, root, path, null);

    /// <summary>The same for one choice of such dimensions.</summary>
    /// <param name="graph">The graph that holds the root.</param>
    /// <param name="root">A struct or union, or a typedef of one.</param>
    /// <param name="path">The path.</param>
    /// <param name="firstDimension">The first dimension of the array of a path with so many elements in all, a divisor of their number.</param>
    internal static ResolvedMember? Resolve(TypeGraph graph, TypeId root, string path, Func<string, ulong, ulong>? firstDimension)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(path);
        if (!TryParse(path, out ImmutableArray<Step> steps))
        {
            return null;
        }

        TypeId type = root;
        ulong offset = 0;
        ulong? bitFieldSize = null;
        ulong? rest = null;
        string? doubt = null;
        SourcePlace? place = null;
        bool isFlexible = false;
        string prefix = "";
        bool isOfOneElement = false;
        for (int i = 0; i < steps.Length; i++)
        {
            Step step = steps[i];
            if (bitFieldSize is not null)
            {
                return null;
            }

            if (step.Name is { } name)
            {
                if (rest is not null || graph.AsAggregate(type) is not { } aggregate || Find(graph, aggregate, name) is not { } found)
                {
                    return null;
                }

                offset += found.Offset;
                type = found.Member.Type;
                bitFieldSize = found.Member.BitFieldSize;
                place = found.Member.Place;
                isFlexible = found.IsFlexible;
                isOfOneElement = false;
                prefix = prefix.Length == 0 ? name : $"{prefix}.{name}";
            }
            else if (FlattenedArray(graph, type) is { } array && (rest ?? array.Count) is var count && count != 1)
            {
                if (graph.ByteSizeOf(array.Element) is not { } size || (count > 0 && step.Index >= count))
                {
                    return OfFurtherDimension();
                }

                if (count is null or 0)
                {
                    // Nothing bounds what an element is: only where the first one begins is known.
                    return new ResolvedMember(path, offset, null, type, false)
                    {
                        Place = place,
                        Doubt = InDoubt(path, prefix, count, step.Index == 0 && i == steps.Length - 1),
                    };
                }

                ulong dimension = firstDimension?.Invoke(prefix, count.Value) ?? count.Value;
                if (step.Index >= dimension)
                {
                    return OfFurtherDimension();
                }

                if (firstDimension is null)
                {
                    doubt ??= InDoubt(path, prefix, count, step.Index == 0 && i == steps.Length - 1);
                }

                isFlexible = false;
                ulong many = count.Value / dimension;
                offset += step.Index * many * size * 8;
                rest = many == 1 ? null : many;
                type = many == 1 ? array.Element : type;
                prefix += "[]";
            }
            else if (isOfOneElement && step.Index == 0 && Element(graph, type, 0) is null)
            {
                // [1][1] is one array of one element too, and each of its dimensions is all of it.
                prefix += "[]";
            }
            else
            {
                isFlexible = false;
                isOfOneElement = FlattenedArray(graph, type) is { Count: 1 };
                if (Element(graph, type, step.Index) is not { } element)
                {
                    return OfFurtherDimension();
                }

                offset += element.Offset;
                type = element.Type;
                rest = null;
                prefix += "[]";
            }
        }

        ulong? bitSize = bitFieldSize ?? (rest is { } left ? left * 8 * graph.ByteSizeOf(graph.AsArray(type)!.Element) : graph.ByteSizeOf(type) * 8);
        return new ResolvedMember(path, offset, bitSize, type, bitFieldSize is not null) { Place = place, ElementCount = rest, Doubt = doubt, IsFlexible = isFlexible };

        // An index that no element has: below an array of open dimensions, it may be one of a further dimension.
        ResolvedMember? OfFurtherDimension() => doubt is null ? null : new ResolvedMember(path, offset, null, type, false) { Place = place, Doubt = doubt };
    }

    /// <summary>Whether a type is an array of which the dimensions are not known.</summary>
    public static bool IsOfOpenShape(TypeGraph graph, TypeId type)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return FlattenedArray(graph, type) is { Count: not 1 };
    }

    /// <summary>The array that a type stands for when it may be one of arrays; else null.</summary>
    private static ArrayType? FlattenedArray(TypeGraph graph, TypeId type) => graph.AsArray(type) is { MayBeFlattened: true } array ? array : null;

    private static string InDoubt(string path, string array, ulong? count, bool isPlaceKnown)
    {
        string many = count is null or 0 ? "an array of no number of elements" : string.Create(CultureInfo.InvariantCulture, $"one array of {count} elements");
        return $"BTF does not tell {(isPlaceKnown ? $"how long {path} is" : $"where {path} lies")}: it has {array} as {many}, as it has arrays of arrays too";
    }

    /// <summary>Whether the text is a path: names joined by dots, indices in brackets.</summary>
    public static bool IsWellFormed(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return TryParse(path, out _);
    }

    private static (Member Member, ulong Offset, bool IsFlexible)? Find(TypeGraph graph, AggregateType aggregate, string name)
    {
        if (aggregate.Members.Length > FewMembers)
        {
            Dictionary<string, (Member Member, ulong Offset, bool IsFlexible)> index = s_indexes.GetValue(aggregate, of => IndexOf(graph, of));
            return index.TryGetValue(name, out (Member Member, ulong Offset, bool IsFlexible) known) ? known : null;
        }

        for (int i = 0; i < aggregate.Members.Length; i++)
        {
            Member member = aggregate.Members[i];
            if (member.Name == name)
            {
                return (member, member.BitOffset, graph.IsFlexibleArray(aggregate, i));
            }

            if (member.Name is null && graph.AsAggregate(member.Type) is { } inner && Find(graph, inner, name) is { } found)
            {
                return (found.Member, member.BitOffset + found.Offset, found.IsFlexible);
            }
        }

        return null;
    }

    private static Dictionary<string, (Member Member, ulong Offset, bool IsFlexible)> IndexOf(TypeGraph graph, AggregateType aggregate)
    {
        Dictionary<string, (Member Member, ulong Offset, bool IsFlexible)> index = new(StringComparer.Ordinal);
        AddTo(index, graph, aggregate, 0);
        return index;
    }

    // The first member of a name is the one that is found.
    private static void AddTo(Dictionary<string, (Member Member, ulong Offset, bool IsFlexible)> index, TypeGraph graph, AggregateType aggregate, ulong offset)
    {
        for (int i = 0; i < aggregate.Members.Length; i++)
        {
            Member member = aggregate.Members[i];
            if (member.Name is { } name)
            {
                index.TryAdd(name, (member, offset + member.BitOffset, graph.IsFlexibleArray(aggregate, i)));
            }
            else if (graph.AsAggregate(member.Type) is { } inner)
            {
                AddTo(index, graph, inner, offset + member.BitOffset);
            }
        }
    }

    private static (TypeId Type, ulong Offset)? Element(TypeGraph graph, TypeId type, ulong index)
    {
        if (graph.AsArray(type) is not { } array || graph.ByteSizeOf(array.Element) is not { } size)
        {
            return null;
        }

        // A flexible array has no last element; the others have no element past theirs.
        bool isBeyond = array.Count is { } count && count != 0 && index >= count;
        return isBeyond || index > ulong.MaxValue / 8 / Math.Max(size, 1) ? null : (array.Element, index * size * 8);
    }

    private static bool TryParse(string path, out ImmutableArray<Step> steps)
    {
        ImmutableArray<Step>.Builder found = ImmutableArray.CreateBuilder<Step>();
        steps = [];
        int at = 0;
        while (at < path.Length)
        {
            if (path[at] == '[')
            {
                int close = path.IndexOf(']', at);
                if (close < 0 || found.Count == 0
                    || !ulong.TryParse(path.AsSpan(at + 1, close - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong index))
                {
                    return false;
                }

                found.Add(new Step(null, index));
                at = close + 1;
                continue;
            }

            if (found.Count > 0)
            {
                if (path[at] != '.')
                {
                    return false;
                }

                at++;
            }

            int start = at;
            while (at < path.Length && (char.IsAsciiLetterOrDigit(path[at]) || path[at] is '_' or '$'))
            {
                at++;
            }

            if (at == start)
            {
                return false;
            }

            found.Add(new Step(path[start..at], 0));
        }

        steps = found.ToImmutable();
        return found.Count > 0;
    }

    private readonly record struct Step(string? Name, ulong Index);
}
