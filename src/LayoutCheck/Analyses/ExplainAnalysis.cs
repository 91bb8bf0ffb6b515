using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Analyses;

/// <summary>What is a rule about, on the example of an image?</summary>
public static class ExplainAnalysis
{
    /// <summary>Finds a rule of the catalogue, or of the user's own.</summary>
    /// <param name="id">The id.</param>
    /// <param name="own">The user's own rules; one of them is meant where the catalogue has one of the same id.</param>
    /// <exception cref="UsageException">There is no such rule; the message has the nearest ones.</exception>
    public static Rule Find(string id, IReadOnlyList<Rule>? own = null)
    {
        ArgumentNullException.ThrowIfNull(id);
        return own?.FirstOrDefault(r => r.Id == id) ?? RuleCatalog.Default.Find(id)
            ?? throw new UsageException(id == RuleSet.ExportedId
                ? $"rule '{id}' has no text: an image brings its checks along; 'layoutcheck vmcoreinfo FILE' lists what it exports"
                : new RuleSet(RuleCatalog.Default.Rules.Concat(own ?? []).DistinctBy(r => r.Id)).UnknownRule(id));
    }

    /// <summary>Checks the rule on an image, for the drawing.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="image">The image; not closed.</param>
    /// <param name="threads">How many threads may work.</param>
    /// <exception cref="InvalidImageException">The image cannot be read.</exception>
    public static ExplainReport Run(Rule rule, KernelImage image, int threads)
    {
        ArgumentNullException.ThrowIfNull(image);
        CheckReport check = CheckAnalysis.Run(image, new RuleSet([rule]), threads);
        return new ExplainReport(rule, check.Results[0]) { Run = check.Run, Image = check.Image, Files = check.Files };
    }
}
