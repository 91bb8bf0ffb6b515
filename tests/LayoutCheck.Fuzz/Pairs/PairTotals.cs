namespace LayoutCheck.Fuzz.Pairs;

/// <summary>The sums of all comparisons of one form. Any thread may add.</summary>
internal sealed class PairTotals
{
    private readonly Lock _lock = new();

    /// <summary>The number of pairs compared.</summary>
    public int Pairs { get; private set; }

    /// <summary>The number of those that differ.</summary>
    public int Different { get; private set; }

    /// <summary>The number of changes found.</summary>
    public long Claims { get; private set; }

    /// <summary>The number of wrong changes, and of those that were not found.</summary>
    public int Wrong { get; private set; }

    /// <summary>The number of pairs that are not compared, by reason.</summary>
    public SortedDictionary<string, int> LeftOut { get; } = new(StringComparer.Ordinal);

    /// <summary>Counts a comparison.</summary>
    public void Add(int claims, bool isDifferent, int wrong)
    {
        lock (_lock)
        {
            Pairs++;
            Claims += claims;
            Different += isDifferent ? 1 : 0;
            Wrong += wrong;
        }
    }

    /// <summary>Counts a pair that is not compared.</summary>
    public void Leave(string reason)
    {
        lock (_lock)
        {
            LeftOut[reason] = LeftOut.GetValueOrDefault(reason) + 1;
        }
    }
}
