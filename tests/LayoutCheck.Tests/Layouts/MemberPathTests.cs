using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Layouts;

/// <summary>Which words are a path, and what it leads to.</summary>
public sealed class MemberPathTests
{
    private static readonly (TypeGraph Graph, TypeId Root) Sample = Build();

    // struct { int a; struct { int b : 3; union { int c; }; }; struct inner { int d[2][3]; int e[]; } in; int *p; }
    private static (TypeGraph Graph, TypeId Root) Build()
    {
        TypeGraphBuilder graph = new();
        TypeId number = graph.Add(new BaseType("int", 4, BaseEncoding.Signed));
        TypeId union = graph.Add(new AggregateType(AggregateKind.Union, null, 4, null, [new Member("c", number, 0)]));
        TypeId unnamed = graph.Add(new AggregateType(AggregateKind.Struct, null, 8, null, [new Member("b", number, 5, 3), new Member(null, union, 32)]));
        TypeId row = graph.Add(new ArrayType(number, 3));
        TypeId rows = graph.Add(new TypedefType("rows_t", graph.Add(new ArrayType(row, 2))));
        TypeId flexible = graph.Add(new ArrayType(number, null));
        TypeId inner = graph.Add(new AggregateType(AggregateKind.Struct, "inner", 24, null, [new Member("d", rows, 0), new Member("e", flexible, 192)]));
        TypeId pointer = graph.Add(new PointerType(inner, 8));
        TypeId root = graph.Add(new AggregateType(
            AggregateKind.Struct, "s", 64, null, [new Member("a", number, 0), new Member(null, unnamed, 32), new Member("in", inner, 128), new Member("p", pointer, 320)]));
        return (graph.Build(), root);
    }

    [Theory]
    [InlineData("a", 0, 32, false)]
    [InlineData("b", 37, 3, true)]
    [InlineData("c", 64, 32, false)]
    [InlineData("in", 128, 192, false)]
    [InlineData("in.d", 128, 192, false)]
    [InlineData("in.d[1]", 224, 96, false)]
    [InlineData("in.d[1][2]", 288, 32, false)]
    [InlineData("in.e", 320, 0, false)]
    [InlineData("in.e[4]", 448, 32, false)]
    [InlineData("p", 320, 64, false)]
    public void Resolves(string path, ulong bitOffset, ulong bitSize, bool isBitField)
    {
        ResolvedMember? member = MemberPath.Resolve(Sample.Graph, Sample.Root, path);

        Assert.NotNull(member);
        Assert.Equal((bitOffset, (ulong?)bitSize, isBitField), (member.BitOffset, member.BitSize, member.IsBitField));
        Assert.Equal(path, member.Path);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("inner")]
    [InlineData("in.x")]
    [InlineData("in.c")]
    [InlineData("a.b")]
    [InlineData("b.c")]
    [InlineData("a[0]")]
    [InlineData("in.d[2]")]
    [InlineData("in.d[1][3]")]
    [InlineData("in.d[18446744073709551615]")]
    [InlineData("in.e[18446744073709551615]")]
    [InlineData("p.d")]
    [InlineData("p[0]")]
    [InlineData("A")]
    public void Finds_nothing_by(string path)
    {
        Assert.True(MemberPath.IsWellFormed(path));
        Assert.Null(MemberPath.Resolve(Sample.Graph, Sample.Root, path));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("[0]")]
    [InlineData("a[")]
    [InlineData("a[]")]
    [InlineData("a[-1]")]
    [InlineData("a[ 1]")]
    [InlineData("a[0x1]")]
    [InlineData("a[18446744073709551616]")]
    [InlineData("a[0]b")]
    [InlineData("a->b")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void Is_no_path(string text)
    {
        Assert.False(MemberPath.IsWellFormed(text));
        Assert.Null(MemberPath.Resolve(Sample.Graph, Sample.Root, text));
    }
}
