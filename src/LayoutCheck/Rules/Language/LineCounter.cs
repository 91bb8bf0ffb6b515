namespace LayoutCheck.Rules.Language;

/// <summary>Line numbers of positions in a text. It counts on from the position before, so that many positions in order take the time of one.</summary>
internal sealed class LineCounter(string text)
{
    private int _position;
    private int _line = 1;

    /// <summary>The line of a character index, from 1.</summary>
    public int LineOf(int position)
    {
        position = Math.Clamp(position, 0, text.Length);
        ReadOnlySpan<char> between = position >= _position ? text.AsSpan(_position, position - _position) : text.AsSpan(position, _position - position);
        _line += position >= _position ? between.Count('\n') : -between.Count('\n');
        _position = position;
        return _line;
    }
}
