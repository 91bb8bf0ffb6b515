using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Machine;

namespace LayoutCheck.Code;

/// <summary>The instructions of an image by their addresses: its sections with code. Immutable; any thread may use it. Valid while the image is open.</summary>
internal sealed class CodeMap
{
    private readonly (ulong Address, string Name, Section Bytes)[] _sections;
    private readonly bool _isObject;

    private CodeMap(MachineKind machine, bool isObject, (ulong Address, string Name, Section Bytes)[] sections)
    {
        Machine = machine;
        _isObject = isObject;
        _sections = sections;
    }

    /// <summary>The processor.</summary>
    public MachineKind Machine { get; }

    /// <summary>The number of bytes of all sections.</summary>
    public ulong ByteSize => _sections.Aggregate(0UL, (sum, s) => sum + s.Bytes.Length);

    /// <summary>Finds the code of an image; null where it cannot be read, for a reason.</summary>
    /// <param name="contents">The file that has the code.</param>
    /// <param name="debug">The file whose debug information is read; the same one, unless that was split off.</param>
    /// <param name="reason">Why there is none, in a clause.</param>
    /// <exception cref="InvalidImageException">A section is damaged.</exception>
    public static CodeMap? Of(ElfFile contents, ElfFile debug, out string reason)
    {
        reason = "";
        if (InstructionDecoder.KindOf(contents.Header.Machine) is not { } machine || contents.Header.IsBigEndian || !contents.Header.Is64Bit)
        {
            reason = $"instructions of {contents.Header.MachineName}{(contents.Header.IsBigEndian ? " (big-endian)" : "")} are not read, those of x86-64 and arm64 are";
            return null;
        }

        List<(ulong, string, Section)> sections = [];
        for (int i = 0; i < contents.Sections.Length; i++)
        {
            ElfSection section = contents.Sections[i];
            if (CodeAddresses.IsCode(section) && section.Type != ElfSection.SHT_NOBITS && AddressOf(contents, debug, i) is { } address)
            {
                sections.Add((address, section.Name, contents.Contents(i)));
            }
        }

        if (sections.Count == 0)
        {
            reason = contents.Sections.Any(CodeAddresses.IsCode) ? "the file has no instructions: they are in the file that its debug information was split off from" : "the file has no instructions";
            return null;
        }

        return new CodeMap(machine, contents.Header.Type == ElfHeader.ET_REL, [.. sections.OrderBy(s => s.Item1)]);
    }

    /// <summary>The range of a section at an address; null if it does not lie within one.</summary>
    /// <param name="from">The first address.</param>
    /// <param name="to">The address behind the last byte.</param>
    /// <param name="offset">Bytes from the start of the section.</param>
    public Section? Find(ulong from, ulong to, out ulong offset)
    {
        offset = 0;
        if (SectionAt(from) is not var (address, _, bytes) || to < from || to - address > bytes.Length)
        {
            return null;
        }

        offset = from - address;
        return bytes;
    }

    /// <summary>An address in words: that of a linked image in hexadecimal, that of an object file by its section.</summary>
    public string Describe(ulong address) => _isObject && SectionAt(address) is var (start, name, _) ? $"{name}+0x{address - start:x}" : $"0x{address:x}";

    private (ulong Address, string Name, Section Bytes)? SectionAt(ulong address)
    {
        int low = 0;
        int high = _sections.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            (ulong start, _, Section bytes) = _sections[middle];
            if (address < start)
            {
                high = middle - 1;
            }
            else if (address - start >= bytes.Length)
            {
                low = middle + 1;
            }
            else
            {
                return _sections[middle];
            }
        }

        return null;
    }

    // The sections of an object file are numbered alike in its debug file, unless a tool dropped one: then the only one of that name and size is meant.
    private static ulong? AddressOf(ElfFile contents, ElfFile debug, int index)
    {
        ElfSection section = contents.Sections[index];
        if (contents.Header.Type != ElfHeader.ET_REL)
        {
            return section.Address;
        }

        bool IsSame(int i) => i < debug.CodeAddresses.Length && debug.CodeAddresses[i] != 0 && debug.Sections[i].Name == section.Name && debug.Sections[i].ByteSize == section.ByteSize;
        if (IsSame(index))
        {
            return debug.CodeAddresses[index];
        }

        int[] same = [.. Enumerable.Range(0, debug.Sections.Length).Where(IsSame).Take(2)];
        return same.Length == 1 ? debug.CodeAddresses[same[0]] : null;
    }
}
