using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>
/// The abbreviations of one unit, by code. Hot: each unit of a kernel has a table of its own, so that this is reloaded 2,500 times a run. It is fast
/// because it reads no further than the requested codes, and because each distinct declaration is parsed once: of 370,000 in a kernel only 9,000
/// differ, and <see cref="AbbrevCache"/> recognises them by their bytes, which is faster than parsing.
/// </summary>
internal sealed unsafe class AbbrevTable
{
    // Compilers number from 1 without gaps. A larger code is legal and goes to the dictionary.
    private const int LargestDenseCode = 1 << 14;

    // Codes in the dictionary are charged to the file's budget in batches; the size of one in bytes includes the growth of the dictionary.
    private const int SparseAtOnce = 1 << 10;
    private const ulong SparseSize = 160;

    // Bounds on the bytes read of all tables: an absolute one, and a multiple of the section. Tables of different units may overlap or alternate, so that
    // each of thousands of units of a small file could read nearly the whole section. A kernel's section is read two or three times.
    private const ulong MostRead = 64UL << 20;
    private const ulong MostTimesRead = 64;

    private readonly SectionWindow? _window;
    private readonly Section _section;
    private readonly AbbrevCache _cache = new();
    private readonly bool _usesCache;
    private readonly bool _usesPlans;
    private Place[] _places = new Place[512];
    private Abbrev?[] _dense = new Abbrev?[512];
    private SkipPlan[] _plans = new SkipPlan[512];
    private Dictionary<ulong, Place>? _sparse;
    private ulong _next;
    private int _denseCount;
    private bool _isWhole;
    private bool _isLoaded;
    private uint _kind;
    private ulong _read;
    private ulong _allFlags;
    private (ulong Code, ulong At)? _duplicate;
    private UnitHeader _unit;

    /// <summary>Reads tables in the section itself.</summary>
    public AbbrevTable(Section section)
    {
        _section = section;
        _usesCache = !section.File.Inputs.Disabled.HasFlag(FastPaths.AbbrevCache);
        _usesPlans = !section.File.Inputs.Disabled.HasFlag(FastPaths.SkipPlan);
    }

    /// <summary>Reads tables through a window: for the tables of many units in file order.</summary>
    public AbbrevTable(SectionWindow window)
        : this(window.View) => _window = window;

    /// <summary>Whether the skip plans of enumerations tell their names too: only where one is wanted, as it costs time in every unit.</summary>
    public bool WantsEnums { get; init; }

    /// <summary>Moves to the table of another unit.</summary>
    /// <exception cref="InvalidImageException">The table lies outside of the section, or the tables read so far exceed the bound.</exception>
    public void Load(in UnitHeader unit)
    {
        if (unit.AbbrevOffset >= _section.Length)
        {
            throw _section.Invalid(
                unit.AbbrevOffset, $"the abbreviations of the unit at 0x{unit.Offset:x} start outside of the section (0x{_section.Length:x} bytes)");
        }

        uint kind = KindOf(unit);
        if (_isLoaded && unit.AbbrevOffset == _unit.AbbrevOffset && kind == _kind)
        {
            // Units with one table share the work; else a small file could cost many units times one large table.
            _unit = unit;
            return;
        }

        if (_read > MostRead + (MostTimesRead * _section.Length))
        {
            throw _section.Invalid(
                unit.AbbrevOffset,
                $"the units up to that at 0x{unit.Offset:x} have their abbreviations in tables that overlap or take turns: "
                    + $"0x{_read:x} bytes were read of a section of 0x{_section.Length:x}",
                "the file is damaged, or made to take time: build it again");
        }

        // Clearing takes time, too.
        _read += (ulong)_denseCount;
        Array.Clear(_dense, 0, _denseCount);
        Array.Clear(_places, 0, _denseCount);
        Array.Clear(_plans, 0, _denseCount);
        _sparse = null;
        _denseCount = 0;
        _window?.SeekUnbounded(unit.AbbrevOffset);
        _next = unit.AbbrevOffset;
        _isWhole = false;
        _allFlags = 0;
        _duplicate = null;
        _isLoaded = true;
        _kind = kind;
        _unit = unit;
    }

    /// <summary>The skip plans by code; no bits for a code that is not read yet or has none. Valid until <see cref="FindSkipPlan"/> or Load.</summary>
    public ReadOnlySpan<SkipPlan> SkipPlans => _plans;

    /// <summary>The skip plan of a code that <see cref="SkipPlans"/> has no bits for.</summary>
    /// <param name="code">The code, not 0.</param>
    /// <param name="info">The section of the DIE, for the error.</param>
    /// <param name="die">The offset of the DIE.</param>
    /// <exception cref="InvalidImageException">The table has no such code, or is damaged before it.</exception>
    public SkipPlan FindSkipPlan(ulong code, Section info, ulong die)
    {
        Place place = default;
        FindPlace(code, info, die, ref place);
        return code <= LargestDenseCode ? _plans[code] : new SkipPlan(SkipPlan.NeedsSlowPath);
    }

    /// <summary>Whether any declaration has the flag <see cref="SkipPlan.MayNameOutsideUnit"/>. Reads the whole table.</summary>
    /// <exception cref="InvalidImageException">The table is damaged.</exception>
    public bool MayNameOutsideUnit()
    {
        if (!_isWhole)
        {
            PassUpTo(0);
        }

        return (_allFlags & SkipPlan.MayNameOutsideUnit) != 0;
    }

    /// <summary>
    /// Asserts that each code has one declaration (DWARF 5 §7.5.3): of two, one is damaged, and the other may be the wrong one. Reads the whole table; the
    /// scanner skips this check, the graph builder makes it.
    /// </summary>
    /// <exception cref="InvalidImageException">A code has two, or the table is damaged.</exception>
    public void RequireOneOfEach()
    {
        if (!_isWhole)
        {
            PassUpTo(0);
        }

        if (_duplicate is var (code, at))
        {
            throw _section.Invalid(at, $"there are two abbreviations of code {code} in the table at 0x{_unit.AbbrevOffset:x}");
        }
    }

    /// <summary>The declaration of a code.</summary>
    /// <param name="code">The code, not 0.</param>
    /// <param name="info">The section of the DIE, for the error.</param>
    /// <param name="die">The offset of the DIE.</param>
    /// <exception cref="InvalidImageException">The table has no such code, or is damaged before it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Abbrev Get(ulong code, Section info, ulong die)
    {
        Abbrev?[] dense = _dense;
        return code < (ulong)dense.Length && dense[code] is { } abbrev ? abbrev : Find(code, info, die);
    }

    private Abbrev Find(ulong code, Section info, ulong die)
    {
        Place place = default;
        FindPlace(code, info, die, ref place);
        Abbrev abbrev = _cache.AbbrevOf(place.Id) ?? Abbrev.Decode(_section.ReadRange(place.Start, place.Start + place.Length), _section, _unit);
        _cache.Keep(place.Id, abbrev);
        if (code <= LargestDenseCode)
        {
            _dense[code] = abbrev;
        }

        return abbrev;
    }

    private void FindPlace(ulong code, Section info, ulong die, ref Place place)
    {
        while (!TryGetPlace(code, ref place))
        {
            if (_isWhole)
            {
                throw info.Invalid(die, $"abbreviation code {code} is not in the table at .debug_abbrev+0x{_unit.AbbrevOffset:x}");
            }

            PassUpTo(code);
        }
    }

    private bool TryGetPlace(ulong code, ref Place place)
    {
        if (code <= LargestDenseCode)
        {
            place = code < (ulong)_places.Length ? _places[code] : default;
            return place.Length != 0;
        }

        return _sparse is not null && _sparse.TryGetValue(code, out place);
    }

    // Reads places and skip plans of declarations, up to a code; up to the end of the table if the code is 0.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PassUpTo(ulong wanted)
    {
        SectionReader reader = _section.ReadFrom(_next);
        reader.EnsureLoaded(SkipPlanBuilder.LargestDeclaration);
        while (!PassKnown(ref reader, wanted))
        {
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                _isWhole = true;
                return;
            }

            reader.EnsureLoaded(SkipPlanBuilder.LargestDeclaration);
            ulong from = reader.Offset;
            byte* bytes = _section.Start + from;
            AbbrevCache.Key key = _usesCache && _section.LoadedEnd - bytes >= AbbrevCache.LongestKey ? AbbrevCache.KeyOf(bytes, _kind) : default;
            SkipPlan plan = default;
            int id = key.Length != 0 ? _cache.Find(key, out plan) : AbbrevCache.NotCached;
            if (id >= 0)
            {
                reader.Skip(key.Length);
            }
            else
            {
                plan = SkipPlanBuilder.Parse(ref reader, _section, _unit, WantsEnums);
                plan = _usesPlans ? plan : plan.OnSlowPath;
                id = reader.Offset - from == key.Length ? _cache.Add(key, plan) : AbbrevCache.NotCached;
            }

            Add(code, new Place(from, (uint)(reader.Offset - from), id), plan);
            if (code == wanted)
            {
                break;
            }
        }

        _read += reader.Offset - _next;
        _next = reader.Offset;
    }

    // The same for a run of ordinary declarations that the cache has, which are all but a few percent. True if the wanted code was passed; else the reader
    // is at the code of a declaration that is not cached, or unusual, or at the end of the table.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool PassKnown(ref SectionReader reader, ulong wanted)
    {
        if (!_usesCache)
        {
            return false;
        }

        byte* start = _section.Start;
        byte* at = start + reader.Offset;
        byte* last = _section.LoadedEnd - AbbrevCache.LongestKey - 2;
        Span<Place> places = _places;
        Span<SkipPlan> plans = _plans;
        ulong all = _allFlags;
        int highest = _denseCount - 1;
        bool isPassed = false;
        while (!isPassed && at <= last)
        {
            int code = *at;
            byte* bytes = at + 1;
            if (code >= 0x80)
            {
                if (*bytes >= 0x80)
                {
                    break;
                }

                code = (code & 0x7f) | (*bytes++ << 7);
            }

            if (code == 0 || code >= plans.Length || code >= places.Length || places[code].Length != 0)
            {
                break;
            }

            AbbrevCache.Key key = AbbrevCache.KeyOf(bytes, _kind);
            if (key.Length == 0 || _cache.Find(key, out SkipPlan plan) is not (>= 0 and int id))
            {
                break;
            }

            places[code] = new Place((ulong)(bytes - start), key.Length, id);
            plans[code] = plan;
            all |= plan.Bits;
            highest = Math.Max(highest, code);
            isPassed = (ulong)code == wanted;
            at = bytes + key.Length;
        }

        _allFlags = all;
        _denseCount = highest + 1;
        reader.Seek((ulong)(at - start));
        return isPassed;
    }

    // On duplicate codes the first declaration wins; RequireOneOfEach reports the duplicate.
    private void Add(ulong code, Place place, SkipPlan plan)
    {
        _allFlags |= plan.Bits;
        if (code > LargestDenseCode)
        {
            if (!(_sparse ??= []).TryAdd(code, place))
            {
                _duplicate ??= (code, place.Start);
            }
            else if (_sparse.Count % SparseAtOnce == 0)
            {
                _section.File.Budget.Take(_section, SparseAtOnce * SparseSize);
            }

            return;
        }

        int index = (int)code;
        if (index >= _places.Length)
        {
            int length = Math.Max(index + 1, _places.Length * 2);
            Array.Resize(ref _places, length);
            Array.Resize(ref _dense, length);
            Array.Resize(ref _plans, length);
        }

        if (_places[index].Length == 0)
        {
            _places[index] = place;
            _plans[index] = plan;
        }
        else
        {
            _duplicate ??= (code, place.Start);
        }

        _denseCount = Math.Max(_denseCount, index + 1);
    }

    // The properties of a unit that the sizes of forms depend on.
    private static uint KindOf(in UnitHeader unit) => ((uint)unit.Version << 8) | ((uint)unit.AddressSize << 4) | (uint)unit.OffsetSize;

    /// <summary>A declaration without its code, at least three bytes long.</summary>
    /// <param name="Start">Bytes from the start of .debug_abbrev.</param>
    /// <param name="Length">Its length in bytes.</param>
    /// <param name="Id">Its id in <see cref="AbbrevCache"/>.</param>
    private readonly record struct Place(ulong Start, uint Length, int Id);
}
