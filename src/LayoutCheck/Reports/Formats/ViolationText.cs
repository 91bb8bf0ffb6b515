using System.Collections.Immutable;
using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// A violated rule in a check's text: its title; for each check the members with their places, a map where two of them are told from each other by it, what breaks, and
/// the assertion; then what to do.
/// </summary>
internal static class ViolationText
{
    private const string Indent = "  ";

    // A check of a whole layout looks at hundreds of members.
    private const int MostOfOneCheck = 4;

    /// <summary>Writes a rule below an empty line.</summary>
    /// <param name="report">The report, for the source lines of members.</param>
    /// <param name="result">The rule.</param>
    /// <param name="violated">Its checks that are violated, or those that are warnings.</param>
    /// <param name="text">The lines.</param>
    public static void Write(CheckReport report, RuleResult result, ImmutableArray<CheckResult> violated, FoldedText text)
    {
        bool isError = violated[0].Outcome == Outcome.Violated;
        text.Gap();
        text.Row(isError ? "VIOLATED" : "warning", Title(result.Rule), 4, isError ? text.Style.Bad : text.Style.Warning, text.Style.Bold);
        foreach (CheckResult check in violated)
        {
            Write(report, check, text);
        }

        WriteRemedy(result.Rule, text);
    }

    /// <summary>The title of a rule with its id, behind the word for the outcome.</summary>
    public static string Title(Rule rule) => $" {Printable.Escape(rule.Title)} ({Printable.Escape(rule.Id)})";

    /// <summary>Writes a named line.</summary>
    public static void Field(string name, string value, FoldedText text) => text.Row($"{Indent}{name,-8}  ", value, 12, text.Style.Dim);

    private static void Write(CheckReport report, CheckResult check, FoldedText text)
    {
        ImmutableArray<Observation> places = [.. check.Observed.Where(o => o.Fact == ObservedFact.ByteOffset && o.SubjectByteSize is not null).DistinctBy(o => o.Subject)];
        WriteMembers(report, check, places, text);
        bool isDrawn = places is [var first, var second] && IsOfOneRuler(check, first, second) && OverlayMap.Write(first, second, text);

        // Where two members differ in their places, the rows and the map say all of it.
        if (!isDrawn || !IsOfDifferentPlaces(check, places[0], places[1]))
        {
            Field("seen", Printable.Escape(check.Reason), text);
        }

        if (check.Consequence is { } consequence)
        {
            Field(check.Caution is null ? "breaks" : "but", Printable.Escape(consequence), text);
        }

        Field("rule", Printable.Escape(check.Check.Expression.Text), text);
    }

    // A row a member: its place, its size, and where it is declared.
    private static void WriteMembers(CheckReport report, CheckResult check, ImmutableArray<Observation> places, FoldedText text)
    {
        IEnumerable<string> placed = places.Select(p => p.Subject).Where(s => places.Length <= MostOfOneCheck || report.Places.ContainsKey(s));
        string[] subjects = [.. placed.Concat(check.Observed.Select(o => o.Subject).Where(report.Places.ContainsKey)).Distinct()];
        string[][] rows = [.. subjects.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, 3).Select(i => rows.Select(r => r[i].Length).DefaultIfEmpty().Max())];
        foreach (string[] row in rows)
        {
            string cells = string.Concat(row.Take(3).Select((cell, i) => widths[i] == 0 ? "" : cell.PadRight(widths[i] + 2)));
            text.Row(Indent, (cells + row[3]).TrimEnd(), 4);
        }

        string[] Row(string subject)
        {
            Observation? place = places.FirstOrDefault(p => p.Subject == subject);
            ulong? size = place?.SubjectByteSize ?? check.Observed.FirstOrDefault(o => o.Subject == subject && o.Fact == ObservedFact.ByteSize)?.Number;
            return
            [
                Printable.Escape(subject),
                place is null ? "" : string.Create(CultureInfo.InvariantCulture, $"@{place.Number}"),
                size is { } bytes ? Printable.Count(bytes, "byte") : "",
                report.Places.TryGetValue(subject, out Types.SourcePlace? declared) ? Printable.Escape($"{declared.File}:{declared.Line}") : "",
            ];
        }
    }

    // Where an assertion adds to a place, the two members do not lie under one ruler.
    private static bool IsOfOneRuler(CheckResult check, Observation first, Observation second)
        => IsOfDifferentPlaces(check, first, second) || check.Reason.Contains(" overlap", StringComparison.Ordinal)
            || check.Observed.Any(o => o.Fact == ObservedFact.Sharers);

    private static bool IsOfDifferentPlaces(CheckResult check, Observation first, Observation second) => check.Reason == $"{first} differs from {second}";

    private static void WriteRemedy(Rule rule, FoldedText text)
    {
        string fix = FirstParagraph(rule.Fix);
        if (rule.Origin == RuleOrigin.Catalogue)
        {
            Field("to do", $"{Printable.Escape(fix)}{(fix.Length > 0 ? " " : "")}(More: layoutcheck explain {Printable.Escape(rule.Id)})", text);
            return;
        }

        if (fix.Length > 0)
        {
            Field("to do", Printable.Escape(fix), text);
        }

        if (RuleHelp.Command(rule) is { } command)
        {
            // A command for a shell is not folded.
            text.Output.WriteLine($"{Indent}{"more",-8}  {Printable.Escape(command)}");
        }
    }

    private static string FirstParagraph(string markdown)
    {
        string paragraph = markdown.Split("\n\n")[0];
        return string.Join(' ', paragraph.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
