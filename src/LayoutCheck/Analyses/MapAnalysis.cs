using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Which structs share the bytes of struct page, and how do they lie on it?</summary>
internal static class MapAnalysis
{
    /// <summary>The map of struct page and its relatives, by their first definitions; null when the image has no struct page that could be drawn.</summary>
    /// <param name="types">The image's types.</param>
    /// <param name="pool">The worker threads.</param>
    /// <param name="results">The results of the rules: members of violated checks are marked.</param>
    internal static StructMap? Of(ITypeSource types, WorkerPool pool, ImmutableArray<RuleResult> results)
    {
        ArgumentNullException.ThrowIfNull(types);
        ArgumentNullException.ThrowIfNull(pool);
        TypeName[] names = [.. StructMapBuilder.Relatives.Select(name => new TypeName(TypeNameKind.Struct, name))];
        ImmutableArray<DefinitionSet> sets = Find(types, names, pool);
        if (sets is not [{ Distinct: [var page, ..] }, ..] || !StructMapBuilder.IsPage(page))
        {
            return null;
        }

        int word = types.Target.WordByteSize;
        StructMapBuilder map = StructMapBuilder.OverPage(page, word, MapDemands.Of(results, word));
        foreach (DefinitionSet set in sets)
        {
            string name = Printable.Escape(set.Name.ToString());
            if (set.Problem is not null)
            {
                map.Note($"{name} is left out: its debug information cannot be read");
            }
            else if (set.Distinct is [var first, ..])
            {
                Add(map, page, first, name, set.Distinct.Length);
            }
        }

        return map.Build();
    }

    private static void Add(StructMapBuilder map, TypeDefinition page, TypeDefinition definition, string name, int definitions)
    {
        if (!StructMapBuilder.SharesBytes(definition, page))
        {
            map.Note($"{name} is left out: it is not laid over struct page");
            return;
        }

        map.Add(definition, TypeLayout.Of(definition));
        if (definitions > 1)
        {
            map.Note($"{name} is defined in {definitions} different ways: the map shows the first");
        }
    }

    // A map is an addition: damage that is met on the way takes the lines from it, or all of it, and nothing from the verdict.
    private static ImmutableArray<DefinitionSet> Find(ITypeSource types, TypeName[] names, WorkerPool pool)
    {
        foreach (bool withPlaces in (ReadOnlySpan<bool>)[true, false])
        {
            try
            {
                return types.FindAll(names, pool, withPlaces).Sets;
            }
            catch (InvalidImageException)
            {
                // The next try reads less.
            }
        }

        return [];
    }
}
