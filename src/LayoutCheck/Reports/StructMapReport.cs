using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The members of several types over each other: the answer of <c>overlap</c> to more than one type.</summary>
/// <param name="Types">The types that the image defines, in the order of the names.</param>
/// <param name="Map">All of them on one ruler.</param>
public sealed record StructMapReport(ImmutableArray<OverlapReport> Types, StructMap Map) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "overlap";

    /// <summary>Whether some name has no definition.</summary>
    public bool IsIncomplete { get; init; }

    /// <inheritdoc/>
    public override bool HasAnswer => !Types.IsEmpty;

    /// <inheritdoc/>
    public override ExitCode ExitCode => !HasAnswer || IsIncomplete || Types.Any(t => t.ExitCode != ExitCode.Holds) ? ExitCode.Undecided : ExitCode.Holds;
}
