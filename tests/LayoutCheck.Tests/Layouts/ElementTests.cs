using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Layouts;

/// <summary>Arrays of structs show their first element; flexible arrays lie on all bytes from their place on.</summary>
public sealed class ElementTests
{
    private readonly TypeGraphBuilder _graph = new();

    private TypeId Number(string name, ulong size) => _graph.Add(new BaseType(name, size, BaseEncoding.Signed));

    private TypeId Array(TypeId element, ulong? count) => _graph.Add(new ArrayType(element, count));

    private TypeId Aggregate(AggregateKind kind, string? name, ulong size, params (string? Name, TypeId Type, ulong Byte)[] members)
        => _graph.Add(new AggregateType(kind, name, size, null, [.. members.Select(m => new Member(m.Name, m.Type, m.Byte * 8))]));

    private TypeDefinition Definition(TypeId root) => new(_graph.Build(), root, [new DefiningUnit(0, "u.c")]);

    // struct s { struct { int a; long b; } arr[4]; struct { short q; } m[2][3]; struct named n[2]; union { struct { int e, f; } g[2]; long h; }; struct { } mark[0]; }
    private TypeDefinition Arrays()
    {
        TypeId number = Number("int", 4);
        TypeId word = Number("long", 8);
        TypeId unnamed = Aggregate(AggregateKind.Struct, null, 16, ("a", number, 0), ("b", word, 8));
        TypeId small = Aggregate(AggregateKind.Struct, null, 2, ("q", Number("short", 2), 0));
        TypeId named = Aggregate(AggregateKind.Struct, "named", 8, ("x", word, 0));
        TypeId pair = Aggregate(AggregateKind.Struct, null, 8, ("e", number, 0), ("f", number, 4));
        TypeId arms = Aggregate(AggregateKind.Union, null, 16, ("g", Array(pair, 2), 0), ("h", word, 0));
        TypeId nothing = Aggregate(AggregateKind.Struct, null, 0);
        return Definition(Aggregate(
            AggregateKind.Struct, "s", 112, ("arr", Array(unnamed, 4), 0), ("m", Array(Array(small, 3), 2), 64), ("n", Array(named, 2), 80), (null, arms, 96), ("mark", Array(nothing, 0), 112)));
    }

    [Fact]
    public void The_first_element_of_an_array_of_unnamed_structs_is_listed()
    {
        TypeDefinition s = Arrays();
        TypeLayout layout = TypeLayout.Of(s);
        Assert.Equal(
            ["arr", "arr[0].a", "arr[0].b", "m", "m[0][0].q", "n", "g", "g[0].e", "g[0].f", "h", "mark"],
            layout.Items.Where(i => i.Path.Length > 0).Select(i => i.Path));
        Assert.Contains("n[0].x", TypeLayout.Of(s, expandAll: true).Items.Select(i => i.Path));
        using StringWriter text = new() { NewLine = "\n" };
        LayoutCheck.Reports.Formats.LayoutText.Write(layout, 0, text);
        Assert.Contains("\tstruct {\n\t\tint                a;                    /*     0     4 */", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("\t} arr[4];                                        /*     0    64 */", text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arr[1].b", "arr arr[1].b")]
    [InlineData("m[1][2].q", "m m[1][2].q")]
    [InlineData("h", "g g[0].e g[0].f h")]
    [InlineData("g[1].e", "g g[1].e")]
    [InlineData("n[1].x", "n")]
    [InlineData("arr", "arr arr[0].a arr[0].b arr[1].a arr[1].b arr[2].a arr[2].b arr[3].a arr[3].b")]
    public void The_elements_that_a_member_lies_on_share_its_bytes(string member, string expected)
    {
        OverlapReport report = Overlap(Arrays(), member);
        Assert.Equal(expected, string.Join(' ', report.Sharers.Select(i => i.Path)));
        Assert.All(report.Sharers, i => Assert.Equal(i.BitOffset, MemberPath.Resolve(report.Layout!.Graph, report.Layout.Root, i.Path)!.BitOffset));
    }

    [Fact]
    public void An_array_that_is_long_stands_for_its_elements()
    {
        TypeId unnamed = Aggregate(AggregateKind.Struct, null, 4, ("a", Number("int", 4), 0));
        TypeDefinition s = Definition(Aggregate(AggregateKind.Struct, "s", 400, ("arr", Array(unnamed, 100), 0)));
        Assert.Equal(["arr"], Overlap(s, "arr").Sharers.Select(i => i.Path));
        Assert.Equal(["arr", "arr[99].a"], Overlap(s, "arr[99].a").Sharers.Select(i => i.Path));
    }

    [Fact]
    public void The_map_draws_an_array_whole()
        => Assert.Equal(["arr m n g", "h"], ByteLanes.Of(TypeLayout.Of(Arrays())).Select(lane => string.Join(' ', lane.Where(i => i.BitSize > 0).Select(i => i.Path))));

    // struct hdr { short n; union { struct { struct { } e1; char bytes[]; }; struct { struct { } e2; int words[]; }; long one; }; }
    private TypeId Header()
    {
        TypeId nothing = Aggregate(AggregateKind.Struct, null, 0);
        TypeId bytes = Aggregate(AggregateKind.Struct, null, 0, ("e1", nothing, 0), ("bytes", Array(Number("char", 1), null), 0));
        TypeId words = Aggregate(AggregateKind.Struct, null, 0, ("e2", nothing, 0), ("words", Array(Number("int", 4), null), 0));
        TypeId arms = Aggregate(AggregateKind.Union, null, 8, (null, bytes, 0), (null, words, 0), ("one", Number("long", 8), 0));
        return Aggregate(AggregateKind.Struct, "hdr", 16, ("n", Number("short", 2), 0), (null, arms, 8));
    }

    [Fact]
    public void A_flexible_array_shares_the_bytes_to_the_end_of_the_type()
    {
        TypeDefinition hdr = Definition(Header());
        Assert.Equal(["bytes", "words", "one"], Overlap(hdr, "bytes").Sharers.Select(i => i.Path));
        Assert.Equal(["bytes", "words", "one"], Overlap(hdr, "one").Sharers.Select(i => i.Path));
        Assert.Equal(["n"], Overlap(hdr, "n").Sharers.Select(i => i.Path));
        Assert.Equal("struct hdr: members on the bits of bytes (bytes 8 to 15, to the end of the type)", FirstLine(hdr, "bytes"));
        Assert.Equal("struct hdr: members on the bits of bytes[2] (byte 10)", FirstLine(hdr, "bytes[2]"));
        Assert.Equal("struct hdr: members on the bits of e1 (no bytes, at byte 8)", FirstLine(hdr, "e1"));
        Assert.Equal(["e1", "e2"], Overlap(hdr, "e1").Sharers.Select(i => i.Path));
    }

    [Fact]
    public void One_at_the_end_shares_with_others_alone()
    {
        TypeDefinition s = Definition(Aggregate(AggregateKind.Struct, "s", 4, ("n", Number("int", 4), 0), ("tail", Array(Number("int", 4), null), 4)));
        Assert.Equal(["tail"], Overlap(s, "tail").Sharers.Select(i => i.Path));
        Assert.Equal("struct s: members on the bits of tail (from byte 4 on, past the end of the type)", FirstLine(s, "tail"));
    }

    [Theory]
    [InlineData(0UL, "marker", false)] // what marks a place
    [InlineData(null, "data", true)]
    public void An_array_of_no_elements_in_the_middle_of_a_struct_is_none(ulong? count, string name, bool shares)
    {
        TypeId number = Number("long", 8);
        TypeDefinition s = Definition(Aggregate(AggregateKind.Struct, "s", 16, ("flags", number, 0), (name, Array(Number("char", 1), count), 8), ("head", number, 8)));
        Assert.Equal(shares, Overlap(s, "head").Sharers.Any(i => i.Name == name));
    }

    [Fact]
    public void The_markers_of_the_kernel_are_none_wherever_they_are()
    {
        TypeDefinition s = Definition(Aggregate(
            AggregateKind.Struct, "s", 8, ("head", Number("long", 8), 0), ("__cacheline_group_end__rx", Array(Number("char", 1), 0), 8)));
        Assert.False(TypeLayout.Of(s).Items[^1].IsFlexible);
    }

    [Theory]
    [InlineData("sharers(struct hdr, one) in { one, bytes, words }", Outcome.Holds)]
    [InlineData("sharers(struct hdr, one) in { one }", Outcome.Violated)]
    [InlineData("sharers(struct hdr, bytes) in { bytes }", Outcome.Violated)]
    [InlineData("sharers(struct hdr, n) in { n }", Outcome.Holds)]
    [InlineData("overlaps(struct hdr, bytes, one)", Outcome.Holds)]
    [InlineData("overlaps(struct hdr, bytes, n)", Outcome.Violated)]
    public void Rules_see_the_same(string check, Outcome expected)
    {
        TypeName name = TypeName.Parse("struct hdr");
        Dictionary<TypeName, DefinitionSet> definitions = new() { [name] = new DefinitionSet(name, [Definition(Header())], 0) };
        Rule rule = RuleParser.Parse("test.md", $"---\ntitle: test\ncheck: {check}\n---\n");
        CheckResult result = RuleEvaluator.Evaluate(new RuleSet([rule]), definitions, new TargetInfo(8, false))[0].Checks[0];
        Assert.Equal(expected, result.Outcome);
    }

    private static OverlapReport Overlap(TypeDefinition definition, string member)
        => new(definition, TypeLayout.Of(definition), MemberPath.Resolve(definition.Graph, definition.Root, member), SourceKind.Dwarf, null) { Run = RunInfo.Of("u.c") };

    private static string FirstLine(TypeDefinition definition, string member)
        => Written.Text(Overlap(definition, member)).Split('\n')[0];
}
