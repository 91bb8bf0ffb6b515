using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>The ways from exported symbols to changed types: over made-up references, and over the fixture <c>reach/</c> with what its source says.</summary>
public sealed class ReachTests
{
    private const string Symbols =
        "takes_inner\ntakes_holder\nreturns_inner\ntakes_callback\ntakes_ops\ntakes_first\ntakes_second\ntakes_still\ntakes_nothing\ntakes_any\ntable\ncurrent_holder\nplain\nhidden\nfrom_assembly\nnot_there\n";

    private static readonly TypeName s_inner = TypeName.Parse("struct inner");
    private static readonly TypeName s_far = TypeName.Parse("struct far");

    // GCC's and clang's DWARF have all that is declared too; pahole leaves out variables and what is only declared.
    [Theory]
    [InlineData("gcc-dwarf5-btf", SourceChoice.Dwarf, "takes_inner, takes_holder, returns_inner, takes_callback, table, current_holder, from_assembly", "not_there")]
    [InlineData("clang-dwarf5", SourceChoice.Dwarf, "takes_inner, takes_holder, returns_inner, takes_callback, table, current_holder, from_assembly", "not_there")]
    [InlineData("gcc-dwarf5-btf", SourceChoice.Btf, "takes_inner, takes_holder, returns_inner, takes_callback", "table, current_holder, plain, from_assembly, not_there")]
    public void Symbols_reach_what_their_prototypes_name(string encoding, SourceChoice source, string direct, string missing)
    {
        foreach (int threads in (int[])[1, 3])
        {
            Reach reach = Of(encoding, source, threads);
            ReachedType inner = reach.Types[s_inner];
            Assert.Equal(direct, string.Join(", ", inner.Direct));
            Assert.Equal([inner.Direct.Length, 1], inner.ByDistance);
            Assert.Equal("takes_inner(struct inner *)", inner.Example);
            // pahole before 1.25 takes in one function of each name: here it is the static one.
            ReachedType far = reach.Types[s_far];
            Assert.Equal(source == SourceChoice.Btf ? [0, 1, 1] : [1, 1, 1], far.ByDistance);
            Assert.Equal(source == SourceChoice.Btf ? [] : ["hidden"], far.Direct);
            Assert.Equal(source == SourceChoice.Btf ? "takes_second(struct second *) -> second.far -> far" : "hidden(struct far *)", far.Example);
            Assert.Equal(missing, string.Join(", ", reach.Missing));
            Assert.Equal((16, 16 - missing.Split(", ").Length), (reach.Asked, reach.Answered));
            Assert.Empty(reach.Unread);
            Assert.Empty(reach.OnlyNew);
        }
    }

    [Theory]
    [InlineData("takes_first", "struct far", "takes_first(struct first *) -> first.second -> second.far -> far", 2)]
    [InlineData("takes_second", "struct far", "takes_second(struct second *) -> second.far -> far", 1)]
    [InlineData("takes_holder", "struct inner", "takes_holder(const struct holder *const *) -> holder.part -> inner", 0)]
    [InlineData("takes_ops", "struct inner", "takes_ops(const struct ops *) -> ops.run -> inner", 1)]
    [InlineData("returns_inner", "struct inner", "returns_inner() returns struct inner", 0)]
    [InlineData("table", "struct inner", "table: struct inner[]", 0)]
    [InlineData("takes_callback", "struct inner", "takes_callback(int (*)(void *, struct inner **))", 0)]
    public void The_way_is_told_member_by_member(string symbol, string type, string way, int distance)
    {
        TypeName name = TypeName.Parse(type);
        using KernelImage image = FixtureFile.Open("reach/reach.before.gcc-dwarf5-btf.elf", SourceChoice.Dwarf);
        using WorkerPool pool = new(2);
        ReachedType reached = Reach.Of(SymbolList.ParseList("l", symbol), image.Types, image.Types, [name], pool).Types[name];
        Assert.Equal(way, reached.Example);
        Assert.Equal([.. Enumerable.Repeat(0, distance), 1], reached.ByDistance);
    }

    [Fact]
    public void A_symbol_that_leads_nowhere_reaches_nothing()
    {
        using KernelImage image = FixtureFile.Open("reach/reach.before.gcc-dwarf5-btf.elf", SourceChoice.Dwarf);
        using WorkerPool pool = new(1);
        Assert.Empty(Reach.Of(SymbolList.ParseList("l", "takes_still\ntakes_nothing\ntakes_any"), image.Types, image.Types, [s_inner, s_far, TypeName.Parse("struct unknown")], pool).Types);
    }

    // The static function of this name is in the first unit, the external one in the second.
    [Theory]
    [InlineData("gcc-dwarf5-btf")]
    [InlineData("clang-dwarf5")]
    public void A_static_function_of_the_same_name_does_not_count(string encoding)
    {
        using KernelImage image = FixtureFile.Open($"reach/reach.before.{encoding}.elf", SourceChoice.Dwarf);
        using WorkerPool pool = new(1);
        Prototype hidden = Assert.Single(image.Types.FindPrototypes(["hidden"], pool).Found);
        Assert.Equal("struct far", Assert.Single(hidden.Uses()).Type.ToString());
    }

    [Fact]
    public void A_definition_counts_before_a_declaration()
    {
        using KernelImage image = FixtureFile.Open("reach/reach.before.clang-dwarf5.elf", SourceChoice.Dwarf);
        using WorkerPool pool = new(1);
        PrototypeSet found = image.Types.FindPrototypes(["takes_any", "misdeclared", "table"], pool);
        Assert.Equal(["takes_any", "misdeclared", "table"], found.Found.Select(p => p.Symbol));
        Assert.Equal("int (struct still *)", found.Found[1].Graph.Declare(found.Found[1].Type));
        Assert.True(found.Found[0].Function!.IsVariadic);
        // Declared without a length in one unit, defined with one in the other.
        Assert.Equal("struct inner[3]", found.Found[2].Graph.Declare(found.Found[2].Type));
    }

    [Fact]
    public void What_is_embedded_is_no_further_and_the_shortest_way_wins()
    {
        TypeReferences references = new();
        references.Add(T("a"), [("long", T("b"), true), ("short", T("z"), true)]);
        references.Add(T("b"), [("in", T("c"), false)]);
        references.Add(T("c"), [("in", T("target"), false), ("back", T("a"), true)]);
        references.Add(T("z"), [("to", T("y"), true)]);
        references.Add(T("y"), [("to", T("target"), true)]);
        references.Add(T("target"), [("self", T("target"), true), ("back", T("b"), true)]);
        references.Add(T("lost"), [("self", T("lost"), true)]);
        ReachSearch search = new(references, [Takes("far", "a"), Takes("near", "b"), Takes("other", "z"), Takes("off", "lost"), Takes("unknown", "none")]);
        ReachedType reached = search.Find(T("target"))!;
        Assert.Equal([1, 1, 1], reached.ByDistance);
        Assert.Equal(["near"], reached.Direct);
        Assert.Equal("near(struct b *) -> b.in -> c.in -> target", reached.Example);
        // A second question to the same search.
        Assert.Equal([1], search.Find(T("lost"))!.ByDistance);
        Assert.Equal("unknown(struct none *)", search.Find(T("none"))!.Example);
        Assert.Null(search.Find(T("nothing")));
    }

    [Fact]
    public void Diff_tells_it_below_each_type_and_never_drops_a_symbol()
    {
        string list = Path.GetTempFileName();
        try
        {
            File.WriteAllText(list, Symbols);
            string[] images = ["tests/fixtures/reach/reach.before.gcc-dwarf5-btf.elf", "tests/fixtures/reach/reach.after.gcc-dwarf5-btf.elf"];
            ProgramResult result = ProgramRun.Run(["diff", .. images, "--no-rules", "--symbols", list, "--width", "0"]);
            Assert.Equal(1, result.ExitCode);
            Assert.Contains(
                "\n  reached by 8 of 15 symbols: 7 directly (takes_inner, takes_holder, returns_inner, takes_callback, table, current_holder, ...), 1 through 1 pointer\n",
                result.Out,
                StringComparison.Ordinal);
            Assert.Contains("\nsymbols: 16 listed, 15 with a prototype\n  no prototype for 1 symbol: not_there\n", result.Out, StringComparison.Ordinal);
            File.WriteAllText(list, "takes_inner\nbad line\n");
            ProgramResult wrong = ProgramRun.Run(["diff", .. images, "--symbols", list]);
            Assert.Equal((2, $"layoutcheck: {list}:2: one symbol is expected, and there are several words"), (wrong.ExitCode, wrong.ErrLines[0]));
        }
        finally
        {
            File.Delete(list);
        }
    }

    private static Reach Of(string encoding, SourceChoice source, int threads)
    {
        using KernelImage old = FixtureFile.Open($"reach/reach.before.{encoding}.elf", source);
        using KernelImage now = FixtureFile.Open($"reach/reach.after.{encoding}.elf", source);
        using WorkerPool pool = new(threads);
        return Reach.Of(SymbolList.ParseList("l", Symbols), old.Types, now.Types, [s_inner, s_far], pool);
    }

    private static TypeName T(string tag) => new(TypeNameKind.Struct, tag);

    private static Prototype Takes(string symbol, string tag)
    {
        TypeGraphBuilder graph = new();
        TypeId pointer = graph.Add(new PointerType(graph.Add(new AggregateReference(AggregateKind.Struct, tag)), 8));
        TypeId function = graph.Add(new FunctionType(TypeId.Void, [pointer], false));
        return new Prototype(symbol, graph.Build(), function);
    }
}
