using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Rules;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Reports;

/// <summary>The map of the structs over struct page: its ruler, lanes, kinds and marks.</summary>
public sealed class StructMapTests
{
    private const string Late = "bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf";

    [Theory]
    [InlineData("page-era6/page-era6.gcc-dwarf5.elf", "compound_info", 8)]
    [InlineData("page-era6/page-era6.btf.elf", "compound_info", 8)]
    [InlineData("page-era6/page-era6.s390x-dwarf5.elf", "compound_info", 8)]
    [InlineData("page-era6/page-era6.i686-dwarf5.elf", "compound_info", 4)]
    [InlineData("page-era6/page-era6.arm-dwarf4.elf", "compound_info", 4)]
    [InlineData("page-era3/page-era3.gcc-dwarf5.elf", "compound_head", 8)]
    public void The_ruler_is_struct_page_of_the_image(string fixture, string word, int wordByteSize)
    {
        StructMap map = MapOf(fixture);
        Assert.Equal(FixtureFile.Definition(fixture, "struct page").Aggregate.ByteSize, map.Stride);
        Assert.Equal(wordByteSize, map.WordByteSize);
        Assert.Equal(new MapColumn(word, (ulong)wordByteSize * 8, (ulong)wordByteSize * 8), map.TagWord);
    }

    [Fact]
    public void The_pages_of_a_folio_are_stacked_without_the_struct_page_in_each()
    {
        StructMap map = MapOf("page-era6/page-era6.gcc-dwarf5.elf");
        MapStruct folio = map.Structs.Single(s => s.Name == "folio");
        Assert.Equal([0UL, 64, 128, 192], folio.Pages.Select(p => p.ByteOffset));
        Assert.DoesNotContain(folio.Pages.SelectMany(p => p.Lanes).SelectMany(l => l), i => i.Path == "page" || i.Path.StartsWith("__page_", StringComparison.Ordinal));
        Assert.All((string[])["pgmap", "_head_1", "_head_2", "_head_3"], name => Assert.Equal((MapClass.Tag, 64UL), (Item(map, "folio", name).Class, Item(map, "folio", name).BitOffset)));
        Assert.Equal(64UL * 8 + 64, Item(map, "folio", "_head_1").StructBitOffset);
    }

    [Theory]
    [InlineData("lru", MapClass.List)]
    [InlineData("mapping", MapClass.Pointer)]
    [InlineData("_refcount", MapClass.Part)]
    [InlineData("flags", MapClass.Word)]
    [InlineData("_pp_mapping_pad", MapClass.Pad)]
    [InlineData("compound_info", MapClass.Tag)]
    [InlineData("_unused_pgmap_compound_info", MapClass.Tag)]
    public void Members_have_their_kind(string member, MapClass kind) => Assert.Equal(kind, Item(MapOf("page-era6/page-era6.gcc-dwarf5.elf"), "page", member).Class);

    [Fact]
    public void Items_of_a_lane_do_not_lie_over_each_other_and_end_with_the_ruler()
    {
        foreach (string fixture in FixtureFile.All.Where(f => f.StartsWith("page-era", StringComparison.Ordinal) && f.EndsWith(".gcc-dwarf5.elf", StringComparison.Ordinal)))
        {
            StructMap map = MapOf(fixture);
            Assert.All(map.Structs.SelectMany(s => s.Pages).SelectMany(p => p.Lanes), lane =>
            {
                Assert.All(lane.Zip(lane.Skip(1)), pair => Assert.True(pair.First.BitOffset + pair.First.BitSize <= pair.Second.BitOffset, $"{fixture}: {pair}"));
                Assert.InRange(lane[^1].BitOffset + lane[^1].BitSize, 1UL, map.Stride * 8);
            });
        }
    }

    [Theory]
    [InlineData(Late, "folio", "pgmap", "must start at byte 8")]
    [InlineData("bad-folio-head1/bad-folio-head1.gcc-dwarf5.elf", "folio", "_head_1", "must start at byte 72")]
    [InlineData("bad-pgmap-narrow/bad-pgmap-narrow.gcc-dwarf5.elf", "folio", "pgmap", "must be 8 bytes wide")]
    public void Members_of_violated_checks_are_told_what_to_do(string fixture, string type, string member, string words)
        => Assert.Equal(words, Item(MapOf(fixture), type, member).Demand);

    [Fact]
    public void The_member_that_others_must_stay_off_is_not_marked() => Assert.Null(Item(MapOf(Late), "page", "compound_head").Demand);

    [Fact]
    public void Without_a_compound_word_there_is_no_tag_word()
    {
        TypeDefinition page = Definition("struct page 64\n flags 0/8 unsigned long\n pgmap 8/8 void *\n", "page");
        StructMapBuilder builder = StructMapBuilder.OverPage(page, 8);
        builder.Add(page, TypeLayout.Of(page));
        StructMap map = builder.Build();
        Assert.Null(map.TagWord);
        Assert.NotEqual(MapClass.Tag, Item(map, "page", "pgmap").Class);
    }

    [Fact]
    public void A_compound_word_beyond_the_struct_is_none()
    {
        TypeDefinition page = Definition("struct page 64\n flags 0/8 unsigned long\n compound_head 64/8 unsigned long\n", "page");
        Assert.Null(StructMapBuilder.OverPage(page, 8).Build().TagWord);
    }

    [Fact]
    public void Definitions_that_differ_are_told()
    {
        StructMap map = MapOf("disagree/disagree.gcc-dwarf5.elf");
        Assert.Contains(map.Notes, n => n.Contains("different ways: the map shows the first", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folio_of_its_own_is_not_laid_over_struct_page()
    {
        TypeDefinition page = Definition("struct page 64\n flags 0/8 unsigned long\n", "page");
        Assert.False(StructMapBuilder.SharesBytes(Definition("struct folio 64\n flags 0/8 unsigned long\n", "folio"), page));
        Assert.True(StructMapBuilder.SharesBytes(Definition("struct slab 64\n flags 0/8 unsigned long\n", "slab"), page));
        Assert.False(StructMapBuilder.SharesBytes(Definition("struct slab 72\n flags 0/8 unsigned long\n", "slab"), page));
    }

    [Fact]
    public void A_picture_has_limits_and_says_so()
    {
        string members = string.Concat(Enumerable.Range(0, 40).Select(i => $" m{i} 0/8 unsigned long\n"));
        TypeDefinition wide = Definition($"union many 8\n{members}", "many");
        TypeDefinition tall = Definition("struct tall 1000000000000\n first 0/8 unsigned long\n last 999999999992/8 unsigned long\n", "tall");
        StructMapBuilder builder = StructMapBuilder.Over([wide, tall]);
        builder.Add(wide, TypeLayout.Of(wide));
        builder.Add(tall, TypeLayout.Of(tall));
        StructMap map = builder.Build();
        Assert.Equal(16, map.Structs[0].Pages[0].Lanes.Length);
        Assert.Equal(64, map.Structs[1].Pages.Length);
        Assert.Equal(["many: 24 lanes of members that lie over others are left out", "tall: the map ends at byte 4096 of 1000000000000"], map.Notes);
    }

    [Fact]
    public void What_is_behind_the_end_of_a_struct_is_no_part_of_it()
    {
        TypeDefinition page = Definition("struct page 64\n flags 0/8 unsigned long\n compound_head 8/8 unsigned long\n", "page");
        TypeDefinition small = Definition("struct small 24\n first 0/8 unsigned long\n third 16/8 unsigned long\n", "small");
        StructMapBuilder builder = StructMapBuilder.OverPage(page, 8);
        builder.Add(small, TypeLayout.Of(small));
        Assert.Equal([("first", 0UL, 64UL), ("hole", 64, 64), ("third", 128, 64), ("not part of it", 192, 320)],
            builder.Build().Structs[0].Pages[0].Lanes[0].Select(i => (i.Path, i.BitOffset, i.BitSize)));
    }

    [Fact]
    public void Bit_fields_of_one_word_are_one_box()
    {
        TypeDefinition bits = Definition("struct bits 8\n a 0b3 unsigned int\n b 3b5 unsigned int\n c 32b1 unsigned int\n", "bits");
        StructMapBuilder builder = StructMapBuilder.Over([bits]);
        builder.Add(bits, TypeLayout.Of(bits));
        MapItem first = builder.Build().Structs[0].Pages[0].Lanes[0][0];
        Assert.Equal(("a:3, b:5", 0UL, 8UL), (first.Path, first.BitOffset, first.BitSize));
    }

    [Theory]
    [InlineData("page", "folio", "slab")]
    [InlineData("folio", "slab", null)]
    public void Overlap_of_several_types_has_the_ruler_of_struct_page(string first, string second, string? third)
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        string[] names = third is null ? [first, second] : [first, second, third];
        StructMapReport report = OverlapAnalysis.Run(image, [.. names.Select(TypeQuery.Parse)], expand: false, withImage: false);
        Assert.Equal("compound_info", report.Map.TagWord?.Member);
        bool hasSlab = image.Types.FindFirst(TypeName.Parse("slab")) is not null;
        Assert.Equal(hasSlab ? ExitCode.Holds : ExitCode.Undecided, report.ExitCode);
        Assert.Equal(names.Where(n => n != "slab" || hasSlab), report.Map.Structs.Select(s => s.Name));
    }

    private static StructMap MapOf(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        return CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1, withMap: true).Map!;
    }

    private static MapItem Item(StructMap map, string type, string path)
        => map.Structs.Single(s => s.Name == type).Pages.SelectMany(p => p.Lanes).SelectMany(l => l).First(i => i.Path == path);

    internal static TypeDefinition Definition(string text, string name) => LayoutText.Parse(text).Values.SelectMany(s => s.Distinct).First(d => d.Aggregate.Name == name);
}
