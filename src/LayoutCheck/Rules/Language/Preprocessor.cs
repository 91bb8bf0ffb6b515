using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// The part of C's preprocessor that pasted assertions need: <c>#define</c> with parameters, <c>##</c> and <c>#</c>, so that a table of
/// <c>FOLIO_MATCH(pg, fl)</c> rows is read with its own macro. Conditions are not evaluated: each token carries the one that it is under.
/// </summary>
internal sealed class Preprocessor(string file, string text)
{
    private const int MostTokens = 200_000;
    private const int MostNesting = 32;

    // C17 5.2.4.1 promises 63 levels. The condition of a line joins those of all levels, so both its parts and the whole are bounded.
    private const int MostConditions = 64;
    private const int LongestCondition = 200;
    private const int LongestOfAll = 500;

    // A condition that always holds, and one that never does.
    private const string Always = "";
    private const string Never = "0";

    // Ends a condition that was cut. It is no name, so that no reader takes the rest for the whole.
    private const string Left = " ...";

    // Macros that are never defined for C code of the kernel; __KERNEL__ always is.
    private static readonly HashSet<string> s_never = ["__ASSEMBLY__", "__ASSEMBLER__", "__GENERATING_BOUNDS_H", "__GENKSYMS__", "__BINDGEN__", "__CHECKER__"];

    private readonly Dictionary<string, Macro> _macros = new(StringComparer.Ordinal);
    private readonly List<Condition> _conditions = [];
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
                if (!IsSkipping)
                {
                    ExpandInto(output, tokens, at, end);
                }
            }

            at = end;
        }

        return output;
    }

    /// <summary>
    /// Finds the assertions of a header: calls of one, or of a macro that makes one, each with its tokens up to the closing parenthesis, not yet
    /// expanded. Directives are carried out on the way: expand a call (<see cref="Expanded"/>) before the next one is taken.
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

    /// <summary>The tokens with macros replaced, under the condition that is open now.</summary>
    public List<Token> Expanded(List<Token> tokens)
    {
        List<Token> output = new(tokens.Count);
        ExpandInto(output, tokens, 0, tokens.Count);
        return output;
    }

    private void ExpandInto(List<Token> output, List<Token> tokens, int from, int to)
    {
        string condition = Always;
        foreach (Condition one in _conditions)
        {
            condition = And(condition, one.Text);
            if (condition.Length > LongestOfAll)
            {
                condition += Left;
                break;
            }
        }

        _produced = 0;
        Expand(tokens, from, to, [], output, condition == Always ? null : condition, 0);
    }

    private bool MakesAssertion(string name, int nesting) => AssertionParser.IsAssertion(name)
        || (nesting < MostNesting && _macros.TryGetValue(name, out Macro? macro) && IsTable(macro, name, nesting));

    /// <summary>Whether the body of a macro begins with an assertion, by itself or in a <c>do { } while (0)</c>.</summary>
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
            case "define" when line.Count > 2 && line[2].Kind == TokenKind.Identifier && !IsSkipping:
                Define(line);
                break;
            case "undef" when line.Count > 2 && !IsSkipping:
                _ = _macros.Remove(line[2].Text);
                break;
            case "ifndef" when line.Count > 2 && nextLine.Count > 2 && nextLine[1].IsWord("define") && nextLine[2].Text == line[2].Text:
                // An include guard is no condition.
                Open(new Condition(Always, line[2].Text), line[0]);
                break;
            case "if" or "ifdef" or "ifndef":
                string text = name == "if" ? Valued(Join(line, 2)) : Defined(Join(line, 2));
                Open(name == "ifndef" ? new Condition(Not(text), text) : new Condition(text, Not(text)), line[0]);
                break;
            case "elif" or "else" when _conditions.Count > 0:
                Condition before = _conditions[^1];
                string now = name == "else" ? Always : Valued(Join(line, 2));
                _conditions[^1] = new Condition(Cut(And(before.Otherwise, now)), Cut(And(before.Otherwise, Not(now))));
                break;
            case "endif" when _conditions.Count > 0:
                _conditions.RemoveAt(_conditions.Count - 1);
                break;
            default:
                // #include, #pragma and #error define no macro of this file.
                break;
        }
    }

    // Whether the line is under a condition that never holds: the compiler sees neither its macros nor its assertions.
    private bool IsSkipping => _conditions.Exists(c => c.Text == Never);

    private static string Valued(string condition) => condition == "1" ? Always : condition;

    private static string Defined(string macro) => macro == "__KERNEL__" ? Always : s_never.Contains(macro) ? Never : macro;

    private static string Not(string condition) => condition switch
    {
        Always => Never,
        Never => Always,
        _ => condition.Contains(' ', StringComparison.Ordinal) ? $"!({condition})" : "!" + condition,
    };

    private static string And(string one, string other) => one == Never || other == Never ? Never
        : one.Length == 0 ? other
        : other.Length == 0 ? one : $"{one} && {other}";

    private static string Cut(string condition) => condition.Length <= LongestCondition ? condition : condition[..LongestCondition] + Left;

    private static string Join(List<Token> line, int from) => line.Count > from ? Cut(string.Join(' ', line.Skip(from).Select(t => t.Text))) : Left;

    private void Open(Condition condition, Token directive)
    {
        if (_conditions.Count == MostConditions)
        {
            throw new RuleException(file, text, directive.Position, $"conditions are nested more than {MostConditions} deep");
        }

        _conditions.Add(condition);
    }

    private void Define(List<Token> line)
    {
        // A parameter list follows its name without a space (C17 6.10.3).
        bool isFunction = line.Count > 3 && line[3].Is("(") && line[3].Position == line[2].Position + line[2].Text.Length;
        int at = 3;
        List<string>? parameters = null;
        bool isVariadic = false;
        if (isFunction)
        {
            parameters = [];
            for (at = 4; at < line.Count && !line[at].Is(")"); at++)
            {
                if (line[at].Is("..."))
                {
                    // `args...` names them (a GNU extension that the kernel uses).
                    isVariadic = true;
                    if (line[at - 1].Kind != TokenKind.Identifier)
                    {
                        parameters.Add("__VA_ARGS__");
                    }
                }
                else if (!line[at].Is(","))
                {
                    parameters.Add(line[at].Text);
                }
            }

            if (at == line.Count)
            {
                throw new RuleException(file, text, line[2].Position, $"the parameter list of {Printable.Shorten(line[2].Text)} is not closed");
            }

            at++;
        }

        _macros[line[2].Text] = new Macro(parameters?.ToImmutableArray(), isVariadic, [.. line.Skip(at)]);
    }

    private void Expand(List<Token> tokens, int from, int to, ImmutableHashSet<string> hidden, List<Token> output, string? condition, int nesting)
    {
        for (int i = from; i < to; i++)
        {
            Token token = tokens[i];
            if (token.Kind != TokenKind.Identifier || hidden.Contains(token.Text) || !_macros.TryGetValue(token.Text, out Macro? macro)
                || (macro.Parameters is not null && !(i + 1 < to && tokens[i + 1].Is("("))))
            {
                // Only tokens out of macros are counted: the text itself is no longer than the text.
                if (nesting > 0 && ++_produced > MostTokens)
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

            List<Argument> arguments = macro.Parameters is null ? [] : Arguments(tokens, ref i, to, macro);
            if (macro.Parameters is { } parameters && arguments.Count != parameters.Length)
            {
                throw new RuleException(file, text, token.Position,
                    $"{Printable.Shorten(token.Text)} takes {parameters.Length} arguments, not {arguments.Count}");
            }

            List<Token> replaced = Replace(macro, tokens, arguments, token);
            Expand(replaced, 0, replaced.Count, hidden.Add(token.Text), output, condition, nesting + 1);
        }
    }

    /// <summary>The arguments of a call whose name stands at <paramref name="at"/>, which is moved to the closing parenthesis.</summary>
    private List<Argument> Arguments(List<Token> tokens, ref int at, int to, Macro macro)
    {
        Token name = tokens[at];
        int parameterCount = macro.Parameters!.Value.Length;
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

                    if (macro.IsVariadic && arguments.Count == parameterCount - 1)
                    {
                        arguments.Add(new Argument(at, at));
                    }

                    return arguments;
                }
            }
            else if (open == 1 && token.Is(",") && !(macro.IsVariadic && arguments.Count == parameterCount - 1))
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
                if (replaced[^1].Is(",") && macro.IsVariadic && right.Text == macro.Parameters!.Value[^1])
                {
                    // GNU's `, ## __VA_ARGS__`: the comma goes when there are none, and nothing is pasted.
                    replaced.RemoveRange(replaced.Count - 1, pasted.Count == 0 ? 1 : 0);
                    replaced.AddRange(pasted.Select(t => t with { StartsLine = false }));
                    continue;
                }

                replaced[^1] = new Token(replaced[^1].Kind, replaced[^1].Text + (pasted.Count > 0 ? pasted[0].Text : ""), call.Position);
                replaced.AddRange(pasted.Skip(1));
                continue;
            }

            if (ArgumentOf(macro, arguments, token) is { } argument)
            {
                // An argument keeps its own position: a caret points into the row, not at the macro.
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

    // The range of an argument in the tokens of the call. They are not copied until they replace a parameter.
    private readonly record struct Argument(int From, int To);

    private sealed record Macro(ImmutableArray<string>? Parameters, bool IsVariadic, ImmutableArray<Token> Body);

    // One open #if: the condition of the branch that is being read, and the one of the branches that follow.
    private readonly record struct Condition(string Text, string Otherwise);
}
