using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>A member as a baseline pins it.</summary>
/// <param name="Path">
/// Its path from the struct or union: <c>flags</c>, <c>sub.a</c> and <c>rows[].a</c> in members whose type has no name. A name of __UNIQUE_ID has no number.
/// </param>
/// <param name="BitOffset">Bits from the start; of what lies in an array, of the first element.</param>
/// <param name="BitSize">Its width in bits.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsBitField">Whether it is a bit-field.</param>
internal sealed record PinnedMember(string Path, ulong BitOffset, ulong BitSize, TypeId Type, bool IsBitField)
{
    /// <summary>Whether the names of its path are words of the language. Other languages than C, and damage, make names that are none.</summary>
    public bool IsNameable { get; init; } = true;

    /// <summary>Whether it is a flexible array, which has the bytes up to the end of its holder.</summary>
    public bool IsFlexible { get; init; }

    /// <summary>Where it ends, in bits.</summary>
    public ulong EndBit => BitOffset + BitSize;

    /// <summary>The last name of its path.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>Whether it lies in a member, or is it.</summary>
    public bool IsWithin(string path) => IsWithin(Path, path);

    /// <summary>The same for its path.</summary>
    public static bool IsWithin(string inner, string path)
        => inner.StartsWith(path, StringComparison.Ordinal) && (inner.Length == path.Length || inner[path.Length] is '.' or '[');
}

/// <summary>
/// The members of a struct or union that have a name of their own in it: those of unnamed structs and unions too, those of members without a type name by
/// their path, and not those of members with a type name, which is pinned by itself. A member of __UNIQUE_ID is as unnamed: no source names it.
/// </summary>
internal sealed class PinnedMembers
{
    /// <summary>How many members are looked at. More than one in an array of unnamed structs of unnamed structs is damage.</summary>
    public const int Most = 1 << 17;

    // By the struct alone: it belongs to one graph.
    private static readonly ConditionalWeakTable<AggregateType, PinnedMembers> s_known = [];

    private readonly List<PinnedMember> _all = [];
    private readonly List<(TypeName Name, TypeId Type)> _held = [];
    private readonly Dictionary<string, List<PinnedMember>> _byPath = new(StringComparer.Ordinal);
    private int _budget = Most;

    private PinnedMembers(TypeGraph graph, AggregateType aggregate)
    {
        Add(graph, aggregate, new Level("", 0, true));
        foreach (PinnedMember member in _all)
        {
            if (!_byPath.TryGetValue(member.Path, out List<PinnedMember>? same))
            {
                _byPath.Add(member.Path, same = []);
            }

            same.Add(member);
        }
    }

    /// <summary>The members, in the order of declaration.</summary>
    public IReadOnlyList<PinnedMember> All => _all;

    /// <summary>The structs and unions with a type name that they hold by value, each mention.</summary>
    public IReadOnlyList<(TypeName Name, TypeId Type)> Held => _held;

    /// <summary>Whether there are more than <see cref="Most"/>.</summary>
    public bool IsCut => _budget < 0;

    /// <summary>The members of a struct or union of a graph.</summary>
    public static PinnedMembers Of(TypeGraph graph, AggregateType aggregate)
    {
        if (!s_known.TryGetValue(aggregate, out PinnedMembers? members))
        {
            s_known.AddOrUpdate(aggregate, members = new PinnedMembers(graph, aggregate));
        }

        return members;
    }

    /// <summary>The members of a path; several where only the numbers of __UNIQUE_ID tell them apart.</summary>
    public IReadOnlyList<PinnedMember> Find(string path) => _byPath.TryGetValue(path, out List<PinnedMember>? found) ? found : [];

    /// <summary>A path as <see cref="PinnedMember.Path"/> has it.</summary>
    public static string Compared(string path)
        => path.Contains("__UNIQUE_ID_", StringComparison.Ordinal) ? string.Join('.', path.Split('.').Select(DefinitionEquality.ComparedName)) : path;

    private void Add(TypeGraph graph, AggregateType aggregate, Level level)
    {
        for (int i = 0; i < aggregate.Members.Length; i++)
        {
            Member member = aggregate.Members[i];
            if (--_budget < 0)
            {
                return;
            }

            ulong offset = level.BitBase + member.BitOffset;
            if (graph.AsAggregate(member.Type) is { } inner && (member.Name is null || DefinitionEquality.IsUnique(member.Name)))
            {
                Add(graph, inner, level with { BitBase = offset });
            }
            else if (member.Name is not null)
            {
                AddNamed(graph, member, level with { BitBase = offset }, graph.IsFlexibleArray(aggregate, i));
            }
        }
    }

    private void AddNamed(TypeGraph graph, Member member, Level level, bool isFlexible)
    {
        string name = DefinitionEquality.ComparedName(member.Name)!;
        string path = level.Prefix.Length == 0 ? name : $"{level.Prefix}.{name}";
        bool isNameable = level.IsNameable && Lexer.IsWord(name);
        ulong size = member.BitFieldSize ?? (graph.ByteSizeOf(member.Type) ?? 0) * 8;
        _all.Add(new PinnedMember(path, level.BitBase, size, member.Type, member.IsBitField) { IsFlexible = isFlexible, IsNameable = isNameable });
        (TypeId type, TypeName? typeName, bool isArray) = Innermost(graph, member.Type);
        if (graph.NodeOrNull(type) is not AggregateType inner)
        {
            return;
        }

        if (typeName is { } held)
        {
            _held.Add((held, type));
        }
        else
        {
            Add(graph, inner, new Level(isArray ? $"{path}[]" : path, level.BitBase, isNameable));
        }
    }

    // What a type is made of, and its name: the tag, or the typedef that names a type without a tag.
    private static (TypeId Type, TypeName? Name, bool IsArray) Innermost(TypeGraph graph, TypeId type)
    {
        TypeName? name = null;
        bool isArray = false;
        while (true)
        {
            switch (graph.NodeOrNull(type))
            {
                case TypedefType typedef:
                    name = TypeSpelling.NamesUntagged(graph, typedef) ? new TypeName(TypeNameKind.Any, typedef.Name) : null;
                    type = typedef.Target;
                    break;
                case QualifiedType qualified:
                    type = qualified.Target;
                    break;
                case ArrayType array:
                    isArray = true;
                    type = array.Element;
                    break;
                case AggregateType { Name: { } tag } aggregate:
                    return (type, new TypeName(TypeName.KindOf(aggregate.Kind), DefinitionEquality.ComparedName(tag)), isArray);
                default:
                    return (type, name, isArray);
            }
        }
    }

    // A struct or union that is looked at in another: the path of its members up to it, and its place in bits.
    private readonly record struct Level(string Prefix, ulong BitBase, bool IsNameable);
}

/// <summary>The structs and unions with a name that a type holds by value, at any depth, itself left out.</summary>
internal sealed class HeldTypes
{
    private static readonly ConditionalWeakTable<AggregateType, HeldTypes> s_known = [];

    private readonly TypeGraph _graph;
    private readonly List<(TypeName Name, TypeId Type)> _all = [];
    private readonly ILookup<string, (TypeName Name, TypeId Type)> _byName;
    private readonly ConcurrentDictionary<TypeName, ImmutableArray<TypeId>> _found = new();

    private HeldTypes(TypeGraph graph, AggregateType holder)
    {
        _graph = graph;
        HashSet<(TypeName, TypeId)> seen = [];
        Queue<AggregateType> open = new([holder]);
        while (open.TryDequeue(out AggregateType? next))
        {
            foreach ((TypeName Name, TypeId Type) held in PinnedMembers.Of(graph, next).Held)
            {
                if (seen.Add(held))
                {
                    _all.Add(held);
                    open.Enqueue((AggregateType)graph[held.Type]);
                }
            }
        }

        _byName = _all.ToLookup(t => t.Name.Name, StringComparer.Ordinal);
    }

    /// <summary>All of them, those that lie less deep first.</summary>
    public IReadOnlyList<(TypeName Name, TypeId Type)> All => _all;

    /// <summary>What a struct or union of a graph holds.</summary>
    public static HeldTypes Of(TypeGraph graph, AggregateType holder)
    {
        if (!s_known.TryGetValue(holder, out HeldTypes? held))
        {
            s_known.AddOrUpdate(holder, held = new HeldTypes(graph, holder));
        }

        return held;
    }

    /// <summary>The types of a name: none, one, or several that differ.</summary>
    public ImmutableArray<TypeId> Find(TypeName name) => _found.GetOrAdd(name, Search);

    private ImmutableArray<TypeId> Search(TypeName name)
    {
        ImmutableArray<TypeId>.Builder distinct = ImmutableArray.CreateBuilder<TypeId>();
        foreach ((TypeName Name, TypeId Type) held in _byName[DefinitionEquality.ComparedName(name.Name)!])
        {
            bool isMeant = name.Kind == TypeNameKind.Any || held.Name.Kind == name.Kind;
            if (isMeant && distinct.All(d => !DefinitionEquality.Same(_graph, d, _graph, held.Type)))
            {
                distinct.Add(held.Type);
            }
        }

        return distinct.ToImmutable();
    }
}
