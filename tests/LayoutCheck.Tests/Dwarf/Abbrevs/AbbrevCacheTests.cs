using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Dwarf.Abbrevs;

/// <summary>Declarations are recognised by their bytes: never for another, whatever their lengths, their number, and the unit that they are in.</summary>
public sealed unsafe class AbbrevCacheTests
{
    private static readonly DwForm[] s_forms =
    [
        DwForm.DW_FORM_data1, DwForm.DW_FORM_data2, DwForm.DW_FORM_data4, DwForm.DW_FORM_data8, DwForm.DW_FORM_strp, DwForm.DW_FORM_addr, DwForm.DW_FORM_flag_present,
        DwForm.DW_FORM_sec_offset, DwForm.DW_FORM_data16, DwForm.DW_FORM_implicit_const, DwForm.DW_FORM_exprloc, DwForm.DW_FORM_string,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_table_reads_the_same_with_and_without_memory_of_others(int seed)
    {
        Random random = new(seed);
        List<byte[]> distinct = [.. Enumerable.Range(0, 3000).Select(_ => Declaration(random))];
        ByteWriter bytes = new(false);
        List<(ulong Start, byte[][] Declarations)> tables = [];
        for (int table = 0; table < 60; table++)
        {
            byte[][] declarations = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => distinct[random.Next(distinct.Count)])];
            tables.Add(((ulong)bytes.Length, declarations));
            for (int i = 0; i < declarations.Length; i++)
            {
                bytes.Uleb((ulong)(i + 1)).Raw(declarations[i]);
            }

            bytes.U8(0);
        }

        using MappedFile file = MappedFile.FromBytes("built", bytes.ToArray());
        Section section = file.Whole();
        AbbrevTable shared = new(section);
        foreach ((ulong start, byte[][] declarations) in tables)
        {
            // Units of several kinds, for what a declaration says depends on them.
            UnitHeader unit = new(0, 100, 5, DwUnitType.DW_UT_compile, random.Next(4) == 0, random.Next(4) == 0 ? (byte)4 : (byte)8, start, 12);
            AbbrevTable alone = new(section);
            shared.Load(unit);
            alone.Load(unit);
            foreach (int code in Enumerable.Range(1, declarations.Length).OrderBy(_ => random.Next()))
            {
                Abbrev expected = alone.Get((ulong)code, section, 0);
                Abbrev got = shared.Get((ulong)code, section, 0);
                Assert.Equal((expected.Tag, expected.HasChildren, expected.FixedSize), (got.Tag, got.HasChildren, got.FixedSize));
                Assert.Equal(expected.Specs, got.Specs);
                Assert.Equal(alone.FindSkipPlan((ulong)code, section, 0), shared.FindSkipPlan((ulong)code, section, 0));
                Assert.Equal(SizeOf(declarations[code - 1], unit), got.FixedSize);
            }
        }
    }

    [Fact]
    public void A_key_has_the_bytes_up_to_the_two_zeros_and_no_more()
    {
        byte[] bytes = new byte[AbbrevCache.LongestKey * 2];
        for (int length = 4; length <= AbbrevCache.LongestKey; length++)
        {
            Array.Fill(bytes, (byte)0x55);
            bytes[length - 2] = bytes[length - 1] = 0;
            AbbrevCache.Key one = KeyOf(bytes);
            Array.Fill(bytes, (byte)0xaa, length, bytes.Length - length);
            Assert.Equal((uint)length, one.Length);
            Assert.Equal(one, KeyOf(bytes));
            bytes[0] ^= 1;
            Assert.NotEqual(one, KeyOf(bytes));
        }

        Array.Fill(bytes, (byte)0x55);
        Assert.Equal(0U, KeyOf(bytes).Length);
    }

    [Fact]
    public void What_is_kept_is_bounded_and_found_again()
    {
        AbbrevCache memory = new();
        byte[] bytes = new byte[AbbrevCache.LongestKey];
        Dictionary<AbbrevCache.Key, (int Id, SkipPlan SkipPlan)> kept = [];
        for (int i = 0; i < 60_000; i++)
        {
            // No byte of the number is 0.
            bytes[0] = 0x34;
            for (int digit = 0; digit < 4; digit++)
            {
                bytes[2 + digit] = (byte)(1 + (i >> (digit * 7) & 0x7f));
            }

            AbbrevCache.Key key = KeyOf(bytes);
            SkipPlan step = new((ulong)i + 1);
            Assert.Equal(AbbrevCache.NotCached, memory.Find(key, out _));
            int id = memory.Add(key, step);
            if (id != AbbrevCache.NotCached)
            {
                kept.Add(key, (id, step));
            }
        }

        Assert.InRange(kept.Count, 16_000, 1 << 15);
        int found = 0;
        foreach ((AbbrevCache.Key key, (int id, SkipPlan step)) in kept)
        {
            int again = memory.Find(key, out SkipPlan known);
            Assert.True(again == AbbrevCache.NotCached || (again == id && known == step));
            found += again == id ? 1 : 0;
        }

        // Growing may lose a few, which are then parsed again.
        Assert.InRange(found, kept.Count * 99 / 100, kept.Count);
    }

    private static AbbrevCache.Key KeyOf(byte[] bytes)
    {
        fixed (byte* start = bytes)
        {
            return AbbrevCache.KeyOf(start, 0x588);
        }
    }

    // With constants of 0 and of many bytes, attributes of two bytes, and lengths on both sides of what is kept.
    private static byte[] Declaration(Random random)
    {
        ByteWriter bytes = new(false);
        bytes.Uleb((ulong)(random.Next(5) == 0 ? 0x4109 : random.Next(1, (int)DwTag.DW_TAG_imported_unit))).U8((byte)random.Next(2));
        for (int i = random.Next(28); i > 0; i--)
        {
            DwForm form = s_forms[random.Next(s_forms.Length)];
            bytes.Uleb((ulong)(random.Next(6) == 0 ? 0x2137 : random.Next(4, 0x8c))).Uleb((ulong)form);
            if (form == DwForm.DW_FORM_implicit_const)
            {
                bytes.Raw(random.Next(3) switch { 0 => [0], 1 => [0x80, 0x80, 0x00], _ => [(byte)random.Next(0x80)] });
            }
        }

        return bytes.U8(0).U8(0).ToArray();
    }

    // What the declaration says of the size, read in the plainest way.
    private static int SizeOf(byte[] declaration, in UnitHeader unit)
    {
        int at = 0;
        ulong Uleb()
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                value |= (ulong)(declaration[at] & 0x7f) << shift;
                if (declaration[at++] < 0x80)
                {
                    return value;
                }
            }
        }

        Uleb();
        at++;
        int size = 0;
        while (true)
        {
            ulong attribute = Uleb();
            DwForm form = (DwForm)Uleb();
            if (attribute == 0 && form == 0)
            {
                return size;
            }

            if (form == DwForm.DW_FORM_implicit_const)
            {
                Uleb();
            }

            int formSize = AttributeForms.FixedSize(form, unit);
            size = size < 0 || formSize < 0 ? -1 : size + formSize;
        }
    }
}
