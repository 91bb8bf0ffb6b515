namespace LayoutCheck.Reports.Formats;

/// <summary>
/// JSON for programs: stable in order, positions in bytes and in bits. Two runs over the same bytes differ in the object <c>run</c> and in the paths of
/// <c>files</c>, and nowhere else. src/docs/json.md has the form.
/// </summary>
internal sealed class JsonFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "json";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => true;

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using (JsonReport json = new(output))
        {
            json.Write(report);
        }

        output.WriteByte((byte)'\n');
    }
}
