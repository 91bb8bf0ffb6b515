using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Elf;

/// <summary>The section list that ELFSharp makes of the view of a file, compared with a second reading (<see cref="NaiveElf"/>).</summary>
public sealed class ElfSectionTableTests
{
    private const uint SHT_PROGBITS = 1;
    private const ulong SHF_ALLOC = 2;
    private const ulong SHF_EXCLUDE = 0x80000000;

    public static TheoryData<bool, bool> Encodings() => new() { { true, false }, { true, true }, { false, false }, { false, true } };

    public static TheoryData<string> FixtureFiles()
    {
        TheoryData<string> files = [];
        foreach (string name in FixtureFile.All.Where(FixtureFile.IsElf))
        {
            files.Add(name);
        }

        return files;
    }

    [Theory]
    [MemberData(nameof(FixtureFiles))]
    public void Lists_what_a_second_reading_of_the_fixture_finds(string name)
    {
        byte[] bytes = File.ReadAllBytes(FixtureFile.PathOf(name));
        using MappedFile file = MappedFile.Open(FixtureFile.PathOf(name));

        ElfFile elf = ElfFile.Read(file);

        Assert.NotEmpty(elf.Sections);
        Assert.Equal(NaiveElf.Sections(bytes), elf.Sections);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Lists_sections_of_each_class_and_byte_order(bool is64Bit, bool isBigEndian)
    {
        ulong large = is64Bit ? 0xffffffff82438070 : 0xc2438070;
        ElfBytes image = new ElfBytes(is64Bit, isBigEndian)
            .Add(".text", SHT_PROGBITS, [1, 2, 3], SHF_ALLOC | 4, large)
            .Add(".bss", ElfSection.SHT_NOBITS, null, SHF_ALLOC | 1, large + 8, size: 0x7654321)
            .Add(".debug_info", SHT_PROGBITS, [9, 8, 7, 6], ElfSection.SHF_COMPRESSED | SHF_EXCLUDE)
            .Add(".BTF", SHT_PROGBITS, [])
            .Add(".debug_types", SHT_PROGBITS, [5])
            .Add(".debug_types", SHT_PROGBITS, [6]);

        ElfFile elf = ElfBytes.Read(image.Build());

        ulong start = (ulong)image.HeaderSize;
        Assert.Equal(new ElfSection("", ElfSection.SHT_NULL, 0, 0, 0, 0), elf.Sections[0]);
        Assert.Equal(new ElfSection(".text", SHT_PROGBITS, SHF_ALLOC | 4, large, start, 3), elf.Sections[1]);
        Assert.Equal(new ElfSection(".bss", ElfSection.SHT_NOBITS, SHF_ALLOC | 1, large + 8, start + 3, 0x7654321), elf.Sections[2]);
        Assert.Equal(new ElfSection(".debug_info", SHT_PROGBITS, ElfSection.SHF_COMPRESSED | SHF_EXCLUDE, 0, start + 3, 4), elf.Sections[3]);
        Assert.Equal(["", ".text", ".bss", ".debug_info", ".BTF", ".debug_types", ".debug_types", ".shstrtab"], elf.Sections.Select(s => s.Name));
        Assert.Equal([5], elf.Contents(elf.Find(".debug_types")!).ReadFrom(0).ReadBytes(1).ToArray());
        Assert.Equal(isBigEndian, elf.Contents(elf.Sections[1]).IsBigEndian);
    }

    [Fact]
    public void Keeps_all_flag_bits()
    {
        byte[] bytes = new ElfBytes().Add(".x", SHT_PROGBITS, [1], 0xf0f0_0000_8000_0800).Build();

        Assert.Equal(0xf0f0_0000_8000_0800, ElfBytes.Read(bytes).Sections[1].Flags);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Is_empty_without_a_section_table(bool is64Bit, bool isBigEndian)
    {
        ElfBytes image = new(is64Bit, isBigEndian);
        byte[] bytes = image.Add(".text", SHT_PROGBITS, [.. Enumerable.Repeat((byte)0x5a, 5000)]).Build();
        image.Write(bytes, is64Bit ? 40 : 32, 0, is64Bit ? 8 : 4); // e_shoff
        image.Write(bytes, is64Bit ? 32 : 28, 64, is64Bit ? 8 : 4); // e_phoff
        image.Write(bytes, is64Bit ? 58 : 46, 0, 2);
        image.Write(bytes, is64Bit ? 60 : 48, 0, 2);
        image.Write(bytes, is64Bit ? 62 : 50, 0, 2);

        Assert.Empty(ElfBytes.Read(bytes).Sections);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Reads_counts_that_the_first_section_header_has(bool is64Bit, bool isBigEndian)
    {
        ElfBytes image = new(is64Bit, isBigEndian) { HasExtendedCount = true, HasExtendedNameIndex = true };
        byte[] bytes = image.Add(".text", SHT_PROGBITS, [1]).Build();

        Assert.Equal(["", ".text", ".shstrtab"], ElfBytes.Read(bytes).Sections.Select(s => s.Name));

        image.HasExtendedNameIndex = false;
        Assert.Equal(["", ".text", ".shstrtab"], ElfBytes.Read(image.Build()).Sections.Select(s => s.Name));
    }

    [Fact]
    public void Reads_more_sections_than_16_bits_count()
    {
        ElfBytes image = new() { HasExtendedCount = true, HasExtendedNameIndex = true };
        for (int i = 0; i < 70_000; i++)
        {
            _ = image.Add($".t{i}", SHT_PROGBITS);
        }

        ElfFile elf = ElfBytes.Read(image.Build());

        Assert.Equal(70_002, elf.Sections.Length);
        Assert.Equal(".t69999", elf.Sections[70_000].Name);
        Assert.Equal(".shstrtab", elf.Sections[70_001].Name);
    }

    [Fact]
    public void Leaves_names_empty_where_the_file_has_none()
    {
        byte[] bytes = new ElfBytes { NameSectionIndex = 0 }.Add(".text", SHT_PROGBITS, [1]).Build();

        ElfFile elf = ElfBytes.Read(bytes);

        Assert.Equal(["", "", ""], elf.Sections.Select(s => s.Name));
        Assert.Equal(SHT_PROGBITS, elf.Sections[1].Type);
    }

    [Fact]
    public void Reads_sections_past_4_GiB()
    {
        const long Far = (5L << 30) + 8;
        byte[] contents = [0xde, 0xad, 0xbe, 0xef];
        ElfBytes image = new ElfBytes().Add(".far", SHT_PROGBITS, null, offset: Far, size: 4);
        byte[] near = image.Build();
        byte[] table = near[image.TableOffset..];
        string path = Path.Combine(Path.GetTempPath(), $"layoutcheck-{Guid.NewGuid():n}.elf");
        try
        {
            using (FileStream stream = new(path, FileMode.CreateNew))
            {
                // Written last and read first, the table lies past the contents; what is between was never written.
                image.Write(near, 40, Far + 8, 8);
                stream.Write(near.AsSpan(0, image.TableOffset));
                stream.Position = Far;
                stream.Write(contents);
                stream.Position = Far + 8;
                stream.Write(table);
            }

            using MappedFile file = MappedFile.Open(path);
            ElfFile elf = ElfFile.Read(file);

            Assert.Equal(new ElfSection(".far", SHT_PROGBITS, 0, 0, Far, 4), elf.Sections[1]);
            Assert.Equal(contents, elf.Contents(".far")!.ReadFrom(0).ReadBytes(4).ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Refuses_every_truncation(bool is64Bit, bool isBigEndian)
    {
        byte[] whole = new ElfBytes(is64Bit, isBigEndian).Add(".text", SHT_PROGBITS, [1, 2, 3]).Build();
        for (int length = 4; length < whole.Length; length++)
        {
            _ = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(whole[..length]));
        }
    }

    [Theory]
    [InlineData(40, ulong.MaxValue)] // e_shoff
    [InlineData(40, 1UL << 62)]
    [InlineData(40, 1UL << 40)]
    public void Refuses_a_table_outside_of_the_file(int at, ulong value)
    {
        ElfBytes image = new();
        byte[] bytes = image.Add(".text", SHT_PROGBITS, [1]).Build();
        image.Write(bytes, at, value, 8);

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes));

        Assert.Equal("test.elf", e.File);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 32)]
    [InlineData(4)]
    public void Refuses_an_extended_count_that_the_file_cannot_hold(ulong count)
    {
        ElfBytes image = new() { HasExtendedCount = true };
        byte[] bytes = image.Add(".text", SHT_PROGBITS, [1]).Build();
        image.Write(bytes, image.TableOffset + 32, count, 8); // sh_size of section header 0

        _ = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(uint.MaxValue)]
    [InlineData(int.MaxValue)]
    public void Refuses_a_name_outside_of_the_names(uint offset)
    {
        byte[] bytes = new ElfBytes().Add(".text", SHT_PROGBITS, [1], nameOffset: offset).Build();

        _ = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes));
    }

    [Theory]
    [InlineData(24, 1UL << 40)] // sh_offset
    [InlineData(24, ulong.MaxValue)]
    [InlineData(32, 1UL << 40)] // sh_size
    [InlineData(32, ulong.MaxValue)]
    [InlineData(32, 0x7ffffff0UL)]
    public void Refuses_names_that_are_not_in_the_file(int field, ulong value)
    {
        ElfBytes image = new();
        byte[] bytes = image.Add(".text", SHT_PROGBITS, [1]).Build();
        image.Write(bytes, image.TableOffset + (2 * image.EntrySize) + field, value, 8);

        _ = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes));
    }

    [Fact]
    public void Refuses_a_name_section_that_is_not_there()
    {
        byte[] bytes = new ElfBytes { NameSectionIndex = 3 }.Add(".text", SHT_PROGBITS, [1]).Build();

        _ = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes));
    }

    [Fact]
    public void Refuses_nothing_but_with_its_own_exception()
    {
        ElfBytes image = new();
        byte[] whole = image.Add(".text", SHT_PROGBITS, [1, 2, 3]).Add(".note", ElfSection.SHT_NOTE, image.Note("GNU", 3, [1, 2, 3, 4])).Build();
        Random random = new(20261123);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. whole];
            int at = random.Next(4, whole.Length);
            bytes[at] = (byte)random.Next(256);
            try
            {
                ElfFile elf = ElfBytes.Read(bytes);
                Assert.True(elf.Sections.Length <= whole.Length);
            }
            catch (InvalidImageException e)
            {
                Assert.Equal("test.elf", e.File);
            }
        }
    }

    // 70 000 sections, whose symbols, notes and strings ELFSharp would read, of which the header counts more than there is memory for.
    [Fact]
    public void More_sections_than_are_read_are_refused_before_any_is()
    {
        ElfBytes image = new() { HasExtendedCount = true };
        byte[] bytes = image.Add(".text", SHT_PROGBITS, new byte[((1 << 19) + 4) * 64]).Build();
        image.Write(bytes, image.TableOffset + 32, (1 << 19) + 1, 8); // sh_size of section header 0
        byte[] moved = [.. bytes[..64], .. bytes[image.TableOffset..], .. bytes[64..image.TableOffset]];
        image.Write(moved, 40, 64, 8); // e_shoff
        long before = GC.GetAllocatedBytesForCurrentThread();

        InvalidImageException e = Assert.Throws<InvalidImageException>(() => ElfBytes.Read(moved));

        Assert.Equal("has 524289 sections, more than the 524288 that are read", e.Problem);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 16);
    }

    // A version that is not 1, and types whose contents ELFSharp reads: none of these bytes is shown to it.
    [Theory]
    [MemberData(nameof(Encodings))]
    public void Contents_and_versions_do_not_matter(bool is64Bit, bool isBigEndian)
    {
        ElfBytes image = new(is64Bit, isBigEndian);
        uint[] types = [2, 3, 4, 6, 7, 9, 11, 0x6ffffff6, 0x70000003, 0xffffffff];
        foreach (uint type in types)
        {
            _ = image.Add($".t{type}", type, [0xff, 0xfe, 0xfd]);
        }

        byte[] bytes = image.Build();
        image.Write(bytes, 20, 7, 4); // e_version
        bytes[6] = 9; // EI_VERSION
        image.Write(bytes, is64Bit ? 32 : 28, 1UL << 30, is64Bit ? 8 : 4); // e_phoff
        image.Write(bytes, is64Bit ? 56 : 44, 0xfffe, 2); // e_phnum

        Assert.Equal(types, ElfBytes.Read(bytes).Sections.Skip(1).Take(types.Length).Select(s => s.Type));
    }

    [Fact]
    public void A_section_table_over_the_header_is_refused()
    {
        ElfBytes image = new();
        byte[] bytes = image.Add(".text", SHT_PROGBITS, [1, 2, 3]).Build();
        image.Write(bytes, 40, 32, 8); // e_shoff
        Assert.Equal("the section headers lie over the ELF header", Assert.Throws<InvalidImageException>(() => ElfBytes.Read(bytes)).Problem);
    }
}
