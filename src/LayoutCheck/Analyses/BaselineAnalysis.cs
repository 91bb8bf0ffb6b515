using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Import;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Which rules pin the types of an image as they are?</summary>
public static class BaselineAnalysis
{
    private const int MostNamesOfTitle = 8;

    /// <summary>Compares the definitions of all units and makes a rule file: of all types or of none, for a file with some of them would pass for the whole.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="types">The types, as a user writes them.</param>
    /// <param name="threads">How many threads may work.</param>
    /// <param name="options">What is pinned.</param>
    /// <exception cref="UsageException">A name is no type.</exception>
    /// <exception cref="InvalidImageException">The image cannot be read.</exception>
    public static BaselineReport Run(KernelImage image, IReadOnlyList<string> types, int threads, BaselineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(types);
        ImmutableArray<TypeQuery> queries = [.. types.Select(TypeQuery.Parse)];
        if (queries.FirstOrDefault(q => q.Member is not null) is { } member)
        {
            throw new UsageException($"a baseline pins whole types: name '{member.Type}'");
        }

        ImmutableArray<DefinitionSet> definitions = image.Types.FindAll([.. queries.Select(q => q.Type)], threads).Sets;
        Absence absence = new(image);
        List<string> notices = [];
        bool isRefused = false;
        for (int i = 0; i < queries.Length; i++)
        {
            if (definitions[i].Problem is { } problem)
            {
                notices.Add(Absence.OfDamage(queries[i].Type, problem));
                isRefused = true;
            }
            else if (definitions[i].Distinct.IsEmpty)
            {
                notices.Add(absence.OfType(queries[i].Type, absence.FindRemainder(queries[i].Type)));
            }
        }

        if (notices.Count == 0 && image.Types.Kind == SourceKind.Btf && image.Types.FindOmission() is { } omission)
        {
            notices.Add($"no baseline can be made: {omission.Clause}");
        }

        BaselineReport report = new([.. queries.Select(q => q.Type.ToString())], null) { Run = RunInfo.Of(image.Path), IsRefused = isRefused };
        return notices.Count > 0
            ? image.Sign(report with { Notices = [.. notices] }, withFacts: false)
            : Pin(image, report, definitions, options);
    }

    private static BaselineReport Pin(KernelImage image, BaselineReport report, ImmutableArray<DefinitionSet> definitions, BaselineOptions? options)
    {
        // A bare name is written into the rule as the kind of type that it turned out to be.
        ImmutableArray<DefinitionSet> named = [.. definitions.Select(d => d with { Name = NameOf(d) })];
        if (named.FirstOrDefault(d => !BaselineWriter.CanPin(d.Name)) is { } unnamed)
        {
            return report with { IsRefused = true, Notices = [Printable.Escape($"the baseline cannot be written: no rule can name {Printable.Shorten(unnamed.Name.ToString())}")] };
        }

        BaselineReport signed = image.Sign(report, withFacts: true);
        string of = signed.Image!.Release is { } release ? $" of {release}" : "";
        string types = string.Join(", ", named.Take(MostNamesOfTitle).Select(d => d.Name)) + (named.Length > MostNamesOfTitle ? $" and {named.Length - MostNamesOfTitle} more" : "");
        Baseline baseline = BaselineWriter.Write($"{types}{of}", named, Provenance.Clauses(signed.Files), options);
        return signed with { Types = [.. named.Select(d => d.Name.ToString())], RuleText = baseline.RuleText, Notices = baseline.LeftOut };
    }

    private static TypeName NameOf(DefinitionSet set)
    {
        AggregateType aggregate = set.Distinct[0].Aggregate;
        TypeName? tagged = aggregate.Name is { } tag ? new TypeName(aggregate.Kind == AggregateKind.Union ? TypeNameKind.Union : TypeNameKind.Struct, tag) : null;

        // A typedef can have a name that can be spelled where the tag has not.
        return tagged is { } name && (BaselineWriter.CanPin(name) || set.Name.Kind != TypeNameKind.Any || set.Name.Name == name.Name) ? name : set.Name;
    }
}
