using System.Collections.Immutable;
using System.Runtime.InteropServices;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>One of the different definitions of a name, and the units that have it.</summary>
/// <param name="Graph">The graph of the definition.</param>
/// <param name="Root">The struct, union or enumeration in it.</param>
/// <param name="Units">The C units that have it.</param>
/// <param name="File">The file that it was built from.</param>
/// <param name="Header">The unit that it was built from.</param>
/// <param name="DieOffset">Its offset in .debug_info.</param>
/// <param name="InternedTypes">The interned types of the worker's templates; null for a set of its own.</param>
internal sealed record Variant(
    TypeGraph Graph, TypeId Root, List<DefiningUnit> Units, DwarfSections File, UnitHeader Header, ulong DieOffset, InternedTypes? InternedTypes)
{
    /// <summary>The indexes of the partial units that have it: the units that import them count.</summary>
    public List<int> PartialUnits { get; } = [];

    /// <summary>The split type units that have it, by signature: each .dwo has its own, and a linker would keep one.</summary>
    public Dictionary<ulong, DefiningUnit> TypeUnits { get; } = [];

    /// <summary>Whether a type unit has it: those of other places may have been left out for it.</summary>
    public bool IsInTypeUnit { get; set; } = Header.IsTypeUnit;

    /// <summary>All units that count; those with one index in the order of their names.</summary>
    public IEnumerable<DefiningUnit> AllUnits => TypeUnits.Count == 0 ? Units : Units.Concat(TypeUnits.Values.OrderBy(u => u.Name, StringComparer.Ordinal));

    /// <summary>All units that count, by rising index.</summary>
    public ImmutableArray<DefiningUnit> UnitsInOrder()
    {
        DefiningUnit[] units = [.. AllUnits];
        // Nearly always they are in order, and a kernel has thousands.
        bool isInOrder = true;
        for (int i = 1; i < units.Length; i++)
        {
            isInOrder &= units[i - 1].Index <= units[i].Index;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(isInOrder ? units : [.. units.OrderBy(u => u.Index)]);
    }

    /// <summary>Adds the units of another worker. Both lists are in order, and so is the result.</summary>
    public void AddAll(List<DefiningUnit> others)
    {
        DefiningUnit[] mine = [.. Units];
        Units.Clear();
        Units.EnsureCapacity(mine.Length + others.Count);
        int at = 0;
        foreach (DefiningUnit unit in others)
        {
            for (; at < mine.Length && mine[at].Index <= unit.Index; at++)
            {
                Units.Add(mine[at]);
            }

            Units.Add(unit);
        }

        Units.AddRange(mine.AsSpan(at));
    }

    /// <summary>The lowest index of a unit of any kind.</summary>
    public int FirstIndex => Math.Min(
        Math.Min(Units.Count > 0 ? Units[0].Index : int.MaxValue, PartialUnits.Count > 0 ? PartialUnits[0] : int.MaxValue),
        TypeUnits.Count > 0 ? TypeUnits.Values.Min(u => u.Index) : int.MaxValue);

    /// <summary>Adds a type unit under its lowest index.</summary>
    public void AddTypeUnit(ulong signature, DefiningUnit unit)
    {
        if (!TypeUnits.TryGetValue(signature, out DefiningUnit known) || unit.Index < known.Index)
        {
            TypeUnits[signature] = unit;
        }
    }

    /// <summary>Adds a unit.</summary>
    public void Add(DefiningUnit unit, bool isPartial)
    {
        if (isPartial)
        {
            PartialUnits.Add(unit.Index);
        }
        else
        {
            Units.Add(unit);
        }
    }

    /// <summary>The definition as a template for the worker that found it.</summary>
    public DefinitionTemplate Template { get; } = new(Graph, Root, InternedTypes);

    /// <summary>Whether another definition is equal.</summary>
    public bool IsSameAs(TypeGraph graph, TypeId root)
    {
        // The most frequent differences need no deep comparison.
        return (Graph[Root], graph[root]) is (AggregateType a, AggregateType b)
            ? DefinitionEquality.MayBeSame(a, b) && DefinitionEquality.Same(Graph, Root, graph, root)
            : graph[root] is EnumType && DefinitionEquality.Same(Graph, Root, graph, root);
    }
}
