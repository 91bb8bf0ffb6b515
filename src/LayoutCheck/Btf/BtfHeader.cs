using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Btf;

/// <summary>
/// The header of BTF (struct btf_header): byte order, where types and strings are, and how long the records of each kind are. Checked when it is made.
/// </summary>
internal sealed class BtfHeader
{
    private readonly int[] _infoSizes = new int[BtfFormat.KindCount];
    private readonly int[] _elementSizes = new int[BtfFormat.KindCount];

    /// <summary>Reads and checks a header.</summary>
    /// <param name="section">The .BTF section, or a file that is BTF.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="isSplit">Whether it continues the BTF of a kernel, so that it may have no strings and does not begin with the empty one.</param>
    /// <exception cref="InvalidImageException">It is not BTF, or damaged.</exception>
    public BtfHeader(Section section, string? name, bool isSplit)
    {
        Section = InItsOrder(section, name);
        if (section.Length > int.MaxValue)
        {
            throw Section.Invalid(null, $"is 0x{section.Length:x} bytes long; no BTF is larger than 2 GiB");
        }

        if (section.Length < BtfFormat.BaseHeaderSize)
        {
            throw Section.Invalid(0, $"the header is cut short ({section.Length} of {BtfFormat.BaseHeaderSize} bytes)");
        }

        SectionReader header = Section.ReadFrom(2);
        byte version = header.ReadU8();
        if (version != BtfFormat.BTF_VERSION)
        {
            throw Section.Invalid(2, $"BTF version {version} is not the one that we know ({BtfFormat.BTF_VERSION})", "use a newer LayoutCheck, or DWARF");
        }

        header.Skip(1); // flags: none is defined
        uint headerLength = header.ReadU32();
        if (headerLength < BtfFormat.BaseHeaderSize || headerLength > section.Length)
        {
            throw Section.Invalid(4,
                $"a header of {headerLength} bytes is not between {BtfFormat.BaseHeaderSize} and the 0x{section.Length:x} bytes that there are");
        }

        (TypesStart, TypesLength) = ReadExtent(ref header, headerLength, "types");
        (StringsStart, StringsLength) = ReadExtent(ref header, headerLength, "strings");
        CheckExtents(headerLength);
        CheckStrings(isSplit);
        ReadRecordSizes(ref header, headerLength);
    }

    /// <summary>The BTF in its own byte order.</summary>
    public Section Section { get; }

    /// <summary>Where the type section starts, in bytes from the start of the BTF.</summary>
    public uint TypesStart { get; }

    /// <summary>How long the type section is, in bytes; a multiple of 4.</summary>
    public uint TypesLength { get; }

    /// <summary>Where the strings start, in bytes from the start of the BTF.</summary>
    public uint StringsStart { get; }

    /// <summary>How long the strings are, in bytes.</summary>
    public uint StringsLength { get; }

    /// <summary>Whether the bytes start as BTF of either byte order does.</summary>
    public static bool HasMagic(Section section)
    {
        const ushort Swapped = (BtfFormat.BTF_MAGIC >> 8) | ((BtfFormat.BTF_MAGIC & 0xff) << 8);
        return section.Length >= 2 && section.ReadFrom(0).ReadU16() is BtfFormat.BTF_MAGIC or Swapped;
    }

    /// <summary>
    /// Whether BTF is split: its strings continue those of a base, so they do not start with the empty one, and it refers to what only a base can have.
    /// BTF that is too damaged to tell is not.
    /// </summary>
    public static bool IsSplit(Section section)
    {
        if (!HasMagic(section) || section.Length < BtfFormat.BaseHeaderSize)
        {
            return false;
        }

        Section bytes = section.As(section.Name, section.Head(1)[0] == BtfFormat.BTF_MAGIC >> 8);
        SectionReader reader = bytes.ReadFrom(4);
        ulong start = reader.ReadU32();
        ulong typesStart = start + reader.ReadU32();
        ulong typesLength = reader.ReadU32();
        start += reader.ReadU32();
        uint length = reader.ReadU32();
        bool startsOtherwise = length == 0 || (start < bytes.Length && length <= bytes.Length - start && bytes.ReadFrom(start).ReadU8() != 0);
        return startsOtherwise && typesStart <= bytes.Length && typesLength <= bytes.Length - typesStart
            && BtfReferences.LeadOutside(bytes.Part(typesStart, typesLength), length);
    }

    /// <summary>How many bytes follow the struct btf_type of a record once; negative for a kind of unknown length.</summary>
    public int InfoSize(uint kind) => _infoSizes[kind];

    /// <summary>How many bytes follow for each of a record's elements.</summary>
    public int ElementSize(uint kind) => _elementSizes[kind];

    /// <summary>How many bytes follow the struct btf_type of a record of a known kind, by its info.</summary>
    public uint DetailsSize(uint info)
    {
        uint kind = BtfRecord.KindOf(info);
        return (uint)_infoSizes[kind] + ((uint)_elementSizes[kind] * BtfRecord.ElementCountOf(info));
    }

    /// <summary>The section in its own byte order. Only the magic tells it: a little-endian ELF could carry BTF of the other order.</summary>
    /// <param name="section">A section that begins with the magic number: .BTF or .BTF.ext.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InvalidImageException">It does not begin so.</exception>
    public static Section InItsOrder(Section section, string? name)
    {
        ReadOnlySpan<byte> magic = section.Length >= 2 ? section.ReadRange(0, 2).ReadBytes(2) : [];
        bool isBigEndian = magic.SequenceEqual<byte>([BtfFormat.BTF_MAGIC >> 8, BtfFormat.BTF_MAGIC & 0xff]);
        return isBigEndian || magic.SequenceEqual<byte>([BtfFormat.BTF_MAGIC & 0xff, BtfFormat.BTF_MAGIC >> 8])
            ? section.As(name, isBigEndian)
            : throw section.As(name, false).Invalid(0, "does not start with the magic number of BTF (0xeb9f)");
    }

    // An offset in the header counts from the header's end.
    private (uint Start, uint Length) ReadExtent(ref SectionReader header, uint headerLength, string what)
    {
        ulong at = header.Offset;
        ulong start = (ulong)headerLength + header.ReadU32();
        uint length = header.ReadU32();
        if (start > Section.Length || length > Section.Length - start)
        {
            throw Section.Invalid(
                at, $"the {what} lie at 0x{start:x} to 0x{start + length:x} of 0x{Section.Length:x} bytes",
                    "the file looks truncated: fetch or build it again");
        }

        return ((uint)start, length);
    }

    private void CheckExtents(uint headerLength)
    {
        if (((TypesStart - headerLength) & 3) != 0 || (TypesLength & 3) != 0)
        {
            throw Section.Invalid(8, $"the types (0x{TypesLength:x} bytes at 0x{TypesStart:x}) are not whole 32-bit words");
        }

        if (TypesStart < StringsStart + StringsLength && StringsStart < TypesStart + TypesLength)
        {
            throw Section.Invalid(8, "types and strings overlap");
        }

        // As the kernel's btf_check_sec_info: bytes that no extent covers are types or strings that a damaged length leaves out.
        // A longer header may name other extents.
        uint end = Math.Min(TypesStart + TypesLength, StringsStart + StringsLength);
        if (headerLength < BtfFormat.LayoutHeaderSize && (Math.Min(TypesStart, StringsStart) != headerLength || Math.Max(TypesStart, StringsStart) != end))
        {
            throw Section.Invalid(8, "there are bytes beside the types and the strings that are neither");
        }
    }

    private void CheckStrings(bool isSplit)
    {
        if (StringsLength == 0)
        {
            // A module may have types and no name that the kernel lacks.
            if (!isSplit)
            {
                throw TypesLength == 0
                    ? Section.Invalid(16, "has neither types nor strings", "use --source dwarf if there is DWARF, or name an image whose BTF has types")
                    : Section.Invalid(16, "has no strings; if this is a module's split BTF, it needs its kernel's (--base)");
            }

            return;
        }

        // The first string is the empty one, except where the strings continue those of a base.
        SectionReader strings = Section.ReadFrom(StringsStart);
        if (strings.ReadU8() != 0 && !isSplit)
        {
            throw Section.Invalid(StringsStart, "the first string is not empty, as in a module's split BTF, and nothing refers to the BTF of a kernel");
        }

        strings.Seek(StringsStart + StringsLength - 1);
        if (strings.ReadU8() != 0)
        {
            throw Section.Invalid(StringsStart + StringsLength - 1, "the last string has no end");
        }
    }

    // struct btf_layout tells the sizes of each kind that the writer knew, so that a reader can step over kinds it does not know.
    private void ReadRecordSizes(ref SectionReader header, uint headerLength)
    {
        for (uint kind = 0; kind < BtfFormat.KindCount; kind++)
        {
            _infoSizes[kind] = BtfFormat.InfoSize(kind);
            _elementSizes[kind] = BtfFormat.ElementSize(kind);
        }

        if (headerLength < BtfFormat.LayoutHeaderSize)
        {
            return;
        }

        (uint start, uint length) = ReadExtent(ref header, headerLength, "record layouts");
        SectionReader layouts = Section.ReadRange(start, start + length);
        for (uint kind = 0; kind < BtfFormat.KindCount && layouts.Remaining >= 4; kind++)
        {
            byte infoSize = layouts.ReadU8();
            byte elementSize = layouts.ReadU8();
            layouts.Skip(2); // flags
            if (kind > BtfFormat.BTF_KIND_ENUM64 && ((infoSize | elementSize) & 3) == 0)
            {
                _infoSizes[kind] = infoSize;
                _elementSizes[kind] = elementSize;
            }
        }
    }
}
