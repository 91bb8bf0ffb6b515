using LayoutCheck.Elf;

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

        Assert.Equal((is64Bit, isBigEndian, ElfFile.ET_DYN, (ushort)62), (elf.Header.Is64Bit, elf.Header.IsBigEndian, elf.Header.Type, elf.Header.Machine));
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
                try
                {
                    Assert.Null(ElfBytes.Read(bytes).BuildId());
                }
                catch (InvalidImageException)
                {
                    Assert.NotEqual("built-in", ElfSectionTable.Backend); // ELFSharp reads notes itself
                }
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

    [Fact]
    public void Knows_the_magic()
    {
        Assert.True(ElfFile.HasMagic(MappedFile.FromBytes("x", new ElfBytes().Build())));
        Assert.False(ElfFile.HasMagic(MappedFile.FromBytes("x", [0x7f, (byte)'E', (byte)'L'])));
        Assert.False(ElfFile.HasMagic(MappedFile.FromBytes("x", [0x9f, 0xeb, 1, 0])));
    }
}
