using LayoutCheck.Tests.Elf;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Hostile;

/// <summary>ELF files that claim more than they have. Each test is named for what is wrong.</summary>
public sealed class HostileElfTests
{
    private const uint SHT_PROGBITS = 1;

    [Fact]
    public void Four_billion_sections()
    {
        ElfBytes elf = new() { HasExtendedCount = true };
        byte[] bytes = elf.Add(".debug_info", SHT_PROGBITS, new byte[64]).Build();
        BitConverter.GetBytes(uint.MaxValue).CopyTo(bytes, elf.TableOffset + 32);

        Assert.Contains("4294967295 section headers do not fit", Assert.Single(Bounds.Try(bytes)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1UL << 63, 64UL)]
    [InlineData(64UL, 1UL << 63)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 15, 16UL)]
    public void A_section_at_and_of(ulong offset, ulong size)
    {
        byte[] bytes = new ElfBytes().Add(".debug_info", SHT_PROGBITS, new byte[64], offset: offset, size: size).Add(".debug_abbrev", SHT_PROGBITS, new byte[64]).Build();

        Assert.NotEmpty(Bounds.Try(bytes));
    }

    [Fact]
    public void Sections_that_all_lie_on_the_whole_file()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        byte[] bytes = dwarf.ToBytes();
        ulong size = (ulong)bytes.Length;
        byte[] image = new ElfBytes().Add(".debug_info", SHT_PROGBITS, bytes, offset: 0, size: size).Add(".debug_abbrev", SHT_PROGBITS, offset: 0, size: size)
            .Add(".debug_str", SHT_PROGBITS, offset: 0, size: size).Add(".BTF", SHT_PROGBITS, offset: 0, size: size).Build();

        Assert.NotEmpty(Bounds.Try(image));
    }

    [Fact]
    public void Thousands_of_sections_with_one_name_of_60000_characters()
    {
        ElfBytes elf = new();
        elf.Add(Bounds.Long(60_000), SHT_PROGBITS);
        for (int i = 0; i < 20_000; i++)
        {
            // The empty name of the null section comes first.
            elf.Add("", SHT_PROGBITS, nameOffset: 2);
        }

        Assert.Contains("the names of the sections have more than", Assert.Single(Bounds.Try(elf.Build())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_name_without_an_end()
    {
        byte[] bytes = new ElfBytes().Add(".debug_info", SHT_PROGBITS, new byte[64], nameOffset: uint.MaxValue).Build();

        Assert.NotEmpty(Bounds.Try(bytes));
    }

    [Fact]
    public void Thousands_of_notes_that_lie_over_each_other()
    {
        ElfBytes elf = new();
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        elf.Add(".debug_info", SHT_PROGBITS, dwarf.Info.ToArray());
        for (int i = 0; i < 5_000; i++)
        {
            elf.Add("", 7, i == 0 ? new byte[60_000] : [], offset: i == 0 ? null : 200, size: 60_000);
        }

        _ = Bounds.Try(elf.Build());
    }

    [Fact]
    public void A_gzip_file_that_expands_without_end()
    {
        using MemoryStream packed = new();
        using (System.IO.Compression.GZipStream stream = new(packed, System.IO.Compression.CompressionLevel.SmallestSize))
        {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 300; i++)
            {
                stream.Write(zeros);
            }
        }

        Assert.Contains("expands", Assert.Single(Bounds.Try(packed.ToArray())), StringComparison.OrdinalIgnoreCase);
    }
}
