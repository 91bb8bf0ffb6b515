using System.Globalization;
using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>How the name of a box fits: in full size, else small, else beside the box, else cut in the middle.</summary>
internal enum LabelFit
{
    /// <summary>No letter fits; the tooltip and the table have the name.</summary>
    None,

    /// <summary>In the box.</summary>
    Full,

    /// <summary>In the box, in small letters.</summary>
    Small,

    /// <summary>On the free lane behind the box, in small letters.</summary>
    Beside,
}

/// <summary>The name of a box as it is drawn.</summary>
/// <param name="Fit">How it fits.</param>
/// <param name="Text">The text, cut where it had to be.</param>
internal readonly record struct MapLabel(LabelFit Fit, string Text)
{
    // Widths of a letter of the style sheet's fonts, in pixels: 0.602 em of DejaVu Sans Mono, the widest of its list.
    private const double FullLetter = 12.5 * 0.602;

    /// <summary>The width of a small letter in pixels.</summary>
    public const double SmallLetter = 10 * 0.602;

    /// <summary>The width of a letter of what a member must do, in pixels.</summary>
    public const double DemandLetter = 11 * 0.602;

    private const int LeastLetters = 4;
    private const double Margin = 6;

    /// <summary>Fits a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="width">The width of the box in pixels.</param>
    /// <param name="room">The free width behind it in pixels.</param>
    public static MapLabel Of(string name, double width, double room)
    {
        string shown = Printable.Escape(name);
        int length = Columns(shown);
        double inside = width - Margin;
        return length * FullLetter <= inside ? new MapLabel(LabelFit.Full, shown)
            : length * SmallLetter <= inside ? new MapLabel(LabelFit.Small, shown)
            : (length + 1) * SmallLetter <= room ? new MapLabel(LabelFit.Beside, shown)
            : (int)(inside / SmallLetter) is >= LeastLetters and var letters ? new MapLabel(LabelFit.Small, Cut(shown, letters))
            : new MapLabel(LabelFit.None, "");
    }

    /// <summary>The first and the last part of a text with a mark for what is between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">The most columns.</param>
    public static string Cut(string text, int most)
    {
        if (Columns(text) <= most)
        {
            return text;
        }

        Rune[] runes = [.. text.EnumerateRunes()];
        StringBuilder head = new();
        StringBuilder tail = new();
        int left = (most - 1) / 2;
        int right = most - 1 - left;
        for (int i = 0; i < runes.Length && left >= Columns(runes[i]); i++)
        {
            left -= Columns(runes[i]);
            head.Append(runes[i].ToString());
        }

        for (int i = runes.Length - 1; i >= 0 && right >= Columns(runes[i]); i--)
        {
            right -= Columns(runes[i]);
            tail.Insert(0, runes[i].ToString());
        }

        return $"{head}…{tail}";
    }

    /// <summary>The number of columns that a text takes in letters of one width.</summary>
    public static int Columns(string text) => text.EnumerateRunes().Sum(Columns);

    // Letters of East Asia and pictures are twice as wide; a mark on a letter takes at most one, and so does the mark of a cut.
    private static int Columns(Rune rune) => rune.Value is < 0x1100 or '…' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark ? 1 : 2;
}
