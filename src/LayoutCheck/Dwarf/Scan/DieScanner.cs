using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// Walks the top-level DIEs of one unit after another and stops at those with a wanted name. Hot: it passes millions of DIEs where the decoder reads
/// hundreds. It is fast for three reasons. A step reads little: a DIE of fixed size is one addition, a struct's body one jump along DW_AT_sibling, a name
/// one integer comparison. A unit whose bytes cannot hold a wanted name is not walked (<see cref="WantedNames.MayOccurIn"/>). And the walk leaves a unit
/// once all names are found, since in C a tag has one definition per translation unit. <see cref="Decode.DieDecoder"/> is its specification; Micro in the
/// benchmarks measures it by itself. One scanner serves one thread.
/// </summary>
internal sealed unsafe class DieScanner : IDisposable
{
    // The header of a unit and its first types.
    private const int FirstFetch = 32 << 10;

    // The abbreviations of several units, which follow each other as the units do.
    private const int FirstAbbrevFetch = 64 << 10;

    // In place of a name: the null entry at the end of the unit's DIEs.
    private const int NullEntry = -2;

    private readonly DwarfSections _sections;
    private readonly DieStepper _stepper;
    private readonly SectionWindow _window;
    private readonly SectionWindow _abbrevWindow;
    private readonly Section _info;
    private readonly bool _swap;
    private readonly WantedNames _wanted;
    private readonly ulong _namingFlags;
    private readonly AbbrevTable _abbrevs;
    private readonly bool[] _isFound;
    private readonly Queue<ScanHit> _pending = new();
    private int _missing;
    private bool _isSearched;
    private bool _isOver;
    private UnitHeader _unit;
    private ulong _next;

    // The end of the loaded bytes of the unit after a slow step.
    private byte* _loaded;

    /// <param name="sections">The file to scan.</param>
    /// <param name="wanted">The names to stop at.</param>
    public DieScanner(DwarfSections sections, WantedNames wanted)
    {
        _sections = sections;
        _window = new SectionWindow(sections.Info, FirstFetch);
        _info = _window.View;
        _abbrevWindow = new SectionWindow(sections.Abbrev, FirstAbbrevFetch);
        _namingFlags = SkipPlan.NamesAggregate | (wanted.WantsTypedefs ? SkipPlan.NamesTypedef : 0);
        _swap = sections.Info.IsBigEndian == BitConverter.IsLittleEndian;
        _wanted = wanted;
        _abbrevs = new AbbrevTable(_abbrevWindow) { WantsEnums = wanted.WantsEnums };
        _stepper = new DieStepper(sections, _info, _abbrevs);
        _isFound = new bool[wanted.Requests.Length];
    }

    /// <summary>The abbreviations of the open unit.</summary>
    public AbbrevTable Abbrevs => _abbrevs;

    /// <summary>
    /// The units that the open one imports (DWARF 5 §3.2.5), as far as it was walked. If the walk ends before the unit does, all requests were found, and
    /// no import matters.
    /// </summary>
    public IReadOnlyList<UnitImport> Imports => _stepper.Imports;

    /// <summary>A view of .debug_info that shows the open unit.</summary>
    public Section Info => _info;

    /// <summary>The window behind <see cref="Info"/>.</summary>
    public SectionWindow Window => _window;

    /// <summary>Opens a unit: reads its root DIE, and stands before the DIEs below it.</summary>
    /// <exception cref="InvalidImageException">The root DIE or the abbreviations are damaged.</exception>
    public UnitRoot Open(in UnitHeader unit)
    {
        _unit = unit;
        _window.Seek(unit.Offset, unit.End);
        _abbrevs.Load(unit);
        Array.Clear(_isFound);
        _pending.Clear();
        _stepper.Open(unit);
        _missing = _isFound.Length;
        _isSearched = false;
        UnitRoot root = UnitRoot.Read(_sections, _info, _abbrevs, unit);
        _next = root.End;
        _isOver = !root.HasChildren;
        if (_isOver)
        {
            unit.RequireZeros(_info, root.End);
        }

        _stepper.SetStrOffsetsBase(root.StrOffsetsBase);
        return root;
    }

    /// <summary>Marks a request as answered for this unit.</summary>
    public void MarkFound(int request)
    {
        if (!_isFound[request])
        {
            _isFound[request] = true;
            _missing--;
        }
    }

    /// <summary>Goes to the next DIE with a wanted name; false at the end of the unit, or if all requests are answered.</summary>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or has an unknown form.</exception>
    public bool Next(out ScanHit hit)
    {
        if (_pending.Count == 0 && _missing > 0)
        {
            if (!_isSearched)
            {
                _isSearched = true;
                _isOver |= HasNoWantedName();
                HasWalked |= !_isOver;
            }

            if (!_isOver)
            {
                Walk();
            }
        }

        return _pending.TryDequeue(out hit);
    }

    /// <summary>Whether any unit so far was walked, because its bytes may hold a wanted name.</summary>
    public bool HasWalked { get; private set; }

    /// <summary>Whether the bytes of the open unit prove that no DIE in it, at any level, has a wanted name, and that it imports no unit.</summary>
    public bool HasNoWantedName() => _wanted.HasByteFilter && CanSkipUnit();

    private bool CanSkipUnit()
    {
        if (_stepper.Strings.StrOffsetsBase != DwarfSections.NoStrOffsetsBase || _unit.End - _next > int.MaxValue)
        {
            return false;
        }

        try
        {
            if (_abbrevs.MayNameOutsideUnit())
            {
                return false;
            }
        }
        catch (InvalidImageException)
        {
            // The walk reports the damage, if it reaches it.
            return false;
        }

        byte* end = _info.Start + _unit.End;
        return _info.Load(end) >= end && end[-1] == 0 && !ZeroRuns.AreIn(_info.Start + _next, end) && !_wanted.MayOccurIn(_info.Start + _next, end);
    }

    /// <summary>The DIEs below the root of the open unit, for a walk of another kind, and where they start; null if there are none.</summary>
    public (DieStepper Stepper, ulong From)? Children => _isOver ? null : (_stepper, _next);

    /// <summary>Whether the DIEs of the open unit may hold one of some words of four bytes, at any place. Reads the whole unit.</summary>
    public bool MayHold(WordFilter words)
    {
        byte* end = _info.Start + _unit.End;
        return !_isOver && (_info.Load(end) < end || words.MayOccurIn(_info.Start + _next, end));
    }

    /// <summary>Adds the names of all structs and unions that the open unit defines (<see cref="UnitNames"/>).</summary>
    public void CollectNames(HashSet<(DwTag Tag, ulong StringOffset)> inStr, HashSet<(DwTag Tag, string Name)> others)
    {
        if (!_isOver)
        {
            UnitNames.Collect(_stepper, _next, inStr, others);
        }
    }

    /// <summary>Adds the functions and variables at the top level of the open unit that have a wanted name (<see cref="UnitSymbols"/>).</summary>
    public void CollectSymbols(List<SymbolHit> hits)
    {
        if (!_isOver && !HasNoWantedName())
        {
            UnitSymbols.Collect(_stepper, _next, _wanted, hits);
        }
    }

    /// <summary>Adds the DIEs of the open unit with a wanted name at any level (<see cref="NestedTypes"/>).</summary>
    public void CollectNested(List<NestedHit> hits)
    {
        if (!_isOver && !HasNoWantedName())
        {
            NestedTypes.Collect(_stepper, _next, _wanted, hits);
        }
    }

    /// <summary>The bytes of the name of a DIE of the open unit; none if it has no name.</summary>
    /// <exception cref="InvalidImageException">The DIE is damaged, or no string is there.</exception>
    public ReadOnlySpan<byte> NameOf(ulong die)
    {
        SectionReader reader = _info.ReadRange(die, _unit.End);
        Abbrev abbrev = _abbrevs.Get(reader.ReadUleb(), _info, die);
        return abbrev.NameForm != 0 && _stepper.ReadName(ref reader, abbrev) is var (form, value, at) ? _stepper.Strings.Bytes(form, value, at) : [];
    }

    /// <summary>
    /// One step of the walk, from any DIE of the unit: its wanted name (-1 if none), and the offset behind all of its children. The walk is made of these
    /// steps, so that a test can compare them with the decoder's, DIE by DIE.
    /// </summary>
    internal (DwTag Tag, int Name, ulong Next) StepFrom(ulong dieOffset)
    {
        byte* at = _info.Start + dieOffset;
        byte* end = _info.Start + _unit.End;
        byte* loaded = Load(at, end);
        SkipPlan plan = PlanAt(at, loaded, ref SkipPlans);
        byte* next = FixedNext(at + 1, loaded, plan);
        int name = next != null ? FixedName(at + 1, plan) : -1;
        next = next != null ? next : StepSlow(at, end, out name);
        return (name == NullEntry ? 0 : AbbrevAt(dieOffset).Tag, Math.Max(name, -1), (ulong)(next - _info.Start));
    }

    // Walks to the next hit, and leaves the place to resume from in _next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Walk()
    {
        byte* start = _info.Start;
        byte* end = start + _unit.End;
        byte* at = start + _next;
        byte* loaded = Load(at, end);
        ref SkipPlan plans = ref SkipPlans;
        while (true)
        {
            if (at >= end)
            {
                throw _stepper.MissingNullEntry();
            }

            int name;
            SkipPlan plan = PlanAt(at, loaded, ref plans);
            byte* next = FixedNext(at + 1, loaded, plan);
            if (next != null)
            {
                name = FixedName(at + 1, plan);
            }
            else
            {
                next = StepSlow(at, end, out int slowName);
                name = slowName;
                loaded = _loaded;
                plans = ref SkipPlans;
            }

            if (name == -1)
            {
                at = next;
                continue;
            }

            if (name == NullEntry)
            {
                _unit.RequireZeros(_info, (ulong)(next - start));
                _isOver = true;
                break;
            }

            ulong die = (ulong)(at - start);
            at = next;
            if (QueueHits(die, name))
            {
                break;
            }
        }

        _next = (ulong)(at - start);
    }

    private ref SkipPlan SkipPlans => ref MemoryMarshal.GetReference(_abbrevs.SkipPlans);

    private byte* Load(byte* at, byte* end)
    {
        byte* loaded = at < end ? _info.Load(at + 1) : end;
        return loaded < end ? loaded : end;
    }

    // The skip plan of a DIE, 0 if its code takes more than one byte or is not loaded.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SkipPlan PlanAt(byte* at, byte* loaded, ref SkipPlan plans) => at < loaded && *at < 0x80 ? Unsafe.Add(ref plans, *at) : default;

    // The address behind a DIE of fixed size and all of its children: branch-free except for one bounds check. Null for other DIEs, and for damage.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* FixedNext(byte* attributes, byte* loaded, SkipPlan plan)
    {
        byte* behind = attributes + plan.Size;
        // Four bytes more must be loaded behind the attributes: name and sibling are read even if the DIE has none.
        if ((plan.Bits & SkipPlan.IsFixedSize) == 0 || loaded - behind < 4)
        {
            return null;
        }

        nint hasSibling = -(nint)((plan.Bits / SkipPlan.HasSibling) & 1);
        nint sibling = (nint)(_info.Start + _unit.Offset) + (nint)LoadU32(attributes + plan.SiblingOffset);
        byte* to = (byte*)(((nint)behind & ~hasSibling) | (sibling & hasSibling));
        // Only forwards, so that the walk ends. The byte before a sibling is the null entry that ends the children.
        return (nuint)(to - behind) <= (nuint)(loaded - behind) && (to[-1] & hasSibling) == 0 ? to : null;
    }

    // The wanted name of such a DIE, -1 if it has none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FixedName(byte* attributes, SkipPlan plan)
    {
        uint place = LoadU32(attributes + plan.NameOrBlockOffset);
        return _wanted.MayMatchOffset(place) && (plan.Bits & _namingFlags) != 0 ? _wanted.NameAtOffset(place) : -1;
    }

    // Slow path of FixedNext. Also reached for the first use of an abbreviation code and at the end of the loaded bytes, where the DIE itself is usually of
    // fixed size.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private byte* StepSlow(byte* at, byte* end, out int name)
    {
        ulong die = (ulong)(at - _info.Start);
        SectionReader reader = _info.ReadRange(die, _unit.End);
        ulong code = reader.ReadUleb();
        if (code == 0)
        {
            name = NullEntry;
            return LoadAt(reader, end);
        }

        ReadOnlySpan<SkipPlan> plans = _abbrevs.SkipPlans;
        SkipPlan plan = code < (ulong)plans.Length ? plans[(int)code] : default;
        plan = plan.Bits != 0 ? plan : _abbrevs.FindSkipPlan(code, _info, die);
        if ((plan.Bits & SkipPlan.IsFixedSize) != 0)
        {
            reader.EnsureLoaded(plan.Size + 4);
            _loaded = Load(at, end);
            byte* attributes = _info.Start + reader.Offset;
            byte* next = FixedNext(attributes, _loaded, plan);
            if (next != null)
            {
                name = FixedName(attributes, plan);
                return next;
            }
        }
        else if ((plan.Bits & (SkipPlan.HasBlock | SkipPlan.HasString)) != 0)
        {
            name = StepVariable(ref reader, plan, die);
            return LoadAt(reader, end);
        }

        Abbrev abbrev = _abbrevs.Get(code, _info, die);
        name = -1;
        if (abbrev.NameForm != 0
            && (abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type || (_wanted.WantsTypedefs && abbrev.Tag == DwTag.DW_TAG_typedef)
                || (_wanted.WantsEnums && abbrev.Tag == DwTag.DW_TAG_enumeration_type)))
        {
            ulong first = reader.Offset;
            name = _wanted.NameOf(_stepper.Strings, _stepper.ReadName(ref reader, abbrev));
            reader.Seek(first);
        }

        _stepper.StepOver(ref reader, abbrev, die);
        return LoadAt(reader, end);
    }

    private byte* LoadAt(in SectionReader reader, byte* end)
    {
        byte* at = _info.Start + reader.Offset;
        _loaded = Load(at, end);
        return at;
    }

    // A DIE with one block or string, from its first attribute on: functions, variables, and DIEs with a short name.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int StepVariable(ref SectionReader reader, SkipPlan plan, ulong die)
    {
        int name = -1;
        ulong attributes = reader.Offset;
        reader.Skip(plan.NameOrBlockOffset);
        ulong from = reader.Offset;
        if ((plan.Bits & SkipPlan.HasBlock) != 0)
        {
            reader.Skip(reader.ReadUleb());
        }
        else
        {
            ReadOnlySpan<byte> text = reader.ReadString();
            name = (plan.Bits & _namingFlags) != 0 ? _wanted.NameOfBytes(text) : -1;
        }

        ulong variable = reader.Offset - from;
        reader.Skip(plan.Size - plan.NameOrBlockOffset);
        if ((plan.Bits & SkipPlan.HasSibling) != 0)
        {
            ulong behind = reader.Offset;
            reader.Seek(attributes + variable + plan.SiblingOffset);
            ulong sibling = _unit.Offset + reader.ReadU32();
            reader.Seek(behind);
            _stepper.SeekSibling(ref reader, die, sibling);
        }

        return name;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint LoadU32(byte* at)
    {
        uint value = Unsafe.ReadUnaligned<uint>(at);
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    private Abbrev AbbrevAt(ulong die)
    {
        SectionReader reader = _info.ReadRange(die, _unit.End);
        return _abbrevs.Get(reader.ReadUleb(), _info, die);
    }

    private bool QueueHits(ulong die, int name)
    {
        Abbrev abbrev = AbbrevAt(die);
        ScanHit hit = new(name, die, abbrev.Tag, abbrev.DeclarationForm, abbrev.HasChildren);
        foreach (int request in _wanted.RequestsByName[name])
        {
            if (_wanted.MatchesKind(hit.Tag, request) && !_isFound[request])
            {
                _pending.Enqueue(hit with { Request = request });
            }
        }

        return _pending.Count > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _window.Dispose();
        _abbrevWindow.Dispose();
    }
}
