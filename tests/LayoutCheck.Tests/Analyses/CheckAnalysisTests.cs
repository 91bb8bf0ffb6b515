using System.Collections.Immutable;
using LayoutCheck.Analyses;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Analyses;

/// <summary>The additions to results are the same for many types as for few, and take no longer than the results.</summary>
public sealed class CheckAnalysisTests
{
    // Each search is a pass over all units: a rule file may name thousands of types that the image has not.
    [Fact]
    public void Where_missing_types_are_local_to_is_told_of_the_first_of_them()
    {
        const int Count = 20;
        DwarfBuilder dwarf = new();
        DwarfUnit unit = dwarf.Unit(root: [At.Language(DwLang.DW_LANG_C11), At.Name("a.c")]);
        unit.Int();
        unit.Begin(DwTag.DW_TAG_subprogram, At.Name("f"));
        for (int i = 0; i < Count; i++)
        {
            unit.Begin(DwTag.DW_TAG_structure_type, At.Name($"local{i}"), At.Size(4));
            unit.Leaf(DwTag.DW_TAG_member, At.Name("m"), At.Type("int"), At.Data1(DwAt.DW_AT_data_member_location, 0));
            unit.End();
        }

        unit.End();
        using KernelImage image = dwarf.Open();
        string checks = string.Concat(Enumerable.Range(0, Count).Select(i => $"check: offsetof(struct local{i}, m) == 0\n"));

        ImmutableArray<CheckResult> results = CheckAnalysis.Run(image, new RuleSet([RuleParser.Parse("local.md", $"---\ntitle: t\n{checks}---\n")]), 1).Results[0].Checks;

        Assert.All(results, r => Assert.Equal(Outcome.Undecided, r.Outcome));
        Assert.All(results.Take(16), r => Assert.EndsWith("it is local to function f in a.c", r.Reason, StringComparison.Ordinal));
        Assert.All(results.Skip(16), r => Assert.DoesNotContain("local to", r.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Source_places_of_violations_of_many_types_are_those_of_each()
    {
        using KernelImage image = FixtureFile.Open("page-era6/page-era6.gcc-dwarf5.elf");
        string[] checks =
        [
            .. image.Types.FindAll(image.Types.DefinedNames(), 1).Sets.Where(s => s.Distinct is [{ Aggregate.Members: [{ Name: not null, IsBitField: false }, ..] }])
                .Select(s => $"check: offsetof({s.Name}, {s.Distinct[0].Aggregate.Members[0].Name}) == 12345\n"),
        ];
        Assert.True(checks.Length > 8, $"{checks.Length} types");

        ImmutableDictionary<string, SourcePlace> together = Places(image, string.Concat(checks));

        Assert.Equal(checks.Length, together.Count);
        Assert.Equal(checks.SelectMany(check => Places(image, check)).ToDictionary(), together);
    }

    private static ImmutableDictionary<string, SourcePlace> Places(KernelImage image, string checks)
        => CheckAnalysis.Run(image, new RuleSet([RuleParser.Parse("places.md", $"---\ntitle: t\n{checks}---\n")]), 1).Places;
}
