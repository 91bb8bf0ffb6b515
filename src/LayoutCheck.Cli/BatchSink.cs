using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary>The way of one format to its place, image by image.</summary>
internal abstract class BatchSink
{
    /// <summary>Whether it writes to standard output before the end.</summary>
    public virtual bool WritesMeanwhile => false;

    /// <summary>Takes the next image.</summary>
    public abstract void Add(BatchItem item);

    /// <summary>Writes the rest, after the last image.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public abstract void End();

    /// <summary>Whether a format writes whole reports, where others make do with records.</summary>
    public static bool NeedsReports(IReportFormat format) => format != ReportFormats.Text && format is not JsonLinesFormat;

    /// <summary>The way of a format.</summary>
    /// <param name="destination">The format and its place.</param>
    /// <param name="style">The style of text.</param>
    /// <param name="isOfRecords">Whether there are records alone.</param>
    /// <exception cref="UsageException">There are records alone, and the format needs more.</exception>
    public static BatchSink Of(Destination destination, TextStyle style, bool isOfRecords)
        => destination.Format is JsonLinesFormat lines ? new Lines(lines, destination.File)
            : isOfRecords && !destination.Format.CanWrite("merge")
            ? throw new UsageException($"--output-dir writes records, and --format {destination.Format.Name} needs whole reports: take {OptionWords.List(ReportFormats.NamesFor("merge"))}")
            : isOfRecords || !NeedsReports(destination.Format) ? new Records(destination, style)
            : new Reports(destination, style);

    private static void Write(Report report, Destination destination, TextStyle style) => OutputOptions.WriteAnswer(report, new OutputForm([destination], style));

    /// <summary>JSON lines: standard output has each as it is done, in one write; a file has all or is not there.</summary>
    private sealed class Lines(JsonLinesFormat format, OutputFile? file) : BatchSink
    {
        private readonly List<byte[]> _lines = [];

        public override bool WritesMeanwhile => file is null;

        public override void Add(BatchItem item)
        {
            using MemoryStream line = new();
            format.WriteLine(item.Record, line);
            if (file is null)
            {
                Output.Write(null, line.WriteTo);
            }
            else
            {
                _lines.Add(line.ToArray());
            }
        }

        public override void End()
        {
            if (file is not null)
            {
                Output.Write(file, stream => _lines.ForEach(line => stream.Write(line)));
            }
        }
    }

    /// <summary>A table of records.</summary>
    private sealed class Records(Destination destination, TextStyle style) : BatchSink
    {
        private readonly ImmutableArray<ImageRecord>.Builder _records = ImmutableArray.CreateBuilder<ImageRecord>();
        private readonly ImmutableArray<string>.Builder _details = ImmutableArray.CreateBuilder<string>();

        public override void Add(BatchItem item)
        {
            _records.Add(item.Record);
            if (item.Details is { } details)
            {
                _details.Add(details);
            }
        }

        public override void End() => Write(new RecordSummary(_records.ToImmutable()) { Details = _details.ToImmutable() }, destination, style);
    }

    /// <summary>Whole reports, all in memory.</summary>
    private sealed class Reports(Destination destination, TextStyle style) : BatchSink
    {
        private readonly ImmutableArray<ImageReport>.Builder _reports = ImmutableArray.CreateBuilder<ImageReport>();

        public override void Add(BatchItem item) => _reports.Add(item.Report!);

        public override void End() => Write(new CheckBatch(_reports.ToImmutable()), destination, style);
    }
}
