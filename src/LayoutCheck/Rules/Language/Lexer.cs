namespace LayoutCheck.Rules.Language;

internal enum TokenKind
{
    Identifier,
    Number,
    Text,
    Punctuation,
}

/// <summary>One token of C.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">Its spelling; of a string, the text between the quotes.</param>
/// <param name="Position">Its character index in the file.</param>
/// <param name="StartsLine">Whether it is the first of its logical line (a backslash joins lines): directives end there.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Position, bool StartsLine = false)
{
    /// <summary>The <c>#if</c> lines that it is under, joined by <c>&amp;&amp;</c>, or null.</summary>
    public string? Condition { get; init; }

    public bool Is(string punctuation) => Kind == TokenKind.Punctuation && Text == punctuation;

    public bool IsWord(string word) => Kind == TokenKind.Identifier && Text == word;
}

/// <summary>Cuts C source into tokens; comments and joined lines are white space. The parser refuses the parts of C that the rule language lacks.</summary>
internal static class Lexer
{
    private static readonly string[] s_single = [.. Enumerable.Range(0, 128).Select(c => ((char)c).ToString())];
    private static readonly string[] s_long = ["...", "<<=", ">>=", "||", "&&", "==", "!=", "<=", ">=", "<<", ">>", "->", "##", "++", "--"];

    /// <summary>The tokens of <paramref name="text"/> from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="text">Its text.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="end">Where to end.</param>
    /// <param name="isForeign">Whether the text is a kernel source: an open quote is then no error (an apostrophe after #error).</param>
    public static List<Token> Read(string file, string text, int start, int end, bool isForeign = false)
    {
        // Kernel sources and rules have a token every five characters or so.
        List<Token> tokens = new(Math.Min((end - start) / 5, 1 << 16));
        bool startsLine = true;
        int at = start;
        while (at < end)
        {
            char c = text[at];
            if (c == '\n')
            {
                startsLine = true;
                at++;
            }
            else if (char.IsWhiteSpace(c))
            {
                at++;
            }
            else if (c == '\\' && IsLineEnd(text, at + 1, end))
            {
                at = text.IndexOf('\n', at) + 1;
            }
            else if (c == '/' && at + 1 < end && text[at + 1] == '/')
            {
                int newline = text.IndexOf('\n', at, end - at);
                at = newline < 0 ? end : newline;
            }
            else if (c == '/' && at + 1 < end && text[at + 1] == '*')
            {
                int close = text.IndexOf("*/", at + 2, end - at - 2, StringComparison.Ordinal);
                at = close < 0 ? throw new RuleException(file, text, at, "this comment is not closed") : close + 2;
            }
            else
            {
                Token token = One(file, text, at, end, isForeign, out int next) with { StartsLine = startsLine };
                tokens.Add(token);
                startsLine = false;
                at = next;
            }
        }

        return tokens;
    }

    /// <summary>Whether a text is one identifier.</summary>
    public static bool IsWord(string text)
        => text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');

    private static bool IsLineEnd(string text, int at, int end)
    {
        while (at < end && text[at] is ' ' or '\t' or '\r')
        {
            at++;
        }

        return at < end && text[at] == '\n';
    }

    private static Token One(string file, string text, int at, int end, bool isForeign, out int next)
    {
        char c = text[at];
        next = at + 1;
        if (char.IsAsciiLetter(c) || c is '_' or '$')
        {
            while (next < end && (char.IsAsciiLetterOrDigit(text[next]) || text[next] is '_' or '$'))
            {
                next++;
            }

            return new Token(TokenKind.Identifier, text[at..next], at);
        }

        if (char.IsAsciiDigit(c))
        {
            while (next < end && (char.IsAsciiLetterOrDigit(text[next]) || text[next] == '_'))
            {
                next++;
            }

            return new Token(TokenKind.Number, text[at..next], at);
        }

        if (c is '"' or '\'')
        {
            while (next < end && text[next] != c && text[next] != '\n')
            {
                next += text[next] == '\\' && next + 1 < end ? 2 : 1;
            }

            if (next >= end || text[next] != c)
            {
                if (isForeign)
                {
                    next = at + 1;
                    return new Token(TokenKind.Punctuation, c.ToString(), at);
                }

                throw new RuleException(file, text, at, "this string is not closed on its line");
            }

            next++;
            return new Token(c == '"' ? TokenKind.Text : TokenKind.Punctuation, text[(at + 1)..(next - 1)], at);
        }

        foreach (string punctuation in s_long)
        {
            if (punctuation[0] == c && string.CompareOrdinal(text, at, punctuation, 0, punctuation.Length) == 0 && at + punctuation.Length <= end)
            {
                next = at + punctuation.Length;
                return new Token(TokenKind.Punctuation, punctuation, at);
            }
        }

        return new Token(TokenKind.Punctuation, c < s_single.Length ? s_single[c] : c.ToString(), at);
    }
}
