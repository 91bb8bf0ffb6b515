using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Tests.Reports;

public sealed class NotApplicableTests
{
    [Fact]
    public void Says_what_reasons_have_in_common_once()
        => Assert.Equal(
            "struct page has no member compound_dtor, compound_order; struct folio has no member _head_2",
            NotApplicable.Summarise(
            [
                "struct page has no member compound_dtor", "struct page has no member compound_order", "struct page has no member compound_dtor",
                "struct folio has no member _head_2, struct page has no member compound_order",
            ]));

    [Fact]
    public void Leaves_out_the_remark_on_definitions_that_agree()
        => Assert.Equal(
            "the image has no C definition of struct slab, struct zone",
            NotApplicable.Summarise(
            [
                "the image has no C definition of struct slab (2 definitions of struct page differ, but agree on this)",
                "the image has no C definition of struct zone",
            ]));

    [Fact]
    public void Keeps_whole_what_it_does_not_know()
        => Assert.Equal(
            "folio._flags_2 exists; the image has no C definition of struct address_space, which 2 units only declare",
            NotApplicable.Summarise(["folio._flags_2 exists", "the image has no C definition of struct address_space, which 2 units only declare", "folio._flags_2 exists"]));
}
