using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>Workflow commands of <c>diff</c>, <c>audit</c> and of what a step does not show.</summary>
public sealed class GithubFormatTests
{
    [Fact]
    public void Diff_tells_the_verdict_first_and_then_each_type()
    {
        string[] lines = Diff(ChangeClass.Layout);
        Assert.StartsWith("::notice title=layoutcheck%3A violated::", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("::error file=", lines[1], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.Contains("+ pgmap", StringComparison.Ordinal));
        Assert.InRange(lines.Count(l => l.StartsWith("::error", StringComparison.Ordinal)), 1, 10);
    }

    [Fact]
    public void Differences_that_do_not_count_are_no_errors()
    {
        string[] lines = Diff(null);
        Assert.StartsWith("::notice title=layoutcheck%3A holds::", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, l => l.StartsWith("::error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("audit/audit.two-ways.gcc-dwarf5-btf.elf", "violated", "::error file=other/audit/shared.h,line=")]
    [InlineData("audit/audit.two-ways.btf.elf", "undecided", "::warning file=")]
    public void Audit_tells_the_verdict_first_and_where_a_type_is_declared(string fixture, string verdict, string start)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        string[] lines = Lines(AuditAnalysis.Run(image, 1, new AuditOptions([]), withImage: true));
        Assert.StartsWith($"::notice title=layoutcheck%3A {verdict}::", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.StartsWith(start, StringComparison.Ordinal));
    }

    [Fact]
    public void The_flagship_survives_30_000_others()
    {
        CheckReport report = Situations.Check("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf");
        RuleResult other = report.Results.Last(r => r.Outcome == Outcome.Violated);
        CheckResult check = other.Checks.First(c => c.Outcome == Outcome.Violated);
        RuleResult many = other with { Checks = [.. Enumerable.Repeat(check, 30_000), .. Enumerable.Repeat(check with { Outcome = Outcome.Undecided }, 30_000)] };
        string[] lines = Lines(report with { Results = [many, report.Flagship!] });
        Assert.Contains("pgmap-on-compound-head", lines[0], StringComparison.Ordinal);
        Assert.Equal(10, lines.Count(l => l.StartsWith("::error", StringComparison.Ordinal)));
        Assert.InRange(lines.Count(l => l.StartsWith("::warning", StringComparison.Ordinal)), 1, 10);
        int flagship = report.Flagship!.Checks.Count(c => c.Outcome == Outcome.Violated);
        Assert.Contains(lines, l => l.Contains($"and {30_000 + flagship - 9} more errors, 29991 more warnings", StringComparison.Ordinal));
    }

    [Fact]
    public void The_second_member_is_named_though_a_line_shows_the_first()
    {
        string line = Lines(Situations.Of("violated").Report)[0];
        Assert.StartsWith("::error file=page.h,line=278,title=", line, StringComparison.Ordinal);
        Assert.Contains("%0ADeclared: folio.pgmap at page.h:278, page.compound_head at page.h:210%0A", line, StringComparison.Ordinal);
    }

    private static string[] Diff(ChangeClass? failOn)
    {
        using KernelImage old = FixtureFile.Open("seed-before/seed-before.gcc-dwarf5.elf");
        using KernelImage now = FixtureFile.Open("seed-after/seed-after.gcc-dwarf5.elf");
        return Lines(DiffAnalysis.Run(old, now, [], new DiffOptions { FailOn = failOn }, 1));
    }

    private static string[] Lines(Report report) => Written.In("github", report).TrimEnd('\n').Split('\n');
}
