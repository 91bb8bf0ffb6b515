using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>Replaces macros: parameters, <c>#</c>, <c>##</c>, and GNU's <c>, ## __VA_ARGS__</c>.</summary>
/// <param name="file">The file, for errors.</param>
/// <param name="text">Its text.</param>
/// <param name="macros">The macros that are defined so far.</param>
internal sealed class MacroExpander(string file, string text, MacroTable macros)
{
    /// <summary>How deep macros may be nested.</summary>
    public const int MostNesting = 32;

    private const int MostTokens = 200_000;

    private ImmutableArray<Branch> _path;
    private int _produced;

    /// <summary>Adds the tokens of a range to <paramref name="output"/>, with macros replaced and each under <paramref name="condition"/>.</summary>
    /// <exception cref="RuleException">A macro is in doubt, is called wrongly, or has no end.</exception>
    public void Expand(List<Token> tokens, int from, int to, ImmutableArray<Branch> path, string? condition, List<Token> output)
    {
        _path = path;
        _produced = 0;
        Expand(tokens, from, to, [], output, condition, 0);
    }

    private void Expand(List<Token> tokens, int from, int to, ImmutableHashSet<string> hidden, List<Token> output, string? condition, int nesting)
    {
        for (int i = from; i < to; i++)
        {
            Token token = tokens[i];
            MacroTable.Entry? doubt = null;
            Macro? macro = token.Kind == TokenKind.Identifier && !hidden.Contains(token.Text) ? macros.Find(token.Text, _path, out doubt, out _) : null;
            bool isUsed = macro?.Parameters is null || (i + 1 < to && tokens[i + 1].Is("("));
            if (doubt is not null && isUsed)
            {
                throw new RuleException(file, text, token.Position,
                    $"{Printable.Shorten(token.Text)} is a macro that is defined under #if {doubt.Condition}, which an image does not tell");
            }

            if (macro is null || !isUsed)
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
}
