using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>A struct with reserved fields (tests/fixtures/kabi) as published against each step that a vendor takes with it, by two compilers, from DWARF and BTF.</summary>
public sealed class KabiFixtureTests
{
    private static readonly (string Encoding, SourceChoice Source)[] s_sources =
        [("gcc-dwarf5-btf", SourceChoice.Dwarf), ("gcc-dwarf5-btf", SourceChoice.Btf), ("clang-dwarf4", SourceChoice.Dwarf)];

    [Theory]
    [InlineData("published", ChangeClass.None)]
    [InlineData("used", ChangeClass.Compatible, "Filled users in kabi_reserved1", "Filled limit in kabi_reserved1")]
    [InlineData("hidden", ChangeClass.Compatible, "Filled place in android_kabi_reserved1")]
    [InlineData("numbers", ChangeClass.Compatible, "Filled place in android_kabi_reserved1")]
    [InlineData("taken", ChangeClass.Compatible, "Filled home in android_kabi_reserved1")]
    [InlineData("padding", ChangeClass.Compatible, "Filled depth in padding")]
    [InlineData("retyped", ChangeClass.Type, "Retyped budget")]
    [InlineData("dropped", ChangeClass.Layout, "Moved android_kabi_reserved1", "Removed kabi_reserved1", "Moved cookie", "Moved state")]
    [InlineData("outgrown", ChangeClass.Layout, "Added users", "Added limit", "Added more", "Moved android_kabi_reserved1", "Moved cookie", "Moved state")]
    [InlineData("nested", ChangeClass.Layout, "Resized guard", "Moved budget", "Moved kabi_reserved1", "Moved android_kabi_reserved1", "Moved cookie", "Moved state")]
    [InlineData("renamed", ChangeClass.Compatible, "Filled handler in cookie")]
    public void A_step_is_named_and_weighed(string step, ChangeClass weight, params string[] changes)
    {
        foreach ((string encoding, SourceChoice source) in s_sources)
        {
            DiffReport report = Diff("published", step, encoding, source, "struct channel");
            TypeVerdict? channel = report.Types.Different.SingleOrDefault(t => t.Name.Name == "channel");
            Assert.Equal((weight, weight), (channel?.Least ?? ChangeClass.None, channel?.Most ?? ChangeClass.None));
            Assert.Equal(changes.Order(), Told(channel).Order());
            Assert.Equal(weight == ChangeClass.Layout ? ExitCode.Violated : ExitCode.Holds, report.ExitCode);
        }
    }

    [Fact]
    public void A_number_of_a_unique_name_is_no_difference()
        => Assert.All(s_sources, s => Assert.Empty(Diff("hidden", "numbers", s.Encoding, s.Source).Types.Different));

    [Fact]
    public void What_changed_inside_is_told_at_its_cause()
    {
        foreach ((string encoding, SourceChoice source) in s_sources)
        {
            DiffReport report = Diff("published", "nested", encoding, source);
            Assert.Equal(["channel", "guard", "line"], report.Types.Different.Select(t => t.Name.Name));
            Assert.Equal([true, false, true], report.Types.Different.Select(t => t.IsFollowUp));
            Assert.All(report.Types.Different.Where(t => t.IsFollowUp), t => Assert.Equal(["struct guard"], t.Causes.Select(c => c.ToString())));
        }
    }

    [Fact]
    public void A_step_back_is_no_compatible_one()
    {
        // Who was built with the use of the field finds it gone.
        TypeVerdict channel = Assert.Single(Diff("used", "published", "gcc-dwarf5-btf", SourceChoice.Dwarf, "struct channel").Types.Different);
        Assert.Equal(ChangeClass.Layout, channel.Most);
        Assert.Equal(["Removed limit", "Removed users"], Told(channel).Order());
    }

    private static IEnumerable<string> Told(TypeVerdict? verdict) => verdict is null ? []
        : Assert.Single(verdict.Pairs).Changes.Changes.Select(c => $"{c.Word} {c.Path}{(c.Took is null ? "" : $" in {c.Took}")}");

    private static DiffReport Diff(string old, string now, string encoding, SourceChoice source, params string[] names)
    {
        using KernelImage left = KernelImage.Open(FixtureFile.PathOf($"kabi/kabi.{old}.{encoding}.elf"), source);
        using KernelImage right = KernelImage.Open(FixtureFile.PathOf($"kabi/kabi.{now}.{encoding}.elf"), source);
        return DiffAnalysis.Run(left, right, [.. names.Select(TypeName.Parse)], new DiffOptions(), 1);
    }
}
