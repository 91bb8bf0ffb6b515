namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="MatrixReport"/> as text: a line an image. Columns that do not fit the width go on in a further table.</summary>
internal sealed class MatrixText
{
    // Of a name of a release or a file, so much is on one line where the table is too wide.
    private const int LeastLabel = 20;
    private const int ColumnsOfArch = 2;

    private readonly MatrixReport _report;
    private readonly FoldedText _text;
    private readonly MatrixNotes _notes;
    private readonly string[] _labels;
    private readonly string[] _machines;
    private readonly string[][] _cells;
    private readonly (string First, string Second)[] _titles;
    private readonly int[] _widths;

    private MatrixText(MatrixReport report, FoldedText text)
    {
        _report = report;
        _text = text;
        _notes = new MatrixNotes(report);
        _labels = MatrixCells.Labels(report.Images);
        _machines = [.. report.Images.Select(MatrixCells.Machine)];
        _cells = [.. report.Images.Select(row => report.Columns.Zip(row.Cells, (column, cell) => Words(column, cell) + _notes.MarkOf(cell.Note)).ToArray())];
        _titles = [.. report.Columns.Select(TitleOf)];
        _widths = [.. _titles.Select((title, i) => _cells.Where(c => c.Length > 0).Select(c => c[i].Length).Append(title.First.Length).Append(title.Second.Length).Max())];
    }

    /// <summary>Writes the report.</summary>
    public static void Write(MatrixReport report, TextStyle style, TextWriter output) => new MatrixText(report, new FoldedText(output, style)).Write();

    // A type that is missing is as narrow as a member that is: the line below the table tells them apart.
    private static string Words(MatrixColumn column, MatrixCell cell) => cell.State == CellState.NoType ? "--" : MatrixCells.Words(column, cell);

    private static (string First, string Second) TitleOf(MatrixColumn column)
    {
        string type = Core.Printable.Escape(column.Type.ToString());
        string members = column.CommonName is { Length: > 0 } common ? common.Trim('_') : string.Join('|', column.Members);
        return column.Title is { } title ? title
            : column.Rule is { } rule ? ("rule", rule.Id)
            : column.Fact == MatrixFact.Offset ? (type, members)
            : (column.Fact == MatrixFact.Exists ? "exists" : $"{column.Kind}of", members.Length == 0 ? type : $"{type}.{members}");
    }

    private void Write()
    {
        int label = _labels.Append("release").Max(l => l.Length);
        int machine = _machines.Append("arch").Max(m => m.Length);
        int width = _text.Style.Width;
        int rest = ColumnsOfArch + machine + _widths.Sum();
        int gap = 2;
        if (width > 0 && label + rest + (gap * _widths.Length) > width)
        {
            // One table is better than two: with narrow gaps, or else with names on two lines.
            int room = width - rest - _widths.Length;
            gap = room >= Math.Min(label, LeastLabel) ? 1 : 2;
            label = Math.Min(label, gap == 1 ? room : Math.Max(LeastLabel, width / 2));
        }

        for (int from = 0; from < _widths.Length;)
        {
            int to = from + 1;
            int used = label + ColumnsOfArch + machine + _widths[from] + gap;
            while (to < _widths.Length && (width == 0 || used + _widths[to] + gap <= width))
            {
                used += _widths[to++] + gap;
            }

            if (from > 0)
            {
                _text.Gap();
            }

            WriteTable(from..to, label, machine, gap);
            from = to;
        }

        WriteNotes();
    }

    private void WriteTable(Range columns, int label, int machine, int gap)
    {
        string space = new(' ', gap);
        string first = $"{new string(' ', label + ColumnsOfArch + machine)}{string.Concat(Enumerable.Range(0, _widths.Length).Take(columns).Select(i => space + Pad(i, _titles[i].First)))}";
        string second = $"{"release".PadRight(label + ColumnsOfArch)}{"arch".PadRight(machine)}{string.Concat(Enumerable.Range(0, _widths.Length).Take(columns).Select(i => space + Pad(i, _titles[i].Second)))}";
        Line(first, _text.Style.Bold);
        Line(second, _text.Style.Bold);
        for (int row = 0; row < _labels.Length; row++)
        {
            string[] parts = Parts(_labels[row], label);
            string head = parts[0].PadRight(label + ColumnsOfArch);
            if (_report.Images[row].Problem is { } problem)
            {
                _text.Output.WriteLine(head + _text.Style.Warning($"cannot be read{_notes.MarkOf(problem)}"));
            }
            else
            {
                string cells = string.Concat(Enumerable.Range(0, _widths.Length).Take(columns).Select(i => space + Painted(row, i)));
                _text.Output.WriteLine(_text.Style.IsColoured ? head + _machines[row].PadRight(machine) + cells : (head + _machines[row].PadRight(machine) + cells).TrimEnd());
            }

            foreach (string part in parts.Skip(1))
            {
                _text.Output.WriteLine($"  {part}");
            }
        }
    }

    private void WriteNotes()
    {
        List<string> signs = [];
        IEnumerable<MatrixCell> cells = _report.Images.SelectMany(r => r.Cells);
        if (cells.Any(c => c.State == CellState.Absent))
        {
            signs.Add("- no such member");
        }

        if (cells.Any(c => c.State == CellState.NoType))
        {
            signs.Add("-- no such type");
        }

        if (cells.Any(c => c.State == CellState.Unknown))
        {
            signs.Add("? cannot be told");
        }

        if (signs.Count + _notes.Texts.Count > 0)
        {
            _text.Gap();
        }

        if (signs.Count > 0)
        {
            _text.Line(string.Join("; ", signs));
        }

        for (int i = 0; i < _notes.Texts.Count; i++)
        {
            _text.Line($"[{i + 1}] {_notes.Texts[i]}");
        }
    }

    private string Painted(int row, int column)
    {
        MatrixCell cell = _report.Images[row].Cells[column];
        string padded = Pad(column, _cells[row][column]);
        return cell.State == CellState.Unknown ? _text.Style.Warning(padded) : cell.Outcome == Rules.Outcome.Violated ? _text.Style.Bad(padded) : padded;
    }

    // Numbers are below each other; words begin where the column does.
    private string Pad(int column, string words)
        => _report.Columns[column].Fact is MatrixFact.Offset or MatrixFact.Size ? words.PadLeft(_widths[column]) : words.PadRight(_widths[column]);

    private void Line(string line, Func<string, string> paint) => _text.Output.WriteLine(paint(line.TrimEnd()));

    // A name is broken behind a sign that separates words in it, or where it must be.
    private static string[] Parts(string label, int width)
    {
        List<string> parts = [];
        int room = width;
        while (label.Length > room)
        {
            int sign = label.LastIndexOfAny(['-', '+', '_', '.', ' ', '/'], room - 1);
            int length = sign > room / 2 ? sign + 1 : room;
            parts.Add(label[..length]);
            label = label[length..];
            room = Math.Max(1, width - 2);
        }

        return [.. parts, label];
    }
}
