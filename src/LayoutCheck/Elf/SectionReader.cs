using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LayoutCheck.Elf;

/// <summary>
/// A cursor over a range of a <see cref="Section"/>. Hot: every byte of DWARF and BTF that is looked at comes through here. Each read
/// is one bounds check and one unaligned load; what is rare (failing, a LEB128 of more than one byte, bytes that a <see cref="SectionWindow"/>
/// has yet to fetch) is out of line so that the reads inline. After a failed read the cursor stands where it stood.
/// </summary>
internal unsafe ref struct SectionReader
{
    /// <summary>
    /// No name, path or command line of a compiler is longer than this; a longer one means that we are reading something else. Equal bytes can be
    /// named a hundred thousand times, so that this bounds what that costs.
    /// </summary>
    public const int LongestString = 1 << 16;

    private const string Short = "the data ends in the middle of a value";

    private readonly Section _section;
    private readonly byte* _end;
    private readonly bool _swap;
    private byte* _cursor;

    // Up to where bytes are in memory: the end of the range, but in a window.
    private byte* _ready;

    internal SectionReader(Section section, byte* start, byte* end)
    {
        _section = section;
        _cursor = start;
        _end = end;
        _ready = section.Ready < end ? section.Ready : end;
        _swap = section.IsBigEndian == BitConverter.IsLittleEndian;
    }

    /// <summary>Where the cursor is, in bytes from the start of the section.</summary>
    public readonly ulong Offset => (ulong)(_cursor - _section.Start);

    /// <summary>Bytes left in the range.</summary>
    public readonly nuint Remaining => (nuint)(_end - _cursor);

    /// <summary>Whether the range is used up.</summary>
    public readonly bool IsAtEnd => _cursor == _end;

    /// <summary>Moves the cursor to an offset of the section, within the range's end.</summary>
    public void Seek(ulong offset)
    {
        if (offset > (ulong)(_end - _section.Start) || !_section.Shows(offset))
        {
            throw _section.Invalid(offset, "points past the end of what it belongs to");
        }

        _cursor = _section.Start + offset;
    }

    /// <summary>Steps over bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(ulong count)
    {
        if (count > Remaining)
        {
            ThrowShort();
        }

        _cursor += count;
    }

    /// <summary>Has so many bytes from the cursor on brought into memory, if the range has as many: whoever then looks at them without a reader can.</summary>
    public void Prepare(nuint count)
    {
        if (_ready - _cursor < (nint)count)
        {
            _ = Fetch(_cursor, Math.Min(count, Remaining));
        }
    }

    /// <summary>One byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadU8()
    {
        Need(1);
        return *_cursor++;
    }

    /// <summary>Two bytes in the section's byte order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort ReadU16()
    {
        Need(2);
        ushort value = Unsafe.ReadUnaligned<ushort>(_cursor);
        _cursor += 2;
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>Three bytes in the section's byte order (DW_FORM_strx3, DW_FORM_addrx3).</summary>
    public uint ReadU24()
    {
        Need(3);
        uint value = _section.IsBigEndian
            ? (uint)((_cursor[0] << 16) | (_cursor[1] << 8) | _cursor[2])
            : (uint)(_cursor[0] | (_cursor[1] << 8) | (_cursor[2] << 16));
        _cursor += 3;
        return value;
    }

    /// <summary>Four bytes in the section's byte order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint ReadU32()
    {
        Need(4);
        uint value = Unsafe.ReadUnaligned<uint>(_cursor);
        _cursor += 4;
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>Eight bytes in the section's byte order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadU64()
    {
        Need(8);
        ulong value = Unsafe.ReadUnaligned<ulong>(_cursor);
        _cursor += 8;
        return _swap ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>An unsigned integer of 4 or 8 bytes, as an address or an offset is.</summary>
    public ulong ReadUnsigned(int byteSize) => byteSize switch
    {
        4 => ReadU32(),
        8 => ReadU64(),
        _ => throw _section.Invalid(Offset, $"an integer of {byteSize} bytes is not one that we can read"),
    };

    /// <summary>An unsigned LEB128 (DWARF 5 §7.6).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadUleb()
    {
        if (_cursor < _ready && *_cursor < 0x80)
        {
            return *_cursor++;
        }

        return ReadLongUleb();
    }

    /// <summary>A signed LEB128 (DWARF 5 §7.6).</summary>
    public long ReadSleb()
    {
        byte* at = _cursor;
        ulong value = 0;
        int shift = 0;
        while (at < _ready || Fetch(at, 1))
        {
            byte part = *at++;
            if (shift >= 63 && (part & 0x7f) is not (0 or 0x7f))
            {
                // From bit 63 on all bits repeat the sign.
                _section.Throw(_cursor, "a signed LEB128 does not fit 64 bits");
            }

            if (shift < 64)
            {
                value |= (ulong)(part & 0x7f) << shift;
                shift += 7;
            }

            if (part < 0x80)
            {
                if (shift < 64 && (part & 0x40) != 0)
                {
                    value |= ulong.MaxValue << shift;
                }

                _cursor = at;
                return (long)value;
            }
        }

        throw _section.Invalid(Offset, Short);
    }

    /// <summary>The bytes of a zero-terminated string, without the zero; steps over both.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        int limit = (int)Math.Min(Remaining, (nuint)LongestString + 1);
        int ready = (int)Math.Clamp(_ready - _cursor, 0, limit);
        int length = MemoryMarshal.CreateReadOnlySpan(ref *_cursor, ready).IndexOf((byte)0);
        if (length < 0 && ready < limit && Fetch(_cursor, (nuint)limit))
        {
            length = MemoryMarshal.CreateReadOnlySpan(ref *_cursor, limit).IndexOf((byte)0);
        }

        if (length < 0)
        {
            _section.Throw(_cursor, limit <= LongestString ? "a string has no end" : "a string is longer than 64 KiB");
        }

        ReadOnlySpan<byte> text = new(_cursor, length);
        _cursor += length + 1;
        return text;
    }

    /// <summary>A block of bytes; valid while the file is mapped.</summary>
    public ReadOnlySpan<byte> ReadBytes(ulong count)
    {
        if (count > Remaining || count > int.MaxValue)
        {
            ThrowShort();
        }

        Need((nuint)count);
        ReadOnlySpan<byte> bytes = new(_cursor, (int)count);
        _cursor += count;
        return bytes;
    }

    private ulong ReadLongUleb()
    {
        byte* at = _cursor;
        ulong value = 0;
        int shift = 0;
        while (at < _ready || Fetch(at, 1))
        {
            byte part = *at++;
            ulong bits = (ulong)(part & 0x7f);
            if (shift < 64 && bits << shift >> shift == bits)
            {
                value |= bits << shift;
                shift += 7;
            }
            else if (bits != 0)
            {
                // Padding with zero groups is allowed (DWARF 5 §7.6); bits past the 64th are not a number that we can hold.
                _section.Throw(_cursor, "an unsigned LEB128 does not fit 64 bits");
            }

            if (part < 0x80)
            {
                _cursor = at;
                return value;
            }
        }

        throw _section.Invalid(Offset, Short);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Need(nuint count)
    {
        // The cursor may be past what is ready: skipping and seeking fetch nothing.
        if (_ready - _cursor < (nint)count && !Fetch(_cursor, count))
        {
            ThrowShort();
        }
    }

    // Has the bytes from a place on brought into memory; false when so many are not in the range.
    private bool Fetch(byte* at, nuint count)
    {
        if ((nuint)(_end - at) < count)
        {
            return false;
        }

        byte* ready = _section.Fetch(at + count);
        _ready = ready < _end ? ready : _end;
        return (nuint)(_ready - at) >= count;
    }

    [DoesNotReturn]
    private readonly void ThrowShort() => _section.Throw(_cursor, Short);
}
