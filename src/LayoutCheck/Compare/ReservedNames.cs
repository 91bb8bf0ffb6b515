using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>The members that vendors put into structs for later use, by their names, and the wrappers that their macros put around a replaced member.</summary>
public static class ReservedNames
{
    // gendwarfksyms' kabi.h, Android's android_kabi.h and android_vendor.h, RHEL's rh_kabi.h, openEuler's kabi.h, deepin's, SUSE's.
    private static readonly string[] s_prefixes =
    [
        "__kabi_reserved", "__kabi_ignored", "android_kabi_reserved", "android_backport_reserved", "android_oem_data", "android_vendor_data", "rh_reserved",
        "kabi_reserved", "deepin_kabi_reserved", "suse_kabi_padding",
    ];

    private const string RenamedPrefix = "__kabi_renamed";

    /// <summary>Whether a name is one of a reserved field.</summary>
    public static bool IsReserved(string name) => Array.Exists(s_prefixes, p => name.StartsWith(p, StringComparison.Ordinal));

    /// <summary>
    /// Whether a member of this name, if it is a struct or union, is only there to hold what it holds: the old member beside its replacement. Its members
    /// keep the paths that they had without it.
    /// </summary>
    public static bool IsWrapper(string name) => DefinitionEquality.IsUnique(name) || name.StartsWith(RenamedPrefix, StringComparison.Ordinal);
}
