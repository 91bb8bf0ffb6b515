using System.Collections.Immutable;
using LayoutCheck.Bpf;
using LayoutCheck.Core;
using LayoutCheck.History;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Do the accesses of a BPF object resolve on a kernel?</summary>
public static class BpfAnalysis
{
    /// <summary>Resolves the CO-RE relocations of a BPF object on a kernel.</summary>
    /// <param name="image">The BPF object (<see cref="KernelImage.IsBpfObject"/>), read by its BTF; not closed.</param>
    /// <param name="kernel">The kernel; not closed.</param>
    /// <param name="threads">How many threads may work.</param>
    /// <exception cref="InvalidImageException">A file is damaged or not understood, or changed meanwhile.</exception>
    public static BpfReport Run(KernelImage image, KernelImage kernel, int threads)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(kernel);
        BpfObject target = image.ReadBpfObject();
        ImageFacts facts = kernel.ReadFacts();
        if (BpfKernels.IsBigEndian(kernel.Types) != target.IsBigEndian)
        {
            string order = target.IsBigEndian ? "big" : "little";
            throw new InvalidImageException(image.Path, null, null, $"is {order}-endian, and the kernel {kernel.Path} is not: libbpf does not load it there", $"compile it with -target {(target.IsBigEndian ? "bpfel" : "bpfeb")}");
        }

        ImmutableArray<BpfResult> results = Resolve(target, kernel, threads);
        BpfReport report = new(results, new ComparedImage(kernel.Path, facts, kernel.Types.Kind) { Files = kernel.OtherFiles })
        {
            Run = RunInfo.Of(image.Path),
            Histories = HistoriesOf(results, facts.Release),
        };
        kernel.RequireUnchanged();
        report = image.Sign(report, image.ReadFacts());
        return report with
        {
            Files = [.. report.Files, kernel.FilesUsed(facts)[0] with { Role = FileRole.ComparedKernel }],
            InputNotices = [.. report.InputNotices, .. kernel.Notices],
        };
    }

    private static ImmutableArray<BpfResult> Resolve(BpfObject target, KernelImage kernel, int threads)
    {
        HashSet<string> names = [.. target.Relocations.Select(r => r.Access.Types[r.Access.Root].Name).OfType<string>().Select(BpfNames.Essential)];
        using WorkerPool pool = new(threads);
        BpfResolver resolver = new(BpfKernels.Of(kernel.Types, names, kernel.SuggestedNames, pool), target.IsBigEndian);
        ImmutableArray<BpfAnswer> answers = [.. target.Relocations.Select(r => Patch(target, r, resolver.Resolve(r)))];
        BpfGuards guards = new(target, answers);
        return [.. target.Relocations.Select((r, i) => ResultOf(r, answers[i], answers[i].Outcome == BpfOutcome.Missing ? guards.Find(i) : (BpfGuard.NotNeeded, [])))];
    }

    private static BpfAnswer Patch(BpfObject target, BpfRelocation relocation, BpfAnswer answer)
    {
        int count = Math.Min(2, target.InstructionCount(relocation.Section) - relocation.Instruction);
        BpfInstruction[] code = target.Read(relocation.Section, relocation.Instruction, count);
        return BpfPatch.Apply(answer, code[0], count > 1 ? code[1] : null);
    }

    private static BpfResult ResultOf(BpfRelocation relocation, BpfAnswer answer, (BpfGuard Guard, ImmutableArray<string> Checks) guard)
    {
        BpfAccess access = relocation.Access;
        BpfType root = access.Types[access.Root];
        return new BpfResult(relocation.Kind, access.Describe(), root.Name is { } name ? BpfNames.Essential(name) : null, access.MemberPath, answer)
        {
            IsOfStruct = root.Kind == BpfTypeKind.Struct,
            AccessText = relocation.AccessText,
            Section = relocation.Section,
            Instruction = relocation.Instruction,
            Function = relocation.Function,
            File = relocation.Place?.File,
            Line = relocation.Place?.Line ?? 0,
            Guard = guard.Guard,
            Guards = guard.Checks,
        };
    }

    // One for each member that does not resolve and has a history that explains it.
    private static ImmutableArray<QuotedHistory> HistoriesOf(ImmutableArray<BpfResult> results, string? release)
    {
        ImmutableArray<QuotedHistory>.Builder quoted = ImmutableArray.CreateBuilder<QuotedHistory>();
        HashSet<(string, string)> told = [];
        foreach (BpfResult result in results.Where(r => r.Answer.Outcome == BpfOutcome.Missing && r is { IsOfStruct: true, Root: not null, Member.Length: > 0 }))
        {
            TypeName type = new(TypeNameKind.Struct, result.Root!);
            if (Histories.Find(type, result.Member) is { } member && told.Add((result.Root!, member.Name)) && Histories.For(type, result.Member, release) is { } sentence)
            {
                // What a driver writes is no help to a program.
                string plain = member.Write is { } write ? sentence.Replace($": use {write}", "", StringComparison.Ordinal) : sentence;
                quoted.Add(new QuotedHistory(type, member.Name, $"{plain}: {Remedy(member)}"));
            }
        }

        return quoted.ToImmutable();
    }

    private static string Remedy(MemberHistory member)
        => member is { Successor: { } successor, SuccessorStruct: { } holder }
            ? $"ask bpf_core_field_exists for {successor} of a flavour, struct {holder}___new {{ ... {successor}; }}, and read {member.Name} where it is not there"
            : member.Retyped is not null ? $"read it by a flavour of the type that the kernel has, struct {member.Struct}___new"
            : $"guard it by bpf_core_field_exists, in a flavour of its own, struct {member.Struct}___{(member.Since is null ? "old" : "new")}";
}
