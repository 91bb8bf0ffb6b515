using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Catalog;

/// <summary>Rules to be evaluated together. Each id stands once.</summary>
public sealed class RuleSet
{
    /// <summary>The rule that what the code exports agrees with the layouts: its checks are made of an image.</summary>
    internal const string ExportedId = "exported-facts";

    /// <summary>The pack of that rule.</summary>
    internal const string ExportedPack = "exported";

    /// <summary>Whether that rule is asked for too.</summary>
    internal bool WithExported { get; init; }

    /// <summary>Makes a set; the flagship comes first, then the order given.</summary>
    /// <exception cref="ArgumentException">Two rules have one id.</exception>
    public RuleSet(IEnumerable<Rule> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        Rules = [.. rules.OrderBy(rule => !rule.IsFlagship)];
        if (Rules.GroupBy(rule => rule.Id, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new ArgumentException($"two rules are called '{twice.Key}': {string.Join(" and ", twice.Select(rule => rule.SourceName))}");
        }

        // LINQ over value types is instantiated at run time under AOT: plain loops start faster.
        List<TypeName> types = [];
        foreach (Rule rule in Rules)
        {
            foreach (RuleCheck check in rule.Checks)
            {
                types.AddRange(check.When?.Types ?? []);
                types.AddRange(check.Expression.Types);
            }
        }

        RequiredTypes = [.. types.Distinct()];
    }

    /// <summary>The rules.</summary>
    public ImmutableArray<Rule> Rules { get; }

    /// <summary>Every struct and union that a rule names, in the order of their first mention: the types to read from an image.</summary>
    public ImmutableArray<TypeName> RequiredTypes { get; }

    /// <summary>The packs that the rules belong to, in ordinal order.</summary>
    public ImmutableArray<string> Packs => [.. Rules.Select(rule => rule.Pack).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The rule of that id, or null.</summary>
    public Rule? Find(string id) => Rules.FirstOrDefault(rule => rule.Id == id);

    /// <summary>These rules and those.</summary>
    /// <exception cref="ArgumentException">Two rules have one id.</exception>
    public RuleSet With(IEnumerable<Rule> more) => new(Rules.Concat(more));

    /// <summary>The rules that a user chose.</summary>
    /// <param name="packs">Only of these packs; null = the default pack <see cref="Rule.DefaultPack"/>, unless <paramref name="only"/> names rules.</param>
    /// <param name="only">Only these ids, whatever their pack; null = all.</param>
    /// <param name="skip">Not these ids.</param>
    /// <exception cref="ArgumentException">A name is no rule or pack; the message has the nearest ones.</exception>
    public RuleSet Select(IReadOnlyCollection<string>? packs = null, IReadOnlyCollection<string>? only = null, IReadOnlyCollection<string>? skip = null)
    {
        if ((only ?? []).Concat(skip ?? []).FirstOrDefault(id => Find(id) is null) is { } unknown)
        {
            throw new ArgumentException(UnknownRule(unknown));
        }

        if ((packs ?? []).FirstOrDefault(pack => !Packs.Contains(pack)) is { } none)
        {
            throw new ArgumentException(
                $"there is no pack '{Printable.Shorten(none)}'{Suggestions.Clause(none, Packs, otherwise: $"; there are {string.Join(", ", Packs)}")}");
        }

        IReadOnlyCollection<string>? wantedPacks = packs ?? (only is null ? [Rule.DefaultPack] : null);
        return new RuleSet(Rules.Where(rule => (wantedPacks is null || wantedPacks.Contains(rule.Pack))
            && (only is null || only.Contains(rule.Id))
            && !(skip?.Contains(rule.Id) ?? false)));
    }

    /// <summary>The message that there is no rule of this id, with the ids that may have been meant.</summary>
    public string UnknownRule(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        string instead = Suggestions.Clause(id, Rules.Select(rule => rule.Id), otherwise: "; 'layoutcheck rules' lists them");
        return $"there is no rule '{Printable.Shorten(id)}'{instead}";
    }
}
