using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="OverlapReport"/> as text: a map of the bytes, and a table of the members by place.</summary>
internal static class OverlapText
{
    /// <summary>Writes the report.</summary>
    public static void Write(OverlapReport report, TextStyle style, TextWriter output)
    {
        TypeLayout layout = report.Layout!;
        FoldedText text = new(output, style);
        if (report.Member is { } member)
        {
            text.Line($"{Printable.Escape(report.TypeSpelling)}: members on the bits of {Printable.Escape(member.Path)} ({Place(layout, member)})", 4, style.Bold);
            output.WriteLine();
            WriteTable(layout, report.Sharers, output);
        }
        else
        {
            ImmutableArray<ImmutableArray<LayoutItem>> lanes = report.Lanes;
            text.Line($"{Printable.Escape(report.TypeSpelling)}: {Printable.Count(layout.Aggregate.ByteSize, "byte")}, members lie on {Printable.Count((ulong)lanes.Length, "lane")}", 4, style.Bold);
            ByteMap.Write(layout, lanes, style.Width, output);
            output.WriteLine();
            WriteTable(layout, [.. layout.Items.Where(i => i.Kind == LayoutItemKind.Member && i.Name is not null).OrderBy(i => i.BitOffset)], output);
        }

        ProvenanceText.Write(report.Files, output);
    }

    private static void WriteTable(TypeLayout layout, ImmutableArray<LayoutItem> items, TextWriter output)
    {
        int width = items.IsEmpty ? 0 : items.Max(i => Printable.Escape(i.Path).Length);
        output.WriteLine($"{"offset",8} {"size",6}  {"member".PadRight(width)}  type");
        foreach (LayoutItem item in items)
        {
            string offset = item.IsBitField ? $"{item.ByteOffset}:{item.BitOffset % 8}" : $"{item.ByteOffset}";
            string size = item.IsBitField ? Printable.Count(item.BitSize, "bit") : $"{item.ByteSize}";
            output.WriteLine($"{offset,8} {size,6}  {Printable.Escape(item.Path).PadRight(width)}  {Printable.Escape(layout.Graph.Declare(item.Type))}");
        }
    }

    private static string Place(TypeLayout layout, ResolvedMember member)
    {
        ulong offset = member.BitOffset;
        ulong size = member.BitSize ?? 0;
        ulong whole = layout.Aggregate.ByteSize;
        return member.IsFlexible ? offset / 8 < whole ? $"{Bytes(offset / 8, whole)}, to the end of the type" : $"from byte {offset / 8} on, past the end of the type"
            : size == 0 ? $"no bytes, at byte {offset / 8}"
            : offset % 8 == 0 && size % 8 == 0 ? Bytes(offset / 8, (offset + size) / 8)
            : size == 1 ? $"bit {offset}"
            : $"bits {offset} to {offset + size - 1}";
    }

    private static string Bytes(ulong start, ulong end) => end - start == 1 ? $"byte {start}" : $"bytes {start} to {end - 1}";
}
