using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>
/// An ELF file: its header and its sections. The section list comes from ELFSharp (<see cref="ElfSectionTable"/>), contents from the mapping.
/// </summary>
internal sealed class ElfFile
{
    // Unpacked and relocated contents, by the index of the section.
    private readonly Dictionary<int, Section> _converted = [];
    private ulong[]? _codeAddresses;

    private ElfFile(MappedFile file, ElfHeader header, ImmutableArray<ElfSection> sections)
    {
        File = file;
        Header = header;
        Sections = sections;
    }

    /// <summary>The bytes; not owned.</summary>
    public MappedFile File { get; }

    public ElfHeader Header { get; }

    public ImmutableArray<ElfSection> Sections { get; }

    /// <summary>Whether the file begins with the magic number of ELF.</summary>
    public static bool HasMagic(MappedFile file)
    {
        SectionReader reader = file.Whole(isBigEndian: true).ReadFrom(0);
        return reader.Remaining >= 4 && reader.ReadU32() == 0x7f454c46;
    }

    /// <exception cref="InvalidImageException">The header or the section table cannot be read.</exception>
    public static ElfFile Read(MappedFile file)
    {
        ElfHeader header = ElfHeader.Read(file);
        return new ElfFile(file, header, ElfSectionTable.Read(file, header));
    }

    /// <summary>The first section of a name that is not empty, else the first empty one, or null. A debug section may have its compressed GNU name: <c>.zdebug_info</c>.</summary>
    public ElfSection? Find(string name) => IndexOf(name) is >= 0 and int index ? Sections[index] : null;

    /// <summary>The contents of the first section of a name; null if there is none or it is empty.</summary>
    /// <exception cref="InvalidImageException">The contents are not in the file, or in a form that cannot be read.</exception>
    public Section? Contents(string name)
    {
        if (IndexOf(name) is not (>= 0 and int index) || Sections[index].ByteSize == 0)
        {
            return null;
        }

        RefuseSecond(name, index);
        return Contents(index);
    }

    // Of two sections of a name, tools take the first or the last: it is undefined which is meant. Types in COMDAT groups have a section each.
    private void RefuseSecond(string name, int first)
    {
        if (name is ".debug_info" or ".debug_types" or ".debug_info.dwo" or ".debug_types.dwo" || !(name.StartsWith(".debug_", StringComparison.Ordinal) || name.StartsWith(".BTF", StringComparison.Ordinal)))
        {
            return;
        }

        for (int i = first + 1; i < Sections.Length; i++)
        {
            if (IsCalled(i, name) && Sections[i].ByteSize > 0)
            {
                throw new InvalidImageException(File.Path, name, null, "is there twice, and which of the two is meant cannot be told");
            }
        }
    }

    /// <summary>The contents of a section of this file.</summary>
    /// <exception cref="InvalidImageException">The contents are not in the file, or in a form that cannot be read.</exception>
    public Section Contents(ElfSection section)
    {
        int index = 0;
        while (!ReferenceEquals(Sections[index], section))
        {
            index++;
        }

        return Contents(index);
    }

    /// <summary>The contents of the section of an index: unpacked if compressed, relocated if they are debug information of an object file.</summary>
    /// <exception cref="InvalidImageException">The contents are not in the file, or in a form that cannot be read.</exception>
    public Section Contents(int index)
    {
        ElfSection section = Sections[index];
        if (section.Type == ElfSection.SHT_NOBITS)
        {
            throw new InvalidImageException(File.Path, section.Name, null, "has a size but no contents (SHT_NOBITS)", "the contents were split off: name the file that has them");
        }

        Section stored = File.Slice(section.Name, section.FileOffset, section.ByteSize, Header.IsBigEndian);
        bool isCompressed = CompressedSection.Is(section);
        bool isRelocated = Header.Type == ElfHeader.ET_REL && section.Name.StartsWith(isCompressed ? "." : ".debug_", StringComparison.Ordinal);
        if (!isCompressed && !isRelocated)
        {
            return stored;
        }

        lock (_converted)
        {
            if (!_converted.TryGetValue(index, out Section? converted))
            {
                // Relocations refer to the unpacked bytes (gABI, "Section Compression").
                converted = isCompressed ? CompressedSection.Unpack(section, stored, Header.Is64Bit) : stored;
                converted = isRelocated ? Relocation.Apply(Header, Sections, Contents, index, converted, CodeAddresses) : converted;
                _converted.Add(index, converted);
            }

            return converted;
        }
    }

    /// <summary>By index, the addresses that sections of an object file with code are given; empty for a linked file (<see cref="Elf.CodeAddresses"/>).</summary>
    public ulong[] CodeAddresses => _codeAddresses ??= Elf.CodeAddresses.Of(Header, Sections);

    private int IndexOf(string name)
    {
        int empty = -1;
        for (int i = 0; i < Sections.Length; i++)
        {
            if (IsCalled(i, name))
            {
                if (Sections[i].ByteSize > 0)
                {
                    return i;
                }

                empty = empty < 0 ? i : empty;
            }
        }

        return empty;
    }

    private bool IsCalled(int index, string name)
    {
        string own = Sections[index].Name;
        return own == name || (name.StartsWith(".debug_", StringComparison.Ordinal) && own.StartsWith(".zdebug_", StringComparison.Ordinal) && own.AsSpan(2).SequenceEqual(name.AsSpan(1)));
    }

    /// <summary>The build id (NT_GNU_BUILD_ID) in lower-case hexadecimal, or null.</summary>
    public string? BuildId()
    {
        foreach (ElfSection section in Sections)
        {
            if (section.Type != ElfSection.SHT_NOTE || section.ByteSize is 0 or > 1 << 16)
            {
                continue;
            }

            if (FindBuildId(Contents(section)) is { } id)
            {
                return id;
            }
        }

        return null;
    }

    private static string? FindBuildId(Section notes)
    {
        const uint NT_GNU_BUILD_ID = 3;
        foreach (ElfNote note in ElfNote.In(notes))
        {
            if (note is { Type: NT_GNU_BUILD_ID, NameSize: > 0, ByteSize: > 0 and <= 64 } && notes.ReadFrom(note.NameOffset).ReadBytes(4).SequenceEqual("GNU\0"u8))
            {
                return Convert.ToHexStringLower(notes.ReadFrom(note.Offset).ReadBytes(note.ByteSize));
            }
        }

        return null;
    }
}
