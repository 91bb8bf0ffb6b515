using System.Text;

namespace LayoutCheck.Reports.Formats;

/// <summary>Text for people. Lines end in a newline on every system, so that outputs compare.</summary>
internal sealed class TextFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "text";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.None;

    /// <inheritdoc/>
    public bool TellsUnreadable => false;

    /// <inheritdoc/>
    public bool CanWrite(string report) => true;

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using StreamWriter writer = new(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        switch (report)
        {
            case CheckReport check:
                CheckText.Write(check, style, writer);
                break;
            case ShowReport show:
                ShowText.Write(show, writer);
                break;
            case OverlapReport overlap:
                OverlapText.Write(overlap, style, writer);
                break;
            case StructMapReport map:
                StructMapText.Write(map, style, writer);
                break;
            case RulesReport rules:
                RulesText.Write(rules, style, writer);
                break;
            case ExplainReport explain:
                ExplainText.Write(explain, style, writer);
                break;
            case BpfReport bpf:
                BpfText.Write(bpf, style, writer);
                break;
            case HelperReport helper:
                HelperText.Write(helper, style, writer);
                break;
            case DiffReport diff:
                DiffText.Write(diff, style, writer);
                break;
            case BaselineReport baseline:
                writer.Write(baseline.RuleText);
                break;
            case VmCoreInfoReport note:
                VmCoreInfoText.Write(note, style, writer);
                break;
            case MatrixReport matrix:
                MatrixText.Write(matrix, style, writer);
                break;
            case AuditReport audit:
                AuditText.Write(audit, style, writer);
                break;
            case CheckBatch or UnreadableReport or RecordSummary:
                SummaryText.Write(RecordSummary.Of(report), style, writer);
                break;
            default:
                throw new ArgumentException($"no text for {report.Name}", nameof(report));
        }
    }
}
