
namespace LayoutCheck.Reports.Formats;

/// <summary>A page for people in one file: no script, no request, to be sent, kept with a build, or printed.</summary>
internal sealed class HtmlFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "html";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image | ReportNeeds.Map;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "diff" or "audit" or "overlap" or "show" or "matrix";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        switch (report)
        {
            case CheckBatch or CheckReport or UnreadableReport:
                CheckHtml.Write(CheckBatch.Of(report), output);
                break;
            case DiffReport diff:
                DiffHtml.Write(diff, output);
                break;
            case AuditReport audit:
                AuditHtml.Write(audit, output);
                break;
            case MatrixReport matrix:
                MatrixHtml.Write(matrix, output);
                break;
            case OverlapReport or StructMapReport or ShowReport:
                LayoutHtml.Write((ImageReport)report, output);
                break;
            default:
                throw new ArgumentException($"no page for {report.Name}", nameof(report));
        }
    }
}
