using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>A definition or declaration that a scan met.</summary>
/// <param name="Request">Which of the wanted names it answers.</param>
/// <param name="DieOffset">Where it is, in bytes from the start of .debug_info.</param>
/// <param name="Tag">DW_TAG_structure_type, DW_TAG_union_type or DW_TAG_typedef.</param>
/// <param name="DeclarationForm">The form of DW_AT_declaration; 0 when it has none.</param>
/// <param name="HasChildren">Whether anything is below it.</param>
internal readonly record struct ScanHit(int Request, ulong DieOffset, DwTag Tag, DwForm DeclarationForm = 0, bool HasChildren = false)
{
    /// <summary>Whether it is certainly no definition. With DW_FORM_flag, whose value is not looked at here, or with members it may yet have been one.</summary>
    public bool IsDeclaration => DeclarationForm == DwForm.DW_FORM_flag_present && !HasChildren;
}

/// <summary>A DIE with a wanted name, at any level.</summary>
/// <param name="DieOffset">Where it is, in bytes from the start of .debug_info.</param>
/// <param name="Tag">DW_TAG_structure_type, DW_TAG_union_type or DW_TAG_typedef.</param>
/// <param name="Function">Where the function is that it is declared in (DW_TAG_subprogram); 0 when it is in none.</param>
/// <param name="IsNested">Whether it is below the top level.</param>
internal readonly record struct NestedHit(ulong DieOffset, DwTag Tag, ulong Function, bool IsNested);

/// <summary>
/// Walks the top-level DIEs of one unit after another and stops at those with a wanted name. Hot: it meets millions of DIEs where the
/// decoder meets hundreds. It is fast because it reads nothing but what leads on: a fixed-size DIE is one addition, a struct's body is one
/// jump along DW_AT_sibling, a name is one integer compared; because a unit whose bytes cannot name what is wanted is not walked
/// (<see cref="WantedNames.MayOccurIn"/>); and because it leaves a unit as soon as all names were found, which C
/// allows, as a tag has one definition a translation unit. <see cref="DieDecoder"/> is its specification. Measured by itself in the benchmarks (Micro).
/// One scanner serves one thread.
/// </summary>
internal sealed unsafe class DieScanner : IDisposable
{
    // A unit's header and its first types.
    private const int FirstFetch = 32 << 10;

    // Several units' abbreviations: those of units that follow each other do too.
    private const int FirstAbbrevFetch = 64 << 10;

    // Bytes that were never written read as zeros: a unit with so many, or somewhat more, is not searched.
    private const int SmallestHole = 1 << 10;

    // The memory of one name of the list of all defined names, in bytes: the name itself, and sets that grow.
    private const ulong NameSize = 320;

    // What a step finds in place of a name at the end of the unit's DIEs.
    private const int NullEntry = -2;

    private readonly DwarfSections _sections;
    private readonly SectionWindow _window;
    private readonly SectionWindow _abbrevWindow;
    private readonly Section _info;
    private readonly bool _swap;
    private readonly WantedNames _wanted;
    private readonly ulong _namedSteps;
    private readonly AbbrevTable _abbrevs;
    private readonly bool[] _isFound;
    private readonly Queue<ScanHit> _pending = new();
    private readonly List<UnitImport> _imports = [];
    private int _missing;
    private bool _isSearched;
    private bool _isOver;
    private UnitHeader _unit;
    private ulong _next;
    private ulong _strOffsetsBase;

    // Up to where the unit's bytes are at hand after a slow step.
    private byte* _ready;

    /// <param name="sections">What is scanned.</param>
    /// <param name="wanted">The names to stop at.</param>
    public DieScanner(DwarfSections sections, WantedNames wanted)
    {
        _sections = sections;
        _window = new SectionWindow(sections.Info, FirstFetch);
        _info = _window.View;
        _abbrevWindow = new SectionWindow(sections.Abbrev, FirstAbbrevFetch);
        _namedSteps = SkipPlan.NamesAggregate | (wanted.WantsTypedefs ? SkipPlan.NamesTypedef : 0);
        _swap = sections.Info.IsBigEndian == BitConverter.IsLittleEndian;
        _wanted = wanted;
        _abbrevs = new AbbrevTable(_abbrevWindow);
        _isFound = new bool[wanted.Requests.Length];
    }

    /// <summary>The abbreviations of the unit that is open.</summary>
    public AbbrevTable Abbrevs => _abbrevs;

    /// <summary>
    /// The units that the open one imports (DWARF 5 §3.2.5), as far as the walk has come. When the walk ends before
    /// the unit does, all requests were found, and nothing is to be looked for elsewhere.
    /// </summary>
    public IReadOnlyList<UnitImport> Imports => _imports;

    /// <summary>.debug_info, of which the unit that is open can be read.</summary>
    public Section Info => _info;

    /// <summary>What shows it.</summary>
    public SectionWindow Window => _window;

    /// <summary>Turns to a unit: reads its own DIE, and is ready to walk what is below it.</summary>
    public UnitRoot Open(in UnitHeader unit)
    {
        _unit = unit;
        _window.Seek(unit.Offset, unit.End);
        _abbrevs.Load(unit);
        Array.Clear(_isFound);
        _pending.Clear();
        _imports.Clear();
        _missing = _isFound.Length;
        _isSearched = false;
        UnitRoot root = UnitRoot.Read(_sections, _info, _abbrevs, unit);
        _next = root.End;
        _isOver = !root.HasChildren;
        if (_isOver)
        {
            unit.RequireZeros(_info, root.End);
        }

        _strOffsetsBase = root.StrOffsetsBase;
        return root;
    }

    /// <summary>A request of this unit needs no further answer.</summary>
    public void MarkFound(int request)
    {
        if (!_isFound[request])
        {
            _isFound[request] = true;
            _missing--;
        }
    }

    /// <summary>Goes on to the next DIE that has a wanted name; false at the end of the unit, or when all requests are found.</summary>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged or uses what is not known.</exception>
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

    /// <summary>Whether any of the units so far had to be walked, since its bytes may hold a wanted name.</summary>
    public bool HasWalked { get; private set; }

    /// <summary>Whether the bytes of the open unit show that no DIE in it, at any level, has a wanted name, and that it imports no other unit.</summary>
    public bool HasNoWantedName() => _wanted.HasByteFilter && CanSkipUnit();

    private bool CanSkipUnit()
    {
        if (_strOffsetsBase != UnitRoot.NoBase || _unit.End - _next > int.MaxValue)
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
            // Whether the walk comes to the damage is for the walk to tell.
            return false;
        }

        byte* end = _info.Start + _unit.End;
        return _info.Load(end) >= end && end[-1] == 0 && !HasZeroRun(_info.Start + _next, end) && !_wanted.MayOccurIn(_info.Start + _next, end);
    }

    // Of a file that was only half written, what is missing must not pass for a unit that has nothing to say: the walk refuses it.
    private static bool HasZeroRun(byte* at, byte* end)
    {
        const int Sampled = 16;
        for (; end - at >= Sampled; at += SmallestHole / 2)
        {
            if (Vector128.Load(at) == Vector128<byte>.Zero)
            {
                ReadOnlySpan<byte> rest = new(at, (int)Math.Min(end - at, SmallestHole / 2));
                if (!rest.ContainsAnyExcept((byte)0))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Adds the names of all structs and unions that the unit defines, by tag: walks it to its end.</summary>
    public void CollectNames(HashSet<(DwTag Tag, ulong StringOffset)> inSection, HashSet<(DwTag Tag, string Name)> inPlace)
    {
        Section info = _info;
        SectionReader reader = info.ReadRange(_next, _unit.End);
        while (!_isOver)
        {
            if (reader.IsAtEnd)
            {
                throw MissingNullEntry();
            }

            ulong die = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                _unit.RequireZeros(info, reader.Offset);
                break;
            }

            Abbrev abbrev = _abbrevs.Get(code, info, die);
            ulong attributes = reader.Offset;
            if (abbrev.NameForm != 0 && abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type && !IsDeclaration(reader, abbrev))
            {
                DwForm form = SeekName(ref reader, abbrev);
                if (IsElsewhere(form))
                {
                    ReadOnlySpan<byte> name = StringBytes(ref reader, form);
                    if (name.Length <= TypeGraphBuilder.LongestName && inPlace.Add((abbrev.Tag, Encoding.UTF8.GetString(name))))
                    {
                        CountName(inPlace.Count);
                    }
                }
                else if (inSection.Add((abbrev.Tag, StringOffset(ref reader, form))))
                {
                    CountName(inSection.Count);
                }

                reader.Seek(attributes);
            }

            StepOver(ref reader, abbrev, die);
        }

        // Names are taken from the file's budget many at once.
        void CountName(int count)
        {
            const int NamesAtOnce = 1 << 10;
            if (count % NamesAtOnce == 0)
            {
                info.File.Budget.Take(info, NamesAtOnce * NameSize);
            }
        }
    }

    /// <summary>Adds the DIEs of the open unit that have a wanted name, at any level, with the functions that they are in: walks all that is in it.</summary>
    public void CollectNested(List<NestedHit> hits)
    {
        if (HasNoWantedName())
        {
            return;
        }

        SectionReader reader = _info.ReadRange(_next, _unit.End);
        // The innermost function around each open level, 0 where there is none.
        Stack<ulong> functions = new();
        while (!_isOver)
        {
            if (reader.IsAtEnd)
            {
                throw MissingNullEntry();
            }

            ulong die = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                _isOver = !functions.TryPop(out _);
                continue;
            }

            Abbrev abbrev = _abbrevs.Get(code, _info, die);
            ulong attributes = reader.Offset;
            _ = functions.TryPeek(out ulong function);
            if (abbrev.NameForm != 0 && abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_typedef)
            {
                int name = NameOf(ref reader, abbrev);
                reader.Seek(attributes);
                if (name >= 0 && _wanted.RequestsByName[name].Any(request => Answers(abbrev.Tag, request)))
                {
                    hits.Add(new NestedHit(die, abbrev.Tag, function, functions.Count > 0));
                }
            }

            SkipAttributes(ref reader, abbrev);
            if (abbrev.HasChildren)
            {
                functions.Push(abbrev.Tag == DwTag.DW_TAG_subprogram ? die : function);
            }
        }
    }

    /// <summary>
    /// One step of the walk, from any DIE of the unit: which of the wanted names it has (-1: none), and where the DIE after it and all of its
    /// children is. The walk is made of these steps, so that a test can set them beside what <see cref="DieDecoder"/> says, DIE by DIE.
    /// </summary>
    internal (DwTag Tag, int Name, ulong Next) StepFrom(ulong dieOffset)
    {
        byte* at = _info.Start + dieOffset;
        byte* end = _info.Start + _unit.End;
        byte* ready = Fetch(at, end);
        SkipPlan step = StepAt(at, ready, ref SkipPlans);
        byte* next = ShortNext(at + 1, ready, step);
        int name = next != null ? ShortName(at + 1, step) : -1;
        next = next != null ? next : StepSlow(at, end, out name);
        return (name == NullEntry ? 0 : AbbrevAt(dieOffset).Tag, Math.Max(name, -1), (ulong)(next - _info.Start));
    }

    // Walks until something was found, and leaves the place to go on from in _next.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Walk()
    {
        byte* start = _info.Start;
        byte* end = start + _unit.End;
        byte* at = start + _next;
        byte* ready = Fetch(at, end);
        ref SkipPlan steps = ref SkipPlans;
        while (true)
        {
            if (at >= end)
            {
                throw MissingNullEntry();
            }

            int name;
            SkipPlan step = StepAt(at, ready, ref steps);
            byte* next = ShortNext(at + 1, ready, step);
            if (next != null)
            {
                name = ShortName(at + 1, step);
            }
            else
            {
                next = StepSlow(at, end, out int slowName);
                name = slowName;
                ready = _ready;
                steps = ref SkipPlans;
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

    private byte* Fetch(byte* at, byte* end)
    {
        byte* ready = at < end ? _info.Load(at + 1) : end;
        return ready < end ? ready : end;
    }

    // How to step over a DIE, 0 when that takes a look at more than its first byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SkipPlan StepAt(byte* at, byte* ready, ref SkipPlan steps) => at < ready && *at < 0x80 ? Unsafe.Add(ref steps, *at) : default;

    // Where the DIE after this one and all of its children is. What is common is done here, with one check of the bounds and nothing to guess
    // about the kind of DIE; null when it is not common, or an error.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* ShortNext(byte* attributes, byte* ready, SkipPlan step)
    {
        byte* behind = attributes + step.Size;
        // Behind the attributes there must be four bytes more: those that have no name or no sibling are looked at like those that do.
        if ((step.Bits & SkipPlan.IsFixedSize) == 0 || ready - behind < 4)
        {
            return null;
        }

        nint hasSibling = -(nint)((step.Bits / SkipPlan.HasSibling) & 1);
        nint sibling = (nint)(_info.Start + _unit.Offset) + (nint)LoadU32(attributes + step.SiblingAt);
        byte* to = (byte*)(((nint)behind & ~hasSibling) | (sibling & hasSibling));
        // Backwards would be a circle; forwards only, the walk always ends. What is before a sibling is the null entry that ends the children.
        return (nuint)(to - behind) <= (nuint)(ready - behind) && (to[-1] & hasSibling) == 0 ? to : null;
    }

    // Which of the wanted names such a DIE has, -1 for none.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int ShortName(byte* attributes, SkipPlan step)
    {
        uint place = LoadU32(attributes + step.NameOrBlockOffset);
        return _wanted.MayMatchOffset(place) && (step.Bits & _namedSteps) != 0 ? _wanted.NameAtOffset(place) : -1;
    }

    // The same for any DIE. The first of a code, and the first behind what is at hand, are mostly short ones all the same.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private byte* StepSlow(byte* at, byte* end, out int name)
    {
        ulong die = (ulong)(at - _info.Start);
        SectionReader reader = _info.ReadRange(die, _unit.End);
        ulong code = reader.ReadUleb();
        if (code == 0)
        {
            name = NullEntry;
            return ReadyAt(reader, end);
        }

        ReadOnlySpan<SkipPlan> steps = _abbrevs.SkipPlans;
        SkipPlan step = code < (ulong)steps.Length ? steps[(int)code] : default;
        step = step.Bits != 0 ? step : _abbrevs.FindSkipPlan(code, _info, die);
        if ((step.Bits & SkipPlan.IsFixedSize) != 0)
        {
            reader.EnsureLoaded(step.Size + 4);
            _ready = Fetch(at, end);
            byte* attributes = _info.Start + reader.Offset;
            byte* next = ShortNext(attributes, _ready, step);
            if (next != null)
            {
                name = ShortName(attributes, step);
                return next;
            }
        }
        else if ((step.Bits & (SkipPlan.HasBlock | SkipPlan.HasString)) != 0)
        {
            name = StepVarying(ref reader, step, die);
            return ReadyAt(reader, end);
        }

        Abbrev abbrev = _abbrevs.Get(code, _info, die);
        name = -1;
        if (abbrev.NameForm != 0
            && (abbrev.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type || (_wanted.WantsTypedefs && abbrev.Tag == DwTag.DW_TAG_typedef)))
        {
            ulong first = reader.Offset;
            name = NameOf(ref reader, abbrev);
            reader.Seek(first);
        }

        StepOver(ref reader, abbrev, die);
        return ReadyAt(reader, end);
    }

    private byte* ReadyAt(in SectionReader reader, byte* end)
    {
        byte* at = _info.Start + reader.Offset;
        _ready = Fetch(at, end);
        return at;
    }

    // A DIE with one block or string, from its first attribute on: functions, variables, and what has a short name.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int StepVarying(ref SectionReader reader, SkipPlan step, ulong die)
    {
        int name = -1;
        ulong attributes = reader.Offset;
        reader.Skip(step.NameOrBlockOffset);
        ulong from = reader.Offset;
        if ((step.Bits & SkipPlan.HasBlock) != 0)
        {
            reader.Skip(reader.ReadUleb());
        }
        else
        {
            ReadOnlySpan<byte> text = reader.ReadString();
            name = (step.Bits & _namedSteps) != 0 ? _wanted.NameOfBytes(text) : -1;
        }

        ulong varying = reader.Offset - from;
        reader.Skip(step.Size - step.NameOrBlockOffset);
        if ((step.Bits & SkipPlan.HasSibling) != 0)
        {
            ulong behind = reader.Offset;
            reader.Seek(attributes + varying + step.SiblingAt);
            ulong sibling = _unit.Offset + reader.ReadU32();
            reader.Seek(behind);
            SeekSibling(ref reader, die, sibling);
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
            if (Answers(hit.Tag, request) && !_isFound[request])
            {
                _pending.Enqueue(hit with { Request = request });
            }
        }

        return _pending.Count > 0;
    }

    private bool Answers(DwTag tag, int request) => _wanted.Requests[request].Kind switch
    {
        TypeNameKind.Struct => tag == DwTag.DW_TAG_structure_type,
        TypeNameKind.Union => tag == DwTag.DW_TAG_union_type,
        _ => true,
    };

    private int NameOf(ref SectionReader reader, Abbrev abbrev)
    {
        DwForm form = SeekName(ref reader, abbrev);
        return IsElsewhere(form)
            ? _wanted.NameOfBytes(StringBytes(ref reader, form))
            : _wanted.NameAtOffset(StringOffset(ref reader, form));
    }

    // Whether a name is not in .debug_str of this file, so that its bytes are looked at.
    private static bool IsElsewhere(DwForm form)
        => form is DwForm.DW_FORM_string or DwForm.DW_FORM_line_strp or DwForm.DW_FORM_strp_sup or DwForm.DW_FORM_GNU_strp_alt;

    private ReadOnlySpan<byte> StringBytes(ref SectionReader reader, DwForm form)
    {
        switch (form)
        {
            case DwForm.DW_FORM_string:
                return reader.ReadString();
            case DwForm.DW_FORM_line_strp:
                return _sections.Require(_sections.LineStr, ".debug_line_str").StringAt(reader.ReadUnsigned(_unit.OffsetSize));
            default:
                ulong referrer = reader.Offset;
                return _sections.SupplementaryString(reader.ReadUnsigned(_unit.OffsetSize), referrer, form);
        }
    }

    private ulong StringOffset(ref SectionReader reader, DwForm form) => form switch
    {
        DwForm.DW_FORM_strp => reader.ReadUnsigned(_unit.OffsetSize),
        DwForm.DW_FORM_strx or DwForm.DW_FORM_GNU_str_index => AtIndex(reader.ReadUleb()),
        DwForm.DW_FORM_strx1 => AtIndex(reader.ReadU8()),
        DwForm.DW_FORM_strx2 => AtIndex(reader.ReadU16()),
        DwForm.DW_FORM_strx3 => AtIndex(reader.ReadU24()),
        DwForm.DW_FORM_strx4 => AtIndex(reader.ReadU32()),
        _ => throw _info.Invalid(reader.Offset, $"DW_AT_name has {form}, which is not a string"),
    };

    private ulong AtIndex(ulong index) => _strOffsetsBase == UnitRoot.NoBase
        ? throw _info.Invalid(_unit.Offset, "a string is given by index, and the unit has no DW_AT_str_offsets_base")
        : _sections.StringOffset(index, _strOffsetsBase, _unit.OffsetSize);

    // Goes to the value of DW_AT_name and tells the form that it is in.
    private DwForm SeekName(ref SectionReader reader, Abbrev abbrev)
    {
        if (abbrev.NameAt >= 0)
        {
            reader.Skip((ulong)abbrev.NameAt);
        }
        else
        {
            foreach (AttributeSpec spec in abbrev.Specs)
            {
                if (spec.Attribute == DwAt.DW_AT_name)
                {
                    break;
                }

                AttributeForms.Skip(ref reader, spec.Form, _unit, _info);
            }
        }

        return abbrev.NameForm == DwForm.DW_FORM_indirect ? AttributeForms.ReadIndirect(ref reader, _info) : abbrev.NameForm;
    }

    // Before DWARF 4 there was no DW_FORM_flag_present, so that the attribute may be there and say no.
    private bool IsDeclaration(SectionReader reader, Abbrev abbrev)
    {
        if (abbrev.DeclarationForm is 0 or DwForm.DW_FORM_flag_present)
        {
            return abbrev.DeclarationForm != 0;
        }

        int i = 0;
        for (; abbrev.Specs[i].Attribute != DwAt.DW_AT_declaration; i++)
        {
            AttributeForms.Skip(ref reader, abbrev.Specs[i].Form, _unit, _info);
        }

        return abbrev.DeclarationForm != DwForm.DW_FORM_flag || reader.ReadU8() != 0;
    }

    // From the first attribute to the DIE after this one and all of its children.
    private void StepOver(ref SectionReader reader, Abbrev abbrev, ulong die)
    {
        if (abbrev.Tag == DwTag.DW_TAG_imported_unit)
        {
            NoteImport(reader, abbrev, die);
        }

        if (!abbrev.HasChildren)
        {
            ulong? sibling = abbrev.HasSibling ? Sibling(reader, abbrev) : null;
            SkipAttributes(ref reader, abbrev);
            if (sibling is { } next && next != reader.Offset)
            {
                throw _info.Invalid(die, $"DW_AT_sibling points to 0x{next:x}, and the DIE, which is said to have no children, ends at 0x{reader.Offset:x}");
            }

            return;
        }

        if (abbrev.SiblingAt >= 0)
        {
            reader.Skip((ulong)abbrev.SiblingAt);
            SeekSibling(ref reader, die, _unit.Offset + reader.ReadU32());
            return;
        }

        SkipAttributes(ref reader, abbrev);
        int depth = 1;
        while (depth > 0)
        {
            ulong child = reader.Offset;
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                depth--;
                continue;
            }

            Abbrev inner = _abbrevs.Get(code, _info, child);
            if (inner.HasChildren && inner.SiblingAt >= 0)
            {
                reader.Skip((ulong)inner.SiblingAt);
                SeekSibling(ref reader, child, _unit.Offset + reader.ReadU32());
                continue;
            }

            SkipAttributes(ref reader, inner);
            depth += inner.HasChildren ? 1 : 0;
        }
    }

    // Where a DIE without children says that the next one is; hardly any says it.
    private ulong Sibling(SectionReader reader, Abbrev abbrev)
    {
        for (int i = 0; abbrev.Specs[i].Attribute != DwAt.DW_AT_sibling; i++)
        {
            AttributeForms.Skip(ref reader, abbrev.Specs[i].Form, _unit, _info);
        }

        return _unit.Offset + reader.ReadU32();
    }

    private void NoteImport(SectionReader reader, Abbrev abbrev, ulong die)
    {
        foreach (AttributeSpec spec in abbrev.Specs)
        {
            DwForm form = spec.Form == DwForm.DW_FORM_indirect ? AttributeForms.ReadIndirect(ref reader, _info) : spec.Form;
            if (spec.Attribute == DwAt.DW_AT_import)
            {
                _imports.Add(form switch
                {
                    DwForm.DW_FORM_ref_addr when !_sections.HasSectionOffsets => throw _sections.NoSectionOffsets(die, "a unit"),
                    DwForm.DW_FORM_ref_addr => new UnitImport(_sections, reader.ReadUnsigned(AttributeForms.FixedSize(form, _unit))),
                    DwForm.DW_FORM_GNU_ref_alt or DwForm.DW_FORM_ref_sup4 or DwForm.DW_FORM_ref_sup8 => new UnitImport(
                        _sections.Supplement ?? throw AttributeForms.NoSupplementaryFile(_info, die, "a unit", form),
                        reader.ReadUnsigned(AttributeForms.FixedSize(form, _unit))),
                    // References within the unit would import the unit itself.
                    _ => throw _info.Invalid(die, $"DW_AT_import has {form}, which cannot refer to another unit"),
                });
                return;
            }

            AttributeForms.Skip(ref reader, form, _unit, _info);
        }
    }

    private void SeekSibling(ref SectionReader reader, ulong die, ulong sibling)
    {
        // Backwards would be a circle; so the walk always ends.
        if (sibling <= reader.Offset || sibling > _unit.End)
        {
            throw _info.Invalid(die, $"DW_AT_sibling points to 0x{sibling:x}, which is not after it in its unit (to 0x{_unit.End:x})");
        }

        // One byte of 256 is 0 by chance, but what a flipped bit leads to seldom is.
        reader.Seek(sibling - 1);
        if (reader.ReadU8() != 0)
        {
            throw _info.Invalid(die, $"DW_AT_sibling points to 0x{sibling:x}, before which no children end");
        }
    }

    // A root's children end with a null entry, as others do: when it was taken for that of a DIE below, by damage to that one's abbreviation,
    // all between the two went unseen.
    private InvalidImageException MissingNullEntry() => _info.Invalid(
        _unit.Offset, "the unit ends before its DIEs do: no null entry is left for the last of them", "the file is damaged: fetch or build it again");

    /// <inheritdoc/>
    public void Dispose()
    {
        _window.Dispose();
        _abbrevWindow.Dispose();
    }

    private void SkipAttributes(ref SectionReader reader, Abbrev abbrev)
    {
        if (abbrev.FixedSize >= 0)
        {
            reader.Skip((ulong)abbrev.FixedSize);
            return;
        }

        foreach (AttributeSpec spec in abbrev.Specs)
        {
            AttributeForms.Skip(ref reader, spec.Form, _unit, _info);
        }
    }
}
