using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.History;

/// <summary>A file of histories that cannot be read. The message names file and line.</summary>
internal sealed class HistoryFormatException(string file, int line, string problem)
    : FormatException(string.Create(CultureInfo.InvariantCulture, $"{Printable.Escape(file)}:{line}: {Printable.Escape(Printable.Shorten(problem, LongestProblem))}"))
{
    private const int LongestProblem = 300;

    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;
}
