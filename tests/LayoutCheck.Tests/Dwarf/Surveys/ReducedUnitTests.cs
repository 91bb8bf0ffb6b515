using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Surveys;

/// <summary>DWARF that was reduced when it was made: it is named, and no kernel is old for what it lacks.</summary>
public sealed class ReducedUnitTests
{
    private const string BaseOnly = "GNU C11 14.2.0 -g -O2 -femit-struct-debug-baseonly -std=gnu11";

    private static At[] Root(string producer) => [At.Language(DwLang.DW_LANG_C11), new At(DwAt.DW_AT_producer, DwForm.DW_FORM_string, (w, _) => w.Text(producer))];

    private static CheckReport Check(DwarfBuilder dwarf)
    {
        using KernelImage image = dwarf.Open();
        return CheckAnalysis.Run(image, RuleCatalog.Default, 2);
    }

    [Theory]
    [InlineData("GNU C17 12.2.0 -mtune=generic -g1 -O2", "units were built with -g1, which has no types")]
    [InlineData("GNU C17 12.2.0 -O2 -g1", "units were built with -g1, which has no types")]
    [InlineData(BaseOnly, "units were built with -femit-struct-debug-baseonly or the like")]
    [InlineData("GNU C11 14.2.0 -femit-struct-debug-detailed=ord:sys", "units were built with -femit-struct-debug-baseonly or the like")]
    [InlineData("clang version 14.0.6", "the debug information has no struct or union at all")]
    public void Is_named_in_place_of_an_age(string producer, string expected)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit(root: Root(producer)).Int();

        CheckReport report = Check(dwarf);

        Assert.Equal(ExitCode.Undecided, report.ExitCode);
        Assert.StartsWith("cannot tell whether pgmap lines up with compound_head: the image has no C definition of struct page: the debug information", report.Headline(), StringComparison.Ordinal);
        Assert.Contains(expected, report.Headline(), StringComparison.Ordinal);
        Assert.Contains(expected, report.Era.Description, StringComparison.Ordinal);
        Assert.Empty(report.Era.Versions);
        using KernelImage image = dwarf.Open();
        Assert.Contains(expected, image.Types.FindOmission()!.Clause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GNU C17 12.2.0 -g -O2")]
    [InlineData("GNU C17 12.2.0 -g10 -gdwarf-5")]
    [InlineData("GNU C17 12.2.0 -femit-struct-debug-detailed=any")]
    public void Other_options_are_no_sign(string producer) => Assert.Null(ReducedUnits.OmissionOf(producer));

    [Fact]
    public void Where_there_are_structs_or_no_C_unit_nothing_was_left_out()
    {
        DwarfBuilder some = new();
        DwarfUnit unit = some.Unit(root: Root("clang"));
        unit.StructOf("s", "int", 4);
        unit.Int();
        DwarfBuilder none = new();
        none.Unit(root: [At.Language(DwLang.DW_LANG_Rust)]);
        using KernelImage one = some.Open();
        using KernelImage other = none.Open();
        Assert.Null(one.Types.FindOmission());
        Assert.Null(other.Types.FindOmission());
    }

    // struct s { struct page p; }, where the unit only declares struct page.
    private static DwarfBuilder Embedding(string producer)
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: Root(producer));
        unit.StructOf("s", "page", 64);
        unit.Mark("page");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("page"), At.Flag(DwAt.DW_AT_declaration));
        return dwarf;
    }

    [Fact]
    public void A_struct_of_what_is_only_declared_is_no_more_than_declared()
    {
        using KernelImage image = Embedding(BaseOnly).Open();
        TypeName name = TypeName.Parse("struct s");

        DefinitionSet set = image.Types.FindAll([name], 1).Sets[0];

        Assert.Empty(set.Distinct);
        Assert.Equal(1, set.DeclarationCount);
        Assert.Null(image.Types.FindFirst(name));
        DwarfUnderTest.AssertRefused(Embedding("GNU C17 -g"), "DW_TAG_structure_type: its member m has a type without a size: one that is only declared");
    }

    [Fact]
    public void A_type_that_is_missing_may_be_there()
    {
        Rule rule = RuleParser.Parse("r.md", "---\ntitle: t\nwhen: exists(struct folio)\ncheck: sizeof(struct folio) > 0\n---\n");
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: Root(BaseOnly));
        unit.StructOf("s", "int", 4);
        unit.Int();
        using KernelImage image = dwarf.Open();
        Assert.Equal(Outcome.Undecided, CheckAnalysis.Run(image, new RuleSet([rule]), 1).Results[0].Outcome);
    }
}
