using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Surveys;

/// <summary>Partial units and who imports them (DWARF 5 §3.1.3, §3.2.5): what dwz makes of units that have types in common.</summary>
public sealed class PartialUnitTests
{
    private static readonly TypeName StructS = TypeName.Parse("struct s");

    private static At Text(string name) => At.Name(name);

    private static At[] C(string name) => [At.Language(DwLang.DW_LANG_C11), Text(name)];

    private static At[] Rust(string name) => [At.Language(DwLang.DW_LANG_Rust), Text(name)];

    private static At[] Nothing => [At.Offset(DwAt.DW_AT_stmt_list, DwForm.DW_FORM_sec_offset, 0)];

    private static DwarfUnit Part(DwarfBuilder dwarf, At[] root, params string[] imports)
    {
        DwarfUnit unit = dwarf.Unit(type: DwUnitType.DW_UT_partial, root: root);
        Import(unit, imports);
        return unit;
    }

    private static DwarfUnit Unit(DwarfBuilder dwarf, At[] root, params string[] imports)
    {
        DwarfUnit unit = dwarf.Unit(root: root);
        Import(unit, imports);
        return unit;
    }

    private static void Import(DwarfUnit unit, string[] imports)
    {
        foreach (string label in imports)
        {
            unit.Leaf(DwTag.DW_TAG_imported_unit, At.Ref(DwAt.DW_AT_import, label, DwForm.DW_FORM_ref_addr));
        }
    }

    private static void Define(DwarfUnit unit, int size = 4)
    {
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(size));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type($"int of {unit.Offset}"), At.Data1(DwAt.DW_AT_data_member_location, size - 4));
        unit.End();
        unit.Mark($"int of {unit.Offset}");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
    }

    // Who defines struct s, by definition; the same whatever the number of threads, and the first of them is what FindFirst finds.
    private static string[] Definers(DwarfBuilder dwarf)
    {
        using KernelImage image = dwarf.Open();
        string[] one = Definers(image, 1);
        Assert.Equal(one, Definers(image, 3));
        TypeDefinition? first = image.Types.FindFirst(StructS);
        Assert.Equal(one.Length > 0 ? one[0].Split(',')[0] : null, first is null ? null : $"{first.Aggregate.ByteSize}: {first.Units[0].Name}");
        Assert.Equal(one.Length > 0, image.Types.DefinedNames().Contains(StructS));
        return one;
    }

    private static string[] Definers(KernelImage image, int threads)
        => [.. image.Types.FindAll([StructS], threads).Sets[0].Distinct.Select(d => $"{d.Aggregate.ByteSize}: {string.Join(',', d.Units.Select(u => u.Name))}")];

    [Fact]
    public void Count_for_each_C_unit_that_imports_them()
    {
        DwarfBuilder dwarf = new();
        Define(Part(dwarf, Nothing));
        Unit(dwarf, C("a.c"), "unit 0");
        Unit(dwarf, C("b.c"), "unit 0");
        Unit(dwarf, C("c.c"));
        Unit(dwarf, Rust("d.rs"), "unit 0");

        Assert.Equal(["4: a.c,b.c"], Definers(dwarf));
        using KernelImage image = dwarf.Open();
        Assert.Equal([new LanguageCount("C", 3), new LanguageCount("Rust", 1)], image.Types.FindAll([], 1).Facts.Languages);
    }

    [Fact]
    public void Are_imported_through_others_and_in_circles()
    {
        DwarfBuilder dwarf = new();
        Part(dwarf, Nothing, "unit 1");
        Part(dwarf, Nothing, "unit 0", "unit 1", "unit 2");
        Define(Part(dwarf, Nothing, "unit 0"));
        Unit(dwarf, C("a.c"), "unit 0");
        Unit(dwarf, C("b.c"), "unit 3", "unit 1");

        Assert.Equal(["4: a.c,b.c"], Definers(dwarf));
    }

    [Fact]
    public void Do_not_answer_when_no_C_unit_imports_them_and_they_tell_no_language()
    {
        DwarfBuilder dwarf = new();
        Define(Part(dwarf, Nothing));
        Unit(dwarf, Rust("d.rs"), "unit 0");
        Unit(dwarf, C("a.c"));

        Assert.Empty(Definers(dwarf));
    }

    [Fact]
    public void Answer_by_themselves_when_they_are_C_and_nobody_imports_them()
    {
        DwarfBuilder dwarf = new();
        Define(Part(dwarf, [At.Language(DwLang.DW_LANG_C11)], "unit 0"));
        Unit(dwarf, C("a.c"));

        Assert.Equal(["4: partial unit 0x0"], Definers(dwarf));
    }

    [Fact]
    public void Do_not_answer_when_they_are_not_C()
    {
        DwarfBuilder dwarf = new();
        Define(Part(dwarf, [At.Language(DwLang.DW_LANG_Rust)]));
        Unit(dwarf, C("a.c"), "unit 0");

        Assert.Empty(Definers(dwarf));
    }

    [Fact]
    public void A_units_own_definition_is_the_one_that_counts()
    {
        DwarfBuilder dwarf = new();
        Define(Part(dwarf, Nothing), 8);
        Define(Unit(dwarf, C("a.c"), "unit 0"));
        Unit(dwarf, C("b.c"), "unit 0");

        Assert.Equal(["4: a.c", "8: b.c"], Definers(dwarf));
    }

    [Fact]
    public void Declarations_in_them_count_for_those_that_import_them()
    {
        DwarfBuilder dwarf = new();
        Part(dwarf, Nothing).Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Flag(DwAt.DW_AT_declaration));
        Unit(dwarf, C("a.c"), "unit 0");
        Define(Unit(dwarf, C("b.c"), "unit 0"));
        Unit(dwarf, Rust("d.rs"), "unit 0");

        Assert.Equal(["4: b.c"], Definers(dwarf));
        using KernelImage image = dwarf.Open();
        Assert.Equal(1, image.Types.FindAll([StructS], 2).Sets[0].DeclarationCount);
    }

    [Fact]
    public void An_imported_compile_unit_answers_for_itself()
    {
        DwarfBuilder dwarf = new();
        Define(Unit(dwarf, C("a.c")));
        Unit(dwarf, C("<artificial>"), "unit 0");

        Assert.Equal(["4: a.c"], Definers(dwarf));
    }

    [Fact]
    public void Refuses_to_import_what_is_no_unit()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = Unit(dwarf, C("a.c"), "inside");
        unit.Mark("inside");
        unit.Int();

        DwarfUnderTest.AssertRefused(dwarf, $"the unit imports one at 0x{dwarf.OffsetOf("inside"):x}, where none has its DIE", offset: unit.Offset);
    }

    [Theory]
    [InlineData(nameof(DwForm.DW_FORM_ref4), "DW_AT_import has DW_FORM_ref4, which cannot refer to another unit")]
    [InlineData(nameof(DwForm.DW_FORM_GNU_ref_alt), "supplementary file")]
    public void Refuses_an_import_by(string form, string problem)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = Unit(dwarf, C("a.c"));
        unit.Leaf(DwTag.DW_TAG_imported_unit, At.Raw(DwAt.DW_AT_import, Enum.Parse<DwForm>(form), 0, 0, 0, 0));

        DwarfUnderTest.AssertRefused(dwarf, problem);
    }

    [Fact]
    public void Are_imported_by_an_indirect_form()
    {
        DwarfBuilder dwarf = new();
        Define(Part(dwarf, Nothing));
        Unit(dwarf, C("a.c")).Leaf(DwTag.DW_TAG_imported_unit, At.Data1(DwAt.DW_AT_decl_line, 1).Indirect(), At.Offset(DwAt.DW_AT_import, DwForm.DW_FORM_ref_addr, 12).Indirect());

        Assert.Equal(["4: a.c"], Definers(dwarf));
    }

    // A file of a hundred kilobytes; to list who imports what would take more memory than there is.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Refuses_units_that_import_each_other_millions_of_times(bool byPartialUnits)
    {
        DwarfBuilder dwarf = new();
        const int Length = 2050;
        for (int i = 0; i < Length; i++)
        {
            Part(dwarf, Nothing, i == 0 ? [] : [$"unit {i - 1}"]);
        }

        for (int i = 0; i < Length; i++)
        {
            _ = byPartialUnits ? Part(dwarf, C("p.c"), $"unit {Length - 1}") : Unit(dwarf, C("a.c"), $"unit {Length - 1}");
        }

        using KernelImage image = dwarf.Open();
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([StructS], 1));
        Assert.Equal("units import each other more than 4194304 times", e.Problem);
        Assert.Equal(".debug_info", e.Section);
        Assert.InRange(e.Offset!.Value, dwarf.OffsetOf($"unit {Length}"), (ulong)dwarf.Info.Length);
    }

    [Fact]
    public void Dwz_changes_nothing_that_is_said()
    {
        using KernelImage before = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");
        using KernelImage after = FixtureFile.Open("page-era5-units/page-era5-units.gcc-dwz.elf");
        TypeName[] names = [.. before.Types.DefinedNames()];
        Assert.Equal(names, after.Types.DefinedNames());
        Survey expected = before.Types.FindAll(names, 1);
        Survey survey = after.Types.FindAll(names, 2);
        Assert.Equal(expected.Facts.Languages, survey.Facts.Languages);
        foreach ((DefinitionSet a, DefinitionSet b) in expected.Sets.Zip(survey.Sets))
        {
            Assert.Equal(a.DeclarationCount, b.DeclarationCount);
            foreach ((TypeDefinition x, TypeDefinition y) in a.Distinct.Zip(b.Distinct))
            {
                Assert.Equal(x.Units.Select(u => u.Name), y.Units.Select(u => u.Name));
                Assert.Null(DefinitionEquality.FirstDifference(x.Graph, x.Root, y.Graph, y.Root));
            }
        }
    }
}
