using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// A page of HTML in one file: no script, no request, light and dark, narrow screens and paper. The head forbids the browser all that is not in the file.
/// </summary>
internal sealed class HtmlPage : IDisposable
{
    private readonly StreamWriter _writer;

    /// <summary>Starts a page.</summary>
    /// <param name="output">The stream; not closed.</param>
    /// <param name="title">The title, which is the heading too.</param>
    public HtmlPage(Stream output, string title)
    {
        _writer = new StreamWriter(output, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
        _writer.Write("<!DOCTYPE html>\n");
        Html = new HtmlWriter(_writer);
        Html.Start("html", ("lang", "en"), ("xmlns", "http://www.w3.org/1999/xhtml")).Start("head");
        Html.Empty("meta", ("charset", "utf-8"));
        Html.Empty("meta", ("http-equiv", "Content-Security-Policy"), ("content", "default-src 'none'; style-src 'unsafe-inline'"));
        Html.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        Html.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
        Html.Empty("meta", ("name", "generator"), ("content", $"layoutcheck {RunInfo.LibraryVersion}"));
        Html.Element("title", Printable.Shorten(title, MostOfTitle)).Style(HtmlStyle.Page).EndLine();
        Html.Start("body").Start("main").Element("h1", title);
    }

    // A window's title bar shows less.
    private const int MostOfTitle = 200;

    /// <summary>The writer of the page's body.</summary>
    public HtmlWriter Html { get; }

    /// <summary>Writes the verdict in a frame, with a sentence beside it.</summary>
    /// <param name="code">The outcome.</param>
    /// <param name="sentence">The sentence.</param>
    public void Verdict(ExitCode code, string sentence)
    {
        Html.Start("p", ("class", "verdict"));
        Badge(WordOf(code), ClassOf(code));
        Html.Text(" " + sentence).EndLine();
    }

    /// <summary>Writes a word in a frame of its colour.</summary>
    /// <param name="word">The word, which says what the colour says.</param>
    /// <param name="kind">A class of the style sheet: <c>good</c>, <c>bad</c>, <c>open</c>, <c>none</c>.</param>
    public void Badge(string word, string kind) => Html.Element("strong", word, ("class", $"badge {kind}"));

    /// <summary>Starts a part of the page under a heading; <see cref="HtmlWriter.End"/> ends it.</summary>
    public void StartSection(string heading, string? kind = null) => Html.Start("section", ("class", kind)).Element("h2", heading);

    /// <summary>Writes a table in a box that scrolls by itself where it is wider than the screen. The first cell of each row is its heading.</summary>
    /// <param name="caption">What the table has; no two of a page alike.</param>
    /// <param name="columns">The headings of the columns.</param>
    /// <param name="rows">The cells of each row.</param>
    /// <param name="kind">A class of the style sheet for the whole table, or null.</param>
    public void Table(string caption, ReadOnlySpan<string> columns, IEnumerable<IReadOnlyList<HtmlCell>> rows, string? kind = null)
    {
        Html.Start("div", ("class", "scroll"), ("tabindex", "0"), ("role", "group"), ("aria-label", caption)).Start("table", ("class", kind)).Element("caption", caption).Start("thead").Start("tr");
        foreach (string column in columns)
        {
            Html.Element("th", column, ("scope", "col"));
        }

        Html.End().End().Start("tbody");
        foreach (IReadOnlyList<HtmlCell> row in rows)
        {
            Html.Start("tr");
            for (int i = 0; i < row.Count; i++)
            {
                HtmlCell cell = row[i];
                Html.Start(i == 0 ? "th" : "td", ("scope", i == 0 ? "row" : null), ("class", cell.Kind));
                if (cell.Target is { } target)
                {
                    Html.Element("a", cell.Text, ("href", "#" + target));
                }
                else
                {
                    Html.Text(cell.Text);
                }

                Html.End();
            }

            Html.EndLine();
        }

        Html.End().End().EndLine();
    }

    /// <summary>Writes a list of terms and what is said of each.</summary>
    public void Facts(IEnumerable<(string Label, string Words)> facts)
    {
        Html.Start("dl");
        foreach ((string label, string words) in facts)
        {
            Html.Element("dt", label).Element("dd", words);
        }

        Html.EndLine();
    }

    /// <summary>Ends the page.</summary>
    public void Dispose()
    {
        Html.End().End().EndLine();
        _writer.Dispose();
    }

    /// <summary>The class of the style sheet for an outcome.</summary>
    public static string ClassOf(ExitCode code) => code switch
    {
        ExitCode.Holds => "good",
        ExitCode.Violated or ExitCode.Unreadable => "bad",
        _ => "open",
    };

    /// <summary>An outcome in a word.</summary>
    public static string WordOf(ExitCode code) => code switch
    {
        ExitCode.Holds => "HOLDS",
        ExitCode.Violated => "VIOLATED",
        ExitCode.Unreadable => "UNREADABLE",
        _ => "UNDECIDED",
    };
}

/// <summary>A cell of a table.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Kind">A class of the style sheet: <c>code</c>, <c>number</c>, <c>good</c>, <c>bad</c>, <c>open</c>; or null.</param>
/// <param name="Target">The id in the page that it leads to, or null.</param>
internal readonly record struct HtmlCell(string Text, string? Kind = null, string? Target = null)
{
    public static implicit operator HtmlCell(string text) => new(text);
}
