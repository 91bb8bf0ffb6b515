using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Surveys;

/// <summary>A struct within a function is found when no unit defines one for itself, and told by the function's name.</summary>
public sealed class LocalTypeTests
{
    private static readonly TypeName s_local = TypeName.Parse("struct local");

    private static DwarfBuilder Build(int count = 1)
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < count; i++)
        {
            DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name($"{i}.c")]);
            unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("local"), At.Flag(DwAt.DW_AT_declaration));
            unit.Mark($"abstract {i}");
            unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
            unit.Begin((DwTag)0x0b); // DW_TAG_lexical_block
            unit.Mark($"local {i}");
            Define(unit, i);
            unit.Leaf(DwTag.DW_TAG_typedef, At.Name("local_t"), At.Type($"local {i}"));
            unit.End();
            unit.End();
            unit.Begin(DwTag.DW_TAG_subprogram, At.Ref(DwAt.DW_AT_abstract_origin, $"abstract {i}"));
            unit.Begin(DwTag.DW_TAG_union_type, At.Name("copied"), At.Size(4));
            unit.End();
            unit.End();
            unit.Mark($"int {i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        }

        return dwarf;
    }

    private static void Define(DwarfUnit unit, int i)
    {
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("local"), At.Size(8));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int {i}"), At.Data1(DwAt.DW_AT_data_member_location, 4));
        unit.End();
    }

    [Theory]
    [InlineData("struct local", "f")]
    [InlineData("local", "f")]
    [InlineData("local_t", "f")]
    [InlineData("union copied", "f")]
    public void Is_what_is_left_when_no_unit_defines_it(string name, string function)
    {
        using KernelImage image = Build().Open();
        TypeName wanted = TypeName.Parse(name);
        Assert.Null(image.Types.FindFirst(wanted));
        Assert.Empty(image.Types.FindAll([wanted], 2).Sets[0].Distinct);
        Remainder remainder = image.Types.FindRemainder(wanted);

        Assert.Equal(function, Assert.Single(remainder.Local).Function);
        Assert.Equal("local to function f in 0.c", remainder.Place);
    }

    [Fact]
    public void Equal_ones_are_one()
    {
        using KernelImage image = Build(3).Open();
        Assert.Equal(["0.c", "1.c", "2.c"], Assert.Single(image.Types.FindRemainder(s_local).Local).Units.Select(u => u.Name));
    }

    // Twelve units, of which one has it within a function: among the first few, which are walked, or behind them, where bytes are searched.
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(-1)]
    public void Is_found_in_any_unit_and_in_none(int holder)
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 12; i++)
        {
            DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name($"{i}.c")]);
            unit.Mark($"int {i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
            unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
            if (i == holder)
            {
                Define(unit, i);
            }

            unit.End();
        }

        using KernelImage all = dwarf.Open();
        Assert.Empty(all.Types.FindAll([s_local], 2).Sets[0].Distinct);
        Assert.Equal(holder < 0 ? 0 : 1, all.Types.FindRemainder(s_local).Local.Length);
        using KernelImage first = dwarf.Open();
        Assert.Null(first.Types.FindFirst(s_local));
        Assert.Equal(holder < 0 ? 0 : 1, first.Types.FindRemainder(s_local).Local.Length);
    }

    [Theory]
    [InlineData("page-era5-dwo/page-era5-dwo.gcc-dwarf5.elf")]
    [InlineData("page-era5-dwo/page-era5-dwo.clang-dwarf4.elf")]
    [InlineData("page-era5-dwp/page-era5-dwp.gcc-dwarf4.elf")]
    public void Split_units_are_looked_through(string name)
    {
        using KernelImage image = FixtureFile.Open(name);
        Assert.Empty(image.Types.FindRemainder(TypeName.Parse("struct nowhere")).Local);

        // At the top of its units, so that it is not local to a function.
        Assert.Empty(image.Types.FindRemainder(TypeName.Parse("struct page")).Local);
    }

    [Fact]
    public void More_of_one_name_than_a_kernel_has_are_refused()
    {
        using KernelImage image = Build(257).Open();
        Assert.Contains("more than 256 types of one name within functions", Assert.Throws<InvalidImageException>(() => image.Types.FindRemainder(s_local)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void One_for_the_unit_comes_first()
    {
        DwarfBuilder dwarf = Build();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.StructOf("local", "int");
        using KernelImage image = dwarf.Open();

        Assert.Equal(4UL, image.Types.FindFirst(s_local)!.Aggregate.ByteSize);
        Assert.Equal(4UL, Assert.Single(image.Types.FindAll([s_local], 2).Sets[0].Distinct).Aggregate.ByteSize);
    }

    [Fact]
    public void Those_of_other_languages_are_none_of_C()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_Rust), At.Name("lib.rs")]);
        unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
        Define(unit, 0);
        unit.End();
        unit.Mark("int 0");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("i32"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        using KernelImage image = dwarf.Open();

        Assert.Empty(image.Types.FindRemainder(s_local).Local);
    }

    [Fact]
    public void A_rule_that_misses_it_says_where_it_is()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("u.c")]);
        unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
        Define(unit, 0);
        unit.End();
        unit.Mark("int 0");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
        using KernelImage image = dwarf.Open();
        Rule rule = RuleParser.Parse("test.md", "---\ntitle: test\ncheck: sizeof(struct local) == 8\n---\n");
        CheckReport report = CheckAnalysis.Run(image, new RuleSet([rule]), 1);

        Assert.Equal(Outcome.Undecided, report.Results[0].Outcome);
        Assert.Equal("the image has no C definition of struct local for a whole unit: it is local to function f in u.c", report.Results[0].Checks[0].Reason);
    }
}
