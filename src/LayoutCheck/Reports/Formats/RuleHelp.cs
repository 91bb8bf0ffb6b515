using LayoutCheck.Rules.Catalog;

namespace LayoutCheck.Reports.Formats;

/// <summary>Where a reader of a report finds more about a rule.</summary>
internal static class RuleHelp
{
    /// <summary>The command line that explains a rule; null for an assertion of the command line, which has no more to tell.</summary>
    public static string? Command(Rule rule) => rule.Origin switch
    {
        RuleOrigin.Catalogue => $"layoutcheck explain {Quoted(rule.Id)}",
        RuleOrigin.File => $"layoutcheck explain --rules {Quoted(rule.SourceName)} {Quoted(rule.Id)}",
        _ => null,
    };

    private static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or '@' or ':')
        ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
