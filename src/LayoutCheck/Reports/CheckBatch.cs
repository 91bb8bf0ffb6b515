using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The verdicts of <c>check</c> on several images, in the order of the inputs.</summary>
/// <param name="Images">One for each input: a <see cref="CheckReport"/>, or an <see cref="UnreadableReport"/>.</param>
public sealed record CheckBatch(ImmutableArray<ImageReport> Images) : Report
{
    // A file that cannot be read may hide a violation; a violation is certain; an undecided rule is neither.
    private static readonly ExitCode[] s_worstFirst = [ExitCode.Unreadable, ExitCode.Violated, ExitCode.Undecided];

    /// <inheritdoc/>
    public override string Name => "check";

    /// <summary>The worst of all: unreadable, then violated, then undecided. Holds where there is no image.</summary>
    public override ExitCode ExitCode => WorstOf(Images.Select(i => i.ExitCode));

    /// <summary>The worst of several exit codes.</summary>
    public static ExitCode WorstOf(IEnumerable<ExitCode> codes)
    {
        HashSet<ExitCode> found = [.. codes];
        return s_worstFirst.FirstOrDefault(found.Contains, ExitCode.Holds);
    }

    /// <summary>A report of <c>check</c> as a batch: itself, or the only one of a new one. Formats that write one image as they write many take it so.</summary>
    public static CheckBatch Of(Report report) => report switch
    {
        CheckBatch batch => batch,
        ImageReport image => new CheckBatch([image]),
        _ => throw new ArgumentException($"no image in {report.Name}", nameof(report)),
    };
}
