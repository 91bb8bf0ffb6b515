using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>
/// An ELF file as a stream that shows the header and the section table alone: it has no segments and no section names, and every section has one type that no
/// reader knows. A reader of whole files lists its sections and reads no contents.
/// </summary>
internal sealed unsafe class ElfHeaderView : Stream
{
    // The same in both byte orders. From SHT_LOPROC (0x70000000) on types are the processor's; no ABI has this one.
    private const byte TypeByte = 0x7f;
    private const int TypeOffset = 4; // sh_type
    private const int TypeSize = 4;
    private const int LargestHeader = 64;

    private readonly Section _whole;
    private readonly (int Offset, byte[] Bytes)[] _fields;
    private readonly long _tableStart;
    private readonly long _tableEnd;
    private readonly int _entrySize;
    private long _position;

    /// <param name="file">The file; not owned, and open as long as the view.</param>
    /// <param name="header">Its header.</param>
    /// <exception cref="InvalidImageException">The section table lies over the header, so that no view of one leaves the other as it is.</exception>
    public ElfHeaderView(MappedFile file, ElfHeader header)
    {
        _whole = file.Whole(header.IsBigEndian);
        byte[] one = header.IsBigEndian ? [0, 0, 0, 1] : [1, 0, 0, 0];

        // gABI, "ELF Header": EI_VERSION, e_version, e_phoff, e_phnum, e_shstrndx. Some old files have another version than 1, the only one.
        _fields = header.Is64Bit
            ? [(6, [1]), (20, one), (32, new byte[8]), (56, new byte[2]), (62, new byte[2])]
            : [(6, [1]), (20, one), (28, new byte[4]), (44, new byte[2]), (50, new byte[2])];
        _tableStart = (long)header.SectionTableOffset;
        _entrySize = header.SectionEntrySize;
        _tableEnd = _tableStart + ((long)header.SectionCount * _entrySize);
        if (_tableStart < (header.Is64Bit ? 64 : 52))
        {
            throw _whole.Invalid(header.SectionTableOffset, "the section headers lie over the ELF header", "the file is damaged: fetch or build it again");
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => (long)_whole.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => _position = value < 0 ? throw new ArgumentOutOfRangeException(nameof(value)) : value;
    }

    /// <summary>Reads bytes of the view. The overload for spans is the base's, which calls this one.</summary>
    public override int Read(byte[] buffer, int offset, int count)
    {
        int size = (int)Math.Min(count, Math.Max(0, Length - _position));
        Span<byte> bytes = buffer.AsSpan(offset, size);
        new ReadOnlySpan<byte>(_whole.Start + _position, size).CopyTo(bytes);
        if (_position < LargestHeader)
        {
            foreach ((int at, byte[] shown) in _fields)
            {
                Overlay(bytes, at, shown);
            }
        }

        if (_position < _tableEnd && _position + size > _tableStart)
        {
            ReadOnlySpan<byte> type = [TypeByte, TypeByte, TypeByte, TypeByte];
            long first = Math.Max(0, (_position - _tableStart) / _entrySize);
            for (long at = _tableStart + (first * _entrySize) + TypeOffset; at < _position + size && at < _tableEnd; at += _entrySize)
            {
                Overlay(bytes, at, type);
            }
        }

        _position += size;
        return size;
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // Replaces the part of an overlay that lies within the bytes read at the position.
    private void Overlay(Span<byte> bytes, long at, ReadOnlySpan<byte> shown)
    {
        for (int i = 0; i < shown.Length; i++)
        {
            long index = at + i - _position;
            if (index >= 0 && index < bytes.Length)
            {
                bytes[(int)index] = shown[i];
            }
        }
    }
}
