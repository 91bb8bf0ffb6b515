using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Do the layouts of an image keep the rules?</summary>
public static class CheckAnalysis
{
    // Each takes a pass over units: of more names, a rule file has another problem than where they are.
    private const int MostPlacesSearched = 16;

    // So many types are looked up one by one, which reads no further than it must; more of them in one survey.
    private const int MostAskedOneByOne = 8;

    /// <summary>Asks every C unit of an image for the types that the rules name, compares the definitions, and evaluates the rules.</summary>
    /// <param name="image">The image; not closed.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="threads">How many threads may work; the report does not depend on it.</param>
    /// <param name="isStrict">Whether a violated rule of severity warning counts too.</param>
    /// <param name="withMap">Whether the report has the map of the structs over struct page, for formats that draw it: one more survey.</param>
    /// <param name="withColumns">Whether the facts of a matrix's default columns are told too.</param>
    /// <exception cref="InvalidImageException">The image is damaged or not understood, or changed meanwhile.</exception>
    public static CheckReport Run(KernelImage image, RuleSet rules, int threads, bool isStrict = false, bool withMap = false, bool withColumns = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(rules);
        return Run(image, rules, threads, isStrict, withMap, withColumns, dump: null);
    }

    /// <summary>The same, with the VMCOREINFO of a dump that is compared too; or null.</summary>
    internal static CheckReport Run(KernelImage image, RuleSet rules, int threads, bool isStrict, bool withMap, bool withColumns, ExportedNote? dump)
    {
        // No rule about a kernel says anything of them, and a layout that a program wrote by hand would pass as one.
        if (image.IsBpfObject)
        {
            throw new InvalidImageException(image.Path, null, null, "is a BPF object, whose structs are its program's own and no kernel's", "name the kernel that is to load it (check FILE --against VMLINUX)");
        }

        bool hasTypes = image.Source != SourceKind.None;
        ExportedNote? exported = hasTypes && rules.WithExported ? image.Exported : null;
        IEnumerable<TypeName> ofNotes = ((IEnumerable<ExportedNote?>)[exported, hasTypes ? dump : null]).OfType<ExportedNote>().SelectMany(ExportedFacts.TypesOf);
        ImmutableArray<TypeName> names = [.. rules.RequiredTypes.Union(LayoutEra.RequiredTypes).Union(ofNotes)];
        using WorkerPool pool = new(threads);
        SurveyedImage surveyed = SurveyedImage.Of(image, names, pool);
        Survey survey = surveyed.Survey;
        Dictionary<TypeName, DefinitionSet> definitions = surveyed.Definitions;
        // Nothing is known of the kernel without these.
        if (LayoutEra.RequiredTypes.Select(name => definitions[name].Problem).FirstOrDefault(problem => problem is not null) is { } refused)
        {
            throw refused;
        }

        // An empty result is worth a longer search for the reason.
        SourceOmission? omission = survey.Facts.Omission ?? (survey.Sets.All(s => s.Distinct.IsEmpty) ? image.Types.FindOmission() : null);
        DebugInfoSummary source = survey.Facts with { Omission = omission };
        Lazy<RustTwinFacts> rustTwins = new(() => TwinAnalysis.FactsOf(image.Types, pool));
        ImmutableArray<RuleResult> results = surveyed.Evaluate(rules, omission, rustTwins);
        if (AddPlaces(image.Types, results, definitions))
        {
            results = surveyed.Evaluate(rules, omission, rustTwins);
        }

        ImmutableArray<RuleResult> Evaluate(RuleSet more) => surveyed.Evaluate(more, omission, rustTwins);
        (RuleResult? Result, ExportedSummary? Summary) facts = exported is null ? default : ExportedFacts.Compare(exported, definitions, survey.Facts.FlattensArrays, Evaluate);
        results = facts.Result is { } agrees ? [.. results, agrees] : results;
        RuleResult? ofDump = dump is null || !hasTypes ? null : DumpComparison.Compare(dump, definitions, survey.Facts.FlattensArrays, Evaluate);
        CheckReport report = new(source, image.HasOtherSource, LayoutEra.Of(definitions, omission), [.. survey.Sets.Select(DefinitionSummary.Of)], results)
        {
            Run = RunInfo.Of(image.Path),
            IsStrict = isStrict,
            Columns = withColumns ? MatrixAnalysis.FactsOf(image, MatrixColumns.Layout, definitions, omission) : [],
            Places = PlacesOfViolations(image.Types, pool, results, definitions),
            Exported = facts.Summary,
            Map = withMap ? MapAnalysis.Of(image.Types, pool, results) : null,
        };
        report = image.Sign(report, surveyed.Facts);
        return dump is null ? report : DumpComparison.Add(report, dump, image.Exported, ofDump);
    }

    // Most checks hold, and few types are asked again, so that surveys need not read line tables. Definitions that differ may be declared in several places.
    private static ImmutableDictionary<string, SourcePlace> PlacesOfViolations(
        ITypeSource types, WorkerPool pool, ImmutableArray<RuleResult> results, Dictionary<TypeName, DefinitionSet> definitions)
    {
        ImmutableDictionary<string, SourcePlace>.Builder places = ImmutableDictionary.CreateBuilder<string, SourcePlace>(StringComparer.Ordinal);
        IEnumerable<string> subjects = results.SelectMany(r => r.Checks).Where(c => c.Outcome is Outcome.Violated or Outcome.Warning).SelectMany(c => c.Observed).Select(o => o.Subject).Distinct();
        ILookup<string, string> byType = subjects.Where(s => s.Contains('.', StringComparison.Ordinal)).ToLookup(s => s[..s.IndexOf('.', StringComparison.Ordinal)]);
        HashSet<string> asked = new(StringComparer.Ordinal);
        TypeName[] names = [.. definitions.Values.Where(d => d.Name.Kind != TypeNameKind.Enum && d.Distinct.Length == 1 && byType.Contains(d.Name.Name) && asked.Add(d.Name.Name)).Select(d => d.Name)];
        foreach ((TypeName name, TypeDefinition definition) in Declared(types, pool, names))
        {
            IEnumerable<string> members = byType[name.Name];
            foreach (string subject in members)
            {
                if (MemberPath.IsWellFormed(subject[(name.Name.Length + 1)..]) && MemberPath.Resolve(definition.Graph, definition.Root, subject[(name.Name.Length + 1)..]) is { Place: { } place })
                {
                    places[subject] = place;
                }
            }
        }

        return places.ToImmutable();
    }

    // A place is an addition to a violation: damage in a line table takes nothing from it.
    private static List<(TypeName Name, TypeDefinition Definition)> Declared(ITypeSource types, WorkerPool pool, TypeName[] names)
    {
        List<(TypeName, TypeDefinition)> found = [];
        if (types.Kind != SourceKind.Dwarf)
        {
            return found;
        }

        if (names.Length > MostAskedOneByOne)
        {
            try
            {
                found.AddRange(types.FindAll(names, pool, withPlaces: true).Sets.Where(s => !s.Distinct.IsEmpty).Select(s => (s.Name, s.Distinct[0])));
            }
            catch (InvalidImageException)
            {
                // Those of no type are told.
            }

            return found;
        }

        foreach (TypeName name in names)
        {
            try
            {
                if (types.FindFirst(name) is { } definition)
                {
                    found.Add((name, definition));
                }
            }
            catch (InvalidImageException)
            {
                // Those of the others are told.
            }
        }

        return found;
    }

    // Notes which missing types are local to a function. The search goes through whole units, so that only undecided checks cause it.
    private static bool AddPlaces(ITypeSource types, ImmutableArray<RuleResult> results, Dictionary<TypeName, DefinitionSet> definitions)
    {
        bool isAny = false;
        IEnumerable<RuleCheck> undecided = results.SelectMany(r => r.Checks).Where(c => c.Outcome == Outcome.Undecided).Select(c => c.Check);
        int searched = 0;
        foreach (TypeName name in undecided.SelectMany(c => c.Expression.Types).Distinct())
        {
            if (definitions.TryGetValue(name, out DefinitionSet? set) && set is { Distinct.IsEmpty: true, Problem: null, DeclarationCount: 0 }
                && searched++ < MostPlacesSearched && Place(types, name) is { } place)
            {
                definitions[name] = set with { Place = place };
                isAny = true;
            }
        }

        return isAny;
    }

    // A hint only: damage that is met on the way does not concern the question.
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
