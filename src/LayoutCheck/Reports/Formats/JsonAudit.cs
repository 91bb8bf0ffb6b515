using System.Text.Json;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>An <see cref="AuditReport"/> as JSON, but for the image and its debug information.</summary>
/// <param name="json">The writer.</param>
internal readonly struct JsonAudit(Utf8JsonWriter json)
{
    private readonly JsonLayout _layouts = new(json);

    /// <summary>Writes the fields of the report.</summary>
    public void Write(AuditReport report)
    {
        json.WriteString("verdict", AuditText.Word(report.ExitCode));
        json.WriteNumber("exit_code", (int)report.ExitCode);
        json.WriteString("headline", report.Headline());
        json.WriteStartObject("counts");
        json.WriteNumber("names", report.NameCount);
        json.WriteNumber("definitions", report.DefinitionCount);
        json.WriteNumber("agree", report.AgreeingCount);
        foreach (AuditOutcome outcome in Enum.GetValues<AuditOutcome>())
        {
            json.WriteNumber(Key(outcome), report.Count(outcome));
        }

        json.WriteEndObject();
        json.WriteStartArray("types");
        foreach (AuditedType type in report.Types)
        {
            Write(type);
        }

        json.WriteEndArray();
    }

    private static string Key(AuditOutcome outcome) => AuditText.Word(outcome).Replace(' ', '_');

    private void Write(AuditedType type)
    {
        json.WriteStartObject();
        json.WriteString("type", type.Name.ToString());
        json.WriteString("outcome", Key(type.Outcome));
        json.WriteString("reason", type.Reason);
        json.WriteString("accepted_by", type.AcceptedBy);
        json.WriteString("doubt", type.Doubt);
        json.WriteStartArray("variants");
        foreach (AuditedVariant variant in type.Variants)
        {
            Write(variant);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(AuditedVariant variant)
    {
        json.WriteStartObject();
        json.WriteNumber("byte_size", variant.ByteSize);
        _layouts.WriteDeclared(variant.Place);
        json.WriteNumber("units", variant.Units.Length);
        json.WriteStartArray("unit_names");
        foreach (DefiningUnit unit in variant.Units)
        {
            json.WriteStringValue(unit.Name);
        }

        json.WriteEndArray();
        json.WriteString("difference", variant.Difference);
        json.WriteStartArray("own_options");
        foreach (string option in variant.OwnOptions)
        {
            json.WriteStringValue(option);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
