using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>Who shares the bytes of a type, or of one member of it.</summary>
/// <param name="TypeSpelling">The type as C spells it.</param>
/// <param name="Layout">Its layout.</param>
/// <param name="Member">The member asked for, or null for the whole type.</param>
/// <param name="FirstUnit">The first unit that defines the type; empty for BTF.</param>
public sealed record OverlapReport(string TypeSpelling, TypeLayout Layout, ResolvedMember? Member, string FirstUnit)
{
    /// <summary>The members on as many lanes as lie over each other.</summary>
    public ImmutableArray<ImmutableArray<LayoutItem>> Lanes => ByteLanes.Of(Layout);

    /// <summary>The members that lie on the bits of <see cref="Member"/>, itself included.</summary>
    public ImmutableArray<LayoutItem> Sharers => Member is null ? []
        : ByteLanes.Sharing(Layout, Member.BitOffset, Member.IsFlexible ? ulong.MaxValue - Member.BitOffset : Member.BitSize ?? 0);

    /// <summary>Writes it for people.</summary>
    public void WriteText(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (Member is { } member)
        {
            output.WriteLine($"{Printable.Escape(TypeSpelling)}: members on the bits of {Printable.Escape(member.Path)} ({Place(member)})");
            output.WriteLine();
            WriteTable(Sharers, output);
            return;
        }

        output.WriteLine($"{Printable.Escape(TypeSpelling)}: {Printable.Count(Layout.Aggregate.ByteSize, "byte")}, members lie on {Printable.Count((ulong)Lanes.Length, "lane")}");
        ByteMap.Write(Layout, Lanes, output);
        output.WriteLine();
        WriteTable([.. Layout.Items.Where(i => i.Kind == LayoutItemKind.Member && i.Name is not null).OrderBy(i => i.BitOffset)], output);
    }

    private void WriteTable(ImmutableArray<LayoutItem> items, TextWriter output)
    {
        int width = items.IsEmpty ? 0 : items.Max(i => Printable.Escape(i.Path).Length);
        output.WriteLine($"{"offset",8} {"size",6}  {"member".PadRight(width)}  type");
        foreach (LayoutItem item in items)
        {
            string offset = item.IsBitField ? $"{item.ByteOffset}:{item.BitOffset % 8}" : $"{item.ByteOffset}";
            string size = item.IsBitField ? Printable.Count(item.BitSize, "bit") : $"{item.ByteSize}";
            output.WriteLine($"{offset,8} {size,6}  {Printable.Escape(item.Path).PadRight(width)}  {Printable.Escape(Layout.Graph.Declare(item.Type))}");
        }
    }

    private string Place(ResolvedMember member)
    {
        ulong offset = member.BitOffset;
        ulong size = member.BitSize ?? 0;
        ulong whole = Layout.Aggregate.ByteSize;
        return member.IsFlexible ? offset / 8 < whole ? $"{Bytes(offset / 8, whole)}, to the end of the type" : $"from byte {offset / 8} on, past the end of the type"
            : size == 0 ? $"no bytes, at byte {offset / 8}"
            : offset % 8 == 0 && size % 8 == 0 ? Bytes(offset / 8, (offset + size) / 8)
            : size == 1 ? $"bit {offset}"
            : $"bits {offset} to {offset + size - 1}";
    }

    private static string Bytes(ulong start, ulong end) => end - start == 1 ? $"byte {start}" : $"bytes {start} to {end - 1}";
}
