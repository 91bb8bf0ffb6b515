using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Which members share the bytes of a type, or of one of its members?</summary>
public static class OverlapAnalysis
{
    /// <summary>Answers from the first definition of the type.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="query">The type, or the member.</param>
    /// <param name="expand">Whether members of named types take part too.</param>
    /// <param name="withImage">Whether the report has the facts that the image tells of itself.</param>
    /// <param name="withMap">Whether the report has the type as a map, for formats that draw it.</param>
    /// <exception cref="InvalidImageException">The type cannot be read, or the image changed meanwhile.</exception>
    public static OverlapReport Run(KernelImage image, TypeQuery query, bool expand, bool withImage, bool withMap = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(query);
        OverlapReport report = new Question(image, expand).Answer(query);
        if (!report.HasAnswer)
        {
            return image.Sign(report, withFacts: false);
        }

        if (withMap)
        {
            StructMapBuilder map = Builder(image, [report]);
            map.Add(report.Definition, report.Layout, report.Member, NameOf(query));
            report = report with { Map = map.Build() };
        }

        return image.Sign(report, withImage);
    }

    /// <summary>Answers of several types, each by its first definition, on one ruler.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="queries">The types; no members.</param>
    /// <param name="expand">Whether members of named types take part too.</param>
    /// <param name="withImage">Whether the report has the facts that the image tells of itself.</param>
    /// <exception cref="InvalidImageException">The image is damaged, no type can be read, or the image changed meanwhile.</exception>
    /// <exception cref="UsageException">A query is of a member.</exception>
    public static StructMapReport Run(KernelImage image, ImmutableArray<TypeQuery> queries, bool expand, bool withImage)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (queries.FirstOrDefault(q => q.Member is not null) is { Member: { } member } wrong)
        {
            throw new UsageException($"overlap takes several types, or one member: ask for {wrong.Type.Name}.{member} by itself");
        }

        Question question = new(image, expand);
        List<(TypeQuery Query, OverlapReport Report)> found = [];
        List<string> notices = [];
        InvalidImageException? refusal = null;
        foreach (TypeQuery query in queries.Distinct())
        {
            try
            {
                OverlapReport report = question.Answer(query);
                notices.AddRange(report.Notices);
                if (report.HasAnswer)
                {
                    found.Add((query, report));
                }
            }
            catch (InvalidImageException e)
            {
                // One type that cannot be read takes nothing from the others.
                refusal ??= e;
                notices.Add(Absence.OfDamage(query.Type, e));
            }
        }

        if (found.Count == 0 && refusal is not null)
        {
            throw refusal;
        }

        StructMapBuilder map = Builder(image, [.. found.Select(f => f.Report)]);
        foreach ((TypeQuery query, OverlapReport report) in found)
        {
            map.Add(report.Definition!, report.Layout!, name: NameOf(query));
        }

        StructMapReport whole = new([.. found.Select(f => f.Report)], map.Build())
        {
            Run = RunInfo.Of(image.Path),
            IsIncomplete = found.Count < queries.Distinct().Count(),
            Notices = [.. notices.Distinct()],
        };
        return image.Sign(whole, withImage && whole.HasAnswer);
    }

    // A typedef of a struct without a tag has no other name.
    private static string NameOf(TypeQuery query) => query.Type.Name;

    // The ruler is that of struct page where one of the types lies on it.
    private static StructMapBuilder Builder(KernelImage image, IReadOnlyCollection<OverlapReport> reports)
    {
        TypeDefinition[] definitions = [.. reports.Select(r => r.Definition!)];
        if (definitions.Any(d => d.Aggregate is { Kind: AggregateKind.Struct, Name: { } name } && StructMapBuilder.Relatives.Contains(name)) && FindPage(image) is { } page)
        {
            return StructMapBuilder.OverPage(page, definitions.Append(page).Max(StructMapBuilder.WordOf));
        }

        return StructMapBuilder.Over(definitions);
    }

    // Without it there is a map all the same, and no tag word in it.
    private static TypeDefinition? FindPage(KernelImage image)
    {
        try
        {
            return image.Types.FindFirst(new TypeName(TypeNameKind.Struct, "page")) is { } page && StructMapBuilder.IsPage(page) ? page : null;
        }
        catch (InvalidImageException)
        {
            return null;
        }
    }

    private sealed class Question(KernelImage image, bool expand)
    {
        private readonly Absence _absence = new(image);
        private readonly Lazy<SourceOmission?> _omission = new(() => image.Types.Kind == SourceKind.Btf ? image.Types.FindOmission() : null);

        public OverlapReport Answer(TypeQuery query)
        {
            TypeDefinition? definition = image.Types.FindFirst(query.Type);
            if (definition is null)
            {
                Remainder remainder = _absence.FindRemainder(query.Type);
                definition = remainder.Local.FirstOrDefault();
                if (definition is null)
                {
                    return Unanswered(_absence.OfType(query.Type, remainder));
                }
            }

            ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
            if (query.Member is not null && member is null)
            {
                return Unanswered(_absence.OfMember(definition, query.Member, _omission.Value));
            }

            if (member is { Doubt: { } doubt })
            {
                return Unanswered(_absence.OfPlace(definition, doubt));
            }

            return new OverlapReport(definition, TypeLayout.Of(definition, expand), member, image.Types.Kind, _omission.Value)
            {
                Run = RunInfo.Of(image.Path),
                Notices = _omission.Value is null ? [] : [$"others may lie there too: {_omission.Value.Clause}"],
            };
        }

        private OverlapReport Unanswered(string notice) => new(null, null, null, image.Types.Kind, null) { Run = RunInfo.Of(image.Path), Notices = [notice] };
    }
}
