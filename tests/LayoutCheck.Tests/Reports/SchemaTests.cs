using System.Text.Json;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Docs;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>The JSON Schema: strict, without dead fields, the same in the file, in the library and by the command.</summary>
public sealed class SchemaTests
{
    private static readonly JsonElement s_schema = JsonDocument.Parse(SchemaUnderTest.Text).RootElement;

    [Fact]
    public void Is_what_the_command_prints_and_what_the_file_has()
    {
        Assert.Equal(SchemaUnderTest.Text, ProgramRun.Run("schema").Out);
        Assert.Equal(SchemaUnderTest.Text, File.ReadAllText(Path.Combine(FixtureFile.Repository, "src/LayoutCheck/Reports/layoutcheck-2.schema.json")));
        string path = Path.Combine(Directory.CreateTempSubdirectory("layoutcheck-").FullName, "schema.json");
        Assert.Equal((0, ""), ProgramRun.Run("schema", "-o", path) is var result ? (result.ExitCode, result.Out + result.Err) : default);
        Assert.Equal(SchemaUnderTest.Text, File.ReadAllText(path));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Is_a_schema_of_2020_12()
    {
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", s_schema.GetProperty("$schema").GetString());
        Assert.True(Json.Schema.MetaSchemas.Draft202012.Evaluate(s_schema).IsValid);
    }

    // What a report may have beyond it would be a field that nobody documented.
    [Fact]
    public void Every_object_is_closed()
    {
        List<string> open = [];
        Visit(s_schema.GetProperty("$defs"), "$defs", (pointer, node) =>
        {
            if (node.TryGetProperty("properties", out _) && !(node.TryGetProperty("additionalProperties", out JsonElement additional) && additional.ValueKind == JsonValueKind.False))
            {
                open.Add(pointer);
            }
        });
        Assert.Empty(open);
    }

    [Fact]
    public void No_field_is_dead_and_every_one_is_documented()
    {
        SchemaWalk walk = new(s_schema);
        foreach (string[] arguments in JsonRuns.ByReport.Values.SelectMany(runs => runs))
        {
            ProgramResult result = ProgramRun.Run([.. arguments, "--format", "json"]);
            Assert.True(result.Out.StartsWith('{'), $"{string.Join(' ', arguments)}: {result.Err}");
            walk.Take(JsonDocument.Parse(result.Out).RootElement);
        }

        foreach (string line in JsonRuns.Lines())
        {
            SchemaUnderTest.Judge(line);
            walk.Take(JsonDocument.Parse(line).RootElement);
        }

        Assert.Empty(walk.Declared.Except(walk.Seen).Order(StringComparer.Ordinal));
        HashSet<string> documented = [.. DocPage.Of("src/docs/json.md").QuotedWords("Fields", "Objects", "Several images"), .. DocPage.Of("src/docs/many.md").QuotedWords()];
        Assert.Empty(walk.Declared.Select(p => p[(p.LastIndexOf('/') + 1)..]).Distinct().Except(documented).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("\"line\": ", "\"lines\": ")]
    [InlineData("\"exit_code\": 0", "\"exit_code\": 9")]
    [InlineData("\"what\": \"offset\"", "\"what\": \"place\"")]
    [InlineData("\"byte_order\": \"little\"", "\"byte_order\": null")]
    [InlineData("\"report\": \"check\"", "\"report\": \"chock\"")]
    [InlineData("\"format\": \"layoutcheck/2\"", "\"format\": \"layoutcheck/1\"")]
    [InlineData("\"bits\": 64,\n    \"byte_order", "\"bits\": 65,\n    \"byte_order")]
    public void Refuses_what_is_not_a_report(string was, string now)
    {
        string json = ProgramRun.Run("check", "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf", "--format", "json").Out;
        Assert.Contains(was, json, StringComparison.Ordinal);
        using JsonDocument changed = JsonDocument.Parse(json.Replace(was, now, StringComparison.Ordinal));
        Assert.NotEmpty(SchemaUnderTest.Problems(changed.RootElement));
    }

    private static void Visit(JsonElement node, string pointer, Action<string, JsonElement> visit)
    {
        if (node.ValueKind == JsonValueKind.Object)
        {
            visit(pointer, node);
            foreach (JsonProperty property in node.EnumerateObject())
            {
                Visit(property.Value, $"{pointer}/{property.Name}", visit);
            }
        }
        else if (node.ValueKind == JsonValueKind.Array)
        {
            foreach ((int index, JsonElement item) in node.EnumerateArray().Index())
            {
                Visit(item, $"{pointer}/{index}", visit);
            }
        }
    }
}
