using System.Buffers.Binary;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Elf;

/// <summary>Relocations byte by byte, on an object with one section of sixteen bytes; whole objects are in tests/fixtures/page-era5-objects.</summary>
public sealed class RelocationTests
{
    private const ulong SymbolValue = 0x100;

    // Machine, class, byte order, whether the addend is in the relocation, type, bytes before (from offset 4), bytes after.
    [Theory]
    [InlineData(62, true, false, true, 10, "00000000", "05010000")] // R_X86_64_32
    [InlineData(62, true, false, true, 11, "00000000", "05010000")] // R_X86_64_32S
    [InlineData(62, true, false, true, 1, "ffffffffffffffff", "0501000000000000")] // R_X86_64_64
    [InlineData(62, true, false, true, 0, "aabbccdd", "aabbccdd")] // R_X86_64_NONE
    [InlineData(62, false, false, true, 10, "00000000", "05010000")] // x32
    [InlineData(3, false, false, false, 1, "05000000", "05010000")] // R_386_32, the addend in place
    [InlineData(3, false, false, false, 1, "fcffffff", "fc000000")] // a negative one
    [InlineData(40, false, false, false, 2, "05000000", "05010000")] // R_ARM_ABS32
    [InlineData(40, false, true, false, 2, "00000005", "00000105")] // armeb
    [InlineData(183, true, false, true, 258, "00000000", "05010000")] // R_AARCH64_ABS32
    [InlineData(183, true, false, true, 257, "0000000000000000", "0501000000000000")] // R_AARCH64_ABS64
    [InlineData(22, true, true, true, 4, "00000000", "00000105")] // R_390_32
    [InlineData(22, true, true, true, 22, "0000000000000000", "0000000000000105")] // R_390_64
    [InlineData(21, true, true, true, 1, "00000000", "00000105")] // R_PPC64_ADDR32
    [InlineData(21, true, false, true, 38, "0000000000000000", "0501000000000000")] // R_PPC64_ADDR64, ppc64el
    [InlineData(20, false, true, true, 24, "00000000", "00000105")] // R_PPC_UADDR32
    [InlineData(8, false, true, false, 2, "00000005", "00000105")] // R_MIPS_32, o32
    [InlineData(8, true, true, true, 18, "0000000000000000", "0000000000000105")] // R_MIPS_64
    [InlineData(8, true, false, true, 18, "0000000000000000", "0501000000000000")] // mips64el
    [InlineData(258, true, false, true, 1, "00000000", "05010000")] // R_LARCH_32
    [InlineData(258, true, false, true, 50, "01000000", "06010000")] // R_LARCH_ADD32
    [InlineData(258, true, false, true, 55, "06010000", "01000000")] // R_LARCH_SUB32
    [InlineData(258, true, false, true, 49, "010000aa", "060100aa")] // R_LARCH_ADD24
    [InlineData(258, true, false, true, 107, "8180aa", "8682aa")] // R_LARCH_ADD_ULEB128: three bytes, the last is a group of its own
    [InlineData(258, true, false, true, 105, "c1", "c6")] // R_LARCH_ADD6
    [InlineData(258, true, false, true, 100, "aa", "aa")] // R_LARCH_RELAX
    [InlineData(243, true, false, true, 1, "00000000", "05010000")] // R_RISCV_32
    [InlineData(243, true, false, true, 35, "01000000", "06010000")] // R_RISCV_ADD32
    [InlineData(243, true, false, true, 40, "0601000000000000", "0100000000000000")] // R_RISCV_SUB64
    [InlineData(243, true, false, true, 33, "fe", "03")] // R_RISCV_ADD8 wraps
    [InlineData(243, true, false, true, 53, "c0", "c5")] // R_RISCV_SET6
    [InlineData(243, true, false, true, 52, "c6", "c1")] // R_RISCV_SUB6
    [InlineData(243, true, false, true, 60, "808000", "858200")] // R_RISCV_SET_ULEB128 keeps the length
    [InlineData(243, true, false, true, 61, "878200", "828000")] // R_RISCV_SUB_ULEB128
    [InlineData(4, false, true, true, 1, "00000000", "00000105")] // R_68K_32
    [InlineData(42, false, false, true, 1, "30020000", "35030000")] // R_SH_DIR32: RELA, and the addend in place counts as well
    [InlineData(94, false, false, true, 1, "30020000", "35030000")] // R_XTENSA_32, likewise
    [InlineData(94, false, false, true, 19, "aabbccdd", "aabbccdd")] // R_XTENSA_DIFF32: final already
    [InlineData(36902, true, false, true, 1, "00000000", "05010000")] // R_ALPHA_REFLONG
    [InlineData(36902, true, false, true, 2, "0000000000000000", "0501000000000000")] // R_ALPHA_REFQUAD
    [InlineData(164, false, false, true, 6, "00000000", "05010000")] // R_HEX_32
    [InlineData(92, false, true, true, 1, "00000000", "00000105")] // R_OR1K_32
    [InlineData(247, true, false, false, 3, "05000000", "05010000")] // R_BPF_64_ABS32
    public void Sets_the_bytes_that_a_linker_would(ushort machine, bool is64Bit, bool isBigEndian, bool hasAddend, uint type, string before, string after)
    {
        byte[] bytes = Convert.FromHexString(before);
        byte[] section = new byte[16];
        bytes.CopyTo(section, 4);
        TestObject made = new(machine, is64Bit, isBigEndian, section) { HasAddend = hasAddend };
        made.Relocations.Add((4, 1, type, 5));
        Assert.Equal(after, Convert.ToHexStringLower(Contents(made).AsSpan(4, bytes.Length)));
    }

    [Fact]
    public void Leaves_the_file_as_it_is()
    {
        TestObject made = new(62, true, false, new byte[16]);
        made.Relocations.Add((0, 1, 10, 0));
        byte[] bytes = made.ToBytes();
        byte[] copy = [.. bytes];
        using MappedFile file = MappedFile.FromBytes("test.o", bytes);
        Assert.Equal(SymbolValue, ElfFile.Read(file).Contents(".debug_info")!.ReadFrom(0).ReadU32());
        Assert.Equal(copy, bytes);
    }

    [Fact]
    public void Leaves_a_linked_file_alone()
    {
        TestObject made = new(62, true, false, new byte[16]) { Type = ElfHeader.ET_EXEC };
        made.Relocations.Add((0, 1, 10, 0));
        Assert.Equal(new byte[16], Contents(made));
    }

    [Fact]
    public void A_common_symbol_has_no_value_yet()
    {
        TestObject made = new(62, true, false, new byte[16]) { SymbolSection = 0xfff2 };
        made.Relocations.Add((0, 1, 10, 7));
        Assert.Equal(7, Contents(made)[0]);
    }

    [Theory]
    [InlineData(62, true, 2u, "relocation type 2 (R_X86_64_PC32) of x86-64 at 0x0 of .debug_info, which cannot be applied")]
    [InlineData(62, true, 99u, "relocation type 99 of x86-64 at 0x0 of .debug_info, which cannot be applied")]
    [InlineData(94, false, 20u, "relocation type 20 (R_XTENSA_SLOT0_OP) of xtensa at 0x0 of .debug_info, which cannot be applied")]
    [InlineData(300, false, 1u, "relocation type 1 of machine 300 at 0x0 of .debug_info, which cannot be applied")]
    public void Names_a_type_that_it_cannot_apply(ushort machine, bool is64Bit, uint type, string problem)
    {
        TestObject made = new(machine, is64Bit, false, new byte[16]);
        made.Relocations.Add((0, 1, type, 0));
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => Contents(made));
        Assert.Equal((".rela.debug_info", 0UL, problem), (e.Section, e.Offset, e.Problem));
    }

    [Theory]
    [InlineData(13, 1u, "a relocation changes 0xd of .debug_info, which has 0x10 bytes")]
    [InlineData(16, 1u, "a relocation changes 0x10 of .debug_info, which has 0x10 bytes")]
    [InlineData(-1, 1u, "a relocation changes 0xffffffffffffffff of .debug_info, which has 0x10 bytes")]
    [InlineData(0, 2u, "a relocation names symbol 2 of 2")]
    public void Refuses_what_lies_outside(long place, uint symbol, string problem)
    {
        TestObject made = new(62, true, false, new byte[16]);
        made.Relocations.Add(((ulong)place, symbol, 10, 0));
        Assert.Equal(problem, Assert.Throws<InvalidImageException>(() => Contents(made)).Problem);
    }

    [Fact]
    public void Refuses_three_mips_relocations_in_one()
    {
        TestObject made = new(8, true, false, new byte[16]);
        made.Relocations.Add((0, 1, 0x0512, 0)); // the second type is R_MIPS_HI16
        Assert.Contains("three types at once", Assert.Throws<InvalidImageException>(() => Contents(made)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_relocations_that_are_cut_short()
    {
        TestObject made = new(62, true, false, new byte[16]) { ExtraRelocationBytes = 5 };
        made.Relocations.Add((0, 1, 10, 0));
        Assert.Equal(".rela.debug_info", Assert.Throws<InvalidImageException>(() => Contents(made)).Section);
    }

    private static byte[] Contents(TestObject made)
    {
        using MappedFile file = MappedFile.FromBytes("test.o", made.ToBytes());
        Section section = ElfFile.Read(file).Contents(".debug_info")!;
        return section.ReadFrom(0).ReadBytes(section.Length).ToArray();
    }

    /// <summary>An object with .debug_info, its relocations, and one symbol besides the null symbol.</summary>
    private sealed class TestObject(ushort machine, bool is64Bit, bool isBigEndian, byte[] contents)
    {
        private readonly List<byte> _bytes = [];

        public ushort Type { get; init; } = ElfHeader.ET_REL;

        public bool HasAddend { get; init; } = true;

        public ushort SymbolSection { get; init; } = 1;

        public int ExtraRelocationBytes { get; init; }

        public List<(ulong Place, uint Symbol, uint Type, ulong Addend)> Relocations { get; } = [];

        public byte[] ToBytes()
        {
            const string Names = "\0.debug_info\0.rela.debug_info\0.symtab\0.shstrtab\0";
            _bytes.Clear();
            _bytes.AddRange([0x7f, (byte)'E', (byte)'L', (byte)'F', (byte)(is64Bit ? 2 : 1), (byte)(isBigEndian ? 2 : 1), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            byte[] symbols = Make(Symbols);
            byte[] relocations = Make(MakeRelocations);
            byte[] names = [.. Names.Select(c => (byte)c)];
            byte[][] parts = [contents, relocations, symbols, names];
            int headerSize = is64Bit ? 64 : 52;
            Write(Type, 2);
            Write(machine, 2);
            Write(1, 4);
            Write(0, Word);
            Write(0, Word);
            Write((ulong)(headerSize + parts.Sum(p => p.Length)), Word);
            Write(0, 4);
            Write((ulong)headerSize, 2);
            Write(0, 4);
            Write(is64Bit ? 64u : 40u, 2);
            Write(5, 2);
            Write(4, 2);
            foreach (byte[] part in parts)
            {
                _bytes.AddRange(part);
            }

            _bytes.AddRange(new byte[is64Bit ? 64 : 40]);
            int at = headerSize;
            Header(".debug_info", 1, 0, 0);
            Header(".rela.debug_info", HasAddend ? ElfSection.SHT_RELA : ElfSection.SHT_REL, 3, 1);
            Header(".symtab", 2, 0, 0);
            Header(".shstrtab", 3, 0, 0);
            return [.. _bytes];

            void Header(string name, uint type, uint link, uint info)
            {
                byte[] part = parts[(_bytes.Count - headerSize - parts.Sum(p => p.Length)) / (is64Bit ? 64 : 40) - 1];
                Write((ulong)Names.IndexOf(name + "\0", StringComparison.Ordinal), 4);
                Write(type, 4);
                Write(0, Word);
                Write(0, Word);
                Write((ulong)at, Word);
                Write((ulong)part.Length, Word);
                Write(link, 4);
                Write(info, 4);
                Write(1, Word);
                Write(0, Word);
                at += part.Length;
            }
        }

        private int Word => is64Bit ? 8 : 4;

        private byte[] Make(Action write)
        {
            int start = _bytes.Count;
            write();
            byte[] made = [.. _bytes.Skip(start)];
            _bytes.RemoveRange(start, made.Length);
            return made;
        }

        private void Symbols()
        {
            _bytes.AddRange(new byte[is64Bit ? 24 : 16]);
            Write(0, 4);
            if (is64Bit)
            {
                Write(0, 2);
                Write(SymbolSection, 2);
                Write(SymbolValue, 8);
                Write(0, 8);
            }
            else
            {
                Write(SymbolValue, 4);
                Write(0, 4);
                Write(0, 2);
                Write(SymbolSection, 2);
            }
        }

        private void MakeRelocations()
        {
            foreach ((ulong place, uint symbol, uint type, ulong addend) in Relocations)
            {
                Write(place, Word);
                if (is64Bit && machine == RelocationTypes.EM_MIPS)
                {
                    Write(symbol, 4);
                    _bytes.AddRange([0, (byte)(type >> 16), (byte)(type >> 8), (byte)type]);
                }
                else
                {
                    Write(is64Bit ? ((ulong)symbol << 32) | type : (symbol << 8) | type, Word);
                }

                if (HasAddend)
                {
                    Write(addend, Word);
                }
            }

            _bytes.AddRange(new byte[ExtraRelocationBytes]);
        }

        private void Write(ulong value, int size)
        {
            Span<byte> whole = stackalloc byte[8];
            if (isBigEndian)
            {
                BinaryPrimitives.WriteUInt64BigEndian(whole, value);
                whole = whole[(8 - size)..];
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
                whole = whole[..size];
            }

            _bytes.AddRange(whole);
        }
    }
}
