using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Import;

/// <summary>
/// Follows the statements of a C source, to tell whether the compiler may have left out the place that is read: <c>BUILD_BUG_ON</c> behind
/// <c>if (IS_ENABLED(CONFIG_X))</c> asserts nothing where CONFIG_X is off. Only a condition that a compiler can decide counts.
/// </summary>
internal sealed class CodeBranches(List<Token> tokens, string? outer = null)
{
    private readonly Stack<Block> _blocks = new([new Block(outer, outer)]);
    private string? _pending;
    private string? _lastIf;
    private int _parentheses;
    private int _skipTo;

    /// <summary>The condition on which the place may be left out, or null.</summary>
    public string? Doubt => _pending ?? _blocks.Peek().Doubt;

    /// <summary>Reads the next token.</summary>
    public void Read(int at)
    {
        Token token = tokens[at];
        if (at < _skipTo)
        {
            return;
        }

        if (token.Is("("))
        {
            _parentheses++;
        }
        else if (token.Is(")"))
        {
            _parentheses = Math.Max(0, _parentheses - 1);
        }
        else if (token.Is("{"))
        {
            _blocks.Push(new Block(Doubt, _lastIf));
            _pending = null;
            _lastIf = null;
        }
        else if (token.Is("}"))
        {
            Close();
        }
        else if (token.Is(";") && _parentheses == 0)
        {
            _pending = null;
        }
        else if (token.Kind == TokenKind.Identifier)
        {
            ReadWord(token, at);
        }
    }

    private void Close()
    {
        if (_blocks.Count > 1)
        {
            _lastIf = _blocks.Pop().LastIf;
        }

        if (_blocks.Count == 1)
        {
            // The end of a function: what it returned early from is over.
            _ = _blocks.Pop();
            _blocks.Push(new Block(outer, outer));
        }

        _parentheses = 0;
        _pending = null;
    }

    private void ReadWord(Token token, int at)
    {
        switch (token.Text)
        {
            case "if" or "switch" when at + 1 < tokens.Count && tokens[at + 1].Is("("):
                int end = EndOf(at + 1);
                string? decided = Decided(at + 2, end) ? $"{token.Text} ({string.Join(' ', tokens.Skip(at + 2).Take(Math.Min(end - at - 2, 20)).Select(t => t.Text))})" : null;
                _pending ??= decided;
                _lastIf = token.Text == "if" ? _pending : null;
                _skipTo = end + 1;
                break;
            case "else":
                _pending ??= _lastIf;
                break;
            case "return" or "goto" when Doubt is { } doubt && _blocks.Count > 1:
                // What follows in the function runs only where it was not left here.
                Block[] open = [.. _blocks];
                _blocks.Clear();
                for (int i = open.Length - 1; i >= 0; i--)
                {
                    _blocks.Push(i == open.Length - 1 ? open[i] : open[i] with { Doubt = open[i].Doubt ?? doubt });
                }

                break;
            default:
                break;
        }
    }

    private int EndOf(int at)
    {
        int open = 0;
        for (int i = at; i < tokens.Count && i - at < 1000; i++)
        {
            open += tokens[i].Is("(") ? 1 : tokens[i].Is(")") ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        return at;
    }

    // Whether a compiler can tell the value: no variable is in it, or a word that is made to be decided early.
    private bool Decided(int from, int to)
    {
        bool hasVariable = false;
        int part = from;
        for (int i = from; i < to; i++)
        {
            string word = tokens[i].Text;
            if (word is "&&" or "||")
            {
                // One decided part of `0 && x` can decide the whole.
                if (i > part && !hasVariable)
                {
                    return true;
                }

                hasVariable = false;
                part = i + 1;
            }

            if (tokens[i].Kind != TokenKind.Identifier)
            {
                continue;
            }

            if (word == "sizeof")
            {
                i = EndOf(i + 1);
                continue;
            }

            if (word is "IS_ENABLED" or "IS_BUILTIN" or "IS_MODULE" or "IS_REACHABLE" || word.StartsWith("__builtin_", StringComparison.Ordinal)
                || word.StartsWith("CONFIG_", StringComparison.Ordinal))
            {
                return true;
            }

            hasVariable |= word.Any(char.IsAsciiLetterLower) && word is not ("true" or "false");
        }

        return to > part && !hasVariable;
    }

    private sealed record Block(string? Doubt, string? LastIf);
}
