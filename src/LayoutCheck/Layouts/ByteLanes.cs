using System.Collections.Immutable;

namespace LayoutCheck.Layouts;

/// <summary>
/// Who shares which bytes: the members of a layout on as many lanes as members lie over each other. A struct's members follow one another
/// on a lane; each arm of a union gets lanes of its own.
/// </summary>
public static class ByteLanes
{
    /// <summary>The lanes, the first arms' first; the items of a lane in the order of their places, none over another.</summary>
    public static ImmutableArray<ImmutableArray<LayoutItem>> Of(TypeLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ILookup<int, int> children = Enumerable.Range(0, layout.Items.Length).ToLookup(i => layout.Items[i].Parent);
        return [.. Lanes(layout, children, -1, layout.Aggregate.Kind).Select(lane => lane.ToImmutableArray())];
    }

    /// <summary>Every named member that lies on any bit of a range, leaves and named structs alike, in the order of declaration.</summary>
    public static ImmutableArray<LayoutItem> Sharing(TypeLayout layout, ulong bitOffset, ulong bitSize)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return [.. layout.Items.Where(item => item.Kind == LayoutItemKind.Member && item.Name is not null
            && item.BitOffset < bitOffset + bitSize && bitOffset < item.BitOffset + item.BitSize)];
    }

    private static List<List<LayoutItem>> Lanes(TypeLayout layout, ILookup<int, int> children, int parent, Types.AggregateKind kind)
    {
        List<List<LayoutItem>> lanes = [];
        foreach (int index in children[parent])
        {
            LayoutItem item = layout.Items[index];
            if (item.Kind != LayoutItemKind.Member)
            {
                continue;
            }

            List<List<LayoutItem>> own = item.Expanded is { } inner ? Lanes(layout, children, index, inner.Kind) : [[item]];
            if (kind == Types.AggregateKind.Union)
            {
                lanes.AddRange(own);
                continue;
            }

            for (int i = 0; i < own.Count; i++)
            {
                if (i == lanes.Count)
                {
                    lanes.Add([]);
                }

                lanes[i].AddRange(own[i]);
            }
        }

        return lanes;
    }
}
