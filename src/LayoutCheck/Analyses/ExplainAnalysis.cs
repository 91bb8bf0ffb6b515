using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;

namespace LayoutCheck.Analyses;

/// <summary>What is a rule about, on the example of an image?</summary>
public static class ExplainAnalysis
{
    private const int MostSuggestions = 3;

    /// <summary>Finds a rule of the catalogue.</summary>
    /// <exception cref="UsageException">There is no such rule; the message has the nearest ones.</exception>
    public static Rule Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (RuleCatalog.Default.Find(id) is { } rule)
        {
            return rule;
        }

        IReadOnlyList<string> near = Suggestions.For(id, RuleCatalog.Default.Rules.Select(r => r.Id), MostSuggestions);
        throw new UsageException($"there is no rule '{Printable.Shorten(id)}'{(near.Count > 0 ? $"; did you mean {string.Join(", ", near)}?" : "; 'layoutcheck rules' lists them")}");
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
