using LayoutCheck.Compare;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>Names with several definitions: as sets, by their units, or not at all.</summary>
public sealed class NameComparisonTests : IDisposable
{
    // struct packet has 8 bytes in a.c and 24 in b.c.
    private readonly KernelImage _dwarf = KernelImage.Open(FixtureFile.PathOf("audit/audit.two-ways.gcc-dwarf5-btf.elf"));
    private readonly KernelImage _btf = KernelImage.Open(FixtureFile.PathOf("audit/audit.two-ways.gcc-dwarf5-btf.elf"), SourceChoice.Btf);

    public void Dispose()
    {
        _dwarf.Dispose();
        _btf.Dispose();
    }

    [Fact]
    public void Equal_sets_are_the_same_in_any_order()
    {
        DefinitionSet set = Packet(_dwarf);
        TypeVerdict verdict = new NameComparison(_dwarf.Types, _dwarf.Types).Compare(set, set with { Distinct = [.. set.Distinct.Reverse()] })!;
        Assert.True(verdict.IsSame);
        Assert.Equal((2, 2), verdict.DefinitionCounts);
    }

    [Fact]
    public void A_side_with_one_of_two_is_paired_by_its_units()
    {
        DefinitionSet set = Packet(_dwarf);
        TypeVerdict verdict = new NameComparison(_dwarf.Types, _dwarf.Types).Compare(set, set with { Distinct = [set.Distinct[1]] })!;
        Assert.Equal((ChangeClass.None, ChangeClass.None), (verdict.Least, verdict.Most));
    }

    [Fact]
    public void Units_that_changed_places_differ()
    {
        DefinitionSet set = Packet(_dwarf);
        DefinitionSet swapped = set with { Distinct = [set.Distinct[0] with { Units = set.Distinct[1].Units }] };
        TypeVerdict verdict = new NameComparison(_dwarf.Types, _dwarf.Types).Compare(set, swapped)!;
        Assert.Equal((ChangeClass.Layout, ChangeClass.Layout), (verdict.Least, verdict.Most));
        Assert.Equal("other/audit/b.c", verdict.Pairs.Single().Unit);
    }

    // The names of BTF's units are numbers of types, which say nothing in another image.
    [Fact]
    public void Without_units_the_answer_depends_on_the_definition()
    {
        DefinitionSet set = Packet(_btf);
        TypeVerdict verdict = new NameComparison(_btf.Types, _btf.Types).Compare(set, set with { Distinct = [set.Distinct[1]] })!;
        Assert.Equal((ChangeClass.None, ChangeClass.Layout), (verdict.Least, verdict.Most));
        Assert.True(verdict.IsOpen(ChangeClass.Layout));
    }

    private static DefinitionSet Packet(KernelImage image)
    {
        DefinitionSet set = image.Types.FindAll([TypeName.Parse("struct packet")], 1).Sets[0];
        Assert.Equal(2, set.Distinct.Length);
        return set;
    }
}
