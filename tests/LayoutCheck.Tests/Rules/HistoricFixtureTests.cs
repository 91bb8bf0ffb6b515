using LayoutCheck.Analyses;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Rules;

/// <summary>The layout bugs that kernels really had, compiled: the catalogue finds each, in the words that tell what happens.</summary>
public sealed class HistoricFixtureTests
{
    [Theory]
    [InlineData("bad-padded-word/bad-padded-word.mips-dwarf5.elf", "compound-word-is-second-word", "padding between flags and the union", ExitCode.Violated)]
    [InlineData("bad-slab-over-mapping/bad-slab-over-mapping.gcc-dwarf5.elf", "slab-words-over-mapping", "a function's address lies on page.mapping", ExitCode.Violated)]
    [InlineData("bad-page-80-bytes/bad-page-80-bytes.gcc-dwarf5.elf", "struct-page-power-of-two", "(no HVO)", ExitCode.Holds)]
    public void Finds(string fixture, string rule, string words, ExitCode verdict)
    {
        using KernelImage image = FixtureFile.Open(fixture);
        CheckReport report = CheckAnalysis.Run(image, RuleCatalog.Default.Select(), 1);
        RuleResult found = Assert.Single(report.Results, r => r.Rule.Id == rule);
        Outcome outcome = verdict == ExitCode.Holds ? Outcome.Warning : Outcome.Violated;
        Assert.Equal(outcome, found.Outcome);
        Assert.Contains(found.Checks, c => c.Outcome == outcome && c.Check.Message!.Contains(words, StringComparison.Ordinal));
        Assert.Equal(verdict, report.ExitCode);
    }
}
