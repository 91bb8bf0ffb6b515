using System.Collections.Immutable;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz;

/// <summary>
/// Chooses the cases of a guided run. A case that reached something new is kept, and half of the later cases are kept ones, damaged further.
/// </summary>
internal sealed class FuzzGuide(FuzzRun run, EdgeMap edges, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<(FuzzRun.Case Case, ImmutableArray<long> Lineage)> _kept = [];

    /// <summary>The number of cases that took an edge, or took one a number of times, that no case before had.</summary>
    public int KeptCount => _kept.Count;

    /// <summary>The case to run next, and the numbers that <c>FuzzRun.Of</c> makes it of.</summary>
    public (FuzzRun.Case Case, ImmutableArray<long> Lineage) Next(long number)
    {
        if (_kept.Count == 0 || _random.Next(2) != 0)
        {
            return (run.At(number), [number]);
        }

        (FuzzRun.Case parent, ImmutableArray<long> lineage) = _kept[_random.Next(_kept.Count)];
        return (run.Again(parent, number), [.. lineage, number]);
    }

    /// <summary>Keeps a case if it reached something new. The counts start anew.</summary>
    public void Learn(FuzzRun.Case one, ImmutableArray<long> lineage)
    {
        if (edges.Collect())
        {
            // The image can be megabytes of zeros; damage starts from the draft.
            _kept.Add((one.Image is null ? one : one with { Image = [] }, lineage));
        }
    }
}
