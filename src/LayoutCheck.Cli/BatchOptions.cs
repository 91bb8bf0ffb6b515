using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using LayoutCheck.Analyses;
using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>The options of <c>check</c> for many images.</summary>
internal sealed class BatchOptions
{
    private readonly Option<string?> _list = new("--files-from") { HelpName = "LIST|-", Description = "Check the files of this list too, a path a line, or NUL-separated; - is standard input." };

    private readonly Option<string?> _memory = new("--memory") { HelpName = "SIZE", Description = "Of many images, begin no more than fit this memory by their sizes (2G, 500M); one is always worked on. Default: a quarter of the machine's." };

    private readonly Option<bool> _exitZero = new("--exit-zero") { Description = "End with 0 when every image has a record, whatever its verdict: for engines that count other codes as failed jobs." };

    private readonly Option<bool> _facts = new("--facts") { Description = "In JSON lines, tell the facts of matrix's default columns too." };

    private readonly Option<string?> _directory = new("--output-dir") { HelpName = "DIR", Description = "Write a record for each image to this folder, as each is done; the result is the summary of the records." };

    private readonly Option<bool> _resume = new("--resume") { Description = "With --output-dir: leave out the images whose record there is of the same file, program, rules and options." };

    private readonly Option<bool> _verify = new("--verify") { Description = "With --resume: hash each file again, and compare with its record." };

    private readonly Option<string?> _shard = new("--shard") { HelpName = "I/N", Description = "Check the I-th of N parts of the files, cut by a hash of their paths: parts are disjoint, and complete together." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_list, _memory, _exitZero, _facts, _directory, _resume, _verify, _shard])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The options as they were given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="files">The files that it names.</param>
    /// <param name="threads">The number of threads.</param>
    /// <exception cref="UsageException">An option is wrong, or goes with another that is missing.</exception>
    public BatchChoice Of(ParseResult parsed, string[] files, int threads)
    {
        string? list = parsed.GetValue(_list);
        string? directory = parsed.GetValue(_directory);
        bool resumes = parsed.GetValue(_resume);
        bool verifies = parsed.GetValue(_verify);
        Shard? shard = parsed.GetValue(_shard) is { } text ? Shard.Parse(text) : null;
        ulong memory = parsed.GetValue(_memory) is { } size ? OptionWords.SizeOf(_memory.Name, size) : BatchLimits.DefaultMemory;
        if ((resumes && directory is null) || (verifies && !resumes))
        {
            throw new UsageException(verifies && !resumes ? "--verify goes with --resume" : "--resume goes with --output-dir");
        }

        ImmutableArray<string> paths = [.. files, .. list is null ? [] : FileList.Read(list)];
        bool isMany = paths.Length > 1 || list is not null || directory is not null || shard is not null;
        return new BatchChoice(shard is { } part ? [.. paths.Where(part.Has)] : paths, isMany)
        {
            NamedCount = paths.Length,
            List = list,
            Limits = new BatchLimits(threads, memory),
            ExitsZero = parsed.GetValue(_exitZero),
            WithFacts = parsed.GetValue(_facts),
            Directory = directory,
            Resumes = resumes,
            Verifies = verifies,
        };
    }
}

/// <summary>The images of a run of <c>check</c>, and what becomes of their records.</summary>
/// <param name="Paths">The images, in the order they were named; of a shard, its own.</param>
/// <param name="IsMany">Whether the result is a table: several images, a list, a folder of records, or a shard.</param>
internal sealed record BatchChoice(ImmutableArray<string> Paths, bool IsMany)
{
    /// <summary>How many images were named, those of other shards included.</summary>
    public int NamedCount { get; init; }

    /// <summary>The list of further files, or null.</summary>
    public string? List { get; init; }

    /// <summary>How much is worked on at once.</summary>
    public BatchLimits Limits { get; init; }

    /// <summary>Whether verdicts do not show in the exit code.</summary>
    public bool ExitsZero { get; init; }

    /// <summary>Whether JSON lines have facts.</summary>
    public bool WithFacts { get; init; }

    /// <summary>The folder of records, or null.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether records that are there still hold.</summary>
    public bool Resumes { get; init; }

    /// <summary>Whether a record holds only for a file of the same hash.</summary>
    public bool Verifies { get; init; }
}

/// <summary>One of several parts of a set of paths, which does not depend on their order.</summary>
/// <param name="Index">Which part, from 1.</param>
/// <param name="Count">How many parts.</param>
internal readonly record struct Shard(int Index, int Count)
{
    private const int MostParts = 1_000_000;

    /// <summary>Reads <c>2/8</c>.</summary>
    /// <exception cref="UsageException">It is no part.</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && index >= 1 && index <= count && count <= MostParts
            ? new Shard(index, count)
            : throw new UsageException($"--shard takes I/N, the I-th of N parts (1/4), not '{Printable.Shorten(text)}'");
    }

    /// <summary>Whether a path belongs to the part.</summary>
    public bool Has(string path)
    {
        byte[] hash = RecordKey.HashOf(path);
        return BitConverter.ToUInt32([hash[3], hash[2], hash[1], hash[0]]) % (uint)Count == (uint)Index - 1;
    }
}
