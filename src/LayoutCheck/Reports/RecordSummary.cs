using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The verdicts on many images, by their records: a table.</summary>
/// <param name="Images">The records.</param>
internal sealed record RecordSummary(ImmutableArray<ImageRecord> Images) : Report
{
    /// <inheritdoc/>
    public override string Name => "merge";

    /// <summary>The complete text about each image, in the order of <see cref="Images"/>; empty where no text was asked for.</summary>
    public ImmutableArray<string> Details { get; init; } = [];

    /// <summary>What is wrong with the records themselves: an input without one, or with two.</summary>
    public ImmutableArray<RecordProblem> Problems { get; init; } = [];

    /// <summary>The worst of all images; undecided at least, where a record is missing, double or contradictory.</summary>
    public override ExitCode ExitCode => CheckBatch.WorstOf([.. Images.Select(i => i.ExitCode), Problems.IsEmpty ? ExitCode.Holds : ExitCode.Undecided]);

    /// <summary>How many images came to a verdict.</summary>
    public int Count(ExitCode code) => Images.Count(i => i.ExitCode == code);

    /// <summary>A report of <c>check</c> or of <c>merge</c> as a summary.</summary>
    public static RecordSummary Of(Report report)
        => report as RecordSummary ?? new RecordSummary([.. CheckBatch.Of(report).Images.Select(ImageRecord.Of)]);
}

/// <summary>A fault of the records, not of an image.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Path">The input, or the file with the records where no input is known.</param>
/// <param name="Words">The fault in one clause.</param>
internal sealed record RecordProblem(RecordProblemKind Kind, string Path, string Words);

/// <summary>The kinds of faults of records.</summary>
internal enum RecordProblemKind
{
    /// <summary>An input that is expected has no record.</summary>
    Missing,

    /// <summary>An input has several records that say the same.</summary>
    Double,

    /// <summary>An input has several records that say different things.</summary>
    Contradictory,

    /// <summary>A record is torn, or none of this program's.</summary>
    Torn,
}
