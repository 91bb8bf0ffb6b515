namespace LayoutCheck.Reports.Formats;

/// <summary>Names for tests, each once in a report: engines keep the first of several equal ones.</summary>
internal sealed class TestNames
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>A name that was not given before: with a number where it was.</summary>
    /// <param name="group">The name of the group that it counts in.</param>
    /// <param name="name">The name as it should be.</param>
    public string Of(string group, string name)
    {
        string unique = name.Length == 0 ? "(no name)" : name;
        for (int number = 2; !_taken.Add($"{group}\n{unique}"); number++)
        {
            unique = $"{name} ({number})";
        }

        return unique;
    }
}
