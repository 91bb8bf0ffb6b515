namespace LayoutCheck.Reports.Formats;

/// <summary>What a format shows beside the answer itself, and what costs time to find out.</summary>
[Flags]
internal enum ReportNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The facts that an image tells of itself, which take a search through megabytes.</summary>
    Image = 1,

    /// <summary>The structs that share struct page's bytes, for a map of them.</summary>
    Map = 2,

    /// <summary>The facts of a matrix's default columns, and the hash of a file without a build id.</summary>
    Columns = 4,
}

/// <summary>A form in which reports are written. A class is added to <see cref="ReportFormats.All"/>, and every command that it can write offers it.</summary>
internal interface IReportFormat
{
    /// <summary>The word for <c>--format</c>.</summary>
    string Name { get; }

    /// <summary>What it shows that is read for it alone.</summary>
    ReportNeeds Needs { get; }

    /// <summary>
    /// Whether an image that cannot be read has a record in it (<see cref="UnreadableReport"/>), for programs that count their inputs. Text for people leaves it to
    /// standard error.
    /// </summary>
    bool TellsUnreadable { get; }

    /// <summary>Whether it can write the reports of a command.</summary>
    /// <param name="report">The name of the command: <see cref="Report.Name"/>.</param>
    bool CanWrite(string report);

    /// <summary>Writes a report that it can write and that has an answer.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">The stream; not closed.</param>
    /// <param name="style">The form of text for people; of no effect on formats for programs.</param>
    void Write(Report report, Stream output, TextStyle style);
}
