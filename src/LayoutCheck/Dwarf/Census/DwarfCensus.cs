using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Census;

/// <summary>Surveys names: all definitions of each, or the error.</summary>
internal delegate Survey NameSurvey(IReadOnlyList<TypeName> names, WorkerPool pool);

/// <summary>
/// The census of the DWARF of an image: by name, its different definitions, each as the place of the first one and the units that have it. Definitions are
/// built when they are asked for. What a hash could not tell comes from a survey of those names.
/// </summary>
internal sealed class DwarfCensus : ITypeCensus
{
    private readonly CensusTable _table;
    private readonly ImmutableArray<DefinitionSet?> _surveyed;
    private readonly DwarfSections _sections;
    private readonly NameSurvey _survey;
    private readonly bool _withPlaces;

    private DwarfCensus(
        CensusTable table, ImmutableArray<DefinitionSet?> surveyed, DebugInfoSummary facts, DwarfSections sections, NameSurvey survey, bool withPlaces)
    {
        _table = table;
        _surveyed = surveyed;
        Facts = facts;
        _sections = sections;
        _survey = survey;
        _withPlaces = withPlaces;
    }

    /// <inheritdoc/>
    public ImmutableArray<TypeName> Names => _table.Names;

    /// <inheritdoc/>
    public DebugInfoSummary Facts { get; }

    /// <summary>Takes the census; null if the image has forms that it does not understand, or is damaged: then a survey of all names has the word.</summary>
    /// <param name="image">The image.</param>
    /// <param name="pool">The worker threads.</param>
    /// <param name="withPlaces">Whether its readers read where types and members are declared.</param>
    /// <param name="target">The target of the image; called last, because it may throw.</param>
    /// <param name="survey">Surveys the names that the hashes leave.</param>
    /// <param name="memoSize">The size of the memos; null for the usual one.</param>
    /// <exception cref="InvalidImageException">A definition of a name that was left cannot be read.</exception>
    public static DwarfCensus? TryTake(
        DwarfImage image, WorkerPool pool, bool withPlaces, Func<TargetInfo> target, NameSurvey survey, int? memoSize = null)
    {
        CensusPlan plan = new(image, LayoutHash.WithRandomKey(), memoSize);
        if (image.Supplement is not null)
        {
            return null;
        }

        CensusFindings[] findings = CensusWorker.RunAll(plan, pool);
        if (plan.IsLeft)
        {
            return null;
        }

        CensusTable table = CensusMerge.Merge(findings);
        int[] left = [.. Enumerable.Range(0, table.Names.Length).Where(table.IsSurveyed)];
        DefinitionSet?[] surveyed = new DefinitionSet?[table.Names.Length];
        if (left.Length > 0)
        {
            ImmutableArray<DefinitionSet> sets = survey([.. left.Select(i => table.Names[i])], pool).Sets;
            for (int i = 0; i < left.Length; i++)
            {
                surveyed[left[i]] = sets[i];
            }
        }

        DebugInfoSummary facts = SourceFacts.Merge([.. findings.Select(f => f.Facts)], target());
        return new DwarfCensus(table, [.. surveyed], facts, image.Sections, survey, withPlaces);
    }

    /// <inheritdoc/>
    public int? CountOfEqual(int index) => _surveyed[index] switch
    {
        { Problem: null, Distinct: [var only] } => only.Units.Length,
        null when _table.VariantsOf(index).Length == 1 => _table.UnitCount(_table.VariantsOf(index)[0]),
        _ => null,
    };

    /// <summary>By index, whether a unit defines one of some names; null if that of a name is not known here.</summary>
    public bool[]? UnitsDefining(IReadOnlyList<TypeName> names)
    {
        bool[] units = new bool[_sections.Units.Count];
        foreach (int index in names.Select(n => Names.IndexOf(n)))
        {
            if (index < 0 || _surveyed[index] is not null)
            {
                return null;
            }

            foreach (int variant in _table.VariantsOf(index))
            {
                foreach (DefiningUnit unit in _table.UnitsOf(variant))
                {
                    units[unit.Index] = true;
                }
            }
        }

        return units;
    }

    /// <summary>How many units only declare a name of the census.</summary>
    public int DeclarationsOf(TypeName name) => _table.DeclarationsOf(Names.IndexOf(name));

    /// <inheritdoc/>
    public ICensusReader OpenReader() => new Reader(this);

    /// <summary>Builds the definitions of one name after the other.</summary>
    private sealed class Reader(DwarfCensus census) : ICensusReader
    {
        private readonly DwarfGraphBuilder _builder = new(census._sections, census._withPlaces) { KeepsUnitsOpen = true };

        public DefinitionSet Read(int index)
        {
            if (census._surveyed[index] is { } known)
            {
                return known;
            }

            try
            {
                if (Build(index) is { } set)
                {
                    return set;
                }
            }
            catch (InvalidImageException)
            {
                // A bound of the builder that no hash has: the survey says it in the words of all questions.
            }

            // A survey serves one caller at a time.
            lock (census._table)
            {
                using WorkerPool alone = new(1);
                return census._survey([census.Names[index]], alone).Sets[0];
            }
        }

        public void Dispose()
        {
        }

        // Null if a definition is none after all.
        private DefinitionSet? Build(int index)
        {
            List<TypeDefinition> distinct = [];
            foreach (int variant in census._table.VariantsOf(index))
            {
                (int unit, ulong die) = census._table.PlaceOf(variant);
                if (_builder.Build(census._sections.Units.At(unit)!.Value, die) is not var (graph, root))
                {
                    return null;
                }

                TypeDefinition definition = new(graph, root, census._table.UnitsOf(variant));
                // Two hashes are two layouts; a survey would fold equal ones.
                int same = distinct.FindIndex(d => DefinitionEquality.Same(d.Graph, d.Root, graph, root));
                if (same < 0)
                {
                    distinct.Add(definition);
                }
                else
                {
                    distinct[same] = distinct[same] with { Units = [.. distinct[same].Units.Concat(definition.Units).OrderBy(u => u.Index)] };
                }
            }

            return new DefinitionSet(census.Names[index], [.. distinct], census._table.DeclarationsOf(index));
        }
    }
}
