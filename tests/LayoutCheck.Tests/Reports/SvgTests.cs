using System.Xml;
using System.Xml.Linq;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Reports;

/// <summary>Pictures as files of SVG, read as XML.</summary>
public sealed class SvgTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "page", "folio")]
    [InlineData("page-era6/page-era6.i686-dwarf5.elf", "page", "folio")]
    [InlineData("page-era3/page-era3.gcc-dwarf5.elf", "page", "page")]
    public void A_picture_is_xml_with_the_tag_word_once(string fixture, string first, string second)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        XElement svg = Read(OverlapAnalysis.Run(image, [TypeQuery.Parse(first), TypeQuery.Parse(second)], expand: false, withImage: false));
        Assert.Equal(s_svg + "svg", svg.Name);
        Assert.Single(svg.Elements(s_svg + "rect"), r => (string?)r.Attribute("class") == "column");
        Assert.Equal("img", (string?)svg.Attribute("role"));
        Assert.NotEmpty(svg.Element(s_svg + "title")!.Value);
        Assert.Contains("The tag word is page.", svg.Element(s_svg + "desc")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_tag_word_there_is_no_column()
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        XElement svg = Read(OverlapAnalysis.Run(image, TypeQuery.Parse("list_head"), expand: false, withImage: false, withMap: true));
        Assert.DoesNotContain(svg.Descendants(s_svg + "rect"), r => (string?)r.Attribute("class") == "column");
        Assert.DoesNotContain("tag word", svg.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_member_that_was_asked_for_is_marked()
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        XElement svg = Read(OverlapAnalysis.Run(image, TypeQuery.Parse("page.mapping"), expand: false, withImage: false, withMap: true));
        XElement box = Assert.Single(svg.Descendants(s_svg + "rect"), r => ((string?)r.Attribute("class"))?.EndsWith(" asked", StringComparison.Ordinal) == true);
        Assert.StartsWith("page.mapping: ", box.Parent!.Element(s_svg + "title")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_box_tells_type_place_and_line()
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        XElement svg = Read(OverlapAnalysis.Run(image, TypeQuery.Parse("page"), expand: false, withImage: false, withMap: true));
        string[] titles = [.. svg.Descendants(s_svg + "g").Select(g => g.Element(s_svg + "title")!.Value)];
        Assert.Contains(titles, t => t.StartsWith("page.lru: struct list_head; byte 8, 16 bytes; ", StringComparison.Ordinal) && t.Contains(".h:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"' onload=\"alert(1)")]
    [InlineData("]]>&amp;<!--")]
    [InlineData("\u0001\u202e\ud800\uffff\u2028")]
    public void Names_from_a_file_stay_text(string name)
    {
        TypeGraphBuilder graph = new();
        TypeId number = graph.Add(new BaseType(name, 8, BaseEncoding.Unsigned));
        TypeId root = graph.Add(new AggregateType(AggregateKind.Struct, name, 8, null, [new Member(name, number, 0) { Place = new SourcePlace(name, 1) }]));
        TypeDefinition definition = new(graph.Build(), root, [new DefiningUnit(0, name, "")]);
        StructMapBuilder map = StructMapBuilder.Over([definition]);
        map.Add(definition, TypeLayout.Of(definition));
        StringWriter text = new();
        StructMapSvg.WriteAlone(map.Build(), new HtmlWriter(text), name);
        XElement svg = Parse(text.ToString());
        Assert.Equal(["title", "rect", "text"], svg.Descendants(s_svg + "g").Single().Elements().Select(e => e.Name.LocalName));
        Assert.Contains(Printable.Escape(name), svg.Descendants(s_svg + "g").Single().Element(s_svg + "title")!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain(svg.DescendantsAndSelf(), e => e.Name.LocalName == "script" || e.Attributes().Any(a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal)));
    }

    private static XElement Read(Report report)
    {
        using MemoryStream output = new();
        ReportFormats.Find("svg").Write(report, output, default);
        return Parse(System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    private static XElement Parse(string text)
    {
        using XmlReader reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        return XElement.Load(reader);
    }
}
