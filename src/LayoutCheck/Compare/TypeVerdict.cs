using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>The comparison of one name in two sources.</summary>
/// <param name="Name">The name.</param>
/// <param name="Pairs">The definitions that were compared, in pairs; one pair where each side has one definition. Pairs that are equal are left out.</param>
/// <param name="Least">The weight that the differences have whichever definitions are meant.</param>
/// <param name="Most">The weight that they may have; equal to <paramref name="Least"/> unless the answer depends on which definitions are meant.</param>
public sealed record TypeVerdict(TypeName Name, ImmutableArray<ComparedPair> Pairs, ChangeClass Least, ChangeClass Most)
{
    /// <summary>Why the two cannot be compared, in one sentence; null when they can.</summary>
    public string? Problem { get; init; }

    /// <summary>The number of different definitions of the name on each side.</summary>
    public (int Old, int New) DefinitionCounts { get; init; } = (1, 1);

    /// <summary>How many members differ in the signedness of plain char alone.</summary>
    public int CharMembers { get; init; }

    /// <summary>The types whose own changes are the causes, when the declaration of this one is the same; else none.</summary>
    public ImmutableArray<TypeName> Causes { get; init; } = [];

    /// <summary>Whether nothing differs and nothing is open.</summary>
    public bool IsSame => Most == ChangeClass.None && Problem is null;

    /// <summary>Whether the declaration is the same, and all changes follow from types that it has by value.</summary>
    public bool IsFollowUp => Problem is null && !Pairs.IsEmpty && Pairs.All(p => p.Changes.IsFollowUp);

    /// <summary>Whether it cannot be told if there is a difference of a weight.</summary>
    public bool IsOpen(ChangeClass weight) => Problem is not null || (Least < weight && Most >= weight);
}

/// <summary>Two definitions of one name, compared.</summary>
/// <param name="Changes">The differences.</param>
/// <param name="Unit">A unit that has the definition, where the name has several; else null.</param>
public sealed record ComparedPair(TypeChanges Changes, string? Unit);

/// <summary>Compares the definitions of one name in two sources, each of which may have several.</summary>
/// <param name="old">The old source.</param>
/// <param name="now">The new source.</param>
internal sealed class NameComparison(ITypeSource old, ITypeSource now)
{
    // So many definitions of one name are compared with each other. A kernel has 3.
    private const int MostDefinitions = 24;

    private readonly ScalarAlignment _oldScalars = old.Scalars;
    private readonly ScalarAlignment _newScalars = now.Scalars;

    /// <summary>Compares the definitions of a name; null when one side has none and nothing is wrong with it.</summary>
    public TypeVerdict? Compare(DefinitionSet left, DefinitionSet right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if ((left.Problem ?? right.Problem) is { } problem)
        {
            return new TypeVerdict(left.Name, [], ChangeClass.None, ChangeClass.Layout) { Problem = problem.Message };
        }

        if (left.Distinct.IsEmpty || right.Distinct.IsEmpty)
        {
            return null;
        }

        try
        {
            return CompareDefinitions(left, right);
        }
        catch (TooManyMembersException e)
        {
            return new TypeVerdict(left.Name, [], ChangeClass.None, ChangeClass.Layout) { Problem = e.Message };
        }
    }

    private TypeVerdict CompareDefinitions(DefinitionSet left, DefinitionSet right)
    {
        if (left.Distinct.Length == 1 && right.Distinct.Length == 1)
        {
            TypeChanges changes = Compare(left.Name, left.Distinct[0], right.Distinct[0]);
            return new TypeVerdict(left.Name, changes.Class == ChangeClass.None ? [] : [new ComparedPair(changes, null)], changes.Class, changes.Class) { CharMembers = changes.CharMembers };
        }

        TypeVerdict verdict = left.Distinct.Length > MostDefinitions || right.Distinct.Length > MostDefinitions
            ? new TypeVerdict(left.Name, [], ChangeClass.None, ChangeClass.Layout) { Problem = $"more than {MostDefinitions} definitions of it differ" }
            : CompareSets(left, right);
        return verdict with { DefinitionCounts = (left.Distinct.Length, right.Distinct.Length) };
    }

    private TypeChanges Compare(TypeName name, TypeDefinition left, TypeDefinition right)
        => TypeDiffer.Compare(name, new ComparedDefinition(left, old.Kind, _oldScalars), new ComparedDefinition(right, now.Kind, _newScalars));

    private TypeVerdict CompareSets(DefinitionSet left, DefinitionSet right)
    {
        TypeChanges[,] all = new TypeChanges[left.Distinct.Length, right.Distinct.Length];
        for (int i = 0; i < all.GetLength(0); i++)
        {
            for (int j = 0; j < all.GetLength(1); j++)
            {
                all[i, j] = Compare(left.Name, left.Distinct[i], right.Distinct[j]);
            }
        }

        int[] lefts = [.. Enumerable.Range(0, all.GetLength(0))];
        int[] rights = [.. Enumerable.Range(0, all.GetLength(1))];
        if (lefts.All(i => rights.Any(j => all[i, j].Class == ChangeClass.None)) && rights.All(j => lefts.Any(i => all[i, j].Class == ChangeClass.None)))
        {
            return new TypeVerdict(left.Name, [], ChangeClass.None, ChangeClass.None) { CharMembers = all[0, 0].CharMembers };
        }

        // BTF has no units.
        if (old.Kind == SourceKind.Dwarf && now.Kind == SourceKind.Dwarf && PairByUnits(left, right) is { } pairs)
        {
            ChangeClass most = pairs.Max(p => all[p.Left, p.Right].Class);
            ImmutableArray<ComparedPair> different =
                [.. pairs.Where(p => all[p.Left, p.Right].Class != ChangeClass.None).Select(p => new ComparedPair(all[p.Left, p.Right], left.Distinct[p.Left].Units[0].Name))];
            return new TypeVerdict(left.Name, different, most, most);
        }

        IEnumerable<TypeChanges> each = all.Cast<TypeChanges>();
        return new TypeVerdict(left.Name, [.. each.Where(c => c.Class != ChangeClass.None).Take(1).Select(c => new ComparedPair(c, left.Distinct[0].Units[0].Name))],
            each.Min(c => c.Class), each.Max(c => c.Class));
    }

    // Each definition of the side that has fewer with the one that has most units of its names; null where a name is in doubt, as always in BTF.
    private static List<(int Left, int Right)>? PairByUnits(DefinitionSet left, DefinitionSet right)
    {
        HashSet<string>[] names = [.. right.Distinct.Select(d => d.Units.Select(u => u.Name).Where(n => n.Length > 0).ToHashSet(StringComparer.Ordinal))];
        List<(int Left, int Right)> pairs = [];
        for (int i = 0; i < left.Distinct.Length; i++)
        {
            int[] common = [.. names.Select(n => left.Distinct[i].Units.Count(u => n.Contains(u.Name)))];
            int best = Array.IndexOf(common, common.Max());
            if (common[best] > 0 && common.Count(c => c == common[best]) == 1)
            {
                pairs.Add((i, best));
            }
        }

        bool isOneToOne = pairs.Count == Math.Min(left.Distinct.Length, right.Distinct.Length) && pairs.DistinctBy(p => p.Right).Count() == pairs.Count;
        return isOneToOne ? pairs : null;
    }
}
