using System.Text.Json;
using System.Text.RegularExpressions;
using LayoutCheck.Tests.Cli;

namespace LayoutCheck.Tests.Docs;

/// <summary>src/docs/json.md has every field of the JSON, and no other, under the reports that have it.</summary>
public sealed partial class JsonPageTests
{
    private const string Image = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";

    private static readonly DocPage s_page = DocPage.Of("src/docs/json.md");

    // By the report.
    private static readonly Dictionary<string, string[][]> s_runs = new(StringComparer.Ordinal)
    {
        ["check"] =
        [
            ["check", Image], ["check", "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"],
            ["check", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf"],
            ["check", "tests/fixtures/seed-before/seed-before.gcc-dwarf5.elf", "--against", "tests/fixtures/seed-after/seed-after.gcc-dwarf5.elf"],
        ],
        ["show"] =
        [
            ["show", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf", "page", "folio", "--all"], ["show", Image, "page.lru"],
            ["show", "tests/fixtures/shapes/shapes.gcc-dwarf5.elf", "holes", "bits"],
        ],
        ["overlap"] = [["overlap", Image, "page"], ["overlap", Image, "page.lru"]],
        ["rules"] = [["rules"]],
        ["explain"] = [["explain", "pgmap-on-compound-head"], ["explain", "pgmap-on-compound-head", "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"]],
        ["audit"] = [["audit", "tests/fixtures/audit/audit.two-ways.gcc-dwarf5-btf.elf"], ["audit", "tests/fixtures/audit/audit.two-ways.btf.elf"], ["audit", "tests/fixtures/bindings/bindings.moved.gcc-dwarf5.elf", "--rust"], ["audit", "tests/fixtures/audit/audit.private.gcc-dwarf5-btf.elf", "--source", "both"]],
        ["diff"] =
        [
            ["diff", "tests/fixtures/reach/reach.before.gcc-dwarf5-btf.elf", "tests/fixtures/reach/reach.after.gcc-dwarf5-btf.elf", "--symbols", "tests/fixtures/reach/stable-symbols"],
            ["diff", "tests/fixtures/seed-before/seed-before.gcc-dwarf5.elf", Image],
            ["diff", "tests/fixtures/pinned/pinned.none.clang-dwarf4.elf", "tests/fixtures/pinned/pinned.spare-used.clang-dwarf4.elf"],
        ],
        ["baseline"] = [["baseline", Image, "page"]],
        ["matrix"] = [["matrix", Image, "tests/fixtures/disagree/disagree.gcc-dwarf5.elf", "tests/fixtures/refused/stripped.elf"]],
    };

    public static TheoryData<string> Reports() => [.. s_runs.Keys];

    [Theory]
    [MemberData(nameof(Reports))]
    public void Documents_every_field(string report)
    {
        HashSet<string> documented = [.. Quoted().Matches(s_page.Section("Fields") + s_page.Section("Objects")).Select(m => m.Groups[1].Value)];
        HashSet<string> topLevel = [.. s_page.Rows("field").Where(r => IsIn(r[1], report)).Select(r => r[0].Trim('`'))];
        HashSet<string> written = [];
        HashSet<string> writtenAtTop = [];
        foreach (string[] arguments in s_runs[report])
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
        => cell == "all" || (cell == "with an image" && report is not "rules" and not "diff" and not "matrix") || Quoted().Matches(cell).Any(m => m.Groups[1].Value == report);

    private static void Collect(JsonElement element, HashSet<string> names)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    names.Add(property.Name);
                    // Its names are languages.
                    if (property.Name != "units_by_language")
                    {
                        Collect(property.Value, names);
                    }
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
