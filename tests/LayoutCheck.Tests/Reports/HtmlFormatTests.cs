using System.Text;
using System.Xml;
using System.Xml.Linq;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Reports;

/// <summary>Pages for people, read as XML: their parts, their policy, and names that stay text. tests/formats/browser opens them in a browser.</summary>
public sealed class HtmlFormatTests
{
    private static readonly XNamespace s_html = "http://www.w3.org/1999/xhtml";
    private static readonly string[] s_forbidden = ["script", "img", "iframe", "link", "object", "embed", "base", "form", "b"];

    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "HOLDS")]
    [InlineData("page-era6/page-era6.i686-dwarf5.elf", "HOLDS")]
    [InlineData("page-era3/page-era3.gcc-dwarf5.elf", "HOLDS")]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf", "VIOLATED")]
    [InlineData("bad-folio-head1/bad-folio-head1.gcc-dwarf5-btf.elf", "VIOLATED")]
    [InlineData("no-page/no-page.gcc-dwarf5.elf", "UNDECIDED")]
    [InlineData("disagree/disagree.gcc-dwarf5.elf", null)]
    public void A_verdict_is_a_whole_page_without_script_or_request(string fixture, string? verdict)
    {
        CheckReport report = Check(fixture);
        XElement page = Read(report);
        Assert.Equal(report.Headline(), Single(page, "h1").Value);
        Assert.True(verdict is null || page.Descendants(s_html + "strong").First().Value == verdict);
        AssertTame(page);
        Assert.Contains("Where the facts come from", page.Descendants(s_html + "h2").Select(h => h.Value));
        Assert.Equal(report.Map is null ? 0 : 1, page.Descendants().Count(e => (string?)e.Attribute("role") == "img"));
        Assert.InRange(Bytes(report).Length, 1000, 100_000);
    }

    [Fact]
    public void A_violation_names_both_members_with_their_lines_and_the_remedy()
    {
        CheckReport report = Check("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf");
        string text = Read(report).Value;
        foreach (string subject in (string[])["folio.pgmap", "page.compound_head"])
        {
            SourcePlace place = report.Places[subject];
            Assert.Contains($"{subject} at {place.File}:{place.Line}", text, StringComparison.Ordinal);
        }

        Assert.Contains("must start at byte 8", text, StringComparison.Ordinal);
        Assert.Contains("How to fix:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_have_headings_and_their_own_captions()
    {
        XElement page = Read(Check("page-era6/page-era6.gcc-dwarf5.elf"));
        XElement[] tables = [.. page.Descendants(s_html + "table")];
        Assert.True(tables.Length > 3);
        Assert.Distinct(tables.Select(t => t.Element(s_html + "caption")!.Value));
        Assert.All(tables.SelectMany(t => t.Descendants(s_html + "th")), th => Assert.Contains((string?)th.Attribute("scope"), (string[])["row", "col"]));
        Assert.All(tables.SelectMany(t => t.Element(s_html + "tbody")!.Elements()), row => Assert.Equal("th", row.Elements().First().Name.LocalName));
    }

    [Fact]
    public void The_tables_have_every_member_of_the_map()
    {
        CheckReport report = Check("page-era6/page-era6.gcc-dwarf5.elf");
        string[] cells = [.. Read(report).Descendants(s_html + "td").Select(c => c.Value)];
        Assert.All(report.Map!.Structs.SelectMany(s => s.Pages).SelectMany(p => p.Lanes).SelectMany(l => l).Where(i => i.Class != MapClass.Beyond), i => Assert.Contains(i.Path, cells));
    }

    [Fact]
    public void Several_images_have_a_table_and_a_section_each()
    {
        CheckReport good = Check("page-era6/page-era6.gcc-dwarf5.elf");
        CheckReport bad = Check("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf");
        UnreadableReport lost = UnreadableReport.Of("<b>lost</b>.elf", new InvalidImageException("<b>lost</b>.elf", null, 12, "it is <cut>", "fetch & build it again"));
        CheckBatch batch = new([good, bad, lost, good]);
        XElement page = Read(batch);
        Assert.Equal("4 images: 1 unreadable, 2 holds, 1 violated", Single(page, "h1").Value);
        XElement summary = page.Descendants(s_html + "table").First();
        Assert.Equal(["holds", "violated", "unreadable", "holds"], summary.Descendants(s_html + "tr").Skip(1).Select(r => r.Elements().ElementAt(1).Value));
        string[] ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.Distinct(ids);
        Assert.All(page.Descendants(s_html + "a").Attributes("href"), a => Assert.Contains(a.Value[1..], ids));
        Assert.Contains("fetch & build it again", page.Value, StringComparison.Ordinal);
        AssertTame(page);
    }

    [Fact]
    public void A_fleet_is_a_table_with_the_whole_of_some()
    {
        CheckReport good = Check("no-page/no-page.gcc-dwarf5.elf");
        CheckBatch batch = new([.. Enumerable.Range(0, 10_000).Select(i => (ImageReport)(good with { Run = good.Run with { File = $"image{i}" } }))]);
        byte[] bytes = Bytes(batch);
        Assert.InRange(bytes.Length, 100_000, 6_000_000);
        XElement page = Parse(bytes);
        Assert.Equal(10_000, page.Descendants(s_html + "table").First().Element(s_html + "tbody")!.Elements().Count());
        Assert.Contains("24 of them are shown whole", page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_results_are_counted_and_not_all_written()
    {
        RuleSet rules = new([.. Enumerable.Range(0, 10_000).Select(i => RuleParser.Parse($"r{i}.md", $"---\ntitle: rule {i}\nseverity: error\ncheck: sizeof(struct page) == {(i % 2 == 0 ? 64 : 65)}\n---\n\n# r\n"))]);
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        CheckReport report = CheckAnalysis.Run(image, rules, 1, withMap: true);
        byte[] bytes = Bytes(report);
        Assert.InRange(bytes.Length, 100_000, 1_500_000);
        Assert.Contains("5000 violated", Parse(bytes).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_of_a_rule_stays_text()
    {
        const string Text = "</style><script>alert(1)</script> `<img src=x onerror=alert(2)>` &amp; \"q\" 'a'";
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        Rule rule = RuleParser.Parse("evil.md", $"---\ntitle: {Text}\nseverity: error\ncheck: sizeof(struct page) == 1\n---\n\n# x\n\n## What it checks\n\n{Text}\n\n## How to fix\n\n- {Text}\n\n```\n{Text}\n```\n");
        XElement page = Read(CheckAnalysis.Run(image, new RuleSet([rule]), 1));
        AssertTame(page);
        Assert.Contains(page.Descendants(s_html + "strong"), e => e.Value == Text);
        Assert.Contains(page.Descendants(s_html + "code"), e => e.Value == "<img src=x onerror=alert(2)>");
        Assert.Contains(page.Descendants(s_html + "pre"), e => e.Value == Text);
    }

    [Fact]
    public void Other_commands_have_pages_too()
    {
        using KernelImage old = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        using KernelImage twoWays = FixtureFile.Open("audit/audit.two-ways.gcc-dwarf5-btf.elf");
        Report[] reports =
        [
            DiffAnalysis.Run(old, image, [], new DiffOptions(), 1),
            AuditAnalysis.Run(twoWays, 1, new AuditOptions([]), withImage: true),
            ShowAnalysis.Run(image, [TypeQuery.Parse("page"), TypeQuery.Parse("page.lru")], new ShowOptions(), 1, withImage: true),
            OverlapAnalysis.Run(image, TypeQuery.Parse("page"), expand: true, withImage: true, withMap: true),
            OverlapAnalysis.Run(image, TypeQuery.Parse("page.lru"), expand: false, withImage: true, withMap: true),
            OverlapAnalysis.Run(image, [TypeQuery.Parse("page"), TypeQuery.Parse("folio")], expand: false, withImage: true),
        ];
        foreach (Report report in reports)
        {
            XElement page = Read(report);
            AssertTame(page);
            Assert.Single(page.Descendants(s_html + "h1"));
            Assert.NotEmpty(page.Descendants(s_html + "td"));
        }
    }

    [Theory]
    [InlineData("<>&\"'", "&lt;&gt;&amp;&quot;&#39;")]
    [InlineData("a\u0000\u001b\n", "a\\u{0}\\u{1b}\\u{a}")]
    public void Every_text_and_value_is_escaped(string text, string expected)
    {
        StringWriter output = new();
        new HtmlWriter(output).Element("p", text, ("title", text), ("class", null));
        Assert.Equal($"<p title=\"{expected}\">{expected}</p>", output.ToString());
    }

    [Fact]
    public void Half_a_surrogate_pair_does_not_stay()
    {
        StringWriter output = new();
        new HtmlWriter(output).Element("p", "a\ud800", ("title", "\udc00b"));
        Assert.DoesNotContain(output.ToString(), char.IsSurrogate);
    }

    [Fact]
    public void A_style_sheet_with_markup_is_refused() => Assert.Throws<ArgumentException>(() => new HtmlWriter(new StringWriter()).Style("</style><script>"));

    private static void AssertTame(XElement page)
    {
        Assert.DoesNotContain(page.DescendantsAndSelf(), e => s_forbidden.Contains(e.Name.LocalName));
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || a.Name.LocalName is "src" or "style");
        Assert.All(page.Descendants().Attributes("href"), a => Assert.StartsWith("#", a.Value, StringComparison.Ordinal));
        Assert.Equal("default-src 'none'; style-src 'unsafe-inline'", (string?)page.Descendants(s_html + "meta").Single(m => m.Attribute("http-equiv") is not null).Attribute("content"));
        Assert.Equal("en", (string?)page.Attribute("lang"));
    }

    private static CheckReport Check(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        return CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1, withMap: true);
    }

    private static XElement Single(XElement page, string name) => page.Descendants(s_html + name).Single();

    private static byte[] Bytes(Report report)
    {
        using MemoryStream output = new();
        ReportFormats.Find("html").Write(report, output, default);
        return output.ToArray();
    }

    private static XElement Read(Report report) => Parse(Bytes(report));

    private static XElement Parse(byte[] bytes)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(Encoding.UTF8.GetString(bytes)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }
}
