using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Surveys;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Surveys;

/// <summary>The role of a unit decides for all questions alike: the first definition, all definitions, the names.</summary>
public sealed class UnitRoleTests
{
    private static readonly TypeName StructS = TypeName.Parse("struct s");

    [Theory]
    [InlineData(false, (int)DwLang.DW_LANG_C11, nameof(UnitRole.C), true)]
    [InlineData(false, (int)DwLang.DW_LANG_Rust, nameof(UnitRole.OtherLanguage), false)]
    [InlineData(false, (int)DwLang.DW_LANG_Mips_Assembler, nameof(UnitRole.OtherLanguage), false)]
    [InlineData(true, (int)DwLang.DW_LANG_C11, nameof(UnitRole.Part), true)]
    [InlineData(true, (int)DwLang.DW_LANG_Rust, nameof(UnitRole.OtherLanguage), false)]
    [InlineData(true, null, nameof(UnitRole.Part), false)]
    public void A_unit_answers_all_questions_or_none(bool isPartial, int? language, string role, bool answers)
    {
        DwarfBuilder dwarf = Image(isPartial, (DwLang?)language);
        Assert.Equal([UnitRole.C, Enum.Parse<UnitRole>(role)], Roles(dwarf));

        using KernelImage image = dwarf.Open();
        Assert.Equal(answers, image.Types.FindFirst(StructS) is not null);
        Assert.Equal(answers, image.Types.FindAll([StructS], 1).Sets[0].Distinct.Length == 1);
        Assert.Equal(answers, image.Types.DefinedNames().Contains(StructS));
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(false, 0x7777)]
    [InlineData(true, 0x7777)]
    public void A_unit_of_no_known_language_with_the_definition_is_refused(bool isPartial, int? language)
    {
        DwarfBuilder dwarf = Image(isPartial, (DwLang?)language);
        Assert.Equal([UnitRole.C, UnitRole.UnknownLanguage], Roles(dwarf));
        DwarfUnderTest.AssertRefused(
            dwarf, $"struct s is defined in a unit (s.c) of {DwarfLanguage.Describe((DwLang?)language)}: whether it is C's cannot be told", offset: dwarf.OffsetOf("definition"));
    }

    // A C unit without the struct, then the unit in question with it.
    private static DwarfBuilder Image(bool isPartial, DwLang? language)
    {
        DwarfBuilder dwarf = new();
        dwarf.Unit().Int();
        At[] root = language is { } known ? [At.Language(known), At.Name("s.c")] : [At.Name("s.c")];
        DwarfUnit unit = dwarf.Unit(type: isPartial ? DwUnitType.DW_UT_partial : DwUnitType.DW_UT_compile, root: root);
        unit.Mark("definition");
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.End();
        return dwarf;
    }

    private static List<UnitRole> Roles(DwarfBuilder dwarf)
    {
        using DwarfUnderTest test = DwarfUnderTest.Of(dwarf);
        using UnitScanners scanners = new(test.Image, new([StructS], test.Sections), new([StructS]));
        List<UnitRole> roles = [];
        Assert.False(new CUnitWalk(test.Image, scanners).VisitImage((in CUnit unit) =>
        {
            roles.Add(unit.Role);
            return false;
        }));
        return roles;
    }
}
