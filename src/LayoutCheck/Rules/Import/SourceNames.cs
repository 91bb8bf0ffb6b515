using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Import;

/// <summary>The names that a C source declares: a name alone, as in <c>sizeof(folio)</c>, is a typedef or a variable, and never a tag.</summary>
internal sealed class SourceNames
{
    // Words that stand before a name which they do not declare.
    private static readonly HashSet<string> s_noType =
    [
        "return", "goto", "case", "else", "do", "sizeof", "typeof", "__typeof__", "const", "volatile", "__alignof__", "_Alignof", "alignof", "struct", "union",
        "enum", "typedef", "in", "static", "extern", "inline", "register", "restrict",
    ];

    private readonly Dictionary<string, string?> _typedefs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _variables = new(StringComparer.Ordinal);

    /// <summary>Looks through a source, without its directives.</summary>
    public SourceNames(List<Token> tokens)
    {
        HashSet<int> declarators = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].StartsLine && tokens[i].Is("#"))
            {
                while (i + 1 < tokens.Count && !tokens[i + 1].StartsLine)
                {
                    i++;
                }
            }
            else if (tokens[i].IsWord("typedef"))
            {
                AddTypedef(tokens, i, declarators);
            }
            else if (tokens[i].Kind == TokenKind.Identifier && !declarators.Contains(i) && IsVariable(tokens, i))
            {
                _ = _variables.TryAdd(tokens[i].Text, tokens[i].Position);
            }
        }
    }

    /// <summary>Where a variable, a parameter or a member of that name is declared or used, as a character index; null when it is not.</summary>
    public int? VariableAt(string name) => _variables.TryGetValue(name, out int position) ? position : null;

    /// <summary>What a typedef of this source stands for, as in <c>struct page</c>; null when that has no tag or the source has no such typedef.</summary>
    public string? TargetOf(string name) => _typedefs.GetValueOrDefault(name);

    // `typedef struct page page_t, *page_p;`: the names are those before a comma, a bracket or the end, outside of braces.
    private void AddTypedef(List<Token> tokens, int at, HashSet<int> declarators)
    {
        string? target = at + 2 < tokens.Count && (tokens[at + 1].IsWord("struct") || tokens[at + 1].IsWord("union")) && tokens[at + 2].Kind == TokenKind.Identifier
            ? $"{tokens[at + 1].Text} {tokens[at + 2].Text}" : null;
        int depth = 0;
        for (int i = at + 1; i + 1 < tokens.Count && i - at < 100_000; i++)
        {
            Token token = tokens[i];
            depth += token.Is("{") || token.Is("(") ? 1 : token.Is("}") || token.Is(")") ? -1 : 0;
            if (depth == 0 && token.Is(";"))
            {
                return;
            }

            Token next = tokens[i + 1];
            if (depth == 0 && token.Kind == TokenKind.Identifier && (next.Is(";") || next.Is(",") || next.Is("[") || next.IsWord("__attribute__")))
            {
                _ = declarators.Add(i);
                bool isWhole = next.Is(";") && (tokens[i - 1].Is("}") || i == at + 3);
                _typedefs[token.Text] = isWhole ? target : null;
            }
        }
    }

    // A declaration has a type before the name and an end behind it; of a use, the sign tells that it is no type.
    private static bool IsVariable(List<Token> tokens, int at)
    {
        Token? before = at > 0 ? tokens[at - 1] : null;
        Token? behind = at + 1 < tokens.Count ? tokens[at + 1] : null;
        if (behind is not { } next || before is { } dot && (dot.Is(".") || dot.Is("->")))
        {
            return false;
        }

        if (next.Is(".") || next.Is("->") || next.Is("[") || next.Is("=") || next.Is("++") || next.Is("--") || (before is { } and && and.Is("&")))
        {
            return true;
        }

        bool isEnd = next.Is(";") || next.Is(",") || next.Is(")") || next.Is(":");
        return isEnd && before is { } type && (type.Is("*") || type.Is("}") || (type.Kind == TokenKind.Identifier && !s_noType.Contains(type.Text)));
    }
}
