using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// A <see cref="StructMap"/> as text. The ruler is turned: a row for each word, a column for each struct, so that several stand side by side; what goes on from
/// the word above has a ditto mark.
/// </summary>
internal static class StructMapText
{
    // Byte numbers and the mark of the tag word; four columns fit a mail.
    private const int Ruler = 5;
    private const int ColumnWidth = 17;
    private const int Gap = 1;

    /// <summary>Writes the report.</summary>
    public static void Write(StructMapReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        StructMap map = report.Map;
        string names = string.Join(", ", map.Structs.Select(s => $"{Printable.Escape(Printable.Shorten(s.Spelling))} ({Printable.Count(s.ByteSize, "byte")})"));
        text.Line(names, 4, style.Bold);
        text.Line(map.TagWord is { } tag
            ? $"#: the tag word, page.{Printable.Escape(tag.Member)}; \": goes on from the word above; +4: the byte within the word"
            : "\": goes on from the word above; +4: the byte within the word");
        Column[] columns = [.. map.Structs.SelectMany(s => s.Pages.Select(p => new Column(s, p)))];
        int perBlock = style.Width == 0 ? columns.Length : Math.Max(1, (style.Width - Ruler + Gap) / (ColumnWidth + Gap));
        foreach (Column[] block in columns.Chunk(Math.Max(perBlock, 1)))
        {
            output.WriteLine();
            Write(map, block, style, output);
        }

        if (!map.Notes.IsEmpty)
        {
            output.WriteLine();
        }

        foreach (string note in map.Notes)
        {
            text.Line(Printable.Escape(note));
        }

        ProvenanceText.Write(report.Files, output);
    }

    private static void Write(StructMap map, Column[] columns, TextStyle style, TextWriter output)
    {
        ulong word = (ulong)map.WordByteSize * 8;
        int[] widths = [.. columns.Select(c => style.Width == 0 ? WidthOf(c, word) : ColumnWidth)];
        output.WriteLine(style.Bold(Row("", [.. columns.Select(c => c.Title)], widths)));
        for (ulong start = 0; start < map.Stride * 8; start += word)
        {
            string[][] cells = [.. columns.Select(c => c.Cells(start, word))];
            int lines = Math.Max(cells.Max(c => c.Length), 1);
            bool isTag = map.TagWord is { } tag && start < tag.BitOffset + tag.BitSize && tag.BitOffset < start + word;
            for (int i = 0; i < lines; i++)
            {
                string number = i == 0 ? (start / 8).ToString(CultureInfo.InvariantCulture) : "";
                string line = Row($"{number,3}{(isTag ? "#" : "")}", [.. cells.Select(c => i < c.Length ? c[i] : "")], widths);
                output.WriteLine(isTag ? style.Bold(line) : line);
            }
        }
    }

    private static string Row(string ruler, string[] cells, int[] widths)
    {
        IEnumerable<string> padded = cells.Select((cell, i) => Fit(cell, widths[i]));
        return $"{ruler.PadRight(Ruler)}{string.Join(new string(' ', Gap), padded)}".TrimEnd();
    }

    // A cut name keeps its end: _hugetlb_cgroup and _hugetlb_cgroup_rsvd are two.
    private static string Fit(string cell, int width)
    {
        string shown = MapLabel.Cut(cell, width).Replace('…', '~');
        return shown + new string(' ', Math.Max(0, width - MapLabel.Columns(shown)));
    }

    private static int WidthOf(Column column, ulong word)
    {
        int widest = MapLabel.Columns(column.Title);
        for (ulong start = 0; start < column.Bits; start += word)
        {
            widest = Math.Max(widest, column.Cells(start, word).Select(MapLabel.Columns).DefaultIfEmpty(0).Max());
        }

        return widest;
    }

    private sealed class Column(MapStruct type, MapPage page)
    {
        public string Title { get; } = page.ByteOffset == 0 ? Printable.Escape(type.Name) : string.Create(CultureInfo.InvariantCulture, $"{Printable.Escape(type.Name)} +{page.ByteOffset}");

        public ulong Bits { get; } = page.Lanes.SelectMany(l => l).Select(i => i.BitOffset + i.BitSize).DefaultIfEmpty(0UL).Max();

        // What begins in a word, by lanes, and what goes on from the one above.
        public string[] Cells(ulong start, ulong word)
            => [.. page.Lanes.SelectMany(lane => lane.Where(i => i.BitOffset < start + word && i.BitOffset + i.BitSize > start).Select(i => Cell(i, start)))];

        private static string Cell(MapItem item, ulong start)
        {
            string name = item.Class is MapClass.Hole or MapClass.Beyond ? $"({item.Path})" : Printable.Escape(item.Path);
            ulong within = item.BitOffset - start;
            return item.BitOffset < start || (item.BitOffset == 0 && start == 0 && item.IsContinued) ? $"\" {name}"
                : within == 0 ? name
                : $"{name} +{MapWords.Place(within)}";
        }
    }
}
