using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>Every fixture gives the exit code that the table in tests/fixtures/README.md says, and a first line that does not contradict it.</summary>
public sealed partial class FixtureVerdictTests
{
    private const string Aligned = "pgmap lines up with ";
    private const string NotAligned = "pgmap does NOT line up with ";
    private const string NotSafe = "pgmap does NOT safely line up with ";
    private const string LiesOn = "pgmap lies on compound_head, but ";
    private const string CannotTell = "cannot tell whether pgmap lines up with ";

    // What the first line begins with, and what else it has; cases that are not here hold, and begin with Aligned.
    private static readonly Dictionary<string, (string Start, string Part)> s_headlines = new(StringComparer.Ordinal)
    {
        ["shapes"] = (CannotTell, "no C definition of struct page"),
        ["page-era5-common/page-era5-common.gnu.dwz"] = (CannotTell, "no C definition of struct page"),
        ["page-era5-common/page-era5-common.sup.dwz"] = (CannotTell, "no C definition of struct page"),
        ["no-page"] = (CannotTell, "no C definition of struct page"),
        ["audit"] = (CannotTell, "no C definition of struct page"),
        ["kabi"] = (CannotTell, "no C definition of struct page"),
        ["bindings"] = (CannotTell, "no C definition of struct page"),
        ["reach"] = (CannotTell, "no C definition of struct page"),
        ["pinned"] = (CannotTell, "no C definition of struct page"),
        ["decl-only"] = (CannotTell, "no C definition of struct page"),
        ["page-era1"] = (CannotTell, "no device pagemap"),
        ["bad-pgmap-late"] = (NotAligned, "folio.pgmap @16, page.compound_head @8"),
        ["bad-pgmap-late-era4"] = (NotAligned, "page.pgmap @16, page.compound_head @8"),
        ["bad-pgmap-late-era6"] = (NotAligned, "folio.pgmap @16, page.compound_info @8"),
        ["bad-pgmap-narrow"] = (NotSafe, "sizeof(folio.pgmap)=4"),
        ["bad-no-placeholder"] = (LiesOn, "placeholder"),
        ["bad-page-pgmap-stays"] = (LiesOn, "page->pgmap still compiles"),
        ["bad-folio-head1"] = (Aligned, "but "),
        ["bad-folio-mapping"] = (Aligned, "but "),
        ["bad-padded-word"] = (Aligned, "but "),
        ["disagree"] = (CannotTell, "page-b.c"),
        ["disagree-nested"] = (CannotTell, "page-b.c"),
        ["disagree-nested-size"] = (CannotTell, "page-b.c"),
        ["disagree-harmless"] = (Aligned, "undecided"),
    };

    private static readonly Dictionary<string, int> s_exitCodes = ReadTable();

    public static TheoryData<string> Cases() => [.. s_exitCodes.Keys];

    [Fact]
    public void Every_fixture_is_in_the_table_and_every_row_has_a_fixture()
    {
        Assert.Equal(FixtureFile.All, FixtureFile.All.Where(file => CaseOf(file) is not null));
        Assert.Empty(s_exitCodes.Keys.Except(FixtureFile.All.Select(CaseOf)));
        Assert.Empty(s_headlines.Keys.Except(s_exitCodes.Keys));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gives_the_documented_exit_code(string row)
    {
        // Images/PackedImageTests skips visibly what lacks a decompressor here.
        string[] files = [.. FixtureFile.All.Where(file => CaseOf(file) == row && CodecLibrary.Missing(Path.GetExtension(file).TrimStart('.')) is null)];
        (string start, string part) = s_headlines.GetValueOrDefault(row, (Aligned, "@"));
        foreach (string file in files)
        {
            (int exitCode, string headline) = Check(file);
            Assert.True(s_exitCodes[row] == exitCode, $"{file}: exit code {exitCode}, documented is {s_exitCodes[row]}; {headline}");
            if (exitCode != (int)ExitCode.Unreadable)
            {
                Assert.StartsWith(start, headline, StringComparison.Ordinal);
                Assert.Contains(part, headline, StringComparison.Ordinal);
            }
        }

        // Once as a user runs it; a process for each file would take a minute.
        ProgramResult result = ProgramRun.Run("check", "--width", "0", FixtureFile.PathOf(files[0]));
        Assert.Equal(s_exitCodes[row], result.ExitCode);
        if (result.ExitCode == (int)ExitCode.Unreadable)
        {
            Assert.Empty(result.Out);
            Assert.Single(result.ErrLines);
        }
        else
        {
            Assert.Empty(result.Err);
            Assert.Equal(Check(files[0]).Headline, result.FirstLine);
            Assert.EndsWith($"(exit code {result.ExitCode})\n", result.Out, StringComparison.Ordinal);
        }
    }

    // DWARF and BTF of one file, where it has both; and JSON.
    [Theory]
    [InlineData("bad-pgmap-late")]
    [InlineData("page-era4")]
    [InlineData("page-era6")]
    public void Both_sources_and_both_formats_come_to_the_same(string name)
    {
        string file = FixtureFile.PathOf($"{name}/{name}.gcc-dwarf5-btf.elf");
        List<(int, string?)> outcomes = [];
        foreach (string source in new[] { "dwarf", "btf" })
        {
            ProgramResult text = ProgramRun.Run("check", file, "--source", source, "--width", "0");
            ProgramResult json = ProgramRun.Run("check", file, "--source", source, "--format", "json");
            using JsonDocument document = JsonDocument.Parse(json.Out);
            JsonElement root = document.RootElement;
            Assert.Equal(source, root.GetProperty("source").GetProperty("kind").GetString());
            Assert.Equal(text.FirstLine, root.GetProperty("headline").GetString());
            Assert.Equal(text.ExitCode, root.GetProperty("exit_code").GetInt32());
            Assert.Equal(text.ExitCode, json.ExitCode);
            outcomes.Add((text.ExitCode, text.FirstLine));
        }

        Assert.Single(outcomes.Distinct());
    }

    private static (int ExitCode, string Headline) Check(string file)
    {
        try
        {
            using KernelImage image = FixtureFile.Open(file);
            CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
            return ((int)report.ExitCode, report.Headline());
        }
        catch (InvalidImageException e)
        {
            return ((int)ExitCode.Unreadable, e.Message);
        }
    }

    // The most specific row: a file's own, else its folder's.
    private static string? CaseOf(string file) => s_exitCodes.ContainsKey(file) ? file : s_exitCodes.ContainsKey(file.Split('/')[0]) ? file.Split('/')[0] : null;

    private static Dictionary<string, int> ReadTable()
    {
        Dictionary<string, int> rows = new(StringComparer.Ordinal);
        string text = File.ReadAllText(Path.Combine(FixtureFile.Folder, "README.md"));
        foreach (string line in text[text.IndexOf("| case |", StringComparison.Ordinal)..].Split('\n').Skip(2).TakeWhile(l => l.StartsWith('|')))
        {
            string[] cells = line.Split('|');
            Match exit = Number().Match(cells[^2]);
            foreach (Match name in Quoted().Matches(cells[1]))
            {
                rows.Add(name.Groups[1].Value, int.Parse(exit.Value, CultureInfo.InvariantCulture));
            }
        }

        return rows;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
