using System.Collections.Immutable;
using System.Text.Json;
using LayoutCheck.Compare;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// <see cref="DiffReport"/> as JSON. It is complete: the members of the old definition, with the changes of a type applied, are those of the new one. Changes
/// that follow from that of the member around them are in it too, with <c>under</c>.
/// </summary>
internal static class JsonDiff
{
    /// <summary>Writes the fields of the report.</summary>
    public static void Write(Utf8JsonWriter json, DiffReport report)
    {
        json.WriteString("verdict", report.ExitCode switch
        {
            Core.ExitCode.Violated => "different",
            Core.ExitCode.Undecided => "undecided",
            _ => report.Types.Different.IsEmpty ? "same" : "allowed",
        });
        json.WriteNumber("exit_code", (int)report.ExitCode);
        json.WriteString("headline", report.Headline());
        json.WriteString("fail_on", report.FailOnWord);
        WriteImage(json, "old", report.Old);
        WriteImage(json, "new", report.New);
        WriteComparison(json, report.Types);
        WriteNames(json, "missing", report.Missing);
        WriteHistories(json, report.Histories);
        json.WriteStartArray("rules");
        foreach (RuleChange rule in report.Rules)
        {
            json.WriteStartObject();
            json.WriteString("id", rule.Id);
            json.WriteString("old", OutcomeNames.Of(rule.Old));
            json.WriteString("new", OutcomeNames.Of(rule.New));
            json.WriteString("reason", rule.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        JsonReach.Write(json, report.Reach);
    }

    /// <summary>Writes what differs between two runs over equal bytes.</summary>
    public static void WriteRun(Utf8JsonWriter json, DiffReport report)
    {
        json.WriteStartObject("run");
        json.WriteString("version", report.Version);
        json.WriteString("old_file", report.Old.File);
        json.WriteString("new_file", report.New.File);
        json.WriteEndObject();
    }

    /// <summary>Writes the comparison of a check with another description of the same types.</summary>
    public static void WriteAgreement(Utf8JsonWriter json, Agreement agreement)
    {
        json.WriteStartObject("agreement");
        json.WriteString("kind", agreement.Kind == AgreementKind.Sources ? "sources" : "against");
        json.WriteString("verdict", agreement.ExitCode.ToString().ToLowerInvariant());
        json.WriteString("headline", agreement.Headline());
        json.WriteBoolean("continues_its_btf", agreement.ContinuesItsBtf);
        WriteImage(json, "old", agreement.Old);
        WriteImage(json, "new", agreement.New);
        WriteComparison(json, agreement.Types);
        WriteHistories(json, agreement.Histories);
        json.WriteStartArray("guards");
        foreach (Guard guard in agreement.Guards())
        {
            json.WriteStartObject();
            json.WriteString("member", guard.Member);
            json.WriteString("only_in", guard.IsOld ? "old" : "new");
            json.WriteString("instead", guard.Instead);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes the counts and the types of a comparison.</summary>
    public static void WriteComparison(Utf8JsonWriter json, Comparison types)
    {
        json.WriteStartObject("counts");
        json.WriteNumber("compared", types.ComparedCount);
        json.WriteNumber("same", types.SameCount);
        json.WriteNumber("compatible", types.Count(ChangeClass.Compatible));
        json.WriteNumber("name", types.Count(ChangeClass.Name));
        json.WriteNumber("type", types.Count(ChangeClass.Type));
        json.WriteNumber("layout", types.Count(ChangeClass.Layout));
        json.WriteNumber("accepted", types.Accepted.Length);
        json.WriteNumber("undecided", types.Different.Count(t => t.Problem is not null || t.Least != t.Most));
        json.WriteNumber("only_old", types.OnlyOld.Length);
        json.WriteNumber("only_new", types.OnlyNew.Length);
        json.WriteNumber("char_members", types.Chars.Members);
        json.WriteNumber("char_types", types.Chars.Types);
        json.WriteEndObject();
        json.WriteStartArray("types");
        foreach (TypeVerdict verdict in types.Different)
        {
            WriteVerdict(json, verdict);
        }

        json.WriteEndArray();
        json.WriteStartArray("accepted");
        foreach ((TypeVerdict type, AcceptedDifference entry) in types.Accepted)
        {
            json.WriteStartObject();
            json.WriteString("type", type.Name.ToString());
            json.WriteString("by", entry.Place);
            json.WriteString("reason", entry.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("stale");
        foreach (StaleEntry stale in types.Stale)
        {
            json.WriteStringValue(stale.Notice);
        }

        json.WriteEndArray();
        WriteNames(json, "only_old", types.OnlyOld);
        WriteNames(json, "only_new", types.OnlyNew);
    }

    /// <summary>Writes the histories of members.</summary>
    public static void WriteHistories(Utf8JsonWriter json, ImmutableArray<QuotedHistory> histories)
    {
        json.WriteStartArray("histories");
        foreach (QuotedHistory history in histories)
        {
            json.WriteStartObject();
            json.WriteString("type", history.Type.ToString());
            json.WriteString("member", history.Member);
            json.WriteString("history", history.Sentence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes one of the images that are compared.</summary>
    public static void WriteImage(Utf8JsonWriter json, string name, ComparedImage image)
    {
        json.WriteStartObject(name);
        json.WriteString("release", image.Image?.Release);
        json.WriteString("build_id", image.Image?.BuildId);
        json.WriteString("sha256", image.Image?.ContentHash);
        json.WriteString("source", image.Source == SourceKind.Dwarf ? "dwarf" : "btf");
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, ImmutableArray<TypeName> names)
    {
        json.WriteStartArray(name);
        foreach (TypeName each in names)
        {
            json.WriteStringValue(each.ToString());
        }

        json.WriteEndArray();
    }

    private static void WriteVerdict(Utf8JsonWriter json, TypeVerdict verdict)
    {
        json.WriteStartObject();
        json.WriteString("type", verdict.Name.ToString());
        json.WriteString("outcome", verdict.Problem is not null || verdict.Least != verdict.Most ? "undecided" : verdict.Most.Word());
        if (verdict.Problem is not null)
        {
            json.WriteString("problem", verdict.Problem);
        }

        json.WriteNumber("old_definitions", verdict.DefinitionCounts.Old);
        json.WriteNumber("new_definitions", verdict.DefinitionCounts.New);
        WriteNames(json, "causes", verdict.Causes);
        json.WriteStartArray("definitions");
        foreach (ComparedPair pair in verdict.Pairs)
        {
            WritePair(json, pair);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePair(Utf8JsonWriter json, ComparedPair pair)
    {
        TypeChanges changes = pair.Changes;
        json.WriteStartObject();
        json.WriteString("unit", pair.Unit);
        json.WriteString("outcome", changes.Class.Word());
        WriteWhole(json, "old", changes.Old);
        WriteWhole(json, "new", changes.New);
        json.WriteStartArray("changes");
        foreach (MemberChange change in changes.Changes)
        {
            WriteChange(json, change);
        }

        json.WriteEndArray();
        json.WriteStartArray("inside");
        foreach (InnerChange inner in changes.Inner)
        {
            json.WriteStartObject();
            json.WriteString("member", inner.Path);
            json.WriteString("type", inner.Type.ToString());
            json.WriteString("outcome", inner.Class.Word());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteWhole(Utf8JsonWriter json, string name, WholeAt whole)
    {
        json.WriteStartObject(name);
        json.WriteNumber("byte_size", whole.ByteSize);
        WriteOptional(json, "alignment", whole.Alignment);
        json.WriteEndObject();
    }

    private static void WriteChange(Utf8JsonWriter json, MemberChange change)
    {
        json.WriteStartObject();
        json.WriteString("word", change.Word switch
        {
            ChangeWord.GivesWayTo => "gives way to",
            _ => change.Word.ToString().ToLowerInvariant(),
        });
        json.WriteString("class", change.Class.Word());
        WriteMember(json, "old", change.Old);
        WriteMember(json, "new", change.New);
        json.WriteBoolean("retyped", change.IsRetyped);
        if (change.Under is not null)
        {
            json.WriteString("under", change.Under);
        }

        if (change.Inside is { } inside)
        {
            json.WriteString("inside", inside.ToString());
        }

        if (change.Took is not null)
        {
            json.WriteString("took", change.Took);
        }

        if (change.BitDelta is not null)
        {
            json.WriteNumber("old_cache_line", change.Old!.BitOffset / DiffRow.CacheLineBits);
            json.WriteNumber("new_cache_line", change.New!.BitOffset / DiffRow.CacheLineBits);
        }

        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, string name, MemberAt? member)
    {
        if (member is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("member", member.Path);
        json.WriteNumber("bit_offset", member.BitOffset);
        json.WriteNumber("bit_size", member.BitSize);
        json.WriteBoolean("is_bit_field", member.IsBitField);
        json.WriteString("type", member.Type);
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, ulong? value)
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
