using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Sections;

/// <summary>
/// The units of .debug_info, and of .debug_types behind it: read in order, each at the end of the one before, and kept. Safe to use from several threads.
/// </summary>
internal sealed class UnitIndex
{
    // A caller that reads past this many units usually reads all: the list gets room for them (a kernel unit takes 64 to 100 KB).
    private const int Several = 64;
    private const ulong UnitSize = 64 << 10;
    private const ulong MostRoom = 4096;

    private readonly Section _info;
    private readonly List<UnitHeader> _units = [];
    private readonly Lock _lock = new();
    private readonly FileFormat _format;
    private readonly ulong _typesStart;
    private Dictionary<ulong, UnitHeader>? _typeUnits;
    private ulong _next;

    /// <param name="info">.debug_info.</param>
    /// <param name="format">The file's format.</param>
    /// <param name="typesStart">Where the units of .debug_types start, in bytes from the start of the section.</param>
    public UnitIndex(Section info, FileFormat format, ulong typesStart = ulong.MaxValue)
    {
        _info = info;
        _format = format;
        _typesStart = typesStart;
    }

    /// <summary>The share of the section that the units read so far take up, from 0 to 1. Read without a lock: for the progress bar only.</summary>
    public double FractionFound => _info.Length == 0 ? 1 : Volatile.Read(ref _next) / (double)_info.Length;

    /// <summary>The unit of an index, or null past the last one. Reads the headers up to that unit and no further.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <param name="window">The window that the caller reads the unit through; the header is read through it as well, which loads the bytes behind it.</param>
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

    /// <summary>The number of units.</summary>
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

    /// <summary>The unit that contains an offset of .debug_info.</summary>
    /// <exception cref="InvalidImageException">No unit does.</exception>
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
                        // Units with one signature describe one type: ld -r may keep several.
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
        UnitHeader unit = UnitHeader.Read(window?.View ?? _info, _next, _format, _next >= _typesStart);
        if (_units.Count == _units.Capacity && _units.Count >= Several)
        {
            // The list doubles, and All() copies it.
            _info.File.Budget.Take(_info, (ulong)_units.Count * 4 * (ulong)Unsafe.SizeOf<UnitHeader>());
        }

        if (_units.Count == Several)
        {
            _units.EnsureCapacity((int)Math.Min(_info.Length / UnitSize, MostRoom));
        }

        _units.Add(unit);
        Volatile.Write(ref _next, unit.End);
        return true;
    }
}
