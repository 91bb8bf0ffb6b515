using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// Merges the findings of all workers into a survey, in file order: the result, or the error, is the same for any number of workers. It folds equal
/// variants, decides about definitions that could not be read, credits the importers of partial units, and collects the facts about the source.
/// </summary>
internal sealed class SurveyMerge
{
    private readonly SurveyPlan _plan;
    private readonly SurveyFindings[] _findings;

    // By request: the variants of all workers, in the order of their first units.
    private readonly List<Variant>[] _variants;

    private SurveyMerge(SurveyPlan plan, SurveyFindings[] findings)
    {
        _plan = plan;
        _findings = findings;
        _variants = new List<Variant>[plan.Wanted.Requests.Length];
        for (int i = 0; i < _variants.Length; i++)
        {
            int request = i;
            _variants[i] = Fold(plan, findings.SelectMany(f => f.Variants[request]));
        }
    }

    /// <summary>Merges the findings.</summary>
    /// <param name="plan">The survey.</param>
    /// <param name="findings">The findings of each worker.</param>
    /// <param name="target">The target of the image; called last, because it may throw.</param>
    /// <exception cref="InvalidImageException">The first error in file order.</exception>
    public static Survey Merge(SurveyPlan plan, SurveyFindings[] findings, Func<TargetInfo> target)
    {
        SurveyMerge merge = new(plan, findings);
        InvalidImageException?[] problems = merge.ResolveFailures();
        return new Survey(merge.DefinitionSets(problems), SourceFacts.Merge([.. findings.Select(f => f.Facts)], target()));
    }

    /// <summary>By request: the structs and unions that are only declared where a typedef of the name stands for them; in no order.</summary>
    public static ImmutableArray<TypeName>[] TypedefTargets(SurveyFindings[] findings)
        => [.. Enumerable.Range(0, findings[0].TypedefTargets.Length).Select(i => findings.SelectMany(f => f.TypedefTargets[i]).Distinct().ToImmutableArray())];

    // The definition of the lowest unit stands for its equals. A worker that failed may have a variant without units.
    private static List<Variant> Fold(SurveyPlan plan, IEnumerable<Variant> variants)
    {
        List<Variant> folded = [];
        foreach (Variant variant in variants.Where(v => v.FirstIndex != int.MaxValue).OrderBy(v => v.FirstIndex))
        {
            if (folded.Find(v => plan.IsSame(v, variant.Graph, variant.Root)) is { } same)
            {
                same.AddAll(variant.Units);
                same.PartialUnits.AddRange(variant.PartialUnits);
                same.IsInTypeUnit |= variant.IsInTypeUnit;
                foreach ((ulong signature, DefiningUnit unit) in variant.TypeUnits)
                {
                    same.AddTypeUnit(signature, unit);
                }
            }
            else
            {
                folded.Add(variant);
            }
        }

        return folded;
    }

    // Throws the first error in file order; returns by request the errors that spoil one type alone.
    private InvalidImageException?[] ResolveFailures()
    {
        SurveyFindings? failed = _findings.Where(f => f.Failure is not null).MinBy(f => f.FailedIndex);
        int failedIndex = failed?.FailedIndex ?? int.MaxValue;
        List<Variant>? excess = _variants.Where(v => v.Count > _plan.MostVariants).MinBy(v => v[_plan.MostVariants].FirstIndex);
        if (excess is not null && excess[_plan.MostVariants].FirstIndex <= failedIndex)
        {
            failedIndex = excess[_plan.MostVariants].FirstIndex;
            failed = null;
        }

        InvalidImageException?[] problems = ReplayUnread(failedIndex);
        failed?.Failure!.Throw();
        return excess is null ? problems : throw _plan.TooManyVariants(Array.IndexOf(_variants, excess));
    }

    // A worker that saw all units before a definition would have compared it with theirs.
    private InvalidImageException?[] ReplayUnread(int failedIndex)
    {
        InvalidImageException?[] problems = new InvalidImageException?[_variants.Length];
        UnreadDefinition[] unreadInOrder = [.. _findings.SelectMany(f => f.Unread).OrderBy(u => u.Unit.Index).TakeWhile(u => u.Unit.Index <= failedIndex)];
        if (unreadInOrder.Length == 0)
        {
            return problems;
        }

        using DieScanner scanner = new(_plan.Image.Sections, _plan.Wanted);
        DefinitionMatcher matcher = new(_plan.Image.Sections, scanner.Info, scanner.Abbrevs);
        foreach (UnreadDefinition unread in unreadInOrder)
        {
            List<Variant> known = _variants[unread.Hit.Request].FindAll(v => v.FirstIndex < unread.Unit.Index);
            if (FindMatch(unread, known, scanner, matcher) is { } match)
            {
                match.Add(unread.Unit, unread.IsPartial);
            }
            else if (unread.Failure.SourceException is InvalidImageException { IsOfOneType: true } problem)
            {
                problems[unread.Hit.Request] ??= problem;
            }
            else
            {
                unread.Failure.Throw();
            }
        }

        return problems;
    }

    private Variant? FindMatch(UnreadDefinition unread, List<Variant> known, DieScanner scanner, DefinitionMatcher matcher)
    {
        if (_plan.IsSlow || unread.File != _plan.Image.Sections)
        {
            return null;
        }

        _ = scanner.Open(unread.Header);
        return VariantMatch.Find(matcher, unread.Header, unread.Hit, known);
    }

    private ImmutableArray<DefinitionSet> DefinitionSets(InvalidImageException?[] problems)
    {
        // Of a thousand compared definitions, only the different ones are built again with their places.
        DwarfGraphBuilder? places = _plan.WithPlaces ? new DwarfGraphBuilder(_plan.Image.Sections, withPlaces: true) : null;
        ImportedFindings imports = new(_plan.Image.Sections, _findings.SelectMany(f => f.ImportedUnits));
        ImmutableArray<DefinitionSet>.Builder sets = ImmutableArray.CreateBuilder<DefinitionSet>();
        for (int request = 0; request < _variants.Length; request++)
        {
            int declarations = _findings.Sum(f => f.Declarations[request]) + imports.CreditImporters(request, _variants[request]);
            TypeName name = _plan.Wanted.Requests[request];
            sets.Add(problems[request] is { } problem
                ? new DefinitionSet(name, [], declarations) { Problem = problem }
                : new DefinitionSet(name, Definitions(_variants[request], places), declarations));
        }

        return sets.ToImmutable();
    }

    private static ImmutableArray<TypeDefinition> Definitions(List<Variant> variants, DwarfGraphBuilder? places)
        => [
            .. variants.Where(v => v.AllUnits.Any())
                .Select(v => new TypeDefinition(places?.Build(v.File, v.Header, v.DieOffset)?.Graph ?? v.Graph, v.Root, v.UnitsInOrder()) { IsOfSharedPlace = v.IsInTypeUnit })
                .OrderBy(d => d.Units[0].Index),
        ];
}
