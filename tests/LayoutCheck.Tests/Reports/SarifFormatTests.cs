using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Reports;

/// <summary>SARIF at its edges: the limits of consumers, names with its own syntax, and verdicts that no check tells of.</summary>
public sealed class SarifFormatTests
{
    [Theory]
    [InlineData("plain [a](1) b")]
    [InlineData(@"escaped [a\](1) b")]
    [InlineData(@"twice [a\\](1) b")]
    [InlineData(@"thrice [a\\\](https://example.org) b")]
    [InlineData("nested [[a]](1)")]
    public void A_name_cannot_become_a_link(string name)
    {
        UnreadableReport report = new($"{name}: no debug information") { Run = RunInfo.Of(name) };
        JsonElement run = Runs(report).Single();
        string[] messages =
        [
            .. run.GetProperty("results").EnumerateArray().Select(Text),
            .. run.GetProperty("invocations")[0].GetProperty("toolExecutionNotifications").EnumerateArray().Select(Text),
        ];
        Assert.Equal(2, messages.Length);
        Assert.All(messages, m => Assert.Empty(Links(m)));
    }

    [Fact]
    public void A_hostile_member_is_a_link_to_its_own_place()
    {
        CheckReport report = Violated();
        CheckResult check = report.Results[0].Checks.First(c => c.Outcome == Outcome.Violated);
        const string Evil = @"page.x\](9)[y](8)";
        CheckResult hostile = check with { Observed = [check.Observed[0], check.Observed[1] with { Subject = Evil }] };
        report = report with
        {
            Results = [report.Results[0] with { Checks = [hostile] }],
            Places = report.Places.SetItem(Evil, new SourcePlace("page.h", 7)),
        };
        JsonElement result = Assert.Single(Results(report));
        Assert.Equal(["1"], Links(Text(result)));
        Assert.Equal(7, result.GetProperty("relatedLocations")[0].GetProperty("physicalLocation").GetProperty("region").GetProperty("startLine").GetInt32());
    }

    [Fact]
    public void Of_30_000_results_25_000_are_kept_and_the_rest_is_counted()
    {
        CheckReport report = Violated();
        RuleResult other = report.Results.Last(r => r.Outcome == Outcome.Violated);
        CheckResult check = other.Checks.First(c => c.Outcome == Outcome.Violated);
        CheckResult open = check with { Outcome = Outcome.Undecided };
        RuleResult many = other with { Checks = [.. Enumerable.Repeat(open, 20_000), .. Enumerable.Repeat(check, 10_000)] };
        JsonElement run = Runs(report with { Results = [many, report.Flagship!] }).Single();
        JsonElement[] results = [.. run.GetProperty("results").EnumerateArray()];
        Assert.Equal(25_000, results.Length);
        Assert.Equal("pgmap-on-compound-head", results[0].GetProperty("ruleId").GetString());
        int flagship = report.Flagship!.Checks.Count(c => c.Outcome == Outcome.Violated);
        Assert.Equal(10_000 + flagship, results.Count(r => r.GetProperty("level").GetString() == "error"));
        Assert.Contains(run.GetProperty("invocations")[0].GetProperty("toolExecutionNotifications").EnumerateArray(),
            n => Text(n).StartsWith($"{5_000 + flagship} results more are left out", StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_that_does_not_compress_is_cut_to_what_consumers_take()
    {
        CheckReport report = Violated();
        CheckResult check = report.Results[0].Checks.First(c => c.Outcome == Outcome.Violated);
        CheckResult[] noise = [.. Enumerable.Range(0, 7_000).Select(_ => check with { Reason = Convert.ToBase64String(RandomNumberGenerator.GetBytes(2_400)) })];
        byte[] log = Encoding.UTF8.GetBytes(Written.In("sarif", report with { Results = [report.Results[0] with { Checks = [.. noise] }] }));
        Assert.InRange(Compressed(log), 5_000_000, 10_000_000);
        using JsonDocument json = JsonDocument.Parse(log);
        JsonElement run = json.RootElement.GetProperty("runs")[0];
        int kept = run.GetProperty("results").GetArrayLength();
        Assert.InRange(kept, 2_000, 6_999);
        Assert.Contains(run.GetProperty("invocations")[0].GetProperty("toolExecutionNotifications").EnumerateArray(),
            n => Text(n).StartsWith($"{7_000 - kept} results more are left out", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flagship_that_does_not_apply_is_told_beside_a_violation()
    {
        CheckReport report = Violated();
        RuleResult flagship = report.Flagship!;
        RuleResult idle = flagship with { Outcome = Outcome.NotApplicable, Checks = [.. flagship.Checks.Select(c => c with { Outcome = Outcome.NotApplicable })] };
        report = report with { Results = [idle, .. report.Results.Where(r => !r.Rule.IsFlagship)] };
        Assert.Equal(ExitCode.Violated, report.ExitCode);
        JsonElement[] results = Results(report);
        Assert.Equal("error", results[0].GetProperty("level").GetString());
        Assert.Contains(results, r => r.GetProperty("level").GetString() == "warning" && Text(r).Contains("cannot tell", StringComparison.Ordinal));
    }

    [Fact]
    public void A_warning_beside_a_violation_stays_a_warning()
    {
        CheckReport report = Violated();
        RuleResult rule = report.Results[0];
        CheckResult check = rule.Checks.First(c => c.Outcome == Outcome.Violated);
        foreach (bool isStrict in new[] { false, true })
        {
            CheckReport both = report with { IsStrict = isStrict, Results = [rule with { Checks = [check, check with { Outcome = Outcome.Warning }] }] };
            Assert.Equal(["error", "warning"], Results(both).Select(r => r.GetProperty("level").GetString()));
            CheckReport open = both with { Results = [rule with { Outcome = Outcome.Undecided, Checks = [check with { Outcome = Outcome.Undecided }, check with { Outcome = Outcome.Warning }] }] };
            Assert.Equal(ExitCode.Undecided, open.ExitCode);
            Assert.Equal(["warning", "warning"], Results(open).Select(r => r.GetProperty("level").GetString()));
        }
    }

    [Theory]
    [MemberData(nameof(Situations.Names), MemberType = typeof(Situations))]
    public void No_rule_is_named_as_its_id(string situation)
    {
        foreach (JsonElement rule in Runs(Situations.Of(situation).Report).SelectMany(r => r.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray()))
        {
            Assert.False(rule.TryGetProperty("name", out JsonElement name) && name.GetString()!.Equals(rule.GetProperty("id").GetString(), StringComparison.OrdinalIgnoreCase), rule.GetRawText());
        }
    }

    [Theory]
    [InlineData("include/linux/mm_types.h", "include/linux/mm_types.h")]
    [InlineData("/build/linux-6.1.4/include/linux/mm_types.h", "include/linux/mm_types.h")]
    [InlineData("/home/kernel/net/linux/arch/x86/include/asm/page.h", "arch/x86/include/asm/page.h")]
    [InlineData("/srv/builds/drivers/linux/drivers/net/veth.c", "drivers/net/veth.c")]
    [InlineData("/usr/src/linux/mm/slab.h", "mm/slab.h")]
    [InlineData("/src/tools/include/linux/list.h", "tools/include/linux/list.h")]
    [InlineData("/usr/include/linux/types.h", "/usr/include/linux/types.h")]
    [InlineData("/opt/page.h", "/opt/page.h")]
    public void A_build_path_is_told_from_the_root_of_the_source_tree(string path, string expected)
    {
        CheckReport report = Violated();
        report = report with { Places = report.Places.ToImmutableDictionary(p => p.Key, p => new SourcePlace(path, p.Value.Line)) };
        JsonElement location = Results(report)[0].GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation");
        Assert.Equal(expected.TrimStart('/'), location.GetProperty("uri").GetString());
        Assert.Equal(expected.StartsWith('/') ? "ROOT" : "SRCROOT", location.GetProperty("uriBaseId").GetString());
    }

    [Fact]
    public void Releases_that_read_alike_share_a_run()
    {
        CheckReport report = Violated();
        ImageFacts facts = new("ELF 64-bit little-endian x86-64 executable", null, "6.1 a", null, "") { MachineName = "x86-64" };
        CheckBatch batch = new([report with { Image = facts }, report with { Image = facts with { Release = "6.1-a" } }, report with { Image = facts with { Release = "7.0" } }]);
        string[] ids = [.. Runs(batch).Select(r => r.GetProperty("automationDetails").GetProperty("id").GetString()!)];
        Assert.Equal(["layoutcheck/x86-64/6.1-a/", "layoutcheck/x86-64/7.0/"], ids);
    }

    private static CheckReport Violated() => Situations.Check("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf");

    private static JsonElement[] Runs(Report report)
    {
        using JsonDocument log = JsonDocument.Parse(Written.In("sarif", report));
        return [.. log.RootElement.GetProperty("runs").EnumerateArray().Select(r => r.Clone())];
    }

    private static JsonElement[] Results(Report report) => [.. Runs(report).SelectMany(r => r.GetProperty("results").EnumerateArray())];

    private static string Text(JsonElement element) => element.GetProperty("message").GetProperty("text").GetString()!;

    private static long Compressed(byte[] bytes)
    {
        using MemoryStream stream = new();
        using (GZipStream zip = new(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write(bytes);
        }

        return stream.Length;
    }

    // The targets of links as §3.11.6 reads them: a backslash takes the meaning of the next character.
    private static List<string> Links(string message)
    {
        List<string> targets = [];
        bool isOpen = false;
        for (int i = 0; i < message.Length; i++)
        {
            if (message[i] == '\\')
            {
                i++;
            }
            else if (message[i] == '[')
            {
                isOpen = true;
            }
            else if (message[i] == ']')
            {
                if (isOpen && i + 1 < message.Length && message[i + 1] == '(')
                {
                    targets.Add(message[(i + 2)..message.IndexOf(')', i)]);
                }

                isOpen = false;
            }
        }

        return targets;
    }
}
