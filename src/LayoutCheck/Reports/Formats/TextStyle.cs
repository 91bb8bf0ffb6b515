namespace LayoutCheck.Reports.Formats;

/// <summary>The amount of text in a check's report.</summary>
public enum Verbosity
{
    /// <summary>The verdict, the problems, and what the verdict rests on in a line each.</summary>
    Normal,

    /// <summary>The headline and the violations.</summary>
    Quiet,

    /// <summary>Every rule, definition and fact.</summary>
    Full,
}

/// <summary>The form of text for people.</summary>
/// <param name="IsColoured">Whether colour is written; without it, nothing but the text is (a pipe, NO_COLOR).</param>
/// <param name="Width">The number of columns that lines fold to; 0 for no folding.</param>
/// <param name="Verbosity">The amount of text.</param>
public readonly record struct TextStyle(bool IsColoured = false, int Width = 0, Verbosity Verbosity = Verbosity.Normal)
{
    private const int LeastColumns = 20;

    /// <summary>Good news.</summary>
    public string Good(string text) => Paint(text, "32");

    /// <summary>Bad news.</summary>
    public string Bad(string text) => Paint(text, "1;31");

    /// <summary>News that need a second look.</summary>
    public string Warning(string text) => Paint(text, "33");

    /// <summary>Background.</summary>
    public string Dim(string text) => Paint(text, "2");

    /// <summary>Headings.</summary>
    public string Bold(string text) => Paint(text, "1");

    /// <summary>Breaks text at spaces into lines that fit the width. A word that is longer than the width has a line of its own, whole.</summary>
    /// <param name="text">The text, without colour.</param>
    /// <param name="indent">The number of spaces before each line but the first.</param>
    /// <param name="start">The number of columns that are taken in the first line.</param>
    public IEnumerable<string> Fold(string text, int indent, int start = 0)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Width == 0 ? [text] : Lines(text, indent, start, Math.Max(Width, indent + LeastColumns));
    }

    private static IEnumerable<string> Lines(string text, int indent, int start, int width)
    {
        int from = 0;
        string prefix = "";
        while (text.Length - from > width - start - prefix.Length)
        {
            int room = width - start - prefix.Length;
            int space = text.LastIndexOf(' ', Math.Min(from + Math.Max(room, 0), text.Length - 1), Math.Min(from + Math.Max(room, 0), text.Length - 1) - from + 1);
            if (space <= from)
            {
                space = text.IndexOf(' ', from + 1);
                if (space < 0)
                {
                    break;
                }
            }

            yield return prefix + text[from..space].TrimEnd(' ');
            from = space + 1;
            prefix = new string(' ', indent);
            start = 0;
        }

        yield return prefix + text[from..];
    }

    private string Paint(string text, string code) => IsColoured ? $"\e[{code}m{text}\e[0m" : text;
}
