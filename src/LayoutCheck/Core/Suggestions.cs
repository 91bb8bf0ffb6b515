namespace LayoutCheck.Core;

/// <summary>Suggests names that exist for one that does not.</summary>
public static class Suggestions
{
    /// <summary>The names nearest to one that does not exist, nearest first; none that is too far to have been meant.</summary>
    public static IReadOnlyList<string> For(string wanted, IEnumerable<string> names, int most)
    {
        int furthest = Math.Max(1, wanted.Length / 3);
        return [.. names.Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: Distance(wanted, name, furthest)))
            .Where(n => n.Distance <= furthest)
            .OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal)
            .Take(most).Select(n => n.Name)];
    }

    // Edits (Levenshtein, and two neighbours swapped count as one); anything over the limit is not worked out.
    private static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) > limit)
        {
            return limit + 1;
        }

        int[,] edits = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }

                int least = Math.Min(Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1, edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                bool isSwap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                edits[i, j] = isSwap ? Math.Min(least, edits[i - 2, j - 2] + 1) : least;
            }
        }

        return edits[a.Length, b.Length];
    }
}
