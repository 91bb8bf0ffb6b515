using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The VMCOREINFO that a kernel will write, read from its code.</summary>
internal sealed record VmCoreInfoReport(ExportedNote Note) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "vmcoreinfo";

    /// <summary>Undecided where the code says two values of one fact.</summary>
    public override ExitCode ExitCode => Note.Lines.Any(l => l.IsContradicted) ? ExitCode.Undecided : ExitCode.Holds;
}

/// <summary>The comparison of what a kernel exports in VMCOREINFO with the layouts.</summary>
/// <param name="Note">What the code exports.</param>
/// <param name="Facts">Each fact that is known: compared by the check of its expression, or why it is not.</param>
internal sealed record ExportedSummary(ExportedNote Note, ImmutableArray<ExportedFact> Facts)
{
    /// <summary>How many facts were compared.</summary>
    public int Compared => Facts.Count(f => f.Outcome is not null);

    /// <summary>How many of them agree.</summary>
    public int Agreeing => Facts.Count(f => f.Outcome == Rules.Outcome.Holds);
}

/// <summary>A fact that a kernel exports.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Outcome">Whether the layouts agree; null where it was not compared.</param>
/// <param name="Reason">Why it was not compared, in a clause; else null.</param>
internal sealed record ExportedFact(ExportedLine Line, Rules.Outcome? Outcome, string? Reason);
