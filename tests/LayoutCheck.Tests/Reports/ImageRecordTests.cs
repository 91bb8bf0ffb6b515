using System.Text;
using System.Text.Json;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>A record of one image: what a line has, that it is short, and that it comes back as it was.</summary>
public sealed class ImageRecordTests
{
    private const int MostBytes = 5 * 1024;

    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf")]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf")]
    [InlineData("page-era1/page-era1.gcc-dwarf5.elf")]
    [InlineData("no-page/no-page.gcc-dwarf5.elf")]
    public void It_comes_back_as_it_was(string fixture)
    {
        ImageRecord record = Of(fixture) with
        {
            Stamp = new RecordStamp(12, "1.000000002", "3.000000004", ulong.MaxValue, "0.1.0", "ab") { Others = "cd", OtherPaths = ["/a b", "ä"] },
        };
        string line = Line(record);
        ImageRecord read = ImageRecordJson.Read(Encoding.UTF8.GetBytes(line))!;
        Assert.True(read.SaysTheSameAs(record));
        Assert.Equal(line, Line(read));
        Assert.Equal(record.Stamp with { OtherPaths = [] }, read.Stamp! with { OtherPaths = [] });
        Assert.Equal(record.Stamp.OtherPaths, read.Stamp.OtherPaths);
    }

    [Fact]
    public void It_has_the_facts_of_the_default_matrix()
    {
        ImageRecord record = Of("page-era6/page-era6.gcc-dwarf5.elf");
        Assert.Contains(new LayoutFact("struct page", null, "size", 512, 64), record.Facts);
        Assert.Contains(record.Facts, f => f is { Type: "struct page", Member: "compound_info", What: "offset", Value: 8 });
        Assert.Contains(record.Facts, f => f is { Type: "struct folio", Member: "pgmap", What: "offset", Value: 8 });
        Assert.Equal(("x86-64", 64, false, 4096), (record.Machine, record.Bits, record.IsBigEndian, record.PageByteSize));
    }

    // The ids and outcomes of the default rules, with the longest of everything else.
    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf")]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf")]
    [InlineData("disagree/disagree.gcc-dwarf5.elf")]
    [InlineData("no-page/no-page.gcc-dwarf5.elf")]
    public void A_line_has_at_most_five_kilobytes(string fixture)
    {
        ImageRecord record = Of(fixture);
        Assert.InRange(Line(record).Length, 500, MostBytes);

        ImageRecord longest = record with { Headline = new string('h', 303), Sha256 = new string('0', 64), Path = new string('p', 300) };
        Assert.InRange(Line(longest, withFacts: false, withStamp: false).Length, 500, MostBytes);
    }

    [Fact]
    public void Texts_of_errors_are_bounded()
    {
        InvalidImageException error = new("/some/path", new string('s', 100_000), 12, new string('x', 100_000), new string('r', 100_000));
        ImageRecord record = ImageRecord.Of(UnreadableReport.Of("/some/path", error));
        Assert.InRange(Line(record).Length, 500, MostBytes);
        ImageRecord read = ImageRecordJson.Read(Encoding.UTF8.GetBytes(Line(record)))!;
        Assert.Equal(record.Error, read.Error);
        Assert.Equal((ExitCode.Unreadable, 12UL), (read.ExitCode, read.Error!.Offset));
    }

    [Fact]
    public void A_line_has_ids_and_outcomes_and_no_texts_of_rules()
    {
        using JsonDocument document = JsonDocument.Parse(Line(Of("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf"), withFacts: false));
        JsonElement root = document.RootElement;
        Assert.Equal(
            [
                "format", "report", "path", "release", "machine", "bits", "byte_order", "page_size", "build_id", "sha256", "verdict", "exit_code", "headline", "era", "counts",
                "rules", "error",
            ],
            root.EnumerateObject().Select(p => p.Name));
        Assert.Equal("violated", root.GetProperty("verdict").GetString());
        Assert.Equal(1, root.GetProperty("exit_code").GetInt32());
        Assert.All(root.GetProperty("rules").EnumerateArray(), rule => Assert.Equal(["id", "outcome"], rule.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(
            root.GetProperty("rules").EnumerateArray().Count(r => r.GetProperty("outcome").GetString() == "violated"),
            root.GetProperty("counts").GetProperty("violated").GetInt32());
        Assert.Equal(["holds", "warnings", "violated", "not_applicable", "undecided"], root.GetProperty("counts").EnumerateObject().Select(p => p.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"format\":\"layoutcheck/2\"}")]
    [InlineData("{\"format\":\"layoutcheck/2\",\"report\":\"check\",\"path\":null,\"exit_code\":0,\"rules\":[]}")]
    [InlineData("{\"format\":\"layoutcheck/2\",\"report\":\"check\",\"path\":\"a\",\"exit_code\":9,\"rules\":[]}")]
    [InlineData("{\"format\":\"layoutcheck/2\",\"report\":\"check\",\"path\":\"a\",\"exit_code\":0,\"rules\":[{\"id\":\"x\",\"outcome\":\"good\"}]}")]
    [InlineData("{\"format\":\"layoutcheck/2\",\"report\":\"check\",\"path\":\"a\",\"exit_code\":0}")]
    [InlineData("{\"format\":\"layoutcheck/2\",\"report\":\"check\",\"path\":7,\"exit_code\":0,\"rules\":[]}")]
    public void What_is_no_record_is_none(string line) => Assert.Null(ImageRecordJson.Read(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void A_torn_record_is_none_at_whatever_byte_it_ends()
    {
        byte[] line = Encoding.UTF8.GetBytes(Line(Of("page-era6/page-era6.gcc-dwarf5.elf")).TrimEnd('\n'));
        Assert.NotNull(ImageRecordJson.Read(line));
        for (int length = 0; length < line.Length; length += 7)
        {
            Assert.Null(ImageRecordJson.Read(line.AsMemory(0, length)));
        }
    }

    [Fact]
    public void Two_records_are_compared_by_what_they_say()
    {
        ImageRecord record = Of("page-era6/page-era6.gcc-dwarf5.elf");
        Assert.True(record.SaysTheSameAs(Of("page-era6/page-era6.gcc-dwarf5.elf")));
        Assert.True(record.SaysTheSameAs(record with { Facts = [], Stamp = null }));
        Assert.False(record.SaysTheSameAs(record with { BuildId = "00" }));
        Assert.False(record.SaysTheSameAs(record with { Rules = [record.Rules[0] with { Outcome = Outcome.Violated }, .. record.Rules[1..]] }));
        Assert.False(record.SaysTheSameAs(record with { Facts = [record.Facts[0] with { Value = 1 }, .. record.Facts[1..]] }));
    }

    [Theory]
    [InlineData(62, null, 4096)]
    [InlineData(3, null, 4096)]
    [InlineData(22, null, 4096)]
    [InlineData(40, null, 4096)]
    [InlineData(183, null, null)]
    [InlineData(183, "CONFIG_ARM64_64K_PAGES", 65536)]
    [InlineData(183, "CONFIG_PAGE_SIZE_16KB", 16384)]
    [InlineData(21, "CONFIG_PPC_64K_PAGES", 65536)]
    [InlineData(258, "CONFIG_PAGE_SIZE_16KB", 16384)]
    [InlineData(8, "CONFIG_PAGE_SIZE_4KB", 4096)]
    [InlineData(183, "CONFIG_64BIT", null)]
    [InlineData(null, null, null)]
    public void The_size_of_a_page_is_told_by_the_machine_or_the_configuration(int? machine, string? option, int? size)
    {
        Assert.Equal(size, PageSize.Of(machine, option is null ? null : new Dictionary<string, string> { [option] = "y" }));
        Assert.Equal(8192, PageSize.Of(183, new Dictionary<string, string> { ["CONFIG_PAGE_SHIFT"] = "13" }));
    }

    private static ImageRecord Of(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        return ImageRecord.Of(CheckAnalysis.Run(image, RuleCatalog.Select(), 1, withColumns: true));
    }

    private static string Line(ImageRecord record, bool withFacts = true, bool withStamp = true)
    {
        using MemoryStream stream = new();
        ImageRecordJson.WriteLine(record, stream, withFacts, withStamp);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
