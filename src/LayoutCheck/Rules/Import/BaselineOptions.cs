using System.Collections.Immutable;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Import;

/// <summary>What a baseline pins.</summary>
public sealed record BaselineOptions
{
    /// <summary>
    /// Names of fields that kernels keep for later use, as patterns in which <c>*</c> is any text: those of gendwarfksyms, Android, RHEL, SUSE, openEuler and
    /// deepin.
    /// </summary>
    public static ImmutableArray<string> UsualReserved => ReservedNames.Patterns;

    /// <summary>Whether it pins places and sizes alone: no types, and nothing of the types that are held by value.</summary>
    public bool PlacesOnly { get; init; }

    /// <summary>The names of reserved fields, as patterns: other members may take their bytes.</summary>
    public ImmutableArray<string> Reserved { get; init; } = UsualReserved;

    /// <summary>Whether a name is that of a reserved field.</summary>
    internal bool IsReserved(string name) => NamePattern.Any(Reserved.AsSpan(), name);
}
