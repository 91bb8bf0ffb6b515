using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck check</c>.</summary>
internal static class CheckCommand
{
    public static int Run(CheckInput input, ImageOptions how, bool isJson, int threads, RuleSet rules, bool isStrict)
    {
        RunMemory.Expect(RunMemory.OfAllUnits);
        using KernelImage image = input.Open(how);
        CheckReport report = Progress.While(image.Types, () => LayoutChecker.Check(image, rules, threads)) with { IsStrict = isStrict };
        if (isJson)
        {
            Output.WriteJson(stream => JsonReport.Write(report, new RunFacts(Output.Version, image.Path), stream));
        }
        else
        {
            Output.WriteText(writer => CheckText.Write(report, Output.Ink, writer));
        }

        return (int)report.Verdict;
    }
}
