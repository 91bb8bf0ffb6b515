using System.Globalization;
using System.Text.Json;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>What a kernel exports in VMCOREINFO as JSON. Addresses are texts in hexadecimal, for they do not fit a number of every reader.</summary>
internal static class JsonExported
{
    /// <summary>Writes the note.</summary>
    public static void Write(Utf8JsonWriter json, VmCoreInfoReport report)
    {
        json.WriteString("machine", report.Note.Machine);
        json.WriteStartArray("lines");
        foreach (ExportedLine line in report.Note.Lines)
        {
            json.WriteStartObject();
            json.WriteString("line", line.Text);
            WriteLine(json, line);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the comparison with the layouts.</summary>
    public static void Write(Utf8JsonWriter json, ExportedSummary summary)
    {
        json.WriteStartObject("exported");
        json.WriteNumber("compared", summary.Compared);
        json.WriteNumber("agreeing", summary.Agreeing);
        json.WriteStartArray("facts");
        foreach (ExportedFact fact in summary.Facts)
        {
            json.WriteStartObject();
            WriteLine(json, fact.Line);
            json.WriteString("outcome", fact.Outcome is { } outcome ? OutcomeNames.Of(outcome) : null);
            json.WriteString("reason", fact.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLine(Utf8JsonWriter json, ExportedLine line)
    {
        json.WriteString("kind", line.Kind.ToString().ToLowerInvariant());
        json.WriteString("name", line.Name);
        if (line.Value is { } value)
        {
            json.WriteNumber("value", value);
        }
        else
        {
            json.WriteNull("value");
        }

        json.WriteString("instruction", Address(line.Instruction));
        json.WriteString("text_address", Address(line.TextAddress));
        json.WriteString("unknown", line.Unknown);
        json.WriteBoolean("contradicted", line.IsContradicted);
    }

    private static string? Address(ulong? address) => address is { } known ? string.Create(CultureInfo.InvariantCulture, $"0x{known:x}") : null;
}
