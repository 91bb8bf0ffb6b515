using System.Globalization;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Draws a <see cref="StructMap"/> as SVG: a ruler of bytes above and below, a row for each struct, a box for each member, the tag word as a shaded column of
/// full height.
/// </summary>
internal sealed class StructMapSvg
{
    private const int LaneHeight = 20;
    private const int LaneGap = 3;
    private const int PageGap = 10;
    private const int StructGap = 16;
    private const int Top = 44;
    private const int RightMargin = 18;
    private const int LeastOfPage = 33;
    private const int WordWidth = 128;
    private const int LeastWordWidth = 104;
    private const int UsualWidth = 1024;
    private const int MostWidth = 2048;
    private const double NameLetter = 13 * 0.602;
    private const int MostOfName = 26;
    private const int DemandHeight = 14;

    private readonly StructMap _map;
    private readonly HtmlWriter _svg;
    private readonly int _number;
    private readonly double _scale;
    private readonly int _left;
    private readonly int _right;
    private readonly List<(MapStruct Type, MapPage Page, int Top, int Bottom)> _rows = [];
    private int _bottom;

    private StructMapSvg(StructMap map, HtmlWriter svg, int number)
    {
        (_map, _svg, _number) = (map, svg, number);
        // Pixels for a byte: names of members have up to twenty letters, and a picture fits a window where it can.
        double usual = Math.Clamp((double)UsualWidth / map.Stride, (double)LeastWordWidth / map.WordByteSize, (double)WordWidth / map.WordByteSize);
        _scale = Math.Min(usual, (double)MostWidth / map.Stride);
        int longest = map.Structs.SelectMany(s => s.Pages.Select(p => MapLabel.Columns(MapWords.NameOf(map, s, p)))).DefaultIfEmpty(0).Max();
        _left = (int)(Math.Clamp(longest, 8, MostOfName) * NameLetter) + 22;
        _right = _left + (int)Math.Round(map.Stride * _scale);
    }

    /// <summary>Writes the picture as an element of a page.</summary>
    /// <param name="map">The map.</param>
    /// <param name="html">The page.</param>
    /// <param name="number">The number of the picture in its page, for ids.</param>
    /// <param name="title">Its title.</param>
    public static void Write(StructMap map, HtmlWriter html, int number, string title) => new StructMapSvg(map, html, number).Write(title, isAlone: false);

    /// <summary>Writes the picture as a file of its own, with its style sheet, a title and a legend.</summary>
    public static void WriteAlone(StructMap map, HtmlWriter svg, string title) => new StructMapSvg(map, svg, 1).Write(title, isAlone: true);

    /// <summary>Writes the box of a kind for a legend.</summary>
    public static void WriteKey(MapClass kind, HtmlWriter svg, int number)
    {
        svg.Start("svg", ("class", "map"), ("width", "26"), ("height", "14"), ("aria-hidden", "true"));
        WriteKeyBox(kind, svg, 1, 1, number);
        svg.End();
    }

    private static void WriteKeyBox(MapClass kind, HtmlWriter svg, int x, int y, int number)
    {
        svg.Empty("rect", ("class", $"box {MapWords.ClassOf(kind)}"), ("x", Number(x)), ("y", Number(y)), ("width", "24"), ("height", "12"), ("rx", "2"));
        if (MapWords.ClassOf(kind) == "hole")
        {
            svg.Empty("rect", ("fill", $"url(#hatch-{Number(number)})"), ("x", Number(x)), ("y", Number(y)), ("width", "24"), ("height", "12"));
        }
    }

    private void Write(string title, bool isAlone)
    {
        int top = Top + (isAlone ? 26 : 0);
        Arrange(top);
        MapClass[] legend = isAlone ? MapWords.Legend(_map) : [];
        int width = _right + RightMargin;
        int height = _bottom + 24 + (legend.Length * 18) + (legend.Length > 0 ? 12 : 0);
        string id = Number(_number);
        _svg.Start("svg", ("xmlns", "http://www.w3.org/2000/svg"), ("class", "map"), ("role", "img"), ("aria-labelledby", $"map-title-{id} map-words-{id}"),
            ("width", Number(width)), ("height", Number(height)), ("viewBox", $"0 0 {Number(width)} {Number(height)}"));
        _svg.Element("title", title, ("id", $"map-title-{id}")).Element("desc", MapWords.Description(_map), ("id", $"map-words-{id}"));
        if (isAlone)
        {
            _svg.Style(HtmlStyle.Picture).Empty("rect", ("class", "ground"), ("width", Number(width)), ("height", Number(height)));
            _svg.Element("text", MapLabel.Cut(title, (int)((width - 24) / NameLetter)), ("class", "caption"), ("x", "12"), ("y", "18"));
        }

        _svg.Start("pattern", ("id", $"hatch-{id}"), ("width", "6"), ("height", "6"), ("patternUnits", "userSpaceOnUse"), ("patternTransform", "rotate(45)"));
        _svg.Empty("line", ("class", "hatch"), ("x1", "0"), ("y1", "0"), ("x2", "0"), ("y2", "6")).EndLine();
        WriteRuler(top);
        foreach ((MapStruct type, MapPage page, int pageTop, int pageBottom) in _rows)
        {
            WriteName(type, page, pageTop);
            WritePage(type, page, pageTop);
        }

        for (int i = 0; i < legend.Length; i++)
        {
            int y = _bottom + 30 + (i * 18);
            WriteKeyBox(legend[i], _svg, _left, y, _number);
            _svg.Element("text", MapWords.Of(legend[i]), ("class", "key"), ("x", Number(_left + 34)), ("y", Number(y + 10)));
        }

        _svg.EndLine();
    }

    private void Arrange(int top)
    {
        int y = top;
        foreach (MapStruct type in _map.Structs)
        {
            foreach (MapPage page in type.Pages)
            {
                int height = Math.Max(LeastOfPage, page.Lanes.Sum(lane => HeightOf(type, lane)));
                _rows.Add((type, page, y, y + height));
                y += height + PageGap;
            }

            y += StructGap - PageGap;
        }

        _bottom = Math.Max(y - StructGap + 8, top + LaneHeight);
    }

    // What a member must do is written beside it; where the lane is full, below it.
    private int HeightOf(MapStruct type, IReadOnlyList<MapItem> lane) => LaneHeight + LaneGap + (lane.Any(item => DemandOf(type, lane, item).Side == DemandSide.Below) ? DemandHeight : 0);

    private void WriteRuler(int top)
    {
        if (_map.TagWord is { } tag)
        {
            double x = X(tag.BitOffset);
            _svg.Empty("rect", ("class", "column"), ("x", Number(x)), ("y", Number(top - 14)), ("width", Number(X(tag.BitOffset + tag.BitSize) - x)), ("height", Number(_bottom - top + 14)));
            double middle = (x + X(tag.BitOffset + tag.BitSize)) / 2;
            _svg.Element("text", "tag word", ("class", "head"), ("x", Number(middle)), ("y", Number(top - 32)));
        }

        for (ulong at = 0; at <= _map.Stride; at += (ulong)_map.WordByteSize)
        {
            string x = Number(X(at * 8));
            _svg.Empty("line", ("class", "grid"), ("x1", x), ("y1", Number(top - 14)), ("x2", x), ("y2", Number(_bottom)));
            _svg.Element("text", at.ToString(CultureInfo.InvariantCulture), ("class", "tick"), ("x", x), ("y", Number(top - 18)));
            _svg.Element("text", at.ToString(CultureInfo.InvariantCulture), ("class", "tick"), ("x", x), ("y", Number(_bottom + 14)));
        }

        foreach (IGrouping<MapStruct, (MapStruct Type, MapPage Page, int Top, int Bottom)> type in _rows.GroupBy(r => r.Type).Where(g => g.Skip(1).Any()))
        {
            string x = Number(_left - 6);
            _svg.Empty("path", ("class", "bracket"), ("d", $"M{Number(_left - 2)} {Number(type.First().Top)}H{x}V{Number(type.Last().Bottom)}H{Number(_left - 2)}"));
        }
    }

    private void WriteName(MapStruct type, MapPage page, int top)
    {
        string x = Number(_left - 12);
        _svg.Element("text", MapLabel.Cut(MapWords.NameOf(_map, type, page), MostOfName), ("class", "name"), ("x", x), ("y", Number(top + 14)));
        string size = page.ByteOffset == 0 ? MapWords.Size(type.ByteSize * 8) : string.Create(CultureInfo.InvariantCulture, $"+{page.ByteOffset}");
        _svg.Element("text", size, ("class", "size"), ("x", x), ("y", Number(top + 28)));
    }

    private void WritePage(MapStruct type, MapPage page, int top)
    {
        int y = top;
        foreach (IReadOnlyList<MapItem> lane in page.Lanes)
        {
            foreach (MapItem item in lane)
            {
                WriteItem(type, lane, item, y);
            }

            y += HeightOf(type, lane);
        }
    }

    private void WriteItem(MapStruct type, IReadOnlyList<MapItem> lane, MapItem item, int y)
    {
        double x = X(item.BitOffset);
        double width = X(item.BitOffset + item.BitSize) - x;
        string kind = MapWords.ClassOf(item.Class);
        bool isWrong = item.Demand is not null;
        (string Name, string? Value)[] box = [("x", Number(x + 0.5)), ("y", Number(y + 0.5)), ("width", Number(Math.Max(width - 1, 1))), ("height", Number(LaneHeight - 1)), ("rx", "2")];
        _svg.Start("g").Element("title", MapWords.Tooltip(type, item));
        _svg.Empty("rect", [("class", $"box {(isWrong ? "wrong" : kind)}{(item.IsAsked ? " asked" : "")}"), .. box]);
        if (kind == "hole")
        {
            _svg.Empty("rect", [("fill", $"url(#hatch-{Number(_number)})"), .. box]);
        }

        string name = item.IsContinued ? $"({item.Path})" : item.Path;
        (string words, DemandSide side) = DemandOf(type, lane, item);
        MapLabel label = MapLabel.Of(name, width, side == DemandSide.After ? 0 : Room(lane, item));
        string on = isWrong ? "wrong" : kind switch
        {
            "tag" => label.Fit == LabelFit.Beside ? "taghint" : "ontag",
            "pad" => "onpad",
            "hole" => "onhole",
            _ => "",
        };
        string baseline = Number(y + 14);
        if (label.Fit == LabelFit.Beside)
        {
            _svg.Element("text", label.Text, ("class", $"beside {on}".TrimEnd()), ("x", Number(x + width + 4)), ("y", baseline));
        }
        else if (label.Fit != LabelFit.None)
        {
            string? classes = $"{(label.Fit == LabelFit.Small ? "small " : "")}{on}".TrimEnd() is { Length: > 0 } some ? some : null;
            _svg.Element("text", label.Text, ("class", classes), ("x", Number(x + (width / 2))), ("y", baseline));
        }

        if (side != DemandSide.None)
        {
            (string at, string place, int down) = side switch
            {
                DemandSide.After => ("demand after", Number(x + width + 5), 0),
                DemandSide.Before => ("demand before", Number(x - 5), 0),
                _ => ("demand after", Number(Math.Min(x, _right - (words.Length * MapLabel.DemandLetter))), LaneHeight - 2),
            };
            _svg.Element("text", words, ("class", at), ("x", place), ("y", Number(y + 14 + down)));
        }

        _svg.EndLine();
    }

    private (string Words, DemandSide Side) DemandOf(MapStruct type, IReadOnlyList<MapItem> lane, MapItem item)
    {
        if (item.Demand is not { } demand || item.IsContinued)
        {
            return ("", DemandSide.None);
        }

        double needed = (demand.Length + 3) * MapLabel.DemandLetter;
        bool needsName = MapLabel.Of(item.Path, X(item.BitSize) - X(0), 0).Fit == LabelFit.None;
        string words = needsName ? $"{Core.Printable.Escape(item.Path)} of {Core.Printable.Escape(type.Name)} {demand}" : demand;
        return needed <= Room(lane, item) && !needsName ? ($"← {words}", DemandSide.After)
            : needed <= RoomBefore(lane, item) && !needsName ? ($"{words} →", DemandSide.Before)
            : ($"↑ {words}", DemandSide.Below);
    }

    // The free width of the lane behind a box, in pixels.
    private double Room(IReadOnlyList<MapItem> lane, MapItem item)
    {
        ulong end = item.BitOffset + item.BitSize;
        double next = lane.Where(i => i.BitOffset >= end && i != item).Select(i => X(i.BitOffset)).DefaultIfEmpty(_right + RightMargin).Min();
        return next - X(end) - 6;
    }

    private double RoomBefore(IReadOnlyList<MapItem> lane, MapItem item)
        => X(item.BitOffset) - lane.Where(i => i.BitOffset < item.BitOffset).Select(i => X(i.BitOffset + i.BitSize)).DefaultIfEmpty(_left).Max() - 6;

    private double X(ulong bits) => _left + (bits * _scale / 8);

    private static string Number(double value) => Math.Round(value, 1).ToString(CultureInfo.InvariantCulture);

    private enum DemandSide
    {
        None,
        After,
        Before,
        Below,
    }
}
