using System.Collections.Immutable;
using LayoutCheck.Code;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>An inlined helper on the example of one instruction of an image.</summary>
/// <param name="Helper">The helper.</param>
/// <param name="Evidence">What all of its calls say.</param>
/// <param name="Site">The instruction; null if none tells anything.</param>
/// <param name="Lines">The instructions around it.</param>
internal sealed record HelperReport(Helper Helper, CodeEvidence Evidence, CodeSite? Site, ImmutableArray<ListedInstruction> Lines) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "explain";

    /// <summary>The member that the helper uses in this image; null if its struct has none of those that it has used.</summary>
    public MemberEvidence? Member => Evidence.Members.FirstOrDefault();

    /// <summary>Undecided without an instruction: there is nothing to show.</summary>
    public override ExitCode ExitCode => Site is null ? ExitCode.Undecided : ExitCode.Holds;
}
