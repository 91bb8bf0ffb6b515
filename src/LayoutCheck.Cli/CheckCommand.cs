using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Core;
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
        Option<bool> verbose = new("--verbose", "-v") { Description = "List every rule, every definition, and all that is known of the image." };
        Option<bool> quiet = new("--quiet", "-q") { Description = "Write the verdict's first line and what is violated, and no more; the exit code is the same." };
        Option<int> threads = OptionWords.Threads();
        RuleOptions rules = new();
        ImageOptionGroup how = new();
        OutputOptions output = new("check");
        command.Arguments.Add(file);
        command.Options.Add(running);
        command.Options.Add(sample);
        command.Options.Add(verbose);
        command.Options.Add(quiet);
        command.Options.Add(threads);
        rules.AddTo(command);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            CheckInput input = new(parsed.GetValue(file), parsed.GetValue(running), parsed.GetValue(sample));
            input.RequireOne();
            if (parsed.GetValue(verbose) && parsed.GetValue(quiet))
            {
                throw new UsageException("check takes --verbose or --quiet, not both");
            }

            Verbosity verbosity = parsed.GetValue(verbose) ? Verbosity.Full : parsed.GetValue(quiet) ? Verbosity.Quiet : Verbosity.Normal;
            return Run(input, how.Of(parsed), rules.Chosen(parsed), parsed.GetValue(threads), rules.IsStrict(parsed), output.Form(parsed, verbosity));
        });
    }

    private static int Run(CheckInput input, ImageOptions how, RuleSet rules, int threads, bool isStrict, OutputForm form)
    {
        using KernelImage image = input.Open(how);
        CheckReport report = Progress.While(image.Types, () => CheckAnalysis.Run(image, rules, threads, isStrict));
        return OutputOptions.Write(report, form);
    }
}
