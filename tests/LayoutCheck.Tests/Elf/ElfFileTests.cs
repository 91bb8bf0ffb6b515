using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Elf;

/// <summary>The header, contents and build id; the section list has its own suite.</summary>
public sealed class ElfFileTests
{
    private const uint SHT_PROGBITS = 1;
    private const uint NT_GNU_BUILD_ID = 3;

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Reads_header_and_build_id_of_each_class_and_byte_order(bool is64Bit, bool isBigEndian)
    {
        ElfBytes image = new(is64Bit, isBigEndian);
        byte[] notes = [.. image.Note("Linux", 0x100, [1]), .. image.Note("GNU", 5, [2, 3]), .. image.Note("GNU", NT_GNU_BUILD_ID, [0xab, 0xcd, 0x01])];
        ElfFile elf = ElfBytes.Read(image.Add(".note.other", ElfSection.SHT_NOTE, image.Note("XYZ", NT_GNU_BUILD_ID, [9])).Add(".notes", ElfSection.SHT_NOTE, notes).Build());

        Assert.Equal((is64Bit, isBigEndian, ElfHeader.ET_DYN, (ushort)62), (elf.Header.Is64Bit, elf.Header.IsBigEndian, elf.Header.Type, elf.Header.Machine));
        Assert.Equal("abcd01", elf.BuildId());
    }

    [Fact]
    public void Has_no_build_id_without_a_whole_note_of_it()
    {
        ElfBytes image = new();
        byte[] note = image.Note("GNU", NT_GNU_BUILD_ID, [1, 2, 3, 4]);

        Assert.Null(ElfBytes.Read(new ElfBytes().Add(".text", SHT_PROGBITS, note).Build()).BuildId());
        Assert.Null(ElfBytes.Read(new ElfBytes().Add(".note", ElfSection.SHT_NOTE, image.Note("GNU", NT_GNU_BUILD_ID, [])).Build()).BuildId());
        Assert.Null(ElfBytes.Read(new ElfBytes().Add(".note", ElfSection.SHT_NOTE, image.Note("GNU", NT_GNU_BUILD_ID, new byte[65])).Build()).BuildId());
        Assert.Null(ElfBytes.Read(new ElfBytes().Add(".note", ElfSection.SHT_NOTE, note[..^1]).Build()).BuildId());
        Assert.Null(ElfBytes.Read(new ElfBytes().Add(".note", ElfSection.SHT_NOTE, note, size: 0).Build()).BuildId());
    }

    [Fact]
    public void Survives_notes_of_any_size()
    {
        ElfBytes image = new();
        byte[] note = image.Note("GNU", NT_GNU_BUILD_ID, [1, 2, 3, 4]);
        foreach (uint size in (uint[])[0x7ffffffd, 0x7fffffff, 0xfffffffc, uint.MaxValue])
        {
            foreach (int at in (int[])[0, 4])
            {
                byte[] bad = [.. note];
                image.Write(bad, at, size, 4);
                byte[] bytes = new ElfBytes().Add(".note", ElfSection.SHT_NOTE, bad).Build();
                Assert.Null(ElfBytes.Read(bytes).BuildId());
            }
        }
    }

    [Fact]
    public void Finds_the_first_section_of_a_name_and_its_contents()
    {
        ElfFile elf = ElfBytes.Read(new ElfBytes().Add(".a", SHT_PROGBITS, [1, 2]).Add(".a", SHT_PROGBITS, [3]).Add(".empty", SHT_PROGBITS).Build());

        Assert.Same(elf.Sections[1], elf.Find(".a"));
        Section contents = elf.Contents(".a")!;
        Assert.Equal((".a", (nuint)2), (contents.Name, contents.Length));
        Assert.Null(elf.Find(".b"));
        Assert.Null(elf.Contents(".b"));
        Assert.Null(elf.Contents(".empty"));
    }

    [Fact]
    public void Finds_the_first_of_sections_of_a_name_that_are_all_empty()
    {
        ElfFile elf = ElfBytes.Read(new ElfBytes().Add(".a", SHT_PROGBITS).Add(".a", ElfSection.SHT_NOBITS).Add(".a", SHT_PROGBITS).Build());

        Assert.Same(elf.Sections[1], elf.Find(".a"));
        Assert.Null(elf.Contents(".a"));
    }

    [Fact]
    public void Refuses_contents_that_are_not_there_or_not_plain()
    {
        ElfFile elf = ElfBytes.Read(
            new ElfBytes()
                .Add(".nobits", ElfSection.SHT_NOBITS, size: 100)
                .Add(".compressed", SHT_PROGBITS, [1], ElfSection.SHF_COMPRESSED)
                .Add(".long", SHT_PROGBITS, [1], size: 100_000)
                .Add(".far", SHT_PROGBITS, [1], offset: ulong.MaxValue, size: 2)
                .Build());

        Assert.Equal(
            ["has a size but no contents (SHT_NOBITS)", "is marked as compressed, and its 0x1 bytes do not hold the header of that", "lies at 0x", "lies at 0x"],
            ((string[])[".nobits", ".compressed", ".long", ".far"]).Select(name =>
            {
                InvalidImageException e = Assert.Throws<InvalidImageException>(() => elf.Contents(name));
                Assert.Equal(name, e.Section);
                return e.Problem.StartsWith("lies at 0x", StringComparison.Ordinal) ? "lies at 0x" : e.Problem;
            }));
    }

    [Theory]
    [InlineData(4, 3, "ELF class 3")]
    [InlineData(4, 0, "ELF class 0")]
    [InlineData(5, 0, "ELF data encoding 0")]
    [InlineData(5, 3, "ELF data encoding 3")]
    [InlineData(58, 56, "section headers of 56 bytes")]
    public void Refuses_headers_that_say_nothing_we_know(int at, byte value, string problem)
    {
        byte[] bytes = new ElfBytes().Add(".a", SHT_PROGBITS, [1]).Build();
        bytes[at] = value;

        Assert.Contains(problem, Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes)).Problem, StringComparison.Ordinal);
    }

    // Its counts are in the first of them, which is not there.
    [Theory]
    [InlineData(true, false, 63)]
    [InlineData(false, true, 63)]
    [InlineData(true, true, 1)]
    [InlineData(true, false, 0)]
    [InlineData(true, false, -1)]
    public void Refuses_section_headers_that_start_past_the_end(bool hasExtendedCount, bool hasExtendedNameIndex, int left)
    {
        byte[] bytes = new ElfBytes { HasExtendedCount = hasExtendedCount, HasExtendedNameIndex = hasExtendedNameIndex }.Add(".a", SHT_PROGBITS, [1]).Build();
        ulong offset = (ulong)(bytes.Length - left);
        BitConverter.GetBytes(offset).CopyTo(bytes, 0x28);

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes));
        Assert.Equal((offset, $"the section headers start past the end of the file at 0x{bytes.Length:x}", "the file looks truncated: fetch or build it again"), (e.Offset, e.Problem, e.Remedy));
    }

    // linux/elf-em.h.
    [Theory]
    [InlineData(2, "sparc")]
    [InlineData(3, "i386")]
    [InlineData(4, "m68k")]
    [InlineData(8, "mips")]
    [InlineData(15, "parisc")]
    [InlineData(18, "sparc")]
    [InlineData(20, "ppc")]
    [InlineData(21, "ppc64")]
    [InlineData(22, "s390")]
    [InlineData(40, "arm")]
    [InlineData(42, "sh")]
    [InlineData(43, "sparc")]
    [InlineData(62, "x86-64")]
    [InlineData(92, "openrisc")]
    [InlineData(93, "arc")]
    [InlineData(94, "xtensa")]
    [InlineData(113, "nios2")]
    [InlineData(164, "hexagon")]
    [InlineData(183, "arm64")]
    [InlineData(189, "microblaze")]
    [InlineData(195, "arcv2")]
    [InlineData(243, "riscv")]
    [InlineData(247, "bpf")]
    [InlineData(252, "csky")]
    [InlineData(258, "loongarch")]
    [InlineData(0x9026, "alpha")]
    [InlineData(0, "machine 0")]
    [InlineData(65535, "machine 65535")]
    [InlineData(244, "lanai")]
    public void Names_the_machine(ushort machine, string name)
    {
        byte[] bytes = new ElfBytes(isBigEndian: true).Build();
        (bytes[18], bytes[19]) = ((byte)(machine >> 8), (byte)machine);

        Assert.Equal($"ELF 64-bit big-endian {name} shared object", ElfBytes.Read(bytes).Header.Describe());
    }

    [Theory]
    [InlineData(1, "relocatable")]
    [InlineData(2, "executable")]
    [InlineData(3, "shared object")]
    [InlineData(0xfe00, "type 65024")]
    public void Names_the_type(ushort type, string name)
    {
        byte[] bytes = new ElfBytes(is64Bit: false).Build();
        (bytes[16], bytes[17]) = ((byte)type, (byte)(type >> 8));

        Assert.Equal($"ELF 32-bit little-endian x86-64 {name}", ElfBytes.Read(bytes).Header.Describe());
    }

    [Fact]
    public void Knows_the_magic()
    {
        Assert.True(ElfFile.HasMagic(MappedFile.FromBytes("x", new ElfBytes().Build())));
        Assert.False(ElfFile.HasMagic(MappedFile.FromBytes("x", [0x7f, (byte)'E', (byte)'L'])));
        Assert.False(ElfFile.HasMagic(MappedFile.FromBytes("x", [0x9f, 0xeb, 1, 0])));
    }
}
