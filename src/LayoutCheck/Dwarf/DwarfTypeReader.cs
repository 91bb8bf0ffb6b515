using System.Text;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf;

/// <summary>The types that the DWARF of one file describes. Only C units answer; the others are counted.</summary>
internal sealed class DwarfTypeReader : ITypeSource
{
    // Most of what is asked for is defined in the first C unit; what is not in these is looked for in another way.
    private const int FewUnits = 8;

    private readonly DwarfSections _sections;

    public DwarfTypeReader(DwarfSections sections) => _sections = sections;

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Dwarf;

    /// <inheritdoc/>
    public TargetFacts Target => new(FirstUnit.AddressSize, _sections.Info.IsBigEndian) { LargestScalarAlignment = _sections.LargestScalarAlignment };

    /// <inheritdoc/>
    public ScalarAlignment Scalars
        => new TargetFacts(_sections.WordByteSize, _sections.Info.IsBigEndian) { LargestScalarAlignment = _sections.LargestScalarAlignment }.Scalars;

    private UnitHeader FirstUnit => _sections.Units.At(0) ?? throw _sections.Info.Invalid(0, "there is no unit in it");

    /// <inheritdoc/>
    public double FractionDone => _sections.Units.FractionFound;

    /// <inheritdoc/>
    public TypeDefinition? FindFirst(TypeName name)
    {
        DieScanner scanner = new(_sections, new WantedNames([name], _sections, byText: true));
        try
        {
            return FindFirst(name, ref scanner);
        }
        finally
        {
            scanner.Dispose();
        }
    }

    private TypeDefinition? FindFirst(TypeName name, ref DieScanner scanner)
    {
        using DieScanner? supplement = _sections.Supplement is { } file ? new DieScanner(file, new WantedNames([name], file)) : null;
        DwarfGraphBuilder builder = new(_sections, withPlaces: true);
        ImportedUnits imports = new();
        List<(int Index, UnitHeader Unit)> partial = [];
        List<UnitHeader> ofNoKnownLanguage = [];
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
                using SplitUnit split = _sections.OpenSplit(unit, root);
                if (split.Units.Select(u => FindFirst(i, split.File, u, splitScanners, builder)).FirstOrDefault(d => d is not null) is { } inSplit)
                {
                    split.RequireUnchanged();
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
        return null;
    }

    /// <inheritdoc/>
    public Survey FindAll(IReadOnlyList<TypeName> names, Team team, bool withPlaces = false)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(team);
        WantedNames wanted = new(names, _sections);
        // One thread waits for nobody, and goes the sure way.
        ulong[]? starts = team.Size > 1 && !SlowPath.IsForced ? _sections.UnitStarts : null;
        Survey? onTrust = starts is null ? null : Survey(new SurveyWorker.Shared(_sections, wanted, withPlaces, starts), team);
        return onTrust ?? Survey(new SurveyWorker.Shared(_sections, wanted, withPlaces), team)!;
    }

    // Null when what was taken on trust was wrong.
    private Survey? Survey(SurveyWorker.Shared shared, Team team)
    {
        SurveyWorker[] workers = SurveyWorker.RunAll(shared, team);
        try
        {
            return shared.IsOnTrust && Array.Exists(workers, w => w.HasFailed) ? null : SurveyWorker.Join(shared, workers, () => Target);
        }
        finally
        {
            Array.ForEach(workers, w => w.Dispose());
        }
    }

    /// <inheritdoc/>
    public SourceOmission? FindOmission()
    {
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

        return hasC && DefinedNames().Count == 0 ? ReducedUnits.NoTypes : null;
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
