using System.Collections.Immutable;

namespace LayoutCheck.Types;

/// <summary>The members that vendors put into structs for later use, by their names, and the wrappers that their macros put around a replaced member.</summary>
internal static class ReservedNames
{
    private const string RenamedPrefix = "__kabi_renamed";

    /// <summary>
    /// The names as patterns, in which <c>*</c> is any text: gendwarfksyms' kabi.h, Android's android_kabi.h and android_vendor.h, RHEL's rh_kabi.h, openEuler's
    /// kabi.h, deepin's deepin_kabi.h, SUSE's padding.
    /// </summary>
    public static ImmutableArray<string> Patterns { get; } =
    [
        "*kabi_reserved*", "__kabi_ignored*", RenamedPrefix + "*", "_reserved*", "rh_reserved*", "*_kabi_padding*",
        "android_backport_reserved*", "android_oem_data*", "android_vendor_data*",
    ];

    /// <summary>Whether a name is one of a reserved field.</summary>
    public static bool IsReserved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (string pattern in Patterns)
        {
            string text = pattern.Trim('*');
            if (pattern[0] == '*' ? name.Contains(text, StringComparison.Ordinal) : name.StartsWith(text, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a member of this name, if it is a struct or union, is only there to hold what it holds: the old member beside its replacement. Its members
    /// keep the paths that they had without it.
    /// </summary>
    public static bool IsWrapper(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return DefinitionEquality.IsUnique(name) || name.StartsWith(RenamedPrefix, StringComparison.Ordinal);
    }
}
