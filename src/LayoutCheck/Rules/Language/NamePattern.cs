namespace LayoutCheck.Rules.Language;

/// <summary>Patterns of names, in which <c>*</c> stands for any characters and everything else for itself.</summary>
internal static class NamePattern
{
    /// <summary>Whether a name is one of a pattern among several.</summary>
    public static bool Any(ReadOnlySpan<string> patterns, ReadOnlySpan<char> name)
    {
        foreach (string pattern in patterns)
        {
            if (Matches(pattern, name))
            {
                return true;
            }
        }

        return false;
    }

    // Greedy from the last star that was met: linear but for patterns of many stars.
    private static bool Matches(string pattern, ReadOnlySpan<char> name)
    {
        int p = 0;
        int star = -1;
        int resume = 0;
        for (int n = 0; n < name.Length;)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = n;
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
