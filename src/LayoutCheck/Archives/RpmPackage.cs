using System.Text;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Archives;

/// <summary>
/// RPM's package (rpm's docs/manual/format_v4.md): a lead of 96 bytes, a header of signatures that is padded to 8, a header of what the package is, and a cpio
/// archive, compressed. The second header lists the files.
/// </summary>
internal static class RpmPackage
{
    private const int LeadByteSize = 96;
    private const int EntryByteSize = 16;

    // rpmtag.h.
    private const int RPMTAG_FILEMODES = 1030;
    private const int RPMTAG_FILEDIGESTS = 1035;
    private const int RPMTAG_FILEFLAGS = 1037;
    private const int RPMTAG_DIRINDEXES = 1116;
    private const int RPMTAG_BASENAMES = 1117;
    private const int RPMTAG_DIRNAMES = 1118;
    private const int RPMTAG_PAYLOADFORMAT = 1124;
    private const int RPMTAG_FILEDIGESTALGO = 5011;

    // rpmfiles.h: a file that the package owns and does not have.
    private const uint RPMFILE_GHOST = 1 << 6;

    private const string Unpack = "unpack it (rpm2cpio FILE | cpio -id) and name the file in it";

    private static ReadOnlySpan<byte> Magic => [0xed, 0xab, 0xee, 0xdb];

    private static ReadOnlySpan<byte> HeaderMagic => [0x8e, 0xad, 0xe8, 1];

    /// <summary>Whether a file begins as a package does.</summary>
    public static bool IsOne(Section whole) => whole.Head(Magic.Length).SequenceEqual(Magic);

    /// <summary>Finds the parts of a package.</summary>
    /// <param name="whole">The package.</param>
    /// <exception cref="InvalidImageException">It is damaged, or of a kind that cannot be read.</exception>
    public static Package Open(Section whole)
    {
        try
        {
            return Read(whole);
        }
        catch (InvalidImageException e) when (e.Remedy is null)
        {
            throw new InvalidImageException(e.File, e.Section, e.Offset, e.Problem, "fetch or build it again");
        }
    }

    private static Package Read(Section whole)
    {
        whole = whole.As(null, isBigEndian: true);
        Header signatures = new(whole, LeadByteSize);
        Header header = new(whole, (signatures.End + 7) & ~7UL);
        string format = header.Texts(RPMTAG_PAYLOADFORMAT) is [{ } told, ..] ? told : "cpio";
        Section payload = whole.Part(header.End, whole.Length - header.End).As("payload", isBigEndian: false);
        if (format != "cpio")
        {
            throw payload.Invalid(
                null, $"is of the format {Printable.Escape(Printable.Shorten(format))}, which cannot be read", "unpack it (rpm2archive FILE) and name the file in it");
        }

        if (payload.Length == 0)
        {
            throw payload.Invalid(0, "is not there", "the file looks truncated: fetch or build it again");
        }

        ICodec? codec = Decompression.Recognise(payload.Head(16));
        if (codec is null && !payload.Head(5).SequenceEqual("07070"u8))
        {
            throw payload.Invalid(0, $"is compressed in an unknown way (it starts with {Convert.ToHexStringLower(payload.Head(8))})", Unpack);
        }

        return new Package(payload, codec, IsCpio: true, ListOf(header));
    }

    private static PackageList? ListOf(Header header)
    {
        string[] names = header.Texts(RPMTAG_BASENAMES);
        string[] directories = header.Texts(RPMTAG_DIRNAMES);
        uint[] indexes = header.Numbers(RPMTAG_DIRINDEXES);
        uint[] modes = header.Numbers(RPMTAG_FILEMODES);
        uint[] flags = header.Numbers(RPMTAG_FILEFLAGS);
        string[] sums = header.Texts(RPMTAG_FILEDIGESTS);
        if (names.Length == 0 || indexes.Length != names.Length || modes.Length != names.Length)
        {
            return null;
        }

        // pgpHashAlgo: 1 is MD5, which the tag's absence means too, and 8 SHA-256. The length of a sum tells them apart.
        bool isKnown = header.Numbers(RPMTAG_FILEDIGESTALGO) is not [not (1 or 8), ..];
        PackageList list = new("the header of the package");
        for (int i = 0; i < names.Length; i++)
        {
            bool isThere = flags.Length != names.Length || (flags[i] & RPMFILE_GHOST) == 0;
            if (isThere && (modes[i] & 0xf000) == 0x8000 && indexes[i] < directories.Length)
            {
                list.Add(directories[indexes[i]] + names[i], isKnown && sums.Length == names.Length ? ContentSum.Of(sums[i]) : null);
            }
        }

        return list;
    }

    /// <summary>A header: a magic number, the number of entries, the size of their data; entries of tag, type, offset, count; the data.</summary>
    private sealed class Header
    {
        // rpm's own limits are of the same order (lib/header_internal.h).
        private const uint MostEntries = 1 << 16;
        private const uint LargestData = 64 << 20;

        private readonly Section _entries;
        private readonly Section _data;

        public Header(Section whole, ulong at)
        {
            const string Truncated = "the file looks truncated: fetch or build it again";
            if (whole.Length < at || whole.Length - at < EntryByteSize)
            {
                throw whole.Invalid(Math.Min(at, whole.Length), "is an RPM package that ends before its header", Truncated);
            }

            SectionReader reader = whole.ReadFrom(at);
            if (!reader.ReadBytes(4).SequenceEqual(HeaderMagic))
            {
                throw whole.Invalid(at, "is an RPM package whose header is damaged (it has no magic number)", "fetch or build it again");
            }

            reader.Skip(4);
            uint count = reader.ReadU32();
            uint size = reader.ReadU32();
            if (count > MostEntries || size > LargestData)
            {
                throw whole.Invalid(at, $"is an RPM package whose header is damaged ({count} entries, {size} bytes)", "fetch or build it again");
            }

            ulong entries = (ulong)count * EntryByteSize;
            if (entries + size > reader.Remaining)
            {
                throw whole.Invalid(at, $"is an RPM package whose header has {entries + size} bytes, of which {reader.Remaining} are there", Truncated);
            }

            _entries = whole.Part(reader.Offset, entries).As("header", isBigEndian: true);
            _data = whole.Part(reader.Offset + entries, size).As("header", isBigEndian: true);
            End = reader.Offset + entries + size;
        }

        /// <summary>The offset of the first byte behind it.</summary>
        public ulong End { get; }

        /// <summary>The texts of an entry; empty if there is none.</summary>
        public string[] Texts(uint tag)
        {
            const uint RPM_STRING_TYPE = 6;
            const uint RPM_STRING_ARRAY_TYPE = 8;
            if (Find(tag) is not var (type, offset, count) || type is not (RPM_STRING_TYPE or RPM_STRING_ARRAY_TYPE))
            {
                return [];
            }

            // Each has a zero at least: a claim of more is not believed.
            SectionReader reader = _data.ReadFrom(offset);
            List<string> texts = [];
            for (uint i = 0; i < count; i++)
            {
                texts.Add(Encoding.UTF8.GetString(reader.ReadString()));
            }

            return [.. texts];
        }

        /// <summary>The numbers of an entry, of 16 or 32 bits; empty if there is none.</summary>
        public uint[] Numbers(uint tag)
        {
            const uint RPM_INT16_TYPE = 3;
            const uint RPM_INT32_TYPE = 4;
            if (Find(tag) is not var (type, offset, count) || type is not (RPM_INT16_TYPE or RPM_INT32_TYPE))
            {
                return [];
            }

            SectionReader reader = _data.ReadFrom(offset);
            if (count > reader.Remaining / (type == RPM_INT16_TYPE ? 2u : 4u))
            {
                throw _data.Invalid(offset, $"{count} numbers do not fit the header of the RPM package", "fetch or build it again");
            }

            uint[] numbers = new uint[count];
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = type == RPM_INT16_TYPE ? reader.ReadU16() : reader.ReadU32();
            }

            return numbers;
        }

        private (uint Type, uint Offset, uint Count)? Find(uint tag)
        {
            SectionReader reader = _entries.ReadFrom(0);
            while (reader.Remaining > 0)
            {
                uint found = reader.ReadU32();
                uint type = reader.ReadU32();
                uint offset = reader.ReadU32();
                uint count = reader.ReadU32();
                if (found == tag)
                {
                    return offset <= _data.Length ? (type, offset, count)
                        : throw _data.Invalid(offset, "lies behind the end of the RPM package's header", "fetch or build it again");
                }
            }

            return null;
        }
    }
}
