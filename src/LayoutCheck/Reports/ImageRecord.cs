using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports;

/// <summary>The verdict of <c>check</c> on one image in a few kilobytes, for tables over many: ids and outcomes, and no texts of rules. It refers to no image.</summary>
/// <param name="Path">The image as the user named it.</param>
/// <param name="ExitCode">The verdict.</param>
internal sealed record ImageRecord(string Path, ExitCode ExitCode)
{
    // A record is one line of at most 5 KB.
    private const int LongestHeadline = 300;
    private const int LongestMessage = 600;
    private const int LongestRemedy = 200;
    private const int LongestSection = 80;

    /// <summary>The kernel release (<c>uname -r</c>), or null.</summary>
    public string? Release { get; init; }

    /// <summary>The common name of the machine: <c>x86-64</c>; null where there is no ELF.</summary>
    public string? Machine { get; init; }

    /// <summary>The size of a word and of an address in bits, 32 or 64; null where the image cannot be read.</summary>
    public int? Bits { get; init; }

    /// <summary>Whether the byte order is big-endian; null where the image cannot be read.</summary>
    public bool? IsBigEndian { get; init; }

    /// <summary>The size of a page in bytes; null where it cannot be told.</summary>
    public int? PageByteSize { get; init; }

    /// <summary>The build id in hexadecimal, or null.</summary>
    public string? BuildId { get; init; }

    /// <summary>SHA-256 of the file's bytes in hexadecimal; null where it was not asked for.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The first line of the report; null where the image cannot be read.</summary>
    public string? Headline { get; init; }

    /// <summary>The id of the layout's era; null where the image cannot be read.</summary>
    public string? Era { get; init; }

    /// <summary>The outcome of each rule, the flagship's first.</summary>
    public ImmutableArray<RecordedRule> Rules { get; init; } = [];

    /// <summary>The facts of the columns that a matrix has by default; those that cannot be told have none.</summary>
    public ImmutableArray<LayoutFact> Facts { get; init; } = [];

    /// <summary>Why the image cannot be read; null where it can be.</summary>
    public RecordedError? Error { get; init; }

    /// <summary>The state of the input and the question, by which a later run knows that the record still holds; null for records that nothing is skipped by.</summary>
    public RecordStamp? Stamp { get; init; }

    /// <summary>How many rules came to an outcome.</summary>
    public int Count(Outcome outcome) => Rules.Count(r => r.Outcome == outcome);

    /// <summary>The ids of the rules that came to an outcome.</summary>
    public IEnumerable<string> IdsOf(Outcome outcome) => Rules.Where(r => r.Outcome == outcome).Select(r => r.Id);

    /// <summary>The record of a report of <c>check</c>.</summary>
    /// <param name="report">A <see cref="CheckReport"/> or an <see cref="UnreadableReport"/>.</param>
    public static ImageRecord Of(ImageReport report) => report switch
    {
        CheckReport check => OfCheck(check),
        UnreadableReport unreadable => OfUnreadable(unreadable),
        _ => throw new ArgumentException($"no record of {report?.Name}", nameof(report)),
    };

    private static ImageRecord OfCheck(CheckReport check) => new(check.Run.File, check.ExitCode)
    {
        Release = check.Image?.Release,
        Machine = check.Image?.MachineName,
        Bits = check.Source.Target.WordByteSize * 8,
        IsBigEndian = check.Source.Target.IsBigEndian,
        PageByteSize = PageSize.Of(check.Image?.Machine, check.Image?.Config),
        BuildId = check.Image?.BuildId,
        Sha256 = check.Image?.ContentHash,
        Headline = Printable.Shorten(check.Headline(), LongestHeadline),
        Era = check.Era.Id,
        Rules = [.. check.Results.Select(r => new RecordedRule(r.Rule.Id, r.Outcome))],
        Facts = check.Columns,
    };

    private static ImageRecord OfUnreadable(UnreadableReport unreadable) => new(unreadable.Run.File, unreadable.ExitCode)
    {
        Sha256 = unreadable.ContentHash,
        Error = new RecordedError(Printable.Shorten(unreadable.Problem, LongestMessage))
        {
            Section = unreadable.Section is { } section ? Printable.Shorten(section, LongestSection) : null,
            Offset = unreadable.Offset,
            Remedy = unreadable.Remedy is { } remedy ? Printable.Shorten(remedy, LongestRemedy) : null,
        },
    };

    /// <summary>Whether two records say the same, whenever they were made; a hash or facts that only one of them has are no difference.</summary>
    public bool SaysTheSameAs(ImageRecord other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with { Sha256 = null, Rules = [], Facts = [], Stamp = null } == other with { Sha256 = null, Rules = [], Facts = [], Stamp = null }
            && (Sha256 == other.Sha256 || Sha256 is null || other.Sha256 is null)
            && Rules.SequenceEqual(other.Rules) && (Facts.IsEmpty || other.Facts.IsEmpty || Facts.SequenceEqual(other.Facts));
    }
}

/// <summary>The outcome of a rule in a record.</summary>
/// <param name="Id">The rule's id.</param>
/// <param name="Outcome">Its outcome.</param>
internal readonly record struct RecordedRule(string Id, Outcome Outcome);

/// <summary>Why an image cannot be read.</summary>
/// <param name="Message">The problem in one line, with file, section and offset.</param>
internal sealed record RecordedError(string Message)
{
    /// <summary>The section, or null.</summary>
    public string? Section { get; init; }

    /// <summary>Bytes from the start of the section, or of the file; or null.</summary>
    public ulong? Offset { get; init; }

    /// <summary>What the user can do about it, or null.</summary>
    public string? Remedy { get; init; }
}

/// <summary>The state of an input and the question about it: a record with an equal stamp need not be made again. Nothing in it depends on when it was made.</summary>
/// <param name="ByteSize">The size in bytes.</param>
/// <param name="Written">mtime, in seconds since 1970 with nine decimals.</param>
/// <param name="Changed">ctime, in the same form.</param>
/// <param name="Inode">The inode number.</param>
/// <param name="Version">The version of the program.</param>
/// <param name="Question">A hash of the rules and of the options that an answer depends on.</param>
internal sealed record RecordStamp(ulong ByteSize, string Written, string Changed, ulong Inode, string Version, string Question)
{
    /// <summary>The state of the other files that the answer rests on, by their paths: a hash; empty where there are none.</summary>
    public string Others { get; init; } = "";

    /// <summary>The paths of these files.</summary>
    public ImmutableArray<string> OtherPaths { get; init; } = [];
}
