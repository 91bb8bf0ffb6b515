using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Writes markup that is HTML and XML alike. Element and attribute names are the program's own words; every text and every value goes through one escape, so
/// that a name out of a file stays text.
/// </summary>
/// <param name="output">The result; not closed.</param>
internal sealed class HtmlWriter(TextWriter output)
{
    private readonly Stack<string> _open = new();

    /// <summary>Starts an element; <see cref="End"/> ends it.</summary>
    /// <param name="element">Its name.</param>
    /// <param name="attributes">Its attributes; those without a value (null) are left out.</param>
    public HtmlWriter Start(string element, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        WriteTag(element, attributes);
        output.Write('>');
        _open.Push(element);
        return this;
    }

    /// <summary>Ends the innermost open element.</summary>
    public HtmlWriter End()
    {
        output.Write("</");
        output.Write(_open.Pop());
        output.Write('>');
        return this;
    }

    /// <summary>Ends the innermost open element, and the line: for people who read the source.</summary>
    public HtmlWriter EndLine()
    {
        End();
        output.Write('\n');
        return this;
    }

    /// <summary>Writes text.</summary>
    public HtmlWriter Text(string text)
    {
        WriteEscaped(Printable.Escape(text));
        return this;
    }

    /// <summary>Writes an element that has text alone.</summary>
    public HtmlWriter Element(string element, string text, params ReadOnlySpan<(string Name, string? Value)> attributes) => Start(element, attributes).Text(text).End();

    /// <summary>Writes an element without content: one that HTML ends by itself (<c>meta</c>, <c>br</c>), or one of SVG.</summary>
    public HtmlWriter Empty(string element, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        WriteTag(element, attributes);
        output.Write("/>");
        return this;
    }

    /// <summary>Writes a style sheet: a constant of the program, in which no character needs an escape.</summary>
    public HtmlWriter Style(string sheet)
    {
        Start("style");
        output.Write(sheet.AsSpan().ContainsAny('<', '&') ? throw new ArgumentException("a style sheet has no markup", nameof(sheet)) : sheet);
        return EndLine();
    }

    private void WriteTag(string element, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        output.Write('<');
        output.Write(element);
        foreach ((string name, string? value) in attributes)
        {
            if (value is not null)
            {
                output.Write(' ');
                output.Write(name);
                output.Write("=\"");
                WriteEscaped(Printable.Escape(value));
                output.Write('"');
            }
        }
    }

    private void WriteEscaped(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (rest.IndexOfAny("<>&\"'") is >= 0 and var at)
        {
            output.Write(rest[..at]);
            output.Write(rest[at] switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                _ => "&#39;",
            });
            rest = rest[(at + 1)..];
        }

        output.Write(rest);
    }
}
