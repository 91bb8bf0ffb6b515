using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The remarks below a matrix, numbered in the order of the rows; equal ones share a number.</summary>
internal sealed class MatrixNotes
{
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public MatrixNotes(MatrixReport report)
    {
        foreach (string note in report.Images.SelectMany(row => row.Cells.Select(c => c.Note).Append(row.Problem)).OfType<string>())
        {
            if (_numbers.TryAdd(note, _texts.Count + 1))
            {
                _texts.Add(Printable.Escape(note));
            }
        }
    }

    /// <summary>The remarks, escaped; the first has the number 1.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The mark that a cell ends with: <c> [1]</c>; nothing without a remark.</summary>
    public string MarkOf(string? note) => note is null ? "" : $" [{NumberOf(note)}]";

    /// <summary>The number of a remark.</summary>
    public int NumberOf(string note) => _numbers[note];
}
