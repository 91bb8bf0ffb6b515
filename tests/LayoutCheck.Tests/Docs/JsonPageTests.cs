using System.Text.Json;
using System.Text.RegularExpressions;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>src/docs/json.md has every field of the JSON, and no other, under the reports that have it.</summary>
public sealed partial class JsonPageTests
{
    private static readonly DocPage s_page = DocPage.Of("src/docs/json.md");

    public static TheoryData<string> Reports() => [.. JsonRuns.ByReport.Keys];

    [Theory]
    [MemberData(nameof(Reports))]
    public void Documents_every_field(string report)
    {
        HashSet<string> documented = s_page.QuotedWords("Fields", "Objects", "Several images");
        HashSet<string> topLevel = [.. s_page.Rows("field").Where(r => IsIn(r[1], report)).Select(r => r[0].Trim('`'))];
        HashSet<string> written = [];
        HashSet<string> writtenAtTop = [];
        foreach (string[] arguments in JsonRuns.ByReport[report])
        {
            using JsonDocument json = JsonDocument.Parse(ProgramRun.Run([.. arguments, "--format", "json"]).Out);
            Assert.Equal(report, json.RootElement.GetProperty("report").GetString());
            writtenAtTop.UnionWith(json.RootElement.EnumerateObject().Select(p => p.Name));
            Collect(json.RootElement, written);
        }

        Assert.Equal(writtenAtTop.Order(StringComparer.Ordinal), topLevel.Order(StringComparer.Ordinal));
        Assert.Empty(written.Except(documented));
    }

    // "all", "with an image", or the names of reports.
    private static bool IsIn(string cell, string report)
        => cell == "all" || (cell == "with an image" && report is not "rules" and not "diff" and not "matrix" and not "merge") || Quoted().Matches(cell).Any(m => m.Groups[1].Value == report);

    private static void Collect(JsonElement element, HashSet<string> names)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    names.Add(property.Name);
                    Collect(property.Value, names);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Collect(item, names);
                }

                break;
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
