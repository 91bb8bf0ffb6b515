using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// The facts that the debug information leaves open in one check (the dimensions of an array, an alignment), and the case that is tried. A check with one
/// outcome in every case is decided.
/// </summary>
internal sealed class OpenFacts
{
    /// <summary>How many cases are tried. Past it the check is undecided.</summary>
    public const int MostCases = 1024;

    private readonly List<(string Key, ImmutableArray<ulong> Values, int Index)> _facts = [];
    private readonly List<string> _doubts = [];
    private int _cases = 1;

    /// <summary>
    /// Whether an alignment that the debug information cannot record is tried besides the natural one: to find whether a violation rests on its absence.
    /// </summary>
    public bool TriesDeclaredAlignments { get; init; }

    /// <summary>Whether anything was open so far.</summary>
    public bool Any => _doubts.Count > 0;

    /// <summary>Why each is open, each reason once, in clauses.</summary>
    public string Doubts => string.Join("; ", _doubts);

    /// <summary>The value of one fact in this case; in the first case, the first of its values.</summary>
    /// <param name="key">Names the fact.</param>
    /// <param name="values">Its possible values, not empty; the same for every call with this key.</param>
    /// <param name="doubt">Why it is open, in a clause.</param>
    public ulong Choose(string key, Func<ImmutableArray<ulong>> values, string doubt)
    {
        foreach ((string known, ImmutableArray<ulong> its, int index) in _facts)
        {
            if (known == key)
            {
                return its[index];
            }
        }

        _facts.Add((key, values(), 0));
        if (!_doubts.Contains(doubt))
        {
            _doubts.Add(doubt);
        }

        return _facts[^1].Values[0];
    }

    /// <summary>
    /// The first dimension of an array that BTF has as one of so many elements: a divisor of their number, as all elements of an array are of one shape.
    /// </summary>
    public ulong FirstDimension(string array, ulong elements) => Choose(array, () => Divisors(elements), Flattened(array, elements));

    /// <summary>Why the dimensions of an array are open, in a clause.</summary>
    public static string Flattened(string array, ulong elements) => $"BTF has {array} as one array of {elements} elements, as it has arrays of arrays too";

    /// <summary>Goes on to the next case; false when there is none.</summary>
    /// <param name="isTooMany">Whether there are more, but too many to try.</param>
    public bool Next(out bool isTooMany)
    {
        isTooMany = false;

        // Facts behind the one that changes are dropped: they may not be met again.
        while (_facts.Count > 0 && _facts[^1].Index == _facts[^1].Values.Length - 1)
        {
            _facts.RemoveAt(_facts.Count - 1);
        }

        if (_facts.Count == 0)
        {
            return false;
        }

        (string key, ImmutableArray<ulong> values, int index) = _facts[^1];
        _facts[^1] = (key, values, index + 1);
        isTooMany = ++_cases > MostCases;
        return !isTooMany;
    }

    // Largest first.
    private static ImmutableArray<ulong> Divisors(ulong number)
    {
        List<ulong> small = [];
        List<ulong> large = [];
        for (ulong divisor = 1; divisor <= number / divisor; divisor++)
        {
            if (number % divisor == 0)
            {
                small.Add(divisor);
                if (number / divisor != divisor)
                {
                    large.Add(number / divisor);
                }
            }
        }

        return [.. large, .. Enumerable.Reverse(small)];
    }
}
