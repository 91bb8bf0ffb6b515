using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>Layouts as a page: <see cref="ShowReport"/>, <see cref="OverlapReport"/> and <see cref="StructMapReport"/>, each a picture and a table.</summary>
internal static class LayoutHtml
{
    private const int MostRows = 4000;
    private const int MostTypes = 40;

    /// <summary>Writes the page.</summary>
    public static void Write(ImageReport report, Stream output)
    {
        string file = Path.GetFileName(report.Run.File);
        switch (report)
        {
            case ShowReport show:
                WriteShown(show, file, output);
                break;
            case OverlapReport overlap:
                WriteOverlap(overlap, file, output);
                break;
            case StructMapReport several:
                WriteMap(several, file, output);
                break;
            default:
                throw new ArgumentException($"no page for {report.Name}", nameof(report));
        }
    }

    private static void WriteShown(ShowReport report, string file, Stream output)
    {
        using HtmlPage page = new(output, $"{LayoutMaps.Title(LayoutMaps.Of(report.Types))} of {file}");
        if (report.ExitCode != ExitCode.Holds)
        {
            page.Verdict(report.ExitCode, string.Join("; ", report.Notices.DefaultIfEmpty("the definitions of a type differ")));
        }

        int number = 0;
        foreach (ShownType shown in report.Types.Take(MostTypes))
        {
            number++;
            string caption = $"{shown.TypeSpelling}{(shown.Member is { } asked ? $", {asked.Path}" : "")}{(report.Types.Length > 1 ? $" ({number})" : "")}";
            page.Html.Element("h2", caption);
            page.Html.Element("p", $"{MapWords.Size(shown.Layout.Aggregate.ByteSize * 8)}; as in {(shown.FirstUnit.Length > 0 ? shown.FirstUnit : $"unit {shown.Definition.Units[0].Index}")}"
                + (shown.DifferenceFromFirst is { } difference ? $"; differs: {difference}" : ""), ("class", "quiet"));
            MapHtml.WritePicture(LayoutMaps.Of([shown]), page, number, $"{caption}: picture");
            WriteItems($"{caption}: members", shown.Layout, [.. shown.Layout.Items.Where(i => shown.Member is null || i.Path == shown.Member.Path)], page);
        }

        if (report.Types.Length > MostTypes)
        {
            page.Html.Element("p", $"and {report.Types.Length - MostTypes} more types, which JSON lists", ("class", "quiet"));
        }

        WriteFacts(report, page, report.Source, report.Omission);
    }

    private static void WriteOverlap(OverlapReport report, string file, Stream output)
    {
        string subject = report.Member is { } member ? $"{report.TypeSpelling}: members on the bits of {member.Path}" : $"{report.TypeSpelling}: which members share which bytes";
        using HtmlPage page = new(output, $"{subject} ({file})");
        if (report.Map is { } map)
        {
            MapHtml.WritePicture(map, page, 1, report.TypeSpelling);
        }

        WriteItems(report.Member is null ? "Members by place" : "Members on these bits", report.Layout!, report.Member is null ? [.. report.Layout!.Items.OrderBy(i => i.BitOffset)] : [.. report.Sharers], page);
        WriteFacts(report, page, report.Source, report.Omission);
    }

    private static void WriteMap(StructMapReport report, string file, Stream output)
    {
        using HtmlPage page = new(output, $"{LayoutMaps.Title(report.Map)}: which members share which bytes ({file})");
        if (report.IsIncomplete)
        {
            page.Verdict(report.ExitCode, string.Join("; ", report.Notices));
        }

        MapHtml.WritePicture(report.Map, page, 1, "structs over each other");
        MapHtml.WriteTables(report.Map, page);
        WriteFacts(report, page, report.Types[0].Source, report.Types[0].Omission);
    }

    private static void WriteItems(string caption, TypeLayout layout, LayoutItem[] items, HtmlPage page)
    {
        page.Table(caption, ["byte", "member", "size", "type", "declared"], items.Take(MostRows).Select(item => (IReadOnlyList<HtmlCell>)
        [
            MapWords.Place(item.BitOffset),
            item.Kind == LayoutItemKind.Member ? item.Path.Length > 0 ? item.Path : "(unnamed)" : $"({item.Kind.ToString().ToLowerInvariant()})",
            item.IsBitField ? Printable.Count(item.BitSize, "bit") : MapWords.Size(item.BitSize),
            item.Kind == LayoutItemKind.Member ? layout.Graph.Declare(item.Type) : "",
            item.Place is { } place ? string.Create(CultureInfo.InvariantCulture, $"{place.File}:{place.Line}") : "",
        ]), "layout");
        if (items.Length > MostRows)
        {
            page.Html.Element("p", $"and {items.Length - MostRows} more members, which JSON lists", ("class", "quiet"));
        }
    }

    private static void WriteFacts(ImageReport report, HtmlPage page, SourceKind source, SourceOmission? omission)
    {
        page.Html.Element("h2", "Where the facts come from");
        IEnumerable<(string, string)> lacks = omission is null ? [] : [("Lacks", omission.Clause)];
        FactsHtml.Write(page, [.. FactsHtml.Of(report), ("Debug information", source == SourceKind.Dwarf ? "DWARF" : "BTF"), .. lacks]);
    }
}
