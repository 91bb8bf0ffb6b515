namespace LayoutCheck.Reports.Formats;

/// <summary>A form in which reports are written. A class is added to <see cref="ReportFormats.All"/>, and every command that it can write offers it.</summary>
public interface IReportFormat
{
    /// <summary>The word for <c>--format</c>.</summary>
    string Name { get; }

    /// <summary>Whether it shows the facts that an image tells of itself, which take a search through megabytes.</summary>
    bool ShowsImage { get; }

    /// <summary>Whether it can write the reports of a command.</summary>
    /// <param name="report">The name of the command: <see cref="Report.Name"/>.</param>
    bool CanWrite(string report);

    /// <summary>Writes a report that it can write and that has an answer.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">The stream; not closed.</param>
    /// <param name="style">The form of text for people; of no effect on formats for programs.</param>
    void Write(Report report, Stream output, TextStyle style);
}
