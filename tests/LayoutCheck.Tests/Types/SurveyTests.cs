using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>What all units of an image say: folded where they agree, kept apart where they do not, the same for any number of threads.</summary>
public sealed class SurveyTests
{
    private static readonly TypeName Page = TypeName.Parse("struct page");
    private static readonly TypeName Folio = TypeName.Parse("struct folio");

    [Theory]
    [InlineData("disagree", "it has pgmap at byte 8 in one and has _late at byte 8 in the other")]
    [InlineData("disagree-harmless", "it has private at byte 40 in one and has private_data at byte 40 in the other")]
    [InlineData("disagree-nested", "it has pgmap at byte 8 in one and has zone_device_data at byte 8 in the other")]
    [InlineData("disagree-nested-size", "flags has no more members in one and has a member more at byte 8 in the other")]
    public void Keeps_definitions_apart_that_disagree(string family, string difference)
    {
        foreach (string encoding in new[] { "gcc-dwarf5", "gcc-dwarf5-btf" })
        {
            using KernelImage image = FixtureFile.Open($"{family}/{family}.{encoding}.elf", SourceChoice.Dwarf);

            DefinitionSet set = image.Types.FindAll([Page], 2).Sets[0];

            Assert.Equal(2, set.DefinitionCount);
            Assert.Equal(["page-a.c"], set.Distinct[0].Units.Select(u => u.Name));
            Assert.Equal(["page-b.c"], set.Distinct[1].Units.Select(u => u.Name));
            Assert.Equal(difference, DefinitionEquality.FirstDifference(set.Distinct[0].Graph, set.Distinct[0].Root, set.Distinct[1].Graph, set.Distinct[1].Root));
        }
    }

    [Fact]
    public void Folds_definitions_that_agree()
    {
        using KernelImage image = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");

        Survey survey = image.Types.FindAll([Page, Folio, TypeName.Parse("struct page_visitor")], 2);

        Assert.Equal(["page-a.c", "page-b.c"], Assert.Single(survey.Sets[0].Distinct).Units.Select(u => u.Name));
        Assert.Equal(2, Assert.Single(survey.Sets[1].Distinct).Units.Length);
        Assert.Equal("page-b.c", Assert.Single(Assert.Single(survey.Sets[2].Distinct).Units).Name);
        Assert.All(survey.Sets[0].Distinct[0].Units, unit => Assert.StartsWith("GNU C", unit.Producer, StringComparison.Ordinal));
    }

    // The kernel's __UNIQUE_ID numbers each name in each unit anew.
    [Theory]
    [InlineData("__UNIQUE_ID_rh_hide_123", "__UNIQUE_ID_rh_hide_7", 1)]
    [InlineData("__UNIQUE_ID__x_12", "__UNIQUE_ID__x_9", 1)]
    [InlineData("__UNIQUE_ID_a1", "__UNIQUE_ID_b1", 2)]
    [InlineData("x_1", "x_2", 2)]
    public void A_number_in_a_unique_name_is_no_difference(string first, string second, int distinct)
    {
        foreach (bool isTag in new[] { false, true })
        {
            DwarfBuilder dwarf = new();
            foreach (string name in new[] { first, second })
            {
                string number = $"int of {name}";
                string inner = $"inner of {name}";
                DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name($"{name}.c")]);
                unit.Mark(number);
                unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
                unit.Mark(inner);
                unit.Begin(DwTag.DW_TAG_structure_type, At.Name(isTag ? name : "inner"), At.Size(4));
                unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type(number), At.Data1(DwAt.DW_AT_data_member_location, 0));
                unit.End();
                unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(8));
                unit.Leaf(DwTag.DW_TAG_member, At.Name(isTag ? "b" : name), At.Type(inner), At.Data1(DwAt.DW_AT_data_member_location, 0));
                unit.Leaf(DwTag.DW_TAG_member, At.Name("c"), At.Type(number), At.Data1(DwAt.DW_AT_data_member_location, 4));
                unit.End();
            }

            using KernelImage image = dwarf.Open();
            DefinitionSet set = image.Types.FindAll([Page], 2).Sets[0];
            Assert.Equal((2, distinct), (set.DefinitionCount, set.Distinct.Length));
        }
    }

    [Fact]
    public void The_C_definition_answers_where_Rust_has_a_twin_first()
    {
        using KernelImage image = FixtureFile.Open("rust-twin/rust-twin.gcc-dwarf5.elf");

        TypeDefinition first = image.Types.FindFirst(Page)!;
        Survey survey = image.Types.FindAll([Page, Folio], 2);

        Assert.Equal("page-a.c", first.Units[0].Name);
        Assert.Equal(8UL * 8, MemberPath.Resolve(first.Graph, first.Root, "compound_head")!.BitOffset);
        Assert.Equal(["page-a.c", "page-b.c"], Assert.Single(survey.Sets[0].Distinct).Units.Select(u => u.Name));
        Assert.Equal(["page-a.c", "page-b.c"], Assert.Single(survey.Sets[1].Distinct).Units.Select(u => u.Name));
        Assert.Equal([new LanguageCount("C", 2), new LanguageCount("Rust", 1)], survey.Facts.Languages);
        Assert.DoesNotContain("rustc", string.Join('\n', survey.Facts.Producers), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scopes/scopes.gcc-dwarf5.elf")]
    [InlineData("scopes/scopes.clang-dwarf5.elf")]
    public void The_definition_at_file_scope_answers(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture);

        TypeDefinition first = image.Types.FindFirst(Page)!;
        Survey survey = image.Types.FindAll([Page, Folio, TypeName.Parse("union page")], 2);

        Assert.Equal("page-a.c", first.Units[0].Name);
        Assert.Equal(64UL, first.Aggregate.ByteSize);
        Assert.Equal("page-a.c", Assert.Single(Assert.Single(survey.Sets[0].Distinct).Units).Name);
        Assert.Equal("page-a.c", Assert.Single(Assert.Single(survey.Sets[1].Distinct).Units).Name);
        Assert.Empty(survey.Sets[2].Distinct);
    }

    [Fact]
    public void A_unit_that_defines_is_found_behind_those_that_do_not()
    {
        using KernelImage image = FixtureFile.Open("cu-without/cu-without.gcc-dwarf5.elf");

        DefinitionSet set = image.Types.FindAll([Page], 2).Sets[0];

        Assert.Equal((1, 1), (set.DefinitionCount, set.DeclarationCount));
        Assert.Equal(2, image.Types.FindFirst(Page)!.Units[0].Index);
        Assert.Equal(2, set.Distinct[0].Units[0].Index);
    }

    public static TheoryData<string> ForThreads() =>
    [
        "disagree/disagree.gcc-dwarf5.elf", "disagree-nested/disagree-nested.gcc-dwarf5.elf", "rust-twin/rust-twin.gcc-dwarf5.elf",
        "scopes/scopes.clang-dwarf5.elf", "cu-without/cu-without.gcc-dwarf5.elf", "page-era5-units/page-era5-units.clang-lto.elf",
        "page-era4/page-era4.s390x-dwarf5.elf",
    ];

    [Theory]
    [MemberData(nameof(ForThreads))]
    public void The_answer_does_not_depend_on_the_number_of_threads(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture, SourceChoice.Dwarf);
        AssertSameForThreads(image);
    }

    [Fact]
    public void The_answer_does_not_depend_on_the_number_of_threads_with_many_units()
    {
        // Enough to walk past in each unit that all workers get some of them.
        using KernelImage image = ManyUnits(othersPerUnit: 4000).Open();
        DefinitionSet set = AssertSameForThreads(image).Sets[0];

        Assert.Equal(90, set.DefinitionCount);
        Assert.Equal(30, set.DeclarationCount);
        // In the order of their first units, and the units of each in file order.
        Assert.Equal([1, 2, 3], set.Distinct.Select(d => d.Units[0].Index));
        Assert.All(set.Distinct, d => Assert.Equal(d.Units.Select(u => u.Index).Order(), d.Units.Select(u => u.Index)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_first_damaged_unit_is_named_whatever_the_number_of_threads(int threads)
    {
        DwarfBuilder dwarf = ManyUnits();
        for (int i = 0; i < 20; i++)
        {
            DwarfUnit unit = dwarf.Unit();
            unit.Leaf(DwTag.DW_TAG_variable, At.Name("page"));
            unit.Mark($"damaged {i}");
            dwarf.Info.Uleb(77);
        }

        using KernelImage image = dwarf.Open();
        InvalidImageException failure = Assert.Throws<InvalidImageException>(() => image.Types.FindAll([Page], threads));

        Assert.Equal(dwarf.OffsetOf("damaged 0"), failure.Offset);
    }

    // 120 units: of four after one another, one declares the struct and three define it, each another way.
    private static DwarfBuilder ManyUnits(int othersPerUnit = 0)
    {
        DwarfBuilder dwarf = new();
        for (int i = 0; i < 120; i++)
        {
            DwarfUnit unit = dwarf.Unit(i % 2 == 0 ? 4 : 5, root: [At.Language(DwLang.DW_LANG_C11), At.Name($"unit{i}.c")]);
            for (int other = 0; other < othersPerUnit; other++)
            {
                unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
            }

            if (i % 4 == 0)
            {
                unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("page"), At.Flag(DwAt.DW_AT_declaration));
                continue;
            }

            unit.Begin(DwTag.DW_TAG_structure_type, At.Name("page"), At.Size(16));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("pgmap"), At.Type($"long {i}"), At.Data1(DwAt.DW_AT_data_member_location, i % 4));
            unit.End();
            unit.Mark($"long {i}");
            unit.Leaf(DwTag.DW_TAG_base_type, At.Name("long"), At.Size(8), At.Data1(DwAt.DW_AT_encoding, 5));
        }

        return dwarf;
    }

    private static Survey AssertSameForThreads(KernelImage image)
    {
        TypeName[] names = [Page, Folio, TypeName.Parse("struct dev_pagemap"), TypeName.Parse("list_head"), TypeName.Parse("struct absent"), Page];
        Survey one = image.Types.FindAll(names, 1);
        foreach (int threads in new[] { 2, 5, 2, 5 })
        {
            Survey more = image.Types.FindAll(names, threads);
            Assert.Equal(one.Facts.Format, more.Facts.Format);
            Assert.Equal(one.Facts.Languages, more.Facts.Languages);
            Assert.Equal(one.Facts.Producers, more.Facts.Producers);
            Assert.Equal(names, more.Sets.Select(set => set.Name));
            for (int i = 0; i < names.Length; i++)
            {
                Assert.Equal(one.Sets[i].DeclarationCount, more.Sets[i].DeclarationCount);
                Assert.Equal(one.Sets[i].Distinct.Select(Describe), more.Sets[i].Distinct.Select(Describe));
            }
        }

        // A name asked twice is answered twice.
        Assert.Equal(one.Sets[0].Distinct.Select(Describe), one.Sets[^1].Distinct.Select(Describe));
        return one;
    }

    private static string Describe(TypeDefinition definition) => string.Join(
        '\n',
        [
            .. definition.Units.Select(unit => unit.ToString()),
            .. TypeLayout.Of(definition, expandAll: true).Items.Select(item => $"{item.Kind} {definition.Graph.Declare(item.Type, item.Name ?? "")} {item.BitOffset} {item.BitSize}"),
        ]);
}
