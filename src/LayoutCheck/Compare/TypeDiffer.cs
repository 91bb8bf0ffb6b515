using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>
/// Compares two definitions of a struct or union, member by member. It sees graphs only, neither DWARF nor BTF. A member of a named struct or union is not
/// entered: users know its name, and the type is compared for itself; the result has its name and the weight of its changes. One differ serves one pair of
/// definitions.
/// </summary>
internal sealed class TypeDiffer
{
    // A type that has no name on one side is listed on both; what that brings to light may have none either.
    private const int MostExpansions = 8;

    private const int FirstWithAlignments = 7;

    private readonly ComparedDefinition _left;
    private readonly ComparedDefinition _right;
    private readonly Normalising _rules;
    private readonly Dictionary<(TypeId Left, TypeId Right), ChangeClass> _known = [];

    private TypeDiffer(ComparedDefinition left, ComparedDefinition right, Normalising rules)
    {
        _left = left;
        _right = right;
        _rules = rules;
    }

    private TypeGraph LeftGraph => _left.Definition.Graph;

    private TypeGraph RightGraph => _right.Definition.Graph;

    private bool IsMixed => _left.Source != _right.Source;

    /// <summary>Compares two definitions.</summary>
    /// <param name="name">The name that both are of.</param>
    /// <param name="left">The old one.</param>
    /// <param name="right">The new one.</param>
    /// <param name="rules">The rules to apply.</param>
    public static TypeChanges Compare(TypeName name, ComparedDefinition left, ComparedDefinition right, Normalising rules = Normalising.All)
        => new TypeDiffer(left, right, rules).Compare(name, left.Definition.Root, right.Definition.Root);

    private TypeChanges Compare(TypeName name, TypeId left, TypeId right)
    {
        AggregateType old = (AggregateType)LeftGraph[left];
        AggregateType now = (AggregateType)RightGraph[right];
        TypeMatch types = new(LeftGraph, RightGraph, IsMixed, _rules);
        WholeAt oldWhole = new(old.ByteSize, AlignmentOf(_left, left));
        WholeAt newWhole = new(now.ByteSize, AlignmentOf(_right, right));
        MemberMatch match = Match(old, now);
        ImmutableArray<InnerChange>.Builder inner = ImmutableArray.CreateBuilder<InnerChange>();
        TypeId[] causes = new TypeId[match.Pairs.Count];
        for (int i = 0; i < causes.Length; i++)
        {
            (FlatMember l, FlatMember r) = match.Pairs[i];
            if (!l.IsExpanded && NamedByValue(l, r) is var (a, b) && ClassInside(a, b) is not ChangeClass.None and var weight)
            {
                AggregateType named = (AggregateType)RightGraph[b];
                inner.Add(new InnerChange(r.Path, new TypeName(TypeName.KindOf(named.Kind), named.Name!), weight));
                causes[i] = b;
            }
        }

        MemberChanges changes = new(LeftGraph, RightGraph, match, types, causes, isSameSize: old.ByteSize == now.ByteSize, oldBits: old.ByteSize * 8);
        ImmutableArray<MemberChange> all = changes.All();
        bool comparesAlignments = !_rules.HasFlag(Normalising.Alignments) || TellsAlignments(_left) == TellsAlignments(_right);
        TypeChanges result = new(name, comparesAlignments ? oldWhole : oldWhole with { Alignment = null }, comparesAlignments ? newWhole : newWhole with { Alignment = null },
            all, inner.ToImmutable())
        { CharMembers = types.CharDifferences };
        ChangeClass own = all.Aggregate(ChangeClass.None, (most, change) => change.Class > most ? change.Class : most);
        return result with { OwnClass = old.ByteSize != now.ByteSize || result.IsRealigned || old.Kind != now.Kind ? ChangeClass.Layout : own };
    }

    private MemberMatch Match(AggregateType old, AggregateType now)
    {
        HashSet<string> expand = [];
        for (int round = 0; ; round++)
        {
            MemberMatch match = new(FlatMembers.Of(LeftGraph, old, _rules, expand), FlatMembers.Of(RightGraph, now, _rules, expand));
            int before = expand.Count;
            foreach ((FlatMember l, FlatMember r) in match.Pairs)
            {
                if (l.IsExpanded != r.IsExpanded && _rules.HasFlag(Normalising.Tags) && AggregateOf(LeftGraph, l.Type) is not null && AggregateOf(RightGraph, r.Type) is not null)
                {
                    expand.Add(l.Path);
                }
            }

            if (expand.Count == before || round == MostExpansions)
            {
                return match;
            }
        }
    }

    private static AggregateType? AggregateOf(TypeGraph graph, TypeId type) => graph.AsAggregate(graph.Innermost(type));

    // The struct or union that both have by value under one name, also as the element of an array.
    private (TypeId Left, TypeId Right)? NamedByValue(FlatMember l, FlatMember r)
    {
        TypeId a = LeftGraph.Strip(LeftGraph.Innermost(l.Type));
        TypeId b = RightGraph.Strip(RightGraph.Innermost(r.Type));
        return LeftGraph.NodeOrNull(a) is AggregateType { Name: { } } old && RightGraph.NodeOrNull(b) is AggregateType { Name: { } } now
            && old.Kind == now.Kind && DefinitionEquality.IsSameName(old.Name, now.Name) ? (a, b) : null;
    }

    private ChangeClass ClassInside(TypeId left, TypeId right)
    {
        if (!_known.TryGetValue((left, right), out ChangeClass known))
        {
            known = Compare(default, left, right).Class;
            _known.Add((left, right), known);
        }

        return known;
    }

    // BTF records none; DW_AT_alignment is of DWARF 5 and of GCC 7 on, which leaves it out of older versions when it is to be strict.
    private static bool TellsAlignments(ComparedDefinition side)
        => side.Source == SourceKind.Dwarf && (side.Definition.Aggregate.Alignment is not null || !side.Definition.Units.Any(u => IsSilent(u.Producer)));

    private static bool IsSilent(string producer)
    {
        string[] words = producer.Split(' ', 4);
        bool isOld = words is ["GNU", _, var version, ..] && int.TryParse(version.AsSpan(0, Math.Max(0, version.IndexOf('.', StringComparison.Ordinal))), CultureInfo.InvariantCulture, out int major)
            && major < FirstWithAlignments;
        return isOld || (producer.Contains(" -gstrict-dwarf", StringComparison.Ordinal) && !producer.Contains(" -gdwarf-5", StringComparison.Ordinal));
    }

    // The larger of the declared and the natural one, where it is certain. GCC declares the alignment of the type, clang that of its attributes.
    private static ulong? AlignmentOf(ComparedDefinition side, TypeId type)
    {
        TypeGraph graph = side.Definition.Graph;
        AggregateType aggregate = (AggregateType)graph[type];
        if (aggregate.Alignment is not null && side.Definition.HasExactAlignments)
        {
            return aggregate.Alignment;
        }

        // Of the attributes alone: the members may have more.
        ulong declared = aggregate.Alignment ?? 1;
        TypeAlignment? natural = graph.NaturalAlignmentOf(aggregate, side.Scalars);
        ulong least = Math.Max(natural?.Least ?? 1, declared);
        return least == Math.Max(natural?.Most ?? 1, declared) ? least : null;
    }
}
