using System.Text;

namespace LayoutCheck.Archives;

/// <summary>
/// The fields of a tar header, a block of 512 bytes (POSIX.1-1988 ustar; GNU tar's "Basic Tar Format"; the seventh edition's, which has no magic number).
/// </summary>
/// <param name="block">The block.</param>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    /// <summary>The size of a block in bytes.</summary>
    public const int ByteSize = 512;

    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>Whether a file that begins with these bytes is a tar archive: it has the magic number, or a sum that is right.</summary>
    public static bool IsFirst(ReadOnlySpan<byte> head)
        => head.Length >= ByteSize && new TarHeader(head[..ByteSize]) is var header && head[0] != 0 && (header.IsUstar || header.HasRightSum);

    /// <summary>Whether it has POSIX's or GNU's magic number.</summary>
    public bool IsUstar => _block.Slice(257, 5).SequenceEqual("ustar"u8);

    /// <summary>Whether the sum of its bytes is right; old programs took bytes as signed.</summary>
    public bool HasRightSum
    {
        get
        {
            // Zero is the sum of no header: its own field counts as eight spaces.
            if (Octal(_block.Slice(148, 8)) is not { } told || told == 0)
            {
                return false;
            }

            long unsigned = 0;
            long signed = 0;
            for (int i = 0; i < ByteSize; i++)
            {
                byte b = i is >= 148 and < 156 ? (byte)' ' : _block[i];
                unsigned += b;
                signed += (sbyte)b;
            }

            return (long)told == unsigned || (long)told == signed;
        }
    }

    /// <summary>Whether it is all zeros, as the end of an archive is.</summary>
    public bool IsEnd => !_block.ContainsAnyExcept((byte)0);

    /// <summary>The kind of the entry.</summary>
    public byte Type => _block[156];

    /// <summary>The name, behind POSIX's prefix; GNU's headers have other fields there.</summary>
    public string Name
    {
        get
        {
            string name = Text(_block[..100]);
            string prefix = _block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(_block.Slice(345, 155)) : "";
            return prefix.Length == 0 ? name : $"{prefix}/{name}";
        }
    }

    /// <summary>What a link leads to.</summary>
    public string Target => Text(_block.Slice(157, 100));

    /// <summary>The size of the contents; null if it is no number from 0 to 2^63 - 1.</summary>
    public ulong? ContentByteSize => (_block[124] & 0x80) != 0 ? Binary(_block.Slice(124, 12)) : Octal(_block.Slice(124, 12));

    /// <summary>Whether another block of GNU's map of a sparse file follows this header.</summary>
    public bool IsSparseMapContinued => _block[482] != 0;

    /// <summary>The text of a field, up to a zero. Names are UTF-8 or older; other bytes are replaced.</summary>
    public static string Text(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field.IndexOf((byte)0) is >= 0 and int end ? field[..end] : field);

    // GNU's base 256: the first bit is set, the second is the sign, the rest is a number.
    private static ulong? Binary(ReadOnlySpan<byte> field)
    {
        if (field[0] != 0x80 || field[1..4].ContainsAnyExcept((byte)0) || field[4] >= 0x80)
        {
            return null;
        }

        ulong value = 0;
        foreach (byte b in field[4..])
        {
            value = (value << 8) | b;
        }

        return value;
    }

    // Octal digits between spaces, up to a space or a zero. An empty field is 0.
    private static ulong? Octal(ReadOnlySpan<byte> field)
    {
        field = field.TrimStart((byte)' ');
        int end = field.IndexOfAny((byte)0, (byte)' ');
        field = end < 0 ? field : field[..end];
        ulong value = 0;
        foreach (byte b in field)
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value << 3) | (uint)(b - '0');
        }

        return value;
    }
}
