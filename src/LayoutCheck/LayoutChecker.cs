using System.Collections.Immutable;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
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
        // Without these, nothing can be said of the kernel.
        if (LayoutEra.RequiredTypes.Select(name => definitions[name].Problem).FirstOrDefault(problem => problem is not null) is { } refused)
        {
            throw refused;
        }

        // When nothing is there, it is worth a longer look why.
        SourceOmission? omission = survey.Facts.Omission ?? (survey.Sets.All(s => s.Distinct.IsEmpty) ? image.Types.FindOmission() : null);
        DebugInfoSummary source = survey.Facts with { Omission = omission };
        ImmutableArray<RuleResult> results = RuleEvaluator.Evaluate(rules, definitions, survey.Facts.Target, facts.Config, omission);
        if (AddPlaces(image.Types, results, definitions))
        {
            results = RuleEvaluator.Evaluate(rules, definitions, survey.Facts.Target, facts.Config, omission);
        }

        CheckReport report = new(
            facts,
            source,
            image.HasOtherSource,
            LayoutEra.Of(definitions, omission),
            [.. survey.Sets.Select(DefinitionSummary.Of)],
            results)
        {
            Files = image.FilesUsed(facts),
        };
        image.RequireUnchanged();
        return report;
    }

    // Of what a check misses, says whether it is local to a function. That takes a look at all of a unit, so that only an undecided check has it.
    private static bool AddPlaces(ITypeSource types, ImmutableArray<RuleResult> results, Dictionary<TypeName, DefinitionSet> definitions)
    {
        bool isAny = false;
        IEnumerable<RuleCheck> undecided = results.SelectMany(r => r.Checks).Where(c => c.Outcome == Outcome.Undecided).Select(c => c.Check);
        foreach (TypeName name in undecided.SelectMany(c => c.Expression.Types).Distinct())
        {
            if (definitions.TryGetValue(name, out DefinitionSet? set) && set is { Distinct.IsEmpty: true, Problem: null, DeclarationCount: 0 } && Place(types, name) is { } place)
            {
                definitions[name] = set with { Place = place };
                isAny = true;
            }
        }

        return isAny;
    }

    // It is a help: what is damaged there is not what was asked for.
    private static string? Place(ITypeSource types, TypeName name)
    {
        try
        {
            return types.FindRemainder(name).Place;
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }
}
