using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// <see cref="MatrixReport"/> as tab-separated values: a head line, and a line an image. A column with several members has a second one for the member that
/// answers. A cell is a number of bytes, <c>-</c> without the member, <c>no TYPE</c> without the type, <c>?</c> where it cannot be told; the last column says why.
/// </summary>
internal static class MatrixTsv
{
    /// <summary>Writes the report.</summary>
    public static void Write(MatrixReport report, TextWriter output)
    {
        Row(["path", "release", "machine", "bits", .. report.Columns.SelectMany(Titles), "notes"], output);
        foreach (MatrixRow row in report.Images)
        {
            IEnumerable<string> notes = row.Cells.Select(c => c.Note).Prepend(row.Problem).OfType<string>().Distinct();
            IEnumerable<string> cells = row.Problem is null ? report.Columns.Zip(row.Cells, Cells).SelectMany(c => c) : report.Columns.SelectMany(c => Titles(c).Select(_ => "?"));
            Row([row.Path, row.Release ?? "", row.Machine ?? "", row.Bits is { } bits ? $"{bits}" : "", .. cells, string.Join("; ", notes)], output);
        }
    }

    private static string[] Titles(MatrixColumn column) => column.Members.Length > 1 ? [column.Text, $"member of {column.Text}"] : [column.Text];

    private static string[] Cells(MatrixColumn column, MatrixCell cell)
    {
        // The member has a column of its own.
        string words = MatrixCells.Words(column with { Members = [] }, cell);
        return column.Members.Length > 1 ? [words, cell.Member ?? ""] : [words];
    }

    // Escaped, a tab or a newline in a name cannot end its cell.
    private static void Row(string[] cells, TextWriter output) => output.WriteLine(string.Join('\t', cells.Select(Printable.Escape)));
}
