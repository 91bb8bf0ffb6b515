using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.IO;

/// <summary>
/// A cursor over a range of a <see cref="Section"/>. Hot: every byte of DWARF and BTF is read through it. A read is one bounds check and one unaligned
/// load; the rare cases (failure, a LEB128 of more than one byte, bytes that a <see cref="SectionWindow"/> has not loaded) are out of line, so that the
/// reads are inlined. A failed read does not move the cursor.
/// </summary>
internal unsafe ref struct SectionReader
{
    /// <summary>
    /// The longest string, in bytes: no name, path or command line of a compiler is longer. The limit bounds the cost of a string that a hundred thousand
    /// DIEs refer to.
    /// </summary>
    public const int LongestString = 1 << 16;

    private const string Short = "the data ends in the middle of a value";

    private readonly Section _section;
    private readonly byte* _end;
    private readonly bool _swap;
    private byte* _cursor;

    // The end of the loaded bytes of the range: the end of the range, unless the section is a view.
    private byte* _loadedEnd;

    internal SectionReader(Section section, byte* start, byte* end)
    {
        _section = section;
        _cursor = start;
        _end = end;
        _loadedEnd = section.LoadedEnd < end ? section.LoadedEnd : end;
        _swap = section.IsBigEndian == BitConverter.IsLittleEndian;
    }

    /// <summary>The cursor, in bytes from the start of the section.</summary>
    public readonly ulong Offset => (ulong)(_cursor - _section.Start);

    /// <summary>Bytes left in the range.</summary>
    public readonly nuint Remaining => (nuint)(_end - _cursor);

    /// <summary>Whether the range is used up.</summary>
    public readonly bool IsAtEnd => _cursor == _end;

    /// <summary>Moves the cursor to an offset of the section, within the range's end.</summary>
    public void Seek(ulong offset)
    {
        if (offset > (ulong)(_end - _section.Start) || !_section.Contains(offset))
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

    /// <summary>Loads so many bytes from the cursor on, as far as the range goes, for a caller that reads them by pointer.</summary>
    public void EnsureLoaded(nuint count)
    {
        if (_loadedEnd - _cursor < (nint)count)
        {
            _ = Load(_cursor, Math.Min(count, Remaining));
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
        if (_cursor < _loadedEnd && *_cursor < 0x80)
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
        while (at < _loadedEnd || Load(at, 1))
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
        int loaded = (int)Math.Clamp(_loadedEnd - _cursor, 0, limit);
        int length = MemoryMarshal.CreateReadOnlySpan(ref *_cursor, loaded).IndexOf((byte)0);
        if (length < 0 && loaded < limit && Load(_cursor, (nuint)limit))
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

    /// <summary>A block of bytes; valid while the file is open.</summary>
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
        while (at < _loadedEnd || Load(at, 1))
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
                // Padding with zero groups is allowed (DWARF 5 §7.6); a value has at most 64 bits.
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
        // The cursor may lie behind the loaded bytes: Skip and Seek load nothing.
        if (_loadedEnd - _cursor < (nint)count && !Load(_cursor, count))
        {
            ThrowShort();
        }
    }

    // Loads bytes; false if the range does not have so many.
    private bool Load(byte* at, nuint count)
    {
        if ((nuint)(_end - at) < count)
        {
            return false;
        }

        byte* loadedEnd = _section.Load(at + count);
        _loadedEnd = loadedEnd < _end ? loadedEnd : _end;
        return (nuint)(_loadedEnd - at) >= count;
    }

    [DoesNotReturn]
    private readonly void ThrowShort() => _section.Throw(_cursor, Short);
}

/// <summary>Readers of a section.</summary>
internal static unsafe class SectionReaders
{
    /// <summary>Reads from an offset to the end of the section.</summary>
    public static SectionReader ReadFrom(this Section section, ulong offset) => section.ReadRange(offset, section.ReadableEnd);

    /// <summary>Reads from one offset up to another, both in bytes from the start of the section.</summary>
    /// <exception cref="InvalidImageException">The range does not lie within the section.</exception>
    public static SectionReader ReadRange(this Section section, ulong offset, ulong end)
        => offset <= end && section.Contains(offset) && end <= section.ReadableEnd
            ? new SectionReader(section, section.Start + offset, section.Start + end)
            : throw section.Invalid(offset, $"points outside of the section (0x{section.Length:x} bytes)");

    /// <summary>The bytes of a zero-terminated string, without the zero.</summary>
    /// <exception cref="InvalidImageException">It starts or runs outside of the section, or is longer than any name may be.</exception>
    public static ReadOnlySpan<byte> StringAt(this Section section, ulong offset)
    {
        if (offset >= section.Length)
        {
            throw section.Invalid(offset, $"a string starts outside of the section (0x{section.Length:x} bytes)");
        }

        SectionReader reader = section.ReadFrom(offset);
        return reader.ReadString();
    }

    /// <summary>A zero-terminated string as text; bytes that are not UTF-8 become U+FFFD.</summary>
    public static string TextAt(this Section section, ulong offset) => Encoding.UTF8.GetString(section.StringAt(offset));
}
