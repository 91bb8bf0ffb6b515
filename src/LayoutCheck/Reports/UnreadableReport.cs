using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The record of an image that <c>check</c> cannot read: a table or a pipeline that counts its inputs misses none.</summary>
/// <param name="Problem">The problem in one line, with file, section and offset: the message of the error.</param>
public sealed record UnreadableReport(string Problem) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "check";

    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Unreadable;

    /// <summary>The section that it is in, or null if it concerns the whole file.</summary>
    public string? Section { get; init; }

    /// <summary>Bytes from the start of <see cref="Section"/>, or of the file; null where no place is known.</summary>
    public ulong? Offset { get; init; }

    /// <summary>What the user can do about it, or null.</summary>
    public string? Remedy { get; init; }

    /// <summary>SHA-256 of the file's bytes in hexadecimal; null where it was not asked for, or cannot be had.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The record of an error.</summary>
    /// <param name="file">The input as the user named it.</param>
    /// <param name="error">The error.</param>
    public static UnreadableReport Of(string file, InvalidImageException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new UnreadableReport(error.Message) { Run = RunInfo.Of(file), Section = error.Section, Offset = error.Offset, Remedy = error.Remedy };
    }
}
