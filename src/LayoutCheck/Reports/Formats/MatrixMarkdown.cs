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
        output.WriteLine(MarkdownText.Row(["release", "arch", .. report.Columns.Select(c => MarkdownText.Code(Printable.Escape(c.Text)))]));
        output.WriteLine(MarkdownText.Row(["---", "---", .. report.Columns.Select(c => c.Fact is MatrixFact.Offset or MatrixFact.Size ? "---:" : "---")]));
        for (int i = 0; i < labels.Length; i++)
        {
            MatrixRow row = report.Images[i];
            string[] cells = row.Problem is { } problem
                ? [$"cannot be read{Mark(problem)}", .. report.Columns.Skip(1).Select(_ => "")]
                : [.. report.Columns.Zip(row.Cells, (column, cell) => Cell(column, cell) + Mark(cell.Note))];
            output.WriteLine(MarkdownText.Row([MarkdownText.Code(labels[i]), MarkdownText.Code(MatrixCells.Machine(row)), .. cells]));
        }

        for (int i = 0; i < notes.Texts.Count; i++)
        {
            output.WriteLine($"{(i == 0 ? "\n" : "")}{i + 1}. {MarkdownText.Code(notes.Texts[i])}");
        }

        string Mark(string? note) => notes.MarkOf(note) is { Length: > 0 } mark ? $" \\[{mark.Trim(' ', '[', ']')}\\]" : "";
    }

    // Words of a few letters are plain; what comes from a file is code.
    private static string Cell(MatrixColumn column, MatrixCell cell)
    {
        string words = MatrixCells.Words(column, cell);
        return words.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or ':' or '?' or '/') || words == "-" ? words : MarkdownText.Code(words);
    }
}
