using System.Collections.Immutable;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>A member of a layout, at its path without the unnamed levels around it. Bits count from the start of the whole.</summary>
internal sealed record FlatItem(string Path, ulong BitOffset, ulong BitSize, bool IsBitField, string Type);

/// <summary>The members of a definition as <c>diff</c> lists them, taken from its layout: what the differ itself makes of a definition has no part in it.</summary>
internal sealed class FlatLayout
{
    private readonly List<(FlatItem Item, bool IsAggregate, bool IsTagged, int Parent)> _all = [];
    // By the index of a layout's item: what the paths of its members begin with, and the index of the member here that they are a part of.
    private readonly Dictionary<int, (string Prefix, int Member)> _levels = [];

    /// <param name="definition">The definition.</param>
    public FlatLayout(TypeDefinition definition)
    {
        TypeLayout layout = TypeLayout.Of(definition, expandAll: true);
        ByteSize = definition.Aggregate.ByteSize;
        for (int i = 0; i < layout.Items.Length; i++)
        {
            LayoutItem item = layout.Items[i];
            if (item.Kind != LayoutItemKind.Member)
            {
                continue;
            }

            (string prefix, int parent) = item.Parent < 0 ? ("", -1) : _levels[item.Parent];
            AggregateType? aggregate = layout.Graph.AsAggregate(layout.Graph.Strip(Innermost(layout.Graph, item.Type)));
            bool isLevel = item is { IsBitField: false, IsExpandedArray: false, Expanded: not null } && (item.Name is null || IsWrapper(item.Name));
            if (isLevel || item.Name is null)
            {
                _levels[i] = (prefix, parent);
                continue;
            }

            string path = prefix + Numberless(item.Name);
            _levels[i] = (IsArray(layout.Graph, item.Type) ? path + "[]." : path + ".", _all.Count);
            FlatItem flat = new(path, item.BitOffset, item.BitSize, item.IsBitField, layout.Graph.Declare(item.Type));
            _all.Add((flat, aggregate is not null && !item.IsBitField, aggregate?.Name is not null, parent));
        }
    }

    /// <summary>sizeof, in bytes.</summary>
    public ulong ByteSize { get; }

    /// <summary>The members of both sides, those of a type that has a tag on one side alone listed on both.</summary>
    public static (ImmutableArray<FlatItem> Old, ImmutableArray<FlatItem> New) Of(FlatLayout old, FlatLayout now)
    {
        HashSet<string> expanded = [];
        while (true)
        {
            List<int> left = old.Listed(expanded);
            List<int> right = now.Listed(expanded);
            ILookup<string, bool> tags = right.Where(i => now._all[i].IsAggregate).ToLookup(i => now._all[i].Item.Path, i => now._all[i].IsTagged, StringComparer.Ordinal);
            int before = expanded.Count;
            expanded.UnionWith(left.Where(i => old._all[i].IsAggregate && tags[old._all[i].Item.Path].Any(t => t != old._all[i].IsTagged)).Select(i => old._all[i].Item.Path));
            if (expanded.Count == before)
            {
                return ([.. left.Select(i => old._all[i].Item)], [.. right.Select(i => now._all[i].Item)]);
            }
        }
    }

    private List<int> Listed(HashSet<string> expanded)
    {
        bool[] isListed = new bool[_all.Count];
        List<int> listed = [];
        for (int i = 0; i < isListed.Length; i++)
        {
            int parent = _all[i].Parent;
            isListed[i] = parent < 0 || (isListed[parent] && (!_all[parent].IsTagged || expanded.Contains(_all[parent].Item.Path)));
            if (isListed[i])
            {
                listed.Add(i);
            }
        }

        return listed;
    }

    private static TypeId Innermost(TypeGraph graph, TypeId type)
    {
        while (type != TypeId.Void && graph[graph.Strip(type)] is ArrayType array)
        {
            type = array.Element;
        }

        return type;
    }

    private static bool IsArray(TypeGraph graph, TypeId type) => type != TypeId.Void && graph.Strip(type) is var bare && bare != TypeId.Void && graph[bare] is ArrayType;

    private static bool IsUnique(string name) => name.StartsWith("__UNIQUE_ID_", StringComparison.Ordinal);

    private static bool IsWrapper(string name) => IsUnique(name) || name.StartsWith("__kabi_renamed", StringComparison.Ordinal);

    // The kernel's unique names end in a counter of the unit.
    private static string Numberless(string name) => IsUnique(name) ? name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') : name;
}
