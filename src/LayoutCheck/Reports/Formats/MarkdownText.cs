using System.Text;
using System.Text.RegularExpressions;

namespace LayoutCheck.Reports.Formats;

/// <summary>Printable text in GitHub's Markdown: whatever a name consists of, it is shown as it is.</summary>
internal static partial class MarkdownText
{
    /// <summary>Text as prose. What a service would make a link or a mention of (<c>@16</c>, <c>#16</c>, an address) is set as code.</summary>
    public static string Prose(string text)
    {
        StringBuilder prose = new(text.Length + 16);
        foreach ((int index, string word) in text.Split(' ').Index())
        {
            string core = word.TrimEnd(',', ';', ':', '.');
            prose.Append(index > 0 ? " " : "").Append(core.Length > 0 && Linked().IsMatch(core) ? Code(core) + word[core.Length..] : Escape(word));
        }

        return prose.ToString();
    }

    /// <summary>The text of a rule as prose, in which what stands between backticks is code.</summary>
    public static string RuleText(string text)
    {
        string[] parts = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Split('`');

        // An even number of parts is an odd number of backticks: then they mean nothing.
        return parts.Length % 2 == 0 ? Prose(string.Join('`', parts)) : string.Concat(parts.Select((part, i) => i % 2 == 0 ? Prose(part) : Code(part)));
    }

    /// <summary>Text as code: between more backticks than it has in a row.</summary>
    public static string Code(string text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        string fence = new('`', 1 + Backticks().Matches(text).Select(m => m.Length).DefaultIfEmpty().Max());

        // A blank at both ends is taken off again.
        string pad = text[0] is '`' or ' ' || text[^1] is '`' or ' ' ? " " : "";
        return $"{fence}{pad}{text}{pad}{fence}";
    }

    /// <summary>A row of a table. Cells are Markdown already; bars in them do not end them, in code neither.</summary>
    public static string Row(params IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)))} |";

    // Every ASCII punctuation character may be escaped (CommonMark §2.4). Bars are those of tables, which Row escapes.
    private static string Escape(string word)
    {
        StringBuilder escaped = new(word.Length + 4);
        foreach (char c in word)
        {
            escaped.Append(c is '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '<' or '>' or '#' or '+' or '-' or '!' or '~' or '&' or '=' or '$' or '"' or '\'' ? "\\" : "").Append(c);
        }

        return escaped.ToString();
    }

    [GeneratedRegex("[@#|]|://|www\\.|^[0-9]+[.)]|GH-[0-9]|[0-9a-fA-F]{7}", RegexOptions.IgnoreCase)]
    private static partial Regex Linked();

    [GeneratedRegex("`+")]
    private static partial Regex Backticks();
}
