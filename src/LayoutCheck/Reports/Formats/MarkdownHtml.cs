namespace LayoutCheck.Reports.Formats;

/// <summary>The Markdown of rules as HTML: paragraphs, lists, blocks and spans of code. What it does not know stays text.</summary>
internal static class MarkdownHtml
{
    // Rules have a dozen blocks; what a file has beyond is no help for people.
    private const int MostBlocks = 60;

    /// <summary>Writes a text.</summary>
    public static void Write(string markdown, HtmlWriter html)
    {
        List<string> block = [];
        int blocks = 0;
        bool isFenced = false;
        foreach (string line in markdown.Split('\n').Append(""))
        {
            bool isFence = line.StartsWith("```", StringComparison.Ordinal);
            if ((isFence || (!isFenced && line.Trim().Length == 0)) && block.Count > 0)
            {
                if (++blocks > MostBlocks)
                {
                    return;
                }

                WriteBlock(block, isFenced, html);
                block.Clear();
            }

            isFenced ^= isFence;
            if (!isFence && (isFenced || line.Trim().Length > 0))
            {
                block.Add(line.TrimEnd('\r'));
            }
        }
    }

    /// <summary>Writes a line with spans of code.</summary>
    public static void WriteSpans(string line, HtmlWriter html)
    {
        string[] parts = line.Split('`');
        for (int i = 0; i < parts.Length; i++)
        {
            // A backtick without its other is one.
            bool isCode = i % 2 == 1 && i < parts.Length - 1;
            if (isCode)
            {
                html.Element("code", parts[i]);
            }
            else if (parts[i].Length > 0 || i % 2 == 1)
            {
                html.Text(i % 2 == 1 ? "`" + parts[i] : parts[i]);
            }
        }
    }

    private static void WriteBlock(List<string> lines, bool isFenced, HtmlWriter html)
    {
        if (isFenced || lines.TrueForAll(l => l.StartsWith("    ", StringComparison.Ordinal)))
        {
            int indent = isFenced ? 0 : 4;
            html.Start("pre", ("tabindex", "0"));
            for (int i = 0; i < lines.Count; i++)
            {
                html.Text(lines[i][indent..]);
                if (i < lines.Count - 1)
                {
                    html.Empty("br");
                }
            }

            html.EndLine();
            return;
        }

        if (!IsItem(lines[0]))
        {
            html.Start("p");
            WriteSpans(string.Join(' ', lines.Select(l => l.Trim())), html);
            html.EndLine();
            return;
        }

        html.Start("ul");
        for (int i = 0; i < lines.Count;)
        {
            int next = i + 1;
            while (next < lines.Count && !IsItem(lines[next]))
            {
                next++;
            }

            html.Start("li");
            WriteSpans(string.Join(' ', lines.Skip(i).Take(next - i).Select(l => l.Trim()))[2..], html);
            html.End();
            i = next;
        }

        html.EndLine();
    }

    private static bool IsItem(string line) => line.StartsWith("- ", StringComparison.Ordinal) || line.StartsWith("* ", StringComparison.Ordinal);
}
