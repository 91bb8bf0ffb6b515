using System.CommandLine;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary>The options for the form of a result, and the writing of it.</summary>
internal sealed class OutputOptions
{
    private const int MostColumns = 1000;
    private const int ColumnsOfMail = 76;

    private readonly Option<string> _format;

    private readonly Option<int?> _width = new("--width") { Description = "Fold text to this many columns; 0 folds nothing. Default: the terminal's width, and 76 where there is none.", HelpName = "COLUMNS" };

    private readonly Option<string> _color = new("--color") { Description = "Colour: auto (on a terminal, unless NO_COLOR is set), always or never", DefaultValueFactory = _ => "auto", HelpName = "auto|always|never" };

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
        OptionWords.TakesOneOf(_color, "auto", "always", "never");
        OptionWords.TakesNumber(_width, 0, MostColumns, " of columns");
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_format);
        command.Options.Add(_width);
        command.Options.Add(_color);
    }

    /// <summary>The format and style that were chosen.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="verbosity">The amount of text.</param>
    public OutputForm Form(ParseResult parsed, Verbosity verbosity = Verbosity.Normal)
    {
        bool isColoured = parsed.GetValue(_color) switch
        {
            "always" => true,
            "never" => false,
            _ => Output.MayColour,
        };
        return new OutputForm(ReportFormats.Find(parsed.GetValue(_format)), new TextStyle(isColoured, parsed.GetValue(_width) ?? Output.Columns ?? ColumnsOfMail, verbosity));
    }

    /// <summary>Writes a report's notices to standard error, and its answer to a file or to standard output.</summary>
    /// <param name="report">The report.</param>
    /// <param name="form">The format and style.</param>
    /// <param name="file">The file; null for standard output.</param>
    /// <returns>The exit code.</returns>
    public static int Write(Report report, OutputForm form, OutputFile? file = null)
    {
        foreach (string notice in report.Notices)
        {
            StandardError.WriteLine($"layoutcheck: {notice}");
        }

        if (report.HasAnswer)
        {
            Output.Write(file, stream => form.Format.Write(report, stream, form.Style));
        }

        return (int)report.ExitCode;
    }
}

/// <summary>The format and style of a result.</summary>
/// <param name="Format">The format.</param>
/// <param name="Style">The style of text.</param>
internal readonly record struct OutputForm(IReportFormat Format, TextStyle Style);
