using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>Names for tests, each once in a report: engines keep the first of several equal ones.</summary>
internal sealed class TestNames
{
    // A name is a column of a table.
    private const int MostCharacters = 500;

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _last = new(StringComparer.Ordinal);

    /// <summary>A name that was not given before: with a number where it was.</summary>
    /// <param name="group">The name of the group that it counts in.</param>
    /// <param name="name">The name as it should be.</param>
    public string Of(string group, string name)
    {
        string wanted = name.Length == 0 ? "(no name)" : Printable.Shorten(name, MostCharacters);
        string unique = wanted;
        int number = _last.GetValueOrDefault($"{group}\n{wanted}", 1);
        while (!_taken.Add($"{group}\n{unique}"))
        {
            number++;
            unique = $"{wanted} ({number})";
        }

        _last[$"{group}\n{wanted}"] = number;
        return unique;
    }
}
