using LayoutCheck.Reports.Formats;

namespace LayoutCheck.Tests.Reports;

/// <summary>How the name of a box fits.</summary>
public sealed class MapLabelTests
{
    [Theory]
    [InlineData("flags", 128, 0, "Full", "flags")]
    [InlineData("_hugetlb_cgroup_rsvd", 128, 0, "Small", "_hugetlb_cgroup_rsvd")]
    [InlineData("mlock_count", 64, 0, "Small", "mloc…ount")]
    [InlineData("pt_frag_refcount", 64, 200, "Beside", "pt_frag_refcount")]
    [InlineData("compound_dtor", 16, 0, "None", "")]
    public void A_name_fits_in_full_else_small_else_beside_else_cut(string name, double width, double room, string fit, string text)
    {
        MapLabel label = MapLabel.Of(name, width, room);
        Assert.Equal((fit, text), (label.Fit.ToString(), label.Text));
    }

    [Theory]
    [InlineData("abcdefghij", 10, "abcdefghij")]
    [InlineData("abcdefghijk", 10, "abcd…ghijk")]
    [InlineData("\U0001f600\U0001f600\U0001f600\U0001f600", 5, "\U0001f600…\U0001f600")]
    public void A_cut_text_keeps_both_ends_and_whole_letters(string text, int most, string expected)
    {
        string cut = MapLabel.Cut(text, most);
        Assert.Equal(expected, cut);
        Assert.InRange(MapLabel.Columns(cut), 1, most);
    }
}
