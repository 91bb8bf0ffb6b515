using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Analyses;

/// <summary>Compares the VMCOREINFO of a crash dump, or of a running kernel, with an image: is it of this build, and do its facts agree?</summary>
internal static class DumpComparison
{
    private const string Id = "vmcoreinfo-of-the-dump";
    private const string Pack = "dump";
    private const string Title = "the VMCOREINFO is of this kernel, and agrees with its layouts";

    /// <summary>Adds the comparison to a report.</summary>
    /// <param name="report">The report, with the image's facts.</param>
    /// <param name="dump">The note of the dump.</param>
    /// <param name="own">What the image's code exports; null where it is not known.</param>
    /// <param name="compared">The comparison with the layouts; null where nothing can be compared.</param>
    public static CheckReport Add(CheckReport report, ExportedNote dump, ExportedNote? own, RuleResult? compared)
    {
        List<CheckResult> checks = [.. Identity("OSRELEASE", dump, report.Image?.Release), .. Identity("BUILD-ID", dump, report.Image?.BuildId)];
        bool isOther = checks.Exists(c => c.Outcome == Outcome.Violated);
        bool isSame = checks.Count > 0 && !isOther;
        checks.AddRange(compared?.Checks ?? []);
        if (report.Source.Kind == Types.SourceKind.None && own is not null)
        {
            checks.AddRange(OfNotes(dump, own));
        }

        if (!checks.Exists(c => c.Outcome is Outcome.Holds or Outcome.Violated))
        {
            checks.Add(Result("VMCOREINFO of this kernel", Outcome.Undecided, "nothing in the VMCOREINFO can be compared: it has no OSRELEASE, no BUILD-ID, and no fact about a type of this image", null));
        }

        Outcome outcome = checks.Exists(c => c.Outcome == Outcome.Violated) ? Outcome.Violated
            : checks.Exists(c => c.Outcome == Outcome.Undecided) ? Outcome.Undecided
            : Outcome.Holds;
        int facts = checks.Count(c => c.Check.Expression.Root is not TextNode && c.Outcome == Outcome.Holds) + checks.Count(c => c.Reason.StartsWith(Both, StringComparison.Ordinal));
        string headline = isOther ? $"; but the VMCOREINFO is of another kernel: {checks.First(c => c.Outcome == Outcome.Violated).Reason}"
            : outcome == Outcome.Violated ? "; but the VMCOREINFO differs from the layouts"
            : outcome == Outcome.Undecided ? "; but the VMCOREINFO cannot be compared in full"
            : $"; the VMCOREINFO is {(isSame ? "of this kernel" : "of a kernel that it does not name")}: {Printable.Count((ulong)facts, "fact")} {(facts == 1 ? "agrees" : "agree")}";
        return report with
        {
            Results = [.. report.Results, new RuleResult(ExportedFacts.Rule(Id, Pack, Title, [.. checks.Select(c => c.Check)]), outcome, [.. checks])],
            DumpHeadline = headline,
        };
    }

    private const string Both = "both say ";

    private static IEnumerable<CheckResult> Identity(string key, ExportedNote dump, string? own)
    {
        if (dump.Find(key) is not { Length: > 0 } theirs || own is null)
        {
            yield break;
        }

        bool isSame = string.Equals(theirs, own, StringComparison.OrdinalIgnoreCase);
        yield return Result($"{key} of the VMCOREINFO is that of the image", isSame ? Outcome.Holds : Outcome.Violated, isSame ? $"{key} is {own}" : $"its {key} is {theirs}, and that of the image is {own}",
            isSame ? null : "it was written by another kernel, whose structs may lie elsewhere");
    }

    // Without types, the dump and the code are two notes.
    private static IEnumerable<CheckResult> OfNotes(ExportedNote dump, ExportedNote own)
    {
        Dictionary<string, ExportedLine> facts = own.Known.Where(l => !l.IsContradicted).GroupBy(l => l.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        foreach (ExportedLine line in dump.Known)
        {
            if (facts.TryGetValue(line.Key, out ExportedLine? mine))
            {
                bool isSame = mine.Value == line.Value;
                yield return Result($"{line.Key} of the VMCOREINFO is that of the code", isSame ? Outcome.Holds : Outcome.Violated,
                    isSame ? $"{Both}{line.Text}" : $"the VMCOREINFO says {line.Text}, and the code exports {mine.Value} (0x{mine.Instruction:x})",
                    isSame ? null : "the dump is of a kernel with another layout");
            }
        }
    }

    // What no expression of the rule language says.
    private static CheckResult Result(string what, Outcome outcome, string reason, string? consequence)
        => new(new RuleCheck(null, new RuleExpression(new TextNode(0, what)), consequence, Severity.Error, 1), outcome, reason, []);

    /// <summary>The rule of the facts of a dump over the layouts of an image; null where none can be compared.</summary>
    public static RuleResult? Compare(
        ExportedNote dump, IReadOnlyDictionary<Types.TypeName, Types.DefinitionSet> definitions, bool flattensArrays, Func<RuleSet, ImmutableArray<RuleResult>> evaluate)
        => ExportedFacts.Compare(Id, Pack, Title, dump.Known, definitions, flattensArrays, evaluate, line => $"the VMCOREINFO says {line.Text}: it was written by a kernel with another layout").Result;
}
