namespace LayoutCheck.Core;

/// <summary>The longest part of a list that is in order; without the rest, the fewest possible, the list is sorted.</summary>
internal static class OrderedSubsequence
{
    /// <summary>The indexes of a longest subsequence that never falls. Takes n log n time.</summary>
    public static HashSet<int> Longest<T>(IReadOnlyList<T> keys)
        where T : IComparable<T>
    {
        // ends[n] is the index of the smallest key that ends an ordered subsequence of n + 1.
        List<int> ends = [];
        int[] previous = new int[keys.Count];
        for (int i = 0; i < keys.Count; i++)
        {
            int low = 0;
            int high = ends.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = keys[ends[middle]].CompareTo(keys[i]) <= 0 ? (middle + 1, high) : (low, middle);
            }

            previous[i] = low == 0 ? -1 : ends[low - 1];
            if (low == ends.Count)
            {
                ends.Add(i);
            }
            else
            {
                ends[low] = i;
            }
        }

        HashSet<int> longest = [];
        for (int i = ends.Count == 0 ? -1 : ends[^1]; i >= 0; i = previous[i])
        {
            _ = longest.Add(i);
        }

        return longest;
    }
}
