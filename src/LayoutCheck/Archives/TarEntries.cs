using LayoutCheck.Core;

namespace LayoutCheck.Archives;

/// <summary>
/// The entries of a tar archive: ustar, pax, GNU and the seventh edition's. System.Formats.Tar is not used: of a header that claims 128 MiB of extended
/// attributes it makes 256 MiB before it reads a byte (.NET 10), and does so up to 2 GiB.
/// </summary>
/// <param name="stream">The archive; not closed.</param>
internal sealed class TarEntries(ArchiveStream stream) : IArchiveEntries
{
    // The longest name is 4 KiB, and extended attributes are 64 KiB.
    private const int LargestRecords = 1 << 20;

    // Extended headers that have nothing to extend.
    private const int MostInRow = 16;

    private readonly byte[] _block = new byte[TarHeader.ByteSize];
    private ulong _left;
    private ulong _padding;
    private bool _isAtEnd;
    private string _contents = "";

    /// <inheritdoc/>
    public ArchiveEntry? Next()
    {
        if (_isAtEnd)
        {
            return null;
        }

        stream.Skip(_left, _contents);
        stream.Skip(_padding, _contents);
        (_left, _padding) = (0, 0);
        PaxRecords pax = new();
        string? longName = null;
        string? longTarget = null;
        for (int i = 0; i < MostInRow; i++)
        {
            ulong at = stream.Offset;
            stream.ReadExactly(_block, "a header of tar (there is no mark of its end)");
            TarHeader header = new(_block);
            if (header.IsEnd)
            {
                _isAtEnd = true;
                stream.SkipToEnd();
                return null;
            }

            if (!header.HasRightSum)
            {
                throw stream.Invalid(at, "the header of tar is damaged (its sum is wrong)");
            }

            ulong size = header.ContentByteSize ?? throw stream.Invalid(at, "the header of tar has a size that is no number from 0 to 2^63 - 1");
            switch (header.Type)
            {
                case (byte)'x' or (byte)'X':
                    pax = PaxRecords.Parse(ReadRecords(at, size)) ?? throw stream.Invalid(at, "the extended header of tar is damaged");
                    break;
                case (byte)'g':
                    if (PaxRecords.Parse(ReadRecords(at, size)) is not { Path: null, LinkPath: null, ByteSize: null, IsSparse: false })
                    {
                        throw stream.Invalid(at, "the global header of tar is damaged, or says of all files what can be said of one");
                    }

                    break;
                case (byte)'L':
                    longName = TarHeader.Text(ReadRecords(at, size));
                    break;
                case (byte)'K':
                    longTarget = TarHeader.Text(ReadRecords(at, size));
                    break;
                default:
                    return Entry(header, pax.Path ?? longName ?? header.Name, pax.LinkPath ?? longTarget ?? header.Target, pax.ByteSize ?? size, pax.IsSparse);
            }
        }

        throw stream.Invalid(stream.Offset, "has too many extended headers of tar in a row");
    }

    /// <inheritdoc/>
    public int Read(Span<byte> to)
    {
        Span<byte> wanted = to[..(int)Math.Min((ulong)to.Length, _left)];
        stream.ReadExactly(wanted, _contents);
        _left -= (ulong)wanted.Length;
        return wanted.Length;
    }

    private ArchiveEntry Entry(TarHeader header, string name, string target, ulong size, bool isSparse)
    {
        byte type = header.Type;
        bool isFile = type is 0 or (byte)'0' or (byte)'7' && !isSparse;
        (EntryKind kind, string word) = type switch
        {
            0 or (byte)'0' or (byte)'7' when isSparse => (EntryKind.Other, "a sparse file (tar)"),
            0 or (byte)'0' when name.EndsWith('/') => (EntryKind.Other, "a directory"),
            0 or (byte)'0' or (byte)'7' => (EntryKind.File, ""),
            (byte)'1' => (EntryKind.HardLink, target),
            (byte)'2' => (EntryKind.SymbolicLink, target),
            (byte)'3' or (byte)'4' => (EntryKind.Other, "a device"),
            (byte)'5' => (EntryKind.Other, "a directory"),
            (byte)'6' => (EntryKind.Other, "a FIFO"),
            (byte)'S' => (EntryKind.Other, "a sparse file (tar)"),
            _ => (EntryKind.Other, "an entry of an unknown kind"),
        };

        // Links, devices and directories have no contents, whatever their size says.
        _left = type is >= (byte)'1' and <= (byte)'6' ? 0 : size;
        _padding = (TarHeader.ByteSize - (_left % TarHeader.ByteSize)) % TarHeader.ByteSize;
        _contents = isFile || _left > 0 ? $"the contents of {Printable.Escape(Printable.Shorten(name))}" : "a header of tar";
        bool isContinued = type == (byte)'S' && header.IsSparseMapContinued;
        while (isContinued)
        {
            stream.ReadExactly(_block, "the map of a sparse file");
            isContinued = _block[504] != 0;
        }

        return new ArchiveEntry(name, kind, _left, word);
    }

    private byte[] ReadRecords(ulong at, ulong size)
    {
        if (size > LargestRecords)
        {
            throw stream.Invalid(at, $"the extended header of tar is said to have 0x{size:x} bytes, and none has more than 0x{LargestRecords:x}");
        }

        byte[] records = new byte[size];
        stream.ReadExactly(records, "an extended header of tar");
        stream.Skip((TarHeader.ByteSize - (size % TarHeader.ByteSize)) % TarHeader.ByteSize, "an extended header of tar");
        return records;
    }
}
