using System.Collections.Immutable;
using ELFSharp.ELF;
using ELFSharp.ELF.Sections;

namespace LayoutCheck.Elf;

/// <summary>
/// The section list from ELFSharp, in builds with <c>-p:ElfBackend=ELFSharp</c>; the same list as the built-in reader's, at a price:
/// ELFSharp reads all symbols, strings, notes and segments on the way (100 MB of objects for a vmlinux), and what is damaged in
/// those makes it refuse files that the built-in reader lists. It is asked for the list alone; contents come from the mapping.
/// </summary>
internal static class ElfSectionTable
{
    /// <summary>Which reader this build has, for <c>--version</c>.</summary>
    public const string Backend = "ELFSharp 2.17.3";

    /// <summary>The sections in the order of the table, the null section included; empty when the file has no table.</summary>
    /// <exception cref="InvalidImageException">The table cannot be read.</exception>
    public static ImmutableArray<ElfSection> Read(MappedFile file, ElfHeader header)
    {
        if (header.SectionCount == 0)
        {
            // ELFSharp would read the ELF header as a section header and make sections of what comes after it.
            return [];
        }

        try
        {
            return Load(file, header);
        }
        catch (Exception e) when (e is not InvalidImageException)
        {
            // ELFSharp has no exception of its own: damage surfaces as whatever its code runs into, OutOfMemoryException included.
            throw new InvalidImageException(
                file.Path, null, header.SectionTableOffset, $"ELFSharp cannot read the sections ({e.GetType().Name}: {e.Message})", "a build with the built-in reader may be able to");
        }
    }

    private static unsafe ImmutableArray<ElfSection> Load(MappedFile file, ElfHeader header)
    {
        Section whole = file.Whole(header.IsBigEndian);
        using UnmanagedMemoryStream stream = new(whole.Start, (long)whole.Length);
        using IELF elf = ELFReader.Load(stream, shouldOwnStream: false);
        if ((ulong)elf.Sections.Count != header.SectionCount)
        {
            throw new InvalidImageException(file.Path, null, header.SectionTableOffset, $"ELFSharp finds {elf.Sections.Count} sections where the header counts {header.SectionCount}");
        }

        ImmutableArray<ElfSection>.Builder sections = ImmutableArray.CreateBuilder<ElfSection>(elf.Sections.Count);
        foreach (ISection section in elf.Sections)
        {
            sections.Add(Convert(section));
        }

        return sections.MoveToImmutable();
    }

    // Flags of ISection have only three names; RawFlags has all bits. The names are null where the file has no table of them.
    private static ElfSection Convert(ISection section)
    {
        uint type = (uint)section.Type;
        string name = type == ElfSection.SHT_NULL ? "" : section.Name ?? "";
        return section switch
        {
            Section<ulong> wide => new ElfSection(name, type, wide.RawFlags, wide.LoadAddress, wide.Offset, wide.Size),
            Section<uint> narrow => new ElfSection(name, type, narrow.RawFlags, narrow.LoadAddress, narrow.Offset, narrow.Size),
            _ => throw new NotSupportedException($"a section of {section.GetType()}"),
        };
    }
}
