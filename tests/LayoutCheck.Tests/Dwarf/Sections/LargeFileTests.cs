using System.Buffers.Binary;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Sections;

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

    /// <summary>
    /// Of a file that is mapped, a unit is read piece by piece: definitions that lie across the end of the first piece, each a byte further. Where
    /// nothing was read yet, the memory has the unit before, which is the same but for one thing.
    /// </summary>
    [Fact]
    public void Reads_definitions_at_every_distance_from_the_end_of_what_was_read()
    {
        const int Piece = 32 << 10;
        const int Distances = 100;
        DwarfBuilder dwarf = new();
        Dictionary<string, ulong> places = new[] { "early", "wanted", "other", "nested", "first", "second", "third", "int", "late" }.ToDictionary(name => name, dwarf.AddString);
        At Strp(string name) => At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, places[name]);
        for (int i = 0; i < 4 * Distances; i++)
        {
            // With a table of string offsets, so that no unit is searched and thereby read whole.
            DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Offset(DwAt.DW_AT_str_offsets_base, DwForm.DW_FORM_sec_offset, 0)]);
            // The first DIE of each abbreviation is read the long way.
            Struct(unit, "early", 4, ("first", $"int {i}", 0));
            Pad(unit, Piece - (i / 4));
            Number(unit, "int", i, DwAte.DW_ATE_signed);
            Struct(unit, i % 4 == 3 ? "other" : "wanted", 20, ("first", $"int {i}", 0), ("second", $"nested {i}", 4), ("third", $"late {i}", 16));
            unit.Mark($"nested {i}");
            Struct(unit, "nested", 12, ("first", $"int {i}", 0), ("second", $"int {i}", i % 4 == 1 ? 8 : 4));
            Number(unit, "late", i, i % 4 == 2 ? DwAte.DW_ATE_unsigned : DwAte.DW_ATE_signed);
            Pad(unit, Piece + (4 << 10));
        }

        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, dwarf.ToBytes());
            using KernelImage image = KernelImage.Open(path, new ImageOptions(SourceChoice.Dwarf));
            TypeName wanted = TypeName.Parse("struct wanted");
            foreach (int threads in new[] { 1, 2 })
            {
                DefinitionSet set = image.Types.FindAll([wanted], threads).Sets[0];
                Assert.Equal([Distances, Distances, Distances], set.Distinct.Select(d => d.Units.Length));
                Assert.All(set.Distinct, d => Assert.Single(d.Units.Select(u => u.Index % 4).Distinct()));
            }

            Assert.Equal(0, image.Types.FindFirst(wanted)!.Units[0].Index);
            Assert.Equal([TypeName.Parse("struct early"), TypeName.Parse("struct nested"), TypeName.Parse("struct other"), wanted], image.Types.DefinedNames());
        }
        finally
        {
            File.Delete(path);
        }

        void Number(DwarfUnit unit, string name, int number, DwAte encoding)
        {
            unit.Mark($"{name} {number}");
            unit.Leaf(DwTag.DW_TAG_base_type, Strp(name), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)encoding));
        }

        void Struct(DwarfUnit unit, string name, int size, params (string Name, string Type, int Place)[] members)
        {
            string behind = $"behind {dwarf.Info.Length}";
            unit.Begin(DwTag.DW_TAG_structure_type, At.Ref(DwAt.DW_AT_sibling, behind), Strp(name), At.Size(size));
            foreach ((string member, string type, int place) in members)
            {
                unit.Leaf(DwTag.DW_TAG_member, Strp(member), At.Type(type), At.Data1(DwAt.DW_AT_data_member_location, place));
            }

            unit.End();
            unit.Mark(behind);
        }

        // A DIE that ends so many bytes behind the start of the unit.
        void Pad(DwarfUnit unit, int to)
        {
            int length = to - (dwarf.Info.Length - (int)unit.Offset) - 5;
            byte[] bytes = new byte[length];
            Array.Fill(bytes, (byte)0x55);
            unit.Leaf(DwTag.DW_TAG_variable, new At((DwAt)0x1c /* DW_AT_const_value */, DwForm.DW_FORM_block4, (w, _) => w.U32((ulong)length).Raw(bytes)));
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
