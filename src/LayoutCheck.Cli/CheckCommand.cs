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
        Argument<string[]> files = new("FILE")
        {
            Description = "Images, each a vmlinux, vmlinuz or module with DWARF or BTF, packed or not; a package or folder with one; - (standard input); a release; a build id; several have one table",
            Arity = ArgumentArity.ZeroOrMore,
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
            Description = "Compare every struct and union of FILE, a module, with those of this kernel: a module that was built for another one is found. Of a BPF object, resolve its accesses (CO-RE relocations) on this kernel, as libbpf does.",
        };
        Option<string?> vmcoreinfo = new("--vmcoreinfo")
        {
            HelpName = "FILE",
            Description = "Compare with the VMCOREINFO of a crash dump too: its text, or an ELF vmcore. Is this the vmlinux of that dump, and do the places agree?",
        };
        Option<bool> code = new("--code") { Description = "Ask the image's instructions too: those that inline compound_head() and its relatives have the offsets in them (x86-64 and arm64, with DWARF)." };
        Option<int> limit = OptionWords.LimitOfDifferent("--against, --source both");
        BatchOptions batch = new();
        OutputOptions output = new("check");
        command.Arguments.Add(files);
        command.Options.Add(running);
        command.Options.Add(sample);
        command.Options.Add(verbose);
        command.Options.Add(quiet);
        command.Options.Add(threads);
        command.Options.Add(against);
        command.Options.Add(vmcoreinfo);
        command.Options.Add(code);
        command.Options.Add(limit);
        batch.AddTo(command);
        accept.AddTo(command);
        rules.AddTo(command);
        how.AddTo(command);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            BatchChoice choice = batch.Of(parsed, parsed.GetValue(files) ?? [], parsed.GetValue(threads));
            CheckInput input = new(choice.IsMany ? null : choice.Paths.FirstOrDefault(), parsed.GetValue(running), parsed.GetValue(sample));
            if (!choice.IsMany)
            {
                input.RequireOne();
            }

            if (parsed.GetValue(verbose) && parsed.GetValue(quiet))
            {
                throw new UsageException("check takes --verbose or --quiet, not both");
            }

            Verbosity verbosity = parsed.GetValue(verbose) ? Verbosity.Full : parsed.GetValue(quiet) ? Verbosity.Quiet : Verbosity.Normal;
            OutputForm form = output.Form(parsed, verbosity).WithFacts(choice.WithFacts);
            Question question = new(rules.Chosen(parsed), rules.IsStrict(parsed), parsed.GetValue(threads), how.IsBoth(parsed), parsed.GetValue(against), parsed.GetValue(limit),
                form.Needs.HasFlag(ReportNeeds.Map), parsed.GetValue(vmcoreinfo), parsed.GetValue(code));
            if (question.IsBoth && question.Against is not null)
            {
                throw new UsageException("check takes --against or --source both, not both of them");
            }

            Accepting accepting = accept.Of(parsed);
            if (!question.Compares && (!accepting.Entries.IsEmpty || accepting.File is not null))
            {
                throw new UsageException("check takes --accept and --write-accept with --against or --source both");
            }

            if (!choice.IsMany)
            {
                int code = CheckOne(input, how.Of(parsed) with { ReadsBpfByBtf = question.Against is not null }, question, accepting, form);
                return choice.ExitsZero ? (int)ExitCode.Holds : code;
            }

            RequireOfMany(choice, question, input);
            return new CheckMany(choice, question.Rules, question.IsStrict, how.Of(parsed), form).Run();
        });
    }

    // Options that are about one image would be about none of several in particular.
    private static void RequireOfMany(BatchChoice choice, Question question, CheckInput input)
    {
        string? ofOne = input.IsRunning ? "--running" : input.IsSample ? "--sample" : question.IsBoth ? "--source both" : question.Against is not null ? "--against" : question.VmCoreInfo is not null ? "--vmcoreinfo" : question.WithCode ? "--code" : null;
        if (ofOne is not null)
        {
            throw new UsageException($"{ofOne} is for one image: name no other, and give no --files-from, --output-dir or --shard");
        }

        if (choice.NamedCount == 0)
        {
            throw new UsageException(choice.List is { } list ? $"the list {list} names no file" : "check needs to know what to check: name FILEs, or a list of them with --files-from");
        }
    }


    private static int CheckOne(CheckInput input, ImageOptions how, Question question, Accepting accepting, OutputForm form)
    {
        ImageReport answer;
        try
        {
            answer = Ask(input, how with { HashesContent = form.ShowsImage }, question, form);
        }
        catch (InvalidImageException e) when (form.Destinations.Any(d => d.Format.TellsUnreadable))
        {
            // Programs that count their inputs miss none. The line for people is on standard error as ever.
            string file = input.Name;
            UnreadableReport unreadable = UnreadableReport.Of(file, e) with { ContentHash = form.Needs.HasFlag(ReportNeeds.Columns) ? RecordKey.HashOfFile(file) : null };
            OutputOptions.WriteAnswer(unreadable, form with { Destinations = [.. form.Destinations.Where(d => d.Format.TellsUnreadable)] });
            StandardError.WriteLine($"layoutcheck: {Printable.Escape(e.Message)}");
            return (int)ExitCode.Unreadable;
        }

        if (answer is BpfReport && (!accepting.Entries.IsEmpty || accepting.File is not null))
        {
            throw new UsageException("--accept and --write-accept are about types that differ, and a BPF object has accesses");
        }

        if (answer is not CheckReport { Agreement: { } agreement } report)
        {
            return OutputOptions.Write(answer, form);
        }

        agreement = accepting.Apply(agreement);
        Comparison types = agreement.Types;
        report = report with { Agreement = agreement, Notices = [.. report.Notices, .. types.Stale.Select(e => e.Notice)] };
        _ = accepting.Write("check", types.Accepted.Select(a => a.Entry), types.ToAccept(accepting.Reason));
        return OutputOptions.Write(report, form);
    }

    private static ImageReport Ask(CheckInput input, ImageOptions how, Question question, OutputForm form)
    {
        // A stripped module has its types as BTF that goes on from its kernel's, and that may be the one that is named.
        using KernelImage image = input.Open(how with { LikelyBasePath = question.Against, TakesExported = !question.Compares });
        if (image.IsBpfObject && question.Against is { } target)
        {
            return AskOfBpf(image, target, how, question.Threads, form);
        }

        ExportedNote? dump = question.VmCoreInfo is { } path ? image.ReadNote(path) : null;
        using KernelImage? other = question.IsBoth ? image.OpenAs(SourceChoice.Btf)
            : question.Against is { } kernel ? OpenKernel(kernel, how with { BasePath = null, DebugDirectory = null }, image.Types.Kind)
            : null;
        return Progress.While(image.Types, () =>
        {
            CheckReport report = CheckAnalysis.Run(image, question.Rules, question.Threads, question.IsStrict, question.WithMap, form.Needs.HasFlag(ReportNeeds.Columns), dump);
            report = question.WithCode ? CodeAnalysis.AddTo(report, image, question.Threads) : report;
            return other is null ? report
                : question.IsBoth ? AgreementAnalysis.OfSources(report, image, other, question.Threads, question.Limit)
                : AgreementAnalysis.OfModule(report, image, other, question.Threads, question.Limit);
        });
    }

    // A program is loaded by the kernel's BTF, whatever else the kernel has.
    private static BpfReport AskOfBpf(KernelImage image, string kernelPath, ImageOptions how, int threads, OutputForm form)
    {
        if (form.Destinations.FirstOrDefault(d => !d.Format.CanWrite("bpf")).Format is { } other)
        {
            throw new UsageException($"--format {other.Name} does not tell of a BPF object: take {OptionWords.List(ReportFormats.NamesFor("bpf"))}");
        }

        using KernelImage kernel = OpenKernel(kernelPath, how with { BasePath = null, DebugDirectory = null }, SourceKind.Btf);
        return kernel.IsBpfObject ? throw new InvalidImageException(kernelPath, null, null, "is a BPF object too, and no kernel", "name the vmlinux of the kernel that is to load it")
            : Progress.While(kernel.Types, () => BpfAnalysis.Run(image, kernel, threads));
    }

    // A module's BTF goes on from its kernel's, so that like is compared with like; a kernel with DWARF alone answers too.
    private static KernelImage OpenKernel(string path, ImageOptions how, SourceKind moduleSource)
    {
        KernelImage kernel = InputImage.OpenQuietly(path, how);
        if (how.Source != SourceChoice.Auto || moduleSource != SourceKind.Btf || kernel.Types.Kind == SourceKind.Btf || !kernel.HasOtherSource)
        {
            return kernel;
        }

        try
        {
            return kernel.ChangeTo(SourceChoice.Btf);
        }
        catch
        {
            kernel.Dispose();
            throw;
        }
    }

    private sealed record Question(RuleSet Rules, bool IsStrict, int Threads, bool IsBoth, string? Against, int Limit, bool WithMap, string? VmCoreInfo, bool WithCode)
    {
        public bool Compares => IsBoth || Against is not null;
    }
}
