using System.Collections.Immutable;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck;

/// <summary>The program as a library: an image and rules in, a report out.</summary>
public static class LayoutChecker
{
    /// <summary>
    /// Asks every C unit of an image for the types that the rules name, compares the definitions, and evaluates the rules.
    /// </summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="threads">How many threads may work; the report does not depend on it.</param>
    /// <exception cref="InvalidImageException">What had to be read is damaged or not understood.</exception>
    public static CheckReport Check(KernelImage image, RuleSet rules, int threads)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(rules);
        ImmutableArray<TypeName> names = [.. rules.RequiredTypes.Union(LayoutEra.RequiredTypes)];
        using Team team = new(threads);
        // What the image says of itself is looked for in megabytes of its data, while the names are looked for in the debug information. When both
        // fail, it is told as if one had come after the other.
        ImageFacts? read = null;
        Action wait = team.Begin(() => read = image.ReadFacts());
        Survey survey = image.Types.FindAll(names, team);
        wait();
        ImageFacts facts = read!;
        Dictionary<TypeName, DefinitionSet> definitions = survey.Sets.ToDictionary(s => s.Name);

        // When nothing is there, it is worth a longer look why.
        SourceOmission? omission = survey.Facts.Omission ?? (survey.Sets.All(s => s.Distinct.IsEmpty) ? image.Types.FindOmission() : null);
        SourceFacts source = survey.Facts with { Omission = omission };
        CheckReport report = new(
            facts,
            source,
            image.HasOtherSource,
            LayoutEra.Of(definitions, omission),
            [.. survey.Sets.Select(DefinitionSummary.Of)],
            RuleEvaluator.Evaluate(rules, definitions, survey.Facts.Target, facts.Config, omission));
        image.RequireUnchanged();
        return report;
    }
}
