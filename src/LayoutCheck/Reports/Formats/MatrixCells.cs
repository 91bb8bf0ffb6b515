using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports.Formats;

/// <summary>The cells of a matrix in words, for all formats that people read; escaped.</summary>
internal static class MatrixCells
{
    /// <summary>A cell in full words: <c>head 8</c>, <c>no folio</c>, <c>VIOLATED</c>.</summary>
    /// <param name="column">The column.</param>
    /// <param name="cell">The cell.</param>
    public static string Words(MatrixColumn column, MatrixCell cell) => cell.State switch
    {
        CellState.Absent => "-",
        CellState.NoType => $"no {Printable.Escape(column.Type.Name)}",
        CellState.Unknown => "?",
        _ => Told(column, cell),
    };

    /// <summary>The label of each row: its release, else its file's name; with more of the path where two rows would be alike.</summary>
    /// <param name="rows">The rows.</param>
    public static string[] Labels(IReadOnlyList<MatrixRow> rows)
    {
        string[] labels = [.. rows.Select(Label)];
        Tell(row => $"{Label(row)} {Path.GetFileName(row.Path)}", row => row.Release is not null);
        Tell(row => row.Release is null ? row.Path : $"{row.Release} {row.Path}", _ => true);
        return [.. labels.Select(Printable.Escape)];

        void Tell(Func<MatrixRow, string> better, Func<MatrixRow, bool> isBetter)
        {
            HashSet<(string, string?, int?)> twice = [.. rows.Select((row, i) => Key(i)).GroupBy(key => key).Where(g => g.Skip(1).Any()).Select(g => g.Key)];
            for (int i = 0; i < rows.Count; i++)
            {
                if (twice.Contains((labels[i], rows[i].Machine, rows[i].Bits)) && isBetter(rows[i]))
                {
                    labels[i] = better(rows[i]);
                }
            }
        }

        (string, string?, int?) Key(int i) => (labels[i], rows[i].Machine, rows[i].Bits);
    }

    /// <summary>The machine, and the size of its addresses where its name does not tell: <c>x86-64</c>, <c>s390 64</c>; <c>64 bit</c> without a machine.</summary>
    public static string Machine(MatrixRow row)
    {
        if (row.Machine is not { } machine)
        {
            return row.Bits is { } alone ? $"{alone} bit" : "?";
        }

        bool isOfBoth = machine is "mips" or "riscv" or "sparc" or "s390" or "loongarch" or "parisc";
        int usual = machine.Contains("64", StringComparison.Ordinal) || machine == "alpha" ? 64 : 32;
        return Printable.Escape(isOfBoth || row.Bits != usual ? $"{machine} {row.Bits}" : machine);
    }

    private static string Label(MatrixRow row) => row.Release ?? (Path.GetFileName(row.Path) is { Length: > 0 } name ? name : row.Path);

    private static string Told(MatrixColumn column, MatrixCell cell)
    {
        string words = column.Fact switch
        {
            MatrixFact.Type => Printable.Escape(cell.Type ?? ""),
            MatrixFact.Exists => cell.Value == 0 ? "no" : "yes",
            MatrixFact.Rule => cell.Outcome switch
            {
                Outcome.Violated => "VIOLATED",
                Outcome.NotApplicable => "n/a",
                Outcome.Warning => "warning",
                _ => "holds",
            },
            _ => MatrixNumbers.Of(column.Fact, cell),
        };
        return column.Members.Length > 1 && cell.Member is { } member ? $"{column.ShortNameOf(member)} {words}" : words;
    }
}
