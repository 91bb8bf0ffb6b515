using LayoutCheck.Analyses;
using LayoutCheck.Btf;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>A typedef in one unit, the struct that it names in another: the struct's name is looked up among all units.</summary>
public sealed class TypedefElsewhereTests
{
    private static readonly TypeName s_foo = TypeName.Parse("foo");

    // typedef struct foo_s FOO; typedef FOO foo;
    private static void Declare(DwarfBuilder dwarf)
    {
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("declares.c")]);
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("foo"), At.Type("FOO"));
        unit.Mark("FOO");
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("FOO"), At.Type("declared"));
        unit.Mark("declared");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("foo_s"), At.Flag(DwAt.DW_AT_declaration));
    }

    private static void Define(DwarfBuilder dwarf, string id, int size)
    {
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name(id + ".c")]);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("foo_s"), At.Size(size));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type(id), At.Data1(DwAt.DW_AT_data_member_location, 0));
        unit.End();
        unit.Mark(id);
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Is_found_by_both_ways_of_asking(int threads)
    {
        DwarfBuilder dwarf = new();
        Declare(dwarf);
        Define(dwarf, "first", 16);
        Define(dwarf, "second", 16);
        using KernelImage image = dwarf.Open();

        Assert.Equal(("foo_s", 16UL), (image.Types.FindFirst(s_foo)!.Aggregate.Name, image.Types.FindFirst(s_foo)!.Aggregate.ByteSize));
        Survey survey = image.Types.FindAll([s_foo, TypeName.Parse("struct nothing")], threads);
        Assert.Equal([s_foo, TypeName.Parse("struct nothing")], survey.Sets.Select(s => s.Name));
        Assert.Equal(["first.c", "second.c"], Assert.Single(survey.Sets[0].Distinct).Units.Select(u => u.Name));
        Assert.Equal(2, Assert.Single(image.Types.FindAll([s_foo, TypeName.Parse("struct foo_s")], threads).Sets[0].Distinct).Units.Length);
    }

    [Fact]
    public void All_definitions_that_differ_count()
    {
        DwarfBuilder dwarf = new();
        Define(dwarf, "first", 8);
        Declare(dwarf);
        Define(dwarf, "second", 16);
        using KernelImage image = dwarf.Open();

        Assert.Equal([8UL, 16UL], image.Types.FindAll([s_foo], 2).Sets[0].Distinct.Select(d => d.Aggregate.ByteSize));
        Rule rule = RuleParser.Parse("test.md", "---\ntitle: test\ncheck: sizeof(foo) == 8\n---\n");
        Assert.Equal(Outcome.Undecided, CheckAnalysis.Run(image, new RuleSet([rule]), 2).Results[0].Outcome);
    }

    [Fact]
    public void A_definition_beside_one_typedef_does_not_hide_what_another_stands_for()
    {
        DwarfBuilder dwarf = new();
        Declare(dwarf);
        Define(dwarf, "other", 16);
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_typedef, At.Name("foo"), At.Type("s"));
        unit.Int();
        unit.StructOf("s", "int");
        using KernelImage image = dwarf.Open();

        Assert.Equal(["foo_s", "s"], image.Types.FindAll([s_foo], 2).Sets[0].Distinct.Select(d => d.Aggregate.Name));
    }

    [Fact]
    public void One_that_is_nowhere_is_named()
    {
        DwarfBuilder dwarf = new();
        Declare(dwarf);
        using KernelImage image = dwarf.Open();

        Assert.Null(image.Types.FindFirst(s_foo));
        Assert.Empty(image.Types.FindAll([s_foo], 2).Sets[0].Distinct);
        Assert.Equal(TypeName.Parse("struct foo_s"), image.Types.FindRemainder(s_foo).TypedefOf);
    }

    [Fact]
    public void BTF_that_was_not_deduplicated_answers_too()
    {
        BtfBuilder btf = new();
        uint forward = btf.Add(BtfFormat.BTF_KIND_FWD, "foo_s", 0);
        btf.Typedef("foo", forward);
        btf.Typedef("bar", btf.Add(BtfFormat.BTF_KIND_FWD, "bar_u", 0, 0, true));
        btf.Struct("foo_s", 8, ("a", btf.Int("long", 8), 0));
        BtfTypeReader reader = btf.Reader();

        Assert.Equal(8UL, reader.FindFirst(s_foo)!.Aggregate.ByteSize);
        Assert.Single(reader.FindAll([s_foo], 1).Sets[0].Distinct);
        Assert.Null(reader.FindFirst(TypeName.Parse("bar")));
        Assert.Equal(TypeName.Parse("union bar_u"), reader.FindRemainder(TypeName.Parse("bar")).TypedefOf);
    }
}
