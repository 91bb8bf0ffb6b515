using System.Text.Encodings.Web;
using System.Text.Json;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>Code Quality of GitLab: an array with an issue for each finding that is no pass, what could not be told or read included; empty when all holds.</summary>
internal sealed class GitLabFormat : IReportFormat
{
    private const int MostCharacters = 4000;

    private static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public string Name => "gitlab";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        using (Utf8JsonWriter json = new(output, s_options))
        {
            FindingSet set = FindingSet.Of(report);
            Fingerprints fingerprints = new();
            json.WriteStartArray();
            foreach ((ImageFindings image, FindingRule rule, Finding finding) in set.Shown)
            {
                (string hash, int ordinal) = fingerprints.Of(rule, finding, PathOf(image.File));
                json.WriteStartObject();
                string where = set.HasSeveral ? $"{image.Label}: " : "";
                string places = finding.PlacesInWords is { Length: > 0 } words ? $" ({words})" : "";
                string more = rule.Command is { } command ? $" [{command}]" : "";
                json.WriteString("description", Printable.Shorten($"{where}{rule.Title}: {finding.Sentence}{places}", MostCharacters) + more);
                json.WriteString("check_name", rule.Id);
                json.WriteString("fingerprint", ordinal == 1 ? hash : Fingerprints.Hash($"{hash}\n{ordinal}"));
                json.WriteString("severity", Severity(rule, finding));
                json.WriteStartObject("location");
                json.WriteString("path", PathOf(finding.Places.IsEmpty ? image.File : finding.Places[0].File));
                json.WriteStartObject("lines");
                json.WriteNumber("begin", finding.Places.IsEmpty ? 1 : Math.Max(finding.Places[0].Line, 1));
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        output.WriteByte((byte)'\n');
    }

    // Every path counts from the root of the repository, and none has a slash before it.
    private static string PathOf(string file) => ReportPath.Of(file).Path is { Length: > 0 } path ? Printable.Escape(path) : "(no path)";

    private static string Severity(FindingRule rule, Finding finding) => finding.Level switch
    {
        FindingLevel.Violated => rule.IsFlagship ? "blocker" : "critical",
        FindingLevel.Unreadable => "critical",
        FindingLevel.Undecided => "major",
        FindingLevel.Warning => "minor",
        _ => "info",
    };
}
