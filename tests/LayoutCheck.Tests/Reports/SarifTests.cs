using System.Text.Json;
using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>SARIF, as a consumer of code scanning reads it.</summary>
public sealed class SarifTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void Tells_the_verdict_by_its_results(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        using JsonDocument log = JsonDocument.Parse(Written.In("sarif", report));
        Assert.Equal("2.1.0", log.RootElement.GetProperty("version").GetString());
        JsonElement[] runs = [.. log.RootElement.GetProperty("runs").EnumerateArray()];
        Assert.Equal(runs.Length, runs.Select(r => r.GetProperty("automationDetails").GetProperty("id").GetString()!).Select(id => id[..id.LastIndexOf('/')]).Distinct().Count());
        JsonElement[] results = [.. runs.SelectMany(r => r.GetProperty("results").EnumerateArray())];
        string[] outcomes = [.. results.Select(r => r.GetProperty("properties").GetProperty("outcome").GetString()!)];
        Assert.Equal(exitCode, outcomes.Contains("unreadable") ? 3 : outcomes.Contains("violated") ? 1 : outcomes.Contains("undecided") ? 4 : 0);
        Assert.Equal(exitCode is 1 or 3, results.Any(r => r.GetProperty("level").GetString() == "error"));
        foreach (JsonElement run in runs)
        {
            RequireWhole(run);
        }

        if (report is CheckReport check && situation != "strict")
        {
            int shown = check.CountChecks(LayoutCheck.Rules.Outcome.Violated) + check.CountChecks(LayoutCheck.Rules.Outcome.Warning) + check.CountChecks(LayoutCheck.Rules.Outcome.Undecided);
            Assert.InRange(results.Length - shown, 0, 1);
        }
    }

    [Fact]
    public void A_violation_has_both_members_and_links_the_second()
    {
        using JsonDocument log = JsonDocument.Parse(Written.In("sarif", Situations.Of("violated").Report));
        JsonElement run = log.RootElement.GetProperty("runs")[0];
        JsonElement result = run.GetProperty("results")[0];
        Assert.Equal("pgmap-on-compound-head", result.GetProperty("ruleId").GetString());
        Assert.Equal(("page.h", 278), Place(Assert.Single(result.GetProperty("locations").EnumerateArray())));
        JsonElement related = Assert.Single(result.GetProperty("relatedLocations").EnumerateArray());
        Assert.Equal(("page.h", 210), Place(related));
        Assert.Equal(1, related.GetProperty("id").GetInt32());
        string message = result.GetProperty("message").GetProperty("text").GetString()!;
        Assert.Contains("[page.compound_head](1)", message, StringComparison.Ordinal);
        Assert.Contains("folio.pgmap at page.h:278", message, StringComparison.Ordinal);
        Assert.Contains("layoutcheck explain pgmap-on-compound-head", message, StringComparison.Ordinal);
        Assert.Equal("layoutcheck/x86-64/unknown-release", run.GetProperty("automationDetails").GetProperty("id").GetString());
    }

    [Fact]
    public void A_fingerprint_stays_where_lines_and_values_change()
    {
        string Hash(string situation) => Results(Situations.Of(situation).Report).Select(r => r.GetProperty("partialFingerprints").GetProperty("primaryLocationLineHash").GetString()!).First();
        CheckReport other = (CheckReport)Situations.Of("violated").Report;
        CheckReport moved = other with { Places = other.Places.SetItem("folio.pgmap", other.Places["folio.pgmap"] with { Line = 1 }) };
        Assert.Equal(Hash("violated"), Results(moved).First().GetProperty("partialFingerprints").GetProperty("primaryLocationLineHash").GetString());
        Assert.NotEqual(Hash("violated"), Hash("many"));
        string[] many = [.. Results(Situations.Of("many").Report).Select(r => r.GetProperty("partialFingerprints").GetProperty("primaryLocationLineHash").GetString()!)];
        Assert.Equal(many.Length, many.Distinct().Count());
    }

    [Fact]
    public void Paths_are_relative_and_encoded()
    {
        string[] uris = [.. ((string[])["holds", "batch", "unreadable", "nothing applies"]).SelectMany(s => Results(Situations.Of(s).Report))
            .SelectMany(r => r.GetProperty("locations").EnumerateArray()).Select(l => l.GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString()!)];
        Assert.Contains("build%20dir/page-era1.gcc-dwarf5.elf", uris);
        Assert.All(uris, uri => Assert.True(Uri.TryCreate(uri, UriKind.Relative, out _) && !uri.StartsWith('/') && uri.All(c => c is > ' ' and < (char)0x7f && !"<>\"`{}|\\^".Contains(c, StringComparison.Ordinal)), uri));
    }

    [Fact]
    public void Diff_and_audit_have_a_result_a_type_with_its_places()
    {
        using KernelImage old = FixtureFile.Open("seed-before/seed-before.gcc-dwarf5.elf");
        using KernelImage now = FixtureFile.Open("seed-after/seed-after.gcc-dwarf5.elf");
        JsonElement[] diff = Results(DiffAnalysis.Run(old, now, [], new DiffOptions { FailOn = ChangeClass.Layout }, 1));
        Assert.Contains(diff, r => r.GetProperty("level").GetString() == "error" && r.GetProperty("message").GetProperty("text").GetString()!.Contains("+ pgmap", StringComparison.Ordinal));
        Assert.All(diff, r => Assert.Contains("seed-before", r.GetProperty("relatedLocations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation").GetProperty("uri").GetString()!, StringComparison.Ordinal));

        using KernelImage image = FixtureFile.Open("audit/audit.two-ways.gcc-dwarf5-btf.elf");
        JsonElement[] audit = Results(AuditAnalysis.Run(image, 1, new AuditOptions(), withImage: true));
        Assert.Equal(4, audit.Length);
        JsonElement either = audit.Single(r => r.GetProperty("properties").GetProperty("check").GetString() == "struct either");
        Assert.Equal([("other/audit/shared.h", 21), ("other/audit/shared.h", 17)], [Place(either.GetProperty("locations")[0]), Place(either.GetProperty("relatedLocations")[0])]);
    }

    private static (string, int) Place(JsonElement location)
    {
        JsonElement physical = location.GetProperty("physicalLocation");
        return (physical.GetProperty("artifactLocation").GetProperty("uri").GetString()!, physical.GetProperty("region").GetProperty("startLine").GetInt32());
    }

    private static JsonElement[] Results(Report report)
    {
        using JsonDocument log = JsonDocument.Parse(Written.In("sarif", report));
        return [.. log.RootElement.GetProperty("runs").EnumerateArray().SelectMany(r => r.GetProperty("results").EnumerateArray()).Select(r => r.Clone())];
    }

    // What GitHub asks of a run, and links that lead somewhere.
    private static void RequireWhole(JsonElement run)
    {
        JsonElement driver = run.GetProperty("tool").GetProperty("driver");
        JsonElement[] rules = [.. driver.GetProperty("rules").EnumerateArray()];
        Assert.Equal(rules.Length, rules.Select(r => r.GetProperty("id").GetString()).Distinct().Count());
        foreach (JsonElement rule in rules)
        {
            Assert.InRange(rule.GetProperty("fullDescription").GetProperty("text").GetString()!.Length, 1, 1024);
            Assert.NotEmpty(rule.GetProperty("help").GetProperty("text").GetString()!);
            Assert.NotEmpty(rule.GetProperty("help").GetProperty("markdown").GetString()!);
            Assert.NotEmpty(rule.GetProperty("properties").GetProperty("precision").GetString()!);
            Assert.NotEmpty(rule.GetProperty("properties").GetProperty("problem.severity").GetString()!);
        }

        JsonElement[] results = [.. run.GetProperty("results").EnumerateArray()];
        Assert.InRange(results.Length, 0, 25_000);
        foreach (JsonElement result in results)
        {
            Assert.Equal(result.GetProperty("ruleId").GetString(), rules[result.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString());
            int related = result.TryGetProperty("relatedLocations", out JsonElement locations) ? locations.GetArrayLength() : 0;
            string message = result.GetProperty("message").GetProperty("text").GetString()!;
            Assert.DoesNotContain(message, char.IsControl);
            foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(message, @"(?<!\\)\]\(([^)]*)\)"))
            {
                Assert.InRange(int.Parse(link.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 1, related);
            }
        }
    }
}
