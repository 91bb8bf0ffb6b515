using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="DiffReport"/> as a page: the verdict, each type with its members, and what follows from them.</summary>
internal static class DiffHtml
{
    private const int MostNamed = 12;

    // A browser does not scroll through nine thousand tables.
    private const int MostTypes = 200;
    private const int MostRows = 400;

    /// <summary>Writes the page.</summary>
    public static void Write(DiffReport report, Stream output)
    {
        using HtmlPage page = new(output, report.Headline());
        page.Verdict(report.ExitCode, $"exit code {(int)report.ExitCode}; counted are differences by --fail-on {report.FailOnWord}");
        Comparison types = report.Types;
        page.Html.Element("p", $"{types.SameCount} same, {Printable.Count((ulong)types.Different.Length, "type")} not; {types.OnlyOld.Length} only in the old image, {types.OnlyNew.Length} only in the new one.");
        if (types.Chars.Members > 0)
        {
            page.Html.Element("p", $"char changed its signedness: {Printable.Count((ulong)types.Chars.Members, "member")} of {Printable.Count((ulong)types.Chars.Types, "type")}, not listed below.");
        }

        WriteTypes(types, report.Limit, page, "");
        WriteNames("Only in the old image", report.Asked.IsEmpty ? [] : types.OnlyOld, page);
        WriteNames("Only in the new image", report.Asked.IsEmpty ? [] : types.OnlyNew, page);
        WriteNames("In neither image", report.Missing, page);
        WriteRules(report, page);
        if (!report.Histories.IsEmpty)
        {
            page.Html.Element("h2", "History").Start("ul");
            foreach (QuotedHistory history in report.Histories)
            {
                page.Html.Element("li", $"{history.Type.Name}: {history.Sentence}");
            }

            page.Html.EndLine();
        }

        page.Html.Element("h2", "Where the facts come from");
        FactsHtml.Write(page, [.. Facts("Old", report.Old), .. Facts("New", report.New)]);
    }

    /// <summary>Writes the types of a comparison that differ, those with changes of their own first.</summary>
    /// <param name="types">The comparison.</param>
    /// <param name="limit">The most types; 0 for as many as a page takes.</param>
    /// <param name="page">The page.</param>
    /// <param name="prefix">What is before captions; or empty.</param>
    public static void WriteTypes(Comparison types, int limit, HtmlPage page, string prefix)
    {
        ILookup<TypeName, TypeName> followers = types.Different.SelectMany(t => t.Causes.Select(c => (Cause: c, t.Name))).ToLookup(p => p.Cause, p => p.Name);
        HashSet<TypeName> asked = [.. types.Asked];
        TypeVerdict[] shown = [.. types.Different.Where(t => t.Causes.IsEmpty || asked.Contains(t.Name)).OrderByDescending(t => asked.Contains(t.Name)).ThenByDescending(t => t.Most)
            .ThenByDescending(t => followers[t.Name].Count()).ThenBy(t => t.Name.Name, StringComparer.Ordinal)];
        int most = limit == 0 ? MostTypes : Math.Min(limit, MostTypes);
        foreach (TypeVerdict verdict in shown.Take(most))
        {
            WriteType(verdict, page, prefix);
            if (followers[verdict.Name].ToArray() is { Length: > 0 } affected)
            {
                page.Html.Element("p", $"{Printable.Count((ulong)affected.Length, "type")} {(affected.Length == 1 ? "has" : "have")} it inside: {Names(affected)}", ("class", "quiet"));
            }
        }

        if (shown.Length > most)
        {
            page.Html.Element("p", $"and {shown.Length - most} more types, which JSON lists", ("class", "quiet"));
        }

        if (!types.Accepted.IsEmpty)
        {
            page.Table($"{prefix}Differences that are accepted", ["type", "why"], types.Accepted.Take(MostRows)
                .Select(a => (IReadOnlyList<HtmlCell>)[new HtmlCell(a.Type.Name.ToString(), "code"), a.Entry.Reason]));
        }
    }

    private static string Names(TypeName[] names) => string.Join(", ", names.Take(MostNamed).Select(n => n.ToString())) + (names.Length > MostNamed ? $" and {names.Length - MostNamed} more" : "");

    private static void WriteType(TypeVerdict verdict, HtmlPage page, string prefix)
    {
        string name = verdict.Name.ToString();
        page.Html.Element(prefix.Length > 0 ? "h4" : "h2", name);
        if (verdict.Problem is { } problem)
        {
            page.Verdict(ExitCode.Undecided, problem);
            return;
        }

        if (verdict.Least != verdict.Most)
        {
            page.Html.Element("p", $"Cannot tell: there are {verdict.DefinitionCounts.Old} definitions in the old image and {verdict.DefinitionCounts.New} in the new one, and the answer depends on which is meant.");
        }

        int number = 0;
        foreach (ComparedPair pair in verdict.Pairs)
        {
            number++;
            string unit = pair.Unit is { Length: > 0 } known ? $" (as in {known})" : "";
            string many = verdict.Pairs.Length > 1 ? $", pair {number}" : "";
            DiffRow[] rows = [.. DiffRow.Of(pair.Changes).Take(MostRows + 1)];
            page.Table($"{prefix}{name}{unit}{many}: {DiffText.Sentence(pair.Changes)}", ["byte", "member", "type"], rows.Take(MostRows)
                .Select(r => (IReadOnlyList<HtmlCell>)[new HtmlCell(r.Place.Length > 0 ? r.Place : "inside", "number"), new HtmlCell(r.What, "code"), new HtmlCell(r.Detail, "code")]));
            if (rows.Length > MostRows)
            {
                page.Html.Element("p", "and more members, which JSON lists", ("class", "quiet"));
            }
        }
    }

    private static void WriteNames(string heading, IReadOnlyCollection<TypeName> names, HtmlPage page)
    {
        if (names.Count > 0)
        {
            page.Html.Element("h2", heading).Element("p", string.Join(", ", names.Select(n => n.ToString())));
        }
    }

    private static void WriteRules(DiffReport report, HtmlPage page)
    {
        if (!report.Rules.IsEmpty)
        {
            page.Html.Element("h2", "Rules");
            page.Table("Rules with another outcome", ["rule", "old", "new", "why"], report.Rules.Select(r => (IReadOnlyList<HtmlCell>)
                [new HtmlCell(r.Id, "code"), Word(r.Old), new HtmlCell(Word(r.New), r.New == Outcome.Violated ? "bad" : null), r.Reason ?? ""]));
        }
    }

    private static string Word(Outcome outcome) => outcome == Outcome.NotApplicable ? "not applicable" : outcome.ToString().ToLowerInvariant();

    private static IEnumerable<(string Label, string Words)> Facts(string side, ComparedImage image)
    {
        yield return ($"{side} file", image.File);
        yield return ($"{side} kernel", image.Image?.Release ?? "the image does not tell its release");
        yield return ($"{side} build id", image.Image?.BuildIdInWords ?? "none recorded");
        yield return ($"{side} debug information", image.SourceName);
        foreach ((string label, string words) in Provenance.Others(image.Files))
        {
            yield return ($"{side}: {label}", words);
        }
    }
}
