using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary>
/// A bar on stderr for what takes longer than a second (a cold cache, a network file system). Nothing at all in a pipe or a file, and
/// nothing left on the screen afterwards.
/// </summary>
internal sealed class Progress : IDisposable
{
    private const int Patience = 1000;
    private const int Period = 200;
    private const int Width = 40;

    private readonly Timer? _timer;
    private readonly Lock _lock = new();
    private readonly TextWriter? _screen;
    private readonly Func<string>? _words;
    private bool _isDrawn;
    private int _wordsWidth;
    private bool _isOver;

    /// <summary>Starts watching a source; draws on a terminal only.</summary>
    /// <param name="types">The source that will be asked.</param>
    /// <param name="isTerminal">Whether the screen is one; null = ask the system about stderr.</param>
    /// <param name="screen">Where to draw; null = stderr.</param>
    /// <param name="patience">Milliseconds before anything is drawn.</param>
    public Progress(ITypeSource types, bool? isTerminal = null, TextWriter? screen = null, int patience = Patience)
        : this(() => types.FractionDone, isTerminal, screen, patience)
    {
    }

    /// <summary>Starts watching a number; draws on a terminal only.</summary>
    /// <param name="fractionDone">The progress, from 0 to 1; asked on another thread.</param>
    /// <param name="isTerminal">Whether the screen is one; null = ask the system about stderr.</param>
    /// <param name="screen">Where to draw; null = stderr.</param>
    /// <param name="patience">Milliseconds before anything is drawn.</param>
    /// <param name="words">The progress in words, behind the bar: <c>12 of 50</c>; null for none.</param>
    public Progress(Func<double> fractionDone, bool? isTerminal = null, TextWriter? screen = null, int patience = Patience, Func<string>? words = null)
    {
        _words = words;
        if (isTerminal ?? !Console.IsErrorRedirected)
        {
            _screen = screen ?? Console.Error;
            _timer = new Timer(_ => Draw(fractionDone()), null, patience, Period);
        }
    }

    /// <summary>Does something that asks a source, and watches it.</summary>
    public static T While<T>(ITypeSource types, Func<T> work)
    {
        using Progress progress = new(types);
        return work();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            _isOver = true;
            if (_isDrawn)
            {
                _screen?.Write($"\r{new string(' ', Width + 7 + _wordsWidth)}\r");
            }
        }
    }

    private void Draw(double fraction)
    {
        lock (_lock)
        {
            // A tick may come late, when the result is on the screen already.
            if (!_isOver)
            {
                int filled = (int)(Math.Clamp(fraction, 0, 1) * Width);
                string words = _words is null ? "" : " " + _words();
                _wordsWidth = Math.Max(_wordsWidth, words.Length);
                _screen?.Write($"\r[{new string('#', filled)}{new string('.', Width - filled)}] {(int)(Math.Clamp(fraction, 0, 1) * 100),3}%{words}");
                _isDrawn = true;
            }
        }
    }
}
