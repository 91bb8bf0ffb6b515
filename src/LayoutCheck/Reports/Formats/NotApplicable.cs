using System.Text.RegularExpressions;

namespace LayoutCheck.Reports.Formats;

/// <summary>Why checks do not apply, for people: each reason once, and what they have in common said once. JSON has every check's own.</summary>
internal static partial class NotApplicable
{
    /// <summary>The reasons of some checks in one line.</summary>
    public static string Summarise(IEnumerable<string> reasons)
    {
        List<string> beginnings = [];
        Dictionary<string, List<string>> names = new(StringComparer.Ordinal);
        HashSet<(string Beginning, string Name)> told = [];
        foreach (string reason in reasons)
        {
            // "... (2 definitions of struct page differ, but agree on this)" is said where the definitions are.
            string plain = Agreement().Replace(reason, "");
            MatchCollection clauses = Clause().Matches(plain);
            if (clauses.Sum(c => c.Length) != plain.Length)
            {
                Add(plain, null);
                continue;
            }

            foreach (Match clause in clauses)
            {
                Add(clause.Groups["beginning"].Value, clause.Groups["name"].Value);
            }
        }

        return string.Join("; ", beginnings.Select(b => names[b].Count == 0 ? b : $"{b} {string.Join(", ", names[b])}"));

        void Add(string beginning, string? name)
        {
            if (!names.TryGetValue(beginning, out List<string>? known))
            {
                beginnings.Add(beginning);
                names.Add(beginning, known = []);
            }

            if (name is not null && told.Add((beginning, name)))
            {
                known.Add(name);
            }
        }
    }

    [GeneratedRegex(@" \([^()]* agree on this\)$")]
    private static partial Regex Agreement();

    // As the evaluator says it, several joined by a comma.
    [GeneratedRegex(@"(?:^|, )(?<beginning>(?:struct|union) \w+ has no member|the image has no C definition of) (?<name>(?:(?:struct|union) )?[\w.]+)(?=, |$)")]
    private static partial Regex Clause();
}
