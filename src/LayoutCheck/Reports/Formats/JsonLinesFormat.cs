namespace LayoutCheck.Reports.Formats;

/// <summary>JSON lines: one <see cref="ImageRecord"/> a line, for jq, DuckDB, and <c>merge</c>. src/docs/many.md has the fields.</summary>
/// <param name="withFacts">Whether the facts of each image are written too.</param>
internal sealed class JsonLinesFormat(bool withFacts = false) : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "jsonl";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image | ReportNeeds.Columns;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "merge";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        foreach (ImageRecord record in RecordSummary.Of(report).Images)
        {
            WriteLine(record, output);
        }
    }

    /// <summary>Writes a line.</summary>
    /// <param name="record">The record.</param>
    /// <param name="output">The stream; not closed.</param>
    public void WriteLine(ImageRecord record, Stream output) => ImageRecordJson.WriteLine(record, output, withFacts);
}
