using System.Collections.Immutable;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>Cells of a matrix as <see cref="LayoutFact"/>, which a record of an image keeps, and back.</summary>
internal static class MatrixFacts
{
    private const string Offset = "offset";
    private const string Size = "size";
    private const string Exists = "exists";

    /// <summary>
    /// The facts that cells tell. Of a member that answers, those before it in the column do not exist; what cannot be told has no fact. Cells of types of members
    /// and of rules have none.
    /// </summary>
    /// <param name="columns">The columns.</param>
    /// <param name="cells">A cell for each column.</param>
    public static ImmutableArray<LayoutFact> Of(ImmutableArray<MatrixColumn> columns, ImmutableArray<MatrixCell> cells)
        => [.. columns.Zip(cells).SelectMany(pair => Of(pair.First, pair.Second)).Distinct()];

    /// <summary>The cell of a column by the facts of a record.</summary>
    /// <param name="column">The column.</param>
    /// <param name="facts">The facts.</param>
    /// <param name="outcomeOf">The outcome of a rule by its id, or null where the record has none.</param>
    public static MatrixCell CellOf(MatrixColumn column, IReadOnlyCollection<LayoutFact> facts, Func<string, Outcome?> outcomeOf)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(outcomeOf);
        if (column.Rule is { } rule)
        {
            return outcomeOf(rule.Id) is { } outcome and not Outcome.Undecided ? new MatrixCell(CellState.Told) { Outcome = outcome } : MatrixCell.Unknown($"the record has no decision of {rule.Id}");
        }

        LayoutFact[] ofType = [.. facts.Where(f => IsOf(f.Type, column.Type))];
        if (Array.Exists(ofType, f => f is { Member: null, What: Exists, Value: 0 }))
        {
            return column.Fact == MatrixFact.Exists ? new MatrixCell(CellState.Told) { Value = 0 } : new MatrixCell(CellState.NoType);
        }

        foreach (string? member in column.Members.IsEmpty ? [null] : column.Members.Cast<string?>())
        {
            string what = column.Fact == MatrixFact.Size ? Size : Offset;
            if (column.Fact is MatrixFact.Offset or MatrixFact.Size && Array.Find(ofType, f => f.Member == member && f.What == what) is { } told)
            {
                return new MatrixCell(CellState.Told) { Member = member, Value = told.Value, Bits = told.Bits, IsBitField = told.Bits % 8 != 0 };
            }

            if (column.Fact == MatrixFact.Exists && Array.Exists(ofType, f => f.Member == member && (f.What is Offset or Size || f is { What: Exists, Value: 1 })))
            {
                return new MatrixCell(CellState.Told) { Member = member, Value = 1 };
            }

            if (!Array.Exists(ofType, f => f.Member == member && f is { What: Exists, Value: 0 }))
            {
                return MatrixCell.Unknown($"the record does not tell {column.Text}: make it again, or ask the image");
            }
        }

        return column.Fact == MatrixFact.Exists ? new MatrixCell(CellState.Told) { Value = 0 } : new MatrixCell(CellState.Absent);
    }

    private static IEnumerable<LayoutFact> Of(MatrixColumn column, MatrixCell cell)
    {
        string type = column.Type.ToString();
        if (column.Fact is MatrixFact.Type or MatrixFact.Rule || cell.State == CellState.Unknown)
        {
            yield break;
        }

        if (cell.State == CellState.NoType)
        {
            yield return new LayoutFact(type, null, Exists, null, 0);
            yield break;
        }

        foreach (string member in column.Members)
        {
            if (member == cell.Member)
            {
                break;
            }

            yield return new LayoutFact(type, member, Exists, null, 0);
        }

        if (cell.State == CellState.Told && (column.Members.IsEmpty || cell.Member is not null))
        {
            string what = column.Fact switch
            {
                MatrixFact.Offset => Offset,
                MatrixFact.Size => Size,
                _ => Exists,
            };
            yield return new LayoutFact(type, cell.Member, what, cell.Bits, cell.Value ?? 0);
        }
    }

    // `page` stands for a struct, a union or a typedef.
    private static bool IsOf(string spelling, TypeName type) => spelling == type.ToString() || (type.Kind == TypeNameKind.Any && TypeName.Parse(spelling).Name == type.Name);
}
