using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Census;
using LayoutCheck.Dwarf.Inlines;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>The types that the DWARF of one image describes. Only C units answer; units in other languages are counted.</summary>
internal sealed class DwarfTypeReader : ITypeSource
{
    private readonly DwarfImage _image;

    // Names that a search has shown to be in no C unit at any level, and the producers of the units as the last survey read them.
    private readonly HashSet<TypeName> _namedNowhere = [];
    private ImmutableArray<string>? _producers;
    private DwarfCensus? _census;

    public DwarfTypeReader(DwarfImage image) => _image = image;

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Dwarf;

    /// <inheritdoc/>
    public TargetInfo Target => TargetOf(FirstUnit.AddressSize);

    /// <inheritdoc/>
    public ScalarAlignment Scalars => TargetOf(_image.Sections.Format.WordByteSize).Scalars;

    /// <inheritdoc/>
    public double FractionDone => _image.Sections.Units.FractionFound;

    private UnitHeader FirstUnit => _image.Sections.Units.At(0) ?? throw _image.Sections.Info.Invalid(0, "there is no unit in it");

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        FirstDefinition.Result result = FirstDefinition.Find(_image, name);
        if (result.Definition is not null)
        {
            return result.Definition;
        }

        _ = FirstUnit;
        if (result.IsNowhere)
        {
            _namedNowhere.Add(name);
        }

        // A typedef in one unit, the struct that it names in another. A tag leads no further.
        return result.TypedefOf is { } tag ? FindFirst(tag) : null;
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces = false) => FindAll(names, pool, withPlaces, tellsPlacesApart: false);

    /// <inheritdoc/>
    public Survey FindAllByPlace(IReadOnlyList<TypeName> names, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(names);
        // A census knows which units define them, and how many others declare them.
        if (_census?.UnitsDefining(names) is not { } units)
        {
            return FindAll(names, pool, withPlaces: true, tellsPlacesApart: true);
        }

        Survey survey = FindAll(names, pool, withPlaces: true, tellsPlacesApart: true, units);
        return new Survey([.. survey.Sets.Select(s => s with { DeclarationCount = _census.DeclarationsOf(s.Name) })], _census.Facts);
    }

    private Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces, bool tellsPlacesApart, bool[]? units = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(pool);
        SurveyPlan plan = new(_image, new WantedNames(names, _image.Sections), withPlaces, tellsPlacesApart, units);
        SurveyFindings[] findings = SurveyWorker.RunAll(plan, pool);
        Survey survey = SurveyMerge.Merge(plan, findings, () => Target);
        _producers = units is null ? survey.Facts.Producers : _producers;
        if (!Array.Exists(findings, f => f.HasWalked) && _image.PackagedTypeUnit(0) is null)
        {
            _namedNowhere.UnionWith(plan.Wanted.Requests);
        }

        ImmutableArray<TypeName>[] targets = SurveyMerge.TypedefTargets(findings);
        return Array.TrueForAll(targets, t => t.IsEmpty) ? survey : survey with { Sets = FollowTypedefs(survey.Sets, targets, pool, withPlaces) };
    }

    // A typedef in one unit, the struct that it names in another: all definitions of that struct count.
    private ImmutableArray<DefinitionSet> FollowTypedefs(ImmutableArray<DefinitionSet> sets, ImmutableArray<TypeName>[] targets, WorkerPool pool, bool withPlaces)
    {
        TypeName[] unknown = [.. targets.SelectMany(t => t).Distinct().Except(sets.Select(s => s.Name))
            .OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];
        ILookup<TypeName, DefinitionSet> known = sets.Concat(unknown.Length == 0 ? [] : FindAll(unknown, pool, withPlaces).Sets).ToLookup(s => s.Name);
        return [.. sets.Select((set, i) => targets[i].OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)
            .Aggregate(set, (sum, name) => sum.With(known[name].First())))];
    }

    /// <inheritdoc/>
    public Remainder FindRemainder(TypeName name) => _namedNowhere.Contains(name) ? Remainder.None : LocalTypes.Find(_image, name);

    /// <inheritdoc/>
    public SourceOmission? FindOmission()
    {
        // A survey has read the producers of all C units.
        return _producers is { IsEmpty: false } known
            ? known.Select(ReducedUnits.OmissionOf).FirstOrDefault(o => o is not null) ?? (StructNames.Any(_image) ? null : ReducedUnits.NoTypes)
            : FindOmissionInUnits();
    }

    private SourceOmission? FindOmissionInUnits()
    {
        SourceOmission? found = null;
        bool hasC = false;
        using (UnitScanners scanners = new(_image, new WantedNames([], _image.Sections), new WantedNamesPerFile([])))
        {
            CUnitWalk walk = new(_image, scanners) { FollowsSkeletons = false };
            walk.VisitImage((in CUnit unit) =>
            {
                bool isC = unit.Role == UnitRole.C && unit.Root.IsCompileUnit;
                found = isC ? ReducedUnits.OmissionOf(unit.Root.Text(unit.Root.Producer)) : null;
                hasC |= isC;
                return found is not null;
            });
        }

        return found ?? (hasC && !StructNames.Any(_image) ? ReducedUnits.NoTypes : null);
    }

    /// <inheritdoc/>
    public RustTypes? FindRustTypes(IReadOnlySet<string>? names = null) => RustUnits.Read(_image, names);

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames() => StructNames.All(_image);

    /// <inheritdoc/>
    public ITypeCensus TakeCensus(WorkerPool pool, bool withPlaces = false)
    {
        if (!_image.Sections.Disabled.HasFlag(FastPaths.Census)
            && DwarfCensus.TryTake(_image, pool, withPlaces, () => Target, (names, workers) => FindAll(names, workers, withPlaces)) is { } census)
        {
            _census = census;
            _producers = census.Facts.Producers;
            return census;
        }

        ImmutableArray<TypeName> names = [.. DefinedNames()];
        return new SurveyedCensus(names, FindAll(names, pool, withPlaces));
    }

    /// <inheritdoc/>
    public PrototypeSet FindPrototypes(IReadOnlyList<string> names, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(pool);
        return Prototypes.Find(_image, names, pool);
    }

    /// <inheritdoc/>
    public InlinedCall[]? FindInlinedCalls(IReadOnlyList<InlinedFunction> functions, WorkerPool pool) => InlineSurvey.Find(_image, functions, pool);

    private TargetInfo TargetOf(int addressSize)
        => new(addressSize, _image.Sections.Info.IsBigEndian) { LargestScalarAlignment = _image.Sections.LargestScalarAlignment };
}
