namespace LayoutCheck.Tests.Support;

/// <summary>The smallest ELF file that holds some sections: header, contents, section table. Of either class and byte order.</summary>
internal sealed class ElfBuilder(bool is64Bit = true, bool isBigEndian = false)
{
    public const uint SHT_PROGBITS = 1;
    private const uint SHT_STRTAB = 3;

    private readonly List<(string Name, byte[] Contents, uint Type, ulong Flags, ulong Address)> _sections = [];

    /// <summary>e_type; ET_EXEC if not set.</summary>
    public ushort Type { get; set; } = 2;

    /// <summary>e_machine; x86-64 or i386 if not set.</summary>
    public ushort? Machine { get; set; }

    public ElfBuilder Add(string name, byte[] contents, uint type = SHT_PROGBITS, ulong flags = 0, ulong address = 0)
    {
        _sections.Add((name, contents, type, flags, address));
        return this;
    }

    public byte[] ToBytes()
    {
        ByteWriter names = new(isBigEndian);
        names.Text("");
        int[] nameOffsets = [.. _sections.Select(section => NameOffset(names, section.Name)), NameOffset(names, ".shstrtab")];
        (byte[] Contents, uint Type, ulong Flags, ulong Address)[] all = [.. _sections.Select(s => (s.Contents, s.Type, s.Flags, s.Address)), (names.ToArray(), SHT_STRTAB, 0, 0)];

        int word = is64Bit ? 8 : 4;
        ulong headerSize = is64Bit ? 64u : 52u;
        ulong tableOffset = headerSize + (ulong)all.Sum(s => s.Contents.Length);
        ByteWriter file = new(isBigEndian);
        file.Raw(0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(is64Bit ? 2 : 1), (byte)(isBigEndian ? 2 : 1), 1, 0).U64(0);
        file.U16(Type).U16(Machine ?? (is64Bit ? 62u : 3u)).U32(1); // e_type, e_machine, e_version
        file.Unsigned(0, word).Unsigned(0, word).Unsigned(tableOffset, word); // e_entry, e_phoff, e_shoff
        file.U32(0).U16(headerSize).U16(0).U16(0); // e_flags, e_ehsize, e_phentsize, e_phnum
        file.U16(is64Bit ? 64u : 40u).U16((ulong)all.Length + 1).U16((ulong)all.Length); // e_shentsize, e_shnum, e_shstrndx
        foreach (var section in all)
        {
            file.Raw(section.Contents);
        }

        file.Raw(new byte[is64Bit ? 64 : 40]);
        ulong offset = headerSize;
        for (int i = 0; i < all.Length; i++)
        {
            ulong size = (ulong)all[i].Contents.Length;
            file.U32((ulong)nameOffsets[i]).U32(all[i].Type).Unsigned(all[i].Flags, word).Unsigned(all[i].Address, word).Unsigned(offset, word).Unsigned(size, word);
            file.U32(0).U32(0).Unsigned(1, word).Unsigned(0, word); // sh_link, sh_info, sh_addralign, sh_entsize
            offset += size;
        }

        return SavedImages.Keep(file.ToArray());
    }

    private static int NameOffset(ByteWriter names, string name)
    {
        int at = names.Length;
        names.Text(name);
        return at;
    }
}
