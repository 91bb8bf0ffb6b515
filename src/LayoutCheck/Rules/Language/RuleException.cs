using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// A rule file that cannot be read. The message names file, line and column and shows the line with a caret under the place: three lines, escaped,
/// whatever is in the file.
/// </summary>
public sealed class RuleException : Exception
{
    // A pasted line can be very long; the caret must stay on the screen.
    private const int ShownWidth = 100;

    private const int LongestProblem = 500;

    private readonly string _text;
    private readonly int _position;
    private (int Line, int Column, string Text)? _place;

    /// <summary>
    /// Makes the error for a place in a text; <paramref name="position"/> is a character index into it. Lines are counted when the message is asked for: an
    /// import catches thousands.
    /// </summary>
    public RuleException(string file, string text, int position, string problem)
    {
        File = file;
        _text = text;
        _position = position;
        Problem = problem;
    }

    /// <inheritdoc/>
    public override string Message => Describe(File, Where, Problem);

    /// <summary>The rule file as it was named.</summary>
    public string File { get; }

    /// <summary>The line, from 1.</summary>
    public int Line => Where.Line;

    /// <summary>The column in characters, from 1.</summary>
    public int Column => Where.Column;

    /// <summary>What is wrong, in one clause.</summary>
    public string Problem { get; }

    private (int Line, int Column, string Text) Where => _place ??= Place(_text, _position);

    /// <summary>The line and column of a character index, both from 1, and the text of that line.</summary>
    private static (int Line, int Column, string Text) Place(string text, int position)
    {
        position = Math.Clamp(position, 0, text.Length);
        int line = text.AsSpan(0, position).Count('\n') + 1;
        int start = position == 0 ? 0 : text.LastIndexOf('\n', position - 1) + 1;
        int end = text.IndexOf('\n', start);
        string shown = text[start..(end < 0 ? text.Length : end)].TrimEnd('\r');
        return (line, position - start + 1, shown);
    }

    private static string Describe(string file, (int Line, int Column, string Text) place, string problem)
    {
        int at = place.Column - 1;
        int from = at < ShownWidth ? 0 : at - (ShownWidth / 2);
        string shown = place.Text.Length <= from ? "" : place.Text[from..Math.Min(place.Text.Length, from + ShownWidth)];
        // The width of a tab depends on the terminal: a blank keeps the caret in place.
        shown = shown.Replace('\t', ' ');
        string margin = new(' ', Printable.Escape(shown[..Math.Min(at - from, shown.Length)]).Length + Math.Max(0, at - from - shown.Length));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Printable.Escape(file)}:{place.Line}:{place.Column}: {Printable.Escape(Printable.Shorten(problem, LongestProblem))}\n"
                + $"    {Printable.Escape(shown)}\n    {margin}^");
    }
}
