using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Rules.Language;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Reports;

/// <summary>The text reports, on fixtures: pahole's columns, the map, the check.</summary>
public sealed partial class TextReportTests
{
    [Theory]
    [InlineData("GNU C11 14.2.0 -m64 -O2", "GNU C11 14.2.0")]
    [InlineData("Debian clang version 14.0.6", "Debian clang version 14.0.6")]
    [InlineData("", "not recorded")]
    public void The_compiler_is_named_without_its_options(string producer, string expected) => Assert.Equal(expected, CheckDetails.CompilerOf(producer));

    [Fact]
    public void Ink_that_is_off_leaves_no_trace()
    {
        Assert.Equal("text", new TextStyle(false).Bad("text"));
        Assert.Equal("\e[1;31mtext\e[0m", new TextStyle(true).Bad("text"));
    }

    [Theory]
    [InlineData("page-era3/page-era3.gcc-dwarf5.elf")]
    [InlineData("page-era5/page-era5.gcc-dwarf5.elf")]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf")]
    public void A_pass_has_eight_lines_of_mail(string fixture)
    {
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(fixture));
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        string text = Written.Text(report with { Files = [report.Files[0] with { Path = "vmlinux" }] }, new TextStyle(Width: 76));
        string[] lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(ExitCode.Holds, report.ExitCode);
        Assert.InRange(lines.Length, 5, 8);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 76));
        Assert.StartsWith("pgmap lines up with ", lines[0], StringComparison.Ordinal);
        Assert.Equal("Verdict: holds (exit code 0)", lines[^1]);
    }

    [Fact]
    public void A_violation_tells_title_places_consequence_and_remedy()
    {
        using KernelImage image = FixtureFile.Open("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf");
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        foreach (Verbosity verbosity in Enum.GetValues<Verbosity>())
        {
            string text = Written.Text(report, new TextStyle(Verbosity: verbosity));
            Assert.StartsWith("pgmap does NOT line up with compound_head: ", text, StringComparison.Ordinal);
            string violation = text[text.IndexOf("\nVIOLATED pgmap lines up with compound_head (pgmap-on-compound-head)\n", StringComparison.Ordinal)..];
            string[] lines = [.. violation.Split('\n').Skip(2).TakeWhile(l => l.Length > 0)];
            Assert.Equal(["breaks", "rule", "to do"], lines.Skip(6).Select(l => l[..12].Trim()));
            Assert.Matches("^  folio.pgmap         @16  8 bytes  page.h:[0-9]+$", lines[0]);
            Assert.Matches("^  page.compound_head  @8   8 bytes  page.h:[0-9]+$", lines[1]);
            Assert.Equal(
                [
                    "  8               12              16              20              24",
                    "  |---------------|---------------|---------------|---------------|",
                    "  [        compound_head         ]  page",
                    "                                  [            pgmap             ]  folio",
                ],
                lines[2..6]);
            Assert.Equal(verbosity != Verbosity.Quiet, text.Contains("\nRules: ", StringComparison.Ordinal));
            Assert.Equal(verbosity == Verbosity.Full, text.Contains("\nDefinitions\n", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(76)]
    [InlineData(60)]
    [InlineData(120)]
    public void Folding_changes_no_word_and_keeps_the_width(int width)
    {
        using KernelImage image = FixtureFile.Open("disagree/disagree.gcc-dwarf5.elf");
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        report = report with { Files = [report.Files[0] with { Path = "vmlinux" }] };
        foreach (Verbosity verbosity in Enum.GetValues<Verbosity>())
        {
            string folded = Written.Text(report, new TextStyle(Width: width, Verbosity: verbosity));
            string whole = Written.Text(report, new TextStyle(Verbosity: verbosity));
            Assert.Equal(Words(whole), Words(folded));
            Assert.All(folded.Split('\n'), line => Assert.True(line.Length <= width || line.Trim().Split(' ').Length <= 4, $"{line.Length}: {line}"));
        }

        // A map has another scale in another width.
        static string[] Words(string text) => [.. text.Split('\n').Where(l => !MapLine().IsMatch(l)).SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }

    [Fact]
    public void Colour_changes_no_word_of_the_report()
    {
        using KernelImage image = FixtureFile.Open("disagree/disagree.gcc-dwarf5.elf");
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        string plain = Write(new TextStyle(false));
        string coloured = Write(new TextStyle(true));
        Assert.NotEqual(plain, coloured);
        Assert.Equal(plain, System.Text.RegularExpressions.Regex.Replace(coloured, "\e\\[[0-9;]*m", ""));

        string Write(TextStyle style)
        {
            return Written.Text(report, style);
        }
    }

    [Theory]
    [InlineData("slab-mirrors-page", "cannot tell: no rule asked for applies to this image (the pgmap rule was not asked for)")]
    [InlineData("folio-head-page", "all rules asked for hold (the pgmap rule was not asked for)")]
    public void The_first_line_tells_rules_that_do_not_apply_from_rules_that_hold(string rule, string headline)
    {
        using KernelImage image = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");
        Assert.Equal(headline, CheckAnalysis.Run(image, new RuleSet([RuleCatalog.Default.Find(rule)!]), 1).Headline());
    }

    // tests/fixtures/shapes/shapes.h, on x86-64.
    [Fact]
    public void Holes_bitfields_and_padding_are_in_paholes_columns()
    {
        TypeLayout layout = TypeLayout.Of(FixtureFile.Definition("shapes/shapes.gcc-dwarf5.elf", "struct holes"));
        string text = Layout(layout, 64);
        string[] holes = [.. text.Split('\n').Where(l => l.Contains("XXX", StringComparison.Ordinal))];
        Assert.Equal(LayoutTotals.Of(layout).HoleCount, holes.Length);
        Assert.All(holes, l => Assert.Matches(@"^\t+/\* XXX (\d+ bytes?)?( and )?(\d+ bits?)? hole, try to pack \*/$", l));
        Assert.Contains($"/* size: {layout.Aggregate.ByteSize}, cachelines: 1, members: {layout.Aggregate.Members.Length} */", text, StringComparison.Ordinal);
        foreach (LayoutItem member in layout.Items.Where(i => i.Kind == LayoutItemKind.Member && i is { Depth: 0, IsBitField: false }))
        {
            Assert.Contains($"/*{member.ByteOffset,6} {member.ByteSize,5} */", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cache_lines_are_marked_where_they_begin()
    {
        TypeLayout folio = TypeLayout.Of(FixtureFile.Definition("page-era6/page-era6.gcc-dwarf5.elf", "struct folio"));
        string text = Layout(folio, 64);
        Assert.Contains("\t/* --- cacheline 1 boundary (64 bytes) --- */", text, StringComparison.Ordinal);
        Assert.Contains("\t/* --- cacheline 3 boundary (192 bytes) --- */", text, StringComparison.Ordinal);
        Assert.DoesNotContain("cacheline", Layout(folio, 0), StringComparison.Ordinal);
        Assert.Contains("\t/* --- cacheline 1 boundary (128 bytes) --- */", Layout(folio, 128), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 32, 3)]
    [InlineData(120, 32, 3)]
    [InlineData(80, 16, 4)]
    [InlineData(40, 8, 4)]
    public void Every_line_of_the_map_is_under_its_ruler(int width, int bytes, int columns)
    {
        TypeDefinition page = FixtureFile.Definition("page-era6/page-era6.gcc-dwarf5.elf", "struct page");
        OverlapReport report = new(page, TypeLayout.Of(page), null, SourceKind.Dwarf, null) { Run = RunInfo.Of("page") };
        string[] lines = Written.Text(report, new TextStyle(Width: width)).Split('\n');
        foreach (LayoutItem item in report.Lanes.SelectMany(l => l).Where(i => i.ByteOffset < (ulong)bytes))
        {
            int from = (int)item.ByteOffset * columns;
            int to = (int)Math.Min(item.ByteOffset + item.ByteSize, (ulong)bytes) * columns;
            string label = item.Path.Length <= to - from - 2 ? item.Path : item.Path[..(to - from - 3)] + "~";
            Assert.Contains(lines, l => l.Length >= to && l[from] == '[' && l[to - 1] is ']' or '>' && l[from..to].Trim('[', ']', '>', '-') == label);
        }
    }

    [Fact]
    public void One_byte_is_one_byte()
    {
        Rule rule = RuleParser.Parse("test.md", "---\ntitle: test\ncheck: offsetof(struct s, c) == 4\n---\n");
        CheckResult check = RuleLanguageTests.Evaluate("offsetof(struct s, c) == 4 && offsetof(struct s, n) == 0", "struct s 8\n  n 0/4 int\n  c 4/1 char");
        IReadOnlyList<string> drawing = ExplainText.Draw(new RuleResult(rule, check.Outcome, [check]));

        Assert.Contains(drawing, line => line.EndsWith("@4, 1 byte", StringComparison.Ordinal));
        Assert.Contains(drawing, line => line.EndsWith("@0, 4 bytes", StringComparison.Ordinal));
        Assert.Equal(["0 bytes", "1 byte", "2 bytes"], new ulong[] { 0, 1, 2 }.Select(n => Printable.Count(n, "byte")));
    }

    private static string Layout(TypeLayout layout, int cacheLine)
    {
        using StringWriter writer = new() { NewLine = "\n" };
        LayoutCheck.Reports.Formats.LayoutText.Write(layout, cacheLine, writer);
        return writer.ToString();
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"^ +(\[.*\]  \w+|\|[-|]+|[\d ]+)$")]
    private static partial System.Text.RegularExpressions.Regex MapLine();
}
