using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>
/// All differences between two definitions of a type in what a layout depends on, as data. It goes as deep as <see cref="DefinitionEquality"/>, which tells the
/// first difference in words, and finds none exactly where that finds none. Members are matched by their names, through unnamed structs and unions.
/// </summary>
internal sealed class StructuralDiff
{
    /// <summary>How many differences are listed. Past it two types have little in common.</summary>
    public const int Most = 1 << 14;

    // So many members at one place are looked at for one that was renamed: only damage has more.
    private const int MostAtOnePlace = 64;

    private readonly TypeGraph _left;
    private readonly TypeGraph _right;
    private readonly ImmutableArray<StructuralDifference>.Builder _found = ImmutableArray.CreateBuilder<StructuralDifference>();

    // Only equal pairs are remembered: the differences of a type are listed at each place where it stands.
    private readonly HashSet<(TypeId Left, TypeId Right)> _equal = [];

    private StructuralDiff(TypeGraph left, TypeGraph right)
    {
        _left = left;
        _right = right;
    }

    /// <summary>The differences, in the order of the left definition's members, those that were added last; <see cref="Most"/> at the most.</summary>
    public static ImmutableArray<StructuralDifference> Of(TypeDefinition left, TypeDefinition right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return Of(left.Graph, left.Root, right.Graph, right.Root);
    }

    /// <summary>The same for a type of each of two graphs, which may be one.</summary>
    public static ImmutableArray<StructuralDifference> Of(TypeGraph left, TypeId leftType, TypeGraph right, TypeId rightType)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        StructuralDiff diff = new(left, right);
        diff.Compare(new Place(left, leftType, "", 0), new Place(right, rightType, "", 0), "");
        return diff._found.ToImmutable();
    }

    private void Compare(Place left, Place right, string path)
    {
        TypeId leftType = _left.Strip(left.Type);
        TypeId rightType = _right.Strip(right.Type);
        bool isSame = (leftType == rightType && ReferenceEquals(_left, _right)) || _equal.Contains((leftType, rightType));
        int before = _found.Count;
        if (left.BitSize != right.BitSize)
        {
            Add(path.Length == 0 ? DifferenceKind.Size : DifferenceKind.Resized, path, left, right);
        }

        bool isBitField = left.BitFieldSize is not null;
        if (isBitField != (right.BitFieldSize is not null) || (!isSame && IsRetyped(leftType, rightType, isBitField)))
        {
            Add(DifferenceKind.Retyped, path, left, right);
        }

        if (isSame || _found.Count >= Most)
        {
            return;
        }

        switch (_left.NodeOrNull(leftType), _right.NodeOrNull(rightType))
        {
            case (ArrayType a, ArrayType b):
                if (a.Count != b.Count)
                {
                    Add(DifferenceKind.Recounted, path, left, right);
                }

                Compare(left.Element(a), right.Element(b), path + "[]");
                break;
            // Another struct has other members. Of an unnamed one they are those of what it is in, and the whole type is what was asked for.
            case (AggregateType a, AggregateType b) when path.Length == 0 || DefinitionEquality.IsSameName(a.Name, b.Name):
                if (a.Alignment != b.Alignment)
                {
                    Add(DifferenceKind.Alignment, path, left with { Alignment = a.Alignment }, right with { Alignment = b.Alignment });
                }

                CompareMembers(new Members(left, a), new Members(right, b), path);
                break;
            default:
                break;
        }

        if (_found.Count == before)
        {
            _ = _equal.Add((leftType, rightType));
        }
    }

    // Sizes and members apart, but for the size of a bit-field's type, which is not that of the member.
    private bool IsRetyped(TypeId left, TypeId right, bool isBitField) => (_left.NodeOrNull(left), _right.NodeOrNull(right)) switch
    {
        (null, null) => false,
        (BaseType a, BaseType b) => a.Encoding != b.Encoding || (isBitField && a.ByteSize != b.ByteSize),
        (EnumType a, EnumType b) => !DefinitionEquality.IsSameName(a.Name, b.Name) || (isBitField && a.ByteSize != b.ByteSize),
        (PointerType a, PointerType b) => DefinitionEquality.PointeeName(_left, a.Target) != DefinitionEquality.PointeeName(_right, b.Target),
        (AggregateReference a, AggregateReference b) => a.Kind != b.Kind || !DefinitionEquality.IsSameName(a.Name, b.Name),
        (AggregateType a, AggregateType b) => a.Kind != b.Kind || !DefinitionEquality.IsSameName(a.Name, b.Name),
        var (a, b) => a?.GetType() != b?.GetType(),
    };

    private void CompareMembers(Members left, Members right, string path)
    {
        int before = _found.Count;
        List<(int Left, int Right)> matched = Match(left, right, out List<int> removed, out List<int> added);
        foreach ((int l, int r) in matched)
        {
            CompareMember(left.Named[l], right.Named[r], path);
        }

        foreach ((int l, int r) in Renamed(left, removed, right, added))
        {
            Add(DifferenceKind.Renamed, Join(path, left.Named[l].Name), left.Named[l], right.Named[r]);
            matched.Add((l, r));
        }

        removed.ForEach(l => Add(DifferenceKind.Removed, Join(path, left.Named[l].Name), left.Named[l], null));
        added.ForEach(r => Add(DifferenceKind.Added, Join(path, right.Named[r].Name), null, right.Named[r]));
        foreach ((int l, int r) in OutOfOrder(matched))
        {
            // A member that moved is listed for that.
            if (left.Named[l].BitOffset - left.BitBase == right.Named[r].BitOffset - right.BitBase)
            {
                Add(DifferenceKind.Reordered, Join(path, left.Named[l].Name), left.Named[l], right.Named[r]);
            }
        }

        // The unnamed structs and unions themselves: their own places, sizes and alignments, and those without a named member.
        if (_found.Count == before && !left.Groups.SequenceEqual(right.Groups))
        {
            Add(DifferenceKind.Regrouped, path, left.Whole, right.Whole);
        }

        void CompareMember(Place l, Place r, string inPath)
        {
            string member = Join(inPath, l.Name);
            if (l.BitOffset - left.BitBase != r.BitOffset - right.BitBase)
            {
                Add(DifferenceKind.Moved, member, l, r);
            }

            if (l.Group != r.Group)
            {
                Add(DifferenceKind.Regrouped, member, l, r);
            }

            if (l.Alignment != r.Alignment)
            {
                Add(DifferenceKind.Alignment, member, l, r);
            }

            Compare(l, r, member);
        }
    }

    // Members of one name, the first with the first; the names that the kernel numbers are one name.
    private static List<(int Left, int Right)> Match(Members left, Members right, out List<int> removed, out List<int> added)
    {
        Dictionary<string, Queue<int>> byName = new(StringComparer.Ordinal);
        for (int i = 0; i < right.Named.Count; i++)
        {
            string name = DefinitionEquality.ComparedName(right.Named[i].Name);
            if (!byName.TryGetValue(name, out Queue<int>? all))
            {
                byName.Add(name, all = new Queue<int>());
            }

            all.Enqueue(i);
        }

        List<(int Left, int Right)> matched = [];
        removed = [];
        for (int i = 0; i < left.Named.Count; i++)
        {
            if (byName.TryGetValue(DefinitionEquality.ComparedName(left.Named[i].Name), out Queue<int>? all) && all.TryDequeue(out int other))
            {
                matched.Add((i, other));
            }
            else
            {
                removed.Add(i);
            }
        }

        added = [.. byName.Values.SelectMany(rest => rest).Order()];
        return matched;
    }

    // Takes those out of both lists that have one place, one size and one type.
    private List<(int Left, int Right)> Renamed(Members left, List<int> removed, Members right, List<int> added)
    {
        List<(int Left, int Right)> pairs = [];
        ILookup<(ulong, ulong?), int> byPlace = added.ToLookup(r => (right.Named[r].BitOffset - right.BitBase, right.Named[r].BitSize));
        HashSet<int> taken = [];
        foreach (int l in removed)
        {
            Place old = left.Named[l];
            foreach (int r in byPlace[(old.BitOffset - left.BitBase, old.BitSize)].Take(MostAtOnePlace))
            {
                Place now = right.Named[r];
                if (!taken.Contains(r) && (old.BitFieldSize, old.Alignment, old.Group) == (now.BitFieldSize, now.Alignment, now.Group)
                    && DefinitionEquality.Same(_left, old.Type, _right, now.Type))
                {
                    pairs.Add((l, r));
                    _ = taken.Add(r);
                    break;
                }
            }
        }

        HashSet<int> renamed = [.. pairs.Select(p => p.Left)];
        removed.RemoveAll(renamed.Contains);
        added.RemoveAll(taken.Contains);
        return pairs;
    }

    // The fewest pairs without which both sides are in one order: those outside of a longest increasing subsequence.
    private static IEnumerable<(int Left, int Right)> OutOfOrder(List<(int Left, int Right)> pairs)
    {
        pairs.Sort();
        HashSet<int> inOrder = OrderedSubsequence.Longest([.. pairs.Select(p => p.Right)]);
        return [.. pairs.Where((_, i) => !inOrder.Contains(i))];
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private void Add(DifferenceKind kind, string path, Place? left, Place? right)
    {
        if (_found.Count < Most)
        {
            _found.Add(new StructuralDifference(kind, path, left?.State, right?.State));
        }
    }

    /// <summary>A member or a type where it lies. Places are in bits from the start of the whole type.</summary>
    private sealed record Place(TypeGraph Graph, TypeId Type, string Name, ulong BitOffset)
    {
        public ulong? BitFieldSize { get; init; }

        // In bytes, as in the graph.
        public ulong? Alignment { get; init; }

        public string Group { get; init; } = "";

        public ulong? BitSize => BitFieldSize ?? Graph.ByteSizeOf(Type) * 8;

        public MemberState State => new(Name, BitOffset, BitSize, Alignment * 8, Graph.Declare(Type))
        {
            BitFieldSize = BitFieldSize,
            ElementCount = Graph.AsArray(Type)?.Count,
            Group = Group,
        };

        public Place Element(ArrayType array) => new(Graph, array.Element, "", BitOffset);
    }

    /// <summary>The members of a struct or union, those of its unnamed structs and unions among them.</summary>
    private sealed class Members
    {
        public Members(Place whole, AggregateType aggregate)
        {
            Whole = whole;
            AddAll(aggregate, whole.BitOffset, "");
        }

        public Place Whole { get; }

        public ulong BitBase => Whole.BitOffset;

        /// <summary>Those with a name, in the order of declaration.</summary>
        public List<Place> Named { get; } = [];

        /// <summary>All that <see cref="Named"/> does not tell, in a form to compare: the unnamed members in their order among the others.</summary>
        public List<object> Groups { get; } = [];

        private void AddAll(AggregateType aggregate, ulong bitBase, string group)
        {
            TypeGraph graph = Whole.Graph;
            foreach (Member member in aggregate.Members)
            {
                ulong offset = bitBase + member.BitOffset;
                if (member.Name is { } name)
                {
                    Named.Add(new Place(graph, member.Type, name, offset) { BitFieldSize = member.BitFieldSize, Alignment = member.Alignment, Group = group });
                    Groups.Add(DefinitionEquality.ComparedName(name));
                }
                else if (graph.AsAggregate(member.Type) is { } inner)
                {
                    Groups.Add((inner.Kind, DefinitionEquality.ComparedName(inner.Name), offset - BitBase, inner.ByteSize, inner.Alignment, member.Alignment));
                    string keyword = TypeSpelling.Keyword(inner.Kind);
                    AddAll(inner, offset, group.Length == 0 ? keyword : $"{group} {keyword}");
                    Groups.Add('}');
                }
                else
                {
                    // A bit-field without a name.
                    TypeNode? type = graph.NodeOrNull(graph.Strip(member.Type));
                    Groups.Add((offset - BitBase, member.BitFieldSize, member.Alignment, graph.ByteSizeOf(member.Type), (type as BaseType)?.Encoding,
                        DefinitionEquality.ComparedName((type as EnumType)?.Name)));
                }
            }
        }
    }
}
