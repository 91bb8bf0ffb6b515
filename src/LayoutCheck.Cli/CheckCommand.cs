using System.CommandLine;
using LayoutCheck.Analyses;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Lookup;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

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
        AcceptOptions accept = new();
        RuleOptions rules = new();
        ImageOptionGroup how = new(takesBoth: true);
        Option<string?> against = new("--against")
        {
            HelpName = "VMLINUX",
            Description = "Compare every struct and union of FILE, a module, with those of this kernel: a module that was built for another one is found.",
        };
        Option<int> limit = OptionWords.LimitOfDifferent("--against, --source both");
        OutputOptions output = new("check");
        command.Arguments.Add(file);
        command.Options.Add(running);
        command.Options.Add(sample);
        command.Options.Add(verbose);
        command.Options.Add(quiet);
        command.Options.Add(threads);
        command.Options.Add(against);
        command.Options.Add(limit);
        accept.AddTo(command);
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
            Question question = new(rules.Chosen(parsed), rules.IsStrict(parsed), parsed.GetValue(threads), how.IsBoth(parsed), parsed.GetValue(against), parsed.GetValue(limit));
            if (question.IsBoth && question.Against is not null)
            {
                throw new UsageException("check takes --against or --source both, not both of them");
            }

            Accepting accepting = accept.Of(parsed);
            if (!question.Compares && (!accepting.Entries.IsEmpty || accepting.File is not null))
            {
                throw new UsageException("check takes --accept and --write-accept with --against or --source both");
            }

            OutputForm form = output.Form(parsed, verbosity);
            CheckReport report = Ask(input, how.Of(parsed) with { HashesContent = form.ShowsImage }, question);
            if (report.Agreement is not { } agreement)
            {
                return OutputOptions.Write(report, form);
            }

            agreement = accepting.Apply(agreement);
            Comparison types = agreement.Types;
            report = report with { Agreement = agreement, Notices = [.. report.Notices, .. types.Stale.Select(e => e.Notice)] };
            _ = accepting.Write("check", types.Accepted.Select(a => a.Entry), types.ToAccept(accepting.Reason));
            return OutputOptions.Write(report, form);
        });
    }

    private static CheckReport Ask(CheckInput input, ImageOptions how, Question question)
    {
        // A stripped module has its types as BTF that goes on from its kernel's, and that may be the one that is named.
        using KernelImage image = input.Open(how with { LikelyBasePath = question.Against });
        using KernelImage? other = question.IsBoth ? input.Open(how with { Source = SourceChoice.Btf })
            : question.Against is { } kernel ? OpenKernel(kernel, how with { BasePath = null, DebugDirectory = null }, image.Types.Kind)
            : null;
        return Progress.While(image.Types, () =>
        {
            CheckReport report = CheckAnalysis.Run(image, question.Rules, question.Threads, question.IsStrict);
            return other is null ? report
                : question.IsBoth ? AgreementAnalysis.OfSources(report, image, other, question.Threads, question.Limit)
                : AgreementAnalysis.OfModule(report, image, other, question.Threads, question.Limit);
        });
    }

    // A module's BTF goes on from its kernel's, so that like is compared with like; a kernel with DWARF alone answers too.
    private static KernelImage OpenKernel(string path, ImageOptions how, SourceKind moduleSource)
    {
        KernelImage kernel = KernelImage.Open(path, how);
        if (how.Source != SourceChoice.Auto || moduleSource != SourceKind.Btf || kernel.Types.Kind == SourceKind.Btf || !kernel.HasOtherSource)
        {
            return kernel;
        }

        kernel.Dispose();
        return KernelImage.Open(path, how with { Source = SourceChoice.Btf });
    }

    private sealed record Question(RuleSet Rules, bool IsStrict, int Threads, bool IsBoth, string? Against, int Limit)
    {
        public bool Compares => IsBoth || Against is not null;
    }
}
