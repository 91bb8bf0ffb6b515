using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Sections;

/// <summary>.debug_aranges tells where units start, and is right or makes no difference.</summary>
public sealed class UnitOffsetHintsTests
{
    private const int UnitCount = 9;
    private static readonly TypeName s_struct = TypeName.Parse("struct s");

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Starts_are_read_in_both_sizes_and_byte_orders(bool is64Bit, bool isBigEndian)
        => Assert.Equal([0ul, 20, 300], Read(Aranges([0, 20, 300], is64Bit, isBigEndian), 400, isBigEndian));

    [Fact]
    public void What_does_not_tell_the_starts_tells_nothing()
    {
        Assert.NotNull(Read(Aranges([0, 20]), 21));
        Assert.Null(Read(Aranges([0, 20]), 20));
        Assert.Null(Read(Aranges([20, 30]), 100));
        Assert.Null(Read(Aranges([0, 30, 20]), 100));
        Assert.Null(Read(Aranges([0, 20, 20]), 100));
        Assert.Null(Read(Aranges([]), 100));
        Assert.Null(Read(Aranges([0, 20], version: 3), 100));
        byte[] whole = Aranges([0, 20]);
        for (int length = (whole.Length / 2) + 1; length < (whole.Length / 2) + 10; length++)
        {
            Assert.Null(Read(whole[..length], 100));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Units_are_found_where_it_has_them(int threads)
    {
        (DwarfBuilder dwarf, ulong[] starts) = Units();
        AssertAnswers(dwarf, starts, threads, isTrusted: true);
    }

    [Fact]
    public void Where_it_is_wrong_the_units_are_found_all_the_same()
    {
        (_, ulong[] right) = Units();
        for (int i = 0; i < UnitCount; i++)
        {
            // Left out: one is taken for two. Put in: what is in the middle of a unit. Moved: both.
            AssertAnswers(Units().Dwarf, [.. right.Where((_, at) => at != i)], 2, isTrusted: false);
            AssertAnswers(Units().Dwarf, [.. right[..i], right[i], right[i] + 9, .. right[(i + 1)..]], 2, isTrusted: false);
            AssertAnswers(Units().Dwarf, [.. right[..i], right[i] + 1, .. right[(i + 1)..]], 2, isTrusted: false);
        }
    }

    [Fact]
    public void A_unit_within_a_unit_is_none_though_it_ends_where_the_next_one_starts()
    {
        // A block that reads as a unit with another struct s, up to the end of the unit that it is in.
        DwarfBuilder inner = new();
        AddStruct(inner.Unit(), 8);
        _ = inner.ToBytes();
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        AddStruct(unit, 4);
        int blockAt = dwarf.Info.Length;
        // DW_AT_const_value
        unit.Leaf(DwTag.DW_TAG_variable, At.Block1((DwAt)0x1c, [.. inner.Info.ToArray(), 0]));
        ulong second = End(dwarf);
        AddStruct(dwarf.Unit(), 4);
        byte[] head = inner.Info.ToArray()[4..12];
        int start = dwarf.Info.ToArray().AsSpan(blockAt).IndexOf(head) + blockAt - 4;
        Assert.True(start > blockAt);
        // Its own length may leave off the last bytes: make it end where the outer one does.
        dwarf.Info.Patch(start, second - (ulong)start - 4, 4);

        AssertAnswers(dwarf, [0, (ulong)start, second], 2, isTrusted: false, unitCount: 2);
    }

    [Fact]
    public void What_is_damaged_is_told_as_without_it()
    {
        for (int damaged = 0; damaged < UnitCount; damaged += 4)
        {
            (DwarfBuilder dwarf, ulong[] starts) = Units();
            dwarf.Info.Patch((int)starts[damaged] + 8, 0x7000_0000, 4);
            byte[] without = dwarf.ToBytes();
            dwarf.Others.Add((".debug_aranges", Aranges(starts)));
            byte[] with = dwarf.ToBytes();
            string expected = Assert.Throws<InvalidImageException>(() => Sizes(without, 1)).Message;

            Assert.Contains("abbreviations", expected, StringComparison.Ordinal);
            Assert.Equal(expected, Assert.Throws<InvalidImageException>(() => Sizes(without, 2)).Message);
            Assert.Equal(expected, Assert.Throws<InvalidImageException>(() => Sizes(with, 2)).Message);
        }
    }

    [Fact]
    public void The_last_unit_ends_with_the_section()
    {
        (DwarfBuilder dwarf, ulong[] starts) = Units();
        dwarf.Info.U32(3).U32(0);
        AssertAnswers(dwarf, starts, 2, isTrusted: false, fails: true);
    }

    private static (DwarfBuilder Dwarf, ulong[] Starts) Units()
    {
        DwarfBuilder dwarf = new();
        List<ulong> starts = [];
        for (int i = 0; i < UnitCount; i++)
        {
            starts.Add(End(dwarf));
            AddStruct(dwarf.Unit(), i == 5 ? 8 : 4);
        }

        _ = End(dwarf);
        return (dwarf, [.. starts]);
    }

    private static void AddStruct(DwarfUnit unit, int size)
    {
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(size));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type($"int of {unit.Offset}"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Mark($"int of {unit.Offset}");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, 5));
    }

    // Closes the unit before.
    private static ulong End(DwarfBuilder dwarf)
    {
        _ = dwarf.ToBytes();
        return (ulong)dwarf.Info.Length;
    }

    private static void AssertAnswers(DwarfBuilder dwarf, ulong[] starts, int threads, bool isTrusted, int? unitCount = null, bool fails = false)
    {
        byte[] without = dwarf.ToBytes();
        dwarf.Others.Add((".debug_aranges", Aranges(starts)));
        byte[] with = dwarf.ToBytes();
        if (fails)
        {
            Assert.Equal(Assert.Throws<InvalidImageException>(() => Sizes(without, 1)).Message, Assert.Throws<InvalidImageException>(() => Sizes(with, threads)).Message);
        }
        else
        {
            string expected = Sizes(without, 1);
            Assert.Equal(unitCount ?? UnitCount, expected.Split(',', '|').Length);
            Assert.Equal(expected, Sizes(with, threads));
        }

        using MappedFile file = MappedFile.FromBytes("built", with);
        DwarfSections sections = DwarfSections.Find(ElfFile.Read(file))!;
        if (sections.UnitOffsetHints is { } read)
        {
            using WorkerPool pool = new(threads);
            SurveyWorker.Shared shared = new(sections, new WantedNames([s_struct], sections), withPlaces: false, read);
            Assert.Equal(isTrusted, !Array.Exists(SurveyWorker.RunAll(shared, pool), w => w.HasFailed));
        }
        else
        {
            Assert.False(isTrusted);
        }
    }

    private static string Sizes(byte[] image, int threads)
    {
        using KernelImage opened = KernelImage.FromBytes("built", image, SourceChoice.Dwarf);
        return string.Join('|', opened.Types.FindAll([s_struct], threads).Sets[0].Distinct.Select(d => $"{d.Aggregate.ByteSize}: {string.Join(',', d.Units.Select(u => u.Index))}"));
    }

    private static ulong[]? Read(byte[] aranges, ulong infoLength, bool isBigEndian = false)
    {
        using MappedFile file = MappedFile.FromBytes("built", new ElfBuilder(isBigEndian: isBigEndian).Add(".debug_aranges", aranges).ToBytes());
        return UnitOffsetHints.Read(ElfFile.Read(file), infoLength);
    }

    // DWARF 5 §6.1.2: a header for each unit, and one address range that ends with two zeros.
    private static byte[] Aranges(ulong[] starts, bool is64Bit = false, bool isBigEndian = false, int version = 2)
    {
        ByteWriter writer = new(isBigEndian);
        foreach (ulong start in starts)
        {
            int offsetSize = is64Bit ? 8 : 4;
            if (is64Bit)
            {
                writer.U32(0xffff_ffff);
            }

            writer.Unsigned((ulong)(2 + offsetSize + 2 + 4 + 16), offsetSize).U16((ulong)version).Unsigned(start, offsetSize).U8(8).U8(0).U32(0).U64(0).U64(0);
        }

        return writer.ToArray();
    }
}
