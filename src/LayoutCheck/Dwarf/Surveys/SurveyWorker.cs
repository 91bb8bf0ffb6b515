using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>
/// One thread's part of asking every unit for its definitions. Units are handed out one at a time, in file order; each worker folds the
/// equal definitions that it meets, and <see cref="Join"/> folds those of all workers, so that the answer does not depend on how many
/// there were.
/// </summary>
internal sealed class SurveyWorker : IDisposable
{
    // Each definition is compared with all that differ before it, so that more than a few would take a time that grows with their square.
    private const int MostVariants = 256;

    private readonly Shared _shared;
    private readonly DieScanner _scanner;
    private bool _hasSplits;
    private readonly DieScanner? _supplementScanner;
    private readonly SplitScanners _splitScanners;
    private readonly DwarfGraphBuilder _builder;
    private readonly DefinitionMatcher _matcher;
    private readonly InternedTypes _internedTypes = new();
    private readonly Dictionary<ulong, string> _producersByOffset = [];
    private readonly List<Variant>[] _variants;
    private readonly int[] _declarations;
    private readonly HashSet<TypeName>[] _typedefTargets;
    private readonly bool[] _isDeclared;
    private readonly bool[] _isDefined;
    private readonly Dictionary<string, int> _languages = new(StringComparer.Ordinal);
    private readonly HashSet<string> _producers = new(StringComparer.Ordinal);
    private readonly SortedSet<ushort> _versions = [];
    private readonly List<UnitFinding> _findings = [];
    private readonly List<Unread> _unread = [];
    private ExceptionDispatchInfo? _failure;
    private int _failedUnit;

    private SurveyWorker(Shared shared)
    {
        _shared = shared;
        _scanner = new DieScanner(shared.Sections, shared.Wanted);
        _builder = new DwarfGraphBuilder(shared.Sections);
        _supplementScanner = shared.SupplementWanted is { } wanted ? new DieScanner(shared.Sections.Supplement!, wanted) : null;
        _splitScanners = new SplitScanners(shared.SplitNames);
        _matcher = new DefinitionMatcher(shared.Sections, _scanner.Info, _scanner.Abbrevs);
        _variants = [.. shared.Wanted.Requests.Select(_ => new List<Variant>())];
        _declarations = new int[_variants.Length];
        _typedefTargets = [.. _variants.Select(_ => new HashSet<TypeName>())];
        _isDeclared = new bool[_variants.Length];
        _isDefined = new bool[_variants.Length];
    }

    /// <summary>Whether it did not come to the end.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Runs a worker on each thread to the end.</summary>
    public static SurveyWorker[] RunAll(Shared shared, WorkerPool pool)
    {
        SurveyWorker?[] workers = new SurveyWorker?[pool.Size];
        pool.RunOnAll(number => (workers[number] = new SurveyWorker(shared)).Run());
        return [.. workers.OfType<SurveyWorker>()];
    }

    /// <summary>Whether any unit may hold a wanted name, at any level: its bytes did not show that it does not.</summary>
    public bool HasWalked => _hasSplits || _scanner.HasWalked || _supplementScanner is { HasWalked: true };

    /// <summary>For each request, the structs and unions that are only declared where a typedef of its name stands for them; in no order.</summary>
    public static ImmutableArray<TypeName>[] TypedefTargets(SurveyWorker[] workers)
        => [.. Enumerable.Range(0, workers[0]._typedefTargets.Length).Select(i => workers.SelectMany(w => w._typedefTargets[i]).Distinct().ToImmutableArray())];

    /// <summary>Puts together what the workers found.</summary>
    /// <exception cref="InvalidImageException">The first failure in file order, which is the same whatever the number of workers.</exception>
    public static Survey Join(Shared shared, SurveyWorker[] workers, Func<TargetInfo> target)
    {
        List<Variant>[] merged = new List<Variant>[shared.Wanted.Requests.Length];
        for (int i = 0; i < merged.Length; i++)
        {
            int request = i;
            merged[i] = Merge(workers.SelectMany(w => w._variants[request]));
        }

        SurveyWorker? failed = workers.Where(w => w._failure is not null).MinBy(w => w._failedUnit);
        int failedUnit = failed?._failedUnit ?? int.MaxValue;
        List<Variant>? excess = merged.Where(m => m.Count > MostVariants).MinBy(m => m[MostVariants].FirstIndex);
        if (excess is not null && excess[MostVariants].FirstIndex <= failedUnit)
        {
            failedUnit = excess[MostVariants].FirstIndex;
            failed = null;
        }

        InvalidImageException?[] problems = new InvalidImageException?[merged.Length];
        foreach (Unread unread in workers.SelectMany(w => w._unread).OrderBy(u => u.Unit.Index))
        {
            if (unread.Unit.Index > failedUnit)
            {
                break;
            }

            // Had one worker seen all units, it would have known the definitions of those before this one.
            List<Variant> known = merged[unread.Hit.Request].FindAll(v => v.FirstIndex < unread.Unit.Index);
            if (workers[0].FindMatch(unread, known) is { } match)
            {
                match.Add(unread.Unit, unread.IsPartial);
            }
            else if (unread.Failure.SourceException is InvalidImageException { IsOfOneType: true } problem)
            {
                problems[unread.Hit.Request] ??= problem;
            }
            else
            {
                unread.Failure.Throw();
            }
        }

        failed?._failure!.Throw();
        if (excess is not null)
        {
            throw TooMany(shared, shared.Wanted.Requests[Array.IndexOf(merged, excess)]);
        }

        // Of a thousand definitions that are compared, those that are left are built once more.
        DwarfGraphBuilder? places = shared.WithPlaces ? new DwarfGraphBuilder(shared.Sections, withPlaces: true) : null;
        ImportedFindings imports = new(shared.Sections, workers.SelectMany(w => w._findings));
        ImmutableArray<DefinitionSet>.Builder sets = ImmutableArray.CreateBuilder<DefinitionSet>();
        for (int request = 0; request < merged.Length; request++)
        {
            int declarations = workers.Sum(w => w._declarations[request]) + imports.Attribute(request, merged[request]);
            if (problems[request] is { } problem)
            {
                sets.Add(new DefinitionSet(shared.Wanted.Requests[request], [], declarations) { Problem = problem });
                continue;
            }

            sets.Add(new DefinitionSet(
                shared.Wanted.Requests[request],
                [
                    .. merged[request].Where(m => m.AllUnits.Any()).Select(m => new TypeDefinition(places?.Build(m.File, m.Header, m.DieOffset)?.Graph ?? m.Graph, m.Root, m.UnitsInOrder()))
                        .OrderBy(d => d.Units[0].Index),
                ],
                declarations));
        }

        IEnumerable<LanguageCount> languages = workers.SelectMany(w => w._languages).GroupBy(l => l.Key, StringComparer.Ordinal)
            .Select(g => new LanguageCount(g.Key, g.Sum(l => l.Value))).OrderByDescending(l => l.UnitCount).ThenBy(l => l.Language, StringComparer.Ordinal);
        IEnumerable<string> versions = workers.SelectMany(w => w._versions).Distinct().Order().Select(v => v.ToString(CultureInfo.InvariantCulture));
        ImmutableArray<string> producers = [.. workers.SelectMany(w => w._producers).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        DebugInfoSummary facts = new(SourceKind.Dwarf, target(), "DWARF " + string.Join(", ", versions), [.. languages], producers)
        {
            Omission = producers.Select(ReducedUnits.OmissionOf).FirstOrDefault(o => o is not null),
        };
        return new Survey(sets.ToImmutable(), facts);
    }

    // In the order of their first units: the definition that is kept is the one of the lowest unit. A worker that failed may have one of no unit.
    private static List<Variant> Merge(IEnumerable<Variant> variants)
    {
        List<Variant> merged = [];
        foreach (Variant variant in variants.Where(v => v.FirstIndex != int.MaxValue).OrderBy(v => v.FirstIndex))
        {
            if (merged.Find(m => m.IsSameAs(variant.Graph, variant.Root)) is { } same)
            {
                same.AddAll(variant.Units);
                same.PartialUnits.AddRange(variant.PartialUnits);
                foreach ((ulong signature, DefiningUnit unit) in variant.TypeUnits)
                {
                    same.AddTypeUnit(signature, unit);
                }
            }
            else
            {
                merged.Add(variant);
            }
        }

        return merged;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scanner.Dispose();
        _supplementScanner?.Dispose();
    }

    private void Run()
    {
        int index = 0;
        try
        {
            while (_shared.TakeUnit(_scanner.Window, _supplementScanner?.Window, out index, out DwarfSections file) is { } unit)
            {
                Visit(index, file, unit);
            }
        }
        catch (Exception e)
        {
            // An exception on a thread of our own would end the process: it is thrown again where the caller can catch it.
            _failure = ExceptionDispatchInfo.Capture(e);
            _failedUnit = index;
            _shared.Fail();
        }
    }

    private void Visit(int index, DwarfSections file, in UnitHeader unit)
    {
        bool isSupplement = file == _shared.Sections.Supplement;
        DieScanner scanner = isSupplement ? _supplementScanner! : file == _shared.Sections ? _scanner : _splitScanners.Of(file);
        UnitRoot root = scanner.Open(unit);
        if (root.IsSkeleton)
        {
            if (_shared.IsOnTrust)
            {
                // What is remembered of split units outlasts this attempt.
                throw file.Info.Invalid(unit.Offset, "a skeleton unit may not be one");
            }

            VisitSplit(index, file, unit, root);
            return;
        }

        if (root.Tag == 0 || (isSupplement && !root.IsPartial))
        {
            return;
        }

        if (root.IsCompileUnit)
        {
            string language = DwarfLanguage.Describe(root.Language);
            _languages[language] = _languages.GetValueOrDefault(language) + 1;
        }

        bool isPartial = root.IsPartial;
        bool isC = DwarfLanguage.IsC(root.Language);
        if (!isC && (!isPartial || root.Language is not null))
        {
            RefuseIfOfNoKnownLanguage(scanner, _builder, _shared.Wanted.Requests, file, unit, root);
            return;
        }

        _versions.Add(unit.Version);
        string producer = root.IsCompileUnit ? Producer(file, root) : "";
        string? name = null;
        Array.Clear(_isDeclared);
        Array.Clear(_isDefined);
        while (scanner.Next(out ScanHit hit))
        {
            Variant? variant = null;
            ExceptionDispatchInfo? failure = null;
            try
            {
                variant = hit.IsDeclaration ? null : FindVariant(file, unit, hit);
            }
            catch (InvalidImageException e)
            {
                failure = ReducedUnits.Explains(e, producer) ? null : ExceptionDispatchInfo.Capture(e);
            }

            if (variant is null && failure is null)
            {
                // A typedef of a number, say, declares no struct. That of a declared struct names one that another unit may define.
                if (hit.Tag != DwTag.DW_TAG_typedef)
                {
                    _isDeclared[hit.Request] = true;
                }
                else if (_builder.TypedefOf is { } target)
                {
                    _typedefTargets[hit.Request].Add(target);
                }

                continue;
            }

            scanner.MarkFound(hit.Request);
            _isDefined[hit.Request] = true;
            DefiningUnit definingUnit = new(index, isPartial ? "" : name ??= root.DisplayName(file), producer);
            if (variant is not null && unit.IsTypeUnit && file.IsSplit)
            {
                variant.AddTypeUnit(unit.Signature, definingUnit);
            }
            else if (variant is not null)
            {
                variant.Add(definingUnit, isPartial);
            }
            else
            {
                // It may yet equal a definition that another worker has, as far as the layout goes: Join decides.
                _unread.Add(new Unread(file, unit, definingUnit, isPartial, hit, failure!));
            }
        }

        if (isPartial || scanner.Imports.Count > 0)
        {
            // Who defines and who declares is known when all units were seen.
            name ??= root.DisplayName(file);
            _findings.Add(new UnitFinding(file, unit, new DefiningUnit(index, name, producer), isPartial, isC, [.. scanner.Imports], [.. _isDefined], [.. _isDeclared]));
        }
        else if (root.IsCompileUnit)
        {
            for (int i = 0; i < _declarations.Length; i++)
            {
                _declarations[i] += _isDeclared[i] && !_isDefined[i] ? 1 : 0;
            }
        }
    }

    // Under the number of the skeleton, so that the order is that of the image; with the type units, of which each .dwo has its own.
    private void VisitSplit(int index, DwarfSections file, in UnitHeader skeleton, in UnitRoot root)
    {
        _hasSplits = true;
        using SplitUnit split = file.OpenSplit(skeleton, root);
        int findings = _findings.Count;
        foreach (UnitHeader unit in split.Units)
        {
            Visit(index, split.File, unit);
        }

        if (_findings.Count > findings || Array.Exists(_variants, variants => variants.Exists(v => v.File == split.File)))
        {
            split.Keep();
        }

        if (!split.File.IsKept)
        {
            _splitScanners.Forget(split.File);
        }
    }

    /// <summary>Asserts that a unit, whose language is not known to be C, does not define what is asked for: it is passed over only when it is certainly no C.</summary>
    /// <param name="scanner">A scanner that is on the unit.</param>
    /// <param name="builder">Tells definitions from declarations.</param>
    /// <param name="requests">What the scanner looks for.</param>
    /// <param name="file">The file that the unit is in.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="root">What its own DIE says.</param>
    /// <exception cref="InvalidImageException">It defines one, and its language is none that is known.</exception>
    public static void RefuseIfOfNoKnownLanguage(
        DieScanner scanner, DwarfGraphBuilder builder, IReadOnlyList<TypeName> requests, DwarfSections file, in UnitHeader unit, in UnitRoot root)
    {
        if (DwarfLanguage.IsOther(root.Language))
        {
            return;
        }

        while (scanner.Next(out ScanHit hit))
        {
            if (!hit.IsDeclaration && builder.Build(file, unit, hit.DieOffset) is not null)
            {
                throw file.Info.Invalid(
                    hit.DieOffset, $"{requests[hit.Request]} is defined in a unit ({root.DisplayName(file)}) of {DwarfLanguage.Describe(root.Language)}: whether it is C's cannot be told");
            }
        }
    }

    // The variant that a DIE defines, a new one when it is the first of its layout, null when it defines nothing.
    private Variant? FindVariant(DwarfSections file, in UnitHeader unit, ScanHit hit)
    {
        List<Variant> variants = _variants[hit.Request];
        // The matcher knows names by their offsets in one .debug_str.
        if (!_shared.IsSlow && file == _shared.Sections && Match(unit, hit, variants) is { } match)
        {
            return match;
        }

        if (_builder.Build(file, unit, hit.DieOffset) is not var (graph, type))
        {
            return null;
        }

        Variant? same = variants.Find(v => v.IsSameAs(graph, type));
        if (same is null)
        {
            same = new Variant(graph, type, [], file, unit, hit.DieOffset, _internedTypes);
            variants.Add(same);
            if (variants.Count > MostVariants + 1)
            {
                throw TooMany(_shared, _shared.Wanted.Requests[hit.Request]);
            }
        }

        return same;
    }

    private Variant? Match(in UnitHeader unit, ScanHit hit, List<Variant> variants)
    {
        _matcher.Open(unit);
        foreach (Variant variant in variants)
        {
            try
            {
                if (_matcher.Matches(hit.DieOffset, variant.Template))
                {
                    return variant;
                }
            }
            catch (InvalidImageException)
            {
                // Whether the damage is met depends on what it is compared with; the slow path says what it is.
            }
        }

        return null;
    }

    private static InvalidImageException TooMany(Shared shared, TypeName name)
        => shared.Sections.Info.Invalid(null, $"more than {MostVariants} definitions of {name} differ", "name the image of one kernel");

    // Once all workers are done: whether a definition that could not be read is certainly one of those.
    private Variant? FindMatch(Unread unread, List<Variant> variants)
    {
        if (_shared.IsSlow || unread.File != _shared.Sections)
        {
            return null;
        }

        _ = _scanner.Open(unread.Header);
        return Match(unread.Header, unread.Hit, variants);
    }

    // Equal producers stand at one offset of .debug_str; one is a thousand characters long.
    private string Producer(DwarfSections file, in UnitRoot root)
    {
        ulong? place = file == _shared.Sections ? root.StringOffset(root.Producer) : null;
        if (place is not { } offset)
        {
            string text = root.Text(file, root.Producer);
            _producers.Add(text);
            return text;
        }

        if (!_producersByOffset.TryGetValue(offset, out string? producer))
        {
            producer = root.Text(_shared.Sections, root.Producer);
            _producersByOffset.Add(offset, producer);
            _producers.Add(producer);
        }

        return producer;
    }

    /// <summary>What all workers read, and the one thing that they share by writing: which unit is next.</summary>
    /// <param name="sections">The file.</param>
    /// <param name="wanted">The names.</param>
    /// <param name="withPlaces">Whether to tell where the definitions are.</param>
    /// <param name="starts">Where the units seem to start (<see cref="DwarfSections.UnitOffsetHints"/>); null to go from one to the next.</param>
    internal sealed class Shared(DwarfSections sections, WantedNames wanted, bool withPlaces, ulong[]? starts = null)
    {
        private const int UnitsPerRelease = 256;
        private const ulong KeptBehind = 16 << 20;

        private int _taken = -1;
        private ulong _released;
        private bool _isVain;

        public DwarfSections Sections => sections;

        public WantedNames Wanted => wanted;

        /// <summary>The same names, where they stand in the supplementary file; null when there is none.</summary>
        public WantedNames? SupplementWanted { get; } = sections.Supplement is { } supplement ? new WantedNames(wanted.Requests, supplement) : null;

        /// <summary>The same names, where they stand in split files.</summary>
        public SplitScanners.Names SplitNames { get; } = new(wanted.Requests);

        public bool WithPlaces => withPlaces;

        /// <summary>
        /// Whether units are looked for where they seem to start. When any of the workers fails then, the others may have read what is no unit, and nothing
        /// that was found counts. When none does, each unit ended where the next was said to start, from the first to the last, so that they are the units.
        /// </summary>
        public bool IsOnTrust => starts is not null;

        /// <summary>Whether the matcher is left out.</summary>
        public bool IsSlow { get; init; } = FastPath.IsDisabled;

        /// <summary>The next unit that nobody has taken, those of the supplementary file and the type units of a package last. Finding it reads its header, which whoever takes it needs next.</summary>
        public UnitHeader? TakeUnit(SectionWindow window, SectionWindow? supplementWindow, out int number, out DwarfSections file)
        {
            file = sections;
            if (Volatile.Read(ref _isVain))
            {
                number = -1;
                return null;
            }

            number = Interlocked.Increment(ref _taken);
            UnitHeader? unit = starts is null ? sections.Units.At(number, window) : number < starts.Length ? AtStart(number, window) : null;
            if (number % UnitsPerRelease == 0 && unit is { } next)
            {
                ReleaseBehind(next.Offset);
            }

            if (unit is null)
            {
                int further = number - (starts?.Length ?? sections.Units.Count);
                if (sections.Supplement is { } supplement)
                {
                    file = supplement;
                    unit = supplement.Units.At(further, supplementWindow);
                    further -= unit is null ? supplement.Units.Count : 0;
                }

                if (unit is null && sections.Splits?.PackagedTypeUnit(further) is var (package, typeUnit))
                {
                    file = package;
                    unit = typeUnit;
                }
            }

            return unit;
        }

        /// <summary>Says that a worker failed: on trust, the others need not go on.</summary>
        public void Fail() => Volatile.Write(ref _isVain, IsOnTrust);

        private UnitHeader AtStart(int number, SectionWindow window)
        {
            ulong start = starts![number];
            window.SeekHead(start);
            UnitHeader unit = UnitHeader.Read(sections, window.View, start);
            sections.Units.Pass(unit.End);
            return unit.End == (number + 1 < starts.Length ? starts[number + 1] : sections.Info.Length) ? unit
                : throw sections.Info.Invalid(start, "the unit does not end where .debug_aranges says that the next one starts");
        }

        // A survey reads .debug_info once, from front to back: what lies far behind the units being read is let go of, so that the memory
        // in use does not grow with the file. The distance is far more than all workers together have open.
        private void ReleaseBehind(ulong offset)
        {
            ulong to = Math.Max(offset, KeptBehind) - KeptBehind;
            ulong from = Interlocked.Exchange(ref _released, to);
            sections.Info.Release(from, to);
        }
    }

    // A definition that is damaged or not understood, in its unit.
    private sealed record Unread(DwarfSections File, UnitHeader Header, DefiningUnit Unit, bool IsPartial, ScanHit Hit, ExceptionDispatchInfo Failure);

    /// <summary>One definition, and who says so.</summary>
    /// <param name="Graph">The graph that holds it.</param>
    /// <param name="Root">The struct or union in it.</param>
    /// <param name="Units">The units that count.</param>
    /// <param name="File">The file that the definition was built from.</param>
    /// <param name="Header">The unit that the definition was built from.</param>
    /// <param name="DieOffset">Where it is.</param>
    /// <param name="InternedTypes">The types of the worker's templates.</param>
    internal sealed record Variant(TypeGraph Graph, TypeId Root, List<DefiningUnit> Units, DwarfSections File, UnitHeader Header, ulong DieOffset, InternedTypes InternedTypes)
    {
        /// <summary>The indexes of the partial units that say so: those that import them count.</summary>
        public List<int> PartialUnits { get; } = [];

        /// <summary>The type units of split files that say so, by their signatures: each .dwo has its own, and a linker would have kept one.</summary>
        public Dictionary<ulong, DefiningUnit> TypeUnits { get; } = [];

        /// <summary>All units that count; those of one index in the order of their names.</summary>
        public IEnumerable<DefiningUnit> AllUnits => TypeUnits.Count == 0 ? Units : Units.Concat(TypeUnits.Values.OrderBy(u => u.Name, StringComparer.Ordinal));

        /// <summary>The same by rising index.</summary>
        public ImmutableArray<DefiningUnit> UnitsInOrder()
        {
            DefiningUnit[] units = [.. AllUnits];
            // Nearly always they are, and a kernel has thousands.
            bool isInOrder = true;
            for (int i = 1; i < units.Length; i++)
            {
                isInOrder &= units[i - 1].Index <= units[i].Index;
            }

            return ImmutableCollectionsMarshal.AsImmutableArray(isInOrder ? units : [.. units.OrderBy(u => u.Index)]);
        }

        /// <summary>Counts the units of another worker. Each worker's are in order, and stay so when they are merged.</summary>
        public void AddAll(List<DefiningUnit> others)
        {
            DefiningUnit[] mine = [.. Units];
            Units.Clear();
            Units.EnsureCapacity(mine.Length + others.Count);
            int at = 0;
            foreach (DefiningUnit unit in others)
            {
                for (; at < mine.Length && mine[at].Index <= unit.Index; at++)
                {
                    Units.Add(mine[at]);
                }

                Units.Add(unit);
            }

            Units.AddRange(mine.AsSpan(at));
        }

        /// <summary>The lowest index of a unit of any sort.</summary>
        public int FirstIndex => Math.Min(
            Math.Min(Units.Count > 0 ? Units[0].Index : int.MaxValue, PartialUnits.Count > 0 ? PartialUnits[0] : int.MaxValue),
            TypeUnits.Count > 0 ? TypeUnits.Values.Min(u => u.Index) : int.MaxValue);

        /// <summary>Counts a type unit, under the lowest of its indexes.</summary>
        public void AddTypeUnit(ulong signature, DefiningUnit unit)
        {
            if (!TypeUnits.TryGetValue(signature, out DefiningUnit known) || unit.Index < known.Index)
            {
                TypeUnits[signature] = unit;
            }
        }

        /// <summary>Counts a unit that says so.</summary>
        public void Add(DefiningUnit unit, bool isPartial)
        {
            if (isPartial)
            {
                PartialUnits.Add(unit.Index);
            }
            else
            {
                Units.Add(unit);
            }
        }

        /// <summary>The same, flat, for the worker that found it.</summary>
        public DefinitionTemplate Template { get; } = new(Graph, Root, InternedTypes);

        public bool IsSameAs(TypeGraph graph, TypeId root)
        {
            // What differs most often needs no comparison in depth.
            return (Graph[Root], graph[root]) is (AggregateType a, AggregateType b) && DefinitionEquality.MayBeSame(a, b)
                && DefinitionEquality.Same(Graph, Root, graph, root);
        }
    }
}
