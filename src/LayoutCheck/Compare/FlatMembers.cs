using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>A member with a path, without the unnamed structs and unions around it. Places are in bits from the start of the whole.</summary>
internal sealed record FlatMember(string Path, TypeId Type, ulong BitOffset, ulong BitSize)
{
    public bool IsBitField { get; init; }

    /// <summary>Whether it is an array that has all bytes behind its place (<see cref="TypeGraph.IsFlexibleArray"/>).</summary>
    public bool IsFlexible { get; init; }

    /// <summary>Its own name, as it is compared.</summary>
    public required string Name { get; init; }

    /// <summary>The unnamed struct or union that declares it; null at the top level of the whole.</summary>
    public required Arm? Arm { get; init; }

    /// <summary>Whether it is kept in a wrapper beside its replacement (<see cref="ReservedNames.IsWrapper"/>).</summary>
    public bool IsReplaced { get; init; }

    /// <summary>The index of the member that it is a part of, or -1.</summary>
    public int Parent { get; init; } = -1;

    /// <summary>Whether its members are listed too: its type has no name to compare by.</summary>
    public bool IsExpanded { get; init; }

    public ulong EndBit => BitOffset + BitSize;
}

/// <summary>An unnamed struct or union, or the unnamed type of a member.</summary>
/// <param name="BitOffset">Where it starts, in bits from the start of the whole.</param>
/// <param name="Prefix">The path of the member that it is the type of; empty when it has no such member.</param>
internal sealed record Arm(ulong BitOffset, string Prefix)
{
    private readonly List<(string Name, ulong BitOffset)> _members = [];

    /// <summary>Its number in its definition, from 0.</summary>
    public required int Number { get; init; }

    public void Add(string name, ulong bitOffset) => _members.Add((name, bitOffset));

    /// <summary>
    /// Whether two are one for a member of each: they start at one place and have a member of one name and place, or one member each. By place alone, members
    /// of different arms of a union would be paired.
    /// </summary>
    public static bool IsSame(Arm? a, Arm? b)
    {
        if (a is null || b is null)
        {
            return a is null && b is null;
        }

        return a.BitOffset == b.BitOffset && a.Prefix == b.Prefix
            && ((a._members.Count == 1 && b._members.Count == 1) || a._members.Exists(m => b._members.Contains(m)));
    }
}

/// <summary>The members of a struct or union as a flat list in the order of declaration.</summary>
internal sealed class FlatMembers
{
    // The largest struct of a kernel has 400. Types that are a part of each other several times over would multiply without end.
    private const int MostVisited = 1 << 14;

    private readonly TypeGraph _graph;
    private readonly Normalising _rules;
    private readonly IReadOnlySet<string> _expand;
    private readonly List<FlatMember> _members = [];
    private int _armCount;
    private int _visited;

    private FlatMembers(TypeGraph graph, Normalising rules, IReadOnlySet<string> expand)
    {
        _graph = graph;
        _rules = rules;
        _expand = expand;
    }

    /// <summary>Lists them.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="aggregate">The struct or union.</param>
    /// <param name="rules">The rules to apply.</param>
    /// <exception cref="TooManyMembersException">There are more than any kernel has.</exception>
    /// <param name="expand">The paths of members whose named type is listed too, because the other side's has no name.</param>
    public static List<FlatMember> Of(TypeGraph graph, AggregateType aggregate, Normalising rules, IReadOnlySet<string> expand)
    {
        FlatMembers flat = new(graph, rules, expand);
        flat.Add(aggregate, 0, "", null, -1, false);
        return flat._members;
    }

    private bool Has(Normalising rule) => _rules.HasFlag(rule);

    private void Add(AggregateType aggregate, ulong bitBase, string prefix, Arm? arm, int parent, bool isReplaced)
    {
        for (int i = 0; i < aggregate.Members.Length; i++)
        {
            if (++_visited > MostVisited)
            {
                throw new TooManyMembersException($"it has more than {MostVisited} members, those of unnamed structs and unions counted");
            }

            Member member = aggregate.Members[i];
            ulong offset = bitBase + member.BitOffset;
            string? name = member.Name is null ? null : Has(Normalising.UniqueNames) ? DefinitionEquality.ComparedName(member.Name) : member.Name;
            if ((name is null || ReservedNames.IsWrapper(name)) && _graph.AsAggregate(member.Type) is { } level && !member.IsBitField)
            {
                AddLevel(level, offset, prefix, parent, isReplaced || name is not null);
            }
            else if (name is not null)
            {
                AddNamed(aggregate, i, name, offset, prefix, arm, parent, isReplaced);
            }
        }
    }

    private void AddLevel(AggregateType level, ulong offset, string prefix, int parent, bool isReplaced)
    {
        if (Has(Normalising.UnnamedLevels))
        {
            Add(level, offset, prefix, new Arm(offset, prefix) { Number = _armCount++ }, parent, isReplaced);
            return;
        }

        // To the letter, each level is a part of the path.
        string keyword = $"{prefix}{TypeSpelling.Keyword(level.Kind)} {level.Name}";
        Add(level, offset, keyword + ".", new Arm(offset, keyword) { Number = _armCount++ }, parent, isReplaced);
    }

    private void AddNamed(AggregateType holder, int index, string name, ulong offset, string prefix, Arm? arm, int parent, bool isReplaced)
    {
        Member member = holder.Members[index];
        string path = prefix + name;
        bool isArray = _graph.AsArray(member.Type) is not null;
        TypeId element = isArray ? _graph.Innermost(member.Type) : member.Type;
        bool isExpanded = !member.IsBitField && _graph.AsAggregate(element) is { } inner && (inner.Name is null || _expand.Contains(path));
        arm?.Add(name, offset);
        _members.Add(new FlatMember(path, member.Type, offset, member.BitFieldSize ?? (_graph.ByteSizeOf(member.Type) ?? 0) * 8)
        {
            Name = name,
            Arm = arm,
            Parent = parent,
            IsReplaced = isReplaced,
            IsBitField = member.IsBitField,
            IsExpanded = isExpanded,
            IsFlexible = _graph.IsFlexibleArray(holder, index),
        });
        if (isExpanded)
        {
            Add(_graph.AsAggregate(element)!, offset, isArray ? $"{path}[]." : $"{path}.", new Arm(offset, path) { Number = _armCount++ }, _members.Count - 1, isReplaced);
        }
    }
}

/// <summary>A struct or union with so many members that a comparison would not end. The message is a sentence without a full stop.</summary>
internal sealed class TooManyMembersException(string message) : Exception(message);
