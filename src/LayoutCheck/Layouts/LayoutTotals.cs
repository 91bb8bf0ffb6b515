namespace LayoutCheck.Layouts;

/// <summary>The holes and padding of a type's own level; sizes in bits.</summary>
/// <param name="HoleCount">How many gaps there are between its members.</param>
/// <param name="HoleBits">Their sum.</param>
/// <param name="PaddingBits">The bits behind the last member.</param>
public readonly record struct LayoutTotals(int HoleCount, ulong HoleBits, ulong PaddingBits)
{
    /// <summary>Adds up the items at depth 0.</summary>
    public static LayoutTotals Of(TypeLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        int count = 0;
        ulong holes = 0;
        ulong padding = 0;
        foreach (LayoutItem item in layout.Items)
        {
            if (item.Depth == 0 && item.Kind == LayoutItemKind.Hole)
            {
                count++;
                holes += item.BitSize;
            }
            else if (item.Depth == 0 && item.Kind == LayoutItemKind.Padding)
            {
                padding += item.BitSize;
            }
        }

        return new LayoutTotals(count, holes, padding);
    }
}
