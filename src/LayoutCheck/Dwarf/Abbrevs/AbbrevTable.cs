using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>One attribute of an abbreviation.</summary>
/// <param name="Attribute">What it says; 0 when it has no 16-bit number.</param>
/// <param name="Form">How it is encoded; 0 when it has no 16-bit number.</param>
/// <param name="Offset">Bytes from the DIE's first attribute, or -1 when it follows one whose size varies.</param>
/// <param name="ImplicitConst">The value, when the form is DW_FORM_implicit_const.</param>
internal readonly record struct AttributeSpec(DwAt Attribute, DwForm Form, short Offset, long ImplicitConst);

/// <summary>
/// One declaration of .debug_abbrev (DWARF 5 §7.5.3), decoded, with what a walk needs to step over the DIEs that use it. Immutable but for
/// the matcher's plan; shared by all units of one thread that declare the same.
/// </summary>
internal sealed class Abbrev
{
    /// <summary>The value of <see cref="FixedSize"/> when it varies from DIE to DIE.</summary>
    public const int Variable = -1;

    public Abbrev(DwTag tag, bool hasChildren, AttributeSpec[] specs, int fixedSize)
    {
        Tag = tag;
        HasChildren = hasChildren;
        Specs = specs;
        // The scanner steps over what varies the long way, and takes note of imports there: the short way need not ask for them.
        FixedSize = tag == DwTag.DW_TAG_imported_unit ? Variable : fixedSize;
        foreach (AttributeSpec spec in specs)
        {
            switch (spec.Attribute)
            {
                case DwAt.DW_AT_sibling when spec.Form == DwForm.DW_FORM_ref4:
                    HasSibling = true;
                    SiblingAt = spec.Offset;
                    break;
                case DwAt.DW_AT_name:
                    NameAt = spec.Offset;
                    NameForm = spec.Form;
                    break;
                case DwAt.DW_AT_declaration:
                    DeclarationForm = spec.Form;
                    break;
            }
        }
    }

    /// <summary>What its DIEs describe; 0 when the tag has no 16-bit number.</summary>
    public DwTag Tag { get; }

    /// <summary>Whether its DIEs own the DIEs that follow, up to a null entry.</summary>
    public bool HasChildren { get; }

    /// <summary>The attributes in their order.</summary>
    public AttributeSpec[] Specs { get; }

    /// <summary>The attributes' total size in bytes when that is the same for every such DIE, else <see cref="Variable"/>.</summary>
    public int FixedSize { get; }

    /// <summary>Whether there is a DW_AT_sibling of DW_FORM_ref4.</summary>
    public bool HasSibling { get; }

    /// <summary>Bytes from the first attribute to DW_AT_sibling, or -1 when there is none of DW_FORM_ref4 or it follows something variable.</summary>
    public short SiblingAt { get; } = -1;

    /// <summary>Bytes from the first attribute to DW_AT_name, or -1 when there is none or it follows something variable.</summary>
    public short NameAt { get; } = -1;

    /// <summary>The form of DW_AT_name; 0 when it has none.</summary>
    public DwForm NameForm { get; }

    /// <summary>The form of DW_AT_declaration; 0 when it has none.</summary>
    public DwForm DeclarationForm { get; }

    /// <summary>Where the matcher finds its fields, once it has asked.</summary>
    public DefinitionMatcher.DieLayout? Layout { get; set; }
}

/// <summary>
/// How the walk gets from a DIE to the next that is not below it, in one word, so that a unit's all fit the first cache. Made while a
/// declaration is parsed; <see cref="Abbrev"/> says the same at length. Offsets and sizes count bytes from the first attribute.
/// </summary>
/// <param name="Bits">All of it; 0 when the code is not known yet.</param>
internal readonly record struct SkipPlan(ulong Bits)
{
    /// <summary>The attributes have one size; the walk goes on behind them, or where DW_AT_sibling says.</summary>
    public const ulong IsFixedSize = 1UL << 48;

    /// <summary>DW_AT_sibling says where the walk goes on; it is a DW_FORM_ref4.</summary>
    public const ulong HasSibling = 1UL << 49;

    /// <summary>A struct or union with a name; the name is a DW_FORM_strp of four bytes, or the string of <see cref="HasString"/>.</summary>
    public const ulong NamesAggregate = 1UL << 50;

    /// <summary>A typedef with such a name.</summary>
    public const ulong NamesTypedef = 1UL << 51;

    /// <summary>As short, but for one attribute before DW_AT_sibling that is a block behind its length, a ULEB128. The size is that of the others.</summary>
    public const ulong HasBlock = 1UL << 52;

    /// <summary>As short, but for one attribute before DW_AT_sibling that is a string in its place.</summary>
    public const ulong HasString = 1UL << 53;

    /// <summary>Anything else: <see cref="Abbrev"/> has to be asked.</summary>
    public const ulong NeedsSlowPath = 1UL << 54;

    /// <summary>Besides: it imports, or has a name that need not stand in the unit, in .debug_str or in .debug_line_str.</summary>
    public const ulong MayNameOutsideUnit = 1UL << 55;

    public SkipPlan(ulong flags, uint size, uint siblingAt, uint placeAt)
        : this(flags | size | ((ulong)siblingAt << 16) | ((ulong)placeAt << 32))
    {
    }

    /// <summary>The size of all attributes.</summary>
    public uint Size => (ushort)Bits;

    /// <summary>Where DW_AT_sibling is, not counting what varies before it.</summary>
    public uint SiblingAt => (ushort)(Bits >> 16);

    /// <summary>Where DW_AT_name is; of a step with a block or a string, where that is.</summary>
    public uint NameOrBlockOffset => (ushort)(Bits >> 32);
}

/// <summary>
/// The abbreviations of one unit, by code. Hot: a kernel has a table a unit and shares none, so this is reloaded 2,500 times a run. It is
/// fast because it goes no further than the codes that are asked for, and because a declaration is parsed once: of 370,000 in a kernel only
/// 9,000 differ, and they are recognised by their bytes (<see cref="AbbrevCache"/>), which is quicker than to read them again.
/// </summary>
internal sealed unsafe class AbbrevTable
{
    // Compilers number from 1 without gaps; a code beyond this is legal but goes to the dictionary.
    private const int LargestDenseCode = 1 << 14;

    // Of those in the dictionary, so many are taken from the file's budget together; each takes so many bytes, those of the dictionary's growing counted in.
    private const int SparseAtOnce = 1 << 10;
    private const ulong SparseSize = 160;

    // The largest that compilers write is some hundred bytes. Every DIE costs the time and the memory of its declaration, so this is small.
    private const int LargestDeclaration = 1 << 10;

    // How much may be read of tables in all, in bytes: so much, and so many times the section. Each unit may have another table, and tables may overlap, or
    // take turns, so that a small file could have each of thousands of units read nearly all of the section. A kernel's are read two or three times.
    private const ulong MostRead = 64UL << 20;
    private const ulong MostTimesRead = 64;

    // Attributes of this size or more are stepped over the long way. Sums of it fit 32 bits.
    private const uint LongSize = 1 << 15;

    private readonly SectionWindow? _window;
    private readonly Section _section;
    private readonly List<AttributeSpec> _specs = [];
    private readonly AbbrevCache _memory = new();
    private Place[] _places = new Place[512];
    private Abbrev?[] _dense = new Abbrev?[512];
    private SkipPlan[] _steps = new SkipPlan[512];
    private Dictionary<ulong, Place>? _sparse;
    private ulong _next;
    private int _denseCount;
    private bool _isWhole;
    private bool _isLoaded;
    private uint _kind;
    private ulong _read;
    private ulong _allSteps;
    private (ulong Code, ulong At)? _twice;
    private UnitHeader _unit;

    /// <summary>Reads tables where they are.</summary>
    public AbbrevTable(Section section) => _section = section;

    /// <summary>Reads tables through a window, which is best when those of many units will be read, in their order.</summary>
    public AbbrevTable(SectionWindow window)
        : this(window.View) => _window = window;

    /// <summary>Forgets the unit it was on and starts on the table of another.</summary>
    public void Load(in UnitHeader unit)
    {
        if (unit.AbbrevOffset >= _section.Length)
        {
            throw _section.Invalid(unit.AbbrevOffset, $"the abbreviations of the unit at 0x{unit.Offset:x} start outside of the section (0x{_section.Length:x} bytes)");
        }

        uint kind = KindOf(unit);
        if (_isLoaded && unit.AbbrevOffset == _unit.AbbrevOffset && kind == _kind)
        {
            // Units that share a table share the work: without this, many units times one large table is what a small file could cost.
            _unit = unit;
            return;
        }

        if (_read > MostRead + (MostTimesRead * _section.Length))
        {
            throw _section.Invalid(
                unit.AbbrevOffset,
                $"the units up to that at 0x{unit.Offset:x} have their abbreviations in tables that overlap or take turns: 0x{_read:x} bytes were read of a section of 0x{_section.Length:x}",
                "the file is damaged, or made to take time: build it again");
        }

        // What is cleared takes time, too.
        _read += (ulong)_denseCount;
        Array.Clear(_dense, 0, _denseCount);
        Array.Clear(_places, 0, _denseCount);
        Array.Clear(_steps, 0, _denseCount);
        _sparse = null;
        _denseCount = 0;
        _window?.SeekUnbounded(unit.AbbrevOffset);
        _next = unit.AbbrevOffset;
        _isWhole = false;
        _allSteps = 0;
        _twice = null;
        _isLoaded = true;
        _kind = kind;
        _unit = unit;
    }

    /// <summary>By code: how to step over a DIE. Codes that were not met yet, and those of no declaration, have no bits; see <see cref="FindSkipPlan"/>. Valid until the next call of either.</summary>
    public ReadOnlySpan<SkipPlan> SkipPlans => _steps;

    /// <summary>How to step over the DIEs of a code that <see cref="SkipPlans"/> has nothing for.</summary>
    /// <exception cref="InvalidImageException">The table has no such code, or is damaged before it.</exception>
    public SkipPlan FindSkipPlan(ulong code, Section info, ulong die)
    {
        Place place = default;
        FindPlace(code, info, die, ref place);
        return code <= LargestDenseCode ? _steps[code] : new SkipPlan(SkipPlan.NeedsSlowPath);
    }

    /// <summary>Whether a declaration of the table leads elsewhere (<see cref="SkipPlan.MayNameOutsideUnit"/>). Reads the table to its end.</summary>
    /// <exception cref="InvalidImageException">The table is damaged.</exception>
    public bool MayNameOutsideUnit()
    {
        if (!_isWhole)
        {
            PassUpTo(0);
        }

        return (_allSteps & SkipPlan.MayNameOutsideUnit) != 0;
    }

    /// <summary>
    /// Asserts that each code has one declaration (DWARF 5 §7.5.3): of two, one had another code before it was damaged, and what it meant is not what is
    /// read. Reads the table to its end, which who walks need not; who builds a definition does.
    /// </summary>
    /// <exception cref="InvalidImageException">A code has two, or the table is damaged.</exception>
    public void RequireOneOfEach()
    {
        if (!_isWhole)
        {
            PassUpTo(0);
        }

        if (_twice is var (code, at))
        {
            throw _section.Invalid(at, $"there are two abbreviations of code {code} in the table at 0x{_unit.AbbrevOffset:x}");
        }
    }

    /// <summary>The declaration of a code.</summary>
    /// <param name="code">The code, not 0.</param>
    /// <param name="info">The section of the DIE, for the error.</param>
    /// <param name="die">Where the DIE is.</param>
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
        Abbrev abbrev = _memory.AbbrevOf(place.Id) ?? Decode(place);
        _memory.Keep(place.Id, abbrev);
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

    // Finds where declarations start and end, and how to step over their DIEs, up to a code or the end of the table (0).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PassUpTo(ulong wanted)
    {
        SectionReader reader = _section.ReadFrom(_next);
        reader.EnsureLoaded(LargestDeclaration);
        while (!PassKnown(ref reader, wanted))
        {
            ulong code = reader.ReadUleb();
            if (code == 0)
            {
                _isWhole = true;
                return;
            }

            reader.EnsureLoaded(LargestDeclaration);
            ulong from = reader.Offset;
            byte* bytes = _section.Start + from;
            AbbrevCache.Key key = _section.LoadedEnd - bytes >= AbbrevCache.LongestKey ? AbbrevCache.KeyOf(bytes, _kind) : default;
            SkipPlan step = default;
            int id = key.Length != 0 ? _memory.Find(key, out step) : AbbrevCache.NotCached;
            if (id >= 0)
            {
                reader.Skip(key.Length);
            }
            else
            {
                step = Parse(ref reader);
                id = reader.Offset - from == key.Length ? _memory.Add(key, step) : AbbrevCache.NotCached;
            }

            Add(code, new Place(from, (uint)(reader.Offset - from), id), step);
            if (code == wanted)
            {
                break;
            }
        }

        _read += reader.Offset - _next;
        _next = reader.Offset;
    }

    // The same, as long as declarations are known and there is nothing special about them: all but a few in a hundred. True when the wanted one was passed;
    // else the reader is before the code of one that is not known, or special, or of the end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool PassKnown(ref SectionReader reader, ulong wanted)
    {
        byte* start = _section.Start;
        byte* at = start + reader.Offset;
        byte* last = _section.LoadedEnd - AbbrevCache.LongestKey - 2;
        Span<Place> places = _places;
        Span<SkipPlan> steps = _steps;
        ulong all = _allSteps;
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

            if (code == 0 || code >= steps.Length || code >= places.Length || places[code].Length != 0)
            {
                break;
            }

            AbbrevCache.Key key = AbbrevCache.KeyOf(bytes, _kind);
            if (key.Length == 0 || _memory.Find(key, out SkipPlan step) is not (>= 0 and int id))
            {
                break;
            }

            places[code] = new Place((ulong)(bytes - start), key.Length, id);
            steps[code] = step;
            all |= step.Bits;
            highest = Math.Max(highest, code);
            isPassed = (ulong)code == wanted;
            at = bytes + key.Length;
        }

        _allSteps = all;
        _denseCount = highest + 1;
        reader.Seek((ulong)(at - start));
        return isPassed;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private SkipPlan Parse(ref SectionReader reader)
    {
        ulong from = reader.Offset;
        ulong tag = reader.ReadUleb();
        bool hasChildren = ReadHasChildren(ref reader);
        SkipPlanBuilder draft = default;
        while (NextSpec(ref reader, out DwAt attribute, out DwForm form, out _))
        {
            draft.Note(attribute, form);
            int size = AttributeForms.FixedSize(form, _unit);
            if (size >= 0)
            {
                draft.Size += (uint)size;
            }
            else
            {
                draft.NoteVariableSize(form);
            }

            if (reader.Offset - from > LargestDeclaration)
            {
                throw _section.Invalid(from, $"an abbreviation of more than {LargestDeclaration} bytes");
            }
        }

        return StepOf(tag, hasChildren, draft);
    }

    private SkipPlan StepOf(ulong tag, bool hasChildren, in SkipPlanBuilder draft)
    {
        bool isAggregate = tag is (ulong)DwTag.DW_TAG_structure_type or (ulong)DwTag.DW_TAG_union_type;
        bool isNamed = draft.NameForm != 0 && (isAggregate || tag == (ulong)DwTag.DW_TAG_typedef);
        bool isNamedInPlace = draft.NameForm == DwForm.DW_FORM_string && draft.Varying == DwForm.DW_FORM_string;
        bool isNamedByOffset = draft.NameForm == DwForm.DW_FORM_strp && draft.Varying == 0 && !_unit.Is64Bit;
        if (tag == (ulong)DwTag.DW_TAG_imported_unit || (isNamed && draft.NameForm is not (DwForm.DW_FORM_string or DwForm.DW_FORM_strp or DwForm.DW_FORM_line_strp)))
        {
            return new SkipPlan(SkipPlan.NeedsSlowPath | SkipPlan.MayNameOutsideUnit);
        }

        if (draft.Size >= LongSize
            || (isNamed && !isNamedInPlace && !isNamedByOffset)
            || (hasChildren && (draft.SiblingForm != DwForm.DW_FORM_ref4 || (draft.Varying != 0 && !draft.IsSiblingBehind)))
            || (!hasChildren && draft.SiblingForm != 0))
        {
            return new SkipPlan(SkipPlan.NeedsSlowPath);
        }

        ulong flags = (draft.Varying == 0 ? SkipPlan.IsFixedSize : draft.Varying == DwForm.DW_FORM_string ? SkipPlan.HasString : SkipPlan.HasBlock)
            | (hasChildren ? SkipPlan.HasSibling : 0)
            | (!isNamed ? 0 : isAggregate ? SkipPlan.NamesAggregate : SkipPlan.NamesTypedef);
        return new SkipPlan(flags, draft.Size, hasChildren ? draft.SiblingAt : 0, draft.Varying != 0 ? draft.VaryingAt : isNamed ? draft.NameAt : 0);
    }

    // The first of two declarations of a code counts, for who asks no further.
    private void Add(ulong code, Place place, SkipPlan step)
    {
        _allSteps |= step.Bits;
        if (code > LargestDenseCode)
        {
            if (!(_sparse ??= []).TryAdd(code, place))
            {
                _twice ??= (code, place.Start);
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
            Array.Resize(ref _steps, length);
        }

        if (_places[index].Length == 0)
        {
            _places[index] = place;
            _steps[index] = step;
        }
        else
        {
            _twice ??= (code, place.Start);
        }

        _denseCount = Math.Max(_denseCount, index + 1);
    }

    // What the sizes of forms depend on besides the form.
    private static uint KindOf(in UnitHeader unit) => ((uint)unit.Version << 8) | ((uint)unit.AddressSize << 4) | (uint)unit.OffsetSize;

    private Abbrev Decode(Place place)
    {
        SectionReader reader = _section.ReadRange(place.Start, place.Start + place.Length);
        ulong tag = reader.ReadUleb();
        bool hasChildren = ReadHasChildren(ref reader);
        _specs.Clear();
        int size = 0;
        UInt128 low = 0;
        UInt128 high = 0;
        while (NextSpec(ref reader, out DwAt attribute, out DwForm form, out long implicitConst))
        {
            // DWARF 5 §2.2: no DIE has more than one of an attribute. GCC writes base types with two names all the same; the first counts,
            // for whoever reads it.
            ref UInt128 seen = ref (int)attribute < 128 ? ref low : ref high;
            UInt128 bit = (int)attribute is > 0 and < 256 ? UInt128.One << ((int)attribute % 128) : 0;
            attribute = (seen & bit) == 0 ? attribute : default;
            seen |= bit;
            _specs.Add(new AttributeSpec(attribute, form, size is >= 0 and <= short.MaxValue ? (short)size : (short)-1, implicitConst));
            int formSize = AttributeForms.FixedSize(form, _unit);
            // Sizes that depend on the unit are settled here, once a declaration, instead of once a DIE.
            size = size < 0 || formSize < 0 || size > short.MaxValue ? Abbrev.Variable : size + formSize;
        }

        return new Abbrev(tag <= ushort.MaxValue ? (DwTag)tag : default, hasChildren, [.. _specs], size);
    }

    // DW_CHILDREN_no or DW_CHILDREN_yes (DWARF 5 §7.5.3): taken for yes, another number could hide the rest of a unit below one DIE.
    private bool ReadHasChildren(ref SectionReader declaration)
    {
        byte value = declaration.ReadU8();
        return value <= 1
            ? value == 1
            : throw _section.Invalid(declaration.Offset - 1, $"an abbreviation says {value} where 1 says that there are children, and 0 that there are none");
    }

    // Reads one attribute specification; false at the end of the list.
    private static bool NextSpec(ref SectionReader specs, out DwAt attribute, out DwForm form, out long implicitConst)
    {
        ulong name = specs.ReadUleb();
        ulong encoding = specs.ReadUleb();
        implicitConst = encoding == (ulong)DwForm.DW_FORM_implicit_const ? specs.ReadSleb() : 0;
        attribute = name <= ushort.MaxValue ? (DwAt)name : default;
        form = encoding <= ushort.MaxValue ? (DwForm)encoding : default;
        return (name | encoding) != 0;
    }

    /// <summary>What is known of a declaration while it is parsed, for its <see cref="SkipPlan"/>. Forms are 0 when there is no such attribute.</summary>
    private struct SkipPlanBuilder
    {
        public uint Size;
        public DwForm NameForm;
        public uint NameAt;
        public DwForm SiblingForm;
        public uint SiblingAt;
        public DwForm Varying;
        public uint VaryingAt;

        /// <summary>DW_AT_sibling follows what varies.</summary>
        public bool IsSiblingBehind;

        // The first of each counts.
        public void Note(DwAt attribute, DwForm form)
        {
            if (attribute == DwAt.DW_AT_name && NameForm == 0)
            {
                (NameForm, NameAt) = (form, Size);
            }
            else if (attribute == DwAt.DW_AT_sibling && SiblingForm == 0)
            {
                (SiblingForm, SiblingAt, IsSiblingBehind) = (form, Size, Varying != 0);
            }
        }

        // One block or string can be stepped over in a hurry; all else that varies makes the step a long one.
        public void NoteVariableSize(DwForm form)
        {
            if (Varying == 0 && form is DwForm.DW_FORM_exprloc or DwForm.DW_FORM_block or DwForm.DW_FORM_string)
            {
                (Varying, VaryingAt) = (form, Size);
            }
            else
            {
                Size += LongSize;
            }
        }
    }

    /// <summary>A declaration without its code, in bytes from the start of .debug_abbrev, at least three bytes long; and what it is to <see cref="AbbrevCache"/>.</summary>
    private readonly record struct Place(ulong Start, uint Length, int Id);
}
