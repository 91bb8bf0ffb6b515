using System.CommandLine;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary>The option that says in which form a result is written, and the writing.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string> _format;

    /// <param name="report">The name of the report, which decides about the formats.</param>
    public OutputOptions(string report)
    {
        string[] names = ReportFormats.NamesFor(report);
        _format = new Option<string>("--format")
        {
            Description = $"How to write the result: {OptionWords.List(names)}",
            DefaultValueFactory = _ => ReportFormats.Text.Name,
            HelpName = string.Join('|', names),
        };
        OptionWords.TakesOneOf(_format, names);
    }

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_format);

    /// <summary>The format that was chosen.</summary>
    public IReportFormat Format(ParseResult parsed) => ReportFormats.Find(parsed.GetValue(_format));

    /// <summary>Writes a report's notices to standard error, and its answer to a file or to standard output.</summary>
    /// <param name="report">The report.</param>
    /// <param name="format">The format.</param>
    /// <param name="path">The file; null for standard output.</param>
    /// <returns>The exit code.</returns>
    public static int Write(Report report, IReportFormat format, string? path = null)
    {
        foreach (string notice in report.Notices)
        {
            StandardError.WriteLine($"layoutcheck: {notice}");
        }

        if (report.HasAnswer)
        {
            Output.Write(path, stream => format.Write(report, stream, path is null ? Output.Style : default));
        }

        return (int)report.ExitCode;
    }
}
