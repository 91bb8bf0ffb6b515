using LayoutCheck.Layouts;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Layouts;

/// <summary>A layout accounts for every bit of a struct, and its items are where <see cref="MemberPath"/> finds them.</summary>
public sealed class TypeLayoutTests
{
    public static TheoryData<string> Fixtures() => [.. FixtureFile.All.Where(name => Tests.Fixtures.FixtureTruthTests.IsForDwarf(name))];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Members_holes_and_padding_fill_every_struct_of(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture, SourceChoice.Dwarf);
        IReadOnlyList<TypeName> names = image.Types.DefinedNames();
        Assert.NotEmpty(names);
        foreach (TypeDefinition definition in image.Types.FindAll(names, 2).Sets.SelectMany(set => set.Distinct))
        {
            TypeLayout layout = TypeLayout.Of(definition, expandAll: true);
            AssertFilled(layout, -1, definition.Aggregate.Kind, 0, definition.Aggregate.ByteSize * 8);
            foreach (LayoutItem item in layout.Items.Where(item => item.Path.Length > 0))
            {
                ResolvedMember member = MemberPath.Resolve(definition.Graph, definition.Root, item.Path)!;
                Assert.Equal((item.BitOffset, item.BitSize, item.Type), (member.BitOffset, member.BitSize ?? 0, member.Type));
            }
        }
    }

    private static void AssertFilled(TypeLayout layout, int parent, AggregateKind kind, ulong start, ulong size)
    {
        ulong at = start;
        for (int i = 0; i < layout.Items.Length; i++)
        {
            LayoutItem item = layout.Items[i];
            if (item.Parent != parent)
            {
                continue;
            }

            Assert.Equal(kind == AggregateKind.Union ? start : at, item.BitOffset);
            Assert.True(item.BitOffset + item.BitSize <= start + size, $"{item} ends past {size} bits");
            at = item.BitOffset + item.BitSize;
            if (item.Expanded is { } inner)
            {
                // Of an array, the first element.
                AssertFilled(layout, i, inner.Kind, item.BitOffset, inner.ByteSize * 8);
            }
        }

        bool hasItems = layout.Items.Any(item => item.Parent == parent);
        Assert.True(kind == AggregateKind.Union || !hasItems || at == start + size, $"the items of {layout.Aggregate.Name} end at bit {at - start} of {size}");
    }

    [Fact]
    public void Counts_holes_and_padding()
    {
        TypeDefinition definition = FixtureFile.Definition("shapes/shapes.gcc-dwarf5.elf", "struct holes");
        TypeLayout layout = TypeLayout.Of(definition);
        ulong members = layout.Items.Where(item => item.Kind == LayoutItemKind.Member).Aggregate(0UL, (sum, item) => sum + item.BitSize);

        LayoutTotals totals = LayoutTotals.Of(layout);

        Assert.True(totals.HoleCount > 0 && totals.PaddingBits > 0);
        Assert.Equal(definition.Aggregate.ByteSize * 8, members + totals.HoleBits + totals.PaddingBits);
    }

    [Fact]
    public void Goes_into_unnamed_members_always_and_into_named_types_when_asked()
    {
        TypeDefinition page = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", "struct page");

        Assert.Contains(TypeLayout.Of(page).Items, item => item.Path == "compound_head");
        Assert.DoesNotContain(TypeLayout.Of(page).Items, item => item.Path == "lru.prev");
        Assert.Contains(TypeLayout.Of(page, expandAll: true).Items, item => item.Path == "lru.prev");
    }
}
