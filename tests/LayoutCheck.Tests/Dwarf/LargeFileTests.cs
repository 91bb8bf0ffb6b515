using System.Buffers.Binary;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf;

/// <summary>Files beyond 4 GiB and sections beyond 2 GiB: a fixture whose .debug_info is moved that far, in a sparse file.</summary>
public sealed class LargeFileTests
{
    private const long SectionOffset = 5L << 30;
    private const uint FirstUnitLength = 2_500_000_000;

    [Fact]
    public void Reads_units_beyond_2_GiB_of_a_section_beyond_4_GiB_of_a_file()
    {
        string path = Path.Combine(Path.GetTempPath(), $"layoutcheck-large-{Guid.NewGuid():n}.elf");
        try
        {
            Write(path, FixtureFile.Bytes("page-era5/page-era5.gcc-dwarf5.elf"));
            TypeDefinition expected = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page");
            using KernelImage image = KernelImage.Open(path);
            DefinitionSet found = Assert.Single(image.Types.FindAll([TypeName.Parse("struct page")], 2).Sets);
            Assert.Equal(2, found.DefinitionCount);
            Assert.True(DefinitionEquality.Same(expected.Graph, expected.Root, found.Distinct[0].Graph, found.Distinct[0].Root));
            Assert.Equal(1, found.Distinct[0].Units[0].Index);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // The small file, and .debug_info at 5 GiB: an empty unit of 2.5 GB, then the units that the fixture has.
    private static void Write(string path, byte[] elf)
    {
        (int header, long offset, long size) = FindDebugInfo(elf);
        byte[] units = elf.AsSpan((int)offset, (int)size).ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(header + 0x18), SectionOffset);
        BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(header + 0x20), 4L + FirstUnitLength + size);
        using FileStream file = File.Create(path);
        file.SetLength(SectionOffset + 4 + FirstUnitLength + size);
        file.Write(elf);
        file.Position = SectionOffset;
        byte[] unit = new byte[4 + 2 + 1 + 1 + 4];
        BinaryPrimitives.WriteUInt32LittleEndian(unit, FirstUnitLength);
        unit[4] = 5; // version
        unit[6] = 1; // DW_UT_compile
        unit[7] = 8; // address size
        file.Write(unit);
        file.Position = SectionOffset + 4 + FirstUnitLength;
        file.Write(units);
    }

    private static (int Header, long Offset, long Size) FindDebugInfo(byte[] elf)
    {
        int table = (int)BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(0x28));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3c));
        int names = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3e));
        long strings = BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(table + (names * 64) + 0x18));
        for (int i = 0; i < count; i++)
        {
            int header = table + (i * 64);
            int name = (int)strings + BinaryPrimitives.ReadInt32LittleEndian(elf.AsSpan(header));
            if (elf.AsSpan(name).StartsWith(".debug_info\0"u8))
            {
                return (header, BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(header + 0x18)), BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(header + 0x20)));
            }
        }

        throw new InvalidOperationException("the fixture has no .debug_info");
    }
}
