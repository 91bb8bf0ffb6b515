using System.Text.RegularExpressions;
using LayoutCheck.Tests.Hostile.Fuzzing;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>The comparisons, refusals and failures of one form of one source.</summary>
internal sealed class StructOutcome
{
    /// <summary>Wrong answers, and refusals without an explanation.</summary>
    public List<(GeneratedType Type, string What)> Failures { get; } = [];

    /// <summary>The number of refusals, by reason.</summary>
    public Dictionary<string, int> Refused { get; } = [];

    /// <summary>The number of members compared.</summary>
    public int Compared { get; private set; }

    /// <summary>The number of structs compared.</summary>
    public int Structs { get; private set; }

    /// <summary>The number of wrong answers.</summary>
    public int Wrong { get; private set; }

    /// <summary>Why nothing could be compared, or null.</summary>
    public string? Problem { get; set; }

    /// <summary>Counts a refusal; one without an explanation is a failure.</summary>
    public void Refuse(StructSource source, GeneratedType type, string problem)
    {
        string? reason = StructRefusal.Of(source, type, problem);
        if (reason is null)
        {
            Failures.Add((type, $"refused, and nothing explains it: {type.Name}: {problem}"));
        }

        Count("structs: " + (reason ?? "unexplained: " + Regex.Replace(problem, "0x[0-9a-f]+|[0-9]+", "N")));
    }

    /// <summary>Counts a struct that is not compared.</summary>
    public void Leave(string reason) => Count("structs: " + reason);

    /// <summary>Counts a wrong answer.</summary>
    public void Fail(GeneratedType type, string what)
    {
        Failures.Add((type, what));
        Wrong++;
    }

    /// <summary>Counts a comparison.</summary>
    public void Add(GeneratedType type, StructJudge.Comparison comparison)
    {
        Structs++;
        Compared += comparison.Compared;
        Wrong += comparison.Wrong.Count;
        Failures.AddRange(comparison.Wrong.Select(w => (type, w)));
        foreach (string reason in comparison.Excused)
        {
            Count("members: " + reason);
        }
    }

    private void Count(string reason) => Refused[reason] = Refused.GetValueOrDefault(reason) + 1;
}

/// <summary>The sums of all outcomes of one form.</summary>
internal sealed class StructTotals
{
    /// <summary>The number of structs compared.</summary>
    public int Structs { get; private set; }

    /// <summary>The number of members compared.</summary>
    public long Compared { get; private set; }

    /// <summary>The number of wrong answers.</summary>
    public int Wrong { get; private set; }

    /// <summary>The number of refusals, by reason.</summary>
    public SortedDictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds an outcome, of so many types.</summary>
    public void Add(StructOutcome outcome, int types)
    {
        Structs += outcome.Structs;
        Compared += outcome.Compared;
        Wrong += outcome.Wrong;
        foreach ((string reason, int number) in outcome.Refused)
        {
            Refused[reason] = Refused.GetValueOrDefault(reason) + number;
        }

        if (outcome.Problem is not null)
        {
            Leave("structs: unexplained: the form could not be made", types);
        }
    }

    /// <summary>Counts types that are not compared.</summary>
    public void Leave(string reason, int types) => Refused[reason] = Refused.GetValueOrDefault(reason) + types;
}
