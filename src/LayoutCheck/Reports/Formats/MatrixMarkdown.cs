using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="MatrixReport"/> as a table of Markdown (GFM). Names from files are code, in which nothing but the bar and the fence has a meaning.</summary>
internal static class MatrixMarkdown
{
    /// <summary>Writes the report.</summary>
    public static void Write(MatrixReport report, TextWriter output)
    {
        MatrixNotes notes = new(report);
        string[] labels = MatrixCells.Labels(report.Images);
        Row(["release", "arch", .. report.Columns.Select(c => Code(Printable.Escape(c.Text)))], output);
        Row(["---", "---", .. report.Columns.Select(c => c.Fact is MatrixFact.Offset or MatrixFact.Size ? "---:" : "---")], output);
        for (int i = 0; i < labels.Length; i++)
        {
            MatrixRow row = report.Images[i];
            string[] cells = row.Problem is { } problem
                ? [$"cannot be read{Mark(problem)}", .. report.Columns.Skip(1).Select(_ => "")]
                : [.. report.Columns.Zip(row.Cells, (column, cell) => Cell(column, cell) + Mark(cell.Note))];
            Row([Code(labels[i]), Code(MatrixCells.Machine(row)), .. cells], output);
        }

        for (int i = 0; i < notes.Texts.Count; i++)
        {
            output.WriteLine($"{(i == 0 ? "\n" : "")}{i + 1}. {Code(notes.Texts[i], isInTable: false)}");
        }

        string Mark(string? note) => notes.MarkOf(note) is { Length: > 0 } mark ? $" \\[{mark.Trim(' ', '[', ']')}\\]" : "";
    }

    // Words of a few letters are plain; what comes from a file is code.
    private static string Cell(MatrixColumn column, MatrixCell cell)
    {
        string words = MatrixCells.Words(column, cell);
        return words.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or ':' or '?' or '/') || words == "-" ? words : Code(words);
    }

    private static void Row(string[] cells, TextWriter output) => output.WriteLine($"| {string.Join(" | ", cells)} |");

    // A fence is longer than any run of backticks within.
    private static string Code(string text, bool isInTable = true)
    {
        int longest = 0;
        int run = 0;
        foreach (char c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        string fence = new('`', longest + 1);
        string space = longest > 0 || text.Length == 0 ? " " : "";
        return $"{fence}{space}{(isInTable ? text.Replace("|", "\\|", StringComparison.Ordinal) : text)}{space}{fence}";
    }
}
