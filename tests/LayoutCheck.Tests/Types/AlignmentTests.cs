using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Import;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Types;

/// <summary>
/// What a declared alignment is worth. GCC records what the type has; clang what its attribute demands, so that <c>struct { long x; }
/// __attribute__((aligned(2)))</c>, aligned to 8, and the same one packed, aligned to 2, are one and the same DWARF.
/// </summary>
public sealed class AlignmentTests
{
    private const string Gcc = "GNU C17 12.2.0 -g";
    private const string Clang = "Debian clang version 14.0.6";

    [Theory]
    // Declared, size, offset of a long in bits, width of a bit-field or 0, alignment of the member or 0; then what clang's type has, or 0 where it may have more.
    [InlineData(2, 8, 0, 0, 0, 0)]
    [InlineData(8, 8, 0, 0, 0, 8)]
    [InlineData(16, 16, 0, 0, 0, 16)]
    // packed: no long is aligned to 8 there
    [InlineData(2, 10, 16, 0, 0, 2)]
    [InlineData(2, 10, 0, 0, 0, 2)]
    [InlineData(4, 12, 32, 0, 0, 4)]
    // an i386 has longs (of 8 bytes) that are aligned to 4
    [InlineData(2, 12, 32, 0, 0, 0)]
    // a bit-field counts as its type does, and stands anywhere
    [InlineData(2, 8, 3, 5, 0, 0)]
    [InlineData(2, 2, 3, 5, 0, 2)]
    // an attribute of the member
    [InlineData(8, 128, 512, 0, 64, 0)]
    [InlineData(64, 128, 512, 0, 64, 64)]
    public void Clang_records_what_is_demanded(ulong declared, ulong size, ulong bitOffset, ulong width, ulong memberAlignment, ulong expected)
    {
        TypeDefinition clang = Define(Clang, declared, size, bitOffset, width, memberAlignment);

        Assert.Equal(expected == 0, DeclaredAlignments.MayBeTooSmall(clang.Graph, clang.Root));
        Assert.False(clang.HasExactAlignments);
        Assert.True(Define(Gcc, declared, size, bitOffset, width, memberAlignment).HasExactAlignments);
    }

    [Fact]
    public void What_a_struct_holds_by_value_counts()
    {
        TypeDefinition outer = Define(Clang, 2, 8, 0, 0, 0, isWithin: true);
        Assert.True(DeclaredAlignments.MayBeTooSmall(outer.Graph, outer.Root));

        outer = Define(Clang, 8, 8, 0, 0, 0, isWithin: true);
        Assert.False(DeclaredAlignments.MayBeTooSmall(outer.Graph, outer.Root));
    }

    [Fact]
    public void A_rule_about_it_is_undecided_and_a_baseline_leaves_it_out()
    {
        foreach ((string producer, Outcome expected) in ((string, Outcome)[])[(Clang, Outcome.Undecided), (Gcc, Outcome.Holds)])
        {
            TypeDefinition definition = Define(producer, 2, 8, 0, 0, 0);
            TypeName name = TypeName.Parse("struct s");
            DefinitionSet set = new(name, [definition], 0);
            RuleSet rules = new([RuleParser.Parse("t.md", "---\ntitle: t\ncheck: alignof(struct s) == 2\n---\n")]);
            CheckResult result = RuleEvaluator.Evaluate(rules, new Dictionary<TypeName, DefinitionSet> { [name] = set }, new TargetInfo(8, false))[0].Checks[0];
            Assert.Equal(expected, result.Outcome);
            Assert.DoesNotContain("alignof", BaselineWriter.Write("t", [set]).RuleText, StringComparison.Ordinal);
            Assert.Equal(expected == Outcome.Undecided, result.Reason.Contains("struct s or a struct in it declares is less than its members have", StringComparison.Ordinal));
        }
    }

    private static TypeDefinition Define(string producer, ulong declared, ulong size, ulong bitOffset, ulong width, ulong memberAlignment, bool isWithin = false)
    {
        TypeGraphBuilder graph = new();
        TypeId number = graph.Add(new BaseType("long", 8, BaseEncoding.Signed));
        Member member = new("x", number, bitOffset, width == 0 ? null : width, memberAlignment == 0 ? null : memberAlignment);
        TypeId root = graph.Add(new AggregateType(AggregateKind.Struct, "s", size, declared, [member]));
        if (isWithin)
        {
            TypeId array = graph.Add(new ArrayType(root, 2));
            root = graph.Add(new AggregateType(AggregateKind.Struct, "outer", size * 2, null, [new Member("inner", array, 0)]));
        }

        return new TypeDefinition(graph.Build(), root, [new DefiningUnit(0, "s.c", producer)]);
    }
}
