using LayoutCheck.Code;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Code;

/// <summary>The helpers as data.</summary>
public sealed class HelperCatalogTests
{
    private static readonly string[] s_eras = ["page-era1", "page-era4", "page-era6"];

    [Fact]
    public void Each_helper_is_there_once_with_all_columns()
    {
        Assert.True(HelperCatalog.All.Length >= 34, $"{HelperCatalog.All.Length} helpers");
        Assert.Equal(HelperCatalog.All.Length, HelperCatalog.All.Select(h => h.Name).Distinct().Count());
        Assert.All(HelperCatalog.All, h => Assert.Equal(h.Of.Name == "page" ? "page" : "folio", h.Parameters.Any(p => p is "folio") ? "folio" : "page"));
    }

    [Fact]
    public void Each_helper_uses_a_member_that_some_kernel_has()
    {
        TypeDefinition[] pages = [.. s_eras.Select(e => FixtureFile.Definition($"{e}/{e}.gcc-dwarf5.elf", "struct page"))];
        TypeDefinition[] folios = [.. s_eras.Skip(1).Select(e => FixtureFile.Definition($"{e}/{e}.gcc-dwarf5.elf", "struct folio"))];
        Assert.All(HelperCatalog.All, helper =>
        {
            TypeDefinition[] definitions = helper.Of.Name == "page" ? pages : folios;
            Assert.Contains(helper.Reads, path => definitions.Any(d => MemberPath.Resolve(d.Graph, d.Root, path) is not null));
        });
    }

    [Fact]
    public void A_row_without_all_columns_is_refused()
        => Assert.Throws<FormatException>(() => HelperCatalog.Parse("| `PageTail` | page | struct page | compound_head |").ToList());

    // While the word is called compound_head, flags and the next page's word tell a fake head.
    [Theory]
    [InlineData("page-era4", 8, new long[] { 0, 72 })]
    [InlineData("page-era6", 8, new long[] { })]
    public void What_compound_head_may_touch_depends_on_the_era(string era, long place, long[] also)
    {
        TypeDefinition page = FixtureFile.Definition($"{era}/{era}.gcc-dwarf5.elf", "struct page");
        HelperPlaces places = HelperPlaces.Of(HelperCatalog.Find("_compound_head")!, [page])!;

        Assert.Equal(place, places.Member.Place.Offset);
        Assert.Equal(also, places.Also.Select(a => a.Offset).Order());
    }

    [Fact]
    public void A_member_that_definitions_have_at_different_places_is_not_asked_about()
    {
        TypeDefinition[] pages = [FixtureFile.Definition("page-era1/page-era1.gcc-dwarf5.elf", "struct page"), FixtureFile.Definition("page-era4/page-era4.gcc-dwarf5.elf", "struct page")];

        Assert.Null(HelperPlaces.Of(HelperCatalog.Find("_compound_head")!, [.. pages]));
        Assert.NotNull(HelperPlaces.Of(HelperCatalog.Find("PageHead")!, [.. pages]));
    }

    [Theory]
    [InlineData(8, 8, true)] // the word
    [InlineData(8, 1, true)] // its low byte
    [InlineData(9, 1, true)] // another one
    [InlineData(0, 16, true)] // both words at once
    [InlineData(12, 8, false)] // half of it and half of the next
    [InlineData(16, 8, false)]
    [InlineData(0, 8, false)]
    [InlineData(8, 0, true)] // of unknown width
    [InlineData(4, 8, false)]
    public void An_access_is_to_a_member_or_not(long offset, int width, bool expected) => Assert.Equal(expected, new MemberPlace(8, 8).IsAccess(offset, width));
}
