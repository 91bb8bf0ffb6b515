using LayoutCheck.Core;

namespace LayoutCheck.Tests.Core;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("struct page", "struct page")]
    [InlineData("größe_日本", "größe_日本")]
    [InlineData("a\e[31mb", "a\\u{1b}[31mb")]
    [InlineData("line\nline\ttab\0", "line\\u{a}line\\u{9}tab\\u{0}")]
    [InlineData("\u007f\u0085", "\\u{7f}\\u{85}")]
    [InlineData("abc\u202edef\u200b", "abc\\u{202e}def\\u{200b}")]
    [InlineData("\u2028\ue000", "\\u{2028}\\u{e000}")]
    [InlineData("", "")]
    public void Writes_out_what_a_terminal_would_obey(string text, string expected) => Assert.Equal(expected, Printable.Escape(text));

    [Fact]
    public void Replaces_lone_surrogates() => Assert.DoesNotContain(Printable.Escape("a\ud800b"), char.IsSurrogate);

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("abcd", "abcd")]
    [InlineData("abcde", "abcd...")]
    [InlineData("abc\ud83d\ude00", "abc...")]
    public void A_long_text_is_cut_between_characters(string text, string expected) => Assert.Equal(expected, Printable.Shorten(text, 4));

    [Fact]
    public void Plain_text_is_not_copied()
    {
        string text = new('x', 100);
        Assert.Same(text, Printable.Escape(text));
    }
}
