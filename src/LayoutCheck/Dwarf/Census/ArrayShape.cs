using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Census;

/// <summary>The lengths of the dimensions of an array. Hot: reads bytes by plans.</summary>
internal static unsafe class ArrayShape
{
    /// <summary>The most dimensions that are read here.</summary>
    public const int MostDimensions = 8;

    /// <summary>Reads the lengths, from the outermost dimension; null where none is recorded. False if anything about them is unusual.</summary>
    /// <param name="dies">The unit.</param>
    /// <param name="at">The offset of the first child of the array.</param>
    /// <param name="counts">The lengths; room for <see cref="MostDimensions"/>.</param>
    /// <param name="dimensions">How many there are.</param>
    /// <exception cref="InvalidImageException">A DIE is damaged.</exception>
    public static bool TryCounts(UnitDies dies, ulong at, Span<ulong?> counts, out int dimensions)
    {
        dimensions = 0;
        while (true)
        {
            // Nearly always a plain bound and the null entry.
            bool isPlanned = dies.TryPlan(at, out byte* values, out DiePlan plan) && plan.Kind == DiePlanKind.Subrange;
            uint bound = isPlanned ? dies.NumberAt(values, plan) : uint.MaxValue;
            if (isPlanned && bound != uint.MaxValue && dimensions < counts.Length)
            {
                counts[dimensions++] = plan.HasNumber ? (ulong)bound + 1 : null;
                at = (ulong)(values + plan.Size - dies.Info.Start);
                continue;
            }

            if (!TryOther(dies, ref at, counts, ref dimensions, out bool isEnd))
            {
                return false;
            }

            if (isEnd)
            {
                return dimensions > 0;
            }
        }
    }

    private static bool TryOther(UnitDies dies, ref ulong at, Span<ulong?> counts, ref int dimensions, out bool isEnd)
    {
        bool isRead = dies.Read(at, out DieFields child);
        isEnd = isRead && child.Tag == 0;
        if (isEnd)
        {
            return true;
        }

        if (dimensions == counts.Length || (isRead && (child.Tag != DwTag.DW_TAG_subrange_type || child.HasChildren)))
        {
            return false;
        }

        // The decoder knows the forms of a bound of -1, which is x[0].
        if (isRead && !(child.Has(DieField.UpperBound) && child.UpperBound == uint.MaxValue))
        {
            counts[dimensions++] = child.Has(DieField.Count) ? child.Count : child.Has(DieField.UpperBound) ? child.UpperBound + 1 : null;
            at = child.End;
            return true;
        }

        if (dies.Decoder.Read(at, out at) is not { Tag: DwTag.DW_TAG_subrange_type, HasChildren: false } subrange)
        {
            return false;
        }

        counts[dimensions++] = DieValues.ElementCount(subrange);
        return true;
    }
}
