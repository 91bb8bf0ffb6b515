using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LayoutCheck.Analyses;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>In every situation every format tells a reader the program's verdict: what could not be told, or read, is a pass in none of them.</summary>
public sealed class FormatVerdictTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void Every_format_tells_the_verdict(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        Assert.Equal(exitCode, (int)report.ExitCode);
        bool isBad = exitCode is 1 or 3;

        using JsonDocument sarif = JsonDocument.Parse(Written.In("sarif", report));
        string[] levels = [.. sarif.RootElement.GetProperty("runs").EnumerateArray().SelectMany(r => r.GetProperty("results").EnumerateArray()).Select(r => r.GetProperty("level").GetString()!)];
        Assert.Equal(isBad, levels.Contains("error"));
        Assert.True(exitCode != 4 || levels.Contains("warning"));

        XElement junit = XDocument.Parse(Written.In("junit", report)).Root!;
        Assert.Equal(exitCode != 0, junit.Descendants("failure").Concat(junit.Descendants("error")).Any());
        Assert.True(exitCode is 0 or 1 || junit.Descendants("error").Any());

        string[] ktap = [.. Written.In("ktap", report).Split('\n')];
        Assert.Equal(exitCode != 0, ktap.Any(l => l.StartsWith("not ok ", StringComparison.Ordinal)));

        Match[] commands = [.. Written.In("github", report).TrimEnd('\n').Split('\n').Select(l => Regex.Match(l, "^::(error|warning|notice) [^:]*::[^\r]*$"))];
        Assert.All(commands, c => Assert.True(c.Success));
        Assert.Equal(isBad, commands.Any(c => c.Groups[1].Value == "error"));
        Assert.True(exitCode != 4 || commands.Any(c => c.Groups[1].Value == "warning"));

        using JsonDocument gitlab = JsonDocument.Parse(Written.In("gitlab", report));
        string[] severities = [.. gitlab.RootElement.EnumerateArray().Select(i => i.GetProperty("severity").GetString()!)];
        Assert.Equal(isBad, severities.Any(s => s is "blocker" or "critical"));
        Assert.True(exitCode != 4 || severities.Contains("major"));
        Assert.True(exitCode != 0 || severities.All(s => s is "minor" or "info"));

        Assert.StartsWith($"## {report.ExitCode.ToString().ToLowerInvariant()}: ", Written.In("markdown", report), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("violated")]
    [InlineData("warning")]
    [InlineData("hostile")]
    public void Texts_are_printable_and_one_line(string situation)
    {
        foreach (ImageFindings image in FindingSet.Of(Situations.Of(situation).Report).Images)
        {
            string[] texts =
            [
                image.Headline, image.Label, .. image.Facts.SelectMany(f => (string[])[f.Label, f.Words]),
                .. image.All.SelectMany(f => (string[])[f.Rule.Id, f.Rule.Title, f.Rule.Command ?? "", f.Finding.Name, f.Finding.Sentence, f.Finding.PlacesInWords, .. f.Finding.Subjects, .. f.Finding.Rows]),
            ];
            Assert.All(texts, text => Assert.DoesNotContain(text, c => char.IsControl(c) || char.IsSurrogate(c) || c == '\u202e'));
        }
    }

    [Fact]
    public void Findings_of_a_batch_come_worst_first_and_the_flagships_before_others()
    {
        (FindingLevel Level, bool IsFlagship)[] shown = [.. FindingSet.Of(Situations.Of("batch").Report).Shown.Select(f => (f.Finding.Level, f.Rule.IsFlagship))];
        Assert.Equal(shown.OrderByDescending(f => f.Level == FindingLevel.Unreadable ? FindingLevel.Violated : f.Level).ThenByDescending(f => f.IsFlagship), shown);
        Assert.Equal((FindingLevel.Violated, true), shown[0]);
        Assert.Contains(shown, f => f.Level == FindingLevel.Unreadable);
    }

    [Fact]
    public void A_fingerprint_needs_no_line_and_tells_checks_apart()
    {
        CheckReport report = (CheckReport)Situations.Of("violated").Report;
        CheckReport moved = report with { Places = report.Places.SetItem("folio.pgmap", report.Places["folio.pgmap"] with { Line = 1 }) };
        Assert.Equal(Hashes(report), Hashes(moved));
        Assert.NotEqual(FindingSet.Of(report).Shown.First().Finding.PlacesInWords, FindingSet.Of(moved).Shown.First().Finding.PlacesInWords);
        string[] many = Hashes(Situations.Of("many").Report);
        Assert.Equal(many.Length, many.Distinct().Count());

        static string[] Hashes(Report report)
        {
            Fingerprints fingerprints = new();
            return [.. FindingSet.Of(report).Shown.Select(f => $"{fingerprints.Of(f.Rule, f.Finding, "")}")];
        }
    }

    [Theory]
    [InlineData("include/linux/mm_types.h", "include/linux/mm_types.h", false)]
    [InlineData("./a/../b c/é#.h", "b%20c/%C3%A9%23.h", false)]
    [InlineData("/usr//include/x:y.h", "usr/include/x%3Ay.h", true)]
    public void Paths_are_relative_references(string path, string uri, bool isFromRoot) => Assert.Equal((uri, isFromRoot), (ReportPath.Of(path).Uri, ReportPath.Of(path).IsFromRoot));

    [Fact]
    public void Diff_and_audit_have_a_finding_a_type()
    {
        using KernelImage old = FixtureFile.Open("seed-before/seed-before.gcc-dwarf5.elf");
        using KernelImage now = FixtureFile.Open("seed-after/seed-after.gcc-dwarf5.elf");
        ImageFindings diff = Assert.Single(FindingSet.Of(DiffAnalysis.Run(old, now, [], new DiffOptions(), 1)).Images);

        // A member of another name on the same bits counts from --fail-on name.
        Assert.Equal(["struct folio"], diff.All.Where(f => f.Finding.Level == FindingLevel.Violated).Select(f => f.Finding.Name));
        Assert.Equal(["struct page"], diff.All.Where(f => f.Finding.Level == FindingLevel.Note).Select(f => f.Finding.Name));
        ImageFindings never = Assert.Single(FindingSet.Of(DiffAnalysis.Run(old, now, [], new DiffOptions(null), 1)).Images);
        Assert.Equal(2, never.Count(FindingLevel.Note));

        using KernelImage image = FixtureFile.Open("audit/audit.two-ways.gcc-dwarf5-btf.elf");
        ImageFindings audit = Assert.Single(FindingSet.Of(AuditAnalysis.Run(image, 1, new AuditOptions([]), withImage: true)).Images);
        Finding either = audit.All.Single(f => f.Finding.Name == "struct either").Finding;
        Assert.Equal([21ul, 17ul], either.Places.Select(p => p.Line));
        Assert.Equal(4, audit.Count(FindingLevel.Violated));
    }
}
