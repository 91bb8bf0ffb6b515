using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Inputs;
using LayoutCheck.IO;
using LayoutCheck.Lookup;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary><c>check</c> of many images: each has a record, and the result is made of them as they are done.</summary>
/// <param name="choice">The images, and what becomes of their records.</param>
/// <param name="rules">The rules.</param>
/// <param name="isStrict">Whether a warning counts.</param>
/// <param name="how">How an image is opened.</param>
/// <param name="form">The formats, places and style.</param>
internal sealed class CheckMany(BatchChoice choice, RuleSet rules, bool isStrict, ImageOptions how, OutputForm form)
{
    private readonly bool _withColumns = choice.Directory is not null || form.Needs.HasFlag(ReportNeeds.Columns);
    private readonly bool _withDetails = choice.Directory is null && form.Style.Verbosity == Verbosity.Full && form.Destinations.Any(d => d.Format == ReportFormats.Text);
    private readonly bool _keepsReports = choice.Directory is null && form.Destinations.Any(d => BatchSink.NeedsReports(d.Format));
    private ImageOptions _how = new();
    private string _question = "";
    private RecordFolder? _folder;

    /// <summary>Checks the images and writes the result.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OutputException">A record or the result cannot be written.</exception>
    public int Run()
    {
        using SharedKernels kernels = new();
        _how = how with { HashesContent = choice.Directory is null && form.ShowsImage, Kernels = kernels };
        if (choice.Directory is { } directory)
        {
            _folder = RecordFolder.Open(directory, choice.Paths);
            _question = RecordKey.OfQuestion(rules, isStrict, how);
        }

        BatchSink[] sinks = [.. form.Destinations.Select(d => BatchSink.Of(d, form.Style, isOfRecords: _folder is not null))];
        List<ExitCode> codes = new(choice.Paths.Length);

        // The bar would stand in the middle of lines that come meanwhile.
        bool mayDraw = Console.IsOutputRedirected || !sinks.Any(s => s.WritesMeanwhile);
        using (Progress progress = new(() => (double)codes.Count / Math.Max(1, choice.Paths.Length), mayDraw ? null : false, words: () => $"{codes.Count} of {choice.Paths.Length}"))
        {
            foreach (BatchItem item in ImageBatch.Run(choice.Paths, choice.Limits, Ask, Fail))
            {
                if (item.Failure is { } failure)
                {
                    throw new OutputException(failure);
                }

                foreach (string notice in item.Notices)
                {
                    StandardError.WriteLine($"layoutcheck: {Printable.Escape(notice)}");
                }

                codes.Add(item.Record.ExitCode);
                Array.ForEach(sinks, sink => sink.Add(item));
            }
        }

        Array.ForEach(sinks, sink => sink.End());
        return (int)(choice.ExitsZero ? ExitCode.Holds : CheckBatch.WorstOf(codes));
    }

    private BatchItem Ask(string path, int threads)
    {
        InputStamp? before = _folder is null ? null : StampOf(path);
        if (before is not null && choice.Resumes && Known(path, before) is { } known)
        {
            return new BatchItem(known);
        }

        CheckReport report;
        ImmutableArray<string> others = [];
        string read;
        using (KernelImage image = KernelImage.Open(path, _how with { TakesExported = true }))
        {
            report = CheckAnalysis.Run(image, rules, threads, isStrict, form.Needs.HasFlag(ReportNeeds.Map), _withColumns);
            read = image.Path;
            if (before is not null)
            {
                others = [.. image.OtherFiles.Select(f => f.Path), .. before.Watched, .. before.IsFetched ? [read] : Array.Empty<string>()];
            }
        }

        // A folder, or the name of a release, is recorded as it was named.
        ImageRecord record = ImageRecord.Of(report) with { Path = path };
        if (before is not null)
        {
            record = record with { Sha256 = RecordKey.HashOfFile(before.Path ?? read), Stamp = RecordKey.StampOf(before.State, _question, others) };
            return StampOf(path).State == before.State ? Keep(path, new BatchItem(record) { Notices = report.InputNotices }) : throw InputFiles.Changed(path);
        }

        return new BatchItem(record)
        {
            Notices = report.InputNotices,
            Report = _keepsReports ? report : null,
            Details = _withDetails ? Text(report) : null,
        };
    }

    private BatchItem Fail(string path, InvalidImageException error)
    {
        UnreadableReport report = UnreadableReport.Of(path, error) with { ContentHash = _withColumns ? RecordKey.HashOfFile(path) : null };
        ImageRecord record = ImageRecord.Of(report);
        return _folder is not null ? Keep(path, new BatchItem(record with { Stamp = StampOfFailure(path) }))
            : new BatchItem(record) { Report = report, Details = _withDetails ? $"{Printable.Escape(error.Message)}\n" : null };
    }

    private InputStamp StampOf(string path) => InputStamp.Of(path, how.ToRequest());

    // What a server lacks today, it may have tomorrow.
    private RecordStamp StampOfFailure(string path)
    {
        InputStamp stamp = StampOf(path);
        return RecordKey.StampOf(stamp.IsFetched ? default : stamp.State, _question, stamp.Watched);
    }

    // A record of the same file, program and question.
    private ImageRecord? Known(string path, InputStamp now)
        => _folder!.Find(path) is { Stamp: { } stamp } known && known.Path == path && now.State != default && RecordKey.Holds(stamp, now.State, _question)
            && (!choice.Verifies || (!now.IsFetched && known.Sha256 == RecordKey.HashOfFile(now.Path!))) ? known : null;

    // That a record cannot be written ends the run, and is no fault of the image.
    private BatchItem Keep(string path, BatchItem item)
    {
        try
        {
            _folder!.Write(path, item.Record);
            return item;
        }
        catch (OutputException e)
        {
            return item with { Failure = e.Message };
        }
    }

    private string Text(CheckReport report)
    {
        using MemoryStream text = new();
        ReportFormats.Text.Write(report, text, form.Style);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}

/// <summary>What is kept of one image of many.</summary>
/// <param name="Record">Its record.</param>
internal sealed record BatchItem(ImageRecord Record)
{
    /// <summary>Remarks on its input, a line each.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>The whole report; null where no format needs it.</summary>
    public ImageReport? Report { get; init; }

    /// <summary>Its text in full; null where it is not shown.</summary>
    public string? Details { get; init; }

    /// <summary>Why the record could not be written; null where it was, or need not be.</summary>
    public string? Failure { get; init; }
}
