using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// Draws lanes of members under a ruler of bytes: 32 bytes a row where there are 96 columns, 16 where there are 64, else 8. Longer types go on below.
/// </summary>
internal static class ByteMap
{
    // A type of many pages would fill the screen with rows; the table below the map has all of it anyway.
    private const ulong MostBytes = 4096;

    public static void Write(TypeLayout layout, ImmutableArray<ImmutableArray<LayoutItem>> lanes, int width, TextWriter output)
    {
        Scale scale = width is 0 or >= 96 ? new Scale(32, 3) : width >= 64 ? new Scale(16, 4) : new Scale(8, 4);
        ulong size = Math.Min(layout.Aggregate.ByteSize, MostBytes);
        for (ulong start = 0; start < size; start += scale.BytesPerRow)
        {
            ulong end = Math.Min(start + scale.BytesPerRow, size);
            output.WriteLine();
            WriteRuler(start, end, scale.ColumnsPerByte, output);
            foreach (ImmutableArray<LayoutItem> lane in lanes)
            {
                if (lane.Any(item => item.BitSize > 0 && item.BitOffset < end * 8 && item.BitOffset + item.BitSize > start * 8))
                {
                    output.WriteLine(Lane(lane, start, end, scale.ColumnsPerByte));
                }
            }
        }

        if (size < layout.Aggregate.ByteSize)
        {
            output.WriteLine($"(the map ends at byte {MostBytes}; the table has the rest)");
        }
    }

    private static void WriteRuler(ulong start, ulong end, int columnsPerByte, TextWriter output)
    {
        char[] numbers = Blank(start, end, columnsPerByte);
        char[] marks = Blank(start, end, columnsPerByte);
        for (ulong at = start; at < end; at++)
        {
            int column = (int)(at - start) * columnsPerByte;
            marks[column] = at % 8 == 0 ? '|' : at % 4 == 0 ? '+' : '.';
            if (at % 4 == 0)
            {
                string number = $"{at}";
                number.CopyTo(0, numbers, column, Math.Min(number.Length, numbers.Length - column));
            }
        }

        output.WriteLine(new string(numbers).TrimEnd());
        output.WriteLine(new string(marks).TrimEnd());
    }

    private static string Lane(ImmutableArray<LayoutItem> lane, ulong start, ulong end, int columnsPerByte)
    {
        char[] row = Blank(start, end, columnsPerByte);
        foreach (LayoutItem item in lane)
        {
            // Bitfields that share a byte share its columns: the first one is drawn, the table has them all.
            ulong first = Math.Max(item.BitOffset / 8, start);
            ulong last = Math.Min((item.BitOffset + item.BitSize + 7) / 8, end);
            if (item.BitSize == 0 || first >= last)
            {
                continue;
            }

            int from = (int)(first - start) * columnsPerByte;
            int to = (int)(last - start) * columnsPerByte;
            if (row[from] != ' ')
            {
                continue;
            }

            row[from] = item.BitOffset / 8 < start ? '<' : '[';
            row.AsSpan(from + 1, to - from - 2).Fill('-');
            row[to - 1] = (item.BitOffset + item.BitSize + 7) / 8 > end ? '>' : ']';
            string name = Printable.Escape(item.Path);
            int room = to - from - 2;
            string label = name.Length <= room ? name : room > 1 ? name[..(room - 1)] + "~" : "";
            label.CopyTo(0, row, from + 1 + ((room - label.Length) / 2), label.Length);
        }

        return new string(row).TrimEnd();
    }

    private static char[] Blank(ulong start, ulong end, int columnsPerByte)
    {
        char[] row = new char[(int)(end - start) * columnsPerByte];
        row.AsSpan().Fill(' ');
        return row;
    }

    private readonly record struct Scale(ulong BytesPerRow, int ColumnsPerByte);
}
