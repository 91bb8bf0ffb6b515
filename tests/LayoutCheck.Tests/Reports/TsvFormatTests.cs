using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>The tab-separated form of layouts.</summary>
public sealed class TsvFormatTests
{
    [Fact]
    public void Every_member_has_a_row_of_eight_cells()
    {
        string[][] rows = Rows("page-era5/page-era5.gcc-dwarf5.elf", "page", "page.lru.next");
        Assert.Equal(["type", "member", "bit_offset", "bit_size", "member_type", "first_unit", "file", "line"], rows[0]);
        Assert.All(rows, row => Assert.Equal(8, row.Length));
        Assert.Contains(rows, row => row is ["struct page", "compound_head", "64", "64", "long unsigned int", _, "page.h", _]);
        Assert.Equal(["struct page", "lru.next", "64", "64", "struct list_head *"], rows[^1][..5]);
        Assert.All(rows.Skip(1), row => Assert.True(int.Parse(row[7], System.Globalization.CultureInfo.InvariantCulture) > 0));
    }

    [Fact]
    public void Rows_are_the_members_of_the_JSON()
    {
        using KernelImage image = FixtureFile.Open("shapes/shapes.gcc-dwarf5.elf");
        ShowReport report = ShowAnalysis.Run(image, [TypeQuery.Parse("bits"), TypeQuery.Parse("holes")], new ShowOptions(), 1, withImage: true);
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(Written.Json(report));
        string[] expected = [.. json.RootElement.GetProperty("types").EnumerateArray().SelectMany(t => t.GetProperty("items").EnumerateArray())
            .Where(i => i.GetProperty("kind").GetString() == "member" && i.GetProperty("name").GetString() is not null)
            .Select(i => $"{i.GetProperty("path")}\t{i.GetProperty("bit_offset")}\t{i.GetProperty("bit_size")}")];
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Written.In("tsv", report).TrimEnd('\n').Split('\n').Skip(1).Select(l => string.Join('\t', l.Split('\t')[1..4])));
    }

    [Fact]
    public void Every_command_offers_the_formats_that_write_its_report()
    {
        Assert.Empty(((string[])["text", "json", "tsv"]).Except(ReportFormats.NamesFor("show")));
        Assert.Empty(((string[])["text", "json", "tsv", "markdown"]).Except(ReportFormats.NamesFor("matrix")));
        Assert.Empty(((string[])["text", "json", "sarif", "junit", "ktap", "github", "gitlab", "markdown", "tsv"]).Except(ReportFormats.NamesFor("check")));
        foreach (string report in new[] { "diff", "audit" })
        {
            Assert.Empty(((string[])["text", "json", "sarif", "github", "markdown"]).Except(ReportFormats.NamesFor(report)));
            Assert.Empty(ReportFormats.NamesFor(report).Intersect(["junit", "ktap", "gitlab", "tsv"]));
        }
    }

    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void A_check_is_a_row_and_no_name_ends_a_cell(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        string[][] rows = [.. Written.In("tsv", report).TrimEnd('\n').Split('\n').Select(l => l.Split('\t'))];
        Assert.Equal(["file", "release", "architecture", "rule", "check", "outcome", "reason", "consequence", "declared"], rows[0]);
        Assert.All(rows, row => Assert.Equal(9, row.Length));
        string[] outcomes = [.. rows.Skip(1).Select(r => r[5])];
        Assert.Equal(exitCode, outcomes.Contains("unreadable") ? 3 : outcomes.Contains("violated") ? 1 : outcomes.Contains("undecided") ? 4 : 0);
        if (report is CheckReport check)
        {
            Assert.InRange(outcomes.Length - check.Results.Sum(r => r.Checks.Length), 0, 1);
        }

        if (situation == "violated")
        {
            Assert.Contains(rows, r => r[3] == "pgmap-on-compound-head" && r[5] == "violated" && r[8] == "folio.pgmap at page.h:278, page.compound_head at page.h:210");
        }
    }

    private static string[][] Rows(string fixture, params string[] names)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        ShowReport report = ShowAnalysis.Run(image, [.. names.Select(TypeQuery.Parse)], new ShowOptions(), 1, withImage: false);
        return [.. Written.In("tsv", report).TrimEnd('\n').Split('\n').Select(l => l.Split('\t'))];
    }
}
