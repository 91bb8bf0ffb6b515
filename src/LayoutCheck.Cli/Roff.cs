using System.Text;

namespace LayoutCheck.Cli;

/// <summary>Writes the source of a manual page, in the macros of man(7): any text stands in it as it is, in lines of at most 78 characters.</summary>
internal sealed class Roff
{
    private const int MostColumns = 78;

    private readonly StringBuilder _text = new();

    // A heading begins a paragraph by itself.
    private bool _isBehindHeading;

    /// <summary>The first line of a page: the program, the section, the day, the version, the manual.</summary>
    public void Title(string name, string section, string date, string version, string manual)
        => _ = _text.Append($".TH {Escape(name)} {section} {date} \"{Escape(version)}\" \"{manual}\"\n");

    /// <summary>A macro with its arguments, each in quotes.</summary>
    public void Macro(string name, params string[] arguments)
        => _ = _text.Append('.').Append(name).Append(string.Concat(arguments.Select(a => a.Contains(' ', StringComparison.Ordinal) || a.Length == 0 ? $" \"{Escape(a)}\"" : $" {Escape(a)}"))).Append('\n');

    /// <summary>A heading.</summary>
    public void Section(string title)
    {
        Macro("SH", title);
        _isBehindHeading = true;
    }

    /// <summary>A heading below one.</summary>
    public void Subsection(string title)
    {
        Macro("SS", title);
        _isBehindHeading = true;
    }

    /// <summary>How a command is typed, on a line of its own.</summary>
    public void Synopsis(string name, string words)
    {
        Break("br");
        Macro("B", name);
        Text(words);
    }

    /// <summary>Paragraphs, with an empty line between; a line that is indented more than the others stands as it is.</summary>
    public void Paragraphs(string text)
    {
        string[] all = [.. text.Split("\n\n").Select(p => p.Trim('\n')).Where(p => p.Trim().Length > 0)];
        foreach (string paragraph in all)
        {
            foreach ((bool isLiteral, List<string> lines) in Runs(paragraph.Split('\n')))
            {
                if (isLiteral)
                {
                    Literal(string.Join('\n', lines));
                }
                else
                {
                    Break("PP");
                    Text(string.Join(' ', lines));
                }
            }
        }
    }

    /// <summary>Text that is filled.</summary>
    public void Text(string text)
    {
        _isBehindHeading = false;
        int column = 0;
        foreach (string word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string escaped = Escape(word);
            if (column > 0 && column + 1 + escaped.Length > MostColumns)
            {
                _ = _text.Append('\n');
                column = 0;
            }

            // A dot or a quote at the beginning of a line would be a macro.
            escaped = column == 0 && escaped[0] is '.' or '\'' ? @"\&" + escaped : escaped;
            _ = _text.Append(column > 0 ? " " : "").Append(escaped);
            column += escaped.Length + (column > 0 ? 1 : 0);
        }

        _ = _text.Append('\n');
    }

    /// <summary>A word with its explanation, which is indented.</summary>
    public void Term(string term, string text)
    {
        _isBehindHeading = false;
        Macro("TP");
        Macro("B", term);
        Text(text);
    }

    /// <summary>An option with its names, its value and its explanation.</summary>
    public void Option(string[] names, string value, string text)
    {
        _isBehindHeading = false;
        Macro("TP");
        _ = _text.Append(string.Join(", ", names.Select(n => $@"\fB{Escape(n)}\fR"))).Append(value.Length == 0 ? "" : $@" \fI{Escape(value.TrimStart())}\fR").Append('\n');
        Text(text);
    }

    /// <summary>Lines that stand as they are, less the blanks that all of them begin with.</summary>
    public void Literal(string lines)
    {
        string[] all = [.. lines.Split('\n').Where(l => l.Trim().Length > 0)];
        int blanks = all.Length == 0 ? 0 : all.Min(l => l.Length - l.TrimStart().Length);
        Break("PP");
        Macro("nf");
        Macro("RS", "4");
        foreach (string line in all)
        {
            string escaped = Escape(line[blanks..]);
            _ = _text.Append(escaped[0] is '.' or '\'' ? @"\&" : "").Append(escaped).Append('\n');
        }

        Macro("RE");
        Macro("fi");
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Break(string macro)
    {
        if (!_isBehindHeading)
        {
            Macro(macro);
        }

        _isBehindHeading = false;
    }

    private static IEnumerable<(bool IsLiteral, List<string> Lines)> Runs(string[] lines)
    {
        int blanks = lines.Min(l => l.Length - l.TrimStart().Length);
        List<string> run = [];
        bool isLiteral = false;
        foreach (string line in lines)
        {
            bool isIndented = line.Length - line.TrimStart().Length > blanks;
            if (isIndented != isLiteral && run.Count > 0)
            {
                yield return (isLiteral, run);
                run = [];
            }

            isLiteral = isIndented;
            run.Add(line);
        }

        yield return (isLiteral, run);
    }

    // What roff would read as something else than the character.
    private static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char c in text)
        {
            _ = escaped.Append(c switch
            {
                '\\' => @"\e",
                '-' => @"\-",
                '"' => @"\(dq",
                '\'' => @"\(aq",
                '`' => @"\(ga",
                '^' => @"\(ha",
                '~' => @"\(ti",
                _ => c.ToString(),
            });
        }

        return escaped.ToString();
    }
}
