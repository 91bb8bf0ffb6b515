namespace LayoutCheck.Elf;

/// <summary>A section header; offsets and sizes in bytes.</summary>
internal sealed record ElfSection(string Name, uint Type, ulong Flags, ulong Address, ulong FileOffset, ulong ByteSize)
{
    public const uint SHT_NULL = 0;
    public const uint SHT_PROGBITS = 1;
    public const uint SHT_RELA = 4;
    public const uint SHT_NOTE = 7;
    public const uint SHT_NOBITS = 8;
    public const uint SHT_REL = 9;
    public const ulong SHF_ALLOC = 2;
    public const ulong SHF_EXECINSTR = 4;
    public const ulong SHF_COMPRESSED = 0x800;
}
