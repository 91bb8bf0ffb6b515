using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The maps of layouts that were asked for by name.</summary>
internal static class LayoutMaps
{
    private const int MostNamed = 4;
    private const int MostShown = 40;

    /// <summary>Shown types on one ruler; a member that was asked for is marked in its type.</summary>
    public static StructMap Of(ImmutableArray<ShownType> types)
    {
        ShownType[] each = [.. types.DistinctBy(t => (t.Definition, t.Member?.Path)).Take(MostShown)];
        StructMapBuilder map = StructMapBuilder.Over([.. each.Select(t => t.Definition)]);
        foreach (ShownType type in each)
        {
            map.Add(type.Definition, type.Layout, type.Member);
        }

        if (types.Length > MostShown)
        {
            map.Note($"the first {MostShown} of {types.Length} types are drawn");
        }

        return map.Build();
    }

    /// <summary>The types of a map in a title.</summary>
    public static string Title(StructMap map)
    {
        string names = string.Join(", ", map.Structs.Select(s => Printable.Shorten(s.Spelling)).Distinct().Take(MostNamed));
        int more = map.Structs.Select(s => s.Spelling).Distinct().Count() - MostNamed;
        return more > 0 ? $"{names} and {more} more" : names;
    }
}
