using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>The numbers of cells as words.</summary>
internal static class MatrixNumbers
{
    /// <summary>A place or a size in bytes; of a bit-field, a place is <c>byte:bit</c> and a size is in bits.</summary>
    /// <param name="fact">The kind of fact.</param>
    /// <param name="cell">A cell with a number.</param>
    public static string Of(MatrixFact fact, MatrixCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        bool isOfBits = cell.Bits is { } known && (cell.IsBitField || known % 8 != 0);
        return !isOfBits ? string.Create(CultureInfo.InvariantCulture, $"{cell.Value}")
            : fact == MatrixFact.Size ? Printable.Count(cell.Bits ?? 0, "bit")
            : string.Create(CultureInfo.InvariantCulture, $"{cell.Bits / 8}:{cell.Bits % 8}");
    }
}
