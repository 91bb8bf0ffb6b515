using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>
/// Which structs and unions of an image hold or point to which others, through which member: all definitions of a name together. Built once from a census, the
/// definitions let go. Immutable; any thread may use it.
/// </summary>
internal sealed class TypeReferences
{
    private readonly Dictionary<TypeName, int> _indexes = [];
    private readonly List<TypeName> _names = [];
    private readonly List<List<Reference>> _into = [];

    /// <summary>A member of a struct or union that leads to another one.</summary>
    /// <param name="From">The index of the struct with the member.</param>
    /// <param name="Member">The path of the member.</param>
    /// <param name="IsPointer">Whether a pointer is on the way; else the other one is embedded.</param>
    public readonly record struct Reference(int From, string Member, bool IsPointer);

    /// <summary>The number of names.</summary>
    public int Count => _names.Count;

    /// <summary>The name at an index.</summary>
    public TypeName this[int index] => _names[index];

    /// <summary>The index of a name, or -1.</summary>
    public int IndexOf(TypeName name) => _indexes.TryGetValue(name, out int index) ? index : -1;

    /// <summary>The members that lead to a type.</summary>
    public ReadOnlySpan<Reference> Into(int index) => CollectionsMarshal.AsSpan(_into[index]);

    /// <summary>Takes in all definitions of a census.</summary>
    /// <param name="census">The census.</param>
    /// <param name="pool">The worker threads; the result does not depend on their number.</param>
    /// <exception cref="InvalidImageException">The census cannot be read.</exception>
    public static TypeReferences Of(ITypeCensus census, WorkerPool pool)
    {
        List<(string Member, TypeName To, bool IsPointer)>[] found = new List<(string, TypeName, bool)>[census.Names.Length];
        int next = -1;
        pool.RunOnAll(_ =>
        {
            using ICensusReader reader = census.OpenReader();
            for (int i = Interlocked.Increment(ref next); i < found.Length; i = Interlocked.Increment(ref next))
            {
                found[i] = ReferencesOf(reader.Read(i));
            }
        });

        TypeReferences references = new();
        for (int i = 0; i < found.Length; i++)
        {
            references.Add(census.Names[i], found[i]);
        }

        return references;
    }

    /// <summary>Takes in the references of one name. Of several members that lead to one type, the first is kept, and an embedded one before a pointer.</summary>
    public void Add(TypeName from, IEnumerable<(string Member, TypeName To, bool IsPointer)> references)
    {
        int index = Index(from);
        foreach (IGrouping<TypeName, (string Member, TypeName To, bool IsPointer)> to in references.Where(r => r.To != from).GroupBy(r => r.To))
        {
            (string member, _, bool isPointer) = to.OrderBy(r => r.IsPointer ? 1 : 0).First();
            _into[Index(to.Key)].Add(new Reference(index, member, isPointer));
        }
    }

    private static List<(string Member, TypeName To, bool IsPointer)> ReferencesOf(DefinitionSet set)
    {
        List<(string, TypeName, bool)> found = [];
        foreach (TypeDefinition definition in set.Distinct)
        {
            AddMembers(definition.Graph, definition.Aggregate, found);
        }

        return found;
    }

    // A member without a name is looked into: its members are those of the struct around it.
    private static void AddMembers(TypeGraph graph, AggregateType aggregate, List<(string Member, TypeName To, bool IsPointer)> found)
    {
        foreach (Member member in aggregate.Members)
        {
            if (member.Name is null && graph.AsAggregate(member.Type) is { Name: null } unnamed)
            {
                AddMembers(graph, unnamed, found);
                continue;
            }

            foreach ((TypeName to, bool isPointer) in graph.NamedAggregates(member.Type))
            {
                found.Add((member.Name ?? "", to, isPointer));
            }
        }
    }

    private int Index(TypeName name)
    {
        if (!_indexes.TryGetValue(name, out int index))
        {
            index = _names.Count;
            _indexes.Add(name, index);
            _names.Add(name);
            _into.Add([]);
        }

        return index;
    }
}
