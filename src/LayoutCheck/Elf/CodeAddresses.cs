namespace LayoutCheck.Elf;

/// <summary>
/// The addresses of the sections with code. A linked file says them. The sections of an object file (ET_REL) have none, and offsets that all start at 0: here each
/// gets a range of its own, so that a relocated address tells its section. In bytes.
/// </summary>
internal static class CodeAddresses
{
    // Far above the offsets of any debug section, which an address must not be taken for.
    private const ulong FirstAddress = 1UL << 40;
    private const ulong Alignment = 1UL << 12;

    /// <summary>Whether a section has instructions.</summary>
    public static bool IsCode(ElfSection section) => (section.Flags & (ElfSection.SHF_ALLOC | ElfSection.SHF_EXECINSTR)) == (ElfSection.SHF_ALLOC | ElfSection.SHF_EXECINSTR) && section.ByteSize > 0;

    /// <summary>By index, where each section of an object file with code is; 0 for other sections. Empty for a linked or 32-bit file, whose addresses stay as they are.</summary>
    public static ulong[] Of(ElfHeader header, IReadOnlyList<ElfSection> sections)
    {
        if (header.Type != ElfHeader.ET_REL || !header.Is64Bit)
        {
            return [];
        }

        ulong[] addresses = new ulong[sections.Count];
        ulong next = FirstAddress;
        for (int i = 0; i < addresses.Length; i++)
        {
            // A size that no file can have would overflow the sum; its contents are refused where they are read.
            if (IsCode(sections[i]) && sections[i].ByteSize < FirstAddress)
            {
                addresses[i] = next;
                next += (sections[i].ByteSize + (2 * Alignment) - 1) & ~(Alignment - 1);
            }
        }

        return addresses;
    }
}
