using LayoutCheck.Core;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Layouts;
using LayoutCheck.Tests.Btf;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Dwarf.Decode;

/// <summary>
/// A struct of unnamed bit-fields has a size and no members. clang declares it among the members of the struct that it is in, where one of
/// those follows it; damage to an abbreviation can look so.
/// </summary>
public sealed class MemberlessStructTests
{
    private static readonly At s_at0 = At.Data1(DwAt.DW_AT_data_member_location, 0);

    private static readonly At s_at4 = At.Data1(DwAt.DW_AT_data_member_location, 4);

    private static readonly At s_at8 = At.Data1(DwAt.DW_AT_data_member_location, 8);

    // struct s { int a; struct { int :16; unsigned :16; } pad; int b; }, as clang writes it.
    private static void WriteUnit(DwarfBuilder dwarf, int version, string id)
    {
        DwarfUnit unit = dwarf.Unit(version);
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(12));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("a"), At.Type(id + "int"), s_at0);
        unit.Leaf(DwTag.DW_TAG_member, At.Name("pad"), At.Type(id + "pad"), s_at4);
        unit.Mark(id + "pad");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("b"), At.Type(id + "int"), s_at8);
        unit.End();
        unit.Mark(id + "int");
        unit.Leaf(DwTag.DW_TAG_base_type, At.Name("int"), At.Size(4), At.Data1(DwAt.DW_AT_encoding, (int)DwAte.DW_ATE_signed));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Is_read_with_its_size_and_units_agree_about_it(int version)
    {
        DwarfBuilder dwarf = new();
        WriteUnit(dwarf, version, "first ");
        WriteUnit(dwarf, version, "second ");
        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);

        Assert.Equal(["a", "pad", "b"], definition.Aggregate.Members.Select(m => m.Name));
        AggregateType pad = definition.Graph.AsAggregate(definition.Aggregate.Members[1].Type)!;
        Assert.Equal((4UL, 0), (pad.ByteSize, pad.Members.Length));
        LayoutItem padding = Assert.Single(TypeLayout.Of(definition).Items, i => i.Kind == LayoutItemKind.Padding);
        Assert.Equal((32UL, 32UL, 1), (padding.BitOffset, padding.BitSize, padding.Depth));
        using KernelImage image = dwarf.Open();
        Assert.Equal(2, image.Types.FindAll([TypeName.Parse("struct s")], 1).Sets[0].DefinitionCount);
    }

    [Fact]
    public void The_matcher_knows_it_where_no_member_follows_and_leaves_the_rest_to_the_decoder()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_variable, At.Name("v"));
        unit.Begin(DwTag.DW_TAG_structure_type, At.Name("outer"), At.Size(8));
        unit.Mark("inner");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), s_at4);
        unit.End();
        TypeDefinition definition = DwarfUnderTest.StructS(dwarf);
        using DwarfUnderTest read = DwarfUnderTest.Of(dwarf);
        using DieScanner scanner = new(read.Sections, new WantedNames([TypeName.Parse("struct s")], read.Sections));
        _ = scanner.Open(read.Units[0]);
        Assert.True(scanner.Next(out ScanHit hit));
        DefinitionMatcher matcher = new(read.Sections, scanner.Info, scanner.Abbrevs);
        matcher.Open(read.Units[0]);
        DefinitionTemplate template = new(definition.Graph, definition.Root);

        Assert.True(matcher.Matches(hit.DieOffset, template));
        Assert.False(matcher.Matches(dwarf.OffsetOf("inner"), template));
    }

    [Fact]
    public void Members_of_a_nested_struct_that_is_said_to_have_none_are_refused()
    {
        // union s { struct { int m; }; int after; }: the null entry of the inner one ends the outer one.
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Begin(DwTag.DW_TAG_union_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Type("inner"));
        unit.Mark("inner");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"));
        unit.End();
        unit.Leaf(DwTag.DW_TAG_member, At.Name("after"), At.Type("int"));
        unit.End();

        using KernelImage image = dwarf.Open();
        InvalidImageException refused = Assert.Throws<InvalidImageException>(() => image.Types.FindFirst(TypeName.Parse("union s")));
        Assert.Contains("a member follows the struct or union at", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_at_the_end_of_a_unit()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Int();
        unit.Begin(DwTag.DW_TAG_union_type, At.Name("s"), At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Type("inner"));
        unit.Mark("inner");
        unit.Leaf(DwTag.DW_TAG_structure_type, At.Size(4));
        unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"));
        unit.End();
        unit.End();
        dwarf.Info.U8(0);

        using KernelImage image = dwarf.Open();
        Assert.Throws<InvalidImageException>(() => image.Types.FindFirst(TypeName.Parse("union s")));
    }

    [Fact]
    public void BTF_has_it_too()
    {
        BtfBuilder btf = new();
        uint number = btf.Int("int", 4);
        uint pad = btf.Struct(null, 4);
        btf.Struct("s", 12, ("a", number, 0), ("pad", pad, 32), ("b", number, 64));
        TypeDefinition definition = btf.Reader().FindFirst(TypeName.Parse("struct s"))!;

        Assert.Equal([0UL, 32, 64], definition.Aggregate.Members.Select(m => m.BitOffset));
        Assert.Equal(32UL, Assert.Single(TypeLayout.Of(definition).Items, i => i.Kind == LayoutItemKind.Padding).BitSize);
    }

    [Fact]
    public void A_union_of_them_is_all_padding()
    {
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit();
        unit.Leaf(DwTag.DW_TAG_union_type, At.Name("u"), At.Size(8));
        using KernelImage image = dwarf.Open();

        LayoutItem item = Assert.Single(TypeLayout.Of(image.Types.FindFirst(TypeName.Parse("union u"))!).Items);
        Assert.Equal((LayoutItemKind.Padding, 64UL), (item.Kind, item.BitSize));
    }
}
