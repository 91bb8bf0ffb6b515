using System.Text.RegularExpressions;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>Where debug information of generated structs comes from.</summary>
/// <param name="Compiler">What made the object, with its target: <c>gcc</c>, <c>clang s390x</c>.</param>
/// <param name="Format">The format and what wrote it: <c>DWARF 5</c>, <c>BTF (pahole)</c>.</param>
internal sealed record StructSource(string Compiler, string Format)
{
    public bool IsClang => Compiler.StartsWith("clang", StringComparison.Ordinal);

    public bool IsBtf => Format.StartsWith("BTF", StringComparison.Ordinal);

    public bool IsPahole => Format == "BTF (pahole)";

    public override string ToString() => $"{Compiler}, {Format}";
}

/// <summary>
/// The refusals that are right: each has a name, a pattern of what we say, the sources that it may come from, and why no answer is the right one. A
/// refusal that is not here is a failure.
/// </summary>
internal static class StructRefusal
{
    /// <summary>What is said of a type that is not found.</summary>
    public const string NoDefinition = "no definition";

    private static readonly (string Name, Regex Says, Func<StructSource, bool> From)[] s_all =
    [
    ];

    /// <summary>The name of what explains that a type is refused, or null.</summary>
    /// <param name="source">Where the debug information comes from.</param>
    /// <param name="problem">What we say: <see cref="InvalidImageException.Problem"/> or <see cref="NoDefinition"/>.</param>
    public static string? Of(StructSource source, string problem) => s_all.FirstOrDefault(e => e.From(source) && e.Says.IsMatch(problem)).Name;

    /// <summary>The name of what explains that a member is not answered rightly, or null.</summary>
    public static string? OfMember(StructSource source, Probe probe)
        // TODO-merge: the answer is to be "undecided"; a wrong one must be a failure then.
        => source.IsPahole && probe.IsBelowDimensions ? "BTF (pahole) has arrays of arrays as one array" : null;
}
