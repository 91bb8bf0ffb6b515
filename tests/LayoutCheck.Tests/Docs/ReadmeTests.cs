using System.Text.RegularExpressions;
using LayoutCheck.Cli;
using LayoutCheck.Tests.Cli;

namespace LayoutCheck.Tests.Docs;

/// <summary>README.md is short, and its commands and exit codes are the program's.</summary>
public sealed partial class ReadmeTests
{
    private const int MostLines = 130;

    private static readonly DocPage s_readme = DocPage.Readme;

    [Fact]
    public void Opens_with_the_two_commands()
        => Assert.Equal(["dotnet run -c Release --project src/LayoutCheck.Cli -- check --sample", "dotnet test"], s_readme.Blocks("sh").First().Split('\n'));

    [Fact]
    public void Is_short()
        => Assert.InRange(s_readme.Text.TrimEnd('\n').Split('\n').Length, 60, MostLines - 1);

    [Fact]
    public void Shows_a_pass_a_violation_and_an_overlap()
        => Assert.Equal(["check", "check", "overlap"], s_readme.Blocks("console").Select(b => b.Split(' ')[2]));

    [Fact]
    public void Links_to_every_page_of_docs()
        => Assert.All(DocPage.Names.Skip(1), name => Assert.Contains($"]({name}", s_readme.Text, StringComparison.Ordinal));

    [Fact]
    public void Names_every_command()
    {
        string help = ProgramRun.Run("--help").Out;
        string[] commands = [.. CommandLine.Create([]).Subcommands.Select(c => c.Name)];
        // What is asked for once, at the installation, is on the page about it.
        IEnumerable<string[]> rows = s_readme.Rows("command").Concat(DocPage.Of("src/docs/install.md").Rows("command"));
        Assert.Equal(commands, rows.Select(r => Quoted().Match(r[0]).Groups[1].Value.Split(' ')[0]));
        Assert.All(commands, c => Assert.Contains($"  {c} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public void Its_commands_are_command_lines()
    {
        string[] quoted = [.. s_readme.Rows("I have").Select(r => Quoted().Match(r[2]).Groups[1].Value), .. s_readme.Rows("command").Select(r => Quoted().Match(r[0]).Groups[1].Value)];
        Assert.True(quoted.Length > 9);
        foreach (string line in quoted)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            words = words[0] == "layoutcheck" ? words[1..] : words;
            Assert.True(CommandLine.Create(words).Parse(words).Errors.Count == 0, $"'{line}' is wrong usage");
        }
    }

    [Fact]
    public void Names_every_exit_code_as_the_help_does()
    {
        string[] help = [.. ProgramRun.Run("--help").Out.Split('\n').Where(l => ExitCodeLine().IsMatch(l)).Select(l => l.Trim())];
        Assert.Equal(5, help.Length);
        Assert.Equal(help, s_readme.Rows("exit code").Select(r => $"{r[0]}  {r[1]}"));
        Assert.Equal(["0", "1", "2", "3", "4"], s_readme.Rows("exit code").Select(r => r[0]));
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^  [0-9]  ")]
    private static partial Regex ExitCodeLine();
}
