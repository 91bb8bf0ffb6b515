using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Rules;

/// <summary>
/// Reads rule files: Markdown under a header of <c>key: value</c> lines between two lines <c>---</c>. LANGUAGE.md is the reference.
/// </summary>
public static class RuleParser
{
    private const string Pack = "pack";

    private static readonly string[] s_keys = ["title", "severity", "flagship", Pack, "when", "check"];

    /// <summary>The rule that a file holds.</summary>
    /// <param name="fileName">The file as the user named it; its stem becomes the rule's id.</param>
    /// <param name="text">What the file says.</param>
    /// <exception cref="RuleException">It is no rule.</exception>
    public static Rule Parse(string fileName, string text)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(text);
        List<Entry> entries = Header(fileName, text, out int bodyStart);
        Dictionary<string, Entry> single = [];
        Preprocessor preprocessor = new(fileName, text);
        LineCounter lines = new(text);
        ImmutableArray<RuleCheck>.Builder checks = ImmutableArray.CreateBuilder<RuleCheck>();
        RuleExpression? when = null;
        Entry? unusedWhen = null;
        foreach (Entry entry in entries)
        {
            switch (entry.Key)
            {
                case "when":
                    if (unusedWhen is { } unused)
                    {
                        throw new RuleException(fileName, text, unused.Start, "no check follows this when, before the next one replaces it");
                    }

                    bool isEmpty = string.IsNullOrWhiteSpace(text[entry.Start..entry.End]);
                    when = isEmpty ? null : ExpressionParser.ParseOne(fileName, text, entry.Start, entry.End);
                    unusedWhen = isEmpty ? null : entry;
                    break;
                case "check":
                    List<Token> tokens = preprocessor.Run(Lexer.Read(fileName, text, entry.Start, entry.End));
                    foreach (Assertion assertion in new ExpressionParser(fileName, text, tokens, entry.End).Assertions())
                    {
                        RuleExpression expression = RuleExpression.Of(assertion.Root);
                        int line = lines.LineOf(assertion.Position);
                        RuleExpression? guard = assertion.Condition is null ? when : Guard(fileName, text, assertion, expression, when);
                        checks.Add(new RuleCheck(guard, expression, assertion.Message, line));
                    }

                    unusedWhen = null;
                    break;
                default:
                    if (!single.TryAdd(entry.Key, entry))
                    {
                        throw new RuleException(fileName, text, entry.KeyStart, $"'{entry.Key}:' stands here a second time");
                    }

                    break;
            }
        }

        if (checks.Count == 0)
        {
            throw new RuleException(fileName, text, bodyStart - 1, "the header has no check");
        }

        return new Rule(Path.GetFileNameWithoutExtension(fileName))
        {
            Title = Value("title") ?? throw new RuleException(fileName, text, 0, "the header has no 'title:'"),
            Severity = Choice("severity", Severity.Error, ("error", Severity.Error), ("warning", Severity.Warning)),
            IsFlagship = Choice("flagship", false, ("yes", true), ("no", false)),
            Pack = Value(Pack) ?? Rule.DefaultPack,
            Checks = checks.ToImmutable(),
            Body = text[bodyStart..].Trim('\r', '\n'),
            SourceName = fileName,
        };

        // Words may go on over several lines; a line of comment between two keys belongs to neither.
        string? Value(string key) => single.TryGetValue(key, out Entry entry) ? Words(text, entry) : null;

        T Choice<T>(string key, T absent, params ReadOnlySpan<(string Word, T Meaning)> choices)
        {
            if (Value(key) is not { } value)
            {
                return absent;
            }

            foreach ((string word, T meaning) in choices)
            {
                if (word == value)
                {
                    return meaning;
                }
            }

            throw new RuleException(fileName, text, single[key].Start, $"'{key}:' is {choices[0].Word} or {choices[1].Word}, not '{Printable.Shorten(value)}'");
        }
    }

    /// <summary>The pack of the rule that a file holds: its header is looked at, and its checks are not.</summary>
    /// <exception cref="RuleException">It has no header.</exception>
    internal static string PackOf(string fileName, string text)
        => Header(fileName, text, out _).Where(e => e.Key == Pack).Select(e => Words(text, e)).FirstOrDefault(Rule.DefaultPack);

    private static string Words(string text, Entry entry)
        => string.Join(' ', text[entry.Start..entry.End].Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("//", StringComparison.Ordinal)));

    /// <summary>
    /// An assertion pasted with its <c>#ifdef CONFIG_X</c> applies where any member that it names exists: a member that is gone on one
    /// side only then still shows.
    /// </summary>
    private static RuleExpression Guard(string fileName, string text, Assertion assertion, RuleExpression expression, RuleExpression? when)
    {
        Node? any = null;
        foreach (Subject subject in expression.Subjects.Where(s => s.Member is not null))
        {
            FactNode exists = new(assertion.Position, Fact.Existence, subject);
            any = any is null ? exists : new BinaryNode(assertion.Position, "||", any, exists);
        }

        if (any is null)
        {
            throw new RuleException(
                fileName, text, assertion.Position, $"nothing tells whether #if {Printable.Shorten(assertion.Condition!)} holds, for the assertion under it names no member: write a when: instead");
        }

        Node guard = when is null ? any : new BinaryNode(assertion.Position, "&&", when.Root, any);
        return guard.Depth <= ExpressionParser.MostDepth ? RuleExpression.Of(guard)
            : throw new RuleException(fileName, text, assertion.Position, "an assertion under an #if names too many members");
    }

    private static List<Entry> Header(string fileName, string text, out int bodyStart)
    {
        List<Entry> entries = [];
        int at = text.StartsWith('\uFEFF') ? 1 : 0;
        bool isOpen = false;
        while (at < text.Length)
        {
            int newline = text.IndexOf('\n', at);
            int next = newline < 0 ? text.Length : newline + 1;
            ReadOnlySpan<char> line = text.AsSpan(at, next - at).TrimEnd();
            if (line is "---")
            {
                if (isOpen)
                {
                    bodyStart = next;
                    return entries;
                }

                isOpen = true;
            }
            else if (!isOpen)
            {
                throw new RuleException(fileName, text, at, "a rule file begins with a line ---");
            }
            else if (KeyOf(line) is { } key)
            {
                if (!s_keys.Contains(key))
                {
                    throw new RuleException(fileName, text, at, $"unknown key '{Printable.Shorten(key)}': there are {string.Join(", ", s_keys)}");
                }

                entries.Add(new Entry(key, at, at + key.Length + 1, next));
            }
            else if (entries.Count > 0)
            {
                // Every line without a key goes on with the value before it.
                entries[^1] = entries[^1] with { End = next };
            }
            else if (!line.IsWhiteSpace())
            {
                throw new RuleException(fileName, text, at, "a header line begins with a key, as in 'title: ...'");
            }

            at = next;
        }

        throw new RuleException(fileName, text, text.Length, isOpen ? "the header is not closed by a line ---" : "a rule file begins with a line ---");
    }

    /// <summary>The word before a colon at the very start of a line.</summary>
    private static string? KeyOf(ReadOnlySpan<char> line)
    {
        int end = 0;
        while (end < line.Length && (char.IsAsciiLetterOrDigit(line[end]) || line[end] is '_' or '-'))
        {
            end++;
        }

        return end > 0 && end < line.Length && line[end] == ':' ? line[..end].ToString() : null;
    }

    private readonly record struct Entry(string Key, int KeyStart, int Start, int End);
}
