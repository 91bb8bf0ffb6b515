using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="AuditReport"/> as a page: the verdict, the differences with the units that have them, and the names that need no look.</summary>
internal static class AuditHtml
{
    private const int MostWhole = 200;
    private const int MostRows = 2000;
    private const int MostUnits = 5;
    private const int MostTwins = 100;
    private const int MostDifferences = 20;

    /// <summary>Writes the page.</summary>
    public static void Write(AuditReport report, Stream output)
    {
        using HtmlPage page = new(output, report.Headline());
        page.Verdict(report.ExitCode, $"exit code {(int)report.ExitCode}; {Printable.Count((ulong)report.NameCount, "name")} in {Printable.Count((ulong)report.DefinitionCount, "definition")}, "
            + $"{report.AgreeingCount} with one definition");
        AuditedType[] whole = [.. report.Types.Where(t => t.Outcome is AuditOutcome.TwoWays or AuditOutcome.Unreadable or AuditOutcome.Undecided).OrderBy(t => t.Outcome)];
        foreach (AuditedType type in whole.Take(MostWhole))
        {
            page.Html.Element("h2", type.Name.ToString()).Start("p");
            page.Badge(Word(type.Outcome), type.Outcome == AuditOutcome.Undecided ? "open" : "bad");
            page.Html.Text(type.Reason + (type.Doubt is { } doubt ? $" ({doubt})" : "")).EndLine();
            if (!type.Variants.IsEmpty)
            {
                page.Table($"Definitions of {type.Name}", ["bytes", "declared", "units", "differs"], type.Variants.Select(v => (IReadOnlyList<HtmlCell>)
                    [new HtmlCell(v.ByteSize.ToString(CultureInfo.InvariantCulture), "number"), Place(v), Units(v), v.Difference ?? ""]));
            }
        }

        if (whole.Length > MostWhole)
        {
            page.Html.Element("p", $"and {whole.Length - MostWhole} more names, which JSON lists", ("class", "quiet"));
        }

        AuditedType[] quiet = [.. report.Types.Where(t => t.Outcome is AuditOutcome.Accepted or AuditOutcome.Private)];
        if (quiet.Length > 0)
        {
            page.Html.Element("h2", "Differences that need no look");
            page.Table("Accepted differences, and private structs of one name", ["type", "outcome", "why"], quiet.Take(MostRows).Select(t => (IReadOnlyList<HtmlCell>)
                [new HtmlCell(t.Name.ToString(), "code"), Word(t.Outcome), t.Outcome == AuditOutcome.Accepted ? $"{t.Reason} ({t.AcceptedBy})" : string.Join(", ", t.Variants.Select(Place))]));
            if (quiet.Length > MostRows)
            {
                page.Html.Element("p", $"and {quiet.Length - MostRows} more names, which JSON lists", ("class", "quiet"));
            }
        }

        WriteTwins(report, page);
        if (report.Agreement is { } agreement)
        {
            page.Html.Element("h2", "Agreement of the two debug formats");
            page.Verdict(agreement.ExitCode, agreement.Headline());
            DiffHtml.WriteTypes(agreement.Types, agreement.Limit, page, "Agreement: ");
        }

        page.Html.Element("h2", "Where the facts come from");
        FactsHtml.Write(page, FactsHtml.Of(report, report.Source, report.HasOtherSource));
    }

    private static void WriteTwins(AuditReport report, HtmlPage page)
    {
        if (report.Twins is not { } twins)
        {
            return;
        }

        page.Html.Element("h2", "Rust twins");
        page.Verdict(twins.ExitCode, twins.Headline());
        foreach (Compare.TwinResult twin in twins.Differing.Take(MostTwins))
        {
            page.Table($"{twin.Twin.Namespace}::{twin.Twin.Name} ({twin.Twin.Unit})", ["member", "in C", "in Rust"], twin.Differences.Take(MostDifferences)
                .Select(d => (IReadOnlyList<HtmlCell>)[new HtmlCell(d.Path.Length == 0 ? "the whole" : d.Path, "code"), d.InC, d.InRust]));
        }

        if (twins.Differing.Length > MostTwins)
        {
            page.Html.Element("p", $"and {twins.Differing.Length - MostTwins} more, which JSON lists", ("class", "quiet"));
        }
    }

    private static string Word(AuditOutcome outcome) => outcome == AuditOutcome.TwoWays ? "VIOLATED: two ways" : AuditText.Word(outcome);

    private static string Place(AuditedVariant variant) => variant.Place is { } place ? string.Create(CultureInfo.InvariantCulture, $"{place.File}:{place.Line}") : "";

    private static string Units(AuditedVariant variant)
        => string.Join(", ", variant.Units.Take(MostUnits).Select(u => u.Name.Length == 0 ? $"unit {u.Index}" : u.Name)) + (variant.Units.Length > MostUnits ? $" and {variant.Units.Length - MostUnits} more" : "")
            + (variant.OwnOptions.IsEmpty ? "" : $"; only here: {string.Join(' ', variant.OwnOptions)}");
}
