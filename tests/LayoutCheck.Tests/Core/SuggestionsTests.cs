using LayoutCheck.Core;

namespace LayoutCheck.Tests.Core;

/// <summary>What may have been meant: names within a few edits, and those that a word is a part of.</summary>
public sealed class SuggestionsTests
{
    private static readonly string[] s_names = ["page", "pages", "page_pool", "folio", "folio_batch", "mm", "ab"];

    [Theory]
    [InlineData("pgae", "page")]
    [InlineData("foilo", "folio")]
    [InlineData("foli", "folio, folio_batch")]
    [InlineData("batch", "folio_batch")]
    [InlineData("struct_folio_batch", "folio_batch, folio")]
    [InlineData("m", "mm")]
    [InlineData("a", "ab")]
    [InlineData("xyz", "")]
    [InlineData("", "")]
    public void Are_near_or_have_the_word_in_them(string wanted, string expected) => Assert.Equal(expected, string.Join(", ", Suggestions.For(wanted, s_names)));

    [Fact]
    public void Come_nearest_first_and_no_more_than_asked_for()
        => Assert.Equal(["page", "pages"], Suggestions.For("pag", [.. s_names, "page_frag", "page"], 2));

    [Fact]
    public void Are_a_clause_or_something_else_instead()
    {
        Assert.Equal("; did you mean folio?", Suggestions.Clause("foilo", s_names, "; there are others"));
        Assert.Equal("; there are others", Suggestions.Clause("xyz", s_names, "; there are others"));
        Assert.Equal("", Suggestions.Clause("xyz", s_names));
    }

    [Fact]
    public void Are_written_out_and_cut()
        => Assert.Equal($"; did you mean a\\u{{1b}}{new string('b', 78)}...?", Suggestions.Clause("a" + new string('b', 100), ["a\u001b" + new string('b', 100)]));
}
