using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Compare;

/// <summary>The comparison of many types of two sources.</summary>
/// <param name="Different">The names that differ, or of which it is not known, in ordinal order.</param>
/// <param name="ComparedCount">How many names both have.</param>
/// <param name="OnlyOld">The names that the old source alone defines.</param>
/// <param name="OnlyNew">The names that the new source alone defines.</param>
public sealed record Comparison(ImmutableArray<TypeVerdict> Different, int ComparedCount, ImmutableArray<TypeName> OnlyOld, ImmutableArray<TypeName> OnlyNew)
{
    /// <summary>How many members, in how many types, differ in the signedness of plain char alone.</summary>
    public (int Members, int Types) Chars { get; init; }

    /// <summary>Of some types, the names that were asked for as they are compared: with the keyword of their tag. Of all types, none.</summary>
    public ImmutableArray<TypeName> Asked { get; init; } = [];

    /// <summary>The names whose differences are accepted, with the entry for each; they are no part of <see cref="Different"/>.</summary>
    public ImmutableArray<(TypeVerdict Type, AcceptedDifference Entry)> Accepted { get; init; } = [];

    /// <summary>The entries of accepted differences that cover nothing.</summary>
    public ImmutableArray<StaleEntry> Stale { get; init; } = [];

    /// <summary>The names that were asked for and that neither source defines.</summary>
    public ImmutableArray<TypeName> Missing { get; init; } = [];

    /// <summary>How many names are the same.</summary>
    public int SameCount => ComparedCount - Different.Length - Accepted.Length;

    /// <summary>How many names have differences of a weight and no more, or less.</summary>
    public int Count(ChangeClass weight) => Different.Count(d => d.Problem is null && d.Least == weight && d.Most == weight);

    /// <summary>The same without the differences that are accepted, and those that follow from accepted ones alone.</summary>
    public Comparison Accept(IReadOnlyCollection<AcceptedDifference> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Dictionary<string, AcceptedDifference> bySubject = entries.ToDictionary(e => e.Subject, StringComparer.Ordinal);
        Dictionary<TypeName, AcceptedDifference> covered = [];
        List<StaleEntry> stale = [];
        foreach (TypeVerdict verdict in Different.Where(v => v.Problem is null && v.Causes.IsEmpty))
        {
            if (bySubject.TryGetValue(verdict.Name.ToString(), out AcceptedDifference? entry))
            {
                if (entry.Covers(AcceptFile.Lines(verdict)))
                {
                    covered.Add(verdict.Name, entry);
                }
                else
                {
                    stale.Add(StaleEntry.OtherDifference(entry));
                }
            }
        }

        HashSet<string> different = [.. Different.Select(v => v.Name.ToString())];
        HashSet<string> asked = [.. Asked.Select(n => n.ToString())];
        stale.AddRange(entries.Where(e => !different.Contains(e.Subject) && (asked.Count == 0 || asked.Contains(e.Subject)))
            .Select(e => new StaleEntry(e, $"nothing of {e.Subject} differs: the entry can go")));
        stale.AddRange(Different.Where(v => !v.Causes.IsEmpty || v.Problem is not null).Select(v => bySubject.GetValueOrDefault(v.Name.ToString())).OfType<AcceptedDifference>()
            .Select(e => new StaleEntry(e, $"{e.Subject} has no difference of its own to accept")));
        foreach (TypeVerdict follower in Different.Where(v => !v.Causes.IsEmpty && v.Causes.All(covered.ContainsKey)).ToArray())
        {
            covered.Add(follower.Name, covered[follower.Causes[0]]);
        }

        return this with
        {
            Different = [.. Different.Where(v => !covered.ContainsKey(v.Name))],
            Accepted = [.. Different.Where(v => covered.ContainsKey(v.Name)).Select(v => (v, covered[v.Name]))],
            Stale = [.. stale],
        };
    }

    /// <summary>The differences as entries to accept, those left out that follow from others or that cannot be told.</summary>
    public IEnumerable<AcceptedDifference> ToAccept(string reason)
        => Different.Where(v => v.Problem is null && v.Causes.IsEmpty && v.Least == v.Most)
            .Select(v => new AcceptedDifference(v.Name.ToString(), reason, AcceptFile.Lines(v), ""));

    /// <summary>Compares all structs and unions that both sources define. Types are compared one by one and let go, so that memory does not grow with them.</summary>
    /// <param name="old">The old source.</param>
    /// <param name="now">The new source.</param>
    /// <param name="pool">The worker threads; the answer does not depend on their number.</param>
    /// <param name="done">Told how much of the comparing is done, from 0 to 1; null for no one.</param>
    /// <exception cref="InvalidImageException">A source is damaged or not understood.</exception>
    internal static Comparison OfAll(ITypeSource old, ITypeSource now, WorkerPool pool, Action<double>? done = null)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(now);
        ArgumentNullException.ThrowIfNull(pool);
        ITypeCensus left = old.TakeCensus(pool);
        ITypeCensus right = now.TakeCensus(pool);
        List<(int Left, int Right)> common = Common(left.Names, right.Names, out List<TypeName> onlyOld, out List<TypeName> onlyNew);
        TypeVerdict?[] verdicts = new TypeVerdict?[common.Count];
        NameComparison names = new(old, now);
        int next = -1;
        pool.RunOnAll(_ =>
        {
            using ICensusReader leftReader = left.OpenReader();
            using ICensusReader rightReader = right.OpenReader();
            for (int i = Interlocked.Increment(ref next); i < verdicts.Length; i = Interlocked.Increment(ref next))
            {
                verdicts[i] = names.Compare(leftReader.Read(common[i].Left), rightReader.Read(common[i].Right));
                done?.Invoke((double)i / verdicts.Length);
            }
        });
        return Of(verdicts, onlyOld, onlyNew);
    }

    /// <summary>Compares some types, and those that they have by value, as far as these changed.</summary>
    /// <param name="old">The old source.</param>
    /// <param name="now">The new source.</param>
    /// <param name="names">The types. One that neither source defines is left out; the caller tells.</param>
    /// <param name="pool">The worker threads.</param>
    /// <exception cref="InvalidImageException">A source is damaged or not understood.</exception>
    internal static Comparison OfSome(ITypeSource old, ITypeSource now, IReadOnlyList<TypeName> names, WorkerPool pool)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(now);
        NameComparison comparison = new(old, now);
        List<TypeVerdict?> verdicts = [];
        List<TypeName> asked = [];
        List<TypeName> missing = [];
        List<TypeName> onlyOld = [];
        List<TypeName> onlyNew = [];
        HashSet<TypeName> known = [];
        bool isAsked = true;
        for (IReadOnlyList<TypeName> wanted = [.. names.Distinct()]; wanted.Count > 0; isAsked = false)
        {
            ImmutableArray<DefinitionSet> left = old.FindAll(wanted, pool).Sets;
            ImmutableArray<DefinitionSet> right = now.FindAll(wanted, pool).Sets;
            List<TypeName> inner = [];
            for (int i = 0; i < wanted.Count; i++)
            {
                TypeName name = Tagged(wanted[i], left[i], right[i]);
                asked.AddRange(isAsked ? [name] : []);
                if (!known.Add(name))
                {
                    continue;
                }

                if (comparison.Compare(left[i] with { Name = name }, right[i]) is { } verdict)
                {
                    verdicts.Add(verdict);
                    inner.AddRange(verdict.Pairs.SelectMany(p => p.Changes.Inner).Select(c => c.Type));
                }
                else if (left[i].Distinct.Length + right[i].Distinct.Length > 0)
                {
                    (left[i].Distinct.IsEmpty ? onlyNew : onlyOld).Add(name);
                }
                else if (isAsked)
                {
                    missing.Add(name);
                }
            }

            wanted = [.. inner.Distinct().Where(n => !known.Contains(n))];
        }

        return Of([.. verdicts], onlyOld, onlyNew) with { Asked = [.. asked], Missing = [.. missing] };
    }

    // A bare name is that of the tag that both sides have under it.
    private static TypeName Tagged(TypeName name, DefinitionSet left, DefinitionSet right)
    {
        TypeName[] tags = [.. left.Distinct.Concat(right.Distinct).Select(d => d.Aggregate).Select(a => a.Name is { } tag ? new TypeName(TypeName.KindOf(a.Kind), tag) : name).Distinct()];
        return tags is [var only] && only.Name == name.Name ? only : name;
    }

    private static Comparison Of(TypeVerdict?[] verdicts, List<TypeName> onlyOld, List<TypeName> onlyNew)
    {
        TypeVerdict[] all = [.. verdicts.OfType<TypeVerdict>()];
        int[] chars = [.. all.Select(v => v.CharMembers).Where(n => n > 0)];
        return new Comparison(WithCauses([.. all.Where(v => !v.IsSame)]), all.Length, [.. onlyOld], [.. onlyNew]) { Chars = (chars.Sum(), chars.Length) };
    }

    // A type that only follows leads to the types that it has by value, and through those that only follow too, to the ones with changes of their own.
    private static ImmutableArray<TypeVerdict> WithCauses(TypeVerdict[] verdicts)
    {
        Dictionary<TypeName, TypeVerdict> byName = verdicts.ToDictionary(v => v.Name);
        Dictionary<TypeName, ImmutableArray<TypeName>> known = [];
        return [.. verdicts.Select(v => v.IsFollowUp ? v with { Causes = CausesOf(v) } : v)];

        ImmutableArray<TypeName> CausesOf(TypeVerdict verdict)
        {
            if (!known.TryGetValue(verdict.Name, out ImmutableArray<TypeName> causes))
            {
                // Definitions contain no circle by value, but several of one name may seem to.
                known[verdict.Name] = [];
                causes = [.. verdict.Pairs.SelectMany(p => p.Changes.Inner).Select(c => c.Type).Distinct()
                    .SelectMany(t => byName.TryGetValue(t, out TypeVerdict? inner) && inner.IsFollowUp ? CausesOf(inner) : [t]).Distinct()];
                known[verdict.Name] = causes;
            }

            return causes;
        }
    }

    // Both lists are in ordinal order.
    private static List<(int Left, int Right)> Common(ImmutableArray<TypeName> left, ImmutableArray<TypeName> right, out List<TypeName> onlyLeft, out List<TypeName> onlyRight)
    {
        List<(int, int)> common = [];
        (onlyLeft, onlyRight) = ([], []);
        int i = 0;
        int j = 0;
        while (i < left.Length || j < right.Length)
        {
            int order = i == left.Length ? 1 : j == right.Length ? -1 : string.CompareOrdinal(left[i].Name, right[j].Name) is not 0 and var byName ? byName : left[i].Kind.CompareTo(right[j].Kind);
            if (order == 0)
            {
                common.Add((i++, j++));
            }
            else if (order < 0)
            {
                onlyLeft.Add(left[i++]);
            }
            else
            {
                onlyRight.Add(right[j++]);
            }
        }

        return common;
    }
}
