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

        List<Token> output = new(tokens.Count);
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
                ExpandInto(output, tokens, at, end);
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
        List<Token> output = new(tokens.Count);
        ExpandInto(output, tokens, 0, tokens.Count);
        return output;
    }

    private void ExpandInto(List<Token> output, List<Token> tokens, int from, int to)
    {
        string? condition = _conditions.Exists(c => c.Length > 0) ? string.Join(" && ", _conditions.Where(c => c.Length > 0)) : null;
        _produced = 0;
        Expand(tokens, from, to, [], output, condition, 0);
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

    private void Expand(List<Token> tokens, int from, int to, ImmutableHashSet<string> hidden, List<Token> output, string? condition, int nesting)
    {
        for (int i = from; i < to; i++)
        {
            Token token = tokens[i];
            if (token.Kind != TokenKind.Identifier || hidden.Contains(token.Text) || !_macros.TryGetValue(token.Text, out Macro? macro)
                || (macro.Parameters is not null && !(i + 1 < to && tokens[i + 1].Is("("))))
            {
                if (++_produced > MostTokens)
                {
                    throw new RuleException(file, text, token.Position, "the macros used here expand to too much");
                }

                output.Add(token with { Condition = condition });
                continue;
            }

            if (nesting == MostNesting)
            {
                throw new RuleException(file, text, token.Position, "the macros used here are nested too deep");
            }

            List<Argument> arguments = macro.Parameters is null ? [] : Arguments(tokens, ref i, to, macro.Parameters.Value.Length);
            if (macro.Parameters is { } parameters && arguments.Count != parameters.Length)
            {
                throw new RuleException(file, text, token.Position, $"{Printable.Shorten(token.Text)} takes {parameters.Length} arguments, not {arguments.Count}");
            }

            List<Token> replaced = Replace(macro, tokens, arguments, token);
            Expand(replaced, 0, replaced.Count, hidden.Add(token.Text), output, condition, nesting + 1);
        }
    }

    /// <summary>The arguments of a call whose name stands at <paramref name="at"/>, which is moved to the closing parenthesis.</summary>
    private List<Argument> Arguments(List<Token> tokens, ref int at, int to, int parameterCount)
    {
        Token name = tokens[at];
        List<Argument> arguments = new(parameterCount);
        int open = 1;
        int from = at + 2;
        for (at += 2; at < to; at++)
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
                    if (parameterCount > 0 || arguments.Count > 0 || from < at)
                    {
                        arguments.Add(new Argument(from, at));
                    }

                    return arguments;
                }
            }
            else if (open == 1 && token.Is(","))
            {
                arguments.Add(new Argument(from, at));
                from = at + 1;
            }
        }

        throw new RuleException(file, text, name.Position, $"the arguments of {Printable.Shorten(name.Text)} are not closed");
    }

    private static List<Token> Replace(Macro macro, List<Token> tokens, List<Argument> arguments, Token call)
    {
        List<Token> replaced = new(macro.Body.Length + arguments.Sum(a => a.To - a.From));
        for (int i = 0; i < macro.Body.Length; i++)
        {
            Token token = macro.Body[i];
            if (token.Is("#") && i + 1 < macro.Body.Length && ArgumentOf(macro, arguments, macro.Body[i + 1]) is { } quoted)
            {
                replaced.Add(new Token(TokenKind.Text, string.Join(' ', tokens[quoted.From..quoted.To].Select(t => t.Text)), call.Position));
                i++;
                continue;
            }

            if (token.Is("##") && replaced.Count > 0 && i + 1 < macro.Body.Length)
            {
                Token right = macro.Body[++i];
                List<Token> pasted = ArgumentOf(macro, arguments, right) is { } one ? tokens[one.From..one.To] : [right];
                replaced[^1] = new Token(replaced[^1].Kind, replaced[^1].Text + (pasted.Count > 0 ? pasted[0].Text : ""), call.Position);
                replaced.AddRange(pasted.Skip(1));
                continue;
            }

            if (ArgumentOf(macro, arguments, token) is { } argument)
            {
                // What the caller wrote keeps its own place: a caret then points into the row, not at the macro.
                for (int at = argument.From; at < argument.To; at++)
                {
                    replaced.Add(tokens[at] with { StartsLine = false });
                }
            }
            else
            {
                replaced.Add(token with { Position = call.Position, StartsLine = false });
            }
        }

        return replaced;
    }

    private static Argument? ArgumentOf(Macro macro, List<Argument> arguments, Token token)
    {
        int index = macro.Parameters is { } parameters && token.Kind == TokenKind.Identifier ? parameters.IndexOf(token.Text) : -1;
        return index < 0 ? null : arguments[index];
    }

    // Where an argument stands in the tokens of the call: they are not copied until they replace a parameter.
    private readonly record struct Argument(int From, int To);

    private sealed record Macro(ImmutableArray<string>? Parameters, ImmutableArray<Token> Body);
}
