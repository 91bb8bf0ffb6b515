using System.Runtime.CompilerServices;
using LayoutCheck.Elf;

namespace LayoutCheck.Dwarf;

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

    /// <summary>Bytes from the first attribute to DW_AT_sibling, or -1 when there is none of DW_FORM_ref4 or it follows something variable.</summary>
    public short SiblingAt { get; } = -1;

    /// <summary>Bytes from the first attribute to DW_AT_name, or -1 when there is none or it follows something variable.</summary>
    public short NameAt { get; } = -1;

    /// <summary>The form of DW_AT_name; 0 when it has none.</summary>
    public DwForm NameForm { get; }

    /// <summary>The form of DW_AT_declaration; 0 when it has none.</summary>
    public DwForm DeclarationForm { get; }

    /// <summary>Where the matcher finds its fields, once it has asked.</summary>
    public DefinitionMatcher.Plan? MatchPlan { get; set; }
}

/// <summary>
/// How the walk gets from a DIE to the next that is not below it, in one word, so that a unit's all fit the first cache. Made while a
/// declaration is parsed; <see cref="Abbrev"/> says the same at length. Offsets and sizes count bytes from the first attribute.
/// </summary>
/// <param name="Bits">All of it; 0 when the code is not known yet.</param>
internal readonly record struct Step(ulong Bits)
{
    /// <summary>The attributes have one size; the walk goes on behind them, or where DW_AT_sibling says.</summary>
    public const ulong IsShort = 1UL << 48;

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
    public const ulong IsLong = 1UL << 54;

    public Step(ulong flags, uint size, uint siblingAt, uint placeAt)
        : this(flags | size | ((ulong)siblingAt << 16) | ((ulong)placeAt << 32))
    {
    }

    /// <summary>The size of all attributes.</summary>
    public uint Size => (ushort)Bits;

    /// <summary>Where DW_AT_sibling is, not counting what varies before it.</summary>
    public uint SiblingAt => (ushort)(Bits >> 16);

    /// <summary>Where DW_AT_name is; of a step with a block or a string, where that is.</summary>
    public uint PlaceAt => (ushort)(Bits >> 32);
}

/// <summary>
/// The abbreviations of one unit, by code. Hot: a kernel has a table a unit and shares none, so this is reloaded 2,500 times a run. It is
/// fast because it is parsed no further than the codes that are asked for, in a loop that reads two bytes at a time (nearly all attribute
/// codes and forms are below 128) and makes of them at once what the walk needs (<see cref="Step"/>). What is asked for at length is decoded
/// once: of 370,000 declarations in a kernel only 9,000 differ, and they are found again by their bytes.
/// </summary>
internal sealed unsafe class AbbrevTable
{
    // Compilers number from 1 without gaps; a code beyond this is legal but goes to the dictionary.
    private const int LargestDenseCode = 1 << 14;

    // Attributes remembered before all are forgotten: a bound for what a hostile file can make us keep.
    private const int MostRemembered = 1 << 20;

    // The largest that compilers write is some hundred bytes. Every DIE costs the time and the memory of its declaration, so this is small.
    private const uint LargestDeclaration = 1 << 10;

    // Stands for the size of a form whose size varies: attributes of that size or more are stepped over the long way. Sums of it fit 32 bits.
    private const uint LongSize = 1 << 15;

    private readonly SectionWindow? _window;
    private readonly Section _section;
    private readonly List<AttributeSpec> _specs = [];
    private readonly uint[] _formSizes = new uint[128];
    private Place[] _places = new Place[512];
    private Abbrev?[] _dense = new Abbrev?[512];
    private Step[] _steps = new Step[512];
    private int _formKind = -1;
    private Dictionary<ulong, Place>? _sparse;
    private Remembered[] _remembered = new Remembered[512];
    private byte[] _rememberedBytes = new byte[1 << 14];
    private int _rememberedLength;
    private int _rememberedCount;
    private int _rememberedSpecs;
    private ulong _next;
    private int _denseCount;
    private bool _isWhole;
    private bool _isLoaded;
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

        if (_isLoaded && unit.AbbrevOffset == _unit.AbbrevOffset && KindOf(unit) == KindOf(_unit))
        {
            // Units that share a table share the work: without this, many units times one large table is what a small file could cost.
            _unit = unit;
            return;
        }

        Array.Clear(_dense, 0, _denseCount);
        Array.Clear(_places, 0, _denseCount);
        Array.Clear(_steps, 0, _denseCount);
        _sparse = null;
        _denseCount = 0;
        _window?.OpenFrom(unit.AbbrevOffset);
        _next = unit.AbbrevOffset;
        _isWhole = false;
        _isLoaded = true;
        _unit = unit;
        if (_formKind != KindOf(unit))
        {
            _formKind = KindOf(unit);
            for (int form = 0; form < _formSizes.Length; form++)
            {
                int size = AttributeForms.FixedSize((DwForm)form, unit);
                // A constant in the declaration has no size, and is not looked for in the DIE; but the declaration goes on behind it.
                _formSizes[form] = size < 0 || form == (int)DwForm.DW_FORM_implicit_const ? LongSize : (uint)size;
            }
        }
    }

    /// <summary>By code: how to step over a DIE. Codes that were not met yet, and those of no declaration, have no bits; see <see cref="FindStep"/>. Valid until the next call of either.</summary>
    public ReadOnlySpan<Step> Steps => _steps;

    /// <summary>How to step over the DIEs of a code that <see cref="Steps"/> has nothing for.</summary>
    /// <exception cref="InvalidImageException">The table has no such code, or is damaged before it.</exception>
    public Step FindStep(ulong code, Section info, ulong die)
    {
        Place place = default;
        FindPlace(code, info, die, ref place);
        return code <= LargestDenseCode ? _steps[code] : new Step(Step.IsLong);
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
        Abbrev abbrev = Recall(place);
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

            ParseUpTo(code);
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

    // Finds where declarations start and end, and how to step over their DIEs, up to a code or the end of the table.
    private void ParseUpTo(ulong wanted)
    {
        SectionReader reader = _section.ReadFrom(_next);
        ulong code;
        do
        {
            reader.Prepare(LargestDeclaration);
            code = reader.ReadUleb();
            if (code == 0)
            {
                _isWhole = true;
                return;
            }

            ulong from = reader.Offset;
            ulong tag = reader.ReadUleb();
            bool hasChildren = reader.ReadU8() != 0;
            Draft draft = default;
            byte* at = _section.Start + reader.Offset;
            byte* last = _section.Ready - 3;

            // Pairs of attribute and form, two bytes at a time; what is longer than a byte, or near the end, goes the long way.
            while (true)
            {
                uint attribute;
                uint form;
                if (at < last && ((attribute = at[0]) | (form = at[1])) < 0x80)
                {
                    uint size = _formSizes[form];
                    if (size < LongSize)
                    {
                        if (attribute <= (uint)DwAt.DW_AT_name)
                        {
                            draft.Note((DwAt)attribute, form);
                        }

                        draft.Size += size;
                        at += 2;
                        continue;
                    }

                    if ((attribute | form) == 0)
                    {
                        at += 2;
                        break;
                    }

                    if (form != (uint)DwForm.DW_FORM_implicit_const)
                    {
                        draft.Note((DwAt)attribute, form);
                        draft.NoteVarying((DwForm)form);
                        at += 2;
                        continue;
                    }

                    if (at[2] < 0x80)
                    {
                        draft.Note((DwAt)attribute, form);
                        at += 3;
                        continue;
                    }
                }

                reader.Seek((ulong)(at - _section.Start));
                bool isMore = NextSpec(ref reader, out DwAt longAttribute, out DwForm longForm, out _);
                // Fetching more may have moved what is ready, but nothing that was read.
                at = _section.Start + reader.Offset;
                if (!isMore)
                {
                    break;
                }

                draft.Note(longAttribute, (uint)longForm);
                int longSize = AttributeForms.FixedSize(longForm, _unit);
                if (longSize >= 0)
                {
                    draft.Size += (uint)longSize;
                }
                else
                {
                    draft.NoteVarying(longForm);
                }

                if (reader.Offset - from > LargestDeclaration)
                {
                    break;
                }
            }

            reader.Seek((ulong)(at - _section.Start));
            if (reader.Offset - from > LargestDeclaration)
            {
                throw _section.Invalid(from, $"an abbreviation of more than {LargestDeclaration} bytes");
            }

            Add(code, new Place(from, (uint)(reader.Offset - from)), StepOf(tag, hasChildren, draft));
        }
        while (code != wanted);

        _next = reader.Offset;
    }

    private Step StepOf(ulong tag, bool hasChildren, in Draft draft)
    {
        bool isAggregate = tag is (ulong)DwTag.DW_TAG_structure_type or (ulong)DwTag.DW_TAG_union_type;
        bool isNamed = draft.NameForm != 0 && (isAggregate || tag == (ulong)DwTag.DW_TAG_typedef);
        bool isVaryingNamed = isNamed && draft.Varying == DwForm.DW_FORM_string && draft.NameForm == (uint)DwForm.DW_FORM_string;
        bool isStrpNamed = isNamed && draft.Varying == 0 && draft.NameForm == (uint)DwForm.DW_FORM_strp && !_unit.Is64Bit;
        if (draft.Size >= LongSize
            || (isNamed && !isVaryingNamed && !isStrpNamed)
            || (hasChildren && (draft.SiblingForm != (uint)DwForm.DW_FORM_ref4 || (draft.Varying != 0 && !draft.IsSiblingBehind)))
            || tag == (ulong)DwTag.DW_TAG_imported_unit)
        {
            return new Step(Step.IsLong);
        }

        ulong flags = (draft.Varying == 0 ? Step.IsShort : draft.Varying == DwForm.DW_FORM_string ? Step.HasString : Step.HasBlock)
            | (hasChildren ? Step.HasSibling : 0)
            | (!isNamed ? 0 : isAggregate ? Step.NamesAggregate : Step.NamesTypedef);
        return new Step(flags, draft.Size, hasChildren ? draft.SiblingAt : 0, draft.Varying != 0 ? draft.VaryingAt : isNamed ? draft.NameAt : 0);
    }

    // The first of two declarations of a code counts.
    private void Add(ulong code, Place place, Step step)
    {
        if (code > LargestDenseCode)
        {
            (_sparse ??= []).TryAdd(code, place);
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

        _denseCount = Math.Max(_denseCount, index + 1);
    }

    // What the sizes of forms depend on besides the form.
    private static int KindOf(in UnitHeader unit) => (unit.Version << 16) | (unit.AddressSize << 8) | unit.OffsetSize;

    // The decoded declaration whose bytes are those at a place.
    private Abbrev Recall(Place place)
    {
        int kind = KindOf(_unit);
        ulong hash = Hash(place, kind);
        int mask = _remembered.Length - 1;
        int slot = (int)hash & mask;
        while (_remembered[slot].Abbrev is { } known)
        {
            ref Remembered entry = ref _remembered[slot];
            if (entry.Hash == hash && entry.Kind == kind && _rememberedBytes.AsSpan(entry.BytesAt, entry.BytesLength).SequenceEqual(Bytes(place)))
            {
                return known;
            }

            slot = (slot + 1) & mask;
        }

        Abbrev abbrev = Decode(place);
        _rememberedSpecs += abbrev.Specs.Length;
        if (_rememberedSpecs > MostRemembered)
        {
            Array.Clear(_remembered);
            _rememberedCount = 0;
            _rememberedLength = 0;
            _rememberedSpecs = abbrev.Specs.Length;
        }
        else if (_rememberedCount * 2 >= _remembered.Length)
        {
            Grow();
        }

        int bytesAt = _rememberedLength;
        _rememberedLength += (int)place.Length;
        if (_rememberedLength > _rememberedBytes.Length)
        {
            Array.Resize(ref _rememberedBytes, Math.Max(_rememberedLength, _rememberedBytes.Length * 2));
        }

        Bytes(place).CopyTo(_rememberedBytes.AsSpan(bytesAt));
        Remember(new Remembered(hash, kind, bytesAt, (int)place.Length, abbrev));
        return abbrev;
    }

    private void Remember(in Remembered entry)
    {
        int mask = _remembered.Length - 1;
        int slot = (int)entry.Hash & mask;
        while (_remembered[slot].Abbrev is not null)
        {
            slot = (slot + 1) & mask;
        }

        _remembered[slot] = entry;
        _rememberedCount++;
    }

    private void Grow()
    {
        Remembered[] old = _remembered;
        _remembered = new Remembered[old.Length * 4];
        _rememberedCount = 0;
        foreach (Remembered entry in old)
        {
            if (entry.Abbrev is not null)
            {
                Remember(entry);
            }
        }
    }

    private ReadOnlySpan<byte> Bytes(Place place) => new(_section.Start + place.Start, (int)place.Length);

    private ulong Hash(Place place, int kind)
    {
        const ulong Multiplier = 0x9e3779b97f4a7c15;
        byte* at = _section.Start + place.Start;
        nuint left = place.Length;
        ulong hash = ((ulong)kind ^ left) * Multiplier;
        for (; left >= 8; left -= 8, at += 8)
        {
            hash = (hash ^ Unsafe.ReadUnaligned<ulong>(at)) * Multiplier;
            hash ^= hash >> 29;
        }

        ulong rest = 0;
        for (int shift = 0; left > 0; left--, at++, shift += 8)
        {
            rest |= (ulong)*at << shift;
        }

        hash = (hash ^ rest) * Multiplier;
        return hash ^ (hash >> 32);
    }

    private Abbrev Decode(Place place)
    {
        SectionReader reader = _section.ReadRange(place.Start, place.Start + place.Length);
        ulong tag = reader.ReadUleb();
        bool hasChildren = reader.ReadU8() != 0;
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

    /// <summary>What is known of a declaration while it is parsed, for its <see cref="Step"/>. Forms are 0 when there is no such attribute.</summary>
    private struct Draft
    {
        public uint Size;
        public uint NameForm;
        public uint NameAt;
        public uint SiblingForm;
        public uint SiblingAt;
        public DwForm Varying;
        public uint VaryingAt;

        /// <summary>DW_AT_sibling follows what varies.</summary>
        public bool IsSiblingBehind;

        // The first of each counts.
        public void Note(DwAt attribute, uint form)
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
        public void NoteVarying(DwForm form)
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

    /// <summary>A declaration without its code, in bytes from the start of .debug_abbrev. It is at least three bytes long.</summary>
    private readonly record struct Place(ulong Start, uint Length);

    /// <summary>A decoded declaration, and where in <see cref="_rememberedBytes"/> its bytes are: those of the section may not be shown any more.</summary>
    private readonly record struct Remembered(ulong Hash, int Kind, int BytesAt, int BytesLength, Abbrev? Abbrev);
}
