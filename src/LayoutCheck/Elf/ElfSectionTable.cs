using System.Collections.Immutable;

namespace LayoutCheck.Elf;

/// <summary>The section list from the built-in reader (gABI, "Sections"). Its twin of the same name reads it with ELFSharp; a build has one of the two.</summary>
internal static class ElfSectionTable
{
    /// <summary>Which reader this build has, for <c>--version</c>.</summary>
    public const string Backend = "built-in";

    // 100 000 functions in sections of their own have 4 million characters of names. Headers can share the bytes of one long name.
    private const int MostNames = 1 << 24;

    /// <summary>The sections in the order of the table, the null section included; empty when the file has no table.</summary>
    /// <exception cref="InvalidImageException">The table cannot be read.</exception>
    public static ImmutableArray<ElfSection> Read(MappedFile file, ElfHeader header)
    {
        if (header.SectionCount == 0)
        {
            return [];
        }

        Section whole = file.Whole(header.IsBigEndian);
        if (header.NameSectionIndex >= header.SectionCount)
        {
            throw new InvalidImageException(file.Path, null, null, $"the section names are said to be in section {header.NameSectionIndex} of {header.SectionCount}");
        }

        // Index 0 (SHN_UNDEF): no section has a name.
        RawHeader nameHeader = ReadHeader(whole, header, header.NameSectionIndex);
        Section? names = header.NameSectionIndex == 0 ? null : file.Slice(".shstrtab", nameHeader.Offset, nameHeader.Size, header.IsBigEndian);
        ImmutableArray<ElfSection>.Builder sections = ImmutableArray.CreateBuilder<ElfSection>((int)header.SectionCount);
        int nameLength = 0;
        for (ulong i = 0; i < header.SectionCount; i++)
        {
            RawHeader raw = ReadHeader(whole, header, i);
            string name = raw.Type == ElfSection.SHT_NULL || names is null ? "" : names.TextAt(raw.Name);
            nameLength += name.Length;
            if (nameLength > MostNames)
            {
                throw new InvalidImageException(file.Path, ".shstrtab", raw.Name, $"the names of the sections have more than {MostNames} characters");
            }

            sections.Add(new ElfSection(name, raw.Type, raw.Flags, raw.Address, raw.Offset, raw.Size));
        }

        return sections.MoveToImmutable();
    }

    private static RawHeader ReadHeader(Section whole, ElfHeader header, ulong index)
    {
        SectionReader reader = whole.ReadFrom(header.SectionTableOffset + (index * header.SectionEntrySize));
        int word = header.WordByteSize;
        uint name = reader.ReadU32();
        uint type = reader.ReadU32();
        ulong flags = reader.ReadUnsigned(word);
        ulong address = reader.ReadUnsigned(word);
        ulong offset = reader.ReadUnsigned(word);
        ulong size = reader.ReadUnsigned(word);
        return new RawHeader(name, type, flags, address, offset, size);
    }

    private readonly record struct RawHeader(uint Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size);
}
