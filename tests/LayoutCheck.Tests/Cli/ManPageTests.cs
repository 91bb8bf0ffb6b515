using System.CommandLine;
using System.Text.RegularExpressions;
using LayoutCheck.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>The manual page has all that the help has, and is source that roff reads as it is meant. tests/install/run puts it before man and mandoc.</summary>
public sealed partial class ManPageTests
{
    private static readonly Command s_root = CommandLine.Create(["--help"]);
    private static readonly string s_page = ManPage.Of(s_root);
    private static readonly string s_plain = Plain(s_page);

    [Fact]
    public void Has_the_sections_of_a_manual_page()
        => Assert.Equal(
            ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"],
            s_page.Split('\n').Where(l => l.StartsWith(".SH ", StringComparison.Ordinal)).Select(l => l[4..].Trim('"')));

    [Fact]
    public void The_program_writes_it()
    {
        ProgramResult result = ProgramRun.Run("man");
        Assert.Equal((s_page, "", 0), (result.Out, result.Err, result.ExitCode));
    }

    [Fact]
    public void Has_every_command_option_and_argument_with_its_description()
    {
        Queue<Command> left = new([s_root]);
        int count = 0;
        while (left.TryDequeue(out Command? command))
        {
            command.Subcommands.ToList().ForEach(left.Enqueue);
            foreach (string text in command.Options.SelectMany(o => o.Aliases.Append(o.Name).Append(o.Description!)).Concat(command.Arguments.SelectMany(a => new[] { a.Name, a.Description! })).Append(command.Name).Concat(command.Description!.Split('\n')))
            {
                count++;
                Assert.Contains(OneLine(text), s_plain, StringComparison.Ordinal);
            }

            foreach (string line in HelpText.NotesOf(command).Split('\n').Where(l => l.Trim() is not ("" or "Examples:")))
            {
                Assert.Contains(OneLine(line), s_plain, StringComparison.Ordinal);
            }
        }

        Assert.True(count > 200, $"{count} texts");
    }

    [Fact]
    public void Has_every_exit_code_of_the_help()
        => Assert.All(HelpText.ExitCodesOf(s_root), line => Assert.Contains(OneLine(line), s_plain, StringComparison.Ordinal));

    [Fact]
    public void Has_every_variable_that_the_sources_read()
    {
        string[] read = [.. Directory.EnumerateFiles(Path.Combine(FixtureFile.Repository, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(f => VariablesOf(File.ReadAllText(f))).Distinct().Order(StringComparer.Ordinal)];
        Assert.True(read.Length > 8, string.Join(' ', read));
        Assert.Equal(read, ManPage.Variables.SelectMany(e => e.Name.Split(", ")).Order(StringComparer.Ordinal));
    }

    // By name, or by a constant of the same file.
    private static IEnumerable<string> VariablesOf(string source)
        => Variable().Matches(source).Select(m => m.Groups["name"] is { Success: true } name ? name.Value
            : Regex.Match(source, $@"const string {m.Groups["constant"].Value} = ""(\w+)""").Groups[1].Value);

    [Fact]
    public void Lines_are_short_and_only_macros_begin_with_a_dot()
    {
        string[] lines = s_page.TrimEnd('\n').Split('\n');
        Assert.DoesNotContain(lines, l => l.Length is 0 or > 200 || l.EndsWith(' '));
        Assert.DoesNotContain(lines, l => l[0] == '\'' || (l[0] == '.' && !Macro().IsMatch(l)));
        Assert.DoesNotContain(lines, l => l.Contains('\\', StringComparison.Ordinal) && !Escapes().IsMatch(l));
    }

    [Theory]
    [InlineData(".hidden\\n - 'x'", @"\&.hidden\en \- \(aqx\(aq")]
    [InlineData("'quoted' ~^`\"", @"\&\(aqquoted\(aq \(ti\(ha\(ga\(dq")]
    public void Text_stands_in_it_as_it_is(string text, string source)
    {
        Roff page = new();
        page.Text(text);
        Assert.Equal(source.Replace(@"\&\(aq", @"\(aq", StringComparison.Ordinal) + "\n", page.ToString());
    }

    // What a reader sees, as one line.
    private static string Plain(string source)
        => OneLine(Font().Replace(source, "").Replace(@"\-", "-", StringComparison.Ordinal).Replace(@"\(dq", "\"", StringComparison.Ordinal).Replace(@"\(aq", "'", StringComparison.Ordinal)
            .Replace(@"\(ga", "`", StringComparison.Ordinal).Replace(@"\(ha", "^", StringComparison.Ordinal).Replace(@"\(ti", "~", StringComparison.Ordinal)
            .Replace(@"\&", "", StringComparison.Ordinal).Replace(@"\e", "\\", StringComparison.Ordinal).Replace("\n.B ", "\n", StringComparison.Ordinal));

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"\\f[BIR]|^\.(TP|PP|nf|fi|RS 4|RE|br)$", RegexOptions.Multiline)]
    private static partial Regex Font();

    [GeneratedRegex(@"GetEnvironmentVariable\((""(?<name>\w+)""|(?<constant>\w+))\)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\.(TH|SH|SS|TP|PP|B|BR|nf|fi|RS|RE|br)( |$)")]
    private static partial Regex Macro();

    [GeneratedRegex(@"^([^\\]|\\(-|e|&|f[BIR]|\((dq|aq|ga|ha|ti)))*$")]
    private static partial Regex Escapes();
}
