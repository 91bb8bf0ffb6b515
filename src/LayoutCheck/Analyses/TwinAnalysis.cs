using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Language;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>Do the structs that bindgen made for Rust lie as C's do?</summary>
internal static class TwinAnalysis
{
    /// <summary>Compares all twins.</summary>
    /// <param name="types">The source.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <exception cref="InvalidImageException">A unit is damaged or not understood.</exception>
    public static TwinReport Run(ITypeSource types, WorkerPool pool)
    {
        if (types.FindRustTypes() is not { } rust)
        {
            return TwinReport.None("BTF has no namespaces, by which Rust's structs are told from C's");
        }

        if (rust.UnitCount == 0)
        {
            return TwinReport.None("no unit of the image is in Rust");
        }

        Dictionary<RustAggregate, DefinitionSet> sets = FindC(types, pool, [.. rust.Types.Where(t => TwinDiffer.SkipOf(t) is null)]);
        List<TwinResult> results = [];
        List<SkippedTwin> skipped = [];
        foreach (RustAggregate twin in rust.Types)
        {
            DefinitionSet? set = sets.GetValueOrDefault(twin);
            TwinSkip? reason = TwinDiffer.SkipOf(twin)
                ?? (set!.Problem is not null ? TwinSkip.Unreadable : set.Distinct.IsEmpty ? TwinSkip.NotInC : null);
            try
            {
                results.AddRange(reason is null ? [TwinDiffer.Compare(twin, set!.Distinct)] : []);
            }
            catch (TooManyMembersException)
            {
                reason = TwinSkip.Unreadable;
            }

            skipped.AddRange(reason is { } left ? [new SkippedTwin(left, twin.Namespace, twin.Name)] : []);
        }

        return TwinReport.Of(rust, results, skipped);
    }

    /// <summary>The same for a rule. Damage in a Rust unit leaves it undecided.</summary>
    /// <param name="types">The source.</param>
    /// <param name="pool">The worker threads.</param>
    public static RustTwinFacts FactsOf(ITypeSource types, WorkerPool pool)
    {
        try
        {
            TwinReport report = Run(types, pool);
            return new RustTwinFacts(
                report.NameCount == 0 && report.UnitCount > 0 && report.IsIncomplete ? null : report.NameCount,
                report.MemberCount,
                [.. report.Differing.SelectMany(twin => twin.Differences.Select(d
                    => $"{twin.Twin.Name}{(d.Path.Length == 0 ? "" : $".{d.Path}")} {d.InC}, {d.InRust}"))],
                report.Doubt);
        }
        catch (InvalidImageException e)
        {
            return new RustTwinFacts(null, 0, [], $"a Rust unit cannot be read: {e.Message}");
        }
    }

    // C's tag, of the same kind or of the other one: bindgen makes structs of some unions. Where there is none, C's typedef of an untagged one.
    private static Dictionary<RustAggregate, DefinitionSet> FindC(ITypeSource types, WorkerPool pool, ImmutableArray<RustAggregate> twins)
    {
        Dictionary<RustAggregate, DefinitionSet> found = [];
        ImmutableArray<RustAggregate> left = twins;
        foreach (Func<RustAggregate, TypeName> nameOf in (ReadOnlySpan<Func<RustAggregate, TypeName>>)[Tag, OtherTag, Typedef])
        {
            TypeName[] names = [.. left.Select(nameOf).Distinct()];
            if (names.Length == 0)
            {
                break;
            }

            Dictionary<TypeName, DefinitionSet> sets = types.FindAll(names, pool).Sets.ToDictionary(s => s.Name);
            foreach (RustAggregate twin in left)
            {
                found[twin] = sets[nameOf(twin)];
            }

            left = [.. left.Where(t => found[t] is { Distinct.IsEmpty: true, Problem: null })];
        }

        return found;
    }

    private static TypeName Tag(RustAggregate twin) => new(TypeName.KindOf(twin.Kind), twin.Name);

    private static TypeName OtherTag(RustAggregate twin) => new(twin.Kind == AggregateKind.Union ? TypeNameKind.Struct : TypeNameKind.Union, twin.Name);

    private static TypeName Typedef(RustAggregate twin) => new(TypeNameKind.Typedef, twin.Name);
}
