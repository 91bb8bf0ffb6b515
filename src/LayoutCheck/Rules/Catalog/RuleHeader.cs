using LayoutCheck.Core;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Catalog;

/// <summary>
/// The header of a rule file: <c>key: value</c> lines between two lines <c>---</c>. Values are places in the text, for errors that point there.
/// </summary>
internal sealed class RuleHeader
{
    public const string Title = "title";
    public const string Severity = "severity";
    public const string Flagship = "flagship";
    public const string Pack = "pack";
    public const string When = "when";
    public const string Check = "check";
    public const string Warn = "warn";
    public const string Select = "select";
    public const string Strict = "strict";

    private static readonly string[] s_keys = [Title, Severity, Strict, Flagship, Pack, Select, When, Check, Warn];

    private readonly string _fileName;
    private readonly string _text;
    private readonly List<Entry> _entries = [];

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="RuleException">There is none, it is not closed, or a line of it is wrong.</exception>
    public RuleHeader(string fileName, string text)
    {
        _fileName = fileName;
        _text = text;
        BodyStart = Read();
    }

    /// <summary>Its entries, in their order.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Where the Markdown below it begins, as a character index.</summary>
    public int BodyStart { get; }

    /// <summary>The words of a key that may stand once, or null when it does not stand at all.</summary>
    public string? Value(string key) => Find(key) is { } entry ? Words(entry) : null;

    /// <summary>What the words of a key that may stand once mean, of two choices.</summary>
    /// <param name="key">The key.</param>
    /// <param name="absent">What it means that the key does not stand at all.</param>
    /// <param name="choices">The words and their meanings.</param>
    /// <exception cref="RuleException">The words are none of them.</exception>
    public T Choice<T>(string key, T absent, params ReadOnlySpan<(string Word, T Meaning)> choices)
    {
        if (Find(key) is not { } entry)
        {
            return absent;
        }

        string value = Words(entry);
        foreach ((string word, T meaning) in choices)
        {
            if (word == value)
            {
                return meaning;
            }
        }

        throw Error(entry.Start, $"'{key}:' is {choices[0].Word} or {choices[1].Word}, not '{Printable.Shorten(value)}'");
    }

    /// <summary>The error to throw for a problem at a character index.</summary>
    public RuleException Error(int position, string problem) => new(_fileName, _text, position, problem);

    // Words may go on over several lines. A line of comment between two keys belongs to neither.
    private string Words(Entry entry)
        => string.Join(' ', _text[entry.Start..entry.End].Split('\n').Select(l => l.Trim())
            .Where(l => l.Length > 0 && !l.StartsWith("//", StringComparison.Ordinal)));

    private Entry? Find(string key)
    {
        foreach (Entry entry in _entries)
        {
            if (entry.Key == key)
            {
                return entry;
            }
        }

        return null;
    }

    private int Read()
    {
        int at = _text.StartsWith('\uFEFF') ? 1 : 0;
        bool isOpen = false;
        while (at < _text.Length)
        {
            int newline = _text.IndexOf('\n', at);
            int next = newline < 0 ? _text.Length : newline + 1;
            ReadOnlySpan<char> line = _text.AsSpan(at, next - at).TrimEnd();
            if (line is "---")
            {
                if (isOpen)
                {
                    return next;
                }

                isOpen = true;
            }
            else if (!isOpen)
            {
                throw Error(at, "a rule file begins with a line ---");
            }
            else
            {
                ReadLine(line, at, next);
            }

            at = next;
        }

        throw Error(_text.Length, isOpen ? "the header is not closed by a line ---" : "a rule file begins with a line ---");
    }

    private void ReadLine(ReadOnlySpan<char> line, int at, int next)
    {
        if (KeyOf(line) is { } key)
        {
            if (!s_keys.Contains(key))
            {
                throw Error(at, $"unknown key '{Printable.Shorten(key)}': there are {string.Join(", ", s_keys)}");
            }

            _entries.Add(new Entry(key, at, at + key.Length + 1, next));
        }
        else if (_entries.Count > 0)
        {
            // A line without a key goes on with the value before it.
            _entries[^1] = _entries[^1] with { End = next };
        }
        else if (!line.IsWhiteSpace())
        {
            throw Error(at, "a header line begins with a key, as in 'title: ...'");
        }
    }

    // The word before a colon at the very start of a line.
    private static string? KeyOf(ReadOnlySpan<char> line)
    {
        int end = 0;
        while (end < line.Length && (char.IsAsciiLetterOrDigit(line[end]) || line[end] is '_' or '-'))
        {
            end++;
        }

        return end > 0 && end < line.Length && line[end] == ':' ? line[..end].ToString() : null;
    }

    /// <summary>A key with the place of its value; character indices.</summary>
    internal readonly record struct Entry(string Key, int KeyStart, int Start, int End);
}
