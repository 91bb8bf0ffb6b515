using System.Runtime.CompilerServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// The DIEs of one unit as a census reads them. Hot: a kernel has twenty million. There are three ways to a DIE, each for what the one before leaves: by its
/// plan, by its fields, and by the decoder. Names become hashes here.
/// </summary>
internal sealed unsafe class UnitDies
{
    private readonly DwarfSections _sections;
    private readonly Section _info;
    private readonly DieFieldReader _reader;
    private readonly DiePlans _plans;
    private readonly NameHashes _names;
    private readonly LayoutHash _hash;
    private readonly ulong _emptyName;
    private readonly bool _byOffsets;
    private DieDecoder? _decoder;
    private bool _isDecoderOpen;
    private UnitHeader _unit;

    /// <param name="sections">The file.</param>
    /// <param name="scanner">A scanner of it, open on the unit.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="byOffsets">Whether names stand for themselves by their offsets in .debug_str.</param>
    /// <param name="cacheSize">The size of the cache of names.</param>
    public UnitDies(DwarfSections sections, DieScanner scanner, LayoutHash hash, bool byOffsets, int cacheSize)
    {
        _sections = sections;
        _info = scanner.Info;
        _reader = new DieFieldReader(scanner.Info, scanner.Abbrevs);
        _plans = new DiePlans(scanner.Info, scanner.Abbrevs, _reader);
        _names = new NameHashes(sections.Str, hash, byOffsets ? 1 : cacheSize);
        _hash = hash;
        _emptyName = hash.OfName([]);
        _byOffsets = byOffsets;
    }

    /// <summary>The unit.</summary>
    public ref readonly UnitHeader Unit => ref _unit;

    /// <summary>.debug_info, or a window that shows the unit.</summary>
    public Section Info => _info;

    /// <summary>The end of the unit.</summary>
    public byte* End => _info.Start + _unit.End;

    /// <summary>The plans by code.</summary>
    public DiePlans Plans => _plans;

    /// <summary>The decoder, open on the unit.</summary>
    /// <exception cref="InvalidImageException">Its abbreviations are damaged.</exception>
    public DieDecoder Decoder
    {
        get
        {
            _decoder ??= new DieDecoder(_sections);
            if (!_isDecoderOpen)
            {
                _decoder.Open(_unit);
                _isDecoderOpen = true;
            }

            return _decoder;
        }
    }

    /// <summary>Moves to a unit, which the scanner is open on, and loads all of it.</summary>
    /// <exception cref="InvalidImageException">It cannot be read.</exception>
    public void Open(in UnitHeader unit)
    {
        _unit = unit;
        _info.Load(_info.Start + unit.End);
        _reader.Open(unit);
        _plans.Open(unit);
        _isDecoderOpen = false;
    }

    /// <summary>Reads the fields of a DIE; false if anything about it is unusual.</summary>
    /// <exception cref="InvalidImageException">Its abbreviation is damaged.</exception>
    public bool Read(ulong die, out DieFields fields) => _reader.Read(die, out fields);

    /// <summary>Whether a DIE has a plan, its values, and four bytes more behind them.</summary>
    /// <param name="die">The offset of the DIE.</param>
    /// <param name="values">Where its values start, behind a name in place.</param>
    /// <param name="plan">The plan, valid until the next one is asked for.</param>
    /// <exception cref="InvalidImageException">Its abbreviation is damaged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPlan(ulong die, out byte* values, out DiePlan plan)
    {
        byte* at = _info.Start + die;
        byte* end = End;
        values = at + 1;
        if (die < _unit.FirstDie || end - at < 2)
        {
            plan = default;
            return false;
        }

        uint code = *at;
        if (code >= 0x80)
        {
            code = (code & 0x7f) | ((uint)*values++ << 7);
        }

        if (code is 0 or >= DiePlans.Codes)
        {
            plan = default;
            return false;
        }

        plan = _plans.Of(code, die);
        return (!plan.IsNamedInPlace || TrySkipName(ref values, end)) && end - values >= plan.Size + sizeof(uint);
    }

    /// <summary>Goes behind a name in place; false if it does not end in the unit.</summary>
    public static bool TrySkipName(ref byte* values, byte* end)
    {
        while (values < end && *values != 0)
        {
            values++;
        }

        return ++values <= end;
    }

    /// <summary>The DIE that the type of a DIE with a plan is at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong TypeAt(byte* values, in DiePlan plan) => _unit.Offset + _plans.Load(in values[plan.Type]);

    /// <summary>The number of a DIE with a plan.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint NumberAt(byte* values, in DiePlan plan) => ((_plans.Load(in values[plan.Number]) >> plan.NumberShift) & plan.NumberMask) + plan.NumberValue;

    /// <summary>The hash of the name of a DIE with a plan, <see cref="LayoutHash.NoName"/> if it has none; false if the name is unusual.</summary>
    /// <exception cref="InvalidImageException">No string is there.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryName(byte* at, byte* values, in DiePlan plan, out ulong name)
    {
        if (!plan.IsNamedByOffset)
        {
            name = LayoutHash.NoName;
            return !plan.IsNamedInPlace || TryNameInPlace(at, values, out name);
        }

        return TryNameAt(_plans.Load(in values[plan.Name]), out name);
    }

    /// <summary>The same of a DIE whose fields were read.</summary>
    /// <exception cref="InvalidImageException">No string is there.</exception>
    public bool TryName(in DieFields fields, out ulong name)
    {
        name = LayoutHash.NoName;
        return fields.NameHome switch
        {
            StringHome.None => true,
            StringHome.Str => fields.Name <= uint.MaxValue && TryNameAt((uint)fields.Name, out name),
            StringHome.InPlace => _names.TryHash(_info.StringAt(fields.Name), out name),
            _ => false,
        };
    }

    /// <summary>The same of a text.</summary>
    public bool TryName(string text, out ulong name) => _names.TryHash(Encoding.UTF8.GetBytes(text), out name);

    /// <summary>The hash of the tag of a DIE whose name was read: behind a pointer an empty one is none.</summary>
    public bool TryTag(in DieFields fields, out ulong tag)
    {
        bool isKnown = TryName(fields, out tag);
        tag = OrNone(tag);
        return isKnown;
    }

    /// <summary>The hash of a name, with that of an empty one taken for none: the name of a member.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong OrNone(ulong name) => name == _emptyName ? LayoutHash.NoName : name;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryNameAt(uint offset, out ulong name)
    {
        if (!_byOffsets)
        {
            return _names.TryGet(offset, out name);
        }

        name = _hash.OfOffset(offset);
        return true;
    }

    // The text between the code of a DIE and its other values, and a zero behind it.
    private bool TryNameInPlace(byte* at, byte* values, out ulong name)
    {
        byte* text = *at < 0x80 ? at + 1 : at + 2;
        return _names.TryHash(new ReadOnlySpan<byte>(text, (int)(values - text) - 1), out name);
    }
}
