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

    /// <summary>What is not known of it, and why, in a clause; null when all is certain.</summary>
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
    // A struct with more members has an index, made at the first lookup: a baseline looks up all of them.
    private const int FewMembers = 64;

    // By the struct alone: it belongs to one graph.
    private static readonly ConditionalWeakTable<AggregateType, Dictionary<string, (Member Member, ulong Offset, bool IsFlexible)>> s_indexes = [];

    /// <summary>
    /// The member, or null when <paramref name="root"/> has none of that path. A member that depends on the dimensions of an array that may be one of arrays
    /// has a <see cref="ResolvedMember.Doubt"/>.
    /// </summary>
    /// <param name="graph">The graph that holds the root.</param>
    /// <param name="root">A struct or union, or a typedef of one.</param>
    /// <param name="path">The path.</param>
    public static ResolvedMember? Resolve(TypeGraph graph, TypeId root, string path) => Resolve(graph, root, path, null);

    /// <summary>The names that can follow a path, or begin one where it is empty: those of the members there, through unnamed ones. None behind no struct.</summary>
    internal static IEnumerable<string> NamesAfter(TypeGraph graph, TypeId root, string path)
    {
        TypeId? type = path.Length == 0 ? root : Resolve(graph, root, path)?.Type;
        return type is { } found && graph.AsAggregate(found) is { } aggregate ? NamesIn(graph, aggregate) : [];
    }

    private static IEnumerable<string> NamesIn(TypeGraph graph, AggregateType aggregate)
        => aggregate.Members.SelectMany(m => m.Name is { } name ? [name] : graph.AsAggregate(m.Type) is { } inner ? NamesIn(graph, inner) : []);

    /// <summary>The same for one choice of such dimensions.</summary>
    /// <param name="graph">The graph that holds the root.</param>
    /// <param name="root">A struct or union, or a typedef of one.</param>
    /// <param name="path">The path.</param>
    /// <param name="firstDimension">The first dimension of the array of a path with so many elements in all, a divisor of their number.</param>
    internal static ResolvedMember? Resolve(TypeGraph graph, TypeId root, string path, Func<string, ulong, ulong>? firstDimension)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(path);
        return TryParse(path, out ImmutableArray<Step> steps) ? new Walk(graph, root, path, firstDimension).Follow(steps) : null;
    }

    /// <summary>The beginning of a path that is a pointer: what lies behind it is another type, and no part of this one. Null where there is none.</summary>
    internal static string? PointerOn(TypeGraph graph, TypeId root, string path)
    {
        for (int dot = path.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = path.IndexOf('.', dot + 1))
        {
            if (Resolve(graph, root, path[..dot]) is { } member && graph.NodeOrNull(graph.Strip(member.Type)) is PointerType)
            {
                return path[..dot];
            }
        }

        return null;
    }

    /// <summary>Whether a type is an array of unknown dimensions.</summary>
    public static bool IsOfOpenShape(TypeGraph graph, TypeId type)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return FlattenedArray(graph, type) is { Count: not 1 };
    }

    /// <summary>The array that a type stands for when it may be one of arrays; else null.</summary>
    private static ArrayType? FlattenedArray(TypeGraph graph, TypeId type) => graph.AsArray(type) is { MayBeFlattened: true } array ? array : null;

    /// <summary>Whether the text is a path: names joined by dots, indices in brackets.</summary>
    public static bool IsWellFormed(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return TryParse(path, out _);
    }

    /// <summary>A walk along a path, from the root inwards.</summary>
    private sealed class Walk(TypeGraph graph, TypeId root, string path, Func<string, ulong, ulong>? firstDimension)
    {
        private TypeId _type = root;
        private ulong _offset;
        private ulong? _bitFieldSize;
        private SourcePlace? _place;
        private bool _isFlexible;

        // The path so far, with [] for every index: the name of an array of open dimensions.
        private string _prefix = "";

        // The number of elements of the part of such an array that the indices so far have left, or null.
        private ulong? _rest;
        private string? _doubt;

        // Whether the last index was that of an array of one element, which may be one of more dimensions of one.
        private bool _isOfOneElement;

        public ResolvedMember? Follow(ImmutableArray<Step> steps)
        {
            for (int i = 0; i < steps.Length; i++)
            {
                if (_bitFieldSize is not null)
                {
                    return null;
                }

                bool isLast = i == steps.Length - 1;
                ResolvedMember? end = null;
                bool goesOn = steps[i].Name is { } name ? ToMember(name)
                    : FlattenedArray(graph, _type) is { } array && (_rest ?? array.Count) is not 1
                        ? ToOpenElement(array, _rest ?? array.Count, steps[i].Index, isLast, out end)
                        : ToElement(steps[i].Index, out end);
                if (!goesOn)
                {
                    return end;
                }
            }

            ulong? bitSize = _bitFieldSize ?? (_rest is { } left ? left * 8 * graph.ByteSizeOf(graph.AsArray(_type)!.Element) : graph.ByteSizeOf(_type) * 8);
            return new ResolvedMember(path, _offset, bitSize, _type, _bitFieldSize is not null)
            {
                Place = _place,
                ElementCount = _rest,
                Doubt = _doubt,
                IsFlexible = _isFlexible,
            };
        }

        private bool ToMember(string name)
        {
            if (_rest is not null || graph.AsAggregate(_type) is not { } aggregate || Find(graph, aggregate, name) is not { } found)
            {
                return false;
            }

            _offset += found.Offset;
            _type = found.Member.Type;
            _bitFieldSize = found.Member.BitFieldSize;
            _place = found.Member.Place;
            _isFlexible = found.IsFlexible;
            _isOfOneElement = false;
            _prefix = _prefix.Length == 0 ? name : $"{_prefix}.{name}";
            return true;
        }

        // An element of an array that may be one of arrays: what the index selects depends on the first dimension.
        private bool ToOpenElement(ArrayType array, ulong? count, ulong index, bool isLast, out ResolvedMember? end)
        {
            end = null;
            if (graph.ByteSizeOf(array.Element) is not { } size || (count > 0 && index >= count))
            {
                end = OfFurtherDimension();
                return false;
            }

            if (count is null or 0)
            {
                // Nothing bounds the elements: only the start of the first one is known.
                end = new ResolvedMember(path, _offset, null, _type, false) { Place = _place, Doubt = InDoubt(count, index == 0 && isLast) };
                return false;
            }

            ulong dimension = firstDimension?.Invoke(_prefix, count.Value) ?? count.Value;
            if (index >= dimension)
            {
                end = OfFurtherDimension();
                return false;
            }

            if (firstDimension is null)
            {
                _doubt ??= InDoubt(count, index == 0 && isLast);
            }

            _isFlexible = false;
            ulong many = count.Value / dimension;
            _offset += index * many * size * 8;
            _rest = many == 1 ? null : many;
            _type = many == 1 ? array.Element : _type;
            _prefix += "[]";
            return true;
        }

        private bool ToElement(ulong index, out ResolvedMember? end)
        {
            end = null;
            if (_isOfOneElement && index == 0 && Element(graph, _type, 0) is null)
            {
                // [1][1] is one array of one element too, and each of its dimensions is all of it.
                _prefix += "[]";
                return true;
            }

            _isFlexible = false;
            _isOfOneElement = FlattenedArray(graph, _type) is { Count: 1 };
            if (Element(graph, _type, index) is not { } element)
            {
                end = OfFurtherDimension();
                return false;
            }

            _offset += element.Offset;
            _type = element.Type;
            _rest = null;
            _prefix += "[]";
            return true;
        }

        // For an index that no element has: below an array of open dimensions, it may be one of a further dimension.
        private ResolvedMember? OfFurtherDimension()
            => _doubt is null ? null : new ResolvedMember(path, _offset, null, _type, false) { Place = _place, Doubt = _doubt };

        private string InDoubt(ulong? count, bool isPlaceKnown)
        {
            string many = count is null or 0 ? "an array of no number of elements" : $"one array of {count} elements";
            string what = isPlaceKnown ? $"how long {path} is" : $"where {path} lies";
            return $"BTF does not tell {what}: it has {_prefix} as {many}, as it has arrays of arrays too";
        }
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

    // Of two members of one name, the first is found.
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
