using System.Text.RegularExpressions;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>Commands of GitHub's workflows, read as the runner reads them.</summary>
public sealed partial class GitHubTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void Every_line_is_a_command_and_the_verdict_is_told(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        Command[] commands = [.. Written.In("github", report).TrimEnd('\n').Split('\n').Select(Read)];
        Assert.InRange(commands.Count(c => c.Name == "error"), exitCode is 1 or 3 ? 1 : 0, exitCode is 1 or 3 ? 10 : 0);
        Assert.InRange(commands.Count(c => c.Name == "warning"), exitCode is 4 ? 1 : 0, 10);
        Assert.Contains(commands, c => c.Name == "notice" && c.Properties["title"] == $"layoutcheck: {report.ExitCode.ToString().ToLowerInvariant()}");
        Assert.All(commands, c => Assert.DoesNotContain(c.Text, t => char.IsControl(t) && t != '\n'));
    }

    [Fact]
    public void The_flagship_comes_first_with_both_members()
    {
        Command first = Read(Written.In("github", Situations.Of("violated").Report).Split('\n')[0]);
        Assert.Equal(("error", "page.h", "278"), (first.Name, first.Properties["file"], first.Properties["line"]));
        Assert.Contains("folio.pgmap at page.h:278, page.compound_head at page.h:210", first.Text, StringComparison.Ordinal);
        Assert.Contains("\nMore: layoutcheck explain pgmap-on-compound-head", first.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_rest_is_counted()
    {
        string[] lines = Written.In("github", Situations.Of("many").Report).TrimEnd('\n').Split('\n');
        Assert.Equal(11, lines.Length);
        Assert.StartsWith("::error title=layoutcheck::and 9991 more errors, ", lines[9], StringComparison.Ordinal);
    }

    private sealed record Command(string Name, Dictionary<string, string> Properties, string Text);

    private static Command Read(string line)
    {
        Match match = Shape().Match(line);
        Assert.True(match.Success, line);
        Dictionary<string, string> properties = match.Groups[2].Value.Split(',').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => Unescape(p[1]));
        Assert.Subset(["file", "line", "title"], [.. properties.Keys]);
        return new Command(match.Groups[1].Value, properties, Unescape(match.Groups[3].Value));
    }

    private static string Unescape(string text) => text.Replace("%3A", ":", StringComparison.Ordinal).Replace("%2C", ",", StringComparison.Ordinal)
        .Replace("%0D", "\r", StringComparison.Ordinal).Replace("%0A", "\n", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);

    [GeneratedRegex("^::(error|warning|notice) ([^:]*)::(.*)$")]
    private static partial Regex Shape();
}
