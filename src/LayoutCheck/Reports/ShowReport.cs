using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>The layouts that <c>show</c> was asked for.</summary>
/// <param name="Types">The layouts, in the order of the names; of several definitions, each that differs.</param>
/// <param name="Source">The debug format that they come from.</param>
/// <param name="Options">How they are shown.</param>
/// <param name="Omission">The reason why members may be missing, or null.</param>
public sealed record ShowReport(ImmutableArray<ShownType> Types, SourceKind Source, ShowOptions Options, SourceOmission? Omission) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "show";

    /// <summary>Whether some name has no definition, or a member that does not exist or whose place is not known.</summary>
    public bool IsIncomplete { get; init; }

    /// <summary>Whether the debug information of some name cannot be read.</summary>
    public bool IsRefused { get; init; }

    /// <inheritdoc/>
    public override bool HasAnswer => !IsRefused || !Types.IsEmpty;

    /// <inheritdoc/>
    public override ExitCode ExitCode => IsRefused ? ExitCode.Unreadable
        : IsIncomplete ? ExitCode.Undecided
        : Types.Any(t => t.IsOneOfSeveral) ? ExitCode.Violated
        : ExitCode.Holds;
}

/// <summary>The form of a shown layout.</summary>
/// <param name="All">Every unit's definition instead of the first.</param>
/// <param name="Expand">Members of named types too.</param>
/// <param name="CacheLineByteSize">The target's cache line in bytes; 0 leaves the boundaries out.</param>
/// <param name="Lines">The source line that declares each member.</param>
public readonly record struct ShowOptions(bool All = false, bool Expand = false, int CacheLineByteSize = 64, bool Lines = false);

/// <summary>One definition of a type, or one member of it, with its origin.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Layout">Its layout.</param>
/// <param name="Member">The one member that was asked for, or null for all.</param>
/// <param name="DefinitionCount">The number of units that define it so; null when only the first was asked.</param>
/// <param name="DifferenceFromFirst">The place where it departs from the first definition, in words; null for the first.</param>
public sealed record ShownType(TypeDefinition Definition, TypeLayout Layout, ResolvedMember? Member, int? DefinitionCount, string? DifferenceFromFirst)
{
    /// <summary>The type as C spells it.</summary>
    public string TypeSpelling => Definition.Graph.Declare(Definition.Root);

    /// <summary>The name of the first unit that defines it; in BTF, its first record.</summary>
    public string FirstUnit => Definition.Units[0].Name;

    /// <summary>The first function that it is local to, empty when that has no name; null for a definition for the whole unit.</summary>
    public string? Function => Definition.Function;

    /// <summary>Whether there are other definitions that differ.</summary>
    public bool IsOneOfSeveral { get; init; }

    /// <summary>The largest alignment of a number on the target.</summary>
    public required ScalarAlignment Scalars { get; init; }

    /// <summary>Whether the places of its members show that it is packed.</summary>
    public bool IsPacked => Definition.Graph.IsPacked(Definition.Aggregate, Scalars);
}
