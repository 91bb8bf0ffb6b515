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
public sealed record RuleImport(string? RuleText, int TakenCount, ImmutableArray<RefusedAssertion> Refused);

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
    /// <exception cref="RuleException">It is no C: a comment has no end, or its conditions are nested without end.</exception>
    public static RuleImport Import(string fileName, string text)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(text);
        return new Run(fileName, text).Import();
    }

    /// <summary>The import of one file.</summary>
    private sealed class Run(string fileName, string text)
    {
        private readonly ImmutableArray<RefusedAssertion>.Builder _refused = ImmutableArray.CreateBuilder<RefusedAssertion>();
        private readonly List<Taken> _taken = [];

        public RuleImport Import()
        {
            Preprocessor preprocessor = new(fileName, text);
            LineCounter lines = new(text);
            foreach (List<Token> call in preprocessor.Calls(Lexer.Read(fileName, text, 0, text.Length, isForeign: true)))
            {
                int line = lines.LineOf(call[0].Position);
                string shown = Shown(text, call);
                try
                {
                    List<Token> tokens = AsInDebugInformation(preprocessor.Expanded(call));
                    foreach (Assertion assertion in new AssertionParser(new TokenCursor(fileName, text, tokens, call[^1].Position + 1)).ParseAll())
                    {
                        if (Take(assertion, line) is { } problem)
                        {
                            _refused.Add(new RefusedAssertion(line, shown, problem));
                        }
                    }
                }
                catch (RuleException error)
                {
                    _refused.Add(new RefusedAssertion(line, shown, error.Problem));
                }
            }

            return new RuleImport(_taken.Count == 0 ? null : Write(fileName, _taken, _refused), _taken.Count, _refused.ToImmutable());
        }

        // Null when it is taken, else why not.
        private string? Take(Assertion assertion, int line)
        {
            RuleExpression expression = new(assertion.Root);
            if (expression.Types.IsEmpty)
            {
                return "it names no struct or union";
            }

            if (Refusal(expression, assertion.Condition) is { } problem)
            {
                return problem;
            }

            Taken one = new(line, When(expression, assertion.Condition), expression.Text, assertion.Message, assertion.Condition);
            if (!IsReadBack(one))
            {
                return "a rule cannot spell it";
            }

            _taken.Add(one);
            return null;
        }
    }

    /// <summary>
    /// The assertions that the tokens hold, with the names that debug information has. A macro of several assertions wraps them in
    /// <c>do { } while (0)</c>, which asserts nothing.
    /// </summary>
    private static List<Token> AsInDebugInformation(List<Token> tokens)
    {
        List<Token> kept = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsWord("while") && i + 3 < tokens.Count && tokens[i + 1].Is("(") && tokens[i + 2].Text == "0")
            {
                i += 3;
            }
            else if (tokens[i].IsWord("rcu_head"))
            {
                // `#define rcu_head callback_head` (include/linux/types.h): debug information has the other name, for the type and for members.
                kept.Add(tokens[i] with { Text = "callback_head" });
            }
            else if (!tokens[i].IsWord("do") && !tokens[i].Is("{") && !tokens[i].Is("}"))
            {
                kept.Add(tokens[i]);
            }
        }

        return kept;
    }

    private static string Shown(string text, List<Token> call)
        => string.Join(' ', text[call[0].Position..(call[^1].Position + 1)].Replace('\\', ' ').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// Why an assertion under a condition is refused, or null. A CONFIG that is set shows in the members that it adds, so that one must be named. No other
    /// condition shows in an image.
    /// </summary>
    private static string? Refusal(RuleExpression expression, string? condition)
        => condition is null || WordSize(condition) is not null || (IsOnlySet(condition) && expression.Subjects.Any(s => s.Member is not null))
        ? null
        : $"it stands under #if {condition}, which an image does not tell";

    private static bool IsOnlySet(string condition) => condition.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .All(word => word is "&&" or "(" or ")" || char.IsAsciiLetter(word[0]) || word[0] == '_');

    /// <summary>The conditions that the word size of the target decides.</summary>
    private static string? WordSize(string condition) => condition switch
    {
        "CONFIG_64BIT" or "CONFIG_X86_64" or "CONFIG_ARM64" or "BITS_PER_LONG == 64" or "!(BITS_PER_LONG == 32)" or "!CONFIG_X86_32" => "sizeof(long) == 8",
        "!CONFIG_64BIT" or "BITS_PER_LONG == 32" or "!(BITS_PER_LONG == 64)" or "CONFIG_32BIT" or "CONFIG_X86_32" => "sizeof(long) == 4",
        _ => null,
    };

    /// <summary>
    /// The guard of an assertion: its types must be in the image, and one of the members that it names. Source names may be macros (<c>si_pid</c>) or depend on
    /// a CONFIG. A member that is missing on one side only still shows.
    /// </summary>
    private static string When(RuleExpression expression, string? condition)
    {
        List<string> parts = [.. expression.Types.Select(t => $"exists({t})")];
        if (condition is not null && WordSize(condition) is { } size)
        {
            parts.Add(size);
        }

        List<string> members = [.. expression.Subjects.Where(s => s.Member is not null).Select(s => $"exists({s})").Distinct()];
        if (members.Count > 0)
        {
            parts.Add(members.Count == 1 ? members[0] : $"({string.Join(" || ", members)})");
        }

        return string.Join(" && ", parts);
    }

    private static string Write(string fileName, List<Taken> taken, ImmutableArray<RefusedAssertion>.Builder refused)
    {
        fileName = Printable.Escape(fileName);
        StringBuilder rule = new();
        _ = rule.Append(CultureInfo.InvariantCulture, $"---\ntitle: Assertions of {fileName}\nseverity: error\npack: imported\n");
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
        _ = rule.Append("An assertion under a CONFIG applies where one of its\nmembers exists.\n");
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

    private readonly record struct Taken(int Line, string When, string Expression, string? Message, string? Condition);
}
