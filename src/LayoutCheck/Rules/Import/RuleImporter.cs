using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Import;

/// <summary>The result of an import: a rule file, and the assertions that are not in it.</summary>
/// <param name="RuleText">A rule file with the assertions, or null when none could be taken.</param>
/// <param name="TakenCount">How many assertions it has.</param>
/// <param name="Refused">The assertions that could not be taken, in the order of the header.</param>
public sealed record RuleImport(string? RuleText, int TakenCount, ImmutableArray<RefusedAssertion> Refused)
{
    /// <summary>How many of those taken do not apply where none of their members exists.</summary>
    public int GuardedCount { get; init; }
}

/// <summary>An assertion of a header that could not become a rule.</summary>
/// <param name="Line">Its line in the header, from 1.</param>
/// <param name="Text">The assertion, on one line.</param>
/// <param name="Problem">Why it cannot be checked in an image.</param>
public readonly record struct RefusedAssertion(int Line, string Text, string Problem);

/// <summary>
/// Turns the layout assertions of kernel sources into rules: static_assert, BUILD_BUG_ON, CACHELINE_ASSERT_GROUP_MEMBER and tables of macros that make them
/// (FOLIO_MATCH and its relatives).
/// </summary>
public static class RuleImporter
{
    /// <summary>Reads one header or source file.</summary>
    /// <param name="fileName">The file as the user named it.</param>
    /// <param name="text">What it says.</param>
    /// <param name="isGuarded">
    /// Whether an assertion applies only where a member that it names exists. Else it is undecided where one of them is gone.
    /// </param>
    /// <exception cref="RuleException">It is no C: a comment has no end, or its conditions are nested without end.</exception>
    public static RuleImport Import(string fileName, string text, bool isGuarded = false)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(text);
        return new Run(fileName, text, isGuarded).Import();
    }

    /// <summary>The import of one file.</summary>
    private sealed class Run(string fileName, string text, bool isGuarded)
    {
        private readonly ImmutableArray<RefusedAssertion>.Builder _refused = ImmutableArray.CreateBuilder<RefusedAssertion>();
        private readonly List<Taken> _taken = [];

        public RuleImport Import()
        {
            Preprocessor preprocessor = new(fileName, text);
            LineCounter lines = new(text);
            List<Token> tokens = Lexer.Read(fileName, text, 0, text.Length, isForeign: true);
            CSpelling spelling = new(fileName, text, new SourceNames(tokens));
            CodeBranches branches = new(tokens);
            foreach (AssertionCall call in preprocessor.Calls(tokens, branches.Read))
            {
                int line = lines.LineOf(call.Tokens[0].Position);
                string shown = Shown(text, call.Tokens);
                if (call.Problem is { } broken)
                {
                    Refuse(line, shown, broken);
                    continue;
                }

                try
                {
                    Read(preprocessor.Expanded(call.Tokens), call, spelling, branches.Doubt, line, shown);
                }
                catch (RuleException error)
                {
                    Refuse(line, shown, error.Problem);
                }
            }

            return new RuleImport(
                _taken.Count == 0 ? null : Write(fileName, _taken, _refused, isGuarded), _taken.Count, _refused.ToImmutable())
            { GuardedCount = _taken.Count(t => t.IsGuarded) };
        }

        // The assertions among the tokens that a call expands to; what else a macro does asserts nothing.
        private void Read(List<Token> expanded, AssertionCall call, CSpelling spelling, string? doubt, int line, string shown)
        {
            CodeBranches branches = new(expanded, doubt);
            for (int at = 0; at < expanded.Count; at++)
            {
                if (expanded[at].Kind != TokenKind.Identifier || !AssertionParser.IsAssertion(expanded[at].Text) || at + 1 == expanded.Count || !expanded[at + 1].Is("("))
                {
                    branches.Read(at);
                    continue;
                }

                int open = 0;
                int end = at + 1;
                do
                {
                    open += expanded[end].Is("(") ? 1 : expanded[end].Is(")") ? -1 : 0;
                }
                while (++end < expanded.Count && open > 0);
                try
                {
                    if (IsLeftOut(expanded[at].Text) && branches.Doubt is { } condition)
                    {
                        throw new RuleException(fileName, text, expanded[at].Position, $"it stands behind {condition}, so that the compiler may have left it out");
                    }

                    Read(expanded[at..end], spelling, call.Tokens[^1].Position + 1, line, shown);
                }
                catch (RuleException error)
                {
                    Refuse(line, shown, error.Problem);
                }

                at = end - 1;
            }
        }

        private void Read(List<Token> assertion, CSpelling spelling, int end, int line, string shown)
        {
            (List<Token> bare, string? message) = WithoutMessage(assertion);
            foreach (Assertion one in new AssertionParser(new TokenCursor(fileName, text, spelling.InRuleLanguage(bare), end)).ParseAll())
            {
                if (Take(one with { Message = message }, line) is { } problem)
                {
                    Refuse(line, shown, problem);
                }
            }
        }

        // A macro that makes many assertions is listed once for each reason.
        private void Refuse(int line, string shown, string problem)
        {
            RefusedAssertion refused = new(line, shown, problem);
            if (_refused.Count == 0 || _refused[^1] != refused)
            {
                _refused.Add(refused);
            }
        }

        // Null when it is taken, else why not.
        private string? Take(Assertion assertion, int line)
        {
            RuleExpression expression = new(CArithmetic.AsCompiled(assertion.Root));
            if (expression.Types.IsEmpty)
            {
                return "it names no struct or union";
            }

            if (ImportCondition.Refusal(expression, assertion.Condition) is { } problem)
            {
                return problem;
            }

            string when = ImportCondition.When(expression, assertion.Condition, isGuarded, out bool hasGuard);
            Taken one = new(line, when, expression.Text, assertion.Message, assertion.Condition, hasGuard);
            if (!IsReadBack(one))
            {
                return "a rule cannot spell it";
            }

            _taken.Add(one);
            return null;
        }
    }

    // An assertion by a function of the kernel's that does not exist: one in code that the compiler drops asserts nothing. static_assert is part of C.
    private static bool IsLeftOut(string assertion) => assertion is "BUILD_BUG_ON" or "BUILD_BUG_ON_MSG" or "BUILD_BUG_ON_NOT_POWER_OF_2" or "compiletime_assert";

    /// <summary>An assertion without its message, which may be made of strings and macros; only strings alone are kept.</summary>
    private static (List<Token> Assertion, string? Message) WithoutMessage(List<Token> tokens)
    {
        if (tokens[0].Text is not ("static_assert" or "_Static_assert" or "BUILD_BUG_ON_MSG" or "compiletime_assert" or "BUILD_BUG_ON_ZERO"))
        {
            return (tokens, null);
        }

        int open = 0;
        int comma = tokens.FindIndex(t =>
        {
            open += t.Is("(") || t.Is("{") || t.Is("[") ? 1 : t.Is(")") || t.Is("}") || t.Is("]") ? -1 : 0;
            return open == 1 && t.Is(",");
        });
        if (comma < 0)
        {
            return (tokens, null);
        }

        List<Token> message = tokens[(comma + 1)..^1];
        string words = string.Concat(message.Select(t => t.Text.Replace("\\\n", "", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal)));
        return ([.. tokens[..comma], tokens[^1]], message.Count > 0 && message.TrueForAll(t => t.Kind == TokenKind.Text) ? words : null);
    }

    private static string Shown(string text, List<Token> call)
        => string.Join(' ', text[call[0].Position..(call[^1].Position + 1)].Replace('\\', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Write(string fileName, List<Taken> taken, ImmutableArray<RefusedAssertion>.Builder refused, bool isGuarded)
    {
        fileName = Printable.Escape(fileName);
        StringBuilder rule = new();
        int guarded = taken.Count(t => t.IsGuarded);
        string guards = isGuarded ? string.Create(CultureInfo.InvariantCulture, $" ({guarded} of {taken.Count} only where a member of theirs exists)") : "";
        _ = rule.Append(CultureInfo.InvariantCulture, $"---\ntitle: Assertions of {fileName}{guards}\nseverity: error\npack: imported\n");
        string? when = null;
        foreach (Taken assertion in taken)
        {
            if (assertion.When != when)
            {
                when = assertion.When;
                _ = rule.Append(CultureInfo.InvariantCulture, $"\n{WhenLine(assertion)}\n");
            }

            _ = rule.Append(CultureInfo.InvariantCulture, $"{CheckLine(assertion)}\n");
        }

        _ = rule.Append(CultureInfo.InvariantCulture, $"---\n\n# Assertions of {fileName}\n\n## What it checks\n\n");
        _ = rule.Append("What the compiler checked when the kernel was built, as far as an image shows it. ");
        _ = rule.Append("Where a type is not in the image, its assertions do not\napply; where a member is gone, they are undecided");
        _ = rule.Append(isGuarded ? ", but for those that are guarded: these apply where\none of their members exists.\n" : ".\n");
        _ = rule.Append("An assertion under a CONFIG applies where all of its members exist.\n");
        if (refused.Count > 0)
        {
            _ = rule.Append("\nNot taken:\n\n");
            foreach (RefusedAssertion assertion in refused)
            {
                _ = rule.Append(CultureInfo.InvariantCulture,
                    $"- line {assertion.Line}: `{Printable.Escape(assertion.Text)}`: {Printable.Escape(assertion.Problem)}\n");
            }
        }

        _ = rule.Append(CultureInfo.InvariantCulture, $"\n## Source\n\n{fileName}\n");
        return rule.ToString();
    }

    private static string WhenLine(Taken assertion) => $"when:  {Printable.Escape(assertion.When)}";

    private static string CheckLine(Taken assertion)
    {
        string condition = assertion.Condition is null ? "" : $", #if {assertion.Condition}";
        string message = assertion.Message is null ? "" : $", \"{assertion.Message.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        return Printable.Escape(string.Create(CultureInfo.InvariantCulture, $"check: {assertion.Expression}{message} // line {assertion.Line}{condition}"));
    }

    // Macros can paste together tokens that are no words of C, and strings that do not end.
    private static bool IsReadBack(Taken assertion)
    {
        try
        {
            Rule rule = RuleParser.Parse("", $"---\ntitle: one\n{WhenLine(assertion)}\n{CheckLine(assertion)}\n---\n");
            return rule.Checks is [var check] && check.Expression.Text == Printable.Escape(assertion.Expression)
                && check.Message == (assertion.Message is null ? null : Printable.Escape(assertion.Message));
        }
        catch (RuleException)
        {
            return false;
        }
    }

    private readonly record struct Taken(int Line, string When, string Expression, string? Message, string? Condition, bool IsGuarded);
}
