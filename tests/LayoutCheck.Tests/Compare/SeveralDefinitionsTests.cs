using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Tests.Rules;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>Names that a side defines in several ways, of definitions written down: which pairs are compared, and how sure the weight is.</summary>
public sealed class SeveralDefinitionsTests : IDisposable
{
    private const string Small = "struct cache 8\n  a 0/8 long\n";
    private const string Large = "struct cache 16\n  a 0/8 long\n  b 8/8 long\n";
    private const string Huge = "struct cache 24\n  a 0/8 long\n  b 8/8 long\n  c 16/8 long\n";

    private readonly KernelImage _any = FixtureFile.Open("no-page/no-page.gcc-dwarf5.elf");

    public void Dispose() => _any.Dispose();

    // The units of the definitions, one of each.
    private static DefinitionSet Set(string text, params string[] units)
    {
        DefinitionSet set = LayoutText.Parse(text).Values.First();
        return set with { Distinct = [.. set.Distinct.Select((d, i) => d with { Units = [new DefiningUnit(i, units[i])] })] };
    }

    private TypeVerdict? Compare(DefinitionSet old, DefinitionSet now) => new NameComparison(_any.Types, _any.Types).Compare(old, now);

    [Fact]
    public void Definitions_are_paired_by_their_units()
    {
        TypeVerdict verdict = Compare(Set(Small + Large, "a.c", "b.c"), Set(Small + Huge, "a.c", "b.c"))!;
        Assert.Equal((ChangeClass.Layout, ChangeClass.Layout), (verdict.Least, verdict.Most));
        ComparedPair pair = Assert.Single(verdict.Pairs);
        Assert.Equal(("b.c", 16ul, 24ul), (pair.Unit, pair.Changes.Old.ByteSize, pair.Changes.New.ByteSize));
        Assert.Equal((2, 2), verdict.DefinitionCounts);
    }

    [Fact]
    public void Without_units_in_common_the_answer_is_open()
    {
        TypeVerdict verdict = Compare(Set(Small + Large, "a.c", "b.c"), Set(Small, "c.c"))!;
        Assert.Equal((ChangeClass.None, ChangeClass.Layout), (verdict.Least, verdict.Most));
        Assert.True(verdict.IsOpen(ChangeClass.Layout));
        Assert.False(verdict.IsSame);
    }

    [Fact]
    public void What_differs_whichever_definition_is_meant_is_not_open()
    {
        TypeVerdict verdict = Compare(Set(Small + Large, "a.c", "b.c"), Set(Huge, "c.c"))!;
        Assert.Equal((ChangeClass.Layout, ChangeClass.Layout), (verdict.Least, verdict.Most));
        Assert.False(verdict.IsOpen(ChangeClass.Layout));
    }

    [Fact]
    public void A_name_of_one_side_is_not_compared()
        => Assert.Null(Compare(Set(Small, "a.c"), new DefinitionSet(TypeName.Parse("struct cache"), ImmutableArray<TypeDefinition>.Empty, 0)));
}
