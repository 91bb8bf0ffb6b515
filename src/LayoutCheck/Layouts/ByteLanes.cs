using System.Collections.Immutable;

namespace LayoutCheck.Layouts;

/// <summary>
/// The members that share bytes: the members of a layout on as many lanes as members lie over each other. A struct's members follow one another
/// on a lane; each arm of a union gets lanes of its own.
/// </summary>
internal static class ByteLanes
{
    /// <summary>The lanes, the first arms' first; the items of a lane in the order of their places, none over another.</summary>
    public static ImmutableArray<ImmutableArray<LayoutItem>> Of(TypeLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ILookup<int, int> children = Enumerable.Range(0, layout.Items.Length).ToLookup(i => layout.Items[i].Parent);
        return [.. ByArm(layout, children, -1, layout.Aggregate.Kind, item => item.Kind != LayoutItemKind.Member).Select(lane => lane.ToImmutableArray())];
    }

    // Where the range touches more elements of an array, the array stands for them.
    private const int MostElements = 8;

    // The budget of members of elements, nested ones included: as many as a layout may have.
    private const int MostItems = 1 << 17;

    /// <summary>
    /// Every named member that lies on any bit of a range, leaves and named structs alike, in the order of declaration; a flexible array lies on all
    /// bits from its place on. Of an array of structs, the members of the elements there, when they are few. An empty range has the members of no bits at its
    /// place.
    /// </summary>
    public static ImmutableArray<LayoutItem> Sharing(TypeLayout layout, ulong bitOffset, ulong bitSize)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ImmutableArray<LayoutItem>.Builder found = ImmutableArray.CreateBuilder<LayoutItem>();
        int budget = MostItems;
        AddSharing(layout, layout.Items, bitOffset, bitOffset + bitSize, found, ref budget);
        return found.ToImmutable();
    }

    private static void AddSharing(
        TypeLayout layout, ImmutableArray<LayoutItem> items, ulong start, ulong end, ImmutableArray<LayoutItem>.Builder found, ref int budget)
    {
        int skipped = int.MaxValue;
        foreach (LayoutItem item in items)
        {
            if (item.Depth > skipped)
            {
                continue;
            }

            // The items behind an array are the members of its first element, which the range may not touch.
            skipped = item.IsExpandedArray ? item.Depth : int.MaxValue;
            bool isThere = start < end ? item.BitOffset < end && start < item.EndBit && item.BitOffset < item.EndBit
                : item.BitOffset == start && item.EndBit == start;
            if (item.Kind != LayoutItemKind.Member || !isThere)
            {
                continue;
            }

            if (item.Name is not null)
            {
                found.Add(item);
            }

            if (item.IsExpandedArray && item.Expanded!.ByteSize > 0 && start < end)
            {
                ulong size = item.Expanded.ByteSize * 8;
                ulong first = (Math.Max(start, item.BitOffset) - item.BitOffset) / size;
                ulong last = (Math.Min(end, item.EndBit) - item.BitOffset - 1) / size;
                for (ulong i = first; i <= last && last - first < MostElements && budget > 0; i++)
                {
                    ImmutableArray<LayoutItem> inner = layout.ElementItems(item, i);
                    budget -= inner.Length;
                    AddSharing(layout, inner, start, end, found, ref budget);
                }
            }
        }
    }

    /// <summary>The items inside of one on lanes: in a struct, one item follows the other on a lane; each arm of a union has lanes of its own.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="children">The indexes of its items by the index of their parent; -1 is the type itself.</param>
    /// <param name="parent">The index of the item.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="isLeftOut">The items that have no place on a lane, with all that is inside of them.</param>
    internal static List<List<LayoutItem>> ByArm(TypeLayout layout, ILookup<int, int> children, int parent, Types.AggregateKind kind, Predicate<LayoutItem> isLeftOut)
    {
        List<List<LayoutItem>> lanes = [];
        foreach (int index in children[parent])
        {
            LayoutItem item = layout.Items[index];
            if (isLeftOut(item))
            {
                continue;
            }

            List<List<LayoutItem>> own = item is { Expanded: { } inner, IsExpandedArray: false } ? ByArm(layout, children, index, inner.Kind, isLeftOut) : [[item]];
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
