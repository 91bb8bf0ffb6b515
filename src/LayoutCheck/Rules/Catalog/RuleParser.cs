using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Rules.Catalog;

/// <summary>
/// Reads rule files: Markdown under a header of <c>key: value</c> lines between two lines <c>---</c>. LANGUAGE.md is the reference.
/// </summary>
public static class RuleParser
{
    /// <summary>The rule that a file holds.</summary>
    /// <param name="fileName">The file as the user named it; its stem becomes the rule's id.</param>
    /// <param name="text">What the file says.</param>
    /// <exception cref="RuleException">It is no rule.</exception>
    public static Rule Parse(string fileName, string text) => Parse(fileName, text, RuleOrigin.File);

    /// <summary>The rule of an assertion, or of several behind each other, without a file.</summary>
    /// <param name="id">The rule's id.</param>
    /// <param name="text">An expression, or <c>static_assert(...)</c> or <c>BUILD_BUG_ON(...)</c>.</param>
    /// <exception cref="RuleException">It is none. The file of the error is <c>-e</c>.</exception>
    public static Rule ParseExpression(string id, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string Place = "-e";
        List<Token> tokens = new Preprocessor(Place, text).Run(Lexer.Read(Place, text, 0, text.Length));
        List<Assertion> assertions = new AssertionParser(new TokenCursor(Place, text, tokens, text.Length)).ParseAll();
        if (assertions.Count == 0 || assertions.Exists(a => a.Condition is not null))
        {
            throw new RuleException(Place, text, 0, assertions.Count == 0 ? "an assertion should stand here, as in offsetof(struct page, lru) == 8"
                : "an assertion of the command line stands under no #if");
        }

        return new Rule(id)
        {
            Title = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            Severity = Severity.Error,
            IsFlagship = false,
            Pack = "expression",
            Checks = [.. assertions.Select(a => new RuleCheck(null, new RuleExpression(a.Root), a.Message, Severity.Error, 1))],
            Body = "",
            SourceName = Place,
            Origin = RuleOrigin.Expression,
        };
    }

    /// <summary>The same of a file that the origin tells of.</summary>
    internal static Rule Parse(string fileName, string text, RuleOrigin origin)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(text);
        RuleHeader header = new(fileName, text);
        Severity severity = header.Choice(RuleHeader.Severity, Severity.Error, ("error", Severity.Error), ("warning", Severity.Warning));
        ImmutableArray<RuleCheck> checks = new CheckReader(header, fileName, text, severity).ReadAll();
        return new Rule(Path.GetFileNameWithoutExtension(fileName))
        {
            Title = header.Value(RuleHeader.Title) ?? throw header.Error(0, "the header has no 'title:'"),
            Severity = severity,
            CountsWhenStrict = header.Choice(RuleHeader.Strict, true, ("yes", true), ("no", false)),
            IsFlagship = header.Choice(RuleHeader.Flagship, false, ("yes", true), ("no", false)),
            Pack = header.Value(RuleHeader.Pack) ?? Rule.DefaultPack,
            Selections = [.. header.Entries.Where(e => e.Key == RuleHeader.Select).Select(e => ReadSelection(fileName, text, e))],
            Checks = checks,
            Body = text[header.BodyStart..].Trim('\r', '\n'),
            SourceName = fileName,
            Origin = origin,
        };
    }

    // struct X having a, b.c
    private static RuleSelection ReadSelection(string fileName, string text, RuleHeader.Entry entry)
    {
        TokenCursor tokens = new(fileName, text, Lexer.Read(fileName, text, entry.Start, entry.End), entry.End);
        SubjectReader subjects = new(tokens);
        if (subjects.Type() is not NamedReference type)
        {
            throw tokens.Error("'select:' chooses among the definitions of a struct or union, as in: struct x having member");
        }

        if (tokens.Word("the word 'having'") != "having")
        {
            throw tokens.Error("'select:' is written: struct x having member, member");
        }

        ImmutableArray<string>.Builder members = ImmutableArray.CreateBuilder<string>();
        do
        {
            members.Add(subjects.Path());
        }
        while (tokens.Take(","));
        return tokens.CurrentOrNull is null ? new RuleSelection(type.Name, members.ToImmutable()) : throw tokens.Error("a comma and a member should stand here");
    }

    /// <summary>
    /// Reads the checks of one file: each <c>check:</c> with the <c>when:</c> before it. Macros are known in the checks below their definition.
    /// </summary>
    private sealed class CheckReader(RuleHeader header, string fileName, string text, Severity severity)
    {
        private readonly Preprocessor _preprocessor = new(fileName, text);
        private readonly LineCounter _lines = new(text);
        private readonly ImmutableArray<RuleCheck>.Builder _checks = ImmutableArray.CreateBuilder<RuleCheck>();
        private RuleExpression? _when;
        private RuleHeader.Entry? _unusedWhen;

        public ImmutableArray<RuleCheck> ReadAll()
        {
            HashSet<string> seen = [];
            foreach (RuleHeader.Entry entry in header.Entries)
            {
                if (entry.Key == RuleHeader.When)
                {
                    ReadWhen(entry);
                }
                else if (entry.Key is RuleHeader.Check or RuleHeader.Warn)
                {
                    ReadCheck(entry, entry.Key == RuleHeader.Warn ? Severity.Warning : severity);
                }
                else if (entry.Key != RuleHeader.Select && !seen.Add(entry.Key))
                {
                    throw header.Error(entry.KeyStart, $"'{entry.Key}:' stands here a second time");
                }
            }

            return _checks.Count > 0 ? _checks.ToImmutable() : throw header.Error(header.BodyStart - 1, "the header has no check");
        }

        private void ReadWhen(RuleHeader.Entry entry)
        {
            if (_unusedWhen is { } unused)
            {
                throw header.Error(unused.Start, "no check follows this when, before the next one replaces it");
            }

            bool isEmpty = string.IsNullOrWhiteSpace(text[entry.Start..entry.End]);
            _when = isEmpty ? null : RuleExpression.Parse(fileName, text, entry.Start, entry.End);
            _unusedWhen = isEmpty ? null : entry;
        }

        private void ReadCheck(RuleHeader.Entry entry, Severity checkSeverity)
        {
            List<Token> tokens = _preprocessor.Run(Lexer.Read(fileName, text, entry.Start, entry.End));
            foreach (Assertion assertion in new AssertionParser(new TokenCursor(fileName, text, tokens, entry.End)).ParseAll())
            {
                RuleExpression expression = new(assertion.Root);
                RuleExpression? guard = assertion.Condition is null ? _when : Guard(assertion, expression);
                _checks.Add(new RuleCheck(guard, expression, assertion.Message, checkSeverity, _lines.LineOf(assertion.Position)));
            }

            _unusedWhen = null;
        }

        // An assertion pasted with its `#ifdef CONFIG_X` applies where all members that it names exist: one that names a member of this and a member of another
        // configuration was never compiled.
        private RuleExpression Guard(Assertion assertion, RuleExpression expression)
        {
            List<Subject> members = [.. expression.Subjects.Where(s => s is { Member: not null, IsContainer: false })];
            if (members.Count == 0)
            {
                throw header.Error(
                    assertion.Position,
                    $"nothing tells whether #if {Printable.Shorten(assertion.Condition!)} holds, for the assertion under it names no member: "
                        + "write a when: instead");
            }

            Node? all = _when?.Root;
            foreach (Subject member in members)
            {
                MemberCall exists = new(assertion.Position, MemberFunctions.Exists, member);
                all = all is null ? exists : new BinaryNode(assertion.Position, "&&", all, exists);
            }

            Node guard = all!;
            return guard.Depth <= ExpressionParser.MostDepth
                ? new RuleExpression(guard)
                : throw header.Error(assertion.Position, "an assertion under an #if names too many members");
        }
    }
}
