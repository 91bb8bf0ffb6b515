using System.Collections.Immutable;
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

    /// <summary>The worst of both questions: a violation, then what cannot be told.</summary>
    public override ExitCode ExitCode => UnitsExitCode switch
    {
        ExitCode.Unreadable => ExitCode.Unreadable,
        ExitCode.Violated => ExitCode.Violated,
        ExitCode.Undecided when Twins is { ExitCode: ExitCode.Violated } => ExitCode.Violated,
        ExitCode.Undecided => ExitCode.Undecided,
        _ => Twins?.ExitCode ?? ExitCode.Holds,
    };

    /// <summary>A difference is a violation; else what cannot be told is undecided. Without a name nothing was compared.</summary>
    private ExitCode UnitsExitCode => Count(AuditOutcome.TwoWays) > 0 ? ExitCode.Violated
        : NameCount > 0 && Count(AuditOutcome.Unreadable) == NameCount ? ExitCode.Unreadable
        : NameCount == 0 || Source.Omission is not null || Count(AuditOutcome.Undecided) + Count(AuditOutcome.Unreadable) > 0 ? ExitCode.Undecided
        : ExitCode.Holds;

    /// <summary>How many names came to an outcome.</summary>
    public int Count(AuditOutcome outcome) => Types.Count(t => t.Outcome == outcome);

    /// <summary>The first line of the report.</summary>
    public string Headline() => Twins is null ? UnitsHeadline() : $"{UnitsHeadline()}; {Twins.Headline()}";

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
