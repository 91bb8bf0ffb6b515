using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>A <see cref="StructMap"/> in a page: the legend, the picture in a box that scrolls by itself, and the same as tables.</summary>
internal static class MapHtml
{
    /// <summary>Writes the map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="page">The page.</param>
    /// <param name="number">The number of the map in the page, from 1.</param>
    /// <param name="title">The title of the picture.</param>
    public static void WritePicture(StructMap map, HtmlPage page, int number, string title)
    {
        HtmlWriter html = page.Html;
        html.Element("p", MapWords.Caption(map), ("class", "quiet"));
        html.Start("div", ("class", "picture"), ("tabindex", "0"), ("role", "group"), ("aria-label", title));
        StructMapSvg.Write(map, html, number, title);
        html.EndLine();
        html.Start("ul", ("class", "legend"));
        foreach (MapClass kind in MapWords.Legend(map))
        {
            html.Start("li");
            StructMapSvg.WriteKey(kind, html, number);
            html.Element("span", MapWords.Of(kind)).End();
        }

        html.EndLine();
        foreach (string note in map.Notes)
        {
            html.Element("p", note, ("class", "quiet"));
        }
    }

    /// <summary>Writes the tables of a map, folded away.</summary>
    /// <param name="map">The map.</param>
    /// <param name="page">The page.</param>
    /// <param name="prefix">What is before the name in captions, for a page with several maps; or empty.</param>
    public static void WriteTables(StructMap map, HtmlPage page, string prefix = "")
    {
        page.Html.Start("details").Element("summary", "The same as tables");
        foreach (MapStruct type in map.Structs)
        {
            WriteTable(type, page, prefix);
        }

        page.Html.EndLine();
    }

    private static void WriteTable(MapStruct type, HtmlPage page, string prefix)
    {
        string declared = type.Place is { } place ? $", {Declared(place)}" : "";
        // By file where all are of one: shorter lines.
        string? file = type.Place?.File;
        page.Table($"{prefix}{type.Spelling}: {MapWords.Size(type.ByteSize * 8)}{declared}", ["byte", "member", "bytes", "type", "kind", "line"],
            type.Pages.SelectMany(p => p.Lanes.SelectMany(l => l)).Where(i => !i.IsContinued && i.Class != MapClass.Beyond)
                .OrderBy(i => i.StructBitOffset).Select(item => (IReadOnlyList<HtmlCell>)
                [
                    MapWords.Place(item.StructBitOffset),
                    new HtmlCell(item.Path, item.Demand is null ? null : "bad"),
                    item.WholeBitSize % 8 == 0 ? (item.WholeBitSize / 8).ToString(CultureInfo.InvariantCulture) : MapWords.Size(item.WholeBitSize),
                    item.Type,
                    item.Demand is { } demand ? new HtmlCell(demand, "bad") : Kind(item.Class),
                    item.Place is null ? "" : item.Place.File == file ? item.Place.Line.ToString(CultureInfo.InvariantCulture) : Declared(item.Place),
                ]), "layout");
    }

    private static string Kind(MapClass kind) => kind switch
    {
        MapClass.Tag => "tag word",
        MapClass.List => "list",
        MapClass.Pointer => "pointer",
        MapClass.Part => "part of a word",
        MapClass.Pad => "placeholder",
        MapClass.Hole => "no member",
        _ => "word",
    };

    private static string Declared(SourcePlace place) => string.Create(CultureInfo.InvariantCulture, $"{place.File}:{place.Line}");
}
