using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Elf;

/// <summary>
/// Applies the relocations of an object file (ET_REL: <c>.o</c>, <c>.ko</c>) to a copy of a section. There, even the offsets from one
/// debug section into another are zero or an addend until that is done: a <c>.ko</c> is several units joined by <c>ld -r</c>. Linked files
/// may carry relocations, too, left over from the link (<c>--emit-relocs</c>); their contents are final and this is not for them.
/// </summary>
internal static unsafe class Relocation
{
    private const uint SHT_CREL = 0x40000014;
    private const ushort SHN_UNDEF = 0;
    private const ushort SHN_COMMON = 0xfff2;

    /// <summary>The section with its relocations applied: a copy that the file owns, or the same section when it has none.</summary>
    /// <param name="elf">The object file.</param>
    /// <param name="target">The section's index in the section table.</param>
    /// <param name="contents">Its contents, unpacked.</param>
    /// <exception cref="InvalidImageException">A relocation is damaged, or of a type that we do not know.</exception>
    public static Section Apply(ElfFile elf, int target, Section contents)
    {
        Section? copy = null;
        ulong total = 0;
        for (int i = 0; i < elf.Sections.Length; i++)
        {
            ElfSection section = elf.Sections[i];
            if (section.Type is not (ElfSection.SHT_REL or ElfSection.SHT_RELA or SHT_CREL) || section.ByteSize == 0)
            {
                continue;
            }

            (uint link, uint info) = ReadLinks(elf, i);
            if (info != (uint)target)
            {
                continue;
            }

            if (section.Type == SHT_CREL)
            {
                throw new InvalidImageException(elf.File.Path, section.Name, null, "has compact relocations (CREL), which cannot be read", "build without --crel");
            }

            if (link >= (uint)elf.Sections.Length)
            {
                throw new InvalidImageException(elf.File.Path, section.Name, null, $"has its symbols in section {link} of {elf.Sections.Length}");
            }

            // Sections that lie over each other would have the same bytes applied again and again.
            total += section.ByteSize;
            if (section.ByteSize > elf.File.Length || total > elf.File.Length)
            {
                throw new InvalidImageException(elf.File.Path, section.Name, null, $"the relocations of {contents.Name} are larger than the file");
            }

            if (copy is null)
            {
                elf.File.Budget.Take(contents, contents.Length);
            }

            copy ??= elf.File.Own(contents.Copy(), contents.Name, contents.IsBigEndian);
            Apply(elf.Header, elf.Contents(section), section.Type == ElfSection.SHT_RELA, elf.Contents(elf.Sections[(int)link]), copy);
        }

        return copy ?? contents;
    }

    // The section list does not have sh_link and sh_info: one of the two backends hides them.
    private static (uint Link, uint Info) ReadLinks(ElfFile elf, int index)
    {
        ElfHeader header = elf.Header;
        SectionReader reader = elf.File.Whole(header.IsBigEndian).ReadFrom(header.SectionTableOffset + ((ulong)index * header.SectionEntrySize));
        reader.Skip(header.Is64Bit ? 40u : 24u); // sh_name to sh_size
        return (reader.ReadU32(), reader.ReadU32());
    }

    private static void Apply(ElfHeader header, Section relocations, bool hasAddend, Section symbols, Section contents)
    {
        bool isMips64 = header.Is64Bit && header.Machine == RelocationTypes.EM_MIPS;
        int word = header.WordByteSize;
        RelocationType type = new(uint.MaxValue, "", RelocationEffect.Unsupported, 0);
        SectionReader reader = relocations.ReadFrom(0);
        while (!reader.IsAtEnd)
        {
            ulong entry = reader.Offset;
            ulong place = reader.ReadUnsigned(word);
            uint symbol;
            uint number;
            if (isMips64)
            {
                // Elf64_Mips_External_Rel: r_sym, then four bytes r_ssym, r_type3, r_type2, r_type, in this order in both byte orders.
                symbol = reader.ReadU32();
                uint others = reader.ReadU24();
                number = reader.ReadU8();
                if (others != 0)
                {
                    throw relocations.Invalid(entry, $"a relocation of three types at once (0x{others:x6}, R_MIPS {number}), which debug information has not");
                }
            }
            else
            {
                ulong info = reader.ReadUnsigned(word);
                symbol = (uint)(header.Is64Bit ? info >> 32 : info >> 8);
                // SPARC V9 keeps data of its own in the upper 24 bits of the type.
                number = (uint)info & (header.Is64Bit && header.Machine != 43 ? uint.MaxValue : 0xff);
            }

            ulong addend = hasAddend ? reader.ReadUnsigned(word) : 0;
            if (type.Number != number)
            {
                type = RelocationTypes.Find(header.Machine, number) ?? new RelocationType(number, "", RelocationEffect.Unsupported, 0);
            }

            if (type.Effect == RelocationEffect.None)
            {
                continue;
            }

            if (type.Effect == RelocationEffect.Unsupported)
            {
                string name = type.Name.Length > 0 ? $" ({type.Name})" : "";
                throw relocations.Invalid(entry, $"relocation type {number}{name} of {header.MachineName} at 0x{place:x} of {contents.Name}, which cannot be applied", "name a linked vmlinux, or use --source btf");
            }

            ulong size = (ulong)type.ByteSize;
            if (place > contents.Length || size > contents.Length - place || place == contents.Length)
            {
                throw relocations.Invalid(entry, $"a relocation changes 0x{place:x} of {contents.Name}, which has 0x{contents.Length:x} bytes");
            }

            byte* at = contents.Start + place;
            bool isBigEndian = contents.IsBigEndian;
            if (!hasAddend)
            {
                addend = SignExtend(Load(at, type.ByteSize, isBigEndian), type.ByteSize);
            }

            ulong value = SymbolValue(header, symbols, symbol, relocations, entry) + addend;
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
    }

    // The length stays, so that nothing after it moves; what does not fit is cut off, as in any sum modulo a power of two.
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

    // Sections of an object have no address yet, so a symbol's value is its offset in its section, and a section symbol's is 0.
    private static ulong SymbolValue(ElfHeader header, Section symbols, uint index, Section relocations, ulong entry)
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
        return section == SHN_COMMON ? 0 : value;
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
}
