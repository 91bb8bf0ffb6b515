using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;

namespace LayoutCheck.Reports;

/// <summary>Facts of many images: a row an image, a column a fact.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Images">The rows, with a cell for each column; without any where the image cannot be read.</param>
public sealed record MatrixReport(ImmutableArray<MatrixColumn> Columns, ImmutableArray<MatrixRow> Images) : Report
{
    /// <inheritdoc/>
    public override string Name => "matrix";

    /// <summary>Unreadable where an image cannot be read, then undecided where a cell cannot be told. What a cell says is no verdict.</summary>
    public override ExitCode ExitCode => Images.Any(i => i.Problem is not null) ? ExitCode.Unreadable
        : Images.SelectMany(i => i.Cells).Any(c => c.State == CellState.Unknown) ? ExitCode.Undecided
        : ExitCode.Holds;
}

/// <summary>The facts of one image.</summary>
/// <param name="Path">The image as the user named it.</param>
/// <param name="Cells">A cell for each column; empty where the image cannot be read.</param>
public sealed record MatrixRow(string Path, ImmutableArray<MatrixCell> Cells)
{
    /// <summary>The kernel release, or null where the image does not tell it.</summary>
    public string? Release { get; init; }

    /// <summary>The machine by its common name; null where there is no ELF (raw BTF).</summary>
    public string? Machine { get; init; }

    /// <summary>The size of an address in bits; null where the image cannot be read.</summary>
    public int? Bits { get; init; }

    /// <summary>The build id in hexadecimal, or null.</summary>
    public string? BuildId { get; init; }

    /// <summary>Why the image cannot be read, in one line; null where it can be.</summary>
    public string? Problem { get; init; }

    /// <summary>A row without an answer.</summary>
    /// <param name="path">The image as the user named it.</param>
    /// <param name="error">The reason.</param>
    public static MatrixRow Unreadable(string path, InvalidImageException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new MatrixRow(path, []) { Problem = error.Message };
    }
}

/// <summary>What is known of a fact.</summary>
public enum CellState
{
    /// <summary>It is told.</summary>
    Told,

    /// <summary>The type has no such member.</summary>
    Absent,

    /// <summary>The image defines no such type.</summary>
    NoType,

    /// <summary>It cannot be told; the note says why.</summary>
    Unknown,
}

/// <summary>One fact of one image.</summary>
/// <param name="State">What is known of it.</param>
public sealed record MatrixCell(CellState State)
{
    /// <summary>Of several members, the one that answers; null where none does, and where the fact is of a type or a rule.</summary>
    public string? Member { get; init; }

    /// <summary>The number: bytes of an offset or a size (rounded down, for a bit-field), 0 or 1 of an existence; null where there is none.</summary>
    public long? Value { get; init; }

    /// <summary>Of an offset or a size, the same in bits.</summary>
    public ulong? Bits { get; init; }

    /// <summary>Whether the member is a bit-field.</summary>
    public bool IsBitField { get; init; }

    /// <summary>The type, as C spells it, where the fact is one; else null.</summary>
    public string? Type { get; init; }

    /// <summary>The outcome, where the fact is that of a rule and it is decided; else null.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>A remark in one line: why a fact cannot be told, what violates a rule; or null.</summary>
    public string? Note { get; init; }

    /// <summary>One that cannot be told.</summary>
    public static MatrixCell Unknown(string note) => new(CellState.Unknown) { Note = note };
}
