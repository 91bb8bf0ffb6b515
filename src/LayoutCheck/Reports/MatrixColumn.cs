using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>The kind of fact in a column of a matrix.</summary>
public enum MatrixFact
{
    /// <summary>The place of a member.</summary>
    Offset,

    /// <summary>The size of a type or of a member.</summary>
    Size,

    /// <summary>The type of a member, as C spells it.</summary>
    Type,

    /// <summary>Whether a type or a member exists.</summary>
    Exists,

    /// <summary>The outcome of a rule.</summary>
    Rule,
}

/// <summary>A question that a matrix asks of every image.</summary>
/// <param name="Text">The question as a user writes it: <c>page.compound_head|compound_info</c>, <c>sizeof:page</c>.</param>
/// <param name="Fact">The kind of fact.</param>
/// <param name="Type">The type; of a rule, no name.</param>
/// <param name="Members">The paths of members, of which the first that exists answers; empty for the type itself, and for a rule.</param>
public sealed record MatrixColumn(string Text, MatrixFact Fact, TypeName Type, ImmutableArray<string> Members)
{
    private const string Allowed = "page.lru (the offset of a member), page.compound_head|compound_info (of the first that exists), "
        + "sizeof:page, sizeof:page.lru, typeof:page.lru, exists:page, exists:page.lru or rule:pgmap-on-compound-head";

    // What stands before the colon.
    private static readonly Dictionary<string, MatrixFact> s_facts = new(StringComparer.Ordinal)
    {
        ["offsetof"] = MatrixFact.Offset,
        ["sizeof"] = MatrixFact.Size,
        ["typeof"] = MatrixFact.Type,
        ["exists"] = MatrixFact.Exists,
        ["rule"] = MatrixFact.Rule,
    };

    /// <summary>Two short lines that stand over the column where there is little room; null for those that follow from the text.</summary>
    public (string First, string Second)? Title { get; init; }

    /// <summary>The rule, where the fact is its outcome.</summary>
    public Rule? Rule { get; init; }

    /// <summary>The word for the kind in JSON and in the text of a column.</summary>
    public string Kind => Fact switch
    {
        MatrixFact.Offset => "offset",
        MatrixFact.Size => "size",
        MatrixFact.Type => "type",
        MatrixFact.Exists => "exists",
        _ => "rule",
    };

    /// <summary>What the members' names have in common, up to the last underscore; empty where that is next to nothing.</summary>
    public string CommonName
    {
        get
        {
            if (Members.Length < 2)
            {
                return "";
            }

            int common = Members[0].Length;
            foreach (string member in Members)
            {
                common = Math.Min(common, Members[0].AsSpan().CommonPrefixLength(member));
            }

            int end = Members[0].AsSpan(0, common).LastIndexOf('_') + 1;
            return end > 2 && Members.All(m => m.Length > end) ? Members[0][..end] : "";
        }
    }

    /// <summary>A member's name without what all of the column have in common: <c>head</c> of <c>compound_head</c>.</summary>
    public string ShortNameOf(string member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return CommonName is { Length: > 0 } common && member.StartsWith(common, StringComparison.Ordinal) ? member[common.Length..] : member;
    }

    /// <summary>Reads a column.</summary>
    /// <param name="text">What was typed.</param>
    /// <exception cref="UsageException">It is no column; the message says which there are.</exception>
    public static MatrixColumn Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string word = colon < 0 ? "" : text[..colon].Trim();
        MatrixFact fact = MatrixFact.Offset;
        if (colon >= 0 && !s_facts.TryGetValue(word, out fact))
        {
            throw Refuse(text, $"there is no '{Printable.Shorten(word)}:'");
        }

        string subject = text[(colon + 1)..].Trim();
        return fact == MatrixFact.Rule ? OfRule(text, subject) : OfSubject(text, fact, subject);
    }

    private static MatrixColumn OfRule(string text, string id)
    {
        try
        {
            return new MatrixColumn(text.Trim(), MatrixFact.Rule, new TypeName(TypeNameKind.Any, ""), []) { Rule = RuleCatalog.Select(null, [id], null).Rules[0] };
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--show {Printable.Shorten(text)}: {e.Message}");
        }
    }

    private static MatrixColumn OfSubject(string text, MatrixFact fact, string subject)
    {
        int dot = subject.IndexOf('.', StringComparison.Ordinal);
        TypeName type = TypeName.Parse(dot < 0 ? subject : subject[..dot]);
        ImmutableArray<string> members = dot < 0 ? [] : [.. subject[(dot + 1)..].Split('|').Select(m => m.Trim())];
        return type.Name.Length == 0 ? throw Refuse(text, "it names no type")
            : !type.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$') ? throw Refuse(text, $"'{Printable.Shorten(type.Name)}' is no name of a type")
            : members.FirstOrDefault(m => !MemberPath.IsWellFormed(m)) is { } wrong ? throw Refuse(text, wrong.Length == 0 ? "a member is empty" : $"'{Printable.Shorten(wrong)}' is no member")
            : members.IsEmpty && (fact is MatrixFact.Offset or MatrixFact.Type) ? throw Refuse(text, $"it names no member of {type}")
            : new MatrixColumn(text.Trim(), fact, type, members);
    }

    private static UsageException Refuse(string text, string problem) => new($"--show takes columns, and '{Printable.Shorten(text)}' is none: {problem}; write {Allowed}");
}
