using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Rules.Language;

/// <summary>An assertion of a header, or the use of a macro that makes some: its tokens up to the closing parenthesis, not yet expanded.</summary>
/// <param name="Tokens">The tokens.</param>
/// <param name="Problem">Why it cannot be read, or null.</param>
internal readonly record struct AssertionCall(List<Token> Tokens, string? Problem);

/// <summary>
/// The part of C's preprocessor that pasted assertions need: <c>#define</c> with parameters, <c>##</c> and <c>#</c>, so that a table of
/// <c>FOLIO_MATCH(pg, fl)</c> rows is read with its own macro. Conditions are not evaluated: each token carries the one that it is under.
/// </summary>
internal sealed class Preprocessor(string file, string text)
{
    // C17 5.2.4.1 promises 63 levels. The condition of a line joins those of all levels, so both its parts and the whole are bounded.
    private const int MostConditions = 64;
    private const int LongestCondition = 200;
    private const int LongestOfAll = 500;

    // A condition that always holds, and one that never does.
    private const string Always = "";
    private const string Never = "0";

    // No assertion of a kernel has as many tokens.
    private const int LongestCallBehindOpenOne = 2000;

    // Ends a condition that was cut. It is no name, so that no reader takes the rest for the whole.
    private const string Left = " ...";

    // Macros that are never defined for C code of the kernel; __KERNEL__ always is.
    private static readonly HashSet<string> s_never = ["__ASSEMBLY__", "__ASSEMBLER__", "__GENERATING_BOUNDS_H", "__GENKSYMS__", "__BINDGEN__", "__CHECKER__"];

    private readonly MacroTable _macros = new();
    private readonly List<Condition> _conditions = [];

    // Whether a macro makes an assertion; of the definitions so far.
    private readonly Dictionary<string, bool> _makers = new(StringComparer.Ordinal);

    private int _ifs;
    private int _longestCall = int.MaxValue;

    /// <summary>The tokens with directives carried out and macros replaced.</summary>
    public List<Token> Run(List<Token> tokens)
    {
        if (_macros.IsEmpty && _conditions.Count == 0 && !tokens.Exists(t => t.Is("#")))
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
    /// Finds the assertions of a header: calls of one, and uses of a macro that makes one or is given one. Directives are carried out on the way: expand a call
    /// (<see cref="Expanded"/>) before the next one is taken.
    /// </summary>
    /// <param name="tokens">All tokens of the header.</param>
    /// <param name="other">Is shown each token that is in no directive and no call.</param>
    public IEnumerable<AssertionCall> Calls(List<Token> tokens, Action<int> other)
    {
        for (int at = 0; at < tokens.Count;)
        {
            int end = at + 1;
            if (tokens[at] is { StartsLine: true } first && first.Is("#"))
            {
                end = CarryOut(tokens, at);
            }
            else if (tokens[at].Kind == TokenKind.Identifier && CallAt(tokens, at) is { } call)
            {
                end = at + call.Tokens.Count;
                for (int i = at; i < end; i++)
                {
                    if (tokens[i].StartsLine && tokens[i].Is("#"))
                    {
                        _ = CarryOut(tokens, i);
                    }
                }

                yield return call;
            }
            else
            {
                other(at);
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

    // Carries out the directive that begins at a token, and gives the token behind it.
    private int CarryOut(List<Token> tokens, int at)
    {
        int end = at + 1;
        while (end < tokens.Count && !tokens[end].StartsLine)
        {
            end++;
        }

        Directive(tokens[at..end], end < tokens.Count ? LineAt(tokens, end) : []);
        return end;
    }

    private AssertionCall? CallAt(List<Token> tokens, int at)
    {
        string name = tokens[at].Text;
        bool isAssertion = MakesAssertion(name, 0);
        if (at + 1 == tokens.Count || !tokens[at + 1].Is("("))
        {
            return isAssertion && _macros.AllOf(name).Any(m => m.Parameters is null) ? new AssertionCall([tokens[at]], null) : null;
        }

        if (!isAssertion && !_macros.AllOf(name).Any())
        {
            return null;
        }

        int open = 1;
        int end = at + 2;
        string? problem = null;
        for (; end < tokens.Count && end - at < _longestCall && open > 0; end++)
        {
            open += tokens[end].Is("(") ? 1 : tokens[end].Is(")") ? -1 : 0;
            problem = tokens[end].StartsLine && tokens[end].Is("#") ? "a directive stands within it" : problem;
            // A macro of the file can drop the assertion that it is given.
            isAssertion = isAssertion || (tokens[end].Kind == TokenKind.Identifier && MakesAssertion(tokens[end].Text, 0));
        }

        if (!isAssertion)
        {
            return null;
        }

        if (open == 0)
        {
            return new AssertionCall(tokens[at..end], problem);
        }

        // The next ones are not searched to the end of the file.
        _longestCall = LongestCallBehindOpenOne;
        return new AssertionCall(tokens[at..(at + 2)], "its parentheses are not closed");
    }

    private ImmutableArray<Branch> Path => [.. _conditions.Where(c => c.Text is not (Always or Never)).Select(c => c.Branch)];

    private void ExpandInto(List<Token> output, List<Token> tokens, int from, int to)
    {
        string condition = Joined();
        new MacroExpander(file, text, _macros).Expand(tokens, from, to, Path, condition == Always ? null : condition, output);
    }

    private string Joined()
    {
        string condition = Always;
        foreach (Condition one in _conditions)
        {
            condition = And(condition, one.Text);
            if (condition.Length > LongestOfAll)
            {
                return condition + Left;
            }
        }

        return condition;
    }

    private bool MakesAssertion(string name, int nesting)
    {
        if (AssertionParser.IsAssertion(name))
        {
            return true;
        }

        if (_macros.IsEmpty || nesting == MacroExpander.MostNesting)
        {
            return false;
        }

        if (!_makers.TryGetValue(name, out bool makes))
        {
            // A macro that names itself asks again.
            _makers[name] = false;
            makes = _macros.AllOf(name).Any(m => m.Body.Any(t => t.Kind == TokenKind.Identifier && t.Text != name && MakesAssertion(t.Text, nesting + 1)));
            _makers[name] = makes;
        }

        return makes;
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
                Set(line[2].Text, null);
                break;
            case "ifndef" when line.Count > 2 && IsGuard(line[2].Text, nextLine):
                // An include guard is no condition.
                Open(Always, line[2].Text, line[0]);
                break;
            case "if" or "ifdef" or "ifndef":
                string text = ConditionOf(name, line);
                Open(text, Not(text), line[0]);
                break;
            case "elif" or "elifdef" or "elifndef" or "else" when _conditions.Count > 0:
                Condition before = _conditions[^1];
                string now = name == "else" ? Always : ConditionOf(name[2..], line);
                _conditions[^1] = new Condition(Cut(And(before.Otherwise, now)), Cut(And(before.Otherwise, Not(now))),
                    before.Branch with { Number = before.Branch.Number + 1 });
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

    /// <summary>
    /// Whether the line behind an <c>#ifndef X</c> makes it an include guard: it defines X as nothing, or an X that is called like a header as 1. Any other value
    /// is a default, which an included file may have given already.
    /// </summary>
    private static bool IsGuard(string name, List<Token> next) => next.Count > 2 && next[0].Is("#") && next[1].IsWord("define") && next[2].Text == name
        && (next.Count == 3 || (next.Count == 4 && next[3].Text == "1" && name.Contains("_H", StringComparison.OrdinalIgnoreCase)));

    // What an `#if`, `#ifdef` or `#ifndef` asks. `#if defined(X)` is an `#ifdef`.
    private string ConditionOf(string directive, List<Token> line)
    {
        if (directive != "if")
        {
            string set = Defined(Join(line, 2));
            return directive == "ifndef" ? Not(set) : set;
        }

        bool isNot = line.Count > 2 && line[2].Is("!");
        int at = isNot ? 3 : 2;
        if (line.Count > at + 1 && (line[at].IsWord("defined") || line[at].IsWord("IS_ENABLED")))
        {
            bool hasParentheses = line[at + 1].Is("(");
            int name = hasParentheses ? at + 2 : at + 1;
            if (line.Count == name + (hasParentheses ? 2 : 1) && line[name].Kind == TokenKind.Identifier)
            {
                string set = Defined(line[name].Text);
                return isNot ? Not(set) : set;
            }
        }

        string condition = Join(line, 2);
        return condition == "1" ? Always : condition;
    }

    // A macro that the text itself defines or undefines for sure is known, too.
    private string Defined(string macro)
    {
        Macro? known = _macros.Find(macro, Path, out _, out bool isKnown);
        return isKnown ? known is null ? Never : Always : macro == "__KERNEL__" ? Always : s_never.Contains(macro) ? Never : macro;
    }

    private void Set(string name, Macro? macro)
    {
        _macros.Set(name, macro, Path, Joined());
        _makers.Clear();
    }

    private static string Not(string condition) => condition switch
    {
        Always => Never,
        Never => Always,
        ['!', ..] when !condition.Contains(' ', StringComparison.Ordinal) => condition[1..],
        _ => condition.Contains(' ', StringComparison.Ordinal) ? $"!({condition})" : "!" + condition,
    };

    private static string And(string one, string other) => one == Never || other == Never ? Never
        : one.Length == 0 ? other
        : other.Length == 0 ? one : $"{one} && {other}";

    private static string Cut(string condition) => condition.Length <= LongestCondition ? condition : condition[..LongestCondition] + Left;

    private static string Join(List<Token> line, int from) => line.Count > from ? Cut(string.Join(' ', line.Skip(from).Select(t => t.Text))) : Left;

    private void Open(string condition, string otherwise, Token directive)
    {
        if (_conditions.Count == MostConditions)
        {
            throw new RuleException(file, text, directive.Position, $"conditions are nested more than {MostConditions} deep");
        }

        _conditions.Add(new Condition(condition, otherwise, new Branch(_ifs++, 0)));
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

        Set(line[2].Text, new Macro(parameters?.ToImmutableArray(), isVariadic, [.. line.Skip(at)]));
    }

    // One open #if: the condition of the branch that is being read, and the one of the branches that follow.
    private readonly record struct Condition(string Text, string Otherwise, Branch Branch);
}
