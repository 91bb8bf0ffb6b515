using System.Text;
using System.Text.Json;
using LayoutCheck.Core;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Reports;

/// <summary>Strings of JSON: readable for grep, and nothing that a terminal obeys.</summary>
public sealed class JsonEscapesTests
{
    [Theory]
    [InlineData("7.3.4+deb13-amd64")]
    [InlineData("a && b < c > d 'e' `f` = /g/")]
    [InlineData("für größe 内核 ядро 😀")]
    public void Leaves_readable_text_as_it_is(string text) => Assert.Equal($"\"{text}\"", Written(text));

    [Theory]
    [InlineData("\"", "\\\"")]
    [InlineData("\\", "\\\\")]
    [InlineData("\n\t\r\b\f", "\\n\\t\\r\\b\\f")]
    [InlineData("a\u001b[31mb", "a\\u001b[31mb")]
    [InlineData("\0\u007f\u009b", "\\u0000\\u007f\\u009b")]
    [InlineData("\u2028\u2029", "\\u2028\\u2029")]
    [InlineData("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c", "\\u202a\\u202b\\u202c\\u202d\\u202e\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f\\u061c")]
    [InlineData("\ufeff\ue000", "\\ufeff\\ue000")]
    [InlineData("\U000e0001", "\\udb40\\udc01")]
    public void Writes_out_what_a_terminal_obeys(string text, string escaped)
    {
        Assert.Equal($"\"{escaped}\"", Written(text));
        Assert.Equal(text, JsonSerializer.Deserialize<string>(Written(text)));
    }

    [Theory]
    [InlineData("a\ud800b")]
    [InlineData("a\udc00b")]
    [InlineData("\ud83d")]
    public void Half_of_a_surrogate_pair_is_replaced(string text) => Assert.Contains("\\ufffd", Written(text).Replace("\ufffd", "\\ufffd", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    // Long strings are encoded in portions.
    [Fact]
    public void Every_character_comes_back()
    {
        string all = string.Concat(Enumerable.Range(0, 0x110000).Where(c => c is < 0xd800 or > 0xdfff).Select(char.ConvertFromUtf32));
        string json = Written(all);
        Assert.Equal(all, JsonSerializer.Deserialize<string>(json));
        Assert.Equal(json[1..^1].Replace("\\\\", "", StringComparison.Ordinal), Printable.Escape(json[1..^1].Replace("\\\\", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_release_is_found_by_grep()
        => Assert.Contains("\"release\": \"7.3.4+deb13\"", ProgramRun.Run([.. JsonRuns.ByReport["check"][^1], "--format", "json"]).Out, StringComparison.Ordinal);

    private static string Written(string text)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = JsonEscapes.Instance }))
        {
            json.WriteStringValue(text);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
