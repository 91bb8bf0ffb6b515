using System.Collections.Immutable;

namespace LayoutCheck.Rules;

/// <summary>
/// As much of C's preprocessor as pasted assertions need: <c>#define</c> with parameters, <c>##</c> and <c>#</c>, so that a table of
/// <c>FOLIO_MATCH(pg, fl)</c> rows is read with its own macro. Conditions are not decided: a token only carries the one it stands under.
/// </summary>
internal sealed class Preprocessor(string file, string text)
{
    private const int MostTokens = 200_000;
    private const int MostNesting = 32;

    // What C code of the kernel is never without, or never with.
    private static readonly HashSet<string> s_always = ["__KERNEL__", "__ASSEMBLY__", "__ASSEMBLER__", "__GENERATING_BOUNDS_H", "__GENKSYMS__", "__BINDGEN__", "__CHECKER__"];

    private readonly Dictionary<string, Macro> _macros = new(StringComparer.Ordinal);
    private readonly List<string> _conditions = [];
    private int _produced;

    /// <summary>The tokens with directives carried out and macros replaced.</summary>
    public List<Token> Run(List<Token> tokens)
    {
        if (_macros.Count == 0 && _conditions.Count == 0 && !tokens.Exists(t => t.Is("#")))
        {
            return tokens;
        }

        List<Token> output = [];
        int at = 0;
        while (at < tokens.Count)
        {
            int end = at;
            if (tokens[at] is { StartsLine: true } first && first.Is("#"))
            {
                do
                {
                    end++;
                }
                while (end < tokens.Count && !tokens[end].StartsLine);
                Directive(tokens[at..end], end < tokens.Count ? LineAt(tokens, end) : []);
            }
            else
            {
                do
                {
                    end++;
                }
                while (end < tokens.Count && !(tokens[end].StartsLine && tokens[end].Is("#")));
                output.AddRange(Expanded(tokens[at..end]));
            }

            at = end;
        }

        return output;
    }

    /// <summary>
    /// Finds the assertions of a header: calls of one, or of a macro that makes one, each with all its tokens up to the closing parenthesis, not yet
    /// expanded. Directives are carried out on the way; a call must be expanded (<see cref="Expanded"/>) before the next one is asked for.
    /// </summary>
    public IEnumerable<List<Token>> Calls(List<Token> tokens)
    {
        for (int at = 0; at < tokens.Count;)
        {
            int end = at + 1;
            if (tokens[at] is { StartsLine: true } first && first.Is("#"))
            {
                while (end < tokens.Count && !tokens[end].StartsLine)
                {
                    end++;
                }

                Directive(tokens[at..end], end < tokens.Count ? LineAt(tokens, end) : []);
            }
            else if (tokens[at].Kind == TokenKind.Identifier && end < tokens.Count && tokens[end].Is("(") && MakesAssertion(tokens[at].Text, 0))
            {
                int open = 1;
                for (end++; end < tokens.Count && open > 0; end++)
                {
                    open += tokens[end].Is("(") ? 1 : tokens[end].Is(")") ? -1 : 0;
                }

                yield return tokens[at..end];
            }

            at = end;
        }
    }

    /// <summary>The tokens with macros replaced, under the condition that stands now.</summary>
    public List<Token> Expanded(List<Token> tokens)
    {
        List<string> conditions = [.. _conditions.Where(c => c.Length > 0)];
        string? condition = conditions.Count == 0 ? null : string.Join(" && ", conditions);
        List<Token> output = [];
        _produced = 0;
        Expand(tokens, [], token => output.Add(token with { Condition = condition }), 0);
        return output;
    }

    private bool MakesAssertion(string name, int nesting) => ExpressionParser.IsAssertion(name)
        || (nesting < MostNesting && _macros.TryGetValue(name, out Macro? macro) && IsTable(macro, name, nesting));

    /// <summary>Whether a macro is there for an assertion: it begins with one, by itself or in a <c>do { } while (0)</c>.</summary>
    private bool IsTable(Macro macro, string name, int nesting)
    {
        Token first = macro.Body.FirstOrDefault(t => !t.IsWord("do") && !t.Is("{"));
        return first.Kind == TokenKind.Identifier && first.Text is { } text && text != name && MakesAssertion(text, nesting + 1);
    }

    private static List<Token> LineAt(List<Token> tokens, int at)
    {
        int end = at + 1;
        while (end < tokens.Count && !tokens[end].StartsLine)
        {
            end++;
        }

        return tokens[at..end];
    }

    private void Directive(List<Token> line, List<Token> nextLine)
    {
        string name = line.Count > 1 ? line[1].Text : "";
        switch (name)
        {
            case "define" when line.Count > 2 && line[2].Kind == TokenKind.Identifier:
                Define(line);
                break;
            case "undef" when line.Count > 2:
                _ = _macros.Remove(line[2].Text);
                break;
            case "ifndef" when line.Count > 2 && nextLine.Count > 2 && nextLine[1].IsWord("define") && nextLine[2].Text == line[2].Text:
                // An include guard is no condition.
                _conditions.Add("");
                break;
            case "ifdef" or "ifndef" when line.Count > 2 && s_always.Contains(line[2].Text):
                _conditions.Add("");
                break;
            case "if" or "ifdef" or "ifndef":
                _conditions.Add((name == "ifndef" ? "!" : "") + Join(line, 2));
                break;
            case "elif" or "else" when _conditions.Count > 0:
                string not = _conditions[^1].Length == 0 ? "" : $"!({_conditions[^1]})";
                _conditions[^1] = name == "else" ? not : not.Length == 0 ? Join(line, 2) : $"{not} && {Join(line, 2)}";
                break;
            case "endif" when _conditions.Count > 0:
                _conditions.RemoveAt(_conditions.Count - 1);
                break;
            default:
                // #include, #pragma and #error define nothing that an assertion could use.
                break;
        }
    }

    private static string Join(List<Token> line, int from) => string.Join(' ', line.Skip(from).Select(t => t.Text));

    private void Define(List<Token> line)
    {
        // A parameter list follows its name without a space (C17 6.10.3).
        bool isFunction = line.Count > 3 && line[3].Is("(") && line[3].Position == line[2].Position + line[2].Text.Length;
        int at = 3;
        List<string>? parameters = null;
        if (isFunction)
        {
            parameters = [];
            for (at = 4; at < line.Count && !line[at].Is(")"); at++)
            {
                if (!line[at].Is(","))
                {
                    parameters.Add(line[at].Is("...") ? "__VA_ARGS__" : line[at].Text);
                }
            }

            if (at == line.Count)
            {
                throw new RuleException(file, text, line[2].Position, $"the parameter list of {Printable.Shorten(line[2].Text)} is not closed");
            }

            at++;
        }

        _macros[line[2].Text] = new Macro(parameters?.ToImmutableArray(), [.. line.Skip(at)]);
    }

    private void Expand(List<Token> tokens, ImmutableHashSet<string> hidden, Action<Token> output, int nesting)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            Token token = tokens[i];
            if (token.Kind != TokenKind.Identifier || hidden.Contains(token.Text) || !_macros.TryGetValue(token.Text, out Macro? macro)
                || (macro.Parameters is not null && !(i + 1 < tokens.Count && tokens[i + 1].Is("("))))
            {
                if (++_produced > MostTokens)
                {
                    throw new RuleException(file, text, token.Position, "the macros used here expand to too much");
                }

                output(token);
                continue;
            }

            if (nesting == MostNesting)
            {
                throw new RuleException(file, text, token.Position, "the macros used here are nested too deep");
            }

            List<List<Token>> arguments = macro.Parameters is null ? [] : Arguments(tokens, ref i, macro.Parameters.Value.Length);
            if (macro.Parameters is { } parameters && arguments.Count != parameters.Length)
            {
                throw new RuleException(file, text, token.Position, $"{Printable.Shorten(token.Text)} takes {parameters.Length} arguments, not {arguments.Count}");
            }

            List<Token> replaced = Replace(macro, arguments, token);
            Expand(replaced, hidden.Add(token.Text), output, nesting + 1);
        }
    }

    /// <summary>The arguments of a call whose name stands at <paramref name="at"/>, which is moved to the closing parenthesis.</summary>
    private List<List<Token>> Arguments(List<Token> tokens, ref int at, int parameterCount)
    {
        Token name = tokens[at];
        List<List<Token>> arguments = [[]];
        int open = 1;
        for (at += 2; at < tokens.Count; at++)
        {
            Token token = tokens[at];
            if (token.Is("(") || token.Is("{") || token.Is("["))
            {
                open++;
            }
            else if (token.Is(")") || token.Is("}") || token.Is("]"))
            {
                if (--open == 0)
                {
                    return parameterCount == 0 && arguments is [[]] ? [] : arguments;
                }
            }
            else if (open == 1 && token.Is(","))
            {
                arguments.Add([]);
                continue;
            }

            arguments[^1].Add(token);
        }

        throw new RuleException(file, text, name.Position, $"the arguments of {Printable.Shorten(name.Text)} are not closed");
    }

    private static List<Token> Replace(Macro macro, List<List<Token>> arguments, Token call)
    {
        List<Token> replaced = [];
        for (int i = 0; i < macro.Body.Length; i++)
        {
            Token token = macro.Body[i];
            if (token.Is("#") && i + 1 < macro.Body.Length && ArgumentOf(macro, arguments, macro.Body[i + 1]) is { } quoted)
            {
                replaced.Add(new Token(TokenKind.Text, string.Join(' ', quoted.Select(t => t.Text)), call.Position));
                i++;
                continue;
            }

            if (token.Is("##") && replaced.Count > 0 && i + 1 < macro.Body.Length)
            {
                Token right = macro.Body[++i];
                List<Token> pasted = ArgumentOf(macro, arguments, right) ?? [right];
                replaced[^1] = new Token(replaced[^1].Kind, replaced[^1].Text + (pasted.Count > 0 ? pasted[0].Text : ""), call.Position);
                replaced.AddRange(pasted.Skip(1));
                continue;
            }

            if (ArgumentOf(macro, arguments, token) is { } argument)
            {
                // What the caller wrote keeps its own place: a caret then points into the row, not at the macro.
                replaced.AddRange(argument.Select(a => a with { StartsLine = false }));
            }
            else
            {
                replaced.Add(token with { Position = call.Position, StartsLine = false });
            }
        }

        return replaced;
    }

    private static List<Token>? ArgumentOf(Macro macro, List<List<Token>> arguments, Token token)
    {
        int index = macro.Parameters is { } parameters && token.Kind == TokenKind.Identifier ? parameters.IndexOf(token.Text) : -1;
        return index < 0 ? null : arguments[index];
    }

    private sealed record Macro(ImmutableArray<string>? Parameters, ImmutableArray<Token> Body);
}
