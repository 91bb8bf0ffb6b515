using System.Text.Json;
using System.Text.RegularExpressions;
using LayoutCheck.Analyses;
using LayoutCheck.Cli;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Cli;

/// <summary>What README.md shows and says is what the program does.</summary>
public sealed partial class ReadmeTests
{
    // The members of struct page in Debian's 7.3 are those of this fixture.
    private const string Vmlinux = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";

    private static readonly string s_text = File.ReadAllText(Path.Combine(FixtureFile.Repository, "README.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Opens_with_the_two_commands()
        => Assert.Equal(["dotnet run -c Release --project src/LayoutCheck.Cli -- check --sample", "dotnet test"], Blocks("sh").First().Split('\n'));

    [Fact]
    public void Shows_what_the_program_prints()
    {
        string[] blocks = [.. Blocks("console")];
        Assert.True(blocks.Length >= 4);
        foreach (string block in blocks)
        {
            string[] lines = block.Split('\n');
            string[] arguments = lines[0].Replace("vmlinux", Vmlinux, StringComparison.Ordinal).Split(' ')[2..];
            ProgramResult result = ProgramRun.Run(arguments);
            Assert.Empty(result.Err);
            // Columns are as wide as the longest name of the image or the catalogue.
            Queue<string> printed = new(result.Out.Split('\n').Select(OneBlank));
            bool mayStepOver = false;
            foreach (string line in lines.Skip(1))
            {
                if (line == "...")
                {
                    mayStepOver = true;
                    continue;
                }

                while (mayStepOver && printed.Count > 0 && printed.Peek() != OneBlank(line))
                {
                    printed.Dequeue();
                }

                Assert.True(printed.Count > 0, $"README shows a line that '{lines[0]}' does not print:\n{line}\n{result.Out}");
                Assert.Equal(OneBlank(line), printed.Dequeue());
                mayStepOver = false;
            }
        }
    }

    [Fact]
    public void Names_tests_behind_each_promise()
    {
        string section = s_text[s_text.IndexOf("## What a file can do to it", StringComparison.Ordinal)..];
        string[] promises = section[section.IndexOf("\n- ", StringComparison.Ordinal)..section.IndexOf("\n\nA fuzzer", StringComparison.Ordinal)].Split("\n- ", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(promises.Length >= 9);
        string script = File.ReadAllText(Path.Combine(FixtureFile.Repository, "tests/real-kernels/run"));
        HashSet<string> classes = [.. typeof(ReadmeTests).Assembly.GetTypes().Select(t => t.Name)];
        foreach (string promise in promises)
        {
            string[] tests = [.. NamedTest().Matches(promise).Select(m => m.Groups[1].Value)];
            Assert.NotEmpty(tests);
            Assert.All(tests, test => Assert.True(classes.Contains(test) || script.Contains($"\n{test}() {{", StringComparison.Ordinal), $"README names {test}, which is not there"));
        }
    }

    [GeneratedRegex("`(\\w+Tests|try_\\w+)`")]
    private static partial Regex NamedTest();

    [Fact]
    public void Names_every_command()
    {
        string help = ProgramRun.Run("--help").Out;
        string[] commands = [.. CommandLine.Create([]).Subcommands.Select(c => c.Name)];
        Assert.Equal(commands, Rows("command").Select(r => Quoted().Match(r[0]).Groups[1].Value.Split(' ')[0]));
        Assert.All(commands, c => Assert.Contains($"  {c} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_every_exit_code_as_the_help_does()
    {
        string[] help = [.. ProgramRun.Run("--help").Out.Split('\n').Where(l => ExitCodeLine().IsMatch(l)).Select(l => l.Trim())];
        Assert.Equal(5, help.Length);
        Assert.Equal(help, Rows("exit code").Select(r => $"{r[0]}  {r[1]}"));
        Assert.Equal(["0", "1", "2", "3", "4"], Rows("exit code").Select(r => r[0]));
    }

    public static TheoryData<string> Refusals() => [.. Rows("not read").Select(r => r[0])];

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Quotes_every_refusal(string what)
    {
        string[] row = Rows("not read").Single(r => r[0] == what);
        DirectoryInfo directory = Directory.CreateTempSubdirectory("layoutcheck-");
        try
        {
            string name = what.Trim('`');
            RefusedInput.Input input = name.StartsWith("refused/", StringComparison.Ordinal) ? new(FixtureFile.PathOf(name)) : RefusedInput.Make(what, directory.FullName);
            InvalidImageException e = Assert.Throws<InvalidImageException>(() =>
            {
                using KernelImage image = KernelImage.Open(input.Path, input.Options);
                CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
            });

            // File, problem and remedy in one line.
            Assert.StartsWith(input.Path, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
            int problem = e.Message.IndexOf(row[1].Trim('`'), StringComparison.Ordinal);
            Assert.True(problem > 0, $"README: {row[1]}; the program: {e.Message}");
            Assert.Contains(row[2].Trim('`'), e.Message[problem..], StringComparison.Ordinal);
            Assert.True(row[2].Length > 0 || e.Remedy is null, $"README has no remedy, the program has: {e.Remedy}");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Names_every_refusal_once()
    {
        string[] rows = [.. Rows("not read").Select(r => r[0])];
        IEnumerable<string> fixtures = FixtureFile.All.Where(f => f.StartsWith("refused/", StringComparison.Ordinal) && f != "refused/split-dwarf4.elf").Select(f => $"`{f}`");
        Assert.Equal(RefusedInput.Names.Concat(fixtures).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));

        // Once as a user sees it.
        ProgramResult result = ProgramRun.Run("check", FixtureFile.PathOf("refused/stripped.elf"));
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Out);
        Assert.StartsWith($"layoutcheck: {FixtureFile.PathOf("refused/stripped.elf")}: has no debug information", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    // The two units of a fixture said to be Rust (DW_LANG_Rust, 0x1c), where gcc has DW_LANG_C11 (0x1d): behind the unit header, the abbreviation code and DW_AT_producer.
    [Fact]
    public void Units_in_other_languages_do_not_answer()
    {
        const string Fixture = "page-era5/page-era5.gcc-dwarf5.elf";
        byte[] bytes = FixtureFile.Bytes(Fixture);
        using (MappedFile file = MappedFile.Open(FixtureFile.PathOf(Fixture)))
        {
            ElfSection info = ElfFile.Read(file).Find(".debug_info")!;
            for (int at = 0; at < (int)info.ByteSize; at += 4 + BitConverter.ToInt32(bytes, (int)info.FileOffset + at))
            {
                Assert.Equal(0x1d, bytes[(int)info.FileOffset + at + 17]);
                bytes[(int)info.FileOffset + at + 17] = 0x1c;
            }
        }

        using KernelImage image = KernelImage.FromBytes("vmlinux", bytes);
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.Contains("no C definition of struct page", report.Headline(), StringComparison.Ordinal);
        Assert.Contains("no C definition of struct page", s_text, StringComparison.Ordinal);
        LanguageCount language = Assert.Single(report.Source.Languages);
        Assert.Equal(2, language.UnitCount);
        Assert.Contains("Rust", language.Language, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_every_field_of_the_JSON()
    {
        string[][] runs =
        [
            ["check", Vmlinux], ["check", "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"], ["check", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf"],
            ["show", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf", "page", "folio", "--all"], ["show", Vmlinux, "page.lru"],
            ["show", "tests/fixtures/shapes/shapes.gcc-dwarf5.elf", "holes", "bits"], ["overlap", Vmlinux, "page"], ["overlap", Vmlinux, "page.lru"],
        ];
        string section = s_text[s_text.IndexOf("## JSON", StringComparison.Ordinal)..s_text.IndexOf("## What it reads", StringComparison.Ordinal)];
        HashSet<string> documented = [.. Quoted().Matches(section).Select(m => m.Groups[1].Value)];
        HashSet<string> topLevel = [.. Rows("field").SelectMany(r => Quoted().Matches(r[0]).Select(m => m.Groups[1].Value))];
        HashSet<string> written = [];
        foreach (string[] arguments in runs)
        {
            using JsonDocument json = JsonDocument.Parse(ProgramRun.Run([.. arguments, "--format", "json"]).Out);
            Assert.Subset(topLevel, json.RootElement.EnumerateObject().Select(p => p.Name).ToHashSet());
            Collect(json.RootElement, written);
        }

        Assert.Empty(written.Except(documented));
        Assert.Empty(topLevel.Except(written));
    }

    private static void Collect(JsonElement element, HashSet<string> names)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    names.Add(property.Name);
                    // Its names are languages.
                    if (property.Name != "units_by_language")
                    {
                        Collect(property.Value, names);
                    }
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Collect(item, names);
                }

                break;
        }
    }

    private static IEnumerable<string> Blocks(string language)
        => s_text.Split($"```{language}\n").Skip(1).Select(after => after[..after.IndexOf("\n```", StringComparison.Ordinal)]);

    // The cells of the table whose first heading it is.
    private static string[][] Rows(string heading)
    {
        int start = s_text.IndexOf($"\n| {heading} |", StringComparison.Ordinal);
        Assert.True(start >= 0, $"README has no table '{heading}'");
        return [.. s_text[(start + 1)..].Split('\n').Skip(2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|')[1..^1].Select(c => c.Trim()).ToArray())];
    }

    private static string OneBlank(string line) => Blanks().Replace(line, " ");

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("(?<=[^ \t]) +")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"^  [0-9]  ")]
    private static partial Regex ExitCodeLine();
}
