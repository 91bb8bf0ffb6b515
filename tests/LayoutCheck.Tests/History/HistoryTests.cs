using LayoutCheck.History;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.History;

/// <summary>The form of the files, releases, and the sentences that other answers quote.</summary>
public sealed class HistoryTests
{
    [Theory]
    [InlineData("page", "index", null, "index gives way to __folio_index (6.16): use folio->index")]
    [InlineData("struct page", "index", "7.3.4+deb13-cloud-amd64", "index gives way to __folio_index (6.16): use folio->index")]
    [InlineData("page", "__folio_index", "6.12.118", "__folio_index appears in struct page (6.16) in place of index: use folio->index")]
    [InlineData("page", "pgmap.ops", "7.3.4", "pgmap gives way to folio.pgmap (6.15): use page_pgmap(page)")]
    [InlineData("folio", "pgmap", "6.12", "pgmap appears in struct folio (6.15) in place of page.pgmap: use page_pgmap(page)")]
    [InlineData("page", "compound_head", "7.1.3", "compound_head gives way to compound_info (7.1): use compound_head(page)")]
    [InlineData("page", "compound_order", "6.12", "compound_order gives way to folio._folio_order (6.3): use compound_order(page) or folio_order(folio)")]
    [InlineData("page", "compound_pincount", "6.12", "compound_pincount gives way to folio._pincount (6.3): use folio_maybe_dma_pinned(folio); it appears in struct page (5.18)")]
    [InlineData("page", "_compound_pad_1", "6.12", "_compound_pad_1 is gone from struct page (6.3)")]
    [InlineData("page", "flags", null, "flags is memdesc_flags_t and no longer unsigned long (6.18): use page->flags.f")]
    [InlineData("page", "flags.f", "6.12.118", "flags is memdesc_flags_t and no longer unsigned long (6.18): use page->flags.f")]
    [InlineData("folio", "_flags_3", "6.12.107", "_flags_3 appears in struct folio (between 6.15 and 6.17; in 6.12.y between 6.12.108 and 6.12.111)")]
    [InlineData("folio", "_large_mapcount", "6.1.176", "_large_mapcount appears in struct folio (6.10 or 6.11): use folio_large_mapcount(folio)")]
    [InlineData("page", "memcg_data", "7.3.4", "memcg_data depends on CONFIG_MEMCG")]
    [InlineData("page", "virtual", null, "virtual depends on WANT_PAGE_VIRTUAL")]
    [InlineData("slab", "stride", "7.3", "stride is gone from struct slab (7.3); it appears in struct slab (7.0); it depends on CONFIG_64BIT")]
    [InlineData("page", "memdesc", "7.3", "memdesc is planned, and no release has it: a word that points to the descriptor of a page; 7.3 has none")]
    [InlineData("page", "_private_1", "6.12.118", "_private_1 appears in struct page (in 6.1.y between 6.1.1 and 6.1.176, not in mainline); it depends on CONFIG_64BIT")]
    [InlineData("page", "share", "6.12", null)]
    [InlineData("page", "lru", null, null)]
    [InlineData("union page", "index", null, null)]
    [InlineData("list_head", "next", null, null)]
    public void A_history_is_one_sentence(string type, string member, string? release, string? expected)
        => Assert.Equal(expected, Histories.For(TypeName.Parse(type), member, release));

    [Theory]
    [InlineData("folio", null, "struct folio appears in 5.16")]
    [InlineData("folio", "5.10.223", "struct folio appears in 5.16")]
    [InlineData("struct slab", "5.16", "struct slab appears in 5.17")]
    [InlineData("folio", "6.1", null)]
    [InlineData("page", "5.10", null)]
    [InlineData("task_struct", null, null)]
    public void A_whole_struct_has_one_too(string type, string? release, string? expected) => Assert.Equal(expected, Histories.ForStruct(TypeName.Parse(type), release));

    [Theory]
    [InlineData("6.12.118+deb13-cloud-amd64", "6.12.118")]
    [InlineData("7.3", "7.3")]
    [InlineData("6.18-rc3", "6.18")]
    [InlineData("5.4.0-1029-aws", "5.4")]
    [InlineData("6.1.0-56-cloud-amd64", "6.1")]
    [InlineData("6", null)]
    [InlineData("", null)]
    [InlineData("generic", null)]
    [InlineData("99999999.1", null)]
    public void A_release_is_read_from_its_beginning(string text, string? expected) => Assert.Equal(expected, KernelRelease.Read(text)?.ToString());

    [Theory]
    [InlineData("6.15..6.17", "6.14.9", false)]
    [InlineData("6.15..6.17", "6.15.1", null)]
    [InlineData("6.15..6.17", "6.16.1", null)]
    [InlineData("6.15..6.17", "6.17", true)]
    [InlineData("6.9", "6.10", true)]
    [InlineData("6.15, 6.12.108..6.12.111", "6.12.107", false)]
    [InlineData("6.15, 6.12.108..6.12.111", "6.12.109", null)]
    [InlineData("6.15, 6.12.108..6.12.111", "6.12.111", true)]
    [InlineData("6.15, 6.12.108..6.12.111", "6.12", null)]
    [InlineData("6.15, 6.12.108..6.12.111", "6.13.9", false)]
    [InlineData("6.1.1..6.1.176", "6.1.192", true)]
    [InlineData("6.1.1..6.1.176", "6.1.0-56-cloud-amd64", null)]
    [InlineData("6.1.1..6.1.176", "6.2", false)]
    public void A_change_is_in_a_release_or_not_or_that_is_not_known(string change, string release, bool? expected)
        => Assert.Equal(expected, ReleaseChange.Read(change, out _)!.IsIn(KernelRelease.Read(release)!.Value));

    [Theory]
    [InlineData("", "x.md:1: there is no line '# struct NAME'")]
    [InlineData("# struct a\n# struct b", "x.md:2: a second struct")]
    [InlineData("- since: 6.1 [a]", "x.md:1: a field before the line '# struct NAME'")]
    [InlineData("# struct a\n## b c", "x.md:2: 'b c' is no name of a member")]
    [InlineData("# struct a\n## b\n- sincce: 6.1 [v]", "x.md:3: 'sincce' is no field; did you mean since?")]
    [InlineData("# struct a\n- until: 6.1 [v]", "x.md:2: 'until' is no field; the fields are since, commit")]
    [InlineData("# struct a\n## b\n- since 6.1 [v]", "x.md:3: a line '- FIELD: VALUE [SOURCE]' has a colon and a blank")]
    [InlineData("# struct a\n## b\n- since: 6.1", "x.md:3: 'since' has no source; end it with [SOURCE] or [SOURCE, SOURCE]")]
    [InlineData("# struct a\n## b\n- since: 6.1 [w]\n## Sources\n- v: x", "x.md:3: the section 'Sources' has no w")]
    [InlineData("# struct a\n## b\n- since: 6.1 [v]\n- since: 6.2 [v]\n## Sources\n- v: x", "x.md:4: a second 'since'")]
    [InlineData("# struct a\n## b\n- since: 6.1 [v]\n## b\n- since: 6.1 [v]\n## Sources\n- v: x", "x.md:4: b has a second section")]
    [InlineData("# struct a\n## b\n- since: 6.1 [v]\n## Sources\n- v: x\n- w: y", "x.md:6: the source w is not used")]
    [InlineData("# struct a\n## b\n- since: 6.1 [v]\n## Sources\n- v: x\n- v: y", "x.md:6: a second source v")]
    [InlineData("# struct a\n## b\n- since: soon [v]\n## Sources\n- v: x", "x.md:3: 'soon' is no release; write 6.16, 6.15..6.17 or, of a stable line, 6.12.108..6.12.111")]
    [InlineData("# struct a\n## b\n- since: 6.17..6.15 [v]\n## Sources\n- v: x", "x.md:3: '6.17..6.15' ends before it begins")]
    [InlineData("# struct a\n## b\n- since: 6.12.3..6.13.4 [v]\n## Sources\n- v: x", "x.md:3: '6.12.3..6.13.4' begins and ends in different lines")]
    [InlineData("# struct a\n## b\n- since: 6.1, 6.2 [v]\n## Sources\n- v: x", "x.md:3: '6.2' is a second release of one line")]
    [InlineData("# struct a\n## b\n- gives way to: c [v]\n## Sources\n- v: x", "x.md:3: 'gives way to' without 'until'")]
    [InlineData("# struct a\n## b\n- until: 6.1 [v]\n- gives way to: c.d.e [v]\n## Sources\n- v: x", "x.md:4: 'c.d.e' is no member; write __folio_index or folio.pgmap")]
    [InlineData("# struct a\n## b\n- retyped: 6.1: int [v]\n## Sources\n- v: x", "x.md:3: 'retyped' is no change of a type; write 6.18: unsigned long -> memdesc_flags_t")]
    [InlineData("# struct a\n## b\n- until: 6.1 [v]\n- commit: abc subject [v]\n## Sources\n- v: x", "x.md:4: 'commit' is 12 or more hexadecimal digits and the subject")]
    [InlineData("# struct a\n## b\n- until: 6.1 [v]\n- write: folio->index [v]\n## Sources\n- v: x", "x.md:4: 'write' is C in backquotes, several joined by 'or'")]
    [InlineData("# struct a\n## b\n- write: `c` [v]\n## Sources\n- v: x", "x.md:2: b has neither since, until, retyped, config nor planned")]
    public void An_error_names_file_and_line(string text, string expected)
        => Assert.Equal(expected, Assert.Throws<HistoryFormatException>(() => HistoryParser.Parse("x.md", text)).Message);

    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "page.index", "struct page has no member index; history says: index gives way to __folio_index (6.16): use folio->index")]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "page.pgmap", "struct page has no member pgmap; history says: pgmap gives way to folio.pgmap (6.15): use page_pgmap(page)")]
    [InlineData("page-era4/page-era4.gcc-dwarf5.elf", "page.compound_info", "struct page has no member compound_info; history says: compound_info appears in struct page (7.1) in place of compound_head: use compound_head(page)")]
    [InlineData("page-era4/page-era4.gcc-dwarf5.elf", "page.flags.f", "struct page has no member flags.f; history says: flags is memdesc_flags_t and no longer unsigned long (6.18): use page->flags.f")]
    [InlineData("page-era2/page-era2.gcc-dwarf5.elf", "folio", "no C definition of folio as a struct, a union or a typedef of one; history says: struct folio appears in 5.16")]
    public void Show_quotes_it(string fixture, string query, string expected)
    {
        ProgramResult result = ProgramRun.Run("show", $"tests/fixtures/{fixture}", query);
        Assert.Equal((4, $"layoutcheck: {expected}"), (result.ExitCode, result.ErrLines[0]));
    }

    [Fact]
    public void Diff_quotes_it()
    {
        string[] images = ["tests/fixtures/page-era4/page-era4.gcc-dwarf5.elf", "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf"];
        ProgramResult text = ProgramRun.Run(["diff", .. images, "page", "--no-rules", "--width", "0"]);
        Assert.Contains("  page: index gives way to __folio_index (6.16): use folio->index\n", text.Out, StringComparison.Ordinal);
        Assert.Contains(
            "\"history\": \"index gives way to __folio_index (6.16): use folio",
            ProgramRun.Run(["diff", .. images, "page", "--no-rules", "--format", "json"]).Out,
            StringComparison.Ordinal);
        ProgramResult check = ProgramRun.Run(["check", images[0], "--against", images[1], "--width", "0"]);
        Assert.Contains("  page: index gives way to __folio_index (6.16): use folio->index\n", check.Out, StringComparison.Ordinal);
    }
}
