using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary>An <see cref="ImageRecord"/> as a line of JSON, and back.</summary>
internal static class ImageRecordJson
{
    private const string Format = "layoutcheck/2";
    private const string Report = "check";

    private static readonly JsonWriterOptions s_options = new() { Encoder = JsonEscapes.Instance };

    private static readonly (Outcome Outcome, string Name)[] s_counts =
    [
        (Outcome.Holds, "holds"), (Outcome.Warning, "warnings"), (Outcome.Violated, "violated"), (Outcome.NotApplicable, "not_applicable"), (Outcome.Undecided, "undecided"),
    ];

    /// <summary>Writes a record and a line feed.</summary>
    /// <param name="record">The record.</param>
    /// <param name="output">The stream; not closed.</param>
    /// <param name="withFacts">Whether its facts are written.</param>
    /// <param name="withStamp">Whether its stamp is written.</param>
    public static void WriteLine(ImageRecord record, Stream output, bool withFacts, bool withStamp = false)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(output);
        using (Utf8JsonWriter json = new(output, s_options))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteString("report", Report);
            WriteBody(json, record, withFacts);
            if (withStamp && record.Stamp is { } stamp)
            {
                WriteStamp(json, stamp);
            }

            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>Writes the fields of a record into an object that is begun.</summary>
    internal static void WriteBody(Utf8JsonWriter json, ImageRecord record, bool withFacts)
    {
        json.WriteString("path", record.Path);
        json.WriteString("release", record.Release);
        json.WriteString("machine", record.Machine);
        WriteNumber(json, "bits", record.Bits);
        json.WriteString("byte_order", record.IsBigEndian switch { true => "big", false => "little", null => null });
        WriteNumber(json, "page_size", record.PageByteSize);
        json.WriteString("build_id", record.BuildId);
        json.WriteString("sha256", record.Sha256);
        json.WriteString("verdict", NameOf(record.ExitCode));
        json.WriteNumber("exit_code", (int)record.ExitCode);
        json.WriteString("headline", record.Headline);
        json.WriteString("era", record.Era);
        json.WriteStartObject("counts");
        foreach ((Outcome outcome, string name) in s_counts)
        {
            json.WriteNumber(name, record.Count(outcome));
        }

        json.WriteEndObject();
        json.WriteStartArray("rules");
        foreach (RecordedRule rule in record.Rules)
        {
            json.WriteStartObject();
            json.WriteString("id", rule.Id);
            json.WriteString("outcome", OutcomeNames.Of(rule.Outcome));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (withFacts)
        {
            new JsonRules(json).WriteFacts(record.Facts);
        }

        WriteError(json, record.Error);
    }

    /// <summary>Writes the field <c>error</c>.</summary>
    internal static void WriteError(Utf8JsonWriter json, RecordedError? error)
    {
        if (error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("section", error.Section);
        if (error.Offset is { } offset)
        {
            json.WriteNumber("offset", offset);
        }
        else
        {
            json.WriteNull("offset");
        }

        json.WriteString("remedy", error.Remedy);
        json.WriteEndObject();
    }

    /// <summary>Reads a record.</summary>
    /// <param name="line">A line of JSON, without or with its line feed.</param>
    /// <returns>The record; null where it is torn, or none of this program's.</returns>
    public static ImageRecord? Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "format") == Format && Text(root, "report") == Report ? ReadRecord(root) : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static ImageRecord ReadRecord(JsonElement root)
    {
        int code = root.GetProperty("exit_code").GetInt32();
        string path = root.GetProperty("path").GetString() ?? throw new FormatException("no path");
        return new ImageRecord(path, Enum.IsDefined((ExitCode)code) ? (ExitCode)code : throw new FormatException("no exit code of this program"))
        {
            Release = Text(root, "release"),
            Machine = Text(root, "machine"),
            Bits = Number(root, "bits"),
            IsBigEndian = Text(root, "byte_order") switch { "big" => true, "little" => false, _ => null },
            PageByteSize = Number(root, "page_size"),
            BuildId = Text(root, "build_id"),
            Sha256 = Text(root, "sha256"),
            Headline = Text(root, "headline"),
            Era = Text(root, "era"),
            Rules = [.. root.GetProperty("rules").EnumerateArray().Select(r => new RecordedRule(Name(Text(r, "id")), OutcomeOf(Text(r, "outcome"))))],
            Facts = root.TryGetProperty("facts", out JsonElement facts) ? [.. facts.EnumerateArray().Select(ReadFact)] : [],
            Error = root.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object ? ReadError(error) : null,
            Stamp = root.TryGetProperty("stamp", out JsonElement stamp) ? ReadStamp(stamp) : null,
        };
    }

    /// <summary>The word for a verdict: the name of the exit code in lower case.</summary>
    internal static string NameOf(ExitCode code) => code.ToString().ToLowerInvariant();

    // Thousands of records have the ids of one catalogue: one text for each.
    private static string Name(string? id) => string.Intern(id ?? throw new FormatException("a rule without an id"));

    private static Outcome OutcomeOf(string? name)
    {
        foreach (Outcome outcome in (ReadOnlySpan<Outcome>)[Outcome.Holds, Outcome.Warning, Outcome.Violated, Outcome.NotApplicable, Outcome.Undecided])
        {
            if (OutcomeNames.Of(outcome) == name)
            {
                return outcome;
            }
        }

        throw new FormatException("no outcome of this program");
    }

    private static LayoutFact ReadFact(JsonElement fact)
    {
        JsonElement bits = fact.GetProperty("bits");
        return new LayoutFact(
            string.Intern(Text(fact, "type") ?? throw new FormatException("a fact without a type")),
            Text(fact, "member") is { } member ? string.Intern(member) : null,
            string.Intern(Text(fact, "what") ?? throw new FormatException("a fact of no kind")),
            bits.ValueKind == JsonValueKind.Null ? null : bits.GetUInt64(),
            fact.GetProperty("value").GetInt64());
    }

    private static RecordedError ReadError(JsonElement error) => new(Text(error, "message") ?? throw new FormatException("an error without a message"))
    {
        Section = Text(error, "section"),
        Offset = error.TryGetProperty("offset", out JsonElement offset) && offset.ValueKind == JsonValueKind.Number ? offset.GetUInt64() : null,
        Remedy = Text(error, "remedy"),
    };

    private static void WriteStamp(Utf8JsonWriter json, RecordStamp stamp)
    {
        json.WriteStartObject("stamp");
        json.WriteNumber("size", stamp.ByteSize);
        json.WriteString("mtime", stamp.Written);
        json.WriteString("ctime", stamp.Changed);
        json.WriteNumber("inode", stamp.Inode);
        json.WriteString("version", stamp.Version);
        json.WriteString("question", stamp.Question);
        json.WriteString("others", stamp.Others);
        json.WriteStartArray("other_paths");
        foreach (string path in stamp.OtherPaths)
        {
            json.WriteStringValue(path);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static RecordStamp ReadStamp(JsonElement stamp) => new(
        stamp.GetProperty("size").GetUInt64(),
        Text(stamp, "mtime") ?? "",
        Text(stamp, "ctime") ?? "",
        stamp.GetProperty("inode").GetUInt64(),
        Text(stamp, "version") ?? "",
        Text(stamp, "question") ?? "")
    {
        Others = Text(stamp, "others") ?? "",
        OtherPaths = [.. stamp.GetProperty("other_paths").EnumerateArray().Select(p => p.GetString() ?? "")],
    };

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    private static int? Number(JsonElement parent, string name) => parent.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetInt32() : null;

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
