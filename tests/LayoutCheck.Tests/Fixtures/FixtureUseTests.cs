using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Fixtures;

/// <summary>No fixture lies in the folder without a test that reads it.</summary>
public sealed class FixtureUseTests
{
    // Those without truth rows, and where they are tested.
    private static readonly Dictionary<string, string> TestedByName = new(StringComparer.Ordinal)
    {
        ["page-era5-units/page-era5-units.only-keep-debug.elf"] = nameof(Split_off_debug_information_reads_as_it_did_before),
        ["page-era5-split/page-era5-split.debug"] = "Images/SeparateDebugFileTests",
        ["page-era5-split/page-era5-split.linked.elf"] = "Images/SeparateDebugFileTests",
        ["page-era5-split/page-era5-split.unlinked.elf"] = "Images/SeparateDebugFileTests",
        ["page-era5-module/page-era5-module.split-btf.ko"] = "Images/SplitBtfTests",
        ["page-era5-common/page-era5-common.gnu.dwz"] = nameof(A_common_file_alone_defines_nothing),
        ["page-era5-common/page-era5-common.sup.dwz"] = nameof(A_common_file_alone_defines_nothing),
        ["decl-only/decl-only.gcc-dwarf5.elf"] = nameof(A_struct_that_is_only_declared_is_not_defined),
        ["decl-only/decl-only.gcc-dwarf5-btf.elf"] = nameof(A_struct_that_is_only_declared_is_not_defined),
        ["no-page/no-page.gcc-dwarf5.elf"] = nameof(Other_things_named_page_do_not_answer_for_the_struct),
        ["no-page/no-page.gcc-dwarf5-btf.elf"] = nameof(Other_things_named_page_do_not_answer_for_the_struct),
    };

    // Whole folders that have a test class of their own.
    private static readonly Dictionary<string, string> TestedByFolder = new(StringComparer.Ordinal)
    {
        ["page-era5-packed/"] = "Images/PackedImageTests",
        ["page-era5-dwo/"] = "Dwarf/Split/SplitDwarfTests",
        ["page-era5-dwp/"] = "Dwarf/Split/SplitDwarfTests",
        ["bpf/"] = "Bpf/BpfFixtureTests",
        ["audit/"] = "Analyses/AuditAnalysisTests",
        ["reach/"] = "Compare/ReachTests",
        ["bindings/"] = "Analyses/TwinAnalysisTests",
        ["kabi/"] = "Compare/KabiFixtureTests",
        ["pinned/"] = "Rules/Import/PinnedFixtureTests",
        ["inlines/"] = "Analyses/CodeAnalysisTests",
    };

    [Fact]
    public void Every_fixture_is_used_by_a_test()
    {
        Assert.True(FixtureFile.All.Count > 80, $"{FixtureFile.All.Count} fixtures below {FixtureFile.Folder}");
        string[] unused =
        [
            .. FixtureFile.All.Where(name => !FixtureTruthTests.IsForDwarf(name) && !FixtureTruthTests.IsForBtf(name)
                && !TestedByName.ContainsKey(name) && !TestedByFolder.Keys.Any(folder => name.StartsWith(folder, StringComparison.Ordinal)) && RefusedFixtureTests.Refusals.All(r => r.File != name)),
        ];
        Assert.True(unused.Length == 0, $"no test reads {string.Join(", ", unused)}: give it truth rows, or name it in RefusedFixtureTests or here");
    }

    [Fact]
    public void No_exception_outlives_its_file()
    {
        IEnumerable<string> listed = [.. TestedByName.Keys, .. RefusedFixtureTests.Refusals.Select(r => r.File)];
        Assert.Empty(listed.Except(FixtureFile.All));
        Assert.All(TestedByFolder, tested =>
        {
            Assert.Contains(FixtureFile.All, name => name.StartsWith(tested.Key, StringComparison.Ordinal));
            Assert.Contains(tested.Key.TrimEnd('/'), File.ReadAllText(Path.Combine(FixtureFile.Repository, "tests", "LayoutCheck.Tests", tested.Value + ".cs")), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Split_off_debug_information_reads_as_it_did_before()
    {
        foreach (string type in new[] { "struct page", "struct folio", "struct dev_pagemap" })
        {
            TypeDefinition split = FixtureFile.Definition("page-era5-units/page-era5-units.only-keep-debug.elf", type);
            TypeDefinition whole = FixtureFile.Definition("page-era5/page-era5.gcc-dwarf5.elf", type);
            Assert.Null(DefinitionEquality.FirstDifference(split.Graph, split.Root, whole.Graph, whole.Root));
        }
    }

    [Theory]
    [InlineData("page-era5-common/page-era5-common.gnu.dwz")]
    [InlineData("page-era5-common/page-era5-common.sup.dwz")]
    public void A_common_file_alone_defines_nothing(string fixture)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        Assert.Null(image.Types.FindFirst(TypeName.Parse("struct page")));
        Assert.Empty(image.Types.FindAll([TypeName.Parse("struct page")], 2).Sets[0].Distinct);
    }

    [Theory]
    [InlineData("decl-only/decl-only.gcc-dwarf5.elf", SourceChoice.Dwarf)]
    [InlineData("decl-only/decl-only.gcc-dwarf5-btf.elf", SourceChoice.Dwarf)]
    [InlineData("decl-only/decl-only.gcc-dwarf5-btf.elf", SourceChoice.Btf)]
    public void A_struct_that_is_only_declared_is_not_defined(string fixture, SourceChoice choice)
    {
        using KernelImage image = FixtureFile.Open(fixture, choice);
        Assert.Null(image.Types.FindFirst(TypeName.Parse("struct page")));
        DefinitionSet set = image.Types.FindAll([TypeName.Parse("struct page")], 2).Sets[0];
        Assert.Equal((0, 1), (set.DefinitionCount, set.DeclarationCount));
        Assert.Equal([TypeName.Parse("struct holder")], image.Types.DefinedNames());
    }

    [Theory]
    [InlineData("no-page/no-page.gcc-dwarf5.elf", SourceChoice.Dwarf)]
    [InlineData("no-page/no-page.gcc-dwarf5-btf.elf", SourceChoice.Dwarf)]
    [InlineData("no-page/no-page.gcc-dwarf5-btf.elf", SourceChoice.Btf)]
    public void Other_things_named_page_do_not_answer_for_the_struct(string fixture, SourceChoice choice)
    {
        using KernelImage image = FixtureFile.Open(fixture, choice);
        Assert.Null(image.Types.FindFirst(TypeName.Parse("struct page")));
        DefinitionSet set = image.Types.FindAll([TypeName.Parse("struct page")], 2).Sets[0];
        Assert.Equal((0, 0), (set.DefinitionCount, set.DeclarationCount));
        // The bare name may be answered by the typedef.
        Assert.Equal("ledger", image.Types.FindFirst(TypeName.Parse("page"))?.Aggregate.Name);
        Assert.Equal(["struct ledger", "struct list_head", "union folio_like"], image.Types.DefinedNames().OrderBy(n => n.Kind).ThenBy(n => n.Name, StringComparer.Ordinal).Select(n => n.ToString()));
    }
}
