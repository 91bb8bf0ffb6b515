using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>A cursor over the tokens of a part of a file, with the errors that point into it.</summary>
/// <param name="file">The file, for errors.</param>
/// <param name="text">Its text.</param>
/// <param name="tokens">The tokens of the part.</param>
/// <param name="end">Where the part ends, as a character index.</param>
internal sealed class TokenCursor(string file, string text, List<Token> tokens, int end)
{
    // Keeps recursion, in the parser and in the evaluator, far from the end of the stack.
    private const int MostNesting = 100;

    private int _at;
    private int _nesting;

    /// <summary>Whether no token is left.</summary>
    public bool IsAtEnd => _at == tokens.Count;

    /// <summary>The token here; there is one.</summary>
    public Token Current => tokens[_at];

    /// <summary>The token here, or null at the end.</summary>
    public Token? CurrentOrNull => _at < tokens.Count ? tokens[_at] : null;

    /// <summary>The token behind the current one, or null.</summary>
    public Token? Following => _at + 1 < tokens.Count ? tokens[_at + 1] : null;

    /// <summary>Where it stands, to come back to by <see cref="Seek"/>.</summary>
    public int Position => _at;

    /// <summary>Goes back to a <see cref="Position"/>.</summary>
    public void Seek(int position) => _at = position;

    /// <summary>Steps over the current token and returns it.</summary>
    public Token Next() => tokens[_at++];

    /// <summary>Whether this punctuation stands here.</summary>
    public bool Peek(string punctuation) => _at < tokens.Count && tokens[_at].Is(punctuation);

    /// <summary>Whether a call of this function stands here.</summary>
    public bool PeekCall(string function) => _at + 1 < tokens.Count && tokens[_at].IsWord(function) && tokens[_at + 1].Is("(");

    /// <summary>Steps over a punctuation if it stands here.</summary>
    public bool Take(string punctuation)
    {
        if (!Peek(punctuation))
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Steps over a punctuation.</summary>
    /// <exception cref="RuleException">Something else stands here.</exception>
    public void Expect(string punctuation)
    {
        if (!Take(punctuation))
        {
            throw Error($"'{punctuation}' should stand here");
        }
    }

    /// <summary>Steps over an identifier and returns it.</summary>
    /// <exception cref="RuleException">Something else stands here; the error names <paramref name="what"/>.</exception>
    public string Word(string what) => _at < tokens.Count && tokens[_at].Kind == TokenKind.Identifier
        ? tokens[_at++].Text
        : throw Error($"{what} should stand here");

    /// <summary>Steps over a string, or several side by side, which are one (C17 6.4.5): macro bodies write <c>"offsetof " #pg</c>.</summary>
    public string Strings()
    {
        int first = _at;
        while (_at < tokens.Count && tokens[_at].Kind == TokenKind.Text)
        {
            _at++;
        }

        return string.Concat(tokens[first.._at].Select(t => t.Text.Replace("\\\"", "\"", StringComparison.Ordinal)));
    }

    /// <summary>The value of a number in C's notation: decimal, hexadecimal or octal, with suffixes.</summary>
    /// <exception cref="RuleException">It is no such number, or does not fit 64 bits.</exception>
    public Int128 Literal(Token token)
    {
        ReadOnlySpan<char> digits = token.Text.AsSpan().TrimEnd("uUlL");
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool isOctal = !isHex && digits.Length > 1 && digits[0] == '0';
        ulong value = 0;
        bool isGood = isHex
            ? ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : isOctal ? TryOctal(digits, out value) : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return isGood ? value : throw Error($"'{Printable.Shorten(token.Text)}' is no number of C that fits 64 bits", token.Position);
    }

    /// <summary>Reads what follows a call of this function: <c>in { a, b }</c>. A comma may stand behind the last entry.</summary>
    /// <param name="function">The function, for the error.</param>
    /// <param name="entry">Reads an entry.</param>
    /// <exception cref="RuleException">Something else stands here.</exception>
    public ImmutableArray<T> List<T>(string function, Func<T> entry)
    {
        if (CurrentOrNull is not { } word || !word.IsWord("in"))
        {
            throw Error($"{function}(...) is followed by: in {{ member, ... }}");
        }

        _at++;
        Expect("{");
        ImmutableArray<T>.Builder entries = ImmutableArray.CreateBuilder<T>();
        while (!Peek("}"))
        {
            entries.Add(entry());
            if (!Take(","))
            {
                break;
            }
        }

        Expect("}");
        return entries.ToImmutable();
    }

    /// <summary>Counts one more level of nesting, which <see cref="Leave"/> ends.</summary>
    /// <exception cref="RuleException">There are too many.</exception>
    public void Enter(int position)
    {
        if (++_nesting > MostNesting)
        {
            throw Error($"the expression is nested more than {MostNesting} deep", position);
        }
    }

    /// <summary>Ends a level of nesting.</summary>
    public void Leave() => _nesting--;

    /// <summary>The error to throw for a problem here, or at a character index of the text.</summary>
    public RuleException Error(string problem, int? position = null)
        => new(file, text, position ?? (_at < tokens.Count ? tokens[_at].Position : EndOfText()), problem);

    /// <summary>Where the caret goes when the text ends too early: right behind its last character that is not white space.</summary>
    private int EndOfText()
    {
        int last = Math.Min(end, text.Length);
        while (last > 0 && char.IsWhiteSpace(text[last - 1]))
        {
            last--;
        }

        return last;
    }

    private static bool TryOctal(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value > ulong.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }
}
