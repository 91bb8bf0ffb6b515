using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using LayoutCheck.Tests.Cli;

namespace LayoutCheck.Tests.Docs;

/// <summary>src/docs/ci.md: the shell in its blocks is run, on images of every verdict.</summary>
public sealed partial class CiPageTests
{
    private static readonly DocPage s_page = DocPage.Of("src/docs/ci.md");

    private static readonly Dictionary<int, string> s_fixtures = new()
    {
        [0] = "page-era6/page-era6.gcc-dwarf5.elf",
        [1] = "bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf",
        [3] = "README.md",
        [4] = "no-page/no-page.gcc-dwarf5.elf",
    };

    public static TheoryData<string, int> Runs()
    {
        TheoryData<string, int> runs = [];
        foreach (string script in Scripts())
        {
            foreach (int code in s_fixtures.Keys)
            {
                runs.Add(script, code);
            }
        }

        return runs;
    }

    [Fact]
    public void Has_a_script_for_each_service() => Assert.Equal(4, Scripts().Count());

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_job_has_the_exit_code_of_check_and_its_reports(string script, int code)
    {
        using CiMachine machine = new();
        machine.AddFixture(s_fixtures[code]);
        ProgramResult result = machine.Run(script);
        Assert.True(result.ExitCode == code, $"{script}\n{result.ExitCode}: {result.Out}{result.Err}");
        foreach ((string format, string file) in Reports().Matches(script).Select(m => (m.Groups[1].Value, machine.PathOf(m.Groups[2].Value))))
        {
            AssertIsOf(format, File.ReadAllText(file));
        }

        if (script.Contains("GITHUB_STEP_SUMMARY", StringComparison.Ordinal))
        {
            Assert.NotEmpty(File.ReadAllText(machine.Summary));
            Assert.Equal(code is not 0, result.Out.Contains("::error", StringComparison.Ordinal) || result.Out.Contains("::warning", StringComparison.Ordinal));
        }

        Assert.True(!script.Contains("ktap", StringComparison.Ordinal) || result.Out.StartsWith("KTAP version 1\n", StringComparison.Ordinal), result.Out);
    }

    [Fact]
    public void A_wrong_command_line_is_no_pass_either()
    {
        foreach (string script in Scripts())
        {
            using CiMachine machine = new();
            machine.AddFixture(s_fixtures[0]);
            Assert.Equal(2, machine.Run(script.Replace("check vmlinux", "check vmlinux --nosuch", StringComparison.Ordinal)).ExitCode);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public void A_pinned_layout_is_checked(int code, int exitCode)
    {
        using CiMachine machine = new();
        machine.AddFixture(s_fixtures[code]);
        ProgramResult result = machine.Run(Assert.Single(s_page.Blocks("sh")));
        Assert.True(result.ExitCode == exitCode, result.Out + result.Err);
        AssertIsOf("junit", File.ReadAllText(machine.PathOf("layout.xml")));
    }

    [Fact]
    public void Names_every_exit_code()
        => Assert.Equal(DocPage.Readme.Rows("exit code").Select(r => r[0]), s_page.Rows("exit code").Select(r => r[0]));

    private static void AssertIsOf(string format, string report)
    {
        switch (format)
        {
            case "sarif":
                Assert.Equal("2.1.0", JsonDocument.Parse(report).RootElement.GetProperty("version").GetString());
                break;
            case "gitlab":
                Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(report).RootElement.ValueKind);
                break;
            case "junit":
                Assert.Equal("testsuites", XDocument.Parse(report).Root!.Name.LocalName);
                break;
            default:
                Assert.NotEmpty(report);
                break;
        }
    }

    // `run: |` with the lines below it, items of a list that begin with the program, and sh '...' of Groovy.
    private static IEnumerable<string> Scripts()
    {
        foreach (string block in s_page.Blocks("yaml"))
        {
            string[] lines = block.Split('\n');
            for (int i = 0; i < lines.Length; i++)
            {
                if (Item().Match(lines[i]) is { Success: true } item)
                {
                    yield return item.Groups[1].Value;
                }
                else if (lines[i].EndsWith(" run: |", StringComparison.Ordinal))
                {
                    int indent = lines[i + 1].Length - lines[i + 1].TrimStart().Length;
                    yield return string.Join('\n', lines[(i + 1)..].TakeWhile(l => l.Length == 0 || l.StartsWith(new string(' ', indent), StringComparison.Ordinal)).Select(l => l.Length == 0 ? l : l[indent..]));
                }
            }
        }

        foreach (Match step in s_page.Blocks("groovy").SelectMany(b => GroovyStep().Matches(b)))
        {
            yield return step.Groups[1].Value;
        }
    }

    [GeneratedRegex(@"^ *- (layoutcheck .*)$")]
    private static partial Regex Item();

    [GeneratedRegex("sh '([^']*)'")]
    private static partial Regex GroovyStep();

    [GeneratedRegex(@"--report ([a-z]+)=(\S+)")]
    private static partial Regex Reports();
}
