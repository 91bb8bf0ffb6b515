using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>Whether the structs that bindgen made for Rust lie as C's do: a part of a report.</summary>
/// <param name="UnitCount">The number of Rust units.</param>
/// <param name="Spaces">The namespaces with twins, in ordinal order.</param>
/// <param name="Differing">The twins that differ.</param>
/// <param name="SkippedNames">The structs and unions that were not compared, in the order of their units.</param>
/// <param name="SkippedMembers">The number of members that were not compared, by reason.</param>
public sealed record TwinReport(
    int UnitCount,
    ImmutableArray<TwinSpace> Spaces,
    ImmutableArray<TwinResult> Differing,
    ImmutableArray<SkippedTwin> SkippedNames,
    ImmutableArray<SkipCount> SkippedMembers)
{
    /// <summary>Why twins may be missing or none was compared, in a clause; null when all were.</summary>
    public string? Doubt { get; init; }

    /// <summary>Whether twins may be missing.</summary>
    public bool IsIncomplete { get; init; }

    /// <summary>The number of structs and unions in other namespaces.</summary>
    public int OtherCount { get; init; }

    /// <summary>The number of twins that were compared.</summary>
    public int NameCount => Spaces.Sum(s => s.NameCount);

    /// <summary>The number of their members.</summary>
    public int MemberCount => Spaces.Sum(s => s.MemberCount);

    /// <summary>The reasons for names that were not compared, each with their number.</summary>
    public ImmutableArray<SkipCount> SkippedNameCounts => [.. SkippedNames.GroupBy(s => s.Reason).OrderBy(g => g.Key).Select(g => new SkipCount(g.Key, g.Count()))];

    /// <summary>The outcome by itself: without a twin nothing was compared.</summary>
    public ExitCode ExitCode => !Differing.IsEmpty ? ExitCode.Violated : Doubt is not null || SkippedNames.Any(s => s.Reason == TwinSkip.Unreadable) ? ExitCode.Undecided : ExitCode.Holds;

    /// <summary>The outcome in one line.</summary>
    public string Headline()
        => !Differing.IsEmpty ? $"{Differing.Length} of {Twins(NameCount)} {(Differing.Length == 1 ? "differs" : "differ")} from C"
            : NameCount == 0 ? $"cannot tell whether Rust twins agree with C: {Doubt}"
            : $"{Twins(NameCount)} {(NameCount == 1 ? "agrees" : "agree")} with C in {Printable.Count((ulong)MemberCount, "member")}{(Doubt is null ? "" : $"; others may be missing: {Doubt}")}";

    /// <summary>A report on nothing.</summary>
    /// <param name="doubt">Why there is nothing, in a clause.</param>
    internal static TwinReport None(string doubt) => new(0, [], [], [], []) { Doubt = doubt };

    /// <summary>The report on results.</summary>
    internal static TwinReport Of(RustTypes rust, IReadOnlyCollection<TwinResult> results, IEnumerable<SkippedTwin> skipped)
    {
        IEnumerable<SkipCount> members = results.SelectMany(r => r.Skipped).GroupBy(s => s.Key).OrderBy(g => g.Key).Select(g => new SkipCount(g.Key, g.Sum(s => s.Value)));
        IEnumerable<TwinSpace> spaces = results.GroupBy(r => r.Twin.Namespace, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new TwinSpace(g.Key, g.Count(), g.Sum(r => r.MemberCount)));
        return new TwinReport(rust.UnitCount, [.. spaces], [.. results.Where(r => !r.Differences.IsEmpty)], [.. skipped.Distinct()], [.. members])
        {
            OtherCount = rust.OtherCount,
            IsIncomplete = rust.Omission is not null,
            Doubt = rust.Omission ?? (results.Count == 0 ? "no struct of a Rust unit is a twin of C's with members" : null),
        };
    }

    /// <summary>A reason in words.</summary>
    public static string Words(TwinSkip reason) => reason switch
    {
        TwinSkip.Opaque => "opaque to Rust",
        TwinSkip.Generated => "unnamed in C, compared as parts of others",
        TwinSkip.Helper => "bindgen's own",
        TwinSkip.NotInC => "without a C struct or union of their name",
        TwinSkip.Unreadable => "unreadable in C",
        TwinSkip.BitFields => "storage of bit-fields",
        TwinSkip.Padding => "padding",
        TwinSkip.OpaqueBlob => "opaque blobs",
        TwinSkip.UnionStorage => "bytes of unions that Rust has as structs",
        TwinSkip.UnionOfParts => "unnamed parts of these",
        TwinSkip.Hidden => "of C that Rust has no name for (bit-fields, and under padding and blobs)",
        _ => "marks without bytes",
    };

    private static string Twins(int count) => Printable.Count((ulong)count, "Rust twin");
}

/// <summary>A namespace with twins.</summary>
/// <param name="Name">Its name.</param>
/// <param name="NameCount">The number of twins that were compared.</param>
/// <param name="MemberCount">The number of their members.</param>
public readonly record struct TwinSpace(string Name, int NameCount, int MemberCount);

/// <summary>A struct or union that was not compared.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public readonly record struct SkippedTwin(TwinSkip Reason, string Namespace, string Name);

/// <summary>How often a reason applied.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Count">The number.</param>
public readonly record struct SkipCount(TwinSkip Reason, int Count);
