using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>An expression of the rule language (LANGUAGE.md), parsed and ready to be evaluated.</summary>
public sealed class RuleExpression
{
    internal RuleExpression(Node root)
    {
        Root = root;
        HashSet<TypeName> seen = [];
        ImmutableArray<TypeName>.Builder types = ImmutableArray.CreateBuilder<TypeName>();
        root.Visit(subject =>
        {
            if (subject.Type.BaseName is { } name && seen.Add(name))
            {
                types.Add(name);
            }
        });
        Types = types.ToImmutable();
    }

    /// <summary>The expression in one spelling, whatever the file's own is: macros expanded, one space around operators.</summary>
    public string Text => field ??= Root.ToString();

    /// <summary>The structs and unions that it names, each once, in the order of their first mention.</summary>
    public ImmutableArray<TypeName> Types { get; }

    internal Node Root { get; }

    /// <summary>The types and members that it names: <c>struct page</c> with <c>compound_head|compound_info</c>.</summary>
    internal IReadOnlyList<Subject> Subjects
    {
        get
        {
            List<Subject> subjects = [];
            Root.Visit(subjects.Add);
            return subjects;
        }
    }

    /// <summary>Parses a text that is one expression and nothing else.</summary>
    /// <exception cref="RuleException">It is no expression.</exception>
    public static RuleExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Parse("expression", text, 0, text.Length);
    }

    /// <summary>Parses the part of a file from <paramref name="start"/> up to <paramref name="end"/>, character indices both.</summary>
    internal static RuleExpression Parse(string file, string text, int start, int end)
        => new(ExpressionParser.ParseWhole(new TokenCursor(file, text, Lexer.Read(file, text, start, end), end)));

    /// <inheritdoc/>
    public override string ToString() => Text;
}
