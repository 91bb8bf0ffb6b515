using System.Collections.Immutable;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz;

/// <summary>
/// Chooses the cases of a guided run. A case that reached something new is kept, and half of the later cases are kept ones, damaged further: most often
/// those that reached a new edge, for the others are many.
/// </summary>
internal sealed class FuzzGuide(FuzzRun run, EdgeMap edges, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(FuzzRun.Case Case, ImmutableArray<long> Lineage)> _ofEdges = [];
    private readonly List<(FuzzRun.Case Case, ImmutableArray<long> Lineage)> _ofCounts = [];

    /// <summary>The number of cases that reached a new edge, and of those that took a known one more or less often.</summary>
    public (int OfEdges, int OfCounts) KeptCounts => (_ofEdges.Count, _ofCounts.Count);

    /// <summary>The case to run next, and the numbers that <c>FuzzRun.Of</c> makes it of.</summary>
    public (FuzzRun.Case Case, ImmutableArray<long> Lineage) Next(long number)
    {
        var kept = _ofCounts.Count > 0 && _random.Next(3) == 0 ? _ofCounts : _ofEdges;
        if (kept.Count == 0 || _random.Next(2) != 0)
        {
            return (run.At(number), [number]);
        }

        (FuzzRun.Case parent, ImmutableArray<long> lineage) = kept[_random.Next(kept.Count)];
        return (run.Again(parent, number), [.. lineage, number]);
    }

    /// <summary>Keeps a case if it reached something new. The counts start anew.</summary>
    public void Learn(FuzzRun.Case one, ImmutableArray<long> lineage)
    {
        Novelty novelty = edges.Collect();
        if (novelty != Novelty.None)
        {
            // The image can be megabytes of zeros; damage starts from the draft.
            (novelty == Novelty.Edge ? _ofEdges : _ofCounts).Add((one.Image is null ? one : one with { Image = [] }, lineage));
        }
    }
}
