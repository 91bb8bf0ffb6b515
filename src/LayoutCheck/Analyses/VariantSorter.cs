using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>
/// Tells why units have different definitions of one name. A unit has one definition of a name, so that a file with two of them was compiled in two ways, on
/// whatever lines they are; definitions in different files are private structs of one name.
/// </summary>
internal static class VariantSorter
{
    /// <summary>The outcome of a name.</summary>
    /// <param name="set">Its definitions, those of different places apart.</param>
    /// <param name="types">The source.</param>
    /// <param name="hasOtherSource">Whether the image has the other debug format too.</param>
    /// <param name="accepted">The differences that are right.</param>
    public static AuditedType Sort(DefinitionSet set, ITypeSource types, bool hasOtherSource, ImmutableArray<AcceptedVariants> accepted)
    {
        if (set.Problem is { } problem)
        {
            return new AuditedType(set.Name, AuditOutcome.Unreadable, problem.Message, []);
        }

        AuditedVariant[] variants = [.. set.Distinct.Select(d => new AuditedVariant(d.Aggregate.ByteSize, d.Aggregate.Place, d.Units))];
        List<(string Difference, AuditedVariant[] Variants)> conflicts = [];
        foreach (int[] members in Enumerable.Range(0, variants.Length).GroupBy(i => variants[i].Place?.FullPath).Select(g => g.ToArray()))
        {
            if (Compare(set, variants, members) is { } difference && variants[members[0]].Place is not null)
            {
                conflicts.Add((difference, [.. members.Select(i => variants[i])]));
            }
        }

        if (conflicts.Count > 0)
        {
            AcceptedVariants?[] known = [.. conflicts.Select(c => accepted.FirstOrDefault(a => a.Covers(set.Name, c.Variants)))];
            return Array.IndexOf(known, null) is >= 0 and var open ? new AuditedType(set.Name, AuditOutcome.TwoWays, conflicts[open].Difference, [.. variants])
            { Lines = Lines(set, [.. variants], types) }
                : new AuditedType(set.Name, AuditOutcome.Accepted, known[0]!.Reason, [.. variants]) { AcceptedBy = known[0]!.Source };
        }

        return Array.TrueForAll(variants, v => v.Place is not null) && !set.Distinct.Any(d => d.IsOfSharedPlace)
            ? new AuditedType(set.Name, AuditOutcome.Private, $"declared in {Printable.Count((ulong)Files(variants), "file")}", [.. variants])
            : new AuditedType(set.Name, AuditOutcome.Undecided, Difference(set), [.. variants]) { Doubt = Missing(set, types.Kind, hasOtherSource), Lines = Lines(set, [.. variants], types) };
    }

    // Notes the differences among the definitions of one file; returns the first, or null if all are equal.
    private static string? Compare(DefinitionSet set, AuditedVariant[] variants, int[] members)
    {
        string? first = null;
        TypeDefinition reference = set.Distinct[members[0]];
        foreach (int i in members.Skip(1))
        {
            TypeDefinition definition = set.Distinct[i];
            string? difference = DefinitionEquality.FirstDifference(reference.Graph, reference.Root, definition.Graph, definition.Root);
            variants[i] = variants[i] with { Difference = difference };
            first ??= difference;
        }

        if (first is not null)
        {
            string[][] options = [.. variants.Select(v => CommonOptions(v.Units))];
            foreach (int i in members)
            {
                IEnumerable<DefiningUnit> others = members.Where(j => variants[j].Difference != variants[i].Difference).SelectMany(j => variants[j].Units);
                HashSet<string> elsewhere = [.. others.Select(u => u.Producer).Distinct(StringComparer.Ordinal).SelectMany(Options)];
                variants[i] = variants[i] with { OwnOptions = [.. options[i].Where(o => !elsewhere.Contains(o))] };
            }
        }

        return first;
    }

    // Each definition of a file, or without a place, beside the first one there.
    private static ImmutableArray<string> Lines(DefinitionSet set, ImmutableArray<AuditedVariant> variants, ITypeSource types)
    {
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        ScalarAlignment scalars = types.Scalars;
        for (int i = 0; i < variants.Length; i++)
        {
            if (variants[i].Difference is not { } difference)
            {
                continue;
            }

            int first = variants.TakeWhile(v => v.Place?.FullPath != variants[i].Place?.FullPath).Count();
            TypeChanges changes = TypeDiffer.Compare(
                set.Name, new ComparedDefinition(set.Distinct[first], types.Kind, scalars), new ComparedDefinition(set.Distinct[i], types.Kind, scalars));
            lines.Add(Printable.Escape($"{(variants[i].Place is { } place ? $"in {place.File}: " : "")}{difference}"));
            lines.AddRange(AcceptFile.Lines(new TypeVerdict(set.Name, [new ComparedPair(changes, null)], changes.Class, changes.Class)));
        }

        return lines.DrainToImmutable();
    }

    private static int Files(AuditedVariant[] variants) => variants.Select(v => v.Place!.FullPath).Distinct(StringComparer.Ordinal).Count();

    private static string Difference(DefinitionSet set)
        => set.Distinct.Skip(1).Select(d => DefinitionSummary.Difference(set.Distinct[0], d)).FirstOrDefault(d => d is not null) ?? "";

    private static string Missing(DefinitionSet set, SourceKind source, bool hasOtherSource)
        => source == SourceKind.Btf
            ? $"BTF does not record where a type is declared{(hasOtherSource ? ", and DWARF does (--source dwarf)" : "; an image with DWARF tells")}"
            : set.Distinct.Select(d => d.Graph.PlacesProblem).FirstOrDefault(p => p is not null) is { } problem ? problem
            : set.Distinct.All(d => d.Aggregate.Place is not null) ? "equal definitions of several files are one type unit, which has the place of one of them"
            : "the debug information does not record where it is declared (DW_AT_decl_file)";

    private static string[] CommonOptions(ImmutableArray<DefiningUnit> units)
    {
        string[][] all = [.. units.Select(u => u.Producer).Distinct(StringComparer.Ordinal).Select(Options)];
        return all.Length == 0 ? [] : [.. all.Skip(1).Aggregate(all[0].AsEnumerable(), (common, options) => common.Intersect(options))];
    }

    // The compiler, and each of its options but the one that differs in every unit; nothing when they are not recorded.
    private static string[] Options(string producer)
    {
        int options = producer.IndexOf(" -", StringComparison.Ordinal);
        return options < 0 ? (producer.Length == 0 ? [] : [producer])
            :
            [
                producer[..options],
                .. producer[options..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(o => !o.StartsWith("-frandom-seed=", StringComparison.Ordinal)),
            ];
    }
}
