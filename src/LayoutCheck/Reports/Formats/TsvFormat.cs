using System.Globalization;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Tab-separated values for cut, awk and spreadsheets: a head line, then one line for each named member, with positions in bits; of <c>check</c>, one line a check; of a
/// matrix, one line an image.
/// </summary>
internal sealed class TsvFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "tsv";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.None;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "show" or "check" or "matrix" or "merge" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using StreamWriter writer = new(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        if (report is MatrixReport matrix)
        {
            MatrixTsv.Write(matrix, writer);
            return;
        }

        if (report is RecordSummary summary)
        {
            SummaryTsv.Write(summary, writer);
            return;
        }

        if (report is not ShowReport layouts)
        {
            WriteChecks(report, writer);
            return;
        }

        writer.WriteLine("type\tmember\tbit_offset\tbit_size\tmember_type\tfirst_unit\tfile\tline");
        foreach (ShownType shown in layouts.Types)
        {
            if (shown.Member is { } member)
            {
                WriteRow(shown, member.Path, member.BitOffset, member.BitSize ?? 0, member.Type, member.Place, writer);
                continue;
            }

            foreach (LayoutItem item in shown.Layout.Items.Where(i => i.Kind == LayoutItemKind.Member && i.Name is not null))
            {
                WriteRow(shown, item.Path, item.BitOffset, item.BitSize, item.Type, item.Place, writer);
            }
        }
    }

    private static void WriteChecks(Report report, TextWriter writer)
    {
        writer.WriteLine("file\trelease\tarchitecture\trule\tcheck\toutcome\treason\tconsequence\tdeclared");
        foreach (ImageFindings image in FindingSet.Of(report).Images)
        {
            foreach ((FindingRule rule, Finding finding) in image.All)
            {
                string[] cells =
                [
                    image.Label, image.Release ?? "", image.Architecture ?? "", rule.Id, finding.Name, finding.Level.Word(), finding.Reason, finding.Consequence ?? "", finding.PlacesInWords,
                ];
                writer.WriteLine(string.Join('\t', cells));
            }
        }
    }

    // Printable.Escape writes tabs and newlines out, so that a name cannot end its cell.
    private static void WriteRow(ShownType shown, string path, ulong bitOffset, ulong bitSize, TypeId type, SourcePlace? place, TextWriter writer)
    {
        string[] cells = [shown.TypeSpelling, path, Number(bitOffset), Number(bitSize), shown.Definition.Graph.Declare(type), shown.FirstUnit, place?.File ?? "", place is null ? "" : Number(place.Line)];
        writer.WriteLine(string.Join('\t', cells.Select(Printable.Escape)));
    }

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
