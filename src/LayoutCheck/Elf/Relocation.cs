using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>
/// Applies the relocations of an object file (ET_REL: <c>.o</c>, <c>.ko</c>) to a copy of a section. Until then, even the offsets from one debug section into
/// another are zero or an addend: a <c>.ko</c> is several units joined by <c>ld -r</c>. The relocations of linked files (<c>--emit-relocs</c>) are
/// applied already.
/// </summary>
internal static unsafe class Relocation
{
    private const uint SHT_CREL = 0x40000014;
    private const ushort SHN_UNDEF = 0;
    private const ushort SHN_COMMON = 0xfff2;
    private const ushort EM_SPARCV9 = 43;

    /// <summary>The section with its relocations applied: a copy that the file owns, or the same section if it has none.</summary>
    /// <param name="header">The header of the object file.</param>
    /// <param name="sections">Its sections.</param>
    /// <param name="contentsOf">The contents of the section of an index.</param>
    /// <param name="target">The index of the section.</param>
    /// <param name="contents">Its contents, unpacked.</param>
    /// <param name="codeAddresses">By index, the addresses of sections with code (<see cref="CodeAddresses"/>).</param>
    /// <exception cref="InvalidImageException">A relocation is damaged, or of an unknown type.</exception>
    public static Section Apply(ElfHeader header, ImmutableArray<ElfSection> sections, Func<int, Section> contentsOf, int target, Section contents, ulong[] codeAddresses)
    {
        MappedFile file = contents.File;
        Section? copy = null;
        ulong total = 0;
        for (int i = 0; i < sections.Length; i++)
        {
            ElfSection section = sections[i];
            if (section.Type is not (ElfSection.SHT_REL or ElfSection.SHT_RELA or SHT_CREL) || section.ByteSize == 0)
            {
                continue;
            }

            (uint link, uint info) = ReadLinks(file, header, i);
            if (info != (uint)target)
            {
                continue;
            }

            if (section.Type == SHT_CREL)
            {
                throw new InvalidImageException(file.Path, section.Name, null, "has compact relocations (CREL), which cannot be read", "build without --crel");
            }

            if (link >= (uint)sections.Length)
            {
                throw new InvalidImageException(file.Path, section.Name, null, $"has its symbols in section {link} of {sections.Length}");
            }

            // Sections that overlap would have the same bytes applied again and again.
            total += section.ByteSize;
            if (section.ByteSize > file.Length || total > file.Length)
            {
                throw new InvalidImageException(file.Path, section.Name, null, $"the relocations of {contents.Name} are larger than the file");
            }

            if (copy is null)
            {
                file.Budget.Take(contents, contents.Length);
                copy = file.Own(contents.Copy(), contents.Name, contents.IsBigEndian);
            }

            ApplyAll(header, contentsOf(i), section.Type == ElfSection.SHT_RELA, contentsOf((int)link), copy, codeAddresses);
        }

        return copy ?? contents;
    }

    // sh_link and sh_info, which ELFSharp does not show.
    private static (uint Link, uint Info) ReadLinks(MappedFile file, ElfHeader header, int index)
    {
        SectionReader reader = file.Whole(header.IsBigEndian).ReadFrom(header.SectionTableOffset + ((ulong)index * header.SectionEntrySize));
        reader.Skip(header.Is64Bit ? 40u : 24u); // sh_name to sh_size
        return (reader.ReadU32(), reader.ReadU32());
    }

    private static void ApplyAll(ElfHeader header, Section relocations, bool hasAddend, Section symbols, Section contents, ulong[] codeAddresses)
    {
        RelocationType type = Unknown(uint.MaxValue);
        SectionReader reader = relocations.ReadFrom(0);
        while (!reader.IsAtEnd)
        {
            Entry entry = ReadEntry(ref reader, header, relocations, hasAddend);
            if (type.Number != entry.Type)
            {
                type = RelocationTypes.Find(header.Machine, entry.Type) ?? Unknown(entry.Type);
            }

            if (type.Effect == RelocationEffect.None)
            {
                continue;
            }

            if (type.Effect == RelocationEffect.Unsupported)
            {
                string name = type.Name.Length > 0 ? $" ({type.Name})" : "";
                throw relocations.Invalid(
                    entry.Offset,
                    $"relocation type {entry.Type}{name} of {header.MachineName} at 0x{entry.Place:x} of {contents.Name}, which cannot be applied",
                    "name a linked vmlinux, or use --source btf");
            }

            ulong size = (ulong)type.ByteSize;
            if (entry.Place > contents.Length || size > contents.Length - entry.Place || entry.Place == contents.Length)
            {
                throw relocations.Invalid(entry.Offset, $"a relocation changes 0x{entry.Place:x} of {contents.Name}, which has 0x{contents.Length:x} bytes");
            }

            ulong addend = entry.Addend ?? SignExtend(Load(contents.Start + entry.Place, type.ByteSize, contents.IsBigEndian), type.ByteSize);
            Change(contents, entry.Place, type, SymbolValue(header, symbols, entry.Symbol, relocations, entry.Offset, codeAddresses) + addend);
        }
    }

    private static RelocationType Unknown(uint number) => new(number, "", RelocationEffect.Unsupported, 0);

    // Elf32_Rel, Elf64_Rel and those with an addend (gABI, "Relocation").
    private static Entry ReadEntry(ref SectionReader reader, ElfHeader header, Section relocations, bool hasAddend)
    {
        int word = header.WordByteSize;
        ulong offset = reader.Offset;
        ulong place = reader.ReadUnsigned(word);
        uint symbol;
        uint type;
        if (header.Is64Bit && header.Machine == RelocationTypes.EM_MIPS)
        {
            // Elf64_Mips_External_Rel: r_sym, then four bytes r_ssym, r_type3, r_type2, r_type, in this order in both byte orders.
            symbol = reader.ReadU32();
            uint others = reader.ReadU24();
            type = reader.ReadU8();
            if (others != 0)
            {
                throw relocations.Invalid(offset, $"a relocation of three types at once (0x{others:x6}, R_MIPS {type}), which debug information has not");
            }
        }
        else
        {
            ulong info = reader.ReadUnsigned(word);
            symbol = (uint)(header.Is64Bit ? info >> 32 : info >> 8);
            // SPARC V9 keeps data of its own in the upper 24 bits of the type.
            type = (uint)info & (header.Is64Bit && header.Machine != EM_SPARCV9 ? uint.MaxValue : 0xff);
        }

        return new Entry(offset, place, symbol, type, hasAddend ? reader.ReadUnsigned(word) : null);
    }

    private static void Change(Section contents, ulong place, RelocationType type, ulong value)
    {
        byte* at = contents.Start + place;
        bool isBigEndian = contents.IsBigEndian;
        switch (type.Effect)
        {
            case RelocationEffect.Set:
                Store(at, type.ByteSize, isBigEndian, value);
                break;
            case RelocationEffect.Add:
                Store(at, type.ByteSize, isBigEndian, Load(at, type.ByteSize, isBigEndian) + value);
                break;
            case RelocationEffect.Subtract:
                Store(at, type.ByteSize, isBigEndian, Load(at, type.ByteSize, isBigEndian) - value);
                break;
            case RelocationEffect.SetLow6:
                *at = (byte)((*at & 0xc0) | ((byte)value & 0x3f));
                break;
            case RelocationEffect.AddLow6:
                *at = (byte)((*at & 0xc0) | ((*at + (byte)value) & 0x3f));
                break;
            case RelocationEffect.SubtractLow6:
                *at = (byte)((*at & 0xc0) | ((*at - (byte)value) & 0x3f));
                break;
            default:
                ChangeUleb(contents, place, type.Effect, value);
                break;
        }
    }

    // The length stays, so that nothing behind it moves; the value is truncated to it.
    private static void ChangeUleb(Section contents, ulong place, RelocationEffect effect, ulong value)
    {
        SectionReader reader = contents.ReadFrom(place);
        ulong old = reader.ReadUleb();
        ulong result = effect switch
        {
            RelocationEffect.SetUleb => value,
            RelocationEffect.AddUleb => old + value,
            _ => old - value,
        };
        for (ulong at = place; at < reader.Offset; at++)
        {
            contents.Start[at] = (byte)((contents.Start[at] & 0x80) | ((byte)result & 0x7f));
            result >>= 7;
        }
    }

    // Sections of an object have no address yet, so a symbol's value is its offset in its section, and a section symbol's is 0. Sections with code have the
    // addresses of CodeAddresses.
    private static ulong SymbolValue(ElfHeader header, Section symbols, uint index, Section relocations, ulong entry, ulong[] codeAddresses)
    {
        if (index == 0)
        {
            return 0;
        }

        ulong size = header.Is64Bit ? 24u : 16u;
        ulong at = index * size;
        if (at + size > symbols.Length)
        {
            throw relocations.Invalid(entry, $"a relocation names symbol {index} of {symbols.Length / size}");
        }

        SectionReader reader = symbols.ReadFrom(at);
        ushort section;
        ulong value;
        if (header.Is64Bit)
        {
            reader.Skip(6); // st_name, st_info, st_other
            section = reader.ReadU16();
            value = reader.ReadU64();
        }
        else
        {
            reader.Skip(4); // st_name
            value = reader.ReadU32();
            reader.Skip(6); // st_size, st_info, st_other
            section = reader.ReadU16();
        }

        if (section == SHN_UNDEF && value != 0)
        {
            throw relocations.Invalid(entry, $"a relocation names symbol {index}, which is in no section and yet has the value 0x{value:x}");
        }

        // The value of a symbol that is to be allocated is its alignment.
        return section == SHN_COMMON ? 0 : section < codeAddresses.Length ? codeAddresses[section] + value : value;
    }

    private static ulong Load(byte* at, int size, bool isBigEndian)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= (ulong)at[i] << (8 * (isBigEndian ? size - 1 - i : i));
        }

        return value;
    }

    private static void Store(byte* at, int size, bool isBigEndian, ulong value)
    {
        for (int i = 0; i < size; i++)
        {
            at[i] = (byte)(value >> (8 * (isBigEndian ? size - 1 - i : i)));
        }
    }

    private static ulong SignExtend(ulong value, int size) => size is 0 or 8 ? value : (ulong)((long)(value << (64 - (8 * size))) >> (64 - (8 * size)));

    /// <summary>An entry of a relocation section.</summary>
    /// <param name="Offset">Its offset in that section.</param>
    /// <param name="Place">The offset of the bytes that it changes.</param>
    /// <param name="Symbol">The index of its symbol.</param>
    /// <param name="Type">The number of its type.</param>
    /// <param name="Addend">Its addend; null if the addend is in the bytes that it changes (SHT_REL).</param>
    private readonly record struct Entry(ulong Offset, ulong Place, uint Symbol, uint Type, ulong? Addend);
}
