using System.Collections.Immutable;
using ELFSharp.ELF;
using ELFSharp.ELF.Sections;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>
/// The section list from ELFSharp (gABI, "Sections"). ELFSharp also reads all symbols, strings, notes and segments, 100 MB for a vmlinux: it reads an
/// <see cref="ElfHeaderView"/>, which has none. Types and names are read here; contents come from the mapping.
/// </summary>
internal static class ElfSectionTable
{
    // An object with 200 000 functions in sections of their own has two sections for each. ELFSharp allocates 400 bytes for one.
    private const ulong MostSections = 1 << 19;

    // 100 000 functions in sections of their own have 4 million characters of names. Headers can share the bytes of one long name.
    private const int MostNames = 1 << 24;

    /// <summary>The sections in the order of the table, the null section included; empty if the file has no table.</summary>
    /// <exception cref="InvalidImageException">The table cannot be read.</exception>
    public static ImmutableArray<ElfSection> Read(MappedFile file, ElfHeader header)
    {
        if (header.SectionCount == 0)
        {
            // ELFSharp would read the ELF header and the bytes behind it as section headers.
            return [];
        }

        if (header.SectionCount > MostSections)
        {
            throw new InvalidImageException(file.Path, null, header.SectionTableOffset, $"has {header.SectionCount} sections, more than the {MostSections} that are read", "link it");
        }

        if (header.NameSectionIndex >= header.SectionCount)
        {
            throw new InvalidImageException(file.Path, null, null, $"the section names are said to be in section {header.NameSectionIndex} of {header.SectionCount}");
        }

        ISection[] listed = List(file, header);

        // Index 0 (SHN_UNDEF): no section has a name.
        int nameIndex = (int)header.NameSectionIndex;
        ElfSection? nameSection = nameIndex == 0 ? null : Convert(listed[nameIndex], "", 0);
        Section? names = nameSection is null ? null : file.Slice(".shstrtab", nameSection.FileOffset, nameSection.ByteSize, header.IsBigEndian);
        Section whole = file.Whole(header.IsBigEndian);
        ImmutableArray<ElfSection>.Builder sections = ImmutableArray.CreateBuilder<ElfSection>(listed.Length);
        int nameLength = 0;
        for (int i = 0; i < listed.Length; i++)
        {
            SectionReader reader = whole.ReadFrom(header.SectionTableOffset + ((ulong)i * header.SectionEntrySize));
            uint nameOffset = reader.ReadU32();
            uint type = reader.ReadU32();
            string name = type == ElfSection.SHT_NULL || names is null ? "" : names.TextAt(nameOffset);
            nameLength += name.Length;
            if (nameLength > MostNames)
            {
                throw new InvalidImageException(file.Path, ".shstrtab", nameOffset, $"the names of the sections have more than {MostNames} characters");
            }

            sections.Add(Convert(listed[i], name, type));
        }

        return sections.MoveToImmutable();
    }

    // ELFSharp has no exception of its own: damage surfaces as any exception of its code.
    private static ISection[] List(MappedFile file, ElfHeader header)
    {
        try
        {
            using ElfHeaderView view = new(file, header);
            using IELF elf = ELFReader.Load(view, shouldOwnStream: false);
            ISection[] sections = [.. elf.Sections];
            return (ulong)sections.Length == header.SectionCount
                ? sections
                : throw new InvalidImageException(file.Path, null, header.SectionTableOffset, $"ELFSharp finds {sections.Length} sections where the header counts {header.SectionCount}");
        }
        catch (Exception e) when (e is not (InvalidImageException or OutOfMemoryException))
        {
            throw new InvalidImageException(file.Path, null, header.SectionTableOffset, $"the section headers cannot be read ({e.GetType().Name}: {e.Message})", "the file looks damaged: fetch or build it again");
        }
    }

    // Flags of ISection have only three names; RawFlags has all bits.
    private static ElfSection Convert(ISection section, string name, uint type) => section switch
    {
        Section<ulong> wide => new ElfSection(name, type, wide.RawFlags, wide.LoadAddress, wide.Offset, wide.Size),
        Section<uint> narrow => new ElfSection(name, type, narrow.RawFlags, narrow.LoadAddress, narrow.Offset, narrow.Size),
        _ => throw new NotSupportedException($"a section of {section.GetType()}"),
    };
}
