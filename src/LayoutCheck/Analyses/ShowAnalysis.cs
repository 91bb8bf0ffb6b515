using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Where do the members of some types lie?</summary>
public static class ShowAnalysis
{
    /// <summary>Answers from the first definition of each type, or compares those of all units.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="queries">The types and members.</param>
    /// <param name="options">The form of the layouts.</param>
    /// <param name="threads">How many threads may work; only the comparison of all units has work for more than one.</param>
    /// <param name="withImage">Whether the report has the facts that the image tells of itself.</param>
    /// <exception cref="InvalidImageException">The only name cannot be read, or the image changed meanwhile.</exception>
    public static ShowReport Run(KernelImage image, ImmutableArray<TypeQuery> queries, ShowOptions options, int threads, bool withImage)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new Question(image, queries, options).Answer(threads, withImage);
    }

    private sealed class Question(KernelImage image, ImmutableArray<TypeQuery> queries, ShowOptions options)
    {
        // DWARF has a struct whole or not at all; the message about a missing type gives the reason.
        private readonly SourceOmission? _omission = image.Types.Kind == SourceKind.Btf ? image.Types.FindOmission() : null;
        private readonly Absence _absence = new(image);
        private readonly ImmutableArray<ShownType>.Builder _shown = ImmutableArray.CreateBuilder<ShownType>();
        private readonly ImmutableArray<string>.Builder _notices = ImmutableArray.CreateBuilder<string>();
        private readonly Dictionary<TypeName, TypeDefinition?> _firsts = [];

        public ShowReport Answer(int threads, bool withImage)
        {
            // Every unit is asked for all names at once.
            ImmutableArray<DefinitionSet> sets = options.All ? image.Types.FindAll([.. queries.Select(q => q.Type)], threads, withPlaces: true).Sets : [];
            bool isRefused = false;
            for (int i = 0; i < queries.Length; i++)
            {
                try
                {
                    Answer(queries[i], options.All ? sets[i] : null);
                }
                catch (InvalidImageException e) when (queries.Length > 1)
                {
                    // One name that cannot be answered takes nothing from the others.
                    isRefused = true;
                    _notices.Add(Absence.OfDamage(queries[i].Type, e));
                }
            }

            if (options.Lines)
            {
                _notices.AddRange(_shown.Select(WithoutLines).OfType<string>().Distinct());
            }

            ShowReport report = new(_shown.DrainToImmutable(), image.Types.Kind, options, _omission)
            {
                Run = RunInfo.Of(image.Path),
                IsIncomplete = _absence.Count > 0,
                IsRefused = isRefused,
                Notices = _notices.DrainToImmutable(),
            };
            return report.HasAnswer ? image.Sign(report, withImage) : report;
        }

        private void Answer(TypeQuery query, DefinitionSet? set)
        {
            ImmutableArray<TypeDefinition> definitions = set is not null ? set.Problem is { } problem ? throw problem : set.Distinct
                : First(query.Type) is { } first ? [first]
                : [];
            if (definitions.IsEmpty)
            {
                Remainder remainder = _absence.FindRemainder(query.Type);
                definitions = options.All || remainder.Local.IsEmpty ? remainder.Local : [remainder.Local[0]];
                if (definitions.IsEmpty)
                {
                    _notices.Add(_absence.OfType(query.Type, remainder));
                }
            }

            foreach (TypeDefinition definition in definitions)
            {
                ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
                if (query.Member is not null && member is null)
                {
                    _notices.Add(_absence.OfMember(definition, query.Member, _omission));
                }
                else if (member is { Doubt: { } doubt })
                {
                    _notices.Add(_absence.OfPlace(definition, doubt));
                }
                else
                {
                    string? difference = definition == definitions[0] ? null : DefinitionSummary.Difference(definitions[0], definition);
                    _shown.Add(new ShownType(definition, TypeLayout.Of(definition, options.Expand), member, options.All ? definition.Units.Length : null, difference)
                    {
                        IsOneOfSeveral = definitions.Length > 1,
                        Scalars = image.Types.Scalars,
                    });
                }
            }
        }

        // Several members of one type are several questions about it.
        private TypeDefinition? First(TypeName type)
        {
            if (!_firsts.TryGetValue(type, out TypeDefinition? definition))
            {
                definition = image.Types.FindFirst(type);
                _firsts.Add(type, definition);
            }

            return definition;
        }

        // Lines that are missing must not look like lines that do not exist.
        private string? WithoutLines(ShownType shown)
        {
            TypeGraph graph = shown.Definition.Graph;
            string? problem = image.Types.Kind == SourceKind.Btf ? "BTF does not have them"
                : graph.PlacesProblem is { } told ? told
                : shown.Definition.Aggregate is { Place: null } aggregate && aggregate.Members.All(m => m.Place is null) ? "the debug information does not have them"
                : null;
            return problem is null ? null : Printable.Escape($"{Printable.Shorten(shown.TypeSpelling)}: lines are missing: {problem}");
        }
    }
}
