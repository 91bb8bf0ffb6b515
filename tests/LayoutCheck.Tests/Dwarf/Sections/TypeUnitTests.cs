using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Sections;

/// <summary>Type units and the signatures that name them (DWARF 5 §3.1.4, §7.32).</summary>
public sealed class TypeUnitTests
{
    private const ulong Signature = 0x0123456789abcdef;

    private static DwarfUnit TypeUnit(DwarfBuilder dwarf, ulong signature, string label)
        => dwarf.Unit(type: DwUnitType.DW_UT_type, root: [At.Language(DwLang.DW_LANG_C11)], described: (signature, label));

    private static At Sig8(DwAt attribute, ulong signature) => new(attribute, DwForm.DW_FORM_ref_sig8, (w, _) => w.U64(signature));

    private static void MemberOf(DwarfUnit unit, ulong signature, string name = "s")
    {
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name(name), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), Sig8(DwAt.DW_AT_type, signature), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
    }

    [Fact]
    public void A_type_unit_answers_by_itself_once()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit type = TypeUnit(dwarf, Signature, "s");
        type.StructOf("s", "int");
        type.Int();
        dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("a.c")]);

        Assert.Equal("type unit 0x0123456789abcdef", Assert.Single(DwarfUnderTest.StructS(dwarf).Units).Name);
        using KernelImage image = dwarf.Open();
        Assert.Equal([new LanguageCount("C", 1)], image.Types.FindAll([], 1).Facts.Languages);
        Assert.Equal([""], image.Types.FindAll([], 1).Facts.Producers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_member_has_its_type_by_signature(bool isBefore)
    {
        DwarfBuilder dwarf = new();
        if (isBefore)
        {
            Inner();
        }

        MemberOf(dwarf.Unit(), Signature);
        if (!isBefore)
        {
            Inner();
        }

        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);
        Assert.Equal("inner", definition.Graph.AsAggregate(definition.Aggregate.Members[0].Type)?.Name);

        void Inner()
        {
            DwarfUnit type = TypeUnit(dwarf, Signature, "inner");
            type.Int();
            type.StructOf("inner", "int");
        }
    }

    [Fact]
    public void A_nameless_declaration_with_a_signature_stands_for_the_type_it_names()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(16));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("value"), At.Type("declared"), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("pointer"), At.Type("pointer"), At.Data1(DwAt.DW_AT_data_member_location, 8));
        unit.End();
        unit.Mark("declared");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Flag(DwAt.DW_AT_declaration), Sig8(DwAt.DW_AT_signature, Signature));
        unit.Mark("pointer");
        unit.Leaf(DwTag.DW_TAG_pointer_type, At.Type("declared"));
        DwarfUnit type = TypeUnit(dwarf, Signature, "inner");
        type.StructOf("inner", "int");
        type.Int();

        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal("struct inner", definition.Graph.Declare(definition.Aggregate.Members[0].Type));
        Assert.NotNull(definition.Graph.AsAggregate(definition.Aggregate.Members[0].Type));
        Assert.Equal("struct inner *", definition.Graph.Declare(definition.Aggregate.Members[1].Type));
    }

    [Fact]
    public void Refuses_a_circle_by_signature()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit type = TypeUnit(dwarf, Signature, "typedef");
        type.Mark("typedef");
        type.Leaf(DwTag.DW_TAG_typedef, At.Name("t"), Sig8(DwAt.DW_AT_type, Signature));
        MemberOf(dwarf.Unit(), Signature);

        DwarfUnderTest.AssertRefused(dwarf, "nested more than 256 deep");
    }

    [Fact]
    public void Refuses_a_type_outside_of_its_unit()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit type = TypeUnit(dwarf, Signature, "later");
        dwarf.Unit().Mark("later");

        DwarfUnderTest.AssertRefused(dwarf, "which is not within the unit", offset: type.Offset);
    }

    [Theory]
    [InlineData("gcc-types4.elf")]
    [InlineData("gcc-types5.elf")]
    [InlineData("gcc-types4.o")]
    [InlineData("gcc-types5.o")]
    public void Say_what_the_compile_units_would(string file)
    {
        using KernelImage before = FixtureFile.Open("page-era5/page-era5.gcc-dwarf5.elf");
        using KernelImage after = FixtureFile.Open($"page-era5-units/page-era5-units.{file}");
        TypeName[] names = [.. before.Types.DefinedNames()];
        Assert.Equal(names, after.Types.DefinedNames());
        foreach ((DefinitionSet a, DefinitionSet b) in before.Types.FindAll(names, 1).Sets.Zip(after.Types.FindAll(names, 2).Sets))
        {
            TypeDefinition x = Assert.Single(a.Distinct);
            TypeDefinition y = Assert.Single(b.Distinct);
            Assert.StartsWith("type unit 0x", Assert.Single(y.Units).Name, StringComparison.Ordinal);
            Assert.Null(DefinitionEquality.FirstDifference(x.Graph, x.Root, y.Graph, y.Root));
        }
    }
}
