using System.Collections.Immutable;

namespace LayoutCheck.Rules.Import;

/// <summary>What a baseline pins.</summary>
public sealed record BaselineOptions
{
    /// <summary>
    /// Names of fields that kernels keep for later use, as patterns in which <c>*</c> is any text: those of gendwarfksyms, Android, RHEL, SUSE, openEuler and
    /// deepin.
    /// </summary>
    public static ImmutableArray<string> UsualReserved { get; } =
    [
        "*kabi_reserved*", "__kabi_ignored*", "__kabi_renamed*", "_reserved*", "rh_reserved*", "*_kabi_padding*",
        "android_backport_reserved*", "android_oem_data*", "android_vendor_data*",
    ];

    /// <summary>Whether it pins places and sizes alone: no types, and nothing of the types that are held by value.</summary>
    public bool PlacesOnly { get; init; }

    /// <summary>The names of reserved fields, as patterns: other members may take their bytes.</summary>
    public ImmutableArray<string> Reserved { get; init; } = UsualReserved;

    /// <summary>Whether a name is that of a reserved field.</summary>
    internal bool IsReserved(string name)
    {
        foreach (string pattern in Reserved)
        {
            if (Matches(pattern, name))
            {
                return true;
            }
        }

        return false;
    }

    // Greedy from the last star that was met: linear but for patterns of many stars.
    private static bool Matches(string pattern, string name)
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
