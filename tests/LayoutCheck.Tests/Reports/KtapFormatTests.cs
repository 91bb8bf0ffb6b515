using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>KTAP, read again by a small reader that takes nothing but what the kernel's ktap.rst says: plans, numbers, indents, names of subtests.</summary>
public sealed partial class KtapFormatTests
{
    [Fact]
    public void Rules_are_tests_and_checks_their_subtests()
    {
        CheckReport report = CheckReports.Holds;
        Test root = Read(report);
        Assert.Equal(report.Results.Select(r => r.Rule.Id), root.Subtests.Select(t => t.Name));
        Assert.Equal(report.Results.Select(r => r.Checks.Length), root.Subtests.Select(t => t.Subtests.Count));
        Assert.All(root.Subtests, t => Assert.True(t.IsOk));
        Assert.Contains("# file: page-era6/page-era6.gcc-dwarf5.elf", root.Subtests[0].Notes[0], StringComparison.Ordinal);
        foreach ((RuleResult result, Test test) in report.Results.Zip(root.Subtests))
        {
            Assert.Equal(result.Outcome == Outcome.NotApplicable, test.SkipReason is not null);
            Assert.Equal(result.Checks.Select(c => c.Outcome == Outcome.NotApplicable), test.Subtests.Select(t => t.SkipReason is not null));
            Assert.All(test.Subtests, t => Assert.NotEqual("", t.SkipReason));
        }
    }

    [Fact]
    public void A_violation_is_not_ok_below_both_members_and_the_help()
    {
        Test flagship = Read(CheckReports.Violated).Subtests[0];
        Assert.Equal("pgmap-on-compound-head", flagship.Name);
        Assert.False(flagship.IsOk);
        Test check = flagship.Subtests.First(t => !t.IsOk);
        Assert.Equal("offsetof(struct folio, pgmap) == offsetof(struct page, compound_head|compound_info)", check.Name);
        Assert.Contains(check.Notes, n => n.StartsWith("# violated: folio.pgmap @16", StringComparison.Ordinal));
        Assert.Contains(check.Notes, n => Regex.IsMatch(n, @"^# declared: folio\.pgmap at page\.h:\d+$"));
        Assert.Contains(check.Notes, n => Regex.IsMatch(n, @"^# declared: page\.compound_head at page\.h:\d+$"));
        Assert.Contains("# more: layoutcheck explain pgmap-on-compound-head", check.Notes);
    }

    [Theory]
    [InlineData("Holds", true, null)]
    [InlineData("Warning", true, "# warning: ")]
    [InlineData("Violated", false, "# violated: ")]
    [InlineData("NotApplicable", true, null)]
    [InlineData("Undecided", false, "# undecided: ")]
    public void Every_outcome_has_its_result_and_its_diagnostic(string outcome, bool isOk, string? note)
    {
        CheckReport report = CheckReports.WithOther(Enum.Parse<Outcome>(outcome));
        Test check = Read(report).Subtests.SelectMany(t => t.Subtests).First(t => t.Notes.Concat([t.SkipReason ?? ""]).Any(n => n.Contains("as the test says", StringComparison.Ordinal)) || outcome == "Holds");
        Assert.Equal(isOk, check.IsOk);
        Assert.Equal(outcome == "NotApplicable" ? "as the test says" : null, check.SkipReason);
        Assert.True(note is null ? check.SkipReason is not null || outcome == "Holds" : check.Notes.Any(n => n.StartsWith(note, StringComparison.Ordinal)), string.Join('\n', check.Notes));
    }

    [Fact]
    public void A_flagship_that_does_not_apply_is_not_ok_beside_its_skipped_checks()
    {
        Test root = Read(CheckReports.Open);
        _ = Assert.Single(root.Subtests, t => !t.IsOk);
        Assert.NotNull(root.Subtests.Single(t => t.Name == "pgmap-on-compound-head").SkipReason);
    }

    [Fact]
    public void Several_images_are_the_outer_tests_and_one_that_cannot_be_read_is_not_ok()
    {
        Test root = Read(new CheckBatch([CheckReports.Holds, CheckReports.Unreadable, CheckReports.Violated]));
        Assert.Equal(["page-era6/page-era6.gcc-dwarf5.elf", "vmlinux", "bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"], root.Subtests.Select(t => t.Name));
        Assert.Equal([true, false, false], root.Subtests.Select(t => t.IsOk));
        Test unreadable = Assert.Single(Assert.Single(root.Subtests[1].Subtests).Subtests);
        Assert.Contains(unreadable.Notes, n => n.Contains(".debug_info+0x20", StringComparison.Ordinal) && n.Contains("copy the file again", StringComparison.Ordinal));
    }

    [Fact]
    public void No_report_looks_cleaner_than_its_exit_code()
        => Assert.All(CheckReports.All(), named =>
        {
            Test root = Read(named.Report);
            Assert.NotEmpty(root.Subtests);
            Assert.True(root.Subtests.All(t => t.IsOk) == (named.Report.ExitCode == ExitCode.Holds), $"{named.Name}: {named.Report.ExitCode}");
        });

    [Fact]
    public void Hostile_texts_stay_text()
    {
        CheckReport report = CheckReports.HostileReport();
        Test root = Read(report);
        Assert.Equal(report.Results.Length, root.Subtests.Count);
        Assert.All(root.Subtests, t => Assert.Equal([false, false, true, true], t.Subtests.Select(c => c.IsOk)));
        string text = Written.In("ktap", report);
        Assert.DoesNotContain(text, c => c != '\n' && (char.IsControl(c) || c is '\u202e' or '\u2028' or '\ufffe'));
        Assert.Contains("a \\u{23} SKIP b \\u{23} TODO", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_results_fit()
    {
        Test flagship = Assert.Single(Read(CheckReports.Many(10_000, Outcome.Violated)).Subtests);
        Assert.Equal(10_000, flagship.Subtests.Count);
        Assert.Equal(10_000, flagship.Subtests.Select(t => t.Name).Distinct().Count());
    }

    private static Test Read(Report report)
    {
        string text = Written.In("ktap", report);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Queue<string> lines = new(text[..^1].Split('\n'));
        Test root = new("", true, null, ReadTests(lines, "", null), []);
        Assert.Empty(lines);
        return root;
    }

    // What is on one level of indents: version, name, plan, results, with the diagnostics before each.
    private static List<Test> ReadTests(Queue<string> lines, string indent, string? parent)
    {
        Assert.Equal($"{indent}KTAP version 1", lines.Dequeue());
        string? name = parent;
        if (lines.Peek().StartsWith($"{indent}# Subtest: ", StringComparison.Ordinal))
        {
            name = lines.Dequeue()[$"{indent}# Subtest: ".Length..];
        }

        string plan = lines.Dequeue();
        Assert.StartsWith($"{indent}1..", plan, StringComparison.Ordinal);
        int count = int.Parse(plan[(indent.Length + 3)..], CultureInfo.InvariantCulture);
        List<Test> tests = [];
        for (int number = 1; number <= count; number++)
        {
            List<string> notes = [];
            while (lines.Peek().StartsWith($"{indent}# ", StringComparison.Ordinal))
            {
                Assert.DoesNotContain('#', lines.Peek()[(indent.Length + 1)..]);
                notes.Add(lines.Dequeue()[indent.Length..]);
            }

            string? subtest = null;
            List<Test> subtests = [];
            if (lines.Peek().StartsWith($"{indent}  KTAP", StringComparison.Ordinal))
            {
                subtest = lines.ElementAt(1)[$"{indent}  # Subtest: ".Length..];
                subtests = ReadTests(lines, indent + "  ", subtest);
            }

            Match match = Result().Match(lines.Dequeue());
            Assert.True(match.Success);
            Assert.Equal(indent, match.Groups["indent"].Value);
            Assert.Equal(number, int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture));
            string own = match.Groups["name"].Value;
            Assert.Equal(own.Trim(), own);
            Assert.True(subtest is null ? own != name : own == subtest, $"{own} in {name}, subtests of {subtest}");
            bool isOk = match.Groups["word"].Value == "ok";
            Assert.Equal(subtest is null ? isOk : subtests.All(t => t.IsOk), isOk);
            tests.Add(new Test(own, isOk, match.Groups["reason"].Success ? match.Groups["reason"].Value : null, subtests, notes));
        }

        return tests;
    }

    [GeneratedRegex("^(?<indent> *)(?<word>ok|not ok) (?<number>[0-9]+) - (?<name>[^#]*[^#{ ])( # SKIP (?<reason>[^#]*))?$")]
    private static partial Regex Result();

    private sealed record Test(string Name, bool IsOk, string? SkipReason, List<Test> Subtests, List<string> Notes);
}
