using System.Collections.Immutable;
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
            RunMemory.Expect(RunMemory.OfAllUnits);
        }

        using KernelImage image = KernelImage.Open(file, how);
        List<Shown> shown = [];
        int missing = 0;
        bool isDisputed = false;
        TypeQuery[] queries = [.. names.Select(TypeQuery.Parse)];
        // Every unit is asked for all names at once.
        ImmutableArray<DefinitionSet> sets = options.All
            ? Progress.While(image.Types, () => image.Types.FindAll([.. queries.Select(q => q.Type)], options.Threads, withPlaces: true)).Sets
            : [];
        Dictionary<TypeName, TypeDefinition?> firsts = [];
        for (int i = 0; i < queries.Length; i++)
        {
            TypeQuery query = queries[i];
            ImmutableArray<TypeDefinition> definitions = options.All ? sets[i].Distinct
                : First(query.Type) is { } first ? [first] : [];
            if (definitions.IsEmpty)
            {
                query.ReportMissingType(image, missing++);
                continue;
            }

            isDisputed |= definitions.Length > 1;
            foreach (TypeDefinition definition in definitions)
            {
                ResolvedMember? member = query.Member is { } path ? MemberPath.Resolve(definition.Graph, definition.Root, path) : null;
                if (query.Member is not null && member is null)
                {
                    query.ReportMissingMember(definition, missing++);
                    continue;
                }

                string? difference = definition == definitions[0] ? null : DefinitionSummary.Difference(definitions[0], definition);
                shown.Add(new Shown(definition, member, options.All ? definition.Units.Length : null, difference));
            }
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
            Output.WriteJson(stream => JsonReport.Write(
                shown.Select(s => s.ToReport(options.Expand)), image.ReadFacts(), image.Types.Kind, new RunFacts(Output.Version, image.Path), stream));
        }
        else
        {
            Output.WriteText(writer => WriteText(shown, image.Types.Kind, options, writer));
        }

        return missing > 0 ? ExitCode.Undecided : isDisputed ? ExitCode.Violated : ExitCode.Holds;

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

    private static void WriteText(List<Shown> shown, SourceKind source, ShowOptions options, TextWriter writer)
    {
        bool isFirst = true;
        foreach (Shown item in shown)
        {
            if (!isFirst)
            {
                writer.WriteLine();
            }

            isFirst = false;
            writer.WriteLine($"/* {Provenance(item, source)} */");
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
                LayoutText.Write(TypeLayout.Of(item.Definition, options.Expand), options.CacheLineByteSize, writer, options.Lines);
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
            return "from BTF";
        }

        DefiningUnit unit = item.Definition.Units[0];
        string name = Printable.Escape(unit.Name.Length == 0 ? $"unit {unit.Index}" : unit.Name);
        return item.DefinitionCount switch
        {
            null => $"from DWARF: the first C definition, in {name}; --all compares every unit's",
            1 => $"from DWARF: in {name} alone",
            { } count => $"from DWARF: {count} C units agree, the first is {name}",
        };
    }

    private sealed record Shown(TypeDefinition Definition, ResolvedMember? Member, int? DefinitionCount, string? Difference)
    {
        public LayoutReport ToReport(bool expand) => new(
            Definition.Graph.Declare(Definition.Root), TypeLayout.Of(Definition, expand), Member, Definition.Units[0].Name, DefinitionCount, Difference);
    }
}
