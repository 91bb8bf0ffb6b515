using System.Globalization;
using System.Text;

namespace LayoutCheck.Archives;

/// <summary>What an extended header says of the next entry (POSIX.1-2001, "pax Extended Header"): lines of a length, a keyword and a value.</summary>
internal sealed record PaxRecords
{
    /// <summary>The name in place of the header's; or null.</summary>
    public string? Path { get; init; }

    /// <summary>What a link leads to, in place of the header's; or null.</summary>
    public string? LinkPath { get; init; }

    /// <summary>The size of the contents in place of the header's; or null.</summary>
    public ulong? ByteSize { get; init; }

    /// <summary>Whether the contents are parts of a file with holes.</summary>
    public bool IsSparse { get; init; }

    /// <summary>Reads the records; null if they are damaged.</summary>
    public static PaxRecords? Parse(ReadOnlySpan<byte> text)
    {
        PaxRecords records = new();
        while (text.Length > 0 && text[0] != 0)
        {
            int space = text[..Math.Min(text.Length, 20)].IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(text[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > text.Length || text[length - 1] != '\n')
            {
                return null;
            }

            ReadOnlySpan<byte> record = text[(space + 1)..(length - 1)];
            text = text[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                return null;
            }

            ReadOnlySpan<byte> key = record[..equals];
            ReadOnlySpan<byte> value = record[(equals + 1)..];
            if (key.SequenceEqual("path"u8) || key.SequenceEqual("GNU.sparse.name"u8))
            {
                records = records with { Path = Encoding.UTF8.GetString(value) };
            }
            else if (key.SequenceEqual("linkpath"u8))
            {
                records = records with { LinkPath = Encoding.UTF8.GetString(value) };
            }
            else if (key.SequenceEqual("size"u8))
            {
                if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong size) || size > long.MaxValue)
                {
                    return null;
                }

                records = records with { ByteSize = size };
            }

            records = key.StartsWith("GNU.sparse."u8) ? records with { IsSparse = true } : records;
        }

        return records;
    }
}
