using System.Text;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Tests.Support;

/// <summary>Reports as the program writes them.</summary>
internal static class Written
{
    /// <summary>Judges JSON; the suite sets the schema, the fuzzer nothing, for it writes a million reports.</summary>
    public static Action<string> JudgeJson { get; set; } = _ => { };

    /// <summary>All that there is as text, without colour and not folded.</summary>
    public static string Text(Report report) => Text(report, new TextStyle(Verbosity: Verbosity.Full));

    /// <summary>Text in a style.</summary>
    public static string Text(Report report, TextStyle style) => In(ReportFormats.Text, report, style);

    /// <summary>JSON.</summary>
    public static string Json(Report report) => In(ReportFormats.Find("json"), report, default);

    /// <summary>JSON that no schema judges: judging takes more memory than a hostile image is allowed.</summary>
    public static string UnjudgedJson(Report report) => Bytes(ReportFormats.Find("json"), report, default);

    /// <summary>Any format, by its name.</summary>
    public static string In(string format, Report report) => In(ReportFormats.Find(format), report, default);

    private static string In(IReportFormat format, Report report, TextStyle style)
    {
        string written = Bytes(format, report, style);
        if (format.Name == "json")
        {
            JudgeJson(written);
        }

        return written;
    }

    private static string Bytes(IReportFormat format, Report report, TextStyle style)
    {
        using MemoryStream stream = new();
        format.Write(report, stream, style);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
