using LayoutCheck.Elf;

namespace LayoutCheck.Dwarf;

/// <summary>
/// One declaration of .debug_abbrev (DWARF 5 §7.5.3), with a plan for stepping over the attributes of the DIEs that use it.
/// </summary>
internal struct Abbrev
{
    /// <summary>Where its attribute specifications start, in bytes from the start of .debug_abbrev.</summary>
    public ulong SpecsOffset;

    /// <summary>The attributes' total size in bytes when that is the same for every such DIE; <see cref="Variable"/> otherwise; <see cref="NotPlanned"/> at first.</summary>
    public int FixedSize;

    /// <summary>Bytes from the first attribute to DW_AT_sibling, or -1 when there is none or it follows something variable.</summary>
    public short SiblingAt;

    /// <summary>Bytes from the first attribute to DW_AT_name, or -1 when there is none or it follows something variable.</summary>
    public short NameAt;

    /// <summary>The form of DW_AT_name; 0 when it has none.</summary>
    public DwForm NameForm;

    /// <summary>The form of DW_AT_sibling; 0 when it has none.</summary>
    public DwForm SiblingForm;

    /// <summary>What its DIEs describe.</summary>
    public DwTag Tag;

    /// <summary>Whether its DIEs own the DIEs that follow, up to a null entry.</summary>
    public bool HasChildren;

    /// <summary>Whether DW_AT_declaration is among the attributes.</summary>
    public bool HasDeclaration;

    /// <summary>Whether the declaration exists: code 0 never does.</summary>
    public bool IsDeclared;

    public const int Variable = -1;
    public const int NotPlanned = -2;
}

/// <summary>
/// The abbreviations of one unit, by code. Hot: a kernel has a table a unit and shares none, so this is reloaded 2,500 times a run, and
/// decoding it is the largest single cost of a scan. It is therefore parsed no further than the codes that are asked for, into an array
/// that is reused; plans are made for those codes only that the walk meets.
/// </summary>
internal sealed class AbbrevTable
{
    // Compilers number from 1 without gaps; a code beyond this is legal but goes to the dictionary.
    private const int LargestDenseCode = 1 << 14;

    private readonly Section _section;
    private Abbrev[] _dense = new Abbrev[512];
    private Dictionary<ulong, Abbrev>? _sparse;
    private ulong _next;
    private ulong _denseCount;
    private bool _isWhole;
    private UnitHeader _unit;

    public AbbrevTable(Section section) => _section = section;

    /// <summary>Forgets what it holds and starts on the table of a unit.</summary>
    public void Load(in UnitHeader unit)
    {
        if (unit.AbbrevOffset >= _section.Length)
        {
            throw _section.Invalid(unit.AbbrevOffset, $"the abbreviations of the unit at 0x{unit.Offset:x} start outside of the section (0x{_section.Length:x} bytes)");
        }

        Array.Clear(_dense, 0, (int)_denseCount);
        _sparse = null;
        _denseCount = 0;
        _next = unit.AbbrevOffset;
        _isWhole = false;
        _unit = unit;
    }

    /// <summary>The declaration of a code, planned. The reference is valid until the next call.</summary>
    /// <param name="code">The code, not 0.</param>
    /// <param name="info">The section of the DIE, for the error.</param>
    /// <param name="die">Where the DIE is.</param>
    public ref readonly Abbrev Get(ulong code, Section info, ulong die)
    {
        if (code < _denseCount && _dense[code].FixedSize != Abbrev.NotPlanned && _dense[code].IsDeclared)
        {
            return ref _dense[code];
        }

        return ref Find(code, info, die);
    }

    /// <summary>The attribute specifications of a declaration, to be read with <see cref="NextSpec"/>.</summary>
    public SectionReader Specs(in Abbrev abbrev) => _section.ReadFrom(abbrev.SpecsOffset);

    /// <summary>Reads one attribute specification; false at the end of the list.</summary>
    public static bool NextSpec(ref SectionReader specs, out DwAt attribute, out DwForm form, out long implicitConst)
    {
        ulong name = specs.ReadUleb();
        ulong encoding = specs.ReadUleb();
        implicitConst = encoding == (ulong)DwForm.DW_FORM_implicit_const ? specs.ReadSleb() : 0;
        attribute = name <= ushort.MaxValue ? (DwAt)name : default;
        form = encoding <= ushort.MaxValue ? (DwForm)encoding : default;
        return (name | encoding) != 0;
    }

    private ref readonly Abbrev Find(ulong code, Section info, ulong die)
    {
        while (!_isWhole && !(code < _denseCount && _dense[code].IsDeclared) && _sparse?.ContainsKey(code) != true)
        {
            ParseOne();
        }

        if (code < _denseCount && _dense[code].IsDeclared)
        {
            ref Abbrev abbrev = ref _dense[code];
            if (abbrev.FixedSize == Abbrev.NotPlanned)
            {
                Plan(ref abbrev);
            }

            return ref abbrev;
        }

        if (_sparse is not null && _sparse.TryGetValue(code, out Abbrev found))
        {
            Plan(ref found);
            // Entry 0 of the array is never a declaration: it serves as the place of the last sparse one.
            _dense[0] = found;
            return ref _dense[0];
        }

        throw info.Invalid(die, $"abbreviation code {code} is not in the table at .debug_abbrev+0x{_unit.AbbrevOffset:x}");
    }

    private void ParseOne()
    {
        SectionReader reader = _section.ReadFrom(_next);
        ulong code = reader.ReadUleb();
        if (code == 0)
        {
            _isWhole = true;
            return;
        }

        ulong tag = reader.ReadUleb();
        Abbrev abbrev = new()
        {
            Tag = tag <= ushort.MaxValue ? (DwTag)tag : default,
            HasChildren = reader.ReadU8() != 0,
            IsDeclared = true,
            FixedSize = Abbrev.NotPlanned,
            SpecsOffset = reader.Offset,
        };
        while (NextSpec(ref reader, out _, out _, out _))
        {
        }

        _next = reader.Offset;
        if (code > LargestDenseCode)
        {
            // The first of two declarations of a code counts, as for the dense ones.
            (_sparse ??= []).TryAdd(code, abbrev);
            return;
        }

        if (code >= (ulong)_dense.Length)
        {
            Array.Resize(ref _dense, Math.Max((int)code + 1, _dense.Length * 2));
        }

        if (!_dense[code].IsDeclared)
        {
            _dense[code] = abbrev;
        }

        _denseCount = Math.Max(_denseCount, code + 1);
    }

    // Sizes that depend on the unit are settled here, once a code, instead of once a DIE.
    private void Plan(ref Abbrev abbrev)
    {
        SectionReader specs = Specs(abbrev);
        int size = 0;
        abbrev.SiblingAt = -1;
        abbrev.NameAt = -1;
        while (NextSpec(ref specs, out DwAt attribute, out DwForm form, out _))
        {
            short at = size is >= 0 and <= short.MaxValue ? (short)size : (short)-1;
            switch (attribute)
            {
                case DwAt.DW_AT_sibling:
                    abbrev.SiblingAt = at;
                    abbrev.SiblingForm = form;
                    break;
                case DwAt.DW_AT_name:
                    abbrev.NameAt = at;
                    abbrev.NameForm = form;
                    break;
                case DwAt.DW_AT_declaration:
                    abbrev.HasDeclaration = true;
                    break;
            }

            int formSize = AttributeForms.FixedSize(form, _unit);
            size = size < 0 || formSize < 0 || size > short.MaxValue ? Abbrev.Variable : size + formSize;
        }

        abbrev.FixedSize = size;
    }
}
