using System.Text.Json;
using System.Text.RegularExpressions;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>src/action/action.yml: the shell of its steps, run with the environment that GitHub gives it.</summary>
public sealed partial class ActionTests
{
    private const string Holds = "page-era6/page-era6.gcc-dwarf5.elf";
    private const string Violated = "bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf";
    private const string Undecided = "no-page/no-page.gcc-dwarf5.elf";

    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(FixtureFile.Repository, "src/action/action.yml"));
    private static readonly (string Id, (string Name, string Value)[] Environment, string Script)[] s_steps = [.. Steps()];

    [Fact]
    public void No_expression_stands_in_a_script()
    {
        Assert.Equal(["program", "check"], s_steps.Select(s => s.Id));
        Assert.All(s_steps, step => Assert.DoesNotContain("${{", step.Script, StringComparison.Ordinal));
        Assert.All(s_steps, step => Assert.All(step.Environment, v => Assert.Contains($"${v.Name}", step.Script.Replace("${", "$", StringComparison.Ordinal), StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_input_is_used_and_documented()
    {
        string[] used = [.. s_steps.SelectMany(s => s.Environment).Select(v => InputName().Match(v.Value)).Where(m => m.Success).Select(m => m.Groups[1].Value)];
        Assert.Equal(Defaults().Keys.Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
        Assert.All(new[] { "image", "rules", "args", "pack", "fail-on-undecided" }, name => Assert.Contains(name, DocPage.Of("src/docs/ci.md").Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Holds, 0, 0, "true")]
    [InlineData(Violated, 1, 1, "true")]
    [InlineData(Violated, 1, 1, "false")]
    [InlineData("README.md", 3, 3, "false")]
    [InlineData(Undecided, 4, 4, "true")]
    [InlineData(Undecided, 4, 4, "")]
    [InlineData(Undecided, 4, 0, "false")]
    public void Ends_as_check_does_and_writes_its_reports(string fixture, int code, int exitCode, string failOnUndecided)
    {
        using CiMachine machine = new();
        machine.AddFixture(fixture);
        ProgramResult result = Use(machine, ("image", "vmlinux"), ("fail-on-undecided", failOnUndecided));
        Assert.True(result.ExitCode == exitCode, $"{result.ExitCode}: {result.Out}{result.Err}");
        Assert.Equal(code.ToString(System.Globalization.CultureInfo.InvariantCulture), Output(machine, "exit-code"));
        Assert.Equal("layoutcheck.sarif", Output(machine, "sarif"));
        Assert.Equal("2.1.0", JsonDocument.Parse(File.ReadAllText(machine.PathOf("layoutcheck.sarif"))).RootElement.GetProperty("version").GetString());
        Assert.NotEmpty(File.ReadAllText(machine.Summary));
        Assert.Equal(code != 0, result.Out.Contains("::error", StringComparison.Ordinal) || result.Out.Contains("::warning", StringComparison.Ordinal));
    }

    [Fact]
    public void Takes_several_images_rules_and_options()
    {
        using CiMachine machine = new();
        machine.AddFixture(Holds, "a kernel");
        machine.AddFixture(Violated, "-another");
        File.WriteAllText(machine.PathOf("own rule.md"), "---\ntitle: no page of this size\ncheck: sizeof(struct page) == 1\n---\n");
        ProgramResult result = Use(machine, ("image", "a kernel\n-another\n"), ("rules", "own rule.md\n"), ("args", "--skip\nstruct-page-size\n"), ("pack", "mm,kernel"), ("sarif", "out/all.sarif"));
        Assert.True(result.ExitCode == 1, result.Out + result.Err);
        Assert.Contains("own rule", result.Out, StringComparison.Ordinal);
        Assert.Contains("-another", result.Out, StringComparison.Ordinal);
        Assert.Equal("out/all.sarif", Output(machine, "sarif"));
    }

    // Each would run something, or be an output of its own, if a shell or the runner read it.
    [Theory]
    [InlineData("image")]
    [InlineData("rules")]
    [InlineData("pack")]
    [InlineData("args")]
    [InlineData("sarif")]
    [InlineData("fail-on-undecided")]
    public void No_input_is_run(string input)
    {
        using CiMachine machine = new();
        machine.AddFixture(Undecided);
        foreach (string hostile in new[] { "$(touch pwned)", "`touch pwned`", "'; touch pwned; '", "\"; touch pwned; \"", "x\nexit-code=0", "${IFS}touch${IFS}pwned", "*" })
        {
            File.WriteAllText(machine.Outputs, "");
            ProgramResult result = Use(machine, ("image", "vmlinux"), (input, hostile));
            Assert.False(File.Exists(machine.PathOf("pwned")), hostile);
            Assert.NotEqual(0, result.ExitCode);
            Assert.DoesNotContain("exit-code=0", File.ReadAllLines(machine.Outputs));
        }
    }

    [Fact]
    public void An_old_report_is_not_taken_for_one_of_this_run()
    {
        using CiMachine machine = new();
        machine.AddFixture(Holds);
        File.WriteAllText(machine.PathOf("layoutcheck.sarif"), "{}");
        Assert.Equal(2, Use(machine, ("image", "vmlinux"), ("args", "--nosuch")).ExitCode);
        Assert.Null(Output(machine, "sarif"));
    }

    [Fact]
    public void Without_a_program_it_is_published_from_the_action_s_own_checkout()
    {
        using CiMachine machine = new();
        machine.AddTool("dotnet", $"printf '%s\\n' \"$@\" > '{machine.PathOf("asked")}'; mkdir -p '{machine.PathOf("layoutcheck")}'; cp '{machine.PathOf("tools/layoutcheck")}' '{machine.PathOf("layoutcheck/layoutcheck")}'");
        machine.AddFixture(Violated);
        Assert.Equal(1, Use(machine, ("image", "vmlinux"), ("layoutcheck", "")).ExitCode);
        string[] asked = File.ReadAllLines(machine.PathOf("asked"));
        Assert.Equal("publish", asked[0]);
        Assert.True(File.Exists(Path.Combine(asked[1], "LayoutCheck.Cli.csproj")), asked[1]);
        Assert.Contains("-p:PublishAot=true", asked);
    }

    // As the runner does: defaults, the expressions of `env`, the outputs of a step for the next one. The first step that fails is the last.
    private static ProgramResult Use(CiMachine machine, params (string Name, string Value)[] inputs)
    {
        Dictionary<string, string> values = Defaults().ToDictionary(d => $"inputs.{d.Key}", d => d.Value, StringComparer.Ordinal);
        values["inputs.layoutcheck"] = machine.PathOf("tools/layoutcheck");
        values["github.action_path"] = Path.Combine(FixtureFile.Repository, "src/action");
        foreach ((string name, string value) in inputs)
        {
            values[$"inputs.{name}"] = value;
        }

        ProgramResult result = new(0, "", "", TimeSpan.Zero);
        foreach ((string id, (string Name, string Value)[] environment, string script) in s_steps)
        {
            result = machine.Run(script, environment.Select(v => (v.Name, values[Expression().Match(v.Value).Groups[1].Value])));
            if (result.ExitCode != 0)
            {
                break;
            }

            foreach (string[] pair in File.ReadAllLines(machine.Outputs).Select(l => l.Split('=', 2)))
            {
                values[$"steps.{id}.outputs.{pair[0]}"] = pair[1];
            }
        }

        return result;
    }

    private static string? Output(CiMachine machine, string name)
        => File.ReadAllLines(machine.Outputs).LastOrDefault(l => l.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    // By two spaces a level, as the file has it.
    private static Dictionary<string, string> Defaults()
    {
        Dictionary<string, string> defaults = new(StringComparer.Ordinal);
        string name = "";
        foreach (string line in s_lines.SkipWhile(l => l != "inputs:").Skip(1).TakeWhile(l => l.Length == 0 || l[0] == ' '))
        {
            if (InputHead().Match(line) is { Success: true } input)
            {
                name = input.Groups[1].Value;
                defaults[name] = "";
            }
            else if (line.StartsWith("    default: ", StringComparison.Ordinal))
            {
                defaults[name] = line["    default: ".Length..].Trim('\'');
            }
        }

        return defaults;
    }

    private static IEnumerable<(string Id, (string Name, string Value)[] Environment, string Script)> Steps()
    {
        string text = string.Join('\n', s_lines);
        foreach (string step in text[text.IndexOf("\n  steps:\n", StringComparison.Ordinal)..].Split("\n    - name: ").Skip(1))
        {
            string[] lines = step.Split('\n');
            string id = lines.First(l => l.StartsWith("      id: ", StringComparison.Ordinal))["      id: ".Length..];
            (string, string)[] environment =
            [
                .. lines.SkipWhile(l => l != "      env:").Skip(1).TakeWhile(l => l.StartsWith("        ", StringComparison.Ordinal)).Select(l => l.Trim().Split(": ", 2)).Select(p => (p[0], p[1])),
            ];
            string script = string.Join('\n', lines.SkipWhile(l => l != "      run: |").Skip(1).Select(l => l.Length > 8 ? l[8..] : ""));
            yield return (id, environment, script);
        }
    }

    [GeneratedRegex("^  ([a-z-]+):$")]
    private static partial Regex InputHead();

    [GeneratedRegex(@"^\$\{\{ inputs\.([a-z-]+) \}\}$")]
    private static partial Regex InputName();

    [GeneratedRegex(@"^\$\{\{ ([\w.-]+) \}\}$")]
    private static partial Regex Expression();
}
