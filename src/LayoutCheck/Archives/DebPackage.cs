using System.Buffers;
using System.Globalization;
using System.Text;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>
/// Debian's package (deb(5)): an ar archive of debian-binary, control.tar and data.tar, the last two compressed. control.tar has the file md5sums: the sum and
/// the path of each regular file in data.tar.
/// </summary>
internal static class DebPackage
{
    private const int HeaderByteSize = 60;
    private const int NameByteSize = 16;
    private const int SizeOffset = 48;
    private const int SizeByteSize = 10;
    private const int Md5Digits = 32;

    // 100,000 files.
    private const ulong LargestList = 16 << 20;

    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    private static ReadOnlySpan<byte> Magic => "!<arch>\ndebian-binary"u8;

    /// <summary>Whether a file begins as a package does.</summary>
    public static bool IsOne(Section whole) => whole.Head(Magic.Length).SequenceEqual(Magic);

    /// <summary>Finds the parts of a package.</summary>
    /// <param name="whole">The package.</param>
    /// <param name="request">How its control.tar is read.</param>
    /// <exception cref="InvalidImageException">It is damaged, or of a kind that cannot be read.</exception>
    public static Package Open(Section whole, ArchiveRequest request)
    {
        PackageList? list = null;
        for (ulong at = 8; at < whole.Length;)
        {
            (string name, Section contents) = Member(whole, at);
            if (name == "debian-binary" && !contents.Head(2).SequenceEqual("2."u8))
            {
                throw whole.Invalid(at, $"is a Debian package of another format than 2.0 ({Shown(TarHeader.Text(contents.Head(10)).Trim())})", Unpack);
            }

            if (name.StartsWith("control.tar", StringComparison.Ordinal))
            {
                list = ReadList(contents, CodecOf(name, contents, "control.tar"), request with { Progress = null, Threads = 1 });
            }
            else if (name.StartsWith("data.tar", StringComparison.Ordinal))
            {
                return new Package(contents, CodecOf(name, contents, "data.tar"), IsCpio: false, list);
            }

            at += HeaderByteSize + contents.Length + (contents.Length % 2);
        }

        throw whole.Invalid(whole.Length, "is a Debian package without data.tar", "the file looks truncated: fetch or build it again");
    }

    private const string Unpack = "unpack it (dpkg-deb -x FILE DIRECTORY) and name the file in it";

    private static string Shown(string text) => Printable.Escape(Printable.Shorten(text));

    // ar(5): a name, then numbers in decimal, each padded with spaces; the header ends in "`\n".
    private static (string Name, Section Contents) Member(Section whole, ulong at)
    {
        if (whole.Length - at < HeaderByteSize)
        {
            throw whole.Invalid(at, "is a Debian package that ends within a header of ar", "the file looks truncated: fetch or build it again");
        }

        ReadOnlySpan<byte> header = whole.Part(at, HeaderByteSize).Head(HeaderByteSize);
        string name = Encoding.UTF8.GetString(header[..NameByteSize]).TrimEnd(' ').TrimEnd('/');
        string size = Encoding.UTF8.GetString(header.Slice(SizeOffset, SizeByteSize)).Trim(' ');
        if (!header[58..].SequenceEqual("`\n"u8) || !ulong.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out ulong length))
        {
            throw whole.Invalid(at, "is a Debian package with a header of ar that is damaged", "fetch or build it again");
        }

        if (length > whole.Length - at - HeaderByteSize)
        {
            throw whole.Invalid(
                at,
                $"is a Debian package whose {Shown(name)} has {length} bytes, of which {whole.Length - at - HeaderByteSize} are there",
                "the file looks truncated: fetch or build it again");
        }

        return (name, whole.Part(at + HeaderByteSize, length).As(Shown(name), isBigEndian: false));
    }

    private static ICodec? CodecOf(string name, Section contents, string plain) => name == plain ? null
        : Decompression.Recognise(contents.Head(16)) ?? throw contents.Invalid(
            0,
            contents.Length == 0 ? "has no bytes" : $"is compressed in an unknown way (it starts with {Convert.ToHexStringLower(contents.Head(8))})",
            Unpack);

    private static PackageList? ReadList(Section contents, ICodec? codec, ArchiveRequest request)
    {
        using ArchiveStream stream = new(contents, codec, request);
        TarEntries entries = new(stream);
        while (entries.Next() is { } entry)
        {
            if (KernelMember.Plain(entry.Name) != "md5sums" || entry.Kind != EntryKind.File || entry.ByteSize > LargestList)
            {
                continue;
            }

            byte[] text = new byte[entry.ByteSize];
            for (int filled = 0; filled < text.Length;)
            {
                filled += entries.Read(text.AsSpan(filled));
            }

            return Parse(text);
        }

        return null;
    }

    // md5sum(1): 32 digits, two spaces, a path.
    private static PackageList Parse(byte[] text)
    {
        PackageList list = new("md5sums");
        foreach (ReadOnlySpan<char> line in Encoding.UTF8.GetString(text).AsSpan().EnumerateLines())
        {
            if (line.Length > Md5Digits + 2 && line[Md5Digits] == ' ' && !line[..Md5Digits].ContainsAnyExcept(s_hexadecimal))
            {
                list.Add(line[(Md5Digits + 2)..].ToString(), ContentSum.Of(line[..Md5Digits].ToString()));
            }
        }

        return list;
    }
}
