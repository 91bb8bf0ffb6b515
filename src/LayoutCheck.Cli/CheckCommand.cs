using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Lookup;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Cli;

/// <summary><c>layoutcheck check</c>.</summary>
internal static class CheckCommand
{
    /// <summary>Adds what can be typed.</summary>
    public static void Fill(Command command)
    {
        Argument<string?> file = new("FILE")
        {
            Description = "A vmlinux, vmlinuz or module with DWARF or BTF, packed or not, or raw BTF",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> running = new("--running") { Description = $"Check the running kernel by its BTF, {RunningKernel.BtfPath}, in place of a FILE." };
        Option<bool> sample = new("--sample") { Description = "Check the small image that layoutcheck brings along, in place of a FILE: a first look at a report." };
        Option<int> threads = OptionWords.Threads();
        RuleOptions rules = new();
        ImageOptionGroup how = new();
        OutputOptions output = new("check");
        command.Arguments.Add(file);
        command.Options.Add(running);
        command.Options.Add(sample);
        command.Options.Add(threads);
        rules.AddTo(command);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            CheckInput input = new(parsed.GetValue(file), parsed.GetValue(running), parsed.GetValue(sample));
            input.RequireOne();
            return Run(input, how.Of(parsed), rules.Chosen(parsed), parsed.GetValue(threads), rules.IsStrict(parsed), output.Format(parsed));
        });
    }

    private static int Run(CheckInput input, ImageOptions how, RuleSet rules, int threads, bool isStrict, IReportFormat format)
    {
        using KernelImage image = input.Open(how);
        CheckReport report = Progress.While(image.Types, () => CheckAnalysis.Run(image, rules, threads, isStrict));
        return OutputOptions.Write(report, format);
    }
}
