using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.History;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Where do some members lie, in each of many images?</summary>
public static class MatrixAnalysis
{
    /// <summary>The row of an image, by all definitions in all units.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="threads">How many threads may work; the row does not depend on it.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    public static MatrixRow Run(KernelImage image, ImmutableArray<MatrixColumn> columns, int threads)
    {
        ArgumentNullException.ThrowIfNull(image);
        RuleSet rules = new(columns.Select(c => c.Rule).OfType<Rule>().Distinct());
        ImmutableArray<TypeName> names = [.. columns.Where(c => c.Rule is null).Select(c => c.Type).Concat(rules.RequiredTypes).Distinct()];
        using WorkerPool pool = new(threads);
        SurveyedImage surveyed = SurveyedImage.Of(image, names, pool);
        Survey survey = surveyed.Survey;
        ImageFacts facts = surveyed.Facts;
        SourceOmission? omission = survey.Facts.Omission ?? (survey.Sets.Any(s => s.Distinct.IsEmpty) ? image.Types.FindOmission() : null);
        Lazy<RustTwinFacts> rustTwins = new(() => TwinAnalysis.FactsOf(image.Types, pool));
        Dictionary<Rule, RuleResult> results = surveyed.Evaluate(rules, omission, rustTwins).ToDictionary(r => r.Rule);
        CellReader cells = new(surveyed.Definitions, omission, image.Types);
        MatrixRow row = new(image.Path, [.. columns.Select(c => c.Rule is { } rule ? CellReader.Read(results[rule]) : cells.Read(c))])
        {
            Release = facts.Release,
            Machine = facts.MachineName,
            Bits = survey.Facts.Target.WordByteSize * 8,
            BuildId = facts.BuildId,
        };
        image.RequireUnchanged();
        return row;
    }

    /// <summary>
    /// The facts of columns of layout (<see cref="MatrixColumns.Layout"/>) by definitions that were found for another question: what a record of an image keeps, so
    /// that a matrix can be made from records.
    /// </summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="columns">The columns; those of rules tell nothing.</param>
    /// <param name="definitions">All definitions of the types that the columns name.</param>
    /// <param name="omission">Why the source lacks types or members, or null.</param>
    public static ImmutableArray<LayoutFact> FactsOf(
        KernelImage image, ImmutableArray<MatrixColumn> columns, IReadOnlyDictionary<TypeName, DefinitionSet> definitions, SourceOmission? omission)
    {
        ArgumentNullException.ThrowIfNull(image);
        CellReader cells = new(definitions, omission, image.Types);
        ImmutableArray<MatrixColumn> asked = [.. columns.Where(c => c.Rule is null)];
        return MatrixFacts.Of(asked, [.. asked.Select(cells.Read)]);
    }

    /// <summary>The rows by release, oldest first; those of one release in the order that they have, those without one at the end.</summary>
    public static ImmutableArray<MatrixRow> ByRelease(IEnumerable<MatrixRow> rows)
    {
        Comparer<(KernelRelease? Numbers, string? Release)> order = Comparer<(KernelRelease? Numbers, string? Release)>.Create((x, y) => (x.Numbers, y.Numbers) switch
        {
            ({ } a, { } b) => a.CompareTo(b) is not 0 and var numbers ? numbers : string.CompareOrdinal(x.Release, y.Release),
            (null, null) => 0,
            (null, _) => 1,
            _ => -1,
        });
        return [.. rows.OrderBy(r => (KernelRelease.Read(r.Release), r.Release), order)];
    }
}
