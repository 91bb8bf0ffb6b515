using System.Text.Json;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>Code Quality, as GitLab reads it.</summary>
public sealed class GitLabTests
{
    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void Tells_the_verdict_by_its_issues(string situation)
    {
        (Report report, int exitCode) = Situations.Of(situation);
        using JsonDocument json = JsonDocument.Parse(Written.In("gitlab", report));
        JsonElement[] issues = [.. json.RootElement.EnumerateArray()];
        string[] severities = [.. issues.Select(i => i.GetProperty("severity").GetString()!)];
        Assert.Equal(exitCode is 1 or 3, severities.Any(s => s is "blocker" or "critical"));
        Assert.Equal(exitCode is not 0, severities.Any(s => s is "blocker" or "critical" or "major"));
        Assert.Subset(["info", "minor", "major", "critical", "blocker"], [.. severities]);
        string[] fingerprints = [.. issues.Select(i => i.GetProperty("fingerprint").GetString()!)];
        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
        foreach (JsonElement issue in issues)
        {
            Assert.NotEmpty(issue.GetProperty("check_name").GetString()!);
            Assert.DoesNotContain(issue.GetProperty("description").GetString()!, char.IsControl);
            Assert.False(issue.GetProperty("location").GetProperty("path").GetString()!.StartsWith("./", StringComparison.Ordinal));
            Assert.InRange(issue.GetProperty("location").GetProperty("lines").GetProperty("begin").GetInt64(), 1, int.MaxValue);
        }
    }

    [Fact]
    public void All_that_holds_is_an_empty_array() => Assert.Equal("[]\n", Written.In("gitlab", Situations.Of("holds").Report));

    [Fact]
    public void The_flagship_blocks_and_names_both_members()
    {
        using JsonDocument json = JsonDocument.Parse(Written.In("gitlab", Situations.Of("violated").Report));
        JsonElement first = json.RootElement[0];
        Assert.Equal(("blocker", "pgmap-on-compound-head", "page.h", 278), (first.GetProperty("severity").GetString(), first.GetProperty("check_name").GetString(),
            first.GetProperty("location").GetProperty("path").GetString(), first.GetProperty("location").GetProperty("lines").GetProperty("begin").GetInt32()));
        Assert.Contains("(folio.pgmap at page.h:278, page.compound_head at page.h:210)", first.GetProperty("description").GetString(), StringComparison.Ordinal);
    }
}
