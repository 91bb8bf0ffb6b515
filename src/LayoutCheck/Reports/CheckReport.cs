using System.Collections.Immutable;
using LayoutCheck.Code;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>The verdict of <c>check</c>, with all that it rests on.</summary>
/// <param name="Source">The debug information that the layouts come from.</param>
/// <param name="HasOtherSource">Whether the image has the other debug format too.</param>
/// <param name="Era">The way in which this kernel places pgmap and the compound word.</param>
/// <param name="Definitions">The definitions of each type that a rule names.</param>
/// <param name="Results">The rules' results, the flagship's first.</param>
public sealed record CheckReport(
    DebugInfoSummary Source,
    bool HasOtherSource,
    LayoutEra Era,
    ImmutableArray<DefinitionSummary> Definitions,
    ImmutableArray<RuleResult> Results) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "check";

    /// <summary>The source lines that declare the members of violated checks, by the names that the checks observed (<c>folio.pgmap</c>); empty in BTF.</summary>
    public ImmutableDictionary<string, SourcePlace> Places { get; init; } = ImmutableDictionary<string, SourcePlace>.Empty;

    /// <summary>The comparison with another description of the same types; null when none was asked for.</summary>
    public Agreement? Agreement { get; init; }

    /// <summary>The comparison of what the code exports in VMCOREINFO with the layouts; null where it was not made, or the code exports nothing.</summary>
    internal ExportedSummary? Exported { get; init; }

    /// <summary>What the headline adds about the VMCOREINFO of a dump; empty where none was named.</summary>
    internal string DumpHeadline { get; init; } = "";

    /// <summary>What the image's instructions say; null when they were not asked.</summary>
    internal CodeEvidence? Code { get; init; }

    /// <summary>The facts of the columns that a matrix has by default; empty where they were not asked for.</summary>
    public ImmutableArray<LayoutFact> Columns { get; init; } = [];

    /// <summary>The structs over struct page, for formats that draw them; null where none does, and where the image has no struct page.</summary>
    public StructMap? Map { get; init; }

    /// <summary>Whether a warning counts as a violation.</summary>
    public bool IsStrict { get; init; }

    /// <summary>The result of the rule that the program exists for, or null when it was not asked for.</summary>
    public RuleResult? Flagship => Results.FirstOrDefault(r => r.Rule.IsFlagship);

    /// <summary>
    /// The verdict over all rules. A flagship rule that does not apply leaves the question open, and so does an image in which no rule at all
    /// could be decided: neither is "holds".
    /// </summary>
    public override ExitCode ExitCode
    {
        get
        {
            if (Results.Any(Counts) || Agreement is { ExitCode: ExitCode.Violated } || Code is { ExitCode: ExitCode.Violated })
            {
                return ExitCode.Violated;
            }

            bool isOpen = Agreement is { ExitCode: ExitCode.Undecided } || Code is { ExitCode: ExitCode.Undecided } || Results.Any(r => r.Outcome == Outcome.Undecided)
                || Flagship is { Outcome: Outcome.NotApplicable }
                || Results.All(r => r.Outcome == Outcome.NotApplicable);
            return isOpen ? ExitCode.Undecided : ExitCode.Holds;
        }
    }

    /// <summary>Whether the exit code tells of a result as a violation.</summary>
    internal bool Counts(RuleResult result) => result.Outcome == Outcome.Violated || (IsStrict && result.Outcome == Outcome.Warning && result.Rule.CountsWhenStrict);

    /// <summary>How many rules came to an outcome.</summary>
    public int CountRules(Outcome outcome) => Results.Count(r => r.Outcome == outcome);

    /// <summary>How many checks of all rules came to an outcome.</summary>
    public int CountChecks(Outcome outcome) => Results.Sum(r => r.Checks.Count(c => c.Outcome == outcome));

    /// <summary>The first line of the report: the flagship rule's verdict with what it saw.</summary>
    public string Headline() => (Agreement is { } agreement ? $"{CodeHeadline()}{(agreement.ExitCode == ExitCode.Holds ? "; " : "; but ")}{agreement.Headline()}" : CodeHeadline()) + DumpHeadline;

    private string CodeHeadline() => Code is { } code ? $"{RulesHeadline()}; {code.Headline(Flagship is { Outcome: Outcome.Holds or Outcome.Warning })}" : RulesHeadline();

    private string RulesHeadline()
    {
        string headline = FlagshipHeadline();
        // The first line is all that some people read: it must not sound better than the verdict.
        int others = Results.Count(r => !r.Rule.IsFlagship && r.Outcome == Outcome.Violated);
        int open = Results.Count(r => !r.Rule.IsFlagship && r.Outcome == Outcome.Undecided);
        int warnings = CountRules(Outcome.Warning);
        int strict = IsStrict ? Results.Count(r => r.Outcome == Outcome.Warning && Counts(r)) : 0;
        string whichCount = strict == 0 ? "" : strict == warnings ? " (--strict: counted as violated)" : $" (--strict: {strict} of them counted as violated)";
        string counted = warnings == 0 ? "" : $"; {Printable.Count((ulong)warnings, "warning")}{whichCount}";
        return Flagship is not { Outcome: Outcome.Holds or Outcome.Warning } || others + open == 0 ? headline + counted
            : others > 0 ? $"{headline}; but {Rules(others)} violated{counted}"
            : $"{headline}; but {Rules(open)} undecided{counted}";

        static string Rules(int count) => count == 1 ? "1 other rule is" : $"{count} other rules are";
    }

    private string FlagshipHeadline()
    {
        if (Flagship is not { } flagship)
        {
            return !Results.IsEmpty && Results.All(r => r.Rule.Origin == RuleOrigin.Expression) ? ExpressionsHeadline() : ExitCode switch
            {
                ExitCode.Holds => "all rules asked for hold (the pgmap rule was not asked for)",
                ExitCode.Violated => "a rule is violated (the pgmap rule was not asked for)",
                _ when CountRules(Outcome.NotApplicable) == Results.Length => "cannot tell: no rule asked for applies to this image (the pgmap rule was not asked for)",
                _ => "cannot tell for all rules (the pgmap rule was not asked for)",
            };
        }

        string word = flagship.Checks.SelectMany(c => c.Observed).Any(o => o.Subject == "page.compound_info") ? "compound_info" : "compound_head";
        CheckResult? decisive = flagship.Checks.FirstOrDefault(c => c.Outcome == flagship.Outcome);
        switch (flagship.Outcome)
        {
            case Outcome.Holds or Outcome.Warning:
                return $"pgmap lines up with {word}: {Seen(flagship, Outcome.Holds)}";
            case Outcome.Violated:
                return flagship.Checks.Any(c => c.Outcome == Outcome.Violated && IsOfBothPlaces(c)) ? $"pgmap does NOT line up with {word}: {Seen(flagship, Outcome.Violated)}"
                    : !IsOfPagemap(decisive!) && flagship.Checks.Any(c => c.Outcome == Outcome.Holds && IsOfBothPlaces(c)) ? $"pgmap lies on {word}, but {decisive!.Check.Message}: {decisive.Reason}"
                    : $"pgmap does NOT safely line up with {word}: {decisive!.Reason}";
            case Outcome.Undecided:
                if (Source.Kind == SourceKind.None)
                {
                    ulong decided = (ulong)(CountChecks(Outcome.Holds) + CountChecks(Outcome.Warning) + CountChecks(Outcome.Violated));
                    return $"cannot tell whether pgmap lines up with {word}: the image has no debug information, and VMCOREINFO does not export pgmap; it decides {Printable.Count(decided, "check")} of other rules";
                }

                string reason = Source.Omission is { } omission && decisive!.Reason.Contains(omission.Clause, StringComparison.Ordinal)
                    ? Era.Versions.Length == 0 ? Era.DevicePageReason : omission.Clause
                    : decisive!.Reason;
                return $"cannot tell whether pgmap lines up with {word}: {reason}";
            default:
                return Era.IsPlanned ? $"nothing to line up here: {Era.DevicePageReason}"
                    : $"cannot tell whether pgmap lines up with compound_head: {Era.DevicePageReason}";
        }
    }

    // Of the width or the type of one of the two words, and not of the placeholder between them.
    private static bool IsOfPagemap(CheckResult check) => check.Observed.Any(o => o.Fact == ObservedFact.Type || o.Fact == ObservedFact.ByteSize)
        && !check.Observed.Any(o => o.Subject.Contains("._unused", StringComparison.Ordinal));

    private static bool IsOfBothPlaces(CheckResult check)
        => check.Observed.Count(o => o.Fact == ObservedFact.ByteOffset && !o.Subject.Contains("._unused", StringComparison.Ordinal)
            && (o.Subject.EndsWith(".pgmap", StringComparison.Ordinal) || o.Subject.Contains(".compound_", StringComparison.Ordinal))) == 2;

    // Of assertions from the command line alone.
    private string ExpressionsHeadline()
    {
        int violated = CountRules(Outcome.Violated);
        int open = CountRules(Outcome.Undecided);
        if (Results is [var only])
        {
            string reason = string.Join(", ", only.Checks.Where(c => c.Outcome == only.Outcome).Select(c => c.Reason));
            return violated > 0 ? $"the assertion does NOT hold: {reason}" : open > 0 ? $"cannot tell whether the assertion holds: {reason}" : $"the assertion holds: {reason}";
        }

        return violated > 0 ? $"{violated} of {Results.Length} assertions {(violated == 1 ? "does" : "do")} NOT hold"
            : open > 0 ? $"cannot tell of {open} of {Results.Length} assertions"
            : $"all {Results.Length} assertions hold";
    }

    // The places first, each once, then the size when it is one and the same: "folio.pgmap @8, page.compound_head @8, 8 bytes each".
    private static string Seen(RuleResult rule, Outcome outcome)
    {
        ImmutableArray<Observation> observed = [.. rule.Checks.Where(c => c.Outcome == outcome).SelectMany(c => c.Observed).Distinct()];
        IEnumerable<string> places = observed.Where(o => o.Fact == ObservedFact.ByteOffset)
            .Select(o => (o.Subject.Contains("._unused", StringComparison.Ordinal) ? "placeholder " : "") + o.ToString());
        ulong?[] sizes = [.. observed.Where(o => o.Fact == ObservedFact.ByteSize && o.Subject.Contains('.', StringComparison.Ordinal)).Select(o => o.Number).Distinct()];
        return string.Join(", ", places.Distinct()) + (sizes.Length == 1 ? $", {Printable.Count(sizes[0] ?? 0, "byte")} each" : "");
    }
}

/// <summary>What the units of an image say of one type.</summary>
/// <param name="Name">The type.</param>
/// <param name="ByteSize">sizeof by the first definition, in bytes; null when there is none.</param>
/// <param name="DefinitionCount">How many C units define it.</param>
/// <param name="DeclarationCount">How many C units only declare it.</param>
/// <param name="Variants">The definitions that differ, with the units that have them; one when all agree.</param>
public sealed record DefinitionSummary(TypeName Name, ulong? ByteSize, int DefinitionCount, int DeclarationCount, ImmutableArray<DefinitionVariant> Variants)
{
    /// <summary>Whether two units differ about it.</summary>
    public bool IsDisputed => Variants.Length > 1;

    /// <summary>Whether it is defined, and in a way that contradicts itself (<see cref="DefinitionSet.Problem"/>): then none of its definitions is told.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Where two definitions first part, in words; null when they lay out the same.</summary>
    public static string? Difference(TypeDefinition first, TypeDefinition second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return DefinitionEquality.FirstDifference(first.Graph, first.Root, second.Graph, second.Root);
    }

    /// <summary>The summary of what a survey found.</summary>
    public static DefinitionSummary Of(DefinitionSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        ImmutableArray<DefinitionVariant> variants = [.. set.Distinct.Select((d, i) => new DefinitionVariant(
            d.Units,
            i == 0 ? null : Difference(set.Distinct[0], d)))];
        return new DefinitionSummary(
            set.Name, set.Distinct.IsEmpty ? null : set.Distinct[0].Graph.ByteSizeOf(set.Distinct[0].Root), set.DefinitionCount, set.DeclarationCount, variants)
        { IsRefused = set.Problem is not null };
    }
}

/// <summary>One of several definitions of a type.</summary>
/// <param name="Units">The units that have it, in file order.</param>
/// <param name="DifferenceFromFirst">Where it first parts from the first definition, in words; null for the first itself.</param>
public sealed record DefinitionVariant(ImmutableArray<DefiningUnit> Units, string? DifferenceFromFirst);
