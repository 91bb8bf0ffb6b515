using System.Collections.Immutable;
using System.CommandLine;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Cli;

/// <summary>The options for the forms of a result and the places that it is written to, and the writing of it.</summary>
internal sealed class OutputOptions
{
    private const int MostColumns = 1000;
    private const int ColumnsOfMail = 76;

    private readonly string[] _names;
    private readonly Option<string> _format;

    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write the result to this file; it is whole or not there. Without it, standard output.", HelpName = "FILE" };

    private readonly Option<string[]> _reports;

    private readonly Option<int?> _width = new("--width") { Description = "Fold text to this many columns; 0 folds nothing. Default: the terminal's width, and 76 where there is none.", HelpName = "COLUMNS" };

    private readonly Option<string> _color = new("--color") { Description = "Colour: auto (on a terminal, unless NO_COLOR is set), always or never", DefaultValueFactory = _ => "auto", HelpName = "auto|always|never" };

    /// <param name="report">The name of the report, which decides about the formats.</param>
    public OutputOptions(string report)
    {
        _names = ReportFormats.NamesFor(report);
        _format = new Option<string>("--format")
        {
            Description = $"How to write the result: {OptionWords.List(_names)}",
            DefaultValueFactory = _ => ReportFormats.Text.Name,
            HelpName = string.Join('|', _names),
        };
        _reports = new Option<string[]>("--report")
        {
            Description = "Write the result to FILE too, in this format. May be repeated: one run, several reports.",
            HelpName = "FORMAT=FILE",
        };
        OptionWords.TakesOneOf(_format, _names);
        OptionWords.TakesOneOf(_color, "auto", "always", "never");
        OptionWords.TakesNumber(_width, 0, MostColumns, " of columns");
    }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasFile">Whether the command has an option of its own for the result's file.</param>
    public void AddTo(Command command, bool hasFile = false)
    {
        command.Options.Add(_format);
        if (!hasFile)
        {
            command.Options.Add(_output);
            command.Options.Add(_reports);
        }

        command.Options.Add(_width);
        command.Options.Add(_color);
    }

    /// <summary>The formats, places and style that were chosen.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="verbosity">The amount of text.</param>
    /// <exception cref="UsageException">A report is not FORMAT=FILE, or two go to one file.</exception>
    public OutputForm Form(ParseResult parsed, Verbosity verbosity = Verbosity.Normal)
    {
        bool isColoured = parsed.GetValue(_color) switch
        {
            "always" => true,
            "never" => false,
            _ => Output.MayColour,
        };
        string? main = parsed.GetResult(_output) is null ? null : parsed.GetValue(_output);
        ImmutableArray<Destination> destinations =
        [
            new Destination(ReportFormats.Find(parsed.GetValue(_format)), main is null ? null : new OutputFile(main, IsForced: true)),
            .. (parsed.GetResult(_reports) is null ? [] : parsed.GetValue(_reports) ?? []).Select(OfReport),
        ];
        if (destinations.Where(d => d.File is not null).GroupBy(d => Path.GetFullPath(d.File!.Path), StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
        {
            throw new UsageException($"two reports go to one file, {twice.First().File!.Path}");
        }

        return new OutputForm(destinations, new TextStyle(isColoured, parsed.GetValue(_width) ?? Output.Columns ?? ColumnsOfMail, verbosity));
    }

    private Destination OfReport(string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal);
        string format = equals < 0 ? value : value[..equals];
        string file = equals < 0 ? "" : value[(equals + 1)..];
        return file.Length == 0 ? throw new UsageException($"--report takes FORMAT=FILE (--report {_names[^1]}=result.{_names[^1]}), not '{value}'")
            : !_names.Contains(format) ? throw new UsageException($"--report takes {OptionWords.List(_names)} before the =, not '{format}'")
            : new Destination(ReportFormats.Find(format), new OutputFile(file, IsForced: true));
    }

    /// <summary>Writes a report's notices to standard error, and its answer to each place.</summary>
    /// <param name="report">The report.</param>
    /// <param name="form">The formats, places and style.</param>
    /// <param name="file">The file of a command that has its own option for it; null for standard output.</param>
    /// <returns>The exit code.</returns>
    public static int Write(Report report, OutputForm form, OutputFile? file = null)
    {
        foreach (string notice in report.InputNotices.Distinct())
        {
            StandardError.WriteLine($"layoutcheck: {Printable.Escape(notice)}");
        }

        foreach (string notice in report.Notices)
        {
            StandardError.WriteLine($"layoutcheck: {notice}");
        }

        WriteAnswer(report, form, file);
        return (int)report.ExitCode;
    }

    /// <summary>Writes a report's answer to each place; nothing where it has none.</summary>
    /// <param name="report">The report.</param>
    /// <param name="form">The formats, places and style.</param>
    /// <param name="file">The file of a command that has its own option for it; null for standard output.</param>
    public static void WriteAnswer(Report report, OutputForm form, OutputFile? file = null)
    {
        if (report.HasAnswer)
        {
            foreach (Destination destination in form.Destinations)
            {
                // Colour and the terminal's width are for standard output.
                TextStyle style = destination.File is null ? form.Style : form.Style with { IsColoured = false };
                Output.Write(destination.File ?? file, stream => destination.Format.Write(report, stream, style));
            }
        }
    }
}

/// <summary>One format of a result, and the place for it.</summary>
/// <param name="Format">The format.</param>
/// <param name="File">The file; null for standard output.</param>
internal readonly record struct Destination(IReportFormat Format, OutputFile? File);

/// <summary>The formats, places and style of a result.</summary>
/// <param name="Destinations">Each format with its place.</param>
/// <param name="Style">The style of text.</param>
internal readonly record struct OutputForm(ImmutableArray<Destination> Destinations, TextStyle Style)
{
    /// <summary>What the formats together show beside the answer.</summary>
    public ReportNeeds Needs => Destinations.Aggregate(ReportNeeds.None, (needs, d) => needs | d.Format.Needs);

    /// <summary>The same, with JSON lines that tell facts.</summary>
    public OutputForm WithFacts(bool withFacts)
        => withFacts ? this with { Destinations = [.. Destinations.Select(d => d.Format is JsonLinesFormat ? d with { Format = new JsonLinesFormat(withFacts: true) } : d)] } : this;

    /// <summary>Whether the facts that an image tells of itself are shown.</summary>
    public bool ShowsImage => Needs.HasFlag(ReportNeeds.Image);
}
