using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>Whether all C units of an image agree about every struct and union.</summary>
/// <param name="Source">The debug information.</param>
/// <param name="HasOtherSource">Whether the image has the other debug format too.</param>
/// <param name="NameCount">The number of names that C units define.</param>
/// <param name="DefinitionCount">The number of their definitions.</param>
/// <param name="Types">The names without one common definition, in ordinal order.</param>
public sealed record AuditReport(
    DebugInfoSummary Source,
    bool HasOtherSource,
    int NameCount,
    long DefinitionCount,
    ImmutableArray<AuditedType> Types) : ImageReport
{
    /// <inheritdoc/>
    public override string Name => "audit";

    /// <summary>The number of names with one definition, the same in all units.</summary>
    public int AgreeingCount => NameCount - Types.Length;

    /// <summary>The comparison of Rust's twins with C; null when it was not asked for.</summary>
    public TwinReport? Twins { get; init; }

    /// <summary>The comparison of the image's two debug formats; null when it was not asked for.</summary>
    public Agreement? Agreement { get; init; }

    /// <summary>The worst of all questions: a violation before what cannot be told.</summary>
    public override ExitCode ExitCode
    {
        get
        {
            ExitCode[] all = [UnitsExitCode, Twins?.ExitCode ?? ExitCode.Holds, Agreement?.ExitCode ?? ExitCode.Holds];
            return Array.Find([ExitCode.Unreadable, ExitCode.Violated, ExitCode.Undecided], code => Array.IndexOf(all, code) >= 0);
        }
    }

    /// <summary>A difference is a violation; else what cannot be told is undecided. Without a name nothing was compared.</summary>
    private ExitCode UnitsExitCode => Count(AuditOutcome.TwoWays) > 0 ? ExitCode.Violated
        : NameCount > 0 && Count(AuditOutcome.Unreadable) == NameCount ? ExitCode.Unreadable
        : NameCount == 0 || Source.Omission is not null || Count(AuditOutcome.Undecided) + Count(AuditOutcome.Unreadable) > 0 ? ExitCode.Undecided
        : ExitCode.Holds;

    /// <summary>The same with the differences that a file accepts, and the entries that cover nothing.</summary>
    public AuditReport Accept(IReadOnlyCollection<AcceptedDifference> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Dictionary<string, AcceptedDifference> bySubject = entries.ToDictionary(e => e.Subject, StringComparer.Ordinal);
        Dictionary<string, AuditedType> open = Types.Where(t => !t.Lines.IsEmpty).ToDictionary(t => t.Name.ToString(), StringComparer.Ordinal);
        return this with
        {
            Types = [.. Types.Select(t => bySubject.TryGetValue(t.Name.ToString(), out AcceptedDifference? entry) && !t.Lines.IsEmpty && entry.Covers(t.Lines)
                ? t with { Outcome = AuditOutcome.Accepted, Reason = entry.Reason, AcceptedBy = entry.Place, Doubt = null, Entry = entry } : t)],
            Stale =
            [
                .. entries.Where(e => !open.TryGetValue(e.Subject, out AuditedType? type) || !e.Covers(type.Lines))
                    .Select(e => open.ContainsKey(e.Subject) ? StaleEntry.OtherDifference(e) : new StaleEntry(e, $"{e.Subject} differs no more: the entry covers nothing")),
            ],
        };
    }

    /// <summary>The entries of accepted differences that cover nothing of the units.</summary>
    public ImmutableArray<StaleEntry> Stale { get; init; } = [];

    /// <summary>The entries that cover a difference.</summary>
    public IEnumerable<AcceptedDifference> CoveringEntries => Types.Select(t => t.Entry).OfType<AcceptedDifference>();

    /// <summary>The differences as entries to accept.</summary>
    public IEnumerable<AcceptedDifference> ToAccept(string reason)
        => Types.Where(t => t.Entry is null && !t.Lines.IsEmpty).Select(t => new AcceptedDifference(t.Name.ToString(), reason, t.Lines, ""));

    /// <summary>How many names came to an outcome.</summary>
    public int Count(AuditOutcome outcome) => Types.Count(t => t.Outcome == outcome);

    /// <summary>The first line of the report: what does not hold comes first.</summary>
    public string Headline()
    {
        List<(ExitCode ExitCode, string Words)> parts = [(UnitsExitCode, UnitsHeadline())];
        if (Twins is not null)
        {
            parts.Add((Twins.ExitCode, Twins.Headline()));
        }

        if (Agreement is not null)
        {
            parts.Add((Agreement.ExitCode, Agreement.Headline()));
        }

        return string.Join("; ", parts.OrderBy(p => p.ExitCode == ExitCode.Holds).Select(p => p.Words));
    }

    private string UnitsHeadline()
    {
        int open = Count(AuditOutcome.Undecided) + Count(AuditOutcome.Unreadable);
        return UnitsExitCode switch
        {
            ExitCode.Violated => $"the units do NOT agree: {Differ(Count(AuditOutcome.TwoWays))}{(open > 0 ? $"; cannot tell of {open} more" : "")}",
            ExitCode.Holds => $"all units agree: {AgreeingCount} of {Names(NameCount)} have one definition{Rest(AuditOutcome.Private, "of private structs")}{Rest(AuditOutcome.Accepted, "accepted")}",
            _ when NameCount == 0 => $"cannot tell whether the units agree: no C unit defines a struct or union{(Source.Omission is { } none ? $": {none.Clause}" : "")}",
            _ when open == 0 => $"cannot tell whether the units agree: {Source.Omission!.Clause}",
            _ => $"cannot tell whether the units agree: {Names(open)} of {NameCount} {(open == 1 ? "is" : "are")} undecided",
        };
    }

    private string Rest(AuditOutcome outcome, string what) => Count(outcome) is > 0 and var count ? $"; {Names(count)} {what}" : "";

    private static string Names(int count) => Printable.Count((ulong)count, "name");

    private static string Differ(int count) => count == 1 ? "1 struct or union is compiled in two ways" : $"{count} structs and unions are compiled in two ways";
}

/// <summary>Why units differ about a name, or why that is not known.</summary>
public enum AuditOutcome
{
    /// <summary>One file declares it, and units compile it in two ways.</summary>
    TwoWays,

    /// <summary>The same, and known to be right.</summary>
    Accepted,

    /// <summary>Its definitions differ, and where they are declared is not known.</summary>
    Undecided,

    /// <summary>Its debug information cannot be read.</summary>
    Unreadable,

    /// <summary>Each of its definitions is declared in a file of its own: private structs of one name.</summary>
    Private,
}

/// <summary>A name without one common definition.</summary>
/// <param name="Name">The name.</param>
/// <param name="Outcome">Why.</param>
/// <param name="Reason">The outcome in words: the first difference, why it cannot be read, or why the difference is accepted.</param>
/// <param name="Variants">The definitions, in the order of their first unit.</param>
public sealed record AuditedType(TypeName Name, AuditOutcome Outcome, string Reason, ImmutableArray<AuditedVariant> Variants)
{
    /// <summary>Of an accepted difference, the source of the reason; else null.</summary>
    public string? AcceptedBy { get; init; }

    /// <summary>Of a violation and an undecided difference, all parts of it, a line each, as a file of accepted differences lists them; else none.</summary>
    public ImmutableArray<string> Lines { get; init; } = [];

    /// <summary>The entry of a file that accepts the difference; null without one.</summary>
    public AcceptedDifference? Entry { get; init; }

    /// <summary>Of an undecided difference, why the places are not known, in a clause; else null.</summary>
    public string? Doubt { get; init; }
}

/// <summary>One of several definitions of a name.</summary>
/// <param name="ByteSize">sizeof, in bytes.</param>
/// <param name="Place">Where it is declared, or null.</param>
/// <param name="Units">The units that have it, in file order.</param>
public sealed record AuditedVariant(ulong ByteSize, SourcePlace? Place, ImmutableArray<DefiningUnit> Units)
{
    /// <summary>Where it first parts from the first definition of its file that it differs from, in words; null when it is the first or equal to that.</summary>
    public string? Difference { get; init; }

    /// <summary>Of a difference, the compiler and its options that all its units have and no unit of the other definitions of its file (DW_AT_producer).</summary>
    public ImmutableArray<string> OwnOptions { get; init; } = [];
}
