using System.Collections.Immutable;
using System.Globalization;
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
    /// <summary>The member, or null when <paramref name="root"/> has none of that path.</summary>
    /// <param name="graph">The graph that holds the root.</param>
    /// <param name="root">A struct or union, or a typedef of one.</param>
    /// <param name="path">The path.</param>
    public static ResolvedMember? Resolve(TypeGraph graph, TypeId root, string path)
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
        SourcePlace? place = null;
        bool isFlexible = false;
        foreach (Step step in steps)
        {
            if (bitFieldSize is not null)
            {
                return null;
            }

            if (step.Name is { } name)
            {
                if (graph.AsAggregate(type) is not { } aggregate || Find(graph, aggregate, name) is not { } found)
                {
                    return null;
                }

                offset += found.Offset;
                type = found.Member.Type;
                bitFieldSize = found.Member.BitFieldSize;
                place = found.Member.Place;
                isFlexible = found.IsFlexible;
            }
            else
            {
                isFlexible = false;
                if (Element(graph, type, step.Index) is not { } element)
                {
                    return null;
                }

                offset += element.Offset;
                type = element.Type;
            }
        }

        return new ResolvedMember(path, offset, bitFieldSize ?? graph.ByteSizeOf(type) * 8, type, bitFieldSize is not null)
        { Place = place, IsFlexible = isFlexible };
    }

    /// <summary>Whether the text is a path: names joined by dots, indices in brackets.</summary>
    public static bool IsWellFormed(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return TryParse(path, out _);
    }

    private static (Member Member, ulong Offset, bool IsFlexible)? Find(TypeGraph graph, AggregateType aggregate, string name)
    {
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

    private static (TypeId Type, ulong Offset)? Element(TypeGraph graph, TypeId type, ulong index)
    {
        type = graph.Strip(type);
        if (type == TypeId.Void || graph[type] is not ArrayType array || graph.ByteSizeOf(array.Element) is not { } size)
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
