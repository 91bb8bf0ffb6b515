using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Rules;

/// <summary>Rules to be evaluated together. Each id stands once.</summary>
public sealed class RuleSet
{
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

        // Queries over values that are no objects have their code looked up when they first run, which took longer than this does.
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

    /// <summary>Every struct and union that a rule names, in the order of their first mention: what has to be read of an image.</summary>
    public ImmutableArray<TypeName> RequiredTypes { get; }

    /// <summary>The packs that the rules belong to, in ordinal order.</summary>
    public ImmutableArray<string> Packs => [.. Rules.Select(rule => rule.Pack).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The rule of that id, or null.</summary>
    public Rule? Find(string id) => Rules.FirstOrDefault(rule => rule.Id == id);

    /// <summary>These rules and those.</summary>
    /// <exception cref="ArgumentException">Two rules have one id.</exception>
    public RuleSet With(IEnumerable<Rule> more) => new(Rules.Concat(more));

    /// <summary>The rules that a user asked for.</summary>
    /// <param name="packs">Only of these packs; null = the default pack <see cref="Rule.DefaultPack"/>, unless <paramref name="only"/> names rules.</param>
    /// <param name="only">Only these ids, whatever their pack; null = all.</param>
    /// <param name="skip">Not these ids.</param>
    /// <exception cref="ArgumentException">A name is no rule or pack; the message has the nearest ones.</exception>
    public RuleSet Select(IReadOnlyCollection<string>? packs = null, IReadOnlyCollection<string>? only = null, IReadOnlyCollection<string>? skip = null)
    {
        RequireKnown("rule", only ?? [], Rules.Select(rule => rule.Id));
        RequireKnown("rule", skip ?? [], Rules.Select(rule => rule.Id));
        RequireKnown("pack", packs ?? [], Packs);
        IReadOnlyCollection<string>? wantedPacks = packs ?? (only is null ? [Rule.DefaultPack] : null);
        return new RuleSet(Rules.Where(rule => (wantedPacks is null || wantedPacks.Contains(rule.Pack))
            && (only is null || only.Contains(rule.Id))
            && !(skip?.Contains(rule.Id) ?? false)));
    }

    private static void RequireKnown(string what, IEnumerable<string> names, IEnumerable<string> known)
    {
        foreach (string name in names)
        {
            if (!known.Contains(name))
            {
                List<string> near = [.. known.Where(k => k.Contains(name, StringComparison.Ordinal) || name.Contains(k, StringComparison.Ordinal)).Take(3)];
                throw new ArgumentException($"there is no {what} '{Printable.Shorten(name)}'{(near.Count > 0 ? "; did you mean " + string.Join(", ", near.Select(n => Printable.Shorten(n))) + "?" : "")}");
            }
        }
    }
}
