using System.Collections.Frozen;

namespace LayoutCheck.Types;

/// <summary>The names that bindgen gives to what C has without a name, or under one that Rust cannot use (bindgen's ir/context.rs and codegen).</summary>
internal static class Bindgen
{
    // What Rust reserves, and its primitive types.
    private static readonly FrozenSet<string> s_reserved = (
        "abstract alignof as async await become bool box break const continue crate do dyn else enum extern f32 f64 false final fn for gen i128 i16 i32 i64 i8 if impl in isize "
        + "let loop macro match mod move mut offsetof override priv proc pub pure ref return Self self sizeof static str struct super trait true try type typeof u128 u16 u32 u64 "
        + "u8 unsafe unsized use usize virtual where while yield").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a namespace is that of the kernel's bindings by its name.</summary>
    /// <param name="name">Its whole name.</param>
    public static bool IsNamespace(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name == "bindings_raw" || name.EndsWith("::bindings_raw", StringComparison.Ordinal);
    }

    /// <summary>Whether a struct or union with this name shows that bindgen made its namespace.</summary>
    public static bool IsMark(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsHelper(name) || (IsGenerated(name) && !name.Contains('<', StringComparison.Ordinal));
    }

    /// <summary>Whether it is the name of a struct or union that has none in C: <c>page__bindgen_ty_1</c>.</summary>
    public static bool IsGenerated(string? name) => name?.Contains("__bindgen_ty_", StringComparison.Ordinal) == true;

    /// <summary>Whether it is the name of a struct that bindgen brings along.</summary>
    public static bool IsHelper(string? name)
        => IsBitFieldUnit(name) || IsUnionField(name) || IsIncompleteArray(name) || name?.StartsWith("__BindgenFloat16", StringComparison.Ordinal) == true
            || name?.StartsWith("__BindgenComplex", StringComparison.Ordinal) == true || name?.StartsWith("__BindgenOpaqueArray", StringComparison.Ordinal) == true;

    /// <summary>Whether it is the name of the storage of bit-fields.</summary>
    public static bool IsBitFieldUnit(string? name) => name?.StartsWith("__BindgenBitfieldUnit", StringComparison.Ordinal) == true;

    /// <summary>Whether it is the name of a member's type in a union that bindgen makes a struct of: it has no bytes of its own.</summary>
    public static bool IsUnionField(string? name) => name?.StartsWith("__BindgenUnionField", StringComparison.Ordinal) == true;

    /// <summary>Whether it is the name of the type of a flexible array.</summary>
    public static bool IsIncompleteArray(string? name) => name?.StartsWith("__IncompleteArrayField", StringComparison.Ordinal) == true;

    /// <summary>Whether it is the name of a member that has none in C.</summary>
    public static bool IsUnnamed(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith("__bindgen_anon_", StringComparison.Ordinal);
    }

    /// <summary>The name that an escaped one may have in C: <c>type_</c> is <c>type</c>. Null when it is no escaped one.</summary>
    public static string? Unescaped(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length > 1 && name[^1] == '_' && s_reserved.Contains(name[..^1]) ? name[..^1] : null;
    }
}
