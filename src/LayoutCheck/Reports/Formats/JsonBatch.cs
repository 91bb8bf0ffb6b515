using System.Text.Json;

namespace LayoutCheck.Reports.Formats;

/// <summary>The fields of reports on several images, and of those without an answer.</summary>
internal static class JsonBatch
{
    /// <summary>Writes the verdicts of <c>check</c> on several images, each as that on one.</summary>
    /// <param name="json">The object, which is begun.</param>
    /// <param name="batch">The verdicts.</param>
    /// <param name="writeImage">Writes the fields of one image's report, <c>report</c> first.</param>
    public static void Write(Utf8JsonWriter json, CheckBatch batch, Action<ImageReport> writeImage)
    {
        WriteVerdict(json, batch);
        json.WriteStartArray("images");
        foreach (ImageReport image in batch.Images)
        {
            json.WriteStartObject();
            writeImage(image);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes an image that cannot be read.</summary>
    public static void Write(Utf8JsonWriter json, UnreadableReport report)
    {
        WriteVerdict(json, report);
        ImageRecordJson.WriteError(json, new RecordedError(report.Problem) { Section = report.Section, Offset = report.Offset, Remedy = report.Remedy });
    }

    /// <summary>Writes records.</summary>
    public static void Write(Utf8JsonWriter json, RecordSummary summary)
    {
        WriteVerdict(json, summary);
        json.WriteStartArray("images");
        foreach (ImageRecord record in summary.Images)
        {
            json.WriteStartObject();
            ImageRecordJson.WriteBody(json, record, withFacts: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("problems");
        foreach (RecordProblem problem in summary.Problems)
        {
            json.WriteStartObject();
            json.WriteString("kind", NameOf(problem.Kind));
            json.WriteString("path", problem.Path);
            json.WriteString("problem", problem.Words);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The word for a kind of problem.</summary>
    public static string NameOf(RecordProblemKind kind) => kind.ToString().ToLowerInvariant();

    private static void WriteVerdict(Utf8JsonWriter json, Report report)
    {
        json.WriteString("verdict", ImageRecordJson.NameOf(report.ExitCode));
        json.WriteNumber("exit_code", (int)report.ExitCode);
    }
}
