using System.Text.Json;
using LayoutCheck.Bpf;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="BpfReport"/> as JSON.</summary>
internal static class JsonBpf
{
    /// <summary>Writes the fields of the report, but for those that all reports on an image have.</summary>
    public static void Write(Utf8JsonWriter json, BpfReport report)
    {
        json.WriteString("verdict", report.ExitCode.ToString().ToLowerInvariant());
        json.WriteNumber("exit_code", (int)report.ExitCode);
        json.WriteString("headline", report.Headline());
        json.WriteStartObject("counts");
        json.WriteNumber("relocations", report.Relocations.Length);
        json.WriteNumber("accesses", report.Accesses.Count());
        json.WriteNumber("resolved", report.ResolvedCount);
        json.WriteNumber("missing", Count(report, BpfOutcome.Missing));
        json.WriteNumber("guarded", report.Relocations.Count(r => r.Guard == BpfGuard.Guarded));
        json.WriteNumber("refused", Count(report, BpfOutcome.Refused));
        json.WriteNumber("undecided", report.Relocations.Count(r => r.IsUndecided));
        json.WriteEndObject();
        JsonDiff.WriteImage(json, "kernel", report.Kernel);
        json.WriteStartArray("relocations");
        foreach (BpfResult result in report.Relocations)
        {
            Write(json, result);
        }

        json.WriteEndArray();
        JsonDiff.WriteHistories(json, report.Histories);
    }

    private static int Count(BpfReport report, BpfOutcome outcome) => report.Relocations.Count(r => r.Answer.Outcome == outcome);

    private static void Write(Utf8JsonWriter json, BpfResult result)
    {
        json.WriteStartObject();
        json.WriteString("kind", result.Kind.Word());
        json.WriteString("access", result.Access);
        json.WriteString("access_string", result.AccessText);
        json.WriteString("section", result.Section);
        json.WriteNumber("instruction", result.Instruction);
        json.WriteString("function", result.Function);
        json.WriteString("file", result.File);
        WriteNumber(json, "line", result.File is null ? null : result.Line);
        json.WriteString("outcome", result.Answer.Outcome.ToString().ToLowerInvariant());
        WriteNumber(json, "object_value", result.Answer.LocalValue);
        WriteNumber(json, "kernel_value", result.Answer.KernelValue);
        json.WriteString("kernel_access", result.Answer.KernelAccess);
        json.WriteString("reason", result.Answer.Reason.Length > 0 ? result.Answer.Reason : null);
        json.WriteString("guard", result.Guard switch
        {
            BpfGuard.Guarded => "guarded",
            BpfGuard.None => "none",
            BpfGuard.Unclear => "unclear",
            _ => null,
        });
        json.WriteStartArray("guards");
        foreach (string guard in result.Guards)
        {
            json.WriteStringValue(guard);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, ulong? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
