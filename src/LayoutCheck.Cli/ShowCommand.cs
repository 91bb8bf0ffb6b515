using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Cli;

/// <summary>How <c>show</c> shows.</summary>
/// <param name="All">Every unit's definition instead of the first.</param>
/// <param name="Expand">Members of named types too.</param>
/// <param name="CacheLineByteSize">0 leaves cache lines out.</param>
/// <param name="Lines">The line that declares each member.</param>
/// <param name="Threads">How many may work; only <paramref name="All"/> has work for more than one.</param>
internal readonly record struct ShowOptions(bool All, bool Expand, int CacheLineByteSize, bool Lines, int Threads);

/// <summary><c>layoutcheck show</c>.</summary>
internal static class ShowCommand
{
    public static int Run(string file, string[] names, ImageOptions how, bool isJson, ShowOptions options)
    {
        if (options.All)
        {
            GcTuning.PrefaultHeap(GcTuning.CheckFootprint);
        }

        TypeQuery[] queries = [.. names.Select(TypeQuery.Parse)];
        using KernelImage image = InputImage.Open(file, how);

        // DWARF has a struct whole or not at all; the message about a missing type gives the reason.
        SourceOmission? omission = image.Types.Kind == SourceKind.Btf ? image.Types.FindOmission() : null;
        List<Shown> shown = [];
        int missing = 0;
        bool isDisputed = false;
        InvalidImageException? refused = null;
        // Every unit is asked for all names at once.
        ImmutableArray<DefinitionSet> sets = options.All
            ? Progress.While(image.Types, () => image.Types.FindAll([.. queries.Select(q => q.Type)], options.Threads, withPlaces: true)).Sets
            : [];
        Dictionary<TypeName, TypeDefinition?> firsts = [];
        for (int i = 0; i < queries.Length; i++)
        {
            TypeQuery query = queries[i];
            ImmutableArray<TypeDefinition> definitions;
            try
            {
                definitions = !options.All ? (First(query.Type) is { } first ? [first] : [])
                    : sets[i].Problem is { } problem ? throw problem
                    : sets[i].Distinct;
                if (definitions.IsEmpty)
                {
                    Remainder remainder = query.FindRemainder(image, missing);
                    definitions = options.All || remainder.Local.IsEmpty ? remainder.Local : [remainder.Local[0]];
                    if (definitions.IsEmpty)
                    {
                        query.ReportMissingType(image, remainder, missing++);
                        continue;
                    }
                }
            }
            catch (InvalidImageException e) when (queries.Length > 1)
            {
                // One name that cannot be answered takes nothing from the others.
                refused = e;
                StandardError.WriteLine($"layoutcheck: {Printable.Escape(Printable.Shorten(query.Type.ToString()))}: {Printable.Escape(e.Message)}");
                continue;
            }

            isDisputed |= definitions.Length > 1;
            foreach (TypeDefinition definition in definitions)
            {
                ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
                if (query.Member is not null && member is null)
                {
                    query.ReportMissingMember(definition, missing++, omission);
                    continue;
                }

                if (member is { Doubt: { } doubt })
                {
                    missing++;
                    TypeQuery.ReportDoubt(definition, doubt, image);
                    continue;
                }

                string? difference = definition == definitions[0] ? null : DefinitionSummary.Difference(definitions[0], definition);
                shown.Add(new Shown(definition, member, options.All ? definition.Units.Length : null, difference) { IsOneOfSeveral = definitions.Length > 1 });
            }
        }

        if (refused is not null && shown.Count == 0)
        {
            return ExitCode.Unreadable;
        }

        if (options.Lines)
        {
            foreach (string warning in shown.Select(s => WithoutLines(s, image.Types.Kind)).OfType<string>().Distinct())
            {
                StandardError.WriteLine($"layoutcheck: {Printable.Escape(warning)}");
            }
        }

        if (isJson)
        {
            ImageFacts facts = image.ReadFacts();
            image.RequireUnchanged();
            Output.WriteJson(stream => JsonReport.Write(
                shown.Select(s => s.ToReport(options.Expand, image.Types.Scalars, omission)), facts, image.FilesUsed(facts), image.Types.Kind, new RunFacts(Output.Version, image.Path), stream));
        }
        else
        {
            image.RequireUnchanged();
            Output.WriteText(writer =>
            {
                WriteText(shown, image.Types, omission, options, writer);
                if (shown.Count > 0)
                {
                    ProvenanceLines.Write(image, writer, isComment: true);
                }
            });
        }

        return refused is not null ? ExitCode.Unreadable : missing > 0 ? ExitCode.Undecided : isDisputed ? ExitCode.Violated : ExitCode.Holds;

        // Several members of one type are several questions about it.
        TypeDefinition? First(TypeName type)
        {
            if (!firsts.TryGetValue(type, out TypeDefinition? definition))
            {
                definition = Progress.While(image.Types, () => image.Types.FindFirst(type));
                firsts.Add(type, definition);
            }

            return definition;
        }
    }

    private static void WriteText(List<Shown> shown, ITypeSource source, SourceOmission? omission, ShowOptions options, TextWriter writer)
    {
        LayoutTextOptions text = new(options.CacheLineByteSize, options.Lines, omission is not null, source.Scalars);
        bool isFirst = true;
        foreach (Shown item in shown)
        {
            if (!isFirst)
            {
                writer.WriteLine();
            }

            isFirst = false;
            writer.WriteLine($"/* {Provenance(item, source.Kind)}{Reservations(item, omission)} */");
            if (item.Difference is { } difference)
            {
                writer.WriteLine($"/* differs: {Printable.Escape(difference)} */");
            }

            if (item.Member is { } member)
            {
                LayoutText.WriteMember(item.Definition, member, writer, options.Lines);
            }
            else
            {
                LayoutText.Write(TypeLayout.Of(item.Definition, options.Expand), text, writer);
            }
        }
    }

    // Somebody who asks for lines and gets none, or some, must not take it that there are no more.
    private static string? WithoutLines(Shown shown, SourceKind source)
    {
        TypeGraph graph = shown.Definition.Graph;
        string? problem = source == SourceKind.Btf ? "BTF does not have them"
            : graph.PlacesProblem is { } told ? told
            : shown.Definition.Aggregate is { Place: null } aggregate && aggregate.Members.All(m => m.Place is null) ? "the debug information does not have them"
            : null;
        return problem is null ? null : $"{Printable.Shorten(graph.Declare(shown.Definition.Root))}: lines are missing: {problem}";
    }

    private static string Provenance(Shown item, SourceKind source)
    {
        if (source == SourceKind.Btf)
        {
            return item switch
            {
                { DefinitionCount: null, Definition.OutOf: > 1 } => $"from {item.Definition.Units[0].Name}, the first of {item.Definition.OutOf} definitions; --all compares all",
                { DefinitionCount: > 1 } => $"from BTF: {item.DefinitionCount} definitions agree, the first is {item.Definition.Units[0].Name}",
                { DefinitionCount: 1, IsOneOfSeveral: true } => $"from {item.Definition.Units[0].Name} alone",
                _ => "from BTF",
            };
        }

        DefiningUnit unit = item.Definition.Units[0];
        string name = Printable.Escape(unit.Name.Length == 0 ? $"unit {unit.Index}" : unit.Name);
        string local = item.Definition.Function is { } function ? $", local to {TypeQuery.Function(function)}" : "";
        return item.DefinitionCount switch
        {
            null => $"from DWARF: the first C definition, in {name}{local}; --all compares every unit's",
            1 => $"from DWARF: in {name} alone{local}",
            { } count => $"from DWARF: {count} C units agree, the first is {name}{local}",
        };
    }

    // What is to be known of all that is shown.
    private static string Reservations(Shown item, SourceOmission? omission)
    {
        bool isFlattened = item.Member is { } member
            ? MemberPath.IsOfOpenShape(item.Definition.Graph, member.Type)
            : TypeLayout.Of(item.Definition).HasArraysOfOpenShape;
        return (isFlattened ? "; it has arrays of arrays as one array" : "") + (omission is null ? "" : $"; {omission.Clause}");
    }

    private sealed record Shown(TypeDefinition Definition, ResolvedMember? Member, int? DefinitionCount, string? Difference)
    {
        /// <summary>Whether there are other definitions that differ.</summary>
        public bool IsOneOfSeveral { get; init; }

        public LayoutReport ToReport(bool expand, ScalarAlignment scalars, SourceOmission? omission) => new(
            Definition.Graph.Declare(Definition.Root), TypeLayout.Of(Definition, expand), Member, Definition.Units[0].Name, DefinitionCount, Difference)
        {
            IsPacked = Definition.Graph.IsPacked(Definition.Aggregate, scalars),
            Omission = omission?.Clause,
            Function = Definition.Function,
        };
    }
}
