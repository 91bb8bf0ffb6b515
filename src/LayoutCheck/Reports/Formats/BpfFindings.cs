using LayoutCheck.Bpf;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The findings on a BPF object: one for each relocation.</summary>
internal static class BpfFindings
{
    private static readonly FindingRule s_rule = new("bpf-access-resolves", "The accesses of the BPF object resolve on the kernel")
    {
        What = "Each CO-RE relocation that the program can reach finds the member, type or enumerator that it asks for in the kernel, as libbpf looks for it.",
        Why = "libbpf makes an access that does not resolve an invalid instruction, and the kernel refuses to load the program.",
        Fix = "Guard it by bpf_core_field_exists or its relatives, and read the other name by a flavour of the type (struct page___new).",
        Pack = "bpf",
    };

    /// <summary>The findings.</summary>
    public static ImageFindings Of(BpfReport report) => new ImageFindings(report.Run.File, report.ExitCode, Printable.Escape(report.Headline()),
        [new FindingGroup(s_rule, [.. report.Relocations.Select(r => Of(report, r))])])
    {
        Facts =
        [
            ("File", Printable.Escape($"{report.Run.File} (BPF object)")),
            ("Kernel", Printable.Escape($"{report.Kernel.File} ({report.Kernel.Label}; {report.Kernel.SourceName})")),
        ],
    }.With(report.Image);

    private static Finding Of(BpfReport report, BpfResult result)
    {
        FindingLevel level = result.IsViolated ? FindingLevel.Violated : result.IsUndecided ? FindingLevel.Undecided
            : result.Answer.Outcome == BpfOutcome.Missing ? FindingLevel.Note : FindingLevel.Passed;
        string history = string.Concat(report.HistoriesOf(result).Select(h => $" ({h.Sentence})"));
        string name = $"{result.Kind.Word()} {result.Access} at {result.Section}+{result.Instruction}";
        return Finding.Of(name, level, BpfText.Reason(result) + history) with
        {
            Consequence = BpfText.Consequence(result),
            Subjects = [Printable.Escape(result.Access)],
            Places = result is { File: { } file, Line: > 0 } ? [FindingPlace.Of(result.Access, new Types.SourcePlace(file, result.Line))] : [],
        };
    }
}
