using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Elf;
using LayoutCheck.IO;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile;

/// <summary>DWARF that is made to cost more than it is worth, or to be read in two ways. Each test is named for what is wrong.</summary>
public sealed class HostileDwarfTests
{
    private static readonly TypeName s_struct = TypeName.Parse("struct s");

    [Fact]
    public void Structs_nested_by_value_100000_deep()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "t0");
        for (int i = 0; i < 100_000; i++)
        {
            unit.StructOf($"t{i}", i == 99_999 ? "int" : $"t{i + 1}");
        }

        unit.Int();

        Assert.Contains(Bounds.Try(dwarf.ToBytes()), m => m.Contains("nested more than 256 deep", StringComparison.Ordinal));
    }

    [Fact]
    public void DIEs_nested_100000_deep_without_siblings()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        for (int i = 0; i < 100_000; i++)
        {
            unit.Begin(DwTag.DW_TAG_structure_type, At.Size(4));
        }

        for (int i = 0; i < 100_000; i++)
        {
            unit.End();
        }

        unit.StructOf("s", "int");
        unit.Int();

        Assert.Empty(Bounds.Try(dwarf.ToBytes()));
    }

    [Fact]
    public void Typedefs_100000_deep()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "t0");
        for (int i = 0; i < 100_000; i++)
        {
            unit.Mark($"t{i}");
            unit.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), At.Type(i == 99_999 ? "int" : $"t{i + 1}"));
        }

        unit.Int();

        Assert.Contains(Bounds.Try(dwarf.ToBytes()), m => m.Contains("nested more than 256 deep", StringComparison.Ordinal));
    }

    [Fact]
    public void A_function_pointer_whose_spelling_doubles_at_each_level()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "p0", 8);
        for (int i = 0; i < 60; i++)
        {
            unit.Mark($"p{i}");
            unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type($"f{i}"));
            unit.Mark($"f{i}");
            unit.Begin(DwTag.DW_TAG_subroutine_type);
            for (int parameter = 0; parameter < 2; parameter++)
            {
                unit.Leaf(DwTag.DW_TAG_formal_parameter, At.Type(i == 59 ? "int" : $"p{i + 1}"));
            }

            unit.End();
        }

        unit.Int();

        Assert.Contains(Bounds.Try(dwarf.ToBytes()), m => m.Contains("characters to spell", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1 << 16)]
    [InlineData(5_000)]
    [InlineData(512)]
    public void A_long_name_of(int length)
    {
        string name = Bounds.Long(length);
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(name))]);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(name)), At.Type("int"));
        unit.End();
        unit.Int();

        Assert.NotEmpty(Bounds.Try(dwarf.ToBytes()));
    }

    [Fact]
    public void A_unit_with_a_name_of_60000_characters_is_named_in_short()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString(Bounds.Long(60_000)))]);
        unit.StructOf("s", "int");
        unit.Int();

        Assert.Empty(Bounds.Try(dwarf.ToBytes()));
        using KernelImage image = dwarf.Open();
        Assert.InRange(image.Types.FindFirst(s_struct)!.Units[0].Name.Length, 100, 5_000);
    }

    [Fact]
    public void Thousands_of_members_named_by_the_tails_of_one_long_string()
    {
        DwarfBuilder dwarf = new();
        ulong text = dwarf.AddString(Bounds.Long(60_000));
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        for (uint i = 0; i < 30_000; i++)
        {
            unit.Leaf(DwTag.DW_TAG_member, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, text + i), At.Type("int"));
        }

        unit.End();
        unit.Int();

        Assert.Contains(Bounds.Try(dwarf.ToBytes()), m => m.Contains("more than 511 characters", StringComparison.Ordinal));
    }

    [Fact]
    public void Thousands_of_structs_named_by_the_tails_of_one_long_string()
    {
        DwarfBuilder dwarf = new();
        ulong text = dwarf.AddString(Bounds.Long(60_000));
        DwarfUnit unit = dwarf.Unit();
        for (uint i = 0; i < 30_000; i++)
        {
            unit.Leaf(DwTag.DW_TAG_structure_type, At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, text + i), At.Size(4));
        }

        Assert.Empty(Bounds.Try(dwarf.ToBytes()));
    }

    [Fact]
    public void A_few_structs_that_unfold_to_paths_without_end()
    {
        // 16 levels of two members with names of 500 characters: 65 000 paths of up to 8 000 characters.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "t0");
        for (int i = 0; i < 16; i++)
        {
            unit.Mark($"t{i}");
            unit.Begin(DwTag.DW_TAG_union_type, At.Size(4));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("a" + Bounds.Long(500)), At.Type(i == 15 ? "int" : $"t{i + 1}"));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("b" + Bounds.Long(500)), At.Type(i == 15 ? "int" : $"t{i + 1}"));
            unit.End();
        }

        unit.Int();

        Assert.Contains(Bounds.Try(dwarf.ToBytes()), m => m.Contains("characters to name", StringComparison.Ordinal));
    }

    [Fact]
    public void Three_thousand_units_that_all_define_it_otherwise()
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 3_000; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Udata(DwAt.DW_AT_byte_size, (ulong)i + 4));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int{i}"));
            unit.End();
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4));
        }

        byte[] bytes = dwarf.ToBytes();
        Assert.Equal(["hostile: .debug_info: more than 256 definitions of struct s differ; name the image of one kernel"], Bounds.Try(bytes));
        AssertSameForAnyNumberOfThreads(bytes);
    }

    [Fact]
    public void An_abbreviation_of_100000_attributes()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        At[] attributes = [.. Enumerable.Range(0, 100_000).Select(i => At.Flag((DwAt)(0x2000 + (i % 64))))];
        for (int i = 0; i < 20; i++)
        {
            unit.Leaf(DwTag.DW_TAG_base_type, attributes);
        }

        Assert.Contains(Bounds.Try(dwarf.ToBytes()), m => m.Contains("an abbreviation of more than", StringComparison.Ordinal));
    }

    [Fact]
    public void Ten_thousand_units_that_share_one_large_table_of_abbreviations()
    {
        ByteWriter abbrev = new(false);
        for (uint code = 1; code < 10_000; code++)
        {
            abbrev.Uleb(code).U8((uint)DwTag.DW_TAG_compile_unit).U8(0).U8((uint)DwAt.DW_AT_language).U8((uint)DwForm.DW_FORM_data1).U8(0).U8(0);
        }

        ByteWriter info = new(false);
        for (int i = 0; i < 10_000; i++)
        {
            info.U32(11).U16(5).U8(1).U8(8).U32(0).Uleb(9_999).U8(0x1d);
        }

        Assert.Empty(Bounds.Try(new ElfBuilder().Add(".debug_info", info.ToArray()).Add(".debug_abbrev", abbrev.U8(0).ToArray()).ToBytes()));
    }

    [Fact]
    public void A_union_whose_members_are_each_of_another_unit()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_union_type, At.Name("s"), At.Size(4));
        for (int i = 0; i < 5_000; i++)
        {
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int{i}", DwForm.DW_FORM_ref_addr));
        }

        unit.End();
        for (int i = 0; i < 5_000; i++)
        {
            DwarfUnit other = dwarf.Unit();
            other.Mark($"int{i}");
            other.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4));
        }

        Assert.Empty(Bounds.Try(dwarf.ToBytes(), "union s"));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(0xffff_fff0UL)]
    [InlineData(0xffff_fffeUL)]
    [InlineData(0x7fff_ffffUL)]
    public void A_unit_of_length(ulong length)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().StructOf("s", "s");
        byte[] bytes = dwarf.ToBytes();
        Patch(bytes, ".debug_info", 0, length, 4);

        Assert.NotEmpty(Bounds.Try(bytes));
    }

    [Fact]
    public void A_unit_whose_own_DIE_has_an_unknown_tag_is_not_passed_over()
    {
        // The flagship rule would hold for the other unit alone.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.StructOf("s", "int");
        unit.Int();
        byte[] bytes = dwarf.ToBytes();
        Patch(bytes, ".debug_abbrev", 1, 0x7f, 1);

        Assert.All(Bounds.Try(bytes), m => Assert.Contains("has the tag 0x7f, which is not that of a unit", m, StringComparison.Ordinal));
        Assert.NotEmpty(Bounds.Try(bytes));
    }

    [Fact]
    public void An_attribute_given_twice_is_read_alike_on_both_paths()
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 2; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(
                DwTag.DW_TAG_structure_type,
                At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString("s")),
                At.Size(8),
                At.Size(i == 0 ? 8 : 16),
                At.Offset(DwAt.DW_AT_name, DwForm.DW_FORM_strp, dwarf.AddString("other")));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int{i}"), At.Data1(DwAt.DW_AT_data_member_location, i * 4), At.Data1(DwAt.DW_AT_data_member_location, 0));
            unit.End();
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4));
        }

        byte[] bytes = dwarf.ToBytes();
        Survey fast = Survey(bytes, isSlow: false, 1);
        Assert.Equal(2, fast.Sets[0].Distinct.Length);
        Assert.Equal(Survey(bytes, isSlow: true, 1).Sets[0].Distinct.Length, fast.Sets[0].Distinct.Length);
    }

    [Theory]
    [InlineData((int)DwForm.DW_FORM_flag_present)]
    [InlineData((int)DwForm.DW_FORM_string)]
    public void A_size_that_is_no_number_is_refused_in_every_unit(int form)
    {
        // The second unit's size has another form, and as a number the value of the first.
        DwarfBuilder dwarf = new();
        DwarfUnit first = dwarf.Unit();
        first.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(1));
        DwarfUnit second = dwarf.Unit();
        second.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Raw(DwAt.DW_AT_byte_size, (DwForm)form, form == (int)DwForm.DW_FORM_string ? [0] : []));

        byte[] bytes = dwarf.ToBytes();
        Assert.Throws<InvalidImageException>(() => Survey(bytes, isSlow: true, 1));
        Assert.Throws<InvalidImageException>(() => Survey(bytes, isSlow: false, 1));
    }

    [Fact]
    public void Damage_behind_a_function_pointer_gives_one_answer_whatever_the_threads()
    {
        // The layout does not depend on what a function takes, so the fast path does not look; the slow one trips over it. Which one meets
        // the second unit must not depend on who was first.
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 40; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(8));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"pointer{i}"));
            unit.End();
            unit.Mark($"pointer{i}");
            unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type($"function{i}"), At.Size(8));
            unit.Mark($"function{i}");
            unit.Begin(DwTag.DW_TAG_subroutine_type);
            unit.Leaf(DwTag.DW_TAG_formal_parameter, i % 2 == 0 ? At.Type($"int{i}") : At.Raw(DwAt.DW_AT_type, DwForm.DW_FORM_ref4, 0xff, 0xff, 0, 0));
            unit.End();
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4));
        }

        AssertSameForAnyNumberOfThreads(dwarf.ToBytes());
    }

    [Fact]
    public void Damage_in_a_definition_is_told_alike_whatever_the_threads()
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 40; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), i < 20 ? At.Type($"int{i}") : At.Raw(DwAt.DW_AT_type, DwForm.DW_FORM_ref4, 0xff, 0xff, 0, 0));
            unit.End();
            unit.Mark($"int{i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4));
        }

        AssertSameForAnyNumberOfThreads(dwarf.ToBytes());
    }

    [Fact]
    public void Names_that_a_terminal_would_obey()
    {
        const string Bad = "\u001b[31mx\u202e\u0007\u009b\u2028\u200b\r";
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name(Bad), new At(DwAt.DW_AT_producer, DwForm.DW_FORM_string, (w, _) => w.Text(Bad))]);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(56));
        string[] types = ["int", "pointer", "function pointer", "array", "typedef", "enum", "inner"];
        for (int i = 0; i < types.Length; i++)
        {
            unit.Leaf(DwTag.DW_TAG_member, At.Name(Bad + types[i]), At.Type(types[i]), At.Data1(DwAt.DW_AT_data_member_location, 8 * i));
        }

        unit.End();
        unit.Mark("int");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name(Bad), At.Size(4));
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("inner"));
        unit.Mark("function pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("function"));
        unit.Mark("function");
        unit.Begin(DwTag.DW_TAG_subroutine_type, At.Type("typedef"));
        unit.Leaf(DwTag.DW_TAG_formal_parameter, At.Type("typedef"));
        unit.End();
        unit.Mark("array");
        unit.Begin(DwTag.DW_TAG_array_type, At.Type("typedef"));
        unit.Leaf(DwTag.DW_TAG_subrange_type, At.Data1(DwAt.DW_AT_count, 2));
        unit.End();
        unit.Mark("typedef");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name(Bad), At.Type("int"));
        unit.Mark("enum");
        unit.Leaf(DwTag.DW_TAG_enumeration_type, At.Name(Bad), At.Size(4));
        unit.Mark("inner");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name(Bad), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name(Bad), At.Type("int"));
        unit.End();

        // Looks at every character of every form of output.
        Assert.Empty(Bounds.Try(dwarf.ToBytes()));
        using KernelImage image = dwarf.Open();
        StringWriter text = new();
        LayoutText.Write(LayoutCheck.Layouts.TypeLayout.Of(image.Types.FindFirst(s_struct)!), 64, text);
        Assert.Contains("(*\\u{1b}[31mx\\u{202e}", text.ToString(), StringComparison.Ordinal);
    }

    private static void AssertSameForAnyNumberOfThreads(byte[] image)
    {
        string expected = Outcome(image, 1);
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(expected, Outcome(image, 2 + (i % 3)));
        }
    }

    private static string Outcome(byte[] image, int threads)
    {
        try
        {
            using KernelImage opened = KernelImage.FromBytes("built", image);
            return string.Join('\n', opened.Types.FindAll([s_struct], threads).Sets[0].Distinct.Select(d => $"{d.Aggregate.ByteSize}: {string.Join(',', d.Units.Select(u => u.Index))}"));
        }
        catch (InvalidImageException e)
        {
            return e.Message;
        }
    }

    private static Survey Survey(byte[] image, bool isSlow, int threads)
    {
        using MappedFile file = MappedFile.FromBytes("built", image);
        DwarfImage dwarf = DwarfImage.Find(ElfFile.Read(file))!;
        using WorkerPool pool = new(threads);
        SurveyPlan plan = new(dwarf, new WantedNames([s_struct], dwarf.Sections), withPlaces: false) { IsSlow = isSlow };
        return SurveyMerge.Merge(plan, SurveyWorker.RunAll(plan, pool), () => new TargetInfo(8, false));
    }

    private static void Patch(byte[] image, string section, int at, ulong value, int size)
    {
        using MappedFile file = MappedFile.FromBytes("built", image);
        int start = (int)ElfFile.Read(file).Find(section)!.FileOffset + at;
        ByteWriter bytes = new(false);
        bytes.Unsigned(value, size).ToArray().CopyTo(image, start);
    }
}
