using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>A picture of layouts as a file of SVG: no script, no request, light and dark.</summary>
internal sealed class SvgFormat : IReportFormat
{
    /// <inheritdoc/>
    public string Name => "svg";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Map;

    /// <inheritdoc/>
    public bool TellsUnreadable => false;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "overlap" or "show";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using StreamWriter writer = new(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        StructMap map = report switch
        {
            OverlapReport { Map: { } own } => own,
            StructMapReport several => several.Map,
            ShowReport show => LayoutMaps.Of(show.Types),
            _ => throw new ArgumentException($"no picture of {report.Name}", nameof(report)),
        };
        string file = report is ImageReport image ? Path.GetFileName(image.Run.File) : "";
        StructMapSvg.WriteAlone(map, new HtmlWriter(writer), $"{LayoutMaps.Title(map)} of {Printable.Shorten(file)}");
        writer.Write('\n');
    }
}
