using System.Globalization;
using System.Text;

namespace LayoutCheck.Core;

/// <summary>Text that is safe on a terminal: names come from files, which may contain control characters.</summary>
internal static class Printable
{
    /// <summary>The text with control characters, bidirectional marks and lone surrogates as <c>\u{...}</c>; most texts come back as they are.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = 0;
        while (at < text.Length && IsPlain(text[at]))
        {
            at++;
        }

        if (at == text.Length)
        {
            return text;
        }

        StringBuilder escaped = new(text, 0, at, text.Length + 16);
        foreach (Rune rune in text[at..].EnumerateRunes())
        {
            if (rune.Value >= 0x80 ? IsHarmless(rune) : IsPlain((char)rune.Value))
            {
                escaped.Append(rune.ToString());
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
        }

        return escaped.ToString();
    }

    /// <summary>The beginning of a text for a line of output; not escaped.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">The most characters that are kept; the rest becomes <c>...</c>.</param>
    public static string Shorten(string text, int most = 80)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] + "...";
    }

    /// <summary>A number of things: <c>1 byte</c>, <c>8 bytes</c>.</summary>
    public static string Count(ulong number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    /// <summary>Whether a terminal shows a character beyond ASCII and does nothing else.</summary>
    internal static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);

    private static bool IsPlain(char c) => c is >= ' ' and < (char)0x7f;
}
