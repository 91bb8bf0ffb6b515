using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using LayoutCheck.Layouts;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>
/// The reports as JSON: stable in order, positions in bytes and in bits. Two runs over the same bytes differ in the object
/// <c>run</c> and in the paths of <c>files</c>, and nowhere else. README has the form.
/// </summary>
public sealed class JsonReport : IDisposable
{
    // Numbers above 2^53 do not occur in a layout; names are escaped by the writer, which keeps a terminal safe too.
    private static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.Default };

    private readonly Utf8JsonWriter _json;

    private JsonReport(Stream output) => _json = new Utf8JsonWriter(output, s_options);

    /// <summary>Writes a check's report.</summary>
    public static void Write(CheckReport report, RunFacts run, Stream output)
    {
        ArgumentNullException.ThrowIfNull(report);
        using JsonReport writer = new(output);
        writer.Begin("check");
        writer._json.WriteString("verdict", report.Verdict.ToString().ToLowerInvariant());
        writer._json.WriteNumber("exit_code", (int)report.Verdict);
        writer._json.WriteString("headline", report.Headline());
        writer.WriteEra(report.Era);
        writer.WriteCounts("rules_by_outcome", report.CountRules);
        writer.WriteCounts("checks_by_outcome", report.CountChecks);
        writer._json.WriteStartArray("rules");
        foreach (RuleResult result in report.Results)
        {
            writer.WriteRule(result);
        }

        writer._json.WriteEndArray();
        writer._json.WriteStartArray("definitions");
        foreach (DefinitionSummary definition in report.Definitions)
        {
            writer.WriteDefinition(definition);
        }

        writer._json.WriteEndArray();
        writer.WriteImage(report.Image, report.Files);
        writer.WriteSource(report.Source);
        writer.End(run, report.Image);
    }

    /// <summary>Writes the layouts of types.</summary>
    public static void Write(IEnumerable<LayoutReport> layouts, ImageFacts image, ImmutableArray<InputFile> files, SourceKind source, RunFacts run, Stream output)
    {
        ArgumentNullException.ThrowIfNull(layouts);
        ArgumentNullException.ThrowIfNull(image);
        using JsonReport writer = new(output);
        writer.Begin("show");
        writer._json.WriteStartArray("types");
        foreach (LayoutReport report in layouts)
        {
            writer.WriteLayout(report);
        }

        writer._json.WriteEndArray();
        writer.WriteImage(image, files);
        writer._json.WriteString("source", SourceName(source));
        writer.End(run, image);
    }

    /// <summary>Writes who shares the bytes of a type, or of one member.</summary>
    public static void Write(OverlapReport overlap, ImageFacts image, ImmutableArray<InputFile> files, SourceKind source, RunFacts run, Stream output)
    {
        ArgumentNullException.ThrowIfNull(overlap);
        ArgumentNullException.ThrowIfNull(image);
        using JsonReport writer = new(output);
        writer.Begin("overlap");
        writer._json.WriteString("type", overlap.TypeSpelling);
        writer._json.WriteNumber("byte_size", overlap.Layout.Aggregate.ByteSize);
        if (overlap.Member is { } member)
        {
            writer._json.WriteStartObject("member");
            writer._json.WriteString("path", member.Path);
            writer.WritePlace(member.BitOffset, member.BitSize ?? 0, member.IsBitField);
            writer._json.WriteEndObject();
            writer.WriteItems("sharers", overlap.Layout, overlap.Sharers);
        }
        else
        {
            writer._json.WriteStartArray("lanes");
            foreach (ImmutableArray<LayoutItem> lane in overlap.Lanes)
            {
                writer._json.WriteStartArray();
                foreach (LayoutItem item in lane)
                {
                    writer.WriteItem(overlap.Layout, item);
                }

                writer._json.WriteEndArray();
            }

            writer._json.WriteEndArray();
        }

        writer.WriteImage(image, files);
        writer._json.WriteString("source", SourceName(source));
        writer.End(run, image);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private static string SourceName(SourceKind source) => source == SourceKind.Dwarf ? "dwarf" : "btf";

    private void Begin(string report)
    {
        _json.WriteStartObject();
        _json.WriteString("format", "layoutcheck/2");
        _json.WriteString("report", report);
    }

    private void End(RunFacts run, ImageFacts image)
    {
        _json.WriteStartObject("run");
        _json.WriteString("version", run.Version);
        _json.WriteString("file", run.File);

        // One kernel is one image, whatever it was packed in on its way here.
        _json.WriteString("packed_in", image.Wrapping.Length == 0 ? null : image.Wrapping);
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
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
        foreach (Outcome outcome in (ReadOnlySpan<Outcome>)[Outcome.Holds, Outcome.Violated, Outcome.NotApplicable, Outcome.Undecided])
        {
            _json.WriteNumber(Name(outcome), count(outcome));
        }

        _json.WriteEndObject();
    }

    private static string Name(Outcome outcome) => outcome switch
    {
        Outcome.Holds => "holds",
        Outcome.Violated => "violated",
        Outcome.NotApplicable => "not_applicable",
        _ => "undecided",
    };

    private void WriteRule(RuleResult result)
    {
        _json.WriteStartObject();
        _json.WriteString("id", result.Rule.Id);
        _json.WriteString("title", result.Rule.Title);
        _json.WriteString("severity", result.Rule.Severity.ToString().ToLowerInvariant());
        _json.WriteBoolean("flagship", result.Rule.IsFlagship);
        _json.WriteString("outcome", Name(result.Outcome));
        _json.WriteStartArray("checks");
        foreach (CheckResult check in result.Checks)
        {
            _json.WriteStartObject();
            _json.WriteString("check", check.Check.Expression.Text);
            if (check.Check.When is { } when)
            {
                _json.WriteString("when", when.Text);
            }

            _json.WriteNumber("line", check.Check.Line);
            _json.WriteString("outcome", Name(check.Outcome));
            _json.WriteString("reason", check.Reason);
            if (check.Outcome == Outcome.Violated && check.Check.Message is { } message)
            {
                _json.WriteString("consequence", message);
            }

            _json.WriteStartArray("observed");
            foreach (Observation observation in check.Observed)
            {
                _json.WriteStringValue(observation.ToString());
            }

            _json.WriteEndArray();
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteDefinition(DefinitionSummary definition)
    {
        _json.WriteStartObject();
        _json.WriteString("type", definition.Name.ToString());
        WriteNumberOrNull("byte_size", definition.ByteSize);
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

    private void WriteImage(ImageFacts image, ImmutableArray<InputFile> files)
    {
        _json.WriteStartObject("image");
        _json.WriteString("format", image.Format);
        _json.WriteString("build_id", image.BuildId);
        _json.WriteString("release", image.Release);
        WriteConfig(image.Config);
        _json.WriteEndObject();
        _json.WriteStartArray("files");
        foreach (InputFile file in files)
        {
            _json.WriteStartObject();
            _json.WriteString("role", Provenance.NameOf(file.Role));
            _json.WriteString("path", file.Path);
            _json.WriteString("build_id", file.BuildId);
            _json.WriteString("release", file.Release);
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
        _json.WriteStartObject("layout");
        foreach ((string option, string value) in LayoutOptions.Of(config))
        {
            _json.WriteString(option, value);
        }

        _json.WriteEndObject();
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
        _json.WriteStartObject("units_by_language");
        foreach (LanguageCount language in source.Languages)
        {
            _json.WriteNumber(language.Language, language.UnitCount);
        }

        _json.WriteEndObject();
        _json.WriteStartArray("producers");
        foreach (string producer in source.Producers)
        {
            _json.WriteStringValue(producer);
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteLayout(LayoutReport report)
    {
        AggregateType aggregate = report.Layout.Aggregate;
        _json.WriteStartObject();
        _json.WriteString("type", report.TypeSpelling);
        _json.WriteNumber("byte_size", aggregate.ByteSize);
        WriteNumberOrNull("alignment", aggregate.Alignment);
        _json.WriteBoolean("packed", report.IsPacked);
        _json.WriteBoolean("arrays_of_arrays_are_one_array", report.Layout.HasArraysOfOpenShape);
        _json.WriteString("omission", report.Omission);
        WriteDeclared(aggregate.Place);
        _json.WriteString("first_unit", report.FirstUnit);
        if (report.Function is { } function)
        {
            _json.WriteString("function", function);
        }

        if (report.DefinitionCount is { } count)
        {
            _json.WriteNumber("definitions", count);
        }

        if (report.DifferenceFromFirst is { } difference)
        {
            _json.WriteString("difference", difference);
        }

        if (report.Member is { } member)
        {
            _json.WriteStartObject("member");
            _json.WriteString("path", member.Path);
            _json.WriteString("type", report.Layout.Graph.Declare(member.Type));
            WritePlace(member.BitOffset, member.BitSize ?? 0, member.IsBitField);
            WriteDeclared(member.Place);
            _json.WriteEndObject();
            _json.WriteEndObject();
            return;
        }

        WriteItems("items", report.Layout, report.Layout.Items);
        LayoutTotals totals = LayoutTotals.Of(report.Layout);
        _json.WriteNumber("holes", totals.HoleCount);
        _json.WriteNumber("hole_bits", totals.HoleBits);
        _json.WriteNumber("padding_bits", totals.PaddingBits);
        _json.WriteEndObject();
    }

    private void WriteItems(string name, TypeLayout layout, IEnumerable<LayoutItem> items)
    {
        _json.WriteStartArray(name);
        foreach (LayoutItem item in items)
        {
            WriteItem(layout, item);
        }

        _json.WriteEndArray();
    }

    private void WriteItem(TypeLayout layout, LayoutItem item)
    {
        _json.WriteStartObject();
        _json.WriteString("kind", item.Kind.ToString().ToLowerInvariant());
        if (item.Kind == LayoutItemKind.Member)
        {
            _json.WriteString("name", item.Name);
            _json.WriteString("path", item.Path);
            _json.WriteString("type", layout.Graph.Declare(item.Type));
            WriteDeclared(item.Place);
        }

        WritePlace(item.BitOffset, item.BitSize, item.IsBitField);
        _json.WriteNumber("depth", item.Depth);
        _json.WriteEndObject();
    }

    private void WriteDeclared(SourcePlace? place)
    {
        _json.WriteString("file", place?.File);
        WriteNumberOrNull("line", place?.Line);
    }

    // Bitfields and gaps that do not start or end with a byte have no byte position that would be true.
    private void WritePlace(ulong bitOffset, ulong bitSize, bool isBitField)
    {
        bool isWhole = bitOffset % 8 == 0 && bitSize % 8 == 0 && !isBitField;
        WriteNumberOrNull("byte_offset", isWhole ? bitOffset / 8 : null);
        WriteNumberOrNull("byte_size", isWhole ? bitSize / 8 : null);
        _json.WriteNumber("bit_offset", bitOffset);
        _json.WriteNumber("bit_size", bitSize);
        _json.WriteBoolean("bitfield", isBitField);
    }

    private void WriteNumberOrNull(string name, ulong? value)
    {
        if (value is { } number)
        {
            _json.WriteNumber(name, number);
        }
        else
        {
            _json.WriteNull(name);
        }
    }
}

/// <summary>What differs between two runs over one image.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="File">The input as the user named it.</param>
public readonly record struct RunFacts(string Version, string File);

/// <summary>A layout to show, with where it comes from.</summary>
/// <param name="TypeSpelling">The type as C spells it.</param>
/// <param name="Layout">The layout.</param>
/// <param name="Member">The one member that was asked for, or null for all.</param>
/// <param name="FirstUnit">The first unit that defines it; in BTF, its first record.</param>
/// <param name="DefinitionCount">How many units define it so; null when only the first was asked.</param>
/// <param name="DifferenceFromFirst">Where it parts from the first definition, in words; null for the first.</param>
public sealed record LayoutReport(string TypeSpelling, TypeLayout Layout, ResolvedMember? Member, string FirstUnit, int? DefinitionCount, string? DifferenceFromFirst)
{
    /// <summary>The first function that it is local to, empty when that has no name; null for a definition for the whole unit.</summary>
    public string? Function { get; init; }

    /// <summary>Whether the places of its members show that it is packed.</summary>
    public bool IsPacked { get; init; }

    /// <summary>Why members may be missing, in a clause; null when nothing shows that they are.</summary>
    public string? Omission { get; init; }
}
