using System.Reflection;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>
/// Leads the cases to code that none before has reached: a case that took a new branch is kept, and half of those that follow are such ones, damaged
/// further. What was reached is told by the counters that coverlet has put into the library; without them there is no guide.
/// </summary>
internal sealed class FuzzGuide
{
    private readonly FuzzRun _run;
    private readonly Random _random;
    private readonly int[] _hits;
    private readonly bool[] _isKnown;
    private readonly List<FuzzRun.Case> _kept = [];

    private FuzzGuide(FuzzRun run, int seed, int[] hits)
    {
        _run = run;
        _random = new Random(seed);
        _hits = hits;
        _isKnown = new bool[hits.Length];
    }

    /// <summary>How many cases reached what none before had.</summary>
    public int KeptCount => _kept.Count;

    /// <summary>How many counters there are, and how many were reached.</summary>
    public (int Reached, int All) Counters => (_isKnown.Count(k => k), _isKnown.Length);

    /// <summary>A guide, or null where nothing is counted.</summary>
    public static FuzzGuide? Of(FuzzRun run, int seed)
        => typeof(KernelImage).Assembly.GetTypes().FirstOrDefault(t => t.Namespace == "Coverlet.Core.Instrumentation.Tracker")
            ?.GetField("HitsArray", BindingFlags.Static | BindingFlags.Public)?.GetValue(null) is int[] hits ? new FuzzGuide(run, seed, hits) : null;

    /// <summary>The case to run next.</summary>
    public FuzzRun.Case Next(long number)
        => _kept.Count > 0 && _random.Next(2) == 0 ? _run.Again(_kept[_random.Next(_kept.Count)], _random) : _run.At(number);

    /// <summary>Looks at what a case has reached, and keeps it if that is new.</summary>
    public void Learn(FuzzRun.Case one)
    {
        bool isNew = false;
        for (int i = 0; i < _hits.Length; i++)
        {
            if (_hits[i] > 0 && !_isKnown[i])
            {
                isNew = _isKnown[i] = true;
            }
        }

        if (isNew)
        {
            _kept.Add(one);
        }
    }
}
