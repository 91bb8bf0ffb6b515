using System.Text.Json;
using LayoutCheck.Compare;
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
        if (report.Twins is { } twins)
        {
            Write(twins);
        }
    }

    private void Write(TwinReport twins)
    {
        json.WriteStartObject("rust");
        json.WriteNumber("units", twins.UnitCount);
        json.WriteNumber("names", twins.NameCount);
        json.WriteNumber("members", twins.MemberCount);
        json.WriteString("doubt", twins.Doubt);
        json.WriteStartArray("namespaces");
        foreach (TwinSpace space in twins.Spaces)
        {
            json.WriteStartObject();
            json.WriteString("namespace", space.Name);
            json.WriteNumber("names", space.NameCount);
            json.WriteNumber("members", space.MemberCount);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("different");
        foreach (TwinResult twin in twins.Differing)
        {
            Write(twin);
        }

        json.WriteEndArray();
        json.WriteStartArray("names_not_compared");
        foreach (IGrouping<TwinSkip, SkippedTwin> reason in twins.SkippedNames.GroupBy(s => s.Reason).OrderBy(g => g.Key))
        {
            WriteReason(reason.Key, reason.Count());
            json.WriteStartArray("names");
            foreach (SkippedTwin skipped in reason)
            {
                json.WriteStringValue($"{skipped.Namespace}::{skipped.Name}");
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("members_not_compared");
        foreach (SkipCount skipped in twins.SkippedMembers)
        {
            WriteReason(skipped.Reason, skipped.Count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("in_other_namespaces", twins.OtherCount);
        json.WriteEndObject();
    }

    private void WriteReason(TwinSkip reason, int count)
    {
        json.WriteStartObject();
        json.WriteString("reason", TwinReport.Words(reason));
        json.WriteNumber("count", count);
    }

    private void Write(TwinResult twin)
    {
        json.WriteStartObject();
        json.WriteString("type", $"{twin.Twin.Namespace}::{twin.Twin.Name}");
        json.WriteString("unit", twin.Twin.Unit);
        json.WriteStartArray("differences");
        foreach (TwinDifference difference in twin.Differences)
        {
            json.WriteStartObject();
            json.WriteString("member", difference.Path);
            json.WriteString("in_c", difference.InC);
            json.WriteString("in_rust", difference.InRust);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
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
