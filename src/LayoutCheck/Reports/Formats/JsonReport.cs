using System.Collections.Immutable;
using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>One report on its way into JSON.</summary>
internal sealed class JsonReport : IDisposable
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = JsonEscapes.Instance };

    private readonly Utf8JsonWriter _json;
    private readonly JsonLayout _layouts;
    private readonly JsonRules _rules;

    /// <param name="output">The stream; not closed.</param>
    public JsonReport(Stream output)
    {
        _json = new Utf8JsonWriter(output, s_options);
        _layouts = new JsonLayout(_json);
        _rules = new JsonRules(_json);
    }

    /// <summary>Writes the report as one object.</summary>
    public void Write(Report report)
    {
        _json.WriteStartObject();
        _json.WriteString("format", "layoutcheck/2");
        WriteBody(report);
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteBody(Report report)
    {
        _json.WriteString("report", report.Name);
        switch (report)
        {
            case CheckReport check:
                Write(check);
                break;
            case ShowReport show:
                Write(show);
                break;
            case OverlapReport overlap:
                Write(overlap);
                break;
            case StructMapReport map:
                Write(map);
                break;
            case RulesReport rules:
                Write(rules);
                break;
            case ExplainReport explain:
                Write(explain);
                break;
            case HelperReport helper:
                JsonCode.Write(_json, helper);
                WriteImage(helper);
                break;
            case BaselineReport baseline:
                Write(baseline);
                break;
            case AuditReport audit:
                new JsonAudit(_json).Write(audit);
                if (audit.Agreement is { } sources)
                {
                    JsonDiff.WriteAgreement(_json, sources);
                }

                WriteImage(audit);
                WriteSource(audit.Source);
                break;
            case VmCoreInfoReport note:
                JsonExported.Write(_json, note);
                WriteImage(note);
                break;
            case MatrixReport matrix:
                new JsonMatrix(_json).Write(matrix);
                break;
            case BpfReport bpf:
                JsonBpf.Write(_json, bpf);
                WriteImage(bpf);
                break;
            case DiffReport compared:
                JsonDiff.Write(_json, compared);
                break;
            case CheckBatch batch:
                JsonBatch.Write(_json, batch, WriteBody);
                break;
            case UnreadableReport unreadable:
                JsonBatch.Write(_json, unreadable);
                break;
            case RecordSummary summary:
                JsonBatch.Write(_json, summary);
                break;
            default:
                throw new ArgumentException($"no JSON for {report.Name}", nameof(report));
        }

        if (report is ImageReport image)
        {
            WriteRun(image);
        }
        else if (report is DiffReport diff)
        {
            JsonDiff.WriteRun(_json, diff);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void Write(CheckReport report)
    {
        _json.WriteString("verdict", report.ExitCode.ToString().ToLowerInvariant());
        _json.WriteNumber("exit_code", (int)report.ExitCode);
        _json.WriteString("headline", report.Headline());
        WriteEra(report.Era);
        WriteCounts("rules_by_outcome", report.CountRules);
        WriteCounts("checks_by_outcome", report.CountChecks);
        _json.WriteStartArray("rules");
        foreach (RuleResult result in report.Results)
        {
            _rules.WriteResult(result, report.Places);
        }

        _json.WriteEndArray();
        if (report.Agreement is { } agreement)
        {
            JsonDiff.WriteAgreement(_json, agreement);
        }

        if (report.Exported is { } exported)
        {
            JsonExported.Write(_json, exported);
        }

        if (report.Code is { } code)
        {
            JsonCode.Write(_json, code);
        }

        _json.WriteStartArray("definitions");
        foreach (DefinitionSummary definition in report.Definitions)
        {
            WriteDefinition(definition);
        }

        _json.WriteEndArray();
        WriteImage(report);
        WriteSource(report.Source);
    }

    private void Write(ShowReport report)
    {
        _json.WriteStartArray("types");
        foreach (ShownType shown in report.Types)
        {
            _layouts.Write(shown, report.Omission);
        }

        _json.WriteEndArray();
        WriteImage(report);
        _json.WriteString("source", SourceName(report.Source));
    }

    private void Write(StructMapReport report)
    {
        _json.WriteStartArray("maps");
        foreach (OverlapReport type in report.Types)
        {
            _json.WriteStartObject();
            WriteLanes(type);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        WriteImage(report);
        _json.WriteString("source", SourceName(report.Types[0].Source));
    }

    private void Write(OverlapReport report)
    {
        WriteLanes(report);
        WriteImage(report);
        _json.WriteString("source", SourceName(report.Source));
    }

    private void WriteLanes(OverlapReport report)
    {
        TypeLayout layout = report.Layout!;
        _json.WriteString("type", report.TypeSpelling);
        _json.WriteNumber("byte_size", layout.Aggregate.ByteSize);
        if (report.Member is { } member)
        {
            _json.WriteStartObject("member");
            _json.WriteString("path", member.Path);
            _layouts.WritePlace(member.BitOffset, member.BitSize ?? 0, member.IsBitField);
            _json.WriteEndObject();
            _layouts.WriteItems("sharers", layout, report.Sharers);
        }
        else
        {
            _json.WriteStartArray("lanes");
            foreach (ImmutableArray<LayoutItem> lane in report.Lanes)
            {
                _json.WriteStartArray();
                foreach (LayoutItem item in lane)
                {
                    _layouts.WriteItem(layout, item);
                }

                _json.WriteEndArray();
            }

            _json.WriteEndArray();
        }
    }

    private void Write(RulesReport report)
    {
        _json.WriteStartArray("rules");
        foreach (Rule rule in report.Rules)
        {
            _rules.WriteRule(rule);
        }

        _json.WriteEndArray();
    }

    private void Write(ExplainReport report)
    {
        _json.WritePropertyName("rule");
        _rules.WriteRule(report.Rule);
        _json.WritePropertyName("example");
        _rules.WriteResult(report.Example, ImmutableDictionary<string, SourcePlace>.Empty);
        WriteImage(report);
    }

    private void Write(BaselineReport report)
    {
        _json.WriteStartArray("types");
        foreach (string type in report.Types)
        {
            _json.WriteStringValue(type);
        }

        _json.WriteEndArray();
        _json.WriteString("rule_file", report.RuleText);
        _json.WriteStartArray("left_out");
        foreach (string notice in report.Notices)
        {
            _json.WriteStringValue(notice);
        }

        _json.WriteEndArray();
        WriteImage(report);
    }

    private static string SourceName(SourceKind source) => source switch { SourceKind.Dwarf => "dwarf", SourceKind.Btf => "btf", _ => "none" };

    private void WriteRun(ImageReport report)
    {
        _json.WriteStartObject("run");
        _json.WriteString("version", report.Run.Version);
        _json.WriteString("file", report.Run.File);

        // One kernel is one image, whatever it was packed in on its way here.
        _json.WriteString("packed_in", report.Image is { Wrapping.Length: > 0 } image ? image.Wrapping : null);
        _json.WriteEndObject();
    }

    private void WriteEra(LayoutEra era)
    {
        _json.WriteStartObject("era");
        _json.WriteString("id", era.Id);
        _json.WriteString("description", era.Description);
        _json.WriteString("versions", era.Versions);
        if (era.AllowsCompoundDevicePages is { } allows)
        {
            _json.WriteBoolean("allows_compound_device_pages", allows);
        }
        else
        {
            _json.WriteNull("allows_compound_device_pages");
        }

        _json.WriteEndObject();
    }

    private void WriteCounts(string name, Func<Outcome, int> count)
    {
        _json.WriteStartObject(name);
        foreach (Outcome outcome in (ReadOnlySpan<Outcome>)[Outcome.Holds, Outcome.Warning, Outcome.Violated, Outcome.NotApplicable, Outcome.Undecided])
        {
            _json.WriteNumber(outcome == Outcome.Warning ? "warnings" : OutcomeNames.Of(outcome), count(outcome));
        }

        _json.WriteEndObject();
    }

    private void WriteDefinition(DefinitionSummary definition)
    {
        _json.WriteStartObject();
        _json.WriteString("type", definition.Name.ToString());
        _layouts.WriteNumberOrNull("byte_size", definition.ByteSize);
        _json.WriteNumber("definitions", definition.DefinitionCount);
        _json.WriteNumber("declarations", definition.DeclarationCount);
        _json.WriteStartArray("variants");
        foreach (DefinitionVariant variant in definition.Variants)
        {
            _json.WriteStartObject();
            _json.WriteNumber("units", variant.Units.Length);
            _json.WriteString("first_unit", variant.Units[0].Name);
            if (variant.DifferenceFromFirst is { } difference)
            {
                _json.WriteString("difference", difference);
            }

            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteImage(ImageReport report)
    {
        ImageFacts image = report.Image!;
        _json.WriteStartObject("image");
        _json.WriteString("format", image.Format);
        _json.WriteString("machine", image.MachineName);
        _layouts.WriteNumberOrNull("bits", (ulong?)image.Bits);
        _json.WriteString("byte_order", image.IsBigEndian ? "big" : "little");
        _json.WriteString("build_id", image.BuildId);
        _json.WriteString("sha256", image.ContentHash);
        _json.WriteString("release", image.Release);
        WriteConfig(image.Config);
        _json.WriteEndObject();
        _json.WriteStartArray("files");
        foreach (InputFile file in report.Files)
        {
            _json.WriteStartObject();
            _json.WriteString("role", Provenance.NameOf(file.Role));
            _json.WriteString("path", file.Path);
            _json.WriteString("build_id", file.BuildId);
            _json.WriteString("release", file.Release);
            _json.WriteString("origin", file.Origin);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteConfig(IReadOnlyDictionary<string, string>? config)
    {
        if (config is null)
        {
            _json.WriteNull("config");
            return;
        }

        _json.WriteStartObject("config");
        _json.WriteNumber("options", config.Count);
        _json.WriteStartArray("layout");
        foreach ((string option, string value) in LayoutOptions.Of(config))
        {
            _json.WriteStartObject();
            _json.WriteString("option", option);
            _json.WriteString("value", value);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteSource(DebugInfoSummary source)
    {
        _json.WriteStartObject("source");
        _json.WriteString("kind", SourceName(source.Kind));
        _json.WriteString("format", source.Format);
        _json.WriteNumber("word_byte_size", source.Target.WordByteSize);
        _json.WriteString("byte_order", source.Target.IsBigEndian ? "big" : "little");
        _json.WriteString("alignments", source.Kind == SourceKind.Btf ? "natural" : "declared");
        _json.WriteBoolean("arrays_of_arrays_are_one_array", source.FlattensArrays);
        _json.WriteString("omission", source.Omission?.Clause);
        _json.WriteStartArray("units_by_language");
        foreach (LanguageCount language in source.Languages)
        {
            _json.WriteStartObject();
            _json.WriteString("language", language.Language);
            _json.WriteNumber("units", language.UnitCount);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteStartArray("producers");
        foreach (string producer in source.Producers)
        {
            _json.WriteStringValue(producer);
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }
}
