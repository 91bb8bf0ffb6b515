using System.Collections.Immutable;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Catalog;

/// <summary>
/// One rule: checks over struct layouts with the words that explain them. Read from one Markdown file, whose name is the id.
/// </summary>
public sealed class Rule
{
    /// <summary>The pack of rules about struct page and its relatives: the default.</summary>
    public const string DefaultPack = "mm";

    private readonly Lazy<ImmutableDictionary<string, string>> _sections;

    internal Rule(string id)
    {
        Id = id;
        _sections = new(() => SectionsOf(Body!));
    }

    /// <summary>The name of its file without <c>.md</c>.</summary>
    public string Id { get; }

    /// <summary>The invariant in one line.</summary>
    public required string Title { get; init; }

    /// <summary>How bad a violation is.</summary>
    public required Severity Severity { get; init; }

    /// <summary>
    /// Whether a warning of it counts as a violation where warnings do (<c>--strict</c>). What programs outside of the kernel read is no fault of the kernel.
    /// </summary>
    public bool CountsWhenStrict { get; init; } = true;

    /// <summary>Which pack it belongs to.</summary>
    public required string Pack { get; init; }

    /// <summary>Whether its verdict comes first: the program exists for this rule.</summary>
    public required bool IsFlagship { get; init; }

    /// <summary>Its checks, in the order of the file.</summary>
    public required ImmutableArray<RuleCheck> Checks { get; init; }

    /// <summary>Which definitions of a name it is about, where kernels have several of one name.</summary>
    public ImmutableArray<RuleSelection> Selections { get; init; } = [];

    /// <summary>The Markdown below the header.</summary>
    public required string Body { get; init; }

    /// <summary>Whether it is one of the program's own, came from a file, or from the command line.</summary>
    public RuleOrigin Origin { get; init; } = RuleOrigin.File;

    /// <summary>The file it was read from, as it was named.</summary>
    public required string SourceName { get; init; }

    /// <summary>What the rule demands, in words; empty when the file has no such section.</summary>
    public string What => Section("what it checks");

    /// <summary>What breaks in the kernel when it does not hold.</summary>
    public string Why => Section("why it matters");

    /// <summary>What to do about a violation.</summary>
    public string Fix => Section("how to fix");

    /// <summary>In which kernels it holds.</summary>
    public string Since => Section("since");

    /// <summary>Where the rule comes from: the kernel's own assertion, or the code that relies on it.</summary>
    public string Source => Section("source");

    private string Section(string heading) => _sections.Value.GetValueOrDefault(heading, "");

    private static ImmutableDictionary<string, string> SectionsOf(string body)
    {
        ImmutableDictionary<string, string>.Builder sections = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        string? heading = null;
        List<string> lines = [];
        foreach (string line in body.Split('\n').Append("## "))
        {
            if (!line.StartsWith("## ", StringComparison.Ordinal))
            {
                lines.Add(line.TrimEnd());
                continue;
            }

            if (heading is not null)
            {
                sections[heading] = string.Join('\n', lines).Trim();
            }

            heading = line[3..].Trim();
            lines.Clear();
        }

        return sections.ToImmutable();
    }
}

/// <summary>One condition of a rule.</summary>
/// <param name="When">Whether the check applies; null = always.</param>
/// <param name="Expression">What must be true.</param>
/// <param name="Message">What a violation means, in one sentence, or null.</param>
/// <param name="Severity">How bad a violation is: the rule's, or Warning for a <c>warn:</c>.</param>
/// <param name="Line">The line of the rule file, from 1.</param>
public sealed record RuleCheck(RuleExpression? When, RuleExpression Expression, string? Message, Severity Severity, int Line);

/// <summary>A choice among the definitions of one name: those that have all of some members.</summary>
/// <param name="Type">The name.</param>
/// <param name="Members">The paths of the members.</param>
public sealed record RuleSelection(TypeName Type, ImmutableArray<string> Members)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Type} having {string.Join(", ", Members)}";
}

/// <summary>Where a rule is from.</summary>
public enum RuleOrigin
{
    /// <summary>The catalogue.</summary>
    Catalogue,

    /// <summary>A file of the user.</summary>
    File,

    /// <summary>The command line: an assertion without a file.</summary>
    Expression,

    /// <summary>The image, or a dump of it: a check for each fact of VMCOREINFO.</summary>
    Exported,
}

/// <summary>How bad a violation is.</summary>
public enum Severity
{
    /// <summary>The kernel misbehaves.</summary>
    Error,

    /// <summary>Something is lost or badly named, and the kernel still works.</summary>
    Warning,
}
