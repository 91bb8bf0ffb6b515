using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>KTAP, read as the kernel's documentation has its grammar.</summary>
public sealed partial class KtapTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void Tells_the_verdict_by_its_results(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        string text = Written.In("ktap", report);
        Queue<string> lines = new(text.TrimEnd('\n').Split('\n'));
        List<Result> tests = Read(lines, "");
        Assert.Empty(lines);
        Assert.Equal(exitCode == 0, tests.All(t => t.IsOk));
        Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n');
        if (report is CheckReport check && situation is not "strict")
        {
            Result[] leaves = [.. tests.SelectMany(t => t.Inner)];
            Assert.InRange(leaves.Length - check.Results.Sum(r => r.Checks.Length), 0, 1);
            Assert.Equal(check.CountChecks(LayoutCheck.Rules.Outcome.NotApplicable), leaves.Count(l => l.IsSkipped));
            Assert.InRange(leaves.Count(l => !l.IsOk) - check.CountChecks(LayoutCheck.Rules.Outcome.Violated) - check.CountChecks(LayoutCheck.Rules.Outcome.Undecided), 0, 1);
        }
    }

    [Fact]
    public void Diagnostics_stand_before_their_result()
    {
        string text = Written.In("ktap", Situations.Of("violated").Report);
        Assert.Matches("\n  # violated: [^\n]+\n  # declared: folio.pgmap at page.h:278\n  # declared: page.compound_head at page.h:210\n  # more: layoutcheck explain pgmap-on-compound-head\n  not ok [0-9]+ offsetof", text);
    }

    private sealed record Result(bool IsOk, bool IsSkipped, List<Result> Inner);

    // A version, perhaps a name, the plan; then, for each test, its subtests two columns further in, diagnostics, and its result.
    private static List<Result> Read(Queue<string> lines, string indent)
    {
        Assert.Equal($"{indent}KTAP version 1", lines.Dequeue());
        string? name = null;
        if (lines.Peek().StartsWith($"{indent}# Subtest: ", StringComparison.Ordinal))
        {
            name = lines.Dequeue()[(indent.Length + 11)..];
            Assert.DoesNotContain('#', name);
        }

        Match plan = Plan().Match(lines.Dequeue());
        Assert.True(plan.Success && plan.Groups[1].Value == indent);
        List<Result> results = [];
        HashSet<string> names = [];
        int count = int.Parse(plan.Groups[2].Value, CultureInfo.InvariantCulture);
        while (results.Count < count)
        {
            List<Result> inner = lines.Peek() == $"{indent}  KTAP version 1" ? Read(lines, indent + "  ") : [];
            while (lines.Peek().StartsWith($"{indent}# ", StringComparison.Ordinal))
            {
                lines.Dequeue();
            }

            Match result = Line().Match(lines.Dequeue());
            Assert.True(result.Success && result.Groups[1].Value == indent, result.Value);
            Assert.Equal(results.Count + 1, int.Parse(result.Groups[3].Value, CultureInfo.InvariantCulture));
            Assert.True(names.Add(result.Groups[4].Value), result.Value);
            bool isOk = result.Groups[2].Value == "ok";
            Assert.True(inner.Count == 0 || isOk == inner.All(r => r.IsOk), "a test is as its subtests are");
            results.Add(new Result(isOk, result.Groups[5].Success, inner));
        }

        return results;
    }

    [GeneratedRegex(@"^( *)1\.\.([0-9]+)$")]
    private static partial Regex Plan();

    [GeneratedRegex("^( *)(ok|not ok) ([0-9]+) ([^#]*?)( # SKIP [^#]*)?$")]
    private static partial Regex Line();
}
