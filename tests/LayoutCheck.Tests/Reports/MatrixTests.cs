using System.Collections.Immutable;
using System.Text.Json;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>The table of many images: what its cells say, and how each format writes them.</summary>
public sealed class MatrixTests
{
    private const string Era4 = "page-era4/page-era4.gcc-dwarf5.elf";
    private const string Era5 = "page-era5/page-era5.gcc-dwarf5.elf";
    private const string Era6 = "page-era6/page-era6.gcc-dwarf5.elf";

    private static readonly string[] s_storyOfEra6 = ["64", "info 8", "-", "8", "info 8", "holds"];

    [Theory]
    [InlineData("page-era2/page-era2.gcc-dwarf5.elf", "64", "head 32", "32", "?", "-", "holds")]
    [InlineData("page-era3/page-era3.gcc-dwarf5.elf", "64", "head 8", "8", "?", "-", "holds")]
    [InlineData(Era4, "64", "head 8", "8", "-", "-", "holds")]
    [InlineData(Era5, "64", "head 8", "-", "8", "head 8", "holds")]
    [InlineData("page-era5/page-era5.i686-dwarf5.elf", "32", "head 4", "-", "4", "head 4", "holds")]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf", "64", "head 8", "-", "16", "head 8", "VIOLATED")]
    [InlineData("bad-page-pgmap-stays/bad-page-pgmap-stays.gcc-dwarf5.elf", "64", "head 8", "8", "8", "-", "VIOLATED")]
    [InlineData("no-page/no-page.gcc-dwarf5.elf", "no page", "no page", "no page", "no folio", "no page", "n/a")]
    public void The_default_columns_tell_the_story(string fixture, params string[] expected) => Assert.Equal(expected, Words(Row(fixture, MatrixColumns.Default), MatrixColumns.Default));

    [Theory]
    [InlineData(SourceChoice.Dwarf)]
    [InlineData(SourceChoice.Btf)]
    public void Both_formats_tell_the_same(SourceChoice source)
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5-btf.elf", source);
        Assert.Equal(s_storyOfEra6, Words(MatrixAnalysis.Run(image, MatrixColumns.Default, 2), MatrixColumns.Default));
    }

    [Theory]
    [InlineData("sizeof:list_head", "16")]
    [InlineData("sizeof:page.lru", "16")]
    [InlineData("offsetof:page.lru.prev", "16")]
    [InlineData("struct page.lru", "8")]
    [InlineData("page.nothing|lru", "lru 8")]
    [InlineData("page.pgmap|compound_info", "-")]
    [InlineData("typeof:folio.pgmap", "struct dev_pagemap *")]
    [InlineData("exists:folio", "yes")]
    [InlineData("exists:page.pgmap", "no")]
    [InlineData("exists:nothing", "no")]
    [InlineData("nothing.at_all", "no nothing")]
    [InlineData("folio.pgmap.ops", "?")]
    [InlineData("rule:folio-tail-page-1", "holds")]
    public void Each_kind_of_column_has_its_words(string column, string expected)
    {
        ImmutableArray<MatrixColumn> columns = MatrixColumns.Parse([column]);
        Assert.Equal([expected], Words(Row(Era5, columns), columns));
    }

    [Fact]
    public void Bit_fields_are_told_in_bits()
    {
        ImmutableArray<MatrixColumn> columns = MatrixColumns.Parse(["bits_unsigned.b,sizeof:bits_unsigned.b"]);
        MatrixRow row = Row("shapes/shapes.gcc-dwarf5.elf", columns);
        ulong offset = row.Cells[0].Bits!.Value;
        Assert.NotEqual(0u, offset % 8);
        Assert.Equal([$"{offset / 8}:{offset % 8}", Printable.Count(row.Cells[1].Bits!.Value, "bit")], Words(row, columns));
        Assert.Equal((long)(offset / 8), row.Cells[0].Value);
    }

    [Fact]
    public void Definitions_that_differ_are_never_silently_the_first()
    {
        MatrixRow row = Row("disagree/disagree.gcc-dwarf5.elf", MatrixColumns.Default);
        Assert.Equal(CellState.Unknown, row.Cells[2].State);
        Assert.Equal("2 definitions of struct page differ: 8 (pgmap) in page-a.c, 16 (pgmap) in page-b.c", row.Cells[2].Note);
        Assert.Equal(8, row.Cells[1].Value);
        Assert.Equal(ExitCode.Undecided, Matrix(MatrixColumns.Default, row).ExitCode);
        Assert.Contains(" ? [1] ", Written.Text(Matrix(MatrixColumns.Default, row)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_is_only_declared_is_not_told_absent()
    {
        MatrixRow row = Row("decl-only/decl-only.gcc-dwarf5.elf", MatrixColumns.Parse(["sizeof:page"]));
        Assert.Equal((CellState.Unknown, "page is declared and not defined here"), (row.Cells[0].State, row.Cells[0].Note));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_row_with_its_reason()
    {
        MatrixRow lost = MatrixRow.Unreadable("x/vmlinux", new InvalidImageException("x/vmlinux", null, null, "has no debug information", "name another"));
        MatrixReport report = Matrix(MatrixColumns.Default, Row(Era6, MatrixColumns.Default), lost);
        Assert.Equal(ExitCode.Unreadable, report.ExitCode);
        string text = Written.Text(report);
        Assert.Contains("\nvmlinux ", text, StringComparison.Ordinal);
        Assert.Contains(" cannot be read [1]\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n[1] x/vmlinux: has no debug information; name another\n", text, StringComparison.Ordinal);
        Assert.Equal(3, Written.In("tsv", report).Count(c => c == '\n'));
        Assert.EndsWith("\t?\t?\t?\t?\t?\t?\t?\t?\tx/vmlinux: has no debug information; name another\n", Written.In("tsv", report), StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_has_numbers_as_numbers_and_no_name_as_a_key()
    {
        ImmutableArray<MatrixColumn> columns = [.. MatrixColumns.Default, .. MatrixColumns.Parse(["typeof:folio.pgmap,exists:page"])];
        using JsonDocument json = JsonDocument.Parse(Written.Json(Matrix(columns, Row(Era6, columns), Row(Era4, columns))));
        JsonElement root = json.RootElement;
        Assert.Equal("matrix", root.GetProperty("report").GetString());
        Assert.Equal(columns.Select(c => c.Text), root.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("column").GetString()));
        Assert.Equal(["compound_head", "compound_info"], root.GetProperty("columns")[1].GetProperty("members").EnumerateArray().Select(m => m.GetString()));
        JsonElement image = root.GetProperty("images")[0];
        Assert.Equal(("x86-64", 64), (image.GetProperty("machine").GetString(), image.GetProperty("bits").GetInt32()));
        JsonElement word = image.GetProperty("cells")[1];
        Assert.Equal(
            ("compound_info", 8, 64, "told", JsonValueKind.Null),
            (word.GetProperty("member").GetString(), word.GetProperty("value").GetInt32(), word.GetProperty("bits").GetInt32(), word.GetProperty("state").GetString(), word.GetProperty("note").ValueKind));
        Assert.Equal(["absent", "told"], root.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("cells")[2].GetProperty("state").GetString()));
        Assert.Equal(["holds", "struct dev_pagemap *", null], image.GetProperty("cells").EnumerateArray().Skip(5).Select(c => c.GetProperty("text").GetString()));
        Assert.Equal(1, image.GetProperty("cells")[7].GetProperty("value").GetInt32());
    }

    [Fact]
    public void Hostile_names_end_no_cell_and_no_line()
    {
        MatrixRow row = Row(Era6, MatrixColumns.Default) with { Release = "7.3\t|`**x**`|\n\e[31m<b>", Machine = "x|y" };
        MatrixReport report = Matrix(MatrixColumns.Default, row);
        Assert.All(["text", "tsv", "json"], format => Assert.DoesNotContain('\e', Written.In(format, report)));
        Assert.Equal(2, Written.In("tsv", report).TrimEnd('\n').Split('\n').Select(l => l.Split('\t').Length).Count(cells => cells == 13));
        using StringWriter markdown = new() { NewLine = "\n" };
        MatrixMarkdown.Write(report, markdown);
        string[] lines = markdown.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Equal(9, line.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|')));
        Assert.StartsWith("| ``7.3\\u{9}\\|`**x**`\\|\\u{a}\\u{1b}[31m<b>`` | ", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_each_cell_once_and_leads_to_its_remarks()
    {
        MatrixRow hostile = Row("disagree/disagree.gcc-dwarf5.elf", MatrixColumns.Default) with { Release = "<script>alert(1)</script>" };
        MatrixReport report = Matrix(MatrixColumns.Default, hostile, MatrixRow.Unreadable("<b>", new InvalidImageException("<b>", null, null, "is <i>nothing</i>")));
        System.Xml.Linq.XDocument page = System.Xml.Linq.XDocument.Parse(Written.In("html", report).Replace("<!DOCTYPE html>\n", "", StringComparison.Ordinal));
        System.Xml.Linq.XElement[] all = [.. page.Descendants()];
        Assert.DoesNotContain(all, e => e.Name.LocalName is "script" or "b" or "i");
        Assert.Equal([8, 8, 8], all.Where(e => e.Name.LocalName == "tr").Select(r => r.Elements().Count()));
        Assert.Contains(all, e => e.Name.LocalName == "th" && e.Value == "<script>alert(1)</script>");
        string[] targets = [.. all.Where(e => e.Name.LocalName == "a").Select(e => e.Attribute("href")!.Value[1..])];
        Assert.Equal(3, targets.Length);
        Assert.All(targets, target => Assert.Single(all, e => e.Name.LocalName == "li" && e.Attribute("id")?.Value == target));
    }

    [Theory]
    [InlineData(76)]
    [InlineData(40)]
    [InlineData(24)]
    public void Text_keeps_its_width_by_further_tables_and_loses_no_cell(int width)
    {
        MatrixRow[] rows = [.. ((string[])[Era4, Era5, Era6]).Select(f => Row(f, MatrixColumns.Default) with { Release = $"7.3.4+deb13-{Path.GetFileName(f)}-cloud-amd64" })];
        MatrixReport report = Matrix(MatrixColumns.Default, rows);
        string[] lines = Written.Text(report, new TextStyle(Width: width)).Split('\n');
        Assert.All(lines.TakeWhile(l => !l.StartsWith("- no", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, Math.Max(width, 44)));
        Assert.Equal(3, lines.Count(l => l.TrimEnd().EndsWith(" holds", StringComparison.Ordinal)));
        Assert.Equal(rows.Length, lines.Sum(l => l.Split("head 8").Length - 1) - 1 + lines.Sum(l => l.Split("info 8").Length - 1) - 1);
    }

    [Fact]
    public void Rows_of_one_release_are_told_apart_by_their_files()
    {
        MatrixRow row = Row(Era6, MatrixColumns.Default) with { Release = "7.3.4" };
        MatrixRow[] rows = [row with { Path = "a/dax.ko" }, row with { Path = "a/nvme.ko" }, row with { Path = "b/nvme.ko" }, row with { Release = null, Path = "c/d.btf" }];
        Assert.Equal(["7.3.4 dax.ko", "7.3.4 a/nvme.ko", "7.3.4 b/nvme.ko", "d.btf"], MatrixCells.Labels(rows));
        Assert.Equal(["7.3.4", "d.btf"], MatrixCells.Labels([rows[0], rows[3]]));
    }

    [Fact]
    public void Releases_are_sorted_by_their_numbers_and_unknown_ones_are_last()
    {
        MatrixRow row = new("x", []);
        string?[] releases = ["7.3.4+deb13", null, "5.10.0-32", "6.12.118", "6.1.0-56", "5.4.0", "6.12.9"];
        Assert.Equal(
            ["5.4.0", "5.10.0-32", "6.1.0-56", "6.12.9", "6.12.118", "7.3.4+deb13", null],
            MatrixAnalysis.ByRelease(releases.Select(r => row with { Release = r })).Select(r => r.Release));
    }

    [Theory]
    [InlineData("", "it names no type")]
    [InlineData("page", "it names no member of page")]
    [InlineData("typeof:page", "it names no member of page")]
    [InlineData("alignof:page", "there is no 'alignof:'")]
    [InlineData("page.", "a member is empty")]
    [InlineData("page.a|", "a member is empty")]
    [InlineData("page.a b", "'a b' is no member")]
    [InlineData("pa-ge.lru", "'pa-ge' is no name of a type")]
    [InlineData("rule:nothing", "there is no rule 'nothing'")]
    [InlineData("page.lru,", "it names no type")]
    public void A_column_that_is_none_is_refused_by_its_name(string text, string problem)
        => Assert.Contains(problem, Assert.Throws<UsageException>(() => MatrixColumns.Parse([text])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(Era4)]
    [InlineData(Era5)]
    [InlineData(Era6)]
    [InlineData("no-page/no-page.gcc-dwarf5.elf")]
    [InlineData("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf")]
    public void A_row_made_from_the_facts_of_a_record_is_that_of_the_image(string fixture)
    {
        ImmutableArray<MatrixColumn> columns = [.. MatrixColumns.Default, .. MatrixColumns.Parse(["exists:struct page.pgmap,struct page.pgmap,sizeof:struct page"])];
        MatrixRow row = Row(fixture, columns);
        ImmutableArray<LayoutFact> facts = MatrixFacts.Of(MatrixColumns.Layout, row.Cells[..MatrixColumns.Layout.Length]);
        Outcome outcome = row.Cells[MatrixColumns.Layout.Length].Outcome!.Value;
        Assert.Equal(Words(row, columns), columns.Select(c => MatrixCells.Words(c, MatrixFacts.CellOf(c, facts, _ => outcome))));
    }

    [Fact]
    public void What_a_record_does_not_tell_is_unknown()
    {
        MatrixColumn column = MatrixColumn.Parse("page.lru");
        Assert.Equal(CellState.Unknown, MatrixFacts.CellOf(column, [], _ => null).State);
        Assert.Equal(CellState.Unknown, MatrixFacts.CellOf(MatrixColumn.Parse("rule:pgmap-on-compound-head"), [], _ => null).State);
        Assert.Equal(CellState.Absent, MatrixFacts.CellOf(column, [new LayoutFact("struct page", "lru", "exists", null, 0)], _ => null).State);
    }

    private static MatrixReport Matrix(ImmutableArray<MatrixColumn> columns, params MatrixRow[] rows) => new(columns, [.. rows]);

    private static IEnumerable<string> Words(MatrixRow row, ImmutableArray<MatrixColumn> columns) => columns.Zip(row.Cells, MatrixCells.Words);

    private static MatrixRow Row(string fixture, ImmutableArray<MatrixColumn> columns)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        return MatrixAnalysis.Run(image, columns, 1);
    }
}
