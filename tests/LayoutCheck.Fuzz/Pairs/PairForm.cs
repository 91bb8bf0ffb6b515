using System.Collections.Immutable;
using LayoutCheck.Fuzz.Structs;

namespace LayoutCheck.Fuzz.Pairs;

/// <summary>The forms of debug information of the two sides of a comparison.</summary>
internal sealed record PairForm(StructForm Old, StructForm New)
{
    /// <summary>All that are compared: each format with itself, versions and formats with each other, and a machine of the other byte order.</summary>
    public static ImmutableArray<PairForm> All { get; } =
    [
        Of("gcc, DWARF 5"), Of("clang, DWARF 5"), Of("gcc, BTF (pahole)"), Of("clang bpf, BTF (clang)"), Of("gcc, DWARF 4", "gcc, DWARF 5"),
        Of("gcc, DWARF 5", "gcc, BTF (pahole)"), Of("gcc, BTF (pahole)", "gcc, DWARF 4"), Of("clang, DWARF 4", "gcc, DWARF 5"), Of("clang s390x, DWARF 5"),
    ];

    /// <summary>Whether one side is DWARF and the other one BTF.</summary>
    public bool IsMixed => Old.Source.IsBtf != New.Source.IsBtf;

    /// <inheritdoc/>
    public override string ToString() => Old == New ? Old.Source.ToString() : $"{Old.Source} -> {New.Source}";

    private static PairForm Of(string old, string? now = null) => new(StructForm.Named(old), StructForm.Named(now ?? old));
}
