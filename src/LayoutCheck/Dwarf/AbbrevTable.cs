using System.Runtime.CompilerServices;
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

    /// <summary>Bytes from the first attribute to DW_AT_sibling, or -1 when there is none of DW_FORM_ref4 or it follows something variable.</summary>
    public short SiblingAt;

    /// <summary>Bytes from the first attribute to DW_AT_name, or -1 when there is none or it follows something variable.</summary>
    public short NameAt;

    /// <summary>The form of DW_AT_name; 0 when it has none.</summary>
    public DwForm NameForm;

    /// <summary>The form of DW_AT_declaration; 0 when it has none.</summary>
    public DwForm DeclarationForm;

    /// <summary>What its DIEs describe.</summary>
    public DwTag Tag;

    /// <summary>Whether its DIEs own the DIEs that follow, up to a null entry.</summary>
    public bool HasChildren;

    /// <summary>Whether the declaration exists: code 0 never does.</summary>
    public bool IsDeclared;

    public const int Variable = -1;
    public const int NotPlanned = -2;
}

/// <summary>
/// The abbreviations of one unit, by code. Hot: a kernel has a table a unit and shares none, so this is reloaded 2,500 times a run. It is
/// fast because it is parsed no further than the codes that are asked for, in a loop that reads two bytes at a time (nearly all attribute
/// codes and forms are below 128), into an array that is reused; and because plans are made for those codes only that a walk meets.
/// </summary>
internal sealed unsafe class AbbrevTable
{
    // Compilers number from 1 without gaps; a code beyond this is legal but goes to the dictionary.
    private const int LargestDenseCode = 1 << 14;

    private readonly Section _section;
    private readonly byte[] _formSizes = new byte[256];
    private Abbrev[] _dense = new Abbrev[512];
    private Dictionary<ulong, Abbrev>? _sparse;
    private ulong _next;
    private ulong _denseCount;
    private bool _isWhole;
    private UnitHeader _unit;
    private int _sizesKey = -1;

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
        SettleSizes();
    }

    /// <summary>The declaration of a code, planned. The reference is valid until the next call.</summary>
    /// <param name="code">The code, not 0.</param>
    /// <param name="info">The section of the DIE, for the error.</param>
    /// <param name="die">Where the DIE is.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly Abbrev Get(ulong code, Section info, ulong die)
    {
        Abbrev[] dense = _dense;
        if (code < (ulong)dense.Length)
        {
            ref Abbrev abbrev = ref dense[code];
            if (abbrev.IsDeclared && abbrev.FixedSize != Abbrev.NotPlanned)
            {
                return ref abbrev;
            }
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
        if (!IsKnown(code) && !_isWhole)
        {
            ParseUpTo(code);
        }

        if (code < (ulong)_dense.Length && _dense[code].IsDeclared && code != 0)
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
            found.IsDeclared = false;
            _dense[0] = found;
            return ref _dense[0];
        }

        throw info.Invalid(die, $"abbreviation code {code} is not in the table at .debug_abbrev+0x{_unit.AbbrevOffset:x}");
    }

    private bool IsKnown(ulong code) => (code < _denseCount && _dense[code].IsDeclared) || _sparse?.ContainsKey(code) == true;

    private void ParseUpTo(ulong wanted)
    {
        SectionReader reader = _section.ReadFrom(_next);
        byte* start = _section.Start;
        byte* end = start + _section.Length;
        ulong code;
        do
        {
            code = reader.ReadUleb();
            if (code == 0)
            {
                _isWhole = true;
                return;
            }

            ulong tag = reader.ReadUleb();
            bool hasChildren = reader.ReadU8() != 0;
            ulong specs = reader.Offset;

            // Pairs of attribute and form, two bytes at a time; what is longer than a byte goes the long way.
            byte* at = start + specs;
            while (true)
            {
                if (end - at < 2)
                {
                    // Ends in an error, at the byte that is missing.
                    reader.Seek((ulong)(at - start));
                    NextSpec(ref reader, out _, out _, out _);
                }

                int pair = Unsafe.ReadUnaligned<ushort>(at);
                if ((pair & 0x8080) == 0 && at[1] != (byte)DwForm.DW_FORM_implicit_const)
                {
                    at += 2;
                    if (pair == 0)
                    {
                        break;
                    }

                    continue;
                }

                reader.Seek((ulong)(at - start));
                bool isMore = NextSpec(ref reader, out _, out _, out _);
                at = start + reader.Offset;
                if (!isMore)
                {
                    break;
                }
            }

            reader.Seek((ulong)(at - start));
            Add(code, new Abbrev
            {
                Tag = tag <= ushort.MaxValue ? (DwTag)tag : default,
                HasChildren = hasChildren,
                IsDeclared = true,
                FixedSize = Abbrev.NotPlanned,
                SpecsOffset = specs,
            });
        }
        while (code != wanted);

        _next = reader.Offset;
    }

    // The first of two declarations of a code counts.
    private void Add(ulong code, in Abbrev abbrev)
    {
        if (code > LargestDenseCode)
        {
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
                case DwAt.DW_AT_sibling when form == DwForm.DW_FORM_ref4:
                    abbrev.SiblingAt = at;
                    break;
                case DwAt.DW_AT_name:
                    abbrev.NameAt = at;
                    abbrev.NameForm = form;
                    break;
                case DwAt.DW_AT_declaration:
                    abbrev.DeclarationForm = form;
                    break;
            }

            int formSize = (int)form < _formSizes.Length ? (sbyte)_formSizes[(int)form] : AttributeForms.FixedSize(form, _unit);
            size = size < 0 || formSize < 0 || size > short.MaxValue ? Abbrev.Variable : size + formSize;
        }

        abbrev.FixedSize = size;
    }

    // Sizes that depend on the unit are looked up once a kind of unit, instead of once a code.
    private void SettleSizes()
    {
        int key = (_unit.Version << 16) | (_unit.AddressSize << 8) | _unit.OffsetSize;
        if (key == _sizesKey)
        {
            return;
        }

        _sizesKey = key;
        for (int form = 0; form < _formSizes.Length; form++)
        {
            _formSizes[form] = (byte)AttributeForms.FixedSize((DwForm)form, _unit);
        }
    }
}
