using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>The ELF header (gABI, "ELF Header"), with the extended counts of section header 0 already applied.</summary>
internal sealed record ElfHeader(bool Is64Bit, bool IsBigEndian, ushort Type, ushort Machine, ulong SectionTableOffset, ushort SectionEntrySize, ulong SectionCount, uint NameSectionIndex)
{
    private const ushort EM_386 = 3;
    private const ushort EM_68K = 4;
    private const ushort EM_SH = 42;
    private const ushort EM_OPENRISC = 92;
    private const ushort EM_ARC_COMPACT = 93;
    private const ushort EM_ALTERA_NIOS2 = 113;
    private const ushort EM_MICROBLAZE = 189;
    private const ushort EM_ARC_COMPACT2 = 195;
    private const ushort EM_CSKY = 252;

    // By e_machine.
    private static readonly Dictionary<ushort, string> s_machineNames = new()
    {
        [2] = "sparc",
        [3] = "i386",
        [4] = "m68k",
        [8] = "mips",
        [15] = "parisc",
        [18] = "sparc",
        [20] = "ppc",
        [21] = "ppc64",
        [22] = "s390",
        [40] = "arm",
        [42] = "sh",
        [43] = "sparc",
        [62] = "x86-64",
        [92] = "openrisc",
        [93] = "arc",
        [94] = "xtensa",
        [113] = "nios2",
        [164] = "hexagon",
        [183] = "arm64",
        [189] = "microblaze",
        [195] = "arcv2",
        [243] = "riscv",
        [247] = "bpf",
        [252] = "csky",
        [258] = "loongarch",
        [36902] = "alpha",
    };

    /// <summary>The size in bytes of an address, by the class (ELFCLASS32, ELFCLASS64).</summary>
    public int WordByteSize => Is64Bit ? 8 : 4;

    /// <exception cref="InvalidImageException">It is not a whole ELF header of version 1.</exception>
    public static ElfHeader Read(MappedFile file)
    {
        SectionReader ident = file.Whole().ReadFrom(0);
        if (ident.Remaining < 16)
        {
            throw new InvalidImageException(file.Path, null, 0, "the ELF header is cut short", "the file looks truncated: fetch or build it again");
        }

        ident.Skip(4);
        byte fileClass = ident.ReadU8();
        byte data = ident.ReadU8();
        if (fileClass is not (1 or 2))
        {
            throw new InvalidImageException(file.Path, null, 4, $"ELF class {fileClass} is neither 32-bit nor 64-bit", "the file is damaged, or not a Linux one: fetch or build it again");
        }

        if (data is not (1 or 2))
        {
            throw new InvalidImageException(file.Path, null, 5, $"ELF data encoding {data} is neither little- nor big-endian", "the file is damaged, or not a Linux one: fetch or build it again");
        }

        bool is64Bit = fileClass == 2;
        bool isBigEndian = data == 2;
        Section whole = file.Whole(isBigEndian);
        SectionReader reader = whole.ReadFrom(16);
        if (reader.Remaining < (is64Bit ? 48u : 36u))
        {
            throw new InvalidImageException(file.Path, null, 0, "the ELF header is cut short", "the file looks truncated: fetch or build it again");
        }

        ushort type = reader.ReadU16();
        ushort machine = reader.ReadU16();
        reader.Skip(4); // e_version
        reader.Skip(is64Bit ? 16u : 8u); // e_entry, e_phoff
        ulong tableOffset = reader.ReadUnsigned(is64Bit ? 8 : 4);
        reader.Skip(4 + 2 + 2 + 2); // e_flags, e_ehsize, e_phentsize, e_phnum
        ushort entrySize = reader.ReadU16();
        ulong count = reader.ReadU16();
        uint nameIndex = reader.ReadU16();
        if (tableOffset != 0)
        {
            ushort wanted = is64Bit ? (ushort)64 : (ushort)40;
            if (entrySize != wanted)
            {
                throw new InvalidImageException(file.Path, null, is64Bit ? 0x3aUL : 0x2eUL, $"section headers of {entrySize} bytes, where this ELF class has {wanted}");
            }

            // Counts that do not fit 16 bits are in section header 0: e_shnum 0 -> sh_size, e_shstrndx SHN_XINDEX -> sh_link.
            const uint SHN_XINDEX = 0xffff;
            if (count == 0 || nameIndex == SHN_XINDEX)
            {
                SectionReader first = TableReader(file, whole, tableOffset, entrySize);
                first.Skip(is64Bit ? 32u : 20u); // sh_name to sh_offset
                ulong size = first.ReadUnsigned(is64Bit ? 8 : 4);
                uint link = first.ReadU32();
                count = count == 0 ? size : count;
                nameIndex = nameIndex == SHN_XINDEX ? link : nameIndex;
            }

            if (count > (file.Length - Math.Min(tableOffset, file.Length)) / entrySize)
            {
                throw new InvalidImageException(
                    file.Path, null, tableOffset, $"{count} section headers do not fit before the end of the file at 0x{file.Length:x}", "the file looks truncated: fetch or build it again");
            }
        }

        return new ElfHeader(is64Bit, isBigEndian, type, machine, tableOffset, entrySize, tableOffset == 0 ? 0 : count, nameIndex);
    }

    /// <summary>The largest alignment that the machine's ABI for Linux gives a number, in bytes; null on 64-bit ones, where a number of 16 bytes has 16.</summary>
    public ulong? LargestScalarAlignment => Is64Bit ? null : Machine switch
    {
        EM_68K => 2,
        EM_386 or EM_SH or EM_OPENRISC or EM_ARC_COMPACT or EM_ARC_COMPACT2 or EM_ALTERA_NIOS2 or EM_MICROBLAZE or EM_CSKY => 4,
        _ => 8,
    };

    /// <summary>What people call the machine (e_machine): <c>x86-64</c>.</summary>
    public string MachineName => s_machineNames.TryGetValue(Machine, out string? name) ? name : $"machine {Machine}";

    /// <summary>The header in words: <c>ELF 64-bit little-endian x86-64 executable</c>.</summary>
    public string Describe()
    {
        string type = Type switch
        {
            ElfFile.ET_REL => "relocatable",
            ElfFile.ET_EXEC => "executable",
            ElfFile.ET_DYN => "shared object",
            _ => $"type {Type}",
        };
        return $"ELF {(Is64Bit ? 64 : 32)}-bit {(IsBigEndian ? "big" : "little")}-endian {MachineName} {type}";
    }

    private static SectionReader TableReader(MappedFile file, Section whole, ulong offset, ushort entrySize)
    {
        if (offset > file.Length || file.Length - offset < entrySize)
        {
            throw new InvalidImageException(file.Path, null, offset, $"the section headers start past the end of the file at 0x{file.Length:x}", "the file looks truncated: fetch or build it again");
        }

        return whole.ReadFrom(offset);
    }
}
