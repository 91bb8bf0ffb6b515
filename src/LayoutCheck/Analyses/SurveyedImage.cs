using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>The definitions of some types in all units of an image, beside the facts that the image tells of itself: what rules are evaluated on.</summary>
/// <param name="Survey">The definitions.</param>
/// <param name="Facts">The facts.</param>
internal sealed record SurveyedImage(Survey Survey, ImageFacts Facts)
{
    /// <summary>The definitions by name. An analysis may add to a set what it finds later.</summary>
    public Dictionary<TypeName, DefinitionSet> Definitions { get; } = Survey.Sets.ToDictionary(s => s.Name);

    /// <summary>What the code exports, where the image has no types; else null.</summary>
    public ExportedAnswers? Exported { get; private init; }

    /// <summary>Asks every C unit of an image for types.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="names">The types.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood.</exception>
    public static SurveyedImage Of(KernelImage image, ImmutableArray<TypeName> names, WorkerPool pool)
    {
        // The image's facts about itself are a search through megabytes of data, beside the search for names in the debug information. When both fail,
        // the failure of the latter is reported, as if one had followed the other.
        ImageFacts? read = null;
        void ReadFacts() => read = image.ReadFacts();
        Action wait = image.Disabled.HasFlag(FastPaths.ConcurrentMetadata) ? ReadFacts : pool.Queue(ReadFacts);
        Survey survey = image.Types.FindAll(names, pool);
        wait();
        return new SurveyedImage(survey, read!) { Exported = image.Source == SourceKind.None && image.Exported is { } note ? new ExportedAnswers(note, UntypedSource.Clause) : null };
    }

    /// <summary>The outcomes of rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="omission">Why the source lacks types or members, or null.</param>
    /// <param name="rustTwins">What is known of Rust's bindings; asked for by the rules about them alone.</param>
    public ImmutableArray<RuleResult> Evaluate(RuleSet rules, SourceOmission? omission, Lazy<RustTwinFacts> rustTwins)
        => RuleEvaluator.Evaluate(rules, Definitions, Survey.Facts.Target, Facts.Config, omission, Facts.Machine, Survey.Facts.Kind == SourceKind.Btf, rustTwins, Exported);
}
