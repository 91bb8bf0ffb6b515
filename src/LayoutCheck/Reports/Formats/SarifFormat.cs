using System.Text.Encodings.Web;
using System.Text.Json;

namespace LayoutCheck.Reports.Formats;

/// <summary>SARIF 2.1.0 for code scanning: a result for each finding that is no pass, what could not be told or read included, with its members and its rule.</summary>
internal sealed class SarifFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "sarif";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "diff" or "audit";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using (Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            new SarifLog(json).Write(FindingSet.Of(report));
        }

        output.WriteByte((byte)'\n');
    }
}
