using System.Collections.Immutable;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>The types that the DWARF of one file describes. Only C units answer; the others are counted.</summary>
internal sealed class DwarfTypeReader : ITypeSource
{
    // Most of what is asked for is defined in the first C unit; what is not in these is looked for in another way.
    private const int FewUnits = 8;

    // Each definition is compared with all that differ before it. The kernel has a few of a name.
    private const int MostLocal = 256;

    private readonly DwarfSections _sections;

    // Names of which a search has shown that no C unit has them at any level; and what the last survey read of the units' producers.
    private readonly HashSet<TypeName> _namedNowhere = [];
    private ImmutableArray<string>? _producers;

    public DwarfTypeReader(DwarfSections sections) => _sections = sections;

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Dwarf;

    /// <inheritdoc/>
    public TargetInfo Target => new(FirstUnit.AddressSize, _sections.Info.IsBigEndian) { LargestScalarAlignment = _sections.LargestScalarAlignment };

    /// <inheritdoc/>
    public ScalarAlignment Scalars
        => new TargetInfo(_sections.WordByteSize, _sections.Info.IsBigEndian) { LargestScalarAlignment = _sections.LargestScalarAlignment }.Scalars;

    private UnitHeader FirstUnit => _sections.Units.At(0) ?? throw _sections.Info.Invalid(0, "there is no unit in it");

    /// <inheritdoc/>
    public double FractionDone => _sections.Units.FractionFound;

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        DieScanner scanner = new(_sections, new WantedNames([name], _sections, compareStrings: true));
        DwarfGraphBuilder builder = new(_sections, withPlaces: true);
        TypeDefinition? found;
        try
        {
            found = FindFirst(name, ref scanner, builder);
        }
        finally
        {
            scanner.Dispose();
        }

        // A typedef in one unit, the struct that it names in another. A tag leads no further.
        return found is null && builder.FirstTypedefOf is { } tag ? FindFirst(tag) : found;
    }

    private TypeDefinition? FindFirst(TypeName name, ref DieScanner scanner, DwarfGraphBuilder builder)
    {
        using DieScanner? supplement = _sections.Supplement is { } file ? new DieScanner(file, new WantedNames([name], file)) : null;
        ImportedUnits imports = new();
        List<(int Index, UnitHeader Unit)> partial = [];
        List<UnitHeader> ofNoKnownLanguage = [];
        bool hasSplits = false;
        SplitScanners splitScanners = new(new SplitScanners.Names([name]));
        for (int i = 0; _sections.Units.At(i, scanner.Window) is { } unit; i++)
        {
            if (i == FewUnits)
            {
                scanner.Dispose();
                scanner = new DieScanner(_sections, new WantedNames([name], _sections));
            }

            UnitRoot root = scanner.Open(unit);
            if (root.IsSkeleton)
            {
                hasSplits = true;
                using SplitUnit split = _sections.OpenSplit(unit, root);
                if (split.Units.Select(u => FindFirst(i, split.File, u, splitScanners, builder)).FirstOrDefault(d => d is not null) is { } inSplit)
                {
                    return inSplit;
                }

                splitScanners.Forget(split.File);
            }
            else if (root.IsPartial && DwarfLanguage.IsC(root.Language))
            {
                partial.Add((i, unit));
            }
            else if (!root.IsPartial && DwarfLanguage.IsC(root.Language) && FindFirst(i, unit, root, imports, scanner, supplement, builder) is { } found)
            {
                return found;
            }
            else if (!DwarfLanguage.IsC(root.Language) && !DwarfLanguage.IsOther(root.Language) && (!root.IsPartial || root.Language is not null))
            {
                ofNoKnownLanguage.Add(unit);
            }
        }

        foreach ((int index, UnitHeader unit) in partial)
        {
            if (!imports.Contains(_sections, unit) && FindFirst(index, unit, scanner.Open(unit), imports, scanner, supplement, builder) is { } found)
            {
                return found;
            }
        }

        for (int i = 0; _sections.Splits?.PackagedTypeUnit(i) is var (package, typeUnit); i++)
        {
            if (FindFirst(_sections.Units.Count + i, package, typeUnit, splitScanners, builder) is { } found)
            {
                return found;
            }
        }

        // Before "not there" is said, as the survey does it: a unit whose language was damaged may be the one that has it.
        foreach (UnitHeader unit in ofNoKnownLanguage)
        {
            SurveyWorker.RefuseIfOfNoKnownLanguage(scanner, builder, [name], _sections, unit, scanner.Open(unit));
        }

        _ = FirstUnit;
        if (_sections.Units.Count > FewUnits && _sections.Supplement is null && partial.Count == 0 && !hasSplits && !scanner.HasWalked && HaveFirstUnitsNoWantedName(scanner))
        {
            _namedNowhere.Add(name);
        }

        return null;
    }

    // The first few are walked without a search of the strings, so that they may be all that is read.
    private bool HaveFirstUnitsNoWantedName(DieScanner scanner)
    {
        for (int i = 0; i < FewUnits; i++)
        {
            if (_sections.Units.At(i, scanner.Window) is not { } unit || (DwarfLanguage.IsC(scanner.Open(unit).Language) && !scanner.HasNoWantedName()))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, WorkerPool pool, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(pool);
        WantedNames wanted = new(names, _sections);
        // One thread waits for nobody, and goes the sure way.
        ulong[]? starts = pool.Size > 1 && !FastPath.IsDisabled ? _sections.UnitOffsetHints : null;
        (Survey Survey, ImmutableArray<TypeName>[] TypedefTargets)? onTrust = starts is null ? null
            : Ask(new SurveyWorker.Shared(_sections, wanted, withPlaces, starts), pool);
        (Survey survey, ImmutableArray<TypeName>[] targets) = onTrust ?? Ask(new SurveyWorker.Shared(_sections, wanted, withPlaces), pool)!.Value;
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

    // Null when what was taken on trust was wrong.
    private (Survey Survey, ImmutableArray<TypeName>[] TypedefTargets)? Ask(SurveyWorker.Shared shared, WorkerPool pool)
    {
        SurveyWorker[] workers = SurveyWorker.RunAll(shared, pool);
        try
        {
            if (shared.IsOnTrust && Array.Exists(workers, w => w.HasFailed))
            {
                return null;
            }

            Survey survey = SurveyWorker.Join(shared, workers, () => Target);
            _producers = survey.Facts.Producers;
            if (!Array.Exists(workers, w => w.HasWalked) && _sections.Splits?.PackagedTypeUnit(0) is null)
            {
                _namedNowhere.UnionWith(shared.Wanted.Requests);
            }

            return (survey, SurveyWorker.TypedefTargets(workers));
        }
        finally
        {
            Array.ForEach(workers, w => w.Dispose());
        }
    }

    /// <inheritdoc/>
    public Remainder FindRemainder(TypeName name)
    {
        if (_namedNowhere.Contains(name))
        {
            return Remainder.None;
        }

        List<TypeDefinition> local = [];
        DwarfGraphBuilder builder = new(_sections, withPlaces: true);
        using DieScanner scanner = new(_sections, new WantedNames([name], _sections));
        SplitScanners splitScanners = new(new SplitScanners.Names([name]));
        int index = 0;
        int count = 0;
        foreach (UnitHeader unit in _sections.Units.All())
        {
            UnitRoot root = scanner.Open(unit);
            if (root.IsSkeleton)
            {
                using SplitUnit split = _sections.OpenSplit(unit, root);
                foreach (UnitHeader part in split.Units)
                {
                    DieScanner splitScanner = splitScanners.Of(split.File);
                    CollectLocal(index, split.File, part, splitScanner.Open(part), splitScanner, builder, local, ref count);
                }

                splitScanners.Forget(split.File);
            }
            else
            {
                CollectLocal(index, _sections, unit, root, scanner, builder, local, ref count);
            }

            index++;
        }

        return new Remainder([.. local], builder.FirstTypedefOf);
    }

    private static void CollectLocal(
        int index, DwarfSections file, in UnitHeader unit, in UnitRoot root, DieScanner scanner, DwarfGraphBuilder builder,
        List<TypeDefinition> local, ref int count)
    {
        if (!DwarfLanguage.IsC(root.Language))
        {
            return;
        }

        List<NestedHit> hits = [];
        scanner.CollectNested(hits);
        foreach (NestedHit hit in hits)
        {
            if (hit.IsNested && ++count > MostLocal)
            {
                throw file.Info.Invalid(hit.DieOffset, $"more than {MostLocal} types of one name within functions", "name the image of one kernel");
            }

            if (builder.Build(file, unit, hit.DieOffset) is not var (graph, type) || !hit.IsNested)
            {
                continue;
            }

            DefiningUnit definingUnit = new(index, root.DisplayName(file), root.IsCompileUnit ? root.Text(file, root.Producer) : "");
            int same = local.FindIndex(d => DefinitionEquality.Same(d.Graph, d.Root, graph, type));
            if (same < 0)
            {
                local.Add(new TypeDefinition(graph, type, [definingUnit]) { Function = NameOfFunction(file, unit, hit.Function) });
            }
            else if (local[same].Units[^1].Index != index)
            {
                local[same] = local[same] with { Units = local[same].Units.Add(definingUnit) };
            }
        }
    }

    // A function that was inlined has its name in the DIE that all its copies refer to (DWARF 5 §3.3.8.1).
    private static string NameOfFunction(DwarfSections file, in UnitHeader unit, ulong function)
    {
        DieDecoder decoder = new(file);
        decoder.Open(unit);
        for (int hops = 0; function >= unit.FirstDie && function < unit.End && hops < 4 && decoder.Read(function, out _) is { } die; hops++)
        {
            if (decoder.Text(die[DwAt.DW_AT_name]) is { } name)
            {
                return name;
            }

            AttributeValue origin = die[DwAt.DW_AT_abstract_origin];
            if (origin.Class != ValueClass.Reference)
            {
                break;
            }

            function = origin.Value;
        }

        return "";
    }

    /// <inheritdoc/>
    public SourceOmission? FindOmission()
    {
        // A survey has read the producers of all C units.
        if (_producers is { IsEmpty: false } known)
        {
            return known.Select(ReducedUnits.OmissionOf).FirstOrDefault(o => o is not null) ?? (DefinesAny() ? null : ReducedUnits.NoTypes);
        }

        bool hasC = false;
        using (DieScanner scanner = new(_sections, new WantedNames([], _sections)))
        {
            foreach (UnitHeader unit in _sections.Units.All())
            {
                UnitRoot root = scanner.Open(unit);
                bool isC = root.IsCompileUnit && DwarfLanguage.IsC(root.Language);
                if (isC && ReducedUnits.OmissionOf(root.Text(_sections, root.Producer)) is { } omission)
                {
                    return omission;
                }

                hasC |= isC;
            }
        }

        return hasC && !DefinesAny() ? ReducedUnits.NoTypes : null;
    }

    // Mostly the first C unit has a struct; where none is found in the units themselves, all are looked through with what they import.
    private bool DefinesAny()
    {
        using Names names = new(_sections);
        ImportedUnits imports = new();
        foreach (UnitHeader unit in _sections.Units.All())
        {
            if (DwarfLanguage.IsC(names.Scanner.Open(unit).Language))
            {
                names.Collect(unit, imports);
                if (names.All().Count > 0)
                {
                    return true;
                }
            }
        }

        return DefinedNames().Count > 0;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TypeName> DefinedNames()
    {
        SplitScanners splitScanners = new(new SplitScanners.Names([]));
        HashSet<TypeName> inSplit = [];
        using Names names = new(_sections);
        using Names? supplement = _sections.Supplement is { } file ? new Names(file) : null;
        ImportedUnits imports = new();
        foreach (UnitHeader unit in _sections.Units.All())
        {
            UnitRoot root = names.Scanner.Open(unit);
            if (root.IsSkeleton)
            {
                using SplitUnit split = _sections.OpenSplit(unit, root);
                foreach (UnitHeader part in split.Units)
                {
                    CollectSplit(split.File, part);
                }

                splitScanners.Forget(split.File);
            }

            // A partial unit in C is there for C units, whether or not one is left that imports it.
            else if (DwarfLanguage.IsC(root.Language))
            {
                names.Collect(unit, imports);
            }
        }

        while (imports.TryTake(out (DwarfSections File, UnitHeader Unit) next))
        {
            Names collector = next.File == _sections ? names : supplement!;
            if (IsPartForC(collector.Scanner.Open(next.Unit)))
            {
                collector.Collect(next.Unit, imports);
            }
        }

        for (int i = 0; _sections.Splits?.PackagedTypeUnit(i) is var (package, typeUnit); i++)
        {
            CollectSplit(package, typeUnit);
        }

        return [.. names.All().Union(supplement?.All() ?? []).Union(inSplit).OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Kind)];

        void CollectSplit(DwarfSections splitFile, in UnitHeader unit)
        {
            Names inUnit = new(splitFile, splitScanners.Of(splitFile));
            if (DwarfLanguage.IsC(inUnit.Scanner.Open(unit).Language))
            {
                inUnit.Collect(unit, new ImportedUnits());
                inSplit.UnionWith(inUnit.All());
            }
        }
    }

    /// <summary>The names that the units of one file define.</summary>
    private sealed class Names(DwarfSections sections, DieScanner? known = null) : IDisposable
    {
        private readonly HashSet<(DwTag Tag, ulong StringOffset)> _inSection = [];
        private readonly HashSet<(DwTag Tag, string Name)> _inPlace = [];

        public DieScanner Scanner { get; } = known ?? new DieScanner(sections, new WantedNames([], sections));

        /// <summary>Adds those of the unit that the scanner is open on.</summary>
        public void Collect(in UnitHeader unit, ImportedUnits imports)
        {
            Scanner.CollectNames(_inSection, _inPlace);
            imports.Add(sections, unit, Scanner.Imports);
        }

        /// <summary>Each once: equal names may stand at several offsets.</summary>
        public HashSet<TypeName> All()
        {
            HashSet<TypeName> names = [.. _inPlace.Select(n => Name(n.Tag, n.Name))];
            foreach ((DwTag tag, ulong offset) in _inSection)
            {
                ReadOnlySpan<byte> name = sections.Require(sections.Str, ".debug_str").StringAt(offset);
                if (name.Length <= TypeGraphBuilder.LongestName)
                {
                    names.Add(Name(tag, Encoding.UTF8.GetString(name)));
                }
            }

            return names;
        }

        /// <inheritdoc/>
        public void Dispose() => Scanner.Dispose();

        private static TypeName Name(DwTag tag, string name) => new(tag == DwTag.DW_TAG_union_type ? TypeNameKind.Union : TypeNameKind.Struct, name);
    }

    // The definition in a unit that the scanner is open on, or in what it imports. A part that was searched for one unit has nothing for the next.
    private TypeDefinition? FindFirst(int index, UnitHeader unit, UnitRoot root, ImportedUnits imports, DieScanner scanner, DieScanner? supplement, DwarfGraphBuilder builder)
    {
        (DwarfSections File, UnitHeader Unit) searched = (_sections, unit);
        DieScanner current = scanner;
        bool isSearched = true;
        do
        {
            while (isSearched && current.Next(out ScanHit hit))
            {
                if (BuildUnlessReduced(builder, searched.File, searched.Unit, hit, root, _sections) is var (graph, type))
                {
                    string producer = root.IsCompileUnit ? root.Text(_sections, root.Producer) : "";
                    return new TypeDefinition(graph, type, [new DefiningUnit(index, root.DisplayName(_sections), producer)]);
                }
            }

            if (isSearched)
            {
                imports.Add(searched.File, searched.Unit, current.Imports);
            }

            if (!imports.TryTake(out searched))
            {
                return null;
            }

            current = searched.File == _sections ? scanner : supplement!;
            isSearched = IsPartForC(current.Open(searched.Unit));
        }
        while (true);
    }

    // The definition in a unit of a split file, where nothing is imported: a unit of it is whole.
    private static TypeDefinition? FindFirst(int index, DwarfSections file, in UnitHeader unit, SplitScanners scanners, DwarfGraphBuilder builder)
    {
        DieScanner scanner = scanners.Of(file);
        UnitRoot root = scanner.Open(unit);
        while (DwarfLanguage.IsC(root.Language) && scanner.Next(out ScanHit hit))
        {
            if (BuildUnlessReduced(builder, file, unit, hit, root, file) is var (graph, type))
            {
                string producer = root.IsCompileUnit ? root.Text(file, root.Producer) : "";
                return new TypeDefinition(graph, type, [new DefiningUnit(index, root.DisplayName(file), producer)]);
            }
        }

        return null;
    }

    private static (TypeGraph Graph, TypeId Root)? BuildUnlessReduced(
        DwarfGraphBuilder builder, DwarfSections file, in UnitHeader unit, in ScanHit hit, in UnitRoot root, DwarfSections rootFile)
    {
        try
        {
            return builder.Build(file, unit, hit.DieOffset);
        }
        catch (InvalidImageException e) when (e.Problem.EndsWith(TypeGraphBuilder.OnlyDeclared, StringComparison.Ordinal))
        {
            if (root.IsCompileUnit && ReducedUnits.Explains(e, root.Text(rootFile, root.Producer)))
            {
                return null;
            }

            throw;
        }
    }

    private static bool IsPartForC(in UnitRoot root) => root.IsPartial && (root.Language is null || DwarfLanguage.IsC(root.Language));
}
