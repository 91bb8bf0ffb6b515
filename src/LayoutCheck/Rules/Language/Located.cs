using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>A type or member that was looked for.</summary>
/// <param name="Name">What to call it: <c>page.lru</c>, <c>struct page</c>.</param>
/// <param name="Graph">The graph that holds it, or null when it was not found.</param>
/// <param name="Root">The type that it was looked for in.</param>
/// <param name="Place">Where it is, or null when it was not found.</param>
/// <param name="Problem">Why it was not.</param>
internal sealed record Located(string Name, TypeGraph? Graph, TypeId Root, ResolvedMember? Place, string Problem)
{
    /// <summary>The type and member in parts; null where nothing was found.</summary>
    public FactSubject? Parts { get; init; }

    /// <summary>The enumerator, where one was asked for; <see cref="Place"/> is that of the enumeration then.</summary>
    public Enumerator? Enumerator { get; init; }

    /// <summary>Whether it may exist all the same: the way to it is not known.</summary>
    public bool IsUndecided { get; init; }

    /// <summary>Of a member or enumerator that is missing, the names that may have been meant, as a clause; else empty.</summary>
    public Func<string>? Near { get; init; }

    /// <summary>Whether it was found behind a pointer to a type with several definitions, in one of them.</summary>
    public bool IsOneOfMany { get; init; }

    /// <summary>As <see cref="TypeDefinition.HasExactAlignments"/>.</summary>
    public bool HasExactAlignments { get; init; }

    /// <summary>Whether it may have more alignment than it declares.</summary>
    public bool IsAlignmentOpen => !HasExactAlignments && Place is not null && DeclaredAlignments.MayBeTooSmall(Graph!, Place.Type);

    /// <summary>One that does not exist.</summary>
    public static Located Missing(string problem) => new("", null, TypeId.Void, null, problem);

    /// <summary>One of which it is not known whether it exists.</summary>
    public static Located Undecided(string problem) => Missing(problem) with { IsUndecided = true };
}
