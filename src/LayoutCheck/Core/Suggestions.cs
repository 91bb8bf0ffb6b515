namespace LayoutCheck.Core;

/// <summary>The names that a user may have meant by one that does not exist.</summary>
internal static class Suggestions
{
    /// <summary>How many a message has room for.</summary>
    public const int Most = 3;

    // Of shorter words, too many names have them in them by chance.
    private const int ShortestPart = 3;

    /// <summary>The names within a few edits of a word, nearest first, then those that contain it or lie in it, shortest first.</summary>
    /// <param name="wanted">The word.</param>
    /// <param name="known">The names that there are.</param>
    /// <param name="most">The most to give.</param>
    public static IReadOnlyList<string> For(string wanted, IEnumerable<string> known, int most = Most)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(known);
        int furthest = Math.Max(1, wanted.Length / 3);
        List<(string Name, int Distance)> found = [];
        foreach (string name in known.Distinct(StringComparer.Ordinal))
        {
            int distance = Distance(wanted, name, furthest);
            if ((distance <= furthest && distance < Math.Max(wanted.Length, name.Length)) || IsPart(wanted, name) || IsPart(name, wanted))
            {
                // A part is further than any edit, and the closer in length the better.
                found.Add((name, distance <= furthest && distance < Math.Max(wanted.Length, name.Length) ? distance : furthest + 1 + Math.Abs(name.Length - wanted.Length)));
            }
        }

        found.Sort((a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : string.CompareOrdinal(a.Name, b.Name));
        return [.. found.Take(most).Select(f => f.Name)];
    }

    /// <summary>The same as a clause to end a message with: <c>; did you mean a, b?</c>; when there are none, <paramref name="otherwise"/>.</summary>
    public static string Clause(string wanted, IEnumerable<string> known, string otherwise = "", int most = Most)
        => For(wanted, known, most) is { Count: > 0 } near ? $"; did you mean {string.Join(", ", near.Select(n => Printable.Escape(Printable.Shorten(n))))}?"
            : otherwise;

    private static bool IsPart(string part, string whole) => part.Length >= ShortestPart && whole.Contains(part, StringComparison.Ordinal);

    // Edits (Levenshtein, and two neighbours swapped count as one), up to a limit; more are not counted.
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
