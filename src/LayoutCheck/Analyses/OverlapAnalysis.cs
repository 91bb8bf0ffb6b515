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
    /// <exception cref="InvalidImageException">The type cannot be read, or the image changed meanwhile.</exception>
    public static OverlapReport Run(KernelImage image, TypeQuery query, bool expand, bool withImage)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(query);
        Absence absence = new(image);
        TypeDefinition? definition = image.Types.FindFirst(query.Type);
        if (definition is null)
        {
            Remainder remainder = absence.FindRemainder(query.Type);
            definition = remainder.Local.FirstOrDefault();
            if (definition is null)
            {
                return Unanswered(absence.OfType(query.Type, remainder));
            }
        }

        SourceOmission? omission = image.Types.Kind == SourceKind.Btf ? image.Types.FindOmission() : null;
        ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
        if (query.Member is not null && member is null)
        {
            return Unanswered(absence.OfMember(definition, query.Member, omission));
        }

        if (member is { Doubt: { } doubt })
        {
            return Unanswered(absence.OfPlace(definition, doubt));
        }

        OverlapReport report = new(definition, TypeLayout.Of(definition, expand), member, image.Types.Kind, omission)
        {
            Run = RunInfo.Of(image.Path),
            Notices = omission is null ? [] : [$"others may lie there too: {omission.Clause}"],
        };
        return image.Sign(report, withImage);

        OverlapReport Unanswered(string notice) => image.Sign(new OverlapReport(null, null, null, image.Types.Kind, null) { Run = RunInfo.Of(image.Path), Notices = [notice] }, withFacts: false);
    }
}
