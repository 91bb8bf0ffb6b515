using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LayoutCheck.Reports.Formats;

/// <summary>SARIF 2.1.0 for code scanning: a result for each finding that is no pass, what could not be told or read included, with its members and its rule.</summary>
internal sealed class SarifFormat : IReportFormat
{
    // Limits of GitHub's code scanning: of results, and of the bytes of the compressed log.
    private const int MostResults = 25_000;
    private const long MostCompressed = 10_000_000;

    // What is left out is not of the mean size.
    private const double Margin = 0.9;

    /// <inheritdoc/>
    public string Name => "sarif";

    /// <inheritdoc/>
    public ReportNeeds Needs => ReportNeeds.Image;

    /// <inheritdoc/>
    public bool TellsUnreadable => true;

    /// <inheritdoc/>
    public bool CanWrite(string report) => report is "check" or "diff" or "audit" or "bpf";

    /// <inheritdoc/>
    public void Write(Report report, Stream output, TextStyle style)
    {
        FindingSet set = FindingSet.Of(report);
        int most = MostResults;
        while (true)
        {
            using MemoryStream log = new();
            int written = Write(set, most, log);
            long compressed = log.Length <= MostCompressed ? 0 : CompressedLength(log);
            if (compressed <= MostCompressed || written == 0)
            {
                log.WriteTo(output);
                return;
            }

            most = (int)(written * Margin * MostCompressed / compressed);
        }
    }

    private static int Write(FindingSet set, int most, MemoryStream log)
    {
        int written;
        using (Utf8JsonWriter json = new(log, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            written = new SarifLog(json).Write(set, most);
        }

        log.WriteByte((byte)'\n');
        return written;
    }

    private static long CompressedLength(MemoryStream log)
    {
        using MemoryStream compressed = new();
        using (GZipStream zip = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            log.WriteTo(zip);
        }

        return compressed.Length;
    }
}
