namespace LayoutCheck.Types;

/// <summary>The alignment of a type in bytes, between two bounds.</summary>
/// <param name="Least">The least that it can be, a power of two where none is declared.</param>
/// <param name="Most">The most that it can be; the same when it is known.</param>
/// <param name="IsDeclared">Whether the source demanded it, and the debug information says so; else it is the natural one.</param>
/// <param name="Doubt">Why it may not be the natural one, in a clause; null when it certainly is.</param>
public readonly record struct TypeAlignment(ulong Least, ulong Most, bool IsDeclared, string? Doubt);

/// <summary>The largest alignment that a target's ABI gives a number, in bytes: between two bounds, which are the same when it is known.</summary>
/// <param name="Least">The least that it can be.</param>
/// <param name="Most">The most that it can be.</param>
public readonly record struct ScalarAlignment(ulong Least, ulong Most)
{
    /// <summary>That of all 64-bit targets: a long double and an __int128 have it.</summary>
    public static readonly ScalarAlignment Usual = new(16, 16);
}
