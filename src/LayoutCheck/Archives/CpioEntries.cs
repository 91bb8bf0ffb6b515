using System.Globalization;
using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Archives;

/// <summary>
/// The entries of a cpio archive of the "new" format (070701, 070702), which packages of RPM have: headers of hexadecimal digits, names and contents padded to
/// four bytes.
/// </summary>
/// <param name="stream">The archive; not closed.</param>
internal sealed class CpioEntries(ArchiveStream stream) : IArchiveEntries
{
    private const int HeaderByteSize = 110;
    private const int LongestName = 1 << 16;
    private const int LongestTarget = 1 << 12;

    private readonly byte[] _header = new byte[HeaderByteSize];
    private ulong _left;
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
        Align(_contents);
        ulong at = stream.Offset;
        stream.ReadExactly(_header, "a header of cpio (there is no mark of its end)");
        ReadOnlySpan<byte> magic = _header.AsSpan(0, 6);
        if (!magic.SequenceEqual("070701"u8) && !magic.SequenceEqual("070702"u8))
        {
            throw magic.SequenceEqual("07070X"u8)
                ? stream.Invalid(
                    at, "is a cpio archive of RPM's own kind (07070X), which rpm writes for files of 4 GiB and more", "unpack it (rpm2archive FILE) and name the file in it")
                : stream.Invalid(at, "a header of cpio is damaged (it has no magic number)");
        }

        uint mode = Number(at, 1);
        uint links = Number(at, 4);
        _left = Number(at, 6);
        uint nameSize = Number(at, 11);
        if (nameSize is 0 or > LongestName)
        {
            throw stream.Invalid(at, $"a header of cpio is damaged (a name of {nameSize} bytes)");
        }

        byte[] bytes = new byte[nameSize];
        stream.ReadExactly(bytes, "a name of cpio");
        string name = TarHeader.Text(bytes);
        _contents = $"the contents of {Printable.Escape(Printable.Shorten(name))}";
        Align(_contents);
        if (name == "TRAILER!!!")
        {
            _isAtEnd = true;
            stream.SkipToEnd();
            return null;
        }

        // inode(7), the kind of file.
        return (mode & 0xf000) switch
        {
            0x8000 when _left == 0 && links > 1 => new ArchiveEntry(name, EntryKind.HardLink, 0),
            0x8000 => new ArchiveEntry(name, EntryKind.File, _left),
            0xa000 => new ArchiveEntry(name, EntryKind.SymbolicLink, 0, ReadTarget(at)),
            0x4000 => new ArchiveEntry(name, EntryKind.Other, _left, "a directory"),
            0x2000 or 0x6000 => new ArchiveEntry(name, EntryKind.Other, _left, "a device"),
            0x1000 => new ArchiveEntry(name, EntryKind.Other, _left, "a FIFO"),
            _ => new ArchiveEntry(name, EntryKind.Other, _left, "an entry of an unknown kind"),
        };
    }

    /// <inheritdoc/>
    public int Read(Span<byte> to)
    {
        Span<byte> wanted = to[..(int)Math.Min((ulong)to.Length, _left)];
        stream.ReadExactly(wanted, _contents);
        _left -= (ulong)wanted.Length;
        return wanted.Length;
    }

    private string ReadTarget(ulong at)
    {
        if (_left > LongestTarget)
        {
            throw stream.Invalid(at, $"a symbolic link of cpio is damaged (a target of {_left} bytes)");
        }

        byte[] target = new byte[_left];
        _ = Read(target);
        return Encoding.UTF8.GetString(target);
    }

    // The number of a field: eight digits, behind six of the magic number.
    private uint Number(ulong at, int field)
        => uint.TryParse(_header.AsSpan(6 + (field * 8), 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw stream.Invalid(at, "a header of cpio is damaged (a number has other characters than hexadecimal digits)");

    private void Align(string what) => stream.Skip((4 - (stream.Offset % 4)) % 4, what);
}
