using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>The ELF header (gABI, "ELF Header"), with the extended counts of section header 0 applied.</summary>
internal sealed record ElfHeader(bool Is64Bit, bool IsBigEndian, ushort Type, ushort Machine, ulong SectionTableOffset, ushort SectionEntrySize, ulong SectionCount, uint NameSectionIndex)
{
    public const ushort ET_REL = 1;
    public const ushort ET_EXEC = 2;
    public const ushort ET_DYN = 3;
    public const ushort ET_CORE = 4;

    /// <summary>The machine of BPF objects.</summary>
    public const ushort EM_BPF = 247;

    private const uint IdentSize = 16;
    private const string Truncated = "the file looks truncated: fetch or build it again";
    private const string Damaged = "the file is damaged, or not a Linux one: fetch or build it again";

    private const ushort EM_386 = 3;
    private const ushort EM_68K = 4;
    private const ushort EM_S390 = 22;
    private const ushort EM_SH = 42;
    private const ushort EM_OPENRISC = 92;
    private const ushort EM_ARC_COMPACT = 93;
    private const ushort EM_ALTERA_NIOS2 = 113;
    private const ushort EM_MICROBLAZE = 189;
    private const ushort EM_ARC_COMPACT2 = 195;
    private const ushort EM_CSKY = 252;

    // By e_machine: those that Linux has had, and a few others that are known.
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
        [50] = "ia64",
        [62] = "x86-64",
        [75] = "vax",
        [83] = "avr",
        [88] = "m32r",
        [89] = "mn10300",
        [92] = "openrisc",
        [93] = "arc",
        [94] = "xtensa",
        [105] = "msp430",
        [106] = "blackfin",
        [113] = "nios2",
        [140] = "c6x",
        [164] = "hexagon",
        [167] = "nds32",
        [183] = "arm64",
        [188] = "tilegx",
        [189] = "microblaze",
        [190] = "nvptx",
        [191] = "tilepro",
        [195] = "arcv2",
        [224] = "amdgpu",
        [243] = "riscv",
        [244] = "lanai",
        [247] = "bpf",
        [251] = "ve",
        [252] = "csky",
        [258] = "loongarch",
        [36902] = "alpha",
    };

    /// <summary>The size in bytes of an address, by the class (ELFCLASS32, ELFCLASS64).</summary>
    public int WordByteSize => Is64Bit ? 8 : 4;

    /// <summary>Reads the header of a file that begins as an ELF file does.</summary>
    /// <exception cref="InvalidImageException">It is cut short, or of no known class or byte order, or its section table does not fit the file.</exception>
    public static ElfHeader Read(MappedFile file)
    {
        (bool is64Bit, bool isBigEndian) = ReadIdent(file);
        SectionReader reader = file.Whole(isBigEndian).ReadFrom(IdentSize);
        if (reader.Remaining < (is64Bit ? 48u : 36u))
        {
            throw CutShort(file);
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
        if (tableOffset == 0)
        {
            return new ElfHeader(is64Bit, isBigEndian, type, machine, 0, entrySize, 0, nameIndex);
        }

        ushort wanted = is64Bit ? (ushort)64 : (ushort)40;
        if (entrySize != wanted)
        {
            throw new InvalidImageException(file.Path, null, is64Bit ? 0x3aUL : 0x2eUL, $"section headers of {entrySize} bytes, where this ELF class has {wanted}");
        }

        ElfHeader header = WithExtendedCounts(new ElfHeader(is64Bit, isBigEndian, type, machine, tableOffset, entrySize, count, nameIndex), file);
        return header.SectionCount <= (file.Length - Math.Min(tableOffset, file.Length)) / entrySize
            ? header
            : throw new InvalidImageException(
                file.Path, null, tableOffset, $"{header.SectionCount} section headers do not fit before the end of the file at 0x{file.Length:x}", Truncated);
    }

    private static (bool Is64Bit, bool IsBigEndian) ReadIdent(MappedFile file)
    {
        SectionReader ident = file.Whole().ReadFrom(0);
        if (ident.Remaining < IdentSize)
        {
            throw CutShort(file);
        }

        ident.Skip(4);
        byte fileClass = ident.ReadU8();
        byte data = ident.ReadU8();
        return (fileClass, data) switch
        {
            (not (1 or 2), _) => throw new InvalidImageException(file.Path, null, 4, $"ELF class {fileClass} is neither 32-bit nor 64-bit", Damaged),
            (_, not (1 or 2)) => throw new InvalidImageException(file.Path, null, 5, $"ELF data encoding {data} is neither little- nor big-endian", Damaged),
            _ => (fileClass == 2, data == 2),
        };
    }

    // Counts that do not fit 16 bits are in section header 0: e_shnum 0 -> sh_size, e_shstrndx SHN_XINDEX -> sh_link.
    private static ElfHeader WithExtendedCounts(ElfHeader header, MappedFile file)
    {
        const uint SHN_XINDEX = 0xffff;
        if (header.SectionCount != 0 && header.NameSectionIndex != SHN_XINDEX)
        {
            return header;
        }

        ulong offset = header.SectionTableOffset;
        if (offset > file.Length || file.Length - offset < header.SectionEntrySize)
        {
            throw new InvalidImageException(file.Path, null, offset, $"the section headers start past the end of the file at 0x{file.Length:x}", Truncated);
        }

        SectionReader first = file.Whole(header.IsBigEndian).ReadFrom(offset);
        first.Skip(header.Is64Bit ? 32u : 20u); // sh_name to sh_offset
        ulong size = first.ReadUnsigned(header.WordByteSize);
        uint link = first.ReadU32();
        return header with
        {
            SectionCount = header.SectionCount == 0 ? size : header.SectionCount,
            NameSectionIndex = header.NameSectionIndex == SHN_XINDEX ? link : header.NameSectionIndex,
        };
    }

    private static InvalidImageException CutShort(MappedFile file) => new(file.Path, null, 0, "the ELF header is cut short", Truncated);

    /// <summary>The largest alignment that the machine's ABI for Linux gives a number, in bytes; null on 64-bit ones but s390x, where a number of 16 bytes has 16.</summary>
    public ulong? LargestScalarAlignment => Is64Bit ? (Machine == EM_S390 ? 8 : null) : Machine switch
    {
        EM_68K => 2,
        EM_386 or EM_SH or EM_OPENRISC or EM_ARC_COMPACT or EM_ARC_COMPACT2 or EM_ALTERA_NIOS2 or EM_MICROBLAZE or EM_CSKY => 4,
        _ => 8,
    };

    /// <summary>The common name of the machine (e_machine): <c>x86-64</c>.</summary>
    public string MachineName => s_machineNames.TryGetValue(Machine, out string? name) ? name : $"machine {Machine}";

    /// <summary>The header in words: <c>ELF 64-bit little-endian x86-64 executable</c>.</summary>
    public string Describe()
    {
        string type = Type switch
        {
            ET_REL => "relocatable",
            ET_EXEC => "executable",
            ET_DYN => "shared object",
            _ => $"type {Type}",
        };
        return $"ELF {(Is64Bit ? 64 : 32)}-bit {(IsBigEndian ? "big" : "little")}-endian {MachineName} {type}";
    }
}
