using System.Collections.Immutable;
using LayoutCheck.Bpf;
using LayoutCheck.Core;

namespace LayoutCheck.Reports;

/// <summary>Whether the accesses of a BPF object resolve on a kernel.</summary>
/// <param name="Relocations">Each of its CO-RE relocations, in the order of the file.</param>
/// <param name="Kernel">The kernel.</param>
public sealed record BpfReport(ImmutableArray<BpfResult> Relocations, ComparedImage Kernel) : ImageReport
{
    private const int MostNamed = 3;

    /// <inheritdoc/>
    public override string Name => "bpf";

    /// <summary>The histories of the members that do not resolve, with what to write.</summary>
    public ImmutableArray<QuotedHistory> Histories { get; init; } = [];

    /// <summary>The relocations that are no questions whether something exists.</summary>
    public IEnumerable<BpfResult> Accesses => Relocations.Where(r => !r.Kind.IsQuestion());

    /// <summary>The number of accesses that resolve.</summary>
    public int ResolvedCount => Accesses.Count(r => r.Answer.Outcome == BpfOutcome.Resolved);

    /// <inheritdoc/>
    public override ExitCode ExitCode => Relocations.Any(r => r.IsViolated) ? ExitCode.Violated
        : Relocations.IsEmpty || Relocations.Any(r => r.IsUndecided) ? ExitCode.Undecided
        : ExitCode.Holds;

    /// <summary>The outcome in one line.</summary>
    public string Headline()
    {
        if (Relocations.IsEmpty)
        {
            return "cannot tell whether its accesses resolve: it has no CO-RE relocations, so that they lie where its compiler had them";
        }

        int count = Accesses.Count();
        string on = $"on {Kernel.Label}";
        List<string> parts =
        [
            count == 0 ? $"{Printable.Count((ulong)Relocations.Length, "existence check")} and no access {on}"
                : ResolvedCount == count ? count == 1 ? $"its one access resolves {on}" : $"all {count} accesses resolve {on}"
                : $"{ResolvedCount} of {count} {(count == 1 ? "access" : "accesses")} {(ResolvedCount == 1 ? "resolves" : "resolve")} {on}",
        ];
        HashSet<string> named = new(StringComparer.Ordinal);
        Add(parts, named, Relocations.Where(r => r.Answer.Outcome == BpfOutcome.Missing && r.Guard == BpfGuard.None), "does not", "do not");
        Add(parts, named, Relocations.Where(r => r.Answer.Outcome == BpfOutcome.Refused), "makes libbpf refuse the object", "make libbpf refuse the object");
        Add(parts, named, Relocations.Where(r => r.IsUndecided), "cannot be told", "cannot be told");
        Add(parts, named, Relocations.Where(r => r.Answer.Outcome == BpfOutcome.Missing && r.Guard == BpfGuard.Guarded), "does not, and is guarded", "do not, and are guarded");
        return string.Join("; ", parts);
    }

    /// <summary>The histories of the member that a relocation asks for and does not find.</summary>
    public IEnumerable<QuotedHistory> HistoriesOf(BpfResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        int end = result.Member.IndexOf('.', StringComparison.Ordinal);
        string first = end < 0 ? result.Member : result.Member[..end];
        return result.Answer.Outcome == BpfOutcome.Missing && result.IsOfStruct ? Histories.Where(h => h.Type.Name == result.Root && h.Member == first) : [];
    }

    // An access that comes to several things is named by the worst.
    private static void Add(List<string> parts, HashSet<string> named, IEnumerable<BpfResult> results, string one, string several)
    {
        string[] names = [.. results.Select(r => r.Access).Where(named.Add)];
        if (names.Length > 0)
        {
            string rest = names.Length > MostNamed ? $" and {names.Length - MostNamed} more" : "";
            parts.Add($"{string.Join(", ", names.Take(MostNamed))}{rest} {(names.Length == 1 ? one : several)}");
        }
    }
}
