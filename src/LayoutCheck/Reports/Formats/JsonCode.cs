using System.Text.Json;
using LayoutCheck.Code;

namespace LayoutCheck.Reports.Formats;

/// <summary>What an image's instructions say, in JSON.</summary>
internal static class JsonCode
{
    /// <summary>Writes the property <c>code</c>.</summary>
    public static void Write(Utf8JsonWriter json, CodeEvidence code)
    {
        json.WriteStartObject("code");
        json.WriteString("outcome", code.ExitCode.ToString().ToLowerInvariant());
        json.WriteNumber("exit_code", (int)code.ExitCode);
        json.WriteString("not_asked", code.NotAsked);
        json.WriteNumber("on_tag_word", code.OnTagWord.Length);
        json.WriteNumber("on_pgmap", code.OnPgmap.Length);
        json.WriteNumber("units", code.OnTagWord.Select(s => s.UnitIndex).Distinct().Count());
        json.WriteStartArray("members");
        foreach (MemberEvidence member in code.Members)
        {
            Write(json, member);
        }

        json.WriteEndArray();
        json.WriteStartArray("helpers");
        foreach (HelperEvidence helper in code.Helpers)
        {
            json.WriteStartObject();
            json.WriteString("helper", helper.Name);
            json.WriteString("member", helper.Member.Name);
            json.WriteNumber("calls", helper.CallCount);
            json.WriteNumber("with_register", helper.KnownCount);
            json.WriteNumber("with_access", helper.SeenCount);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notes");
        foreach (string note in code.Notes)
        {
            json.WriteStringValue(note);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes the properties of a helper's explanation.</summary>
    public static void Write(Utf8JsonWriter json, HelperReport report)
    {
        json.WriteString("helper", report.Helper.Name);
        if (report.Site is { } site)
        {
            json.WriteStartObject("site");
            WriteFields(json, site);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("site");
        }

        json.WriteStartArray("listing");
        foreach (ListedInstruction line in report.Lines)
        {
            json.WriteStartObject();
            json.WriteString("address", line.Where);
            json.WriteString("bytes", line.Bytes);
            json.WriteString("words", line.Words);
            json.WriteBoolean("is_site", line.IsSite);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Write(json, report.Evidence);
    }

    private static void Write(Utf8JsonWriter json, MemberEvidence member)
    {
        json.WriteStartObject();
        json.WriteString("member", member.Member.Name);
        json.WriteNumber("byte_offset", member.Member.Place.Offset);
        json.WriteString("outcome", member.IsNone ? "none" : member.Outcome.ToString().ToLowerInvariant());
        json.WriteNumber("instructions", member.Sites.Length);
        json.WriteStartArray("addresses");
        foreach (CodeSite site in member.Sites)
        {
            json.WriteStringValue(site.Where);
        }

        json.WriteEndArray();
        json.WriteStartArray("elsewhere");
        foreach (CodeSite site in member.Wrong.SelectMany(w => w.Sites))
        {
            json.WriteStartObject();
            WriteFields(json, site);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, CodeSite site)
    {
        json.WriteString("address", site.Where);
        json.WriteNumber("byte_offset", site.Displacement);
        json.WriteString("operand", site.Operand);
        json.WriteString("helper", site.Helper);
        json.WriteString("unit", site.Unit);
        json.WriteString("source", site.Place is { } place ? $"{place.File}:{place.Line}" : null);
    }
}
