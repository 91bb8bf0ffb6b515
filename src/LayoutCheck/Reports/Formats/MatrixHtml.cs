using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="MatrixReport"/> as a page: the table, and below it the remarks that its cells lead to.</summary>
internal static class MatrixHtml
{
    /// <summary>Writes the page.</summary>
    public static void Write(MatrixReport report, Stream output)
    {
        MatrixNotes notes = new(report);
        string[] labels = MatrixCells.Labels(report.Images);
        string images = Printable.Count((ulong)report.Images.Length, "image");
        using HtmlPage page = new(output, $"Layouts of {images}");
        int lost = report.Images.Count(r => r.Problem is not null);
        int unknown = report.Images.SelectMany(r => r.Cells).Count(c => c.State == CellState.Unknown);
        page.Html.Element("p", $"{Printable.Count((ulong)report.Columns.Length, "fact")} of each of {images}; {lost} cannot be read, {Printable.Count((ulong)unknown, "cell")} cannot be told. "
            + "Places and sizes are in bytes; - is a type without the member, ? what cannot be told.");
        page.Table($"Facts of {images}", ["release", "arch", .. report.Columns.Select(c => c.Text)], labels.Select((label, i) => Row(report, report.Images[i], label, notes)));
        if (notes.Texts.Count == 0)
        {
            return;
        }

        page.Html.Element("h2", "Remarks").Start("ol");
        for (int i = 0; i < notes.Texts.Count; i++)
        {
            page.Html.Element("li", notes.Texts[i], ("id", IdOf(i + 1)));
        }

        page.Html.EndLine();
    }

    private static List<HtmlCell> Row(MatrixReport report, MatrixRow row, string label, MatrixNotes notes)
    {
        List<HtmlCell> cells = [new HtmlCell(label, "code"), MatrixCells.Machine(row)];
        if (row.Problem is { } problem)
        {
            cells.Add(new HtmlCell($"cannot be read{notes.MarkOf(problem)}", "bad", IdOf(notes.NumberOf(problem))));
            cells.AddRange(Enumerable.Repeat<HtmlCell>("", report.Columns.Length - 1));
            return cells;
        }

        foreach ((MatrixColumn column, MatrixCell cell) in report.Columns.Zip(row.Cells))
        {
            string? kind = cell.State == CellState.Unknown ? "open"
                : cell.Outcome is { } outcome ? KindOf(outcome)
                : column.Fact is MatrixFact.Offset or MatrixFact.Size ? "number"
                : column.Fact == MatrixFact.Type ? "code" : null;
            cells.Add(new HtmlCell(MatrixCells.Words(column, cell) + notes.MarkOf(cell.Note), kind, cell.Note is { } note ? IdOf(notes.NumberOf(note)) : null));
        }

        return cells;
    }

    private static string KindOf(Outcome outcome) => outcome switch
    {
        Outcome.Holds => "good",
        Outcome.Violated => "bad",
        Outcome.NotApplicable => "none",
        _ => "open",
    };

    private static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"remark-{number}");
}
