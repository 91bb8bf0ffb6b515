using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>
/// The units of .debug_info, and of .debug_types behind it, found one after another along their lengths and remembered. Safe to use from several threads.
/// </summary>
internal sealed class UnitIndex
{
    // Who asks for more than some is likely to ask for all. A kernel's are of 64 to 100 KB.
    private const int Several = 64;
    private const ulong UnitSize = 64 << 10;
    private const ulong MostRoom = 4096;

    private readonly DwarfSections _sections;
    private readonly Section _info;
    private readonly List<UnitHeader> _units = [];
    private readonly Lock _lock = new();
    private readonly ulong _typesStart;
    private Dictionary<ulong, UnitHeader>? _typeUnits;
    private ulong _next;
    private ulong _passed;

    /// <param name="sections">The file, of which .debug_info is there already.</param>
    /// <param name="typesStart">Where the units of .debug_types start, in bytes from the start of the section.</param>
    public UnitIndex(DwarfSections sections, ulong typesStart = ulong.MaxValue)
    {
        _sections = sections;
        _info = sections.Info;
        _typesStart = typesStart;
    }

    /// <summary>How much of the section the units found so far take up, from 0 to 1. Read without a lock: it is for showing only.</summary>
    public double FractionFound => _info.Length == 0 ? 1 : Math.Max(Volatile.Read(ref _next), Volatile.Read(ref _passed)) / (double)_info.Length;

    /// <summary>Says how far who found units without this has come: for showing only, and so whoever says it last is right.</summary>
    public void Pass(ulong offset) => Volatile.Write(ref _passed, offset);

    /// <summary>The unit of an index, or null past the last one. Reads no further than that unit.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <param name="window">The window that the caller will read the unit through; headers are read through it too, with the bytes that follow them.</param>
    /// <exception cref="InvalidImageException">The header, or one before it, is damaged.</exception>
    public UnitHeader? At(int index, SectionWindow? window = null)
    {
        lock (_lock)
        {
            while (_units.Count <= index && ReadOne(window))
            {
            }

            return index < _units.Count ? _units[index] : null;
        }
    }

    /// <summary>All units.</summary>
    public UnitHeader[] All()
    {
        lock (_lock)
        {
            while (ReadOne())
            {
            }

            return [.. _units];
        }
    }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                while (ReadOne())
                {
                }

                return _units.Count;
            }
        }
    }

    /// <summary>The unit that an offset of .debug_info lies in.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public UnitHeader Containing(ulong offset)
    {
        lock (_lock)
        {
            while (_next <= offset && ReadOne())
            {
            }

            int low = 0;
            int high = _units.Count - 1;
            while (low <= high)
            {
                int middle = (low + high) >>> 1;
                UnitHeader unit = _units[middle];
                if (offset < unit.Offset)
                {
                    high = middle - 1;
                }
                else if (offset >= unit.End)
                {
                    low = middle + 1;
                }
                else
                {
                    return unit;
                }
            }
        }

        throw _info.Invalid(offset, "no unit is here, and a type is said to be");
    }

    /// <summary>The type unit of a signature (DWARF 5 §7.32), or null. Reads the headers of all units.</summary>
    public UnitHeader? WithSignature(ulong signature)
    {
        lock (_lock)
        {
            if (_typeUnits is null)
            {
                while (ReadOne())
                {
                }

                _typeUnits = [];
                foreach (UnitHeader unit in _units)
                {
                    if (unit.IsTypeUnit)
                    {
                        // Units of one signature describe one type: ld -r may keep several.
                        _typeUnits.TryAdd(unit.Signature, unit);
                    }
                }
            }

            return _typeUnits.TryGetValue(signature, out UnitHeader found) ? found : null;
        }
    }

    private bool ReadOne(SectionWindow? window = null)
    {
        if (_next >= _info.Length)
        {
            return false;
        }

        window?.SeekHead(_next);
        UnitHeader unit = UnitHeader.Read(_sections, window?.View ?? _info, _next, _next >= _typesStart);
        if (_units.Count == _units.Capacity && _units.Count >= Several)
        {
            // The list doubles, and is copied when all are asked for.
            _info.File.Budget.Take(_info, (ulong)_units.Count * 4 * (ulong)Unsafe.SizeOf<UnitHeader>());
        }

        if (_units.Count == Several)
        {
            _units.EnsureCapacity((int)Math.Min(_info.Length / UnitSize, MostRoom));
        }

        _units.Add(unit);
        _next = unit.End;
        return true;
    }
}
