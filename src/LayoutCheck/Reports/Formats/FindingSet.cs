using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings of a report, image by image.</summary>
/// <param name="Images">The images in the order of the inputs.</param>
/// <param name="ExitCode">The verdict over all.</param>
/// <param name="Version">The program's version.</param>
internal sealed record FindingSet(ImmutableArray<ImageFindings> Images, ExitCode ExitCode, string Version)
{
    /// <summary>Whether there are several images, so that a finding has to name its own.</summary>
    public bool HasSeveral => Images.Length > 1;

    /// <summary>All findings that are no pass, the worst first and of these the flagship's; then in the order of the images.</summary>
    public IEnumerable<(ImageFindings Image, FindingRule Rule, Finding Finding)> Shown
        => Images.SelectMany(i => i.All.Where(f => f.Finding.IsShown).Select(f => (i, f.Rule, f.Finding)))
            .OrderByDescending(f => f.Finding.Level == FindingLevel.Unreadable ? FindingLevel.Violated : f.Finding.Level).ThenByDescending(f => f.Rule.IsFlagship);

    /// <summary>The findings of a report of <c>check</c>, <c>diff</c> or <c>audit</c>, or on a BPF object.</summary>
    public static FindingSet Of(Report report) => report switch
    {
        DiffReport diff => new FindingSet([DiffFindings.Of(diff).WithVerdict()], diff.ExitCode, diff.Version),
        BpfReport bpf => new FindingSet([BpfFindings.Of(bpf).WithVerdict()], bpf.ExitCode, bpf.Run.Version),
        AuditReport audit => new FindingSet([AuditFindings.Of(audit).WithVerdict()], audit.ExitCode, audit.Run.Version),
        _ => OfBatch(CheckBatch.Of(report)),
    };

    private static FindingSet OfBatch(CheckBatch batch)
        => new([.. batch.Images.Select(i => CheckFindings.Of(i).WithVerdict())], batch.ExitCode, batch.Images.Select(i => i.Run.Version).FirstOrDefault(RunInfo.LibraryVersion));
}
