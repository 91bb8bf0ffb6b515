using System.Collections.Immutable;
using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Reports;

/// <summary>GitLab's Code Quality, by its documentation: an array of issues, each with a fingerprint of its own, and empty for nothing but a pass.</summary>
public sealed class GitlabFormatTests
{
    private static readonly string[] s_severities = ["info", "minor", "major", "critical", "blocker"];

    [Fact]
    public void All_hold_is_an_empty_array() => Assert.Equal("[]\n", Written.In("gitlab", CheckReports.Holds));

    [Fact]
    public void A_violation_names_both_members_and_is_at_the_first()
    {
        Issue[] issues = Read(CheckReports.Violated);
        Assert.Equal(CheckReports.Violated.CountChecks(Outcome.Violated), issues.Count(i => i.Severity is "blocker" or "critical"));
        Issue flagship = issues[0];
        Assert.Equal("pgmap-on-compound-head", flagship.CheckName);
        Assert.Equal("blocker", flagship.Severity);
        Assert.Matches(@"folio\.pgmap at page\.h:\d+, page\.compound_head at page\.h:\d+", flagship.Description);
        Assert.Contains("layoutcheck explain pgmap-on-compound-head", flagship.Description, StringComparison.Ordinal);
        SourcePlace place = CheckReports.Violated.Places["folio.pgmap"];
        Assert.Equal((place.File, place.Line), (flagship.Path, flagship.Line));
    }

    [Theory]
    [InlineData("Warning", "minor")]
    [InlineData("Violated", "critical")]
    [InlineData("Undecided", "major")]
    public void Every_outcome_has_its_severity(string outcome, string severity)
    {
        Issue issue = Assert.Single(Read(CheckReports.WithOther(Enum.Parse<Outcome>(outcome))));
        Assert.Equal(severity, issue.Severity);
        Assert.Contains("as the test says", issue.Description, StringComparison.Ordinal);
        Assert.Equal(("page-era6/page-era6.gcc-dwarf5.elf", 1ul), (issue.Path, issue.Line));
    }

    [Fact]
    public void A_warning_of_a_strict_run_is_as_bad_as_a_violation()
    {
        CheckReport report = CheckReports.WithOther(Outcome.Warning) with { IsStrict = true };
        Assert.Equal(report.ExitCode == ExitCode.Violated ? "critical" : "minor", Assert.Single(Read(report)).Severity);
    }

    [Fact]
    public void A_flagship_that_does_not_apply_is_an_issue() => Assert.Equal("major", Assert.Single(Read(CheckReports.Open)).Severity);

    [Fact]
    public void An_image_that_cannot_be_read_is_an_issue_at_its_first_line()
    {
        Issue issue = Assert.Single(Read(new CheckBatch([CheckReports.Holds, CheckReports.Unreadable])));
        Assert.Equal(("vmlinux", 1ul, "critical"), (issue.Path, issue.Line, issue.Severity));
        Assert.Contains(".debug_info+0x20", issue.Description, StringComparison.Ordinal);
        Assert.Contains("copy the file again", issue.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void No_report_looks_cleaner_than_its_exit_code()
        => Assert.All(CheckReports.All(), named =>
        {
            bool isClean = Read(named.Report).All(i => i.Severity is "info" or "minor");
            Assert.True(isClean == (named.Report.ExitCode == ExitCode.Holds), $"{named.Name}: {named.Report.ExitCode}");
        });

    [Fact]
    public void A_fingerprint_stays_when_lines_and_numbers_move_and_tells_images_apart()
    {
        CheckReport report = CheckReports.Violated;
        CheckReport moved = report with
        {
            Places = report.Places.ToImmutableDictionary(p => p.Key, p => p.Value with { Line = p.Value.Line + 5 }),
            Results = [.. report.Results.Select(r => r with { Checks = [.. r.Checks.Select(c => c with { Reason = c.Reason + " now" })] })],
        };
        string[] before = Fingerprints(report);
        Assert.Equal(before, Fingerprints(moved));
        Assert.Empty(before.Intersect(Fingerprints(report with { Run = RunInfo.Of("arm64/vmlinux") })));

        // In a batch and by itself, and by its whole path, it is the same image.
        Assert.Equal(before.Order(), Fingerprints(new CheckBatch([CheckReports.Holds, report])).Order());
        Assert.Equal(before, Fingerprints(report with { Run = RunInfo.Of(Path.Combine(Environment.CurrentDirectory, report.Run.File)) }));

        static string[] Fingerprints(Report told) => [.. Read(told).Select(i => i.Fingerprint)];
    }

    [Theory]
    [InlineData("/boot/vmlinux", "boot/vmlinux")]
    [InlineData("./a/../vmlinux", "vmlinux")]
    [InlineData("/", "(no path)")]
    public void A_path_counts_from_the_root_of_the_repository(string file, string path)
        => Assert.Equal(path, Assert.Single(Read(CheckReports.Unreadable with { Run = RunInfo.Of(file) })).Path);

    [Fact]
    public void A_line_that_is_not_recorded_is_the_first()
    {
        CheckReport report = CheckReports.Violated;
        report = report with { Places = report.Places.SetItem("folio.pgmap", new SourcePlace("include/linux/mm_types.h", 0)) };
        Assert.Equal(("include/linux/mm_types.h", 1ul), (Read(report)[0].Path, Read(report)[0].Line));
    }

    [Fact]
    public void Hostile_texts_stay_text()
    {
        CheckReport report = CheckReports.HostileReport();
        Assert.Equal(3 * report.Results.Length, Read(report).Length);
        string text = Written.In("gitlab", report);
        Assert.DoesNotContain(text, c => c != '\n' && (char.IsControl(c) || c is '\u202e' or '\u2028' or '\ufffe'));
        Assert.Contains("<b>&amp;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_results_have_as_many_fingerprints() => Assert.Equal(10_000, Read(CheckReports.Many(10_000, Outcome.Violated)).Length);

    // Reads it, and checks what every issue keeps.
    private static Issue[] Read(Report report)
    {
        using JsonDocument document = JsonDocument.Parse(Written.In("gitlab", report));
        Issue[] issues = [.. document.RootElement.EnumerateArray().Select(i => new Issue(
            i.GetProperty("description").GetString()!, i.GetProperty("check_name").GetString()!, i.GetProperty("fingerprint").GetString()!, i.GetProperty("severity").GetString()!,
            i.GetProperty("location").GetProperty("path").GetString()!, i.GetProperty("location").GetProperty("lines").GetProperty("begin").GetUInt64()))];
        Assert.Equal(issues.Length, issues.Select(i => i.Fingerprint).Distinct().Count());
        Assert.All(issues, i =>
        {
            Assert.Contains(i.Severity, s_severities);
            Assert.NotEqual("", i.CheckName);
            Assert.NotEqual("", i.Description);
            Assert.DoesNotContain('\n', i.Description);
            Assert.DoesNotMatch("^(/|\\./|\\.\\./|$)", i.Path);
            Assert.True(i.Line >= 1);
        });
        return issues;
    }

    private sealed record Issue(string Description, string CheckName, string Fingerprint, string Severity, string Path, ulong Line);
}
