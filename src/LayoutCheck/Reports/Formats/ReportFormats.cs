namespace LayoutCheck.Reports.Formats;

/// <summary>All formats.</summary>
public static class ReportFormats
{
    /// <summary>The default.</summary>
    public static IReportFormat Text { get; } = new TextFormat();

    /// <summary>Every format, the default first.</summary>
    public static IReadOnlyList<IReportFormat> All { get; } =
    [
        Text, new JsonFormat(), new TsvFormat(), new MarkdownFormat(), new HtmlFormat(), new SvgFormat(),
        new SarifFormat(), new JUnitFormat(), new KtapFormat(), new GitHubFormat(), new GitLabFormat(), new JsonLinesFormat(),
    ];

    /// <summary>The words for <c>--format</c> of a command.</summary>
    public static string[] NamesFor(string report) => [.. All.Where(f => f.CanWrite(report)).Select(f => f.Name)];

    /// <summary>The format of a name; the default where there is none.</summary>
    public static IReportFormat Find(string? name) => All.FirstOrDefault(f => f.Name == name) ?? Text;
}
