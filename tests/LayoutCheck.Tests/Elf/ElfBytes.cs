using System.Buffers.Binary;
using System.Text;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Elf;

/// <summary>
/// Writes an ELF file byte by byte: header, contents, section table. The null section comes first and <c>.shstrtab</c> last, both by
/// themselves.
/// </summary>
internal sealed class ElfBytes(bool is64Bit = true, bool isBigEndian = false)
{
    private readonly List<Entry> _sections = [];

    /// <summary>e_shnum is 0 and section header 0 has the count.</summary>
    public bool HasExtendedCount { get; set; }

    /// <summary>e_shstrndx is SHN_XINDEX and section header 0 has the index.</summary>
    public bool HasExtendedNameIndex { get; set; }

    /// <summary>e_shstrndx, when it is not the index of <c>.shstrtab</c>.</summary>
    public ushort? NameSectionIndex { get; set; }

    public int HeaderSize => is64Bit ? 64 : 52;

    public int EntrySize => is64Bit ? 64 : 40;

    /// <summary>Where the section table starts, once built.</summary>
    public int TableOffset { get; private set; }

    /// <summary>Adds a section; offset and size are those of the contents unless given.</summary>
    public ElfBytes Add(string name, uint type, byte[]? contents = null, ulong flags = 0, ulong address = 0, ulong? offset = null, ulong? size = null, uint? nameOffset = null)
    {
        _sections.Add(new Entry(name, type, contents ?? [], flags, address, offset, size, nameOffset));
        return this;
    }

    /// <summary>An NT_GNU_BUILD_ID note, or another of the owner and type given.</summary>
    public byte[] Note(string owner, uint type, byte[] descriptor)
    {
        byte[] name = Encoding.ASCII.GetBytes(owner + "\0");
        byte[] note = new byte[12 + Padded(name.Length) + Padded(descriptor.Length)];
        Write(note, 0, (ulong)name.Length, 4);
        Write(note, 4, (ulong)descriptor.Length, 4);
        Write(note, 8, type, 4);
        name.CopyTo(note, 12);
        descriptor.CopyTo(note, 12 + Padded(name.Length));
        return note;
    }

    public byte[] Build()
    {
        MemoryStream names = new();
        names.WriteByte(0);
        List<Entry> all = [new("", 0, [], 0, 0, 0, 0, 0), .. _sections, new(".shstrtab", 3, [], 0, 0, null, null, null)];
        List<uint> nameOffsets = [];
        foreach (Entry entry in all)
        {
            nameOffsets.Add(entry.NameOffset ?? (uint)names.Length);
            names.Write(Encoding.UTF8.GetBytes(entry.Name + "\0"));
        }

        all[^1] = all[^1] with { Contents = names.ToArray() };
        MemoryStream body = new();
        List<ulong> offsets = [];
        foreach (Entry entry in all)
        {
            offsets.Add((ulong)(HeaderSize + body.Length));
            body.Write(entry.Contents);
        }

        TableOffset = Padded(HeaderSize + (int)body.Length, 8);
        byte[] bytes = new byte[TableOffset + (all.Count * EntrySize)];
        body.ToArray().CopyTo(bytes, HeaderSize);
        WriteHeader(bytes, all.Count);
        for (int i = 0; i < all.Count; i++)
        {
            Entry entry = all[i];
            ulong size = entry.Size ?? (ulong)entry.Contents.Length;
            uint link = 0;
            if (i == 0)
            {
                size = HasExtendedCount ? (ulong)all.Count : 0;
                link = HasExtendedNameIndex ? (uint)all.Count - 1 : 0;
            }

            WriteEntry(bytes, i, nameOffsets[i], entry, entry.Offset ?? offsets[i], size, link);
        }

        return bytes;
    }

    public static ElfFile Read(byte[] bytes) => ElfFile.Read(MappedFile.FromBytes("test.elf", bytes));

    public void Write(byte[] bytes, int at, ulong value, int size)
    {
        for (int i = 0; i < size; i++)
        {
            bytes[at + (isBigEndian ? size - 1 - i : i)] = (byte)(value >> (8 * i));
        }
    }

    private void WriteHeader(byte[] bytes, int count)
    {
        int word = is64Bit ? 8 : 4;
        byte[] ident = [0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(is64Bit ? 2 : 1), (byte)(isBigEndian ? 2 : 1), 1];
        ident.CopyTo(bytes, 0);
        Write(bytes, 16, ElfHeader.ET_DYN, 2);
        Write(bytes, 18, 62, 2);
        Write(bytes, 20, 1, 4);
        int at = 24 + word; // e_entry
        at += word; // e_phoff
        Write(bytes, at, (ulong)TableOffset, word);
        at += word + 4; // e_flags
        Write(bytes, at, (ulong)HeaderSize, 2);
        at += 2 + 2 + 2; // e_phentsize, e_phnum
        Write(bytes, at, (ulong)EntrySize, 2);
        Write(bytes, at + 2, HasExtendedCount ? 0 : (ulong)count, 2);
        Write(bytes, at + 4, HasExtendedNameIndex ? 0xffffu : NameSectionIndex ?? (ulong)(count - 1), 2);
    }

    private void WriteEntry(byte[] bytes, int index, uint name, Entry entry, ulong offset, ulong size, uint link)
    {
        int word = is64Bit ? 8 : 4;
        int at = TableOffset + (index * EntrySize);
        Write(bytes, at, name, 4);
        Write(bytes, at + 4, entry.Type, 4);
        at += 8;
        foreach (ulong value in (ulong[])[entry.Flags, entry.Address, offset, size])
        {
            Write(bytes, at, value, word);
            at += word;
        }

        Write(bytes, at, link, 4);
        Write(bytes, at + 8, 1, word); // sh_addralign
    }

    private static int Padded(int length, int unit = 4) => (length + unit - 1) / unit * unit;

    private sealed record Entry(string Name, uint Type, byte[] Contents, ulong Flags, ulong Address, ulong? Offset, ulong? Size, uint? NameOffset);
}

/// <summary>A second, plain reading of a section table, to compare with; for whole files only.</summary>
internal static class NaiveElf
{
    public static List<ElfSection> Sections(byte[] bytes)
    {
        bool is64Bit = bytes[4] == 2;
        bool isBigEndian = bytes[5] == 2;
        ulong Get(ulong at, int size)
        {
            ReadOnlySpan<byte> span = bytes.AsSpan((int)at, size);
            return (size, isBigEndian) switch
            {
                (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(span),
                (2, true) => BinaryPrimitives.ReadUInt16BigEndian(span),
                (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(span),
                (4, true) => BinaryPrimitives.ReadUInt32BigEndian(span),
                (_, false) => BinaryPrimitives.ReadUInt64LittleEndian(span),
                (_, true) => BinaryPrimitives.ReadUInt64BigEndian(span),
            };
        }

        // Offsets of Elf32_Ehdr and Elf64_Ehdr, Elf32_Shdr and Elf64_Shdr.
        ulong table = is64Bit ? Get(40, 8) : Get(32, 4);
        ulong Field(ulong index, ulong narrow, ulong wide) => is64Bit ? Get(table + (index * 64) + wide, 8) : Get(table + (index * 40) + narrow, 4);
        ulong Half(ulong index, ulong at) => Get(table + (index * (is64Bit ? 64u : 40u)) + at, 4);
        ulong count = is64Bit ? Get(60, 2) : Get(48, 2);
        ulong names = is64Bit ? Get(62, 2) : Get(50, 2);
        List<ElfSection> sections = [];
        if (table == 0)
        {
            return sections;
        }

        count = count == 0 ? Field(0, 20, 32) : count;
        names = names == 0xffff ? Half(0, is64Bit ? 40u : 24u) : names;
        ulong nameTable = Field(names, 16, 24);
        for (ulong i = 0; i < count; i++)
        {
            ulong start = nameTable + Half(i, 0);
            int end = Array.IndexOf(bytes, (byte)0, (int)start);
            string name = names == 0 || Half(i, 4) == 0 ? "" : Encoding.UTF8.GetString(bytes, (int)start, end - (int)start);
            sections.Add(new ElfSection(name, (uint)Half(i, 4), Field(i, 8, 8), Field(i, 12, 16), Field(i, 16, 24), Field(i, 20, 32)));
        }

        return sections;
    }
}
