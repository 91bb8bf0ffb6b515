using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Analyses;

/// <summary>Answers do not depend on the fast paths, each of which can be left out.</summary>
public sealed class FastPathsTests
{
    private static readonly FastPaths[] s_paths = [.. Enum.GetValues<FastPaths>().Where(p => p != FastPaths.None)];

    public static TheoryData<string> Fixtures() =>
    [
        "page-era5/page-era5.gcc-dwarf5.elf", "page-era5-units/page-era5-units.gcc-dwz.elf", "page-era5-units/page-era5-units.gcc-types5.elf", "disagree/disagree.gcc-dwarf5.elf",
        "page-era5-common/page-era5-common.gnu.elf", "page-era6/page-era6.clang-dwarf5.elf",
    ];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void No_answer_depends_on_them(string fixture)
    {
        string expected = Answers(fixture, FastPaths.None);
        foreach (FastPaths disabled in s_paths.Append(s_paths.Aggregate((a, b) => a | b)))
        {
            Assert.Equal(expected, Answers(fixture, disabled));
        }
    }

    [Fact]
    public void Each_has_a_word_for_the_environment()
    {
        ProgramResult result = ProgramRun.Shell($"LAYOUTCHECK_DISABLE=bogus {ProgramRun.ShellCommand} check {FixtureFile.PathOf("page-era5/page-era5.gcc-dwarf5.elf")}");
        Assert.Equal(2, result.ExitCode);
        string[] words = [.. s_paths.Select(p => string.Concat(p.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{c}" : $"{c}")).ToLowerInvariant())];
        Assert.Equal($"layoutcheck: LAYOUTCHECK_DISABLE: there is no fast path 'bogus'; there are {string.Join(", ", words)}\n", result.Err);
    }

    private static string Answers(string fixture, FastPaths disabled)
    {
        using KernelImage image = KernelImage.Open(FixtureFile.PathOf(fixture), new ImageOptions(Disable: disabled));
        CheckReport check = CheckAnalysis.Run(image, RuleCatalog.Default, 2);
        ShowReport show = ShowAnalysis.Run(image, [TypeQuery.Parse("page"), TypeQuery.Parse("folio"), TypeQuery.Parse("list_head")], new ShowOptions(All: true), 2, withImage: true);
        using WorkerPool pool = new(2);
        return Written.Json(check) + Written.Json(show) + CensusText.Of(image.Types.TakeCensus(pool));
    }
}
