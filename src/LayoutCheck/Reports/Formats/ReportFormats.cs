namespace LayoutCheck.Reports.Formats;

/// <summary>All formats.</summary>
public static class ReportFormats
{
    /// <summary>The default.</summary>
    internal static IReportFormat Text { get; } = new TextFormat();

    /// <summary>Every format, the default first.</summary>
    internal static IReadOnlyList<IReportFormat> All { get; } =
    [
        Text, new JsonFormat(), new TsvFormat(), new MarkdownFormat(), new HtmlFormat(), new SvgFormat(),
        new SarifFormat(), new JUnitFormat(), new KtapFormat(), new GitHubFormat(), new GitLabFormat(), new JsonLinesFormat(),
    ];

    /// <summary>The names of the formats that a report can be written in, the default first.</summary>
    /// <param name="report">The name of the report: <see cref="Report.Name"/>.</param>
    public static string[] NamesFor(string report) => [.. All.Where(f => f.CanWrite(report)).Select(f => f.Name)];

    /// <summary>Writes a report as the program does.</summary>
    /// <param name="format">The name of the format: <c>text</c>, <c>json</c>, or another of <see cref="NamesFor"/>.</param>
    /// <param name="report">The report; one without an answer (<see cref="Report.HasAnswer"/>) writes nothing.</param>
    /// <param name="output">The stream; not closed.</param>
    /// <param name="style">The form of text for people; of no effect on formats for programs.</param>
    /// <exception cref="ArgumentException">The report cannot be written in that format.</exception>
    public static void Write(string format, Report report, Stream output, TextStyle style = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        string[] names = NamesFor(report.Name);
        if (!names.Contains(format))
        {
            throw new ArgumentException($"the formats of {report.Name} are {string.Join(", ", names)}, not '{format}'", nameof(format));
        }

        if (report.HasAnswer)
        {
            Find(format).Write(report, output, style);
        }
    }

    /// <summary>The format of a name; the default where there is none.</summary>
    internal static IReportFormat Find(string? name) => All.FirstOrDefault(f => f.Name == name) ?? Text;
}
