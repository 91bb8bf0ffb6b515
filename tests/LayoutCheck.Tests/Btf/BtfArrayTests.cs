using LayoutCheck.Btf;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Btf;

/// <summary>Arrays in BTF whose producer may have written arrays of arrays as one array: what depends on the dimensions is not told.</summary>
public sealed class BtfArrayTests
{
    private static CheckResult Evaluate(BtfBuilder builder, string expression)
    {
        Rule rule = RuleParser.Parse("r.md", $"---\ntitle: t\ncheck: {expression}\n---\n");
        BtfTypeReader reader = builder.Reader();
        Survey survey = reader.FindAll([.. new RuleSet([rule]).RequiredTypes], 1);
        return RuleEvaluator.Evaluate(new RuleSet([rule]), survey.Sets.ToDictionary(s => s.Name), reader.Target)[0].Checks[0];
    }

    // As pahole 1.24 writes `struct zone { long wm; int lists[4][2]; struct pair one[1]; void *pages[16]; struct pair tail[]; }`.
    private static BtfBuilder Zone()
    {
        BtfBuilder b = new();
        uint integer = b.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        uint word = b.Int("long int", 8, BtfFormat.BTF_INT_SIGNED);
        uint pair = b.Struct("pair", 8, ("x", integer, 0), ("y", integer, 32));
        uint lists = b.Array(integer, 8);
        uint one = b.Array(pair, 1);
        uint pages = b.Array(b.Pointer(0), 16);
        uint pairs = b.Array(pair, 8);
        uint tail = b.Array(pair, 0);
        _ = b.Struct("zone", 240, ("wm", word, 0), ("lists", lists, 64), ("one", one, 320), ("pages", pages, 384), ("pairs", pairs, 1408), ("tail", tail, 1920));
        return b;
    }

    [Theory]
    [InlineData("offsetof(struct zone, lists) == 8 && sizeof(struct zone, lists) == 32", Outcome.Holds)]
    [InlineData("offsetof(struct zone, lists[2]) == 16", Outcome.Undecided)]
    [InlineData("offsetof(struct zone, lists[2]) == 24", Outcome.Undecided)]
    [InlineData("sizeof(struct zone, lists[2]) == 4", Outcome.Undecided)]
    [InlineData("offsetof(struct zone, lists[2][1]) == 28", Outcome.Undecided)]
    [InlineData("offsetof(struct zone, lists[7]) == 36", Outcome.Undecided)]
    [InlineData("offsetof(struct zone, lists[0]) == 8", Outcome.Holds)]
    [InlineData("offsetof(struct zone, lists[0]) == 9", Outcome.Violated)]
    [InlineData("sizeof(struct zone, lists[0]) == 4", Outcome.Undecided)]
    [InlineData("sizeof(struct zone, lists[0]) <= 32 && sizeof(struct zone, lists[0]) >= 4", Outcome.Holds)]
    [InlineData("contains(struct zone, lists, lists[0]) && !overlaps(struct zone, lists[0], wm)", Outcome.Holds)]
    [InlineData("exists(struct zone, lists[2])", Outcome.Undecided)]
    [InlineData("exists(struct zone, lists[0])", Outcome.Holds)]
    [InlineData("exists(struct zone, lists[8])", Outcome.Violated)]
    [InlineData("exists(struct zone, lists[2].x)", Outcome.Violated)]
    [InlineData("exists(struct zone, pairs[2].x)", Outcome.Undecided)]
    [InlineData("offsetof(struct zone, pairs[2].x) == 192", Outcome.Undecided)]
    [InlineData("ARRAY_SIZE(struct zone, lists) == 8", Outcome.Undecided)]
    [InlineData("ARRAY_SIZE(struct zone, lists) == 4", Outcome.Undecided)]
    [InlineData("ARRAY_SIZE(struct zone, lists) == 3", Outcome.Violated)]
    [InlineData("ARRAY_SIZE(struct zone, lists) <= 8", Outcome.Holds)]
    [InlineData("ARRAY_SIZE(struct zone, lists[0]) == 2", Outcome.Undecided)]
    [InlineData("4096 << ARRAY_SIZE(struct zone, pages) >= 64", Outcome.Holds)]
    [InlineData("ARRAY_SIZE(struct zone, pages) * (sizeof(struct zone, pages) / ARRAY_SIZE(struct zone, pages)) == 128", Outcome.Holds)]
    [InlineData("typeof(struct zone, lists) == \"int[8]\"", Outcome.Undecided)]
    [InlineData("typeof(struct zone, lists) == \"int[4][2]\"", Outcome.Undecided)]
    [InlineData("typeof(struct zone, lists) == \"int[4][3]\"", Outcome.Violated)]
    [InlineData("typeof(struct zone, lists) == \"long[8]\"", Outcome.Violated)]
    [InlineData("typeof(struct zone, lists) == array && typeof(struct zone, lists) != pointer", Outcome.Holds)]
    [InlineData("typeof(struct zone, lists[0]) == integer", Outcome.Undecided)]
    [InlineData("typeof(struct zone, lists[0]) == \"int[2]\"", Outcome.Undecided)]
    [InlineData("ARRAY_SIZE(struct zone, one) == 1 && offsetof(struct zone, one[0].y) == 44", Outcome.Holds)]
    // It may be one[1][1], and all of that is one element.
    [InlineData("exists(struct zone, one[0][0]) && offsetof(struct zone, one[0][0].y) == 44", Outcome.Holds)]
    [InlineData("exists(struct zone, one[0][1])", Outcome.Violated)]
    [InlineData("offsetof(struct zone, tail[0]) == 240", Outcome.Holds)]
    [InlineData("offsetof(struct zone, tail[1]) == 248", Outcome.Undecided)]
    [InlineData("sizeof(struct zone, tail[0]) == 8", Outcome.Undecided)]
    [InlineData("offsetof(struct zone, tail[0].x) == 240", Outcome.Undecided)]
    public void What_depends_on_the_dimensions_is_undecided_and_the_rest_is_not(string expression, Outcome expected)
        => Assert.Equal((expected, expression), (Evaluate(Zone(), expression).Outcome, expression));

    [Fact]
    public void The_reason_names_the_array_and_what_is_open()
    {
        Assert.Equal(
            "this depends on what the debug information leaves open: BTF has zone.lists as one array of 8 elements, as it has arrays of arrays too",
            Evaluate(Zone(), "offsetof(struct zone, lists[2]) == 16").Reason);
        CheckResult decided = Evaluate(Zone(), "ARRAY_SIZE(struct zone, lists) <= 8");
        Assert.EndsWith("(whatever is open: BTF has zone.lists as one array of 8 elements, as it has arrays of arrays too)", decided.Reason, StringComparison.Ordinal);
        Assert.Equal("ARRAY_SIZE(zone.lists) is at most 8", decided.Observed[0].ToString());
    }

    [Fact]
    public void A_path_comes_with_what_is_not_told_of_it()
    {
        TypeDefinition zone = Zone().Reader().FindFirst(TypeName.Parse("struct zone"))!;
        string? Doubt(string path) => MemberPath.Resolve(zone.Graph, zone.Root, path)!.Doubt;

        Assert.Equal("BTF does not tell where lists[2] lies: it has lists as one array of 8 elements, as it has arrays of arrays too", Doubt("lists[2]"));
        Assert.Equal("BTF does not tell how long lists[0] is: it has lists as one array of 8 elements, as it has arrays of arrays too", Doubt("lists[0]"));
        Assert.StartsWith("BTF does not tell where lists[2][1] lies", Doubt("lists[2][1]"), StringComparison.Ordinal);
        Assert.StartsWith("BTF does not tell where pairs[1].y lies", Doubt("pairs[1].y"), StringComparison.Ordinal);
        Assert.StartsWith("BTF does not tell how long tail[0] is: it has tail as an array of no number of elements", Doubt("tail[0]"), StringComparison.Ordinal);
        Assert.Null(Doubt("lists"));
        Assert.Null(Doubt("one[0].y"));
        Assert.Null(MemberPath.Resolve(zone.Graph, zone.Root, "lists[8]"));
        Assert.Null(MemberPath.Resolve(zone.Graph, zone.Root, "pairs[1].z"));
    }

    // `int a[4][2]; int b[8]`, each dimension by itself, and something that shows who wrote it.
    private static BtfBuilder Nested(string indexName, Action<BtfBuilder, uint>? more = null, uint inner = 3)
    {
        BtfBuilder b = new();
        uint integer = b.Int("int", 4, BtfFormat.BTF_INT_SIGNED);
        uint index = b.Int(indexName, 4);
        _ = b.Int("long int", 8, BtfFormat.BTF_INT_SIGNED);
        more?.Invoke(b, index);
        uint a = b.Array(b.Array(integer, inner, index), 4, index);
        _ = b.Struct("s", (16 * inner) + 32, ("a", a, 0), ("b", b.Array(integer, 8, index), 128 * inner));
        return b;
    }

    [Fact]
    public void Where_arrays_of_arrays_are_kept_an_array_is_what_it_is()
    {
        BtfBuilder clang = Nested("__ARRAY_SIZE_TYPE__");
        Assert.Equal(Outcome.Holds, Evaluate(clang, "offsetof(struct s, a[2]) == 24 && sizeof(struct s, a[2]) == 12 && ARRAY_SIZE(struct s, a) == 4 && ARRAY_SIZE(struct s, b) == 8").Outcome);
        Assert.Equal("int[4][3]", Spelling(clang));
        Assert.False(clang.Reader().FindAll([TypeName.Parse("struct s")], 1).Facts.FlattensArrays);
    }

    [Fact]
    public void Gcc_has_the_dimensions_from_the_wrong_end_and_other_arrays_right()
    {
        // gcc 12 -gbtf marks a char as one, which pahole and clang do not.
        BtfBuilder gcc = Nested("long unsigned int", (b, _) => b.Int("char", 1, BtfFormat.BTF_INT_CHAR));
        Assert.Equal(Outcome.Undecided, Evaluate(gcc, "ARRAY_SIZE(struct s, a) == 4").Outcome);
        Assert.Equal(Outcome.Undecided, Evaluate(gcc, "offsetof(struct s, a[1]) == 12").Outcome);
        Assert.Equal(Outcome.Holds, Evaluate(gcc, "ARRAY_SIZE(struct s, b) == 8 && offsetof(struct s, b[3]) == 60").Outcome);
        Assert.Equal("int[12]", Spelling(gcc));
    }

    [Theory]
    [InlineData("a vector of GNU C is an array of a power of two of numbers")]
    [InlineData("Rust has its arrays of arrays one by one in DWARF too")]
    [InlineData("only clang names the type of the index so")]
    public void One_array_in_another_does_not_always_show_that_they_are_kept(string why)
    {
        BtfBuilder b = why[0] == 'a' ? Nested("__ARRAY_SIZE_TYPE__", inner: 4)
            : why[0] == 'R' ? Nested("__ARRAY_SIZE_TYPE__", (b, _) => b.Int("usize", 8))
            : Nested("long unsigned int");
        Assert.Equal((Outcome.Undecided, why), (Evaluate(b, "ARRAY_SIZE(struct s, b) == 8").Outcome, why));
        Assert.Equal((Outcome.Undecided, why), (Evaluate(b, "ARRAY_SIZE(struct s, a) == 4").Outcome, why));
    }

    [Fact]
    public void A_damaged_array_that_nothing_asked_for_is_no_obstacle()
    {
        BtfBuilder b = Nested("__ARRAY_SIZE_TYPE__", (b, _) => b.Array(9999, 2));
        Assert.Equal(Outcome.Holds, Evaluate(b, "sizeof(struct s, a) == 48").Outcome);
        BtfBuilder loop = new();
        _ = loop.Int("long int", 8);
        _ = loop.Struct("s", 8, ("a", loop.Array(2, 2), 0));
        Assert.Contains("is made of itself", Assert.Throws<InvalidImageException>(() => loop.Reader().FindFirst(TypeName.Parse("struct s"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_ways_to_read_the_arrays_are_not_tried()
    {
        BtfBuilder b = new();
        uint word = b.Int("long int", 8);
        uint large = b.Array(word, 5040); // 60 divisors
        _ = b.Struct("s", 5040 * 16, ("a", large, 0), ("b", large, 5040 * 64));
        CheckResult result = Evaluate(b, "ARRAY_SIZE(struct s, a) + ARRAY_SIZE(struct s, b) > 0");
        Assert.Equal(Outcome.Undecided, result.Outcome);
        Assert.Equal(Outcome.Holds, Evaluate(b, "ARRAY_SIZE(struct s, a) > 0").Outcome);
    }

    private static string Spelling(BtfBuilder builder)
    {
        TypeDefinition s = builder.Reader().FindFirst(TypeName.Parse("struct s"))!;
        return s.Graph.Declare(s.Aggregate.Members[0].Type);
    }
}
