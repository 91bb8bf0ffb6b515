using System.Globalization;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>
/// A layout as text, in the columns that pahole's users know: C's declaration, then offset and size in bytes; bitfields as
/// <c>byte:bit width</c>; holes, padding and cache line boundaries where they are; totals at the end.
/// </summary>
internal static class LayoutText
{
    private const int TypeColumn = 26;
    private const int CommentColumn = 57;

    /// <summary>Writes one layout.</summary>
    /// <param name="layout">What to write.</param>
    /// <param name="cacheLineByteSize">The cache line of the target, in bytes; 0 to leave the boundaries out.</param>
    /// <param name="output">Where to.</param>
    /// <param name="withLines">Whether each member's row ends with the line that declares it.</param>
    public static void Write(TypeLayout layout, int cacheLineByteSize, TextWriter output, bool withLines = false)
        => Write(layout, new LayoutTextOptions(cacheLineByteSize, withLines), output);

    /// <summary>Writes one layout.</summary>
    /// <param name="layout">What to write.</param>
    /// <param name="options">How.</param>
    /// <param name="output">Where to.</param>
    public static void Write(TypeLayout layout, LayoutTextOptions options, TextWriter output)
    {
        int cacheLineByteSize = options.CacheLineByteSize;
        bool withLines = options.WithLines;
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(output);
        AggregateType aggregate = layout.Aggregate;
        WriteDeclared(aggregate.Place, output);
        Lines lines = new(withLines, aggregate.Place?.File);
        output.WriteLine($"{TypeSpelling.Keyword(aggregate.Kind)} {(aggregate.Name is null ? "" : Printable.Escape(aggregate.Name) + " ")}{{");
        Stack<LayoutItem> open = new();
        ulong nextBoundary = (ulong)cacheLineByteSize;
        foreach (LayoutItem item in layout.Items)
        {
            Close(layout, open, item.Depth, lines, output);
            if (nextBoundary != 0 && item.Depth == 0 && item.Kind == LayoutItemKind.Member)
            {
                WriteBoundaries(item, cacheLineByteSize, ref nextBoundary, output);
            }

            switch (item)
            {
                case { Kind: LayoutItemKind.Hole }:
                    WriteHole(item, options.MembersAreLeftOut, output);
                    break;
                case { Kind: LayoutItemKind.Padding, Depth: > 0 }:
                    output.WriteLine($"{Indent(item.Depth)}/* {Span(item)} padding */");
                    break;
                case { Expanded: { } inner }:
                    output.WriteLine($"{Indent(item.Depth)}{TypeSpelling.Keyword(inner.Kind)} {(inner.Name is null ? "" : Printable.Escape(inner.Name) + " ")}{{");
                    open.Push(item);
                    break;
                case { Kind: LayoutItemKind.Member }:
                    WriteMember(layout.Graph, item, lines, output);
                    break;
            }
        }

        Close(layout, open, 0, lines, output);
        WriteTotals(layout, cacheLineByteSize, output);
        string packed = layout.Graph.IsPacked(aggregate, options.Scalars ?? ScalarAlignment.Usual) ? " __attribute__((__packed__))" : "";
        output.WriteLine($"}}{packed}{(aggregate.Alignment is { } alignment ? $" __attribute__((__aligned__({alignment})))" : "")};");
    }

    /// <summary>Writes one member with its place.</summary>
    /// <param name="definition">The type it was asked of.</param>
    /// <param name="member">The member.</param>
    /// <param name="output">Where to.</param>
    /// <param name="withLines">Whether its row ends with the line that declares it.</param>
    public static void WriteMember(TypeDefinition definition, ResolvedMember member, TextWriter output, bool withLines = false)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(output);
        ulong storage = member.IsBitField ? definition.Graph.ByteSizeOf(member.Type) ?? 0 : 0;
        LayoutItem item = new(
            LayoutItemKind.Member, 0, member.Path, member.Path, member.Type, member.BitOffset, member.BitSize ?? 0, member.IsBitField, storage, null, -1)
        { Place = member.Place };
        SourcePlace? place = definition.Aggregate.Place;
        WriteDeclared(place, output);
        output.WriteLine($"{Printable.Escape(definition.Graph.Declare(definition.Root))} {{");
        WriteMember(definition.Graph, item, new Lines(withLines, place?.File), output);
        output.WriteLine("};");
    }

    private static void WriteDeclared(SourcePlace? place, TextWriter output)
    {
        if (place is not null)
        {
            output.WriteLine($"/* declared at {Printable.Escape(place.File)}:{place.Line} */");
        }
    }

    private static void Close(TypeLayout layout, Stack<LayoutItem> open, int depth, Lines lines, TextWriter output)
    {
        while (open.Count > 0 && open.Peek().Depth >= depth)
        {
            LayoutItem item = open.Pop();
            // What a function pointer takes is part of the declarator, so that all of it is escaped, not the name alone.
            string declarator = Printable.Escape(layout.Graph.DeclareInParts(item.Type, item.Name ?? "").Declarator);
            WriteRow(Indent(item.Depth) + "}" + (declarator.Length == 0 ? "" : " " + declarator) + ";", item, lines, output);
        }
    }

    private static void WriteMember(TypeGraph graph, LayoutItem item, Lines lines, TextWriter output)
    {
        (string specifier, string declarator) = graph.DeclareInParts(item.Type, item.Name ?? "");
        specifier = Printable.Escape(specifier);
        declarator = Printable.Escape(declarator);
        string width = item.IsBitField ? string.Create(CultureInfo.InvariantCulture, $":{item.BitSize}") : "";
        int column = Math.Max(0, TypeColumn - (8 * item.Depth));
        WriteRow($"{Indent(item.Depth)}{specifier.PadRight(column)} {declarator}{width};", item, lines, output);
    }

    private static void WriteRow(string text, LayoutItem item, Lines lines, TextWriter output)
    {
        // A tab is eight columns wide on the terminals that this is read on.
        int tabs = text.Length - text.TrimStart('\t').Length;
        int missing = CommentColumn - (text.Length + (7 * tabs));
        string place = item.IsBitField
            ? string.Create(CultureInfo.InvariantCulture, $"{item.ByteOffset,6}:{item.BitOffset % 8,2} {item.StorageByteSize,2}")
            : string.Create(CultureInfo.InvariantCulture, $"{item.ByteOffset,6} {item.ByteSize,5}");
        output.WriteLine($"{text}{new string(' ', Math.Max(1, missing))}/*{place} */{lines.Of(item)}");
    }

    private static void WriteHole(LayoutItem item, bool membersAreLeftOut, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{Indent(item.Depth)}/* XXX {Span(item)} hole, {(membersAreLeftOut ? "or members that were left out" : "try to pack")} */");
        output.WriteLine();
    }

    private static void WriteBoundaries(LayoutItem item, int lineSize, ref ulong next, TextWriter output)
    {
        ulong line = item.ByteOffset / (ulong)lineSize;
        if (item.ByteOffset < next)
        {
            return;
        }

        ulong boundary = line * (ulong)lineSize;
        ulong ago = item.ByteOffset - boundary;
        output.WriteLine(ago == 0
            ? $"\t/* --- cacheline {line} boundary ({Printable.Count(boundary, "byte")}) --- */"
            : $"\t/* --- cacheline {line} boundary ({Printable.Count(boundary, "byte")}) was {Printable.Count(ago, "byte")} ago --- */");
        next = boundary + (ulong)lineSize;
    }

    private static void WriteTotals(TypeLayout layout, int lineSize, TextWriter output)
    {
        AggregateType aggregate = layout.Aggregate;
        LayoutTotals totals = LayoutTotals.Of(layout);
        output.WriteLine();
        string lines = lineSize > 0 ? $", cachelines: {(aggregate.ByteSize + (ulong)lineSize - 1) / (ulong)lineSize}" : "";
        output.WriteLine($"\t/* size: {aggregate.ByteSize}{lines}, members: {aggregate.Members.Length} */");
        if (totals.HoleCount > 0)
        {
            output.WriteLine($"\t/* holes: {totals.HoleCount}, sum holes: {Bits(totals.HoleBits)} */");
        }

        if (totals.PaddingBits > 0)
        {
            output.WriteLine($"\t/* padding: {Bits(totals.PaddingBits)} */");
        }

        if (lineSize > 0 && aggregate.ByteSize % (ulong)lineSize != 0)
        {
            output.WriteLine($"\t/* last cacheline: {Printable.Count(aggregate.ByteSize % (ulong)lineSize, "byte")} */");
        }
    }

    // Members are nearly always declared in the file of their struct: it is named only where they are not.
    private readonly record struct Lines(bool AreShown, string? File)
    {
        public string Of(LayoutItem item) => !AreShown || item.Place is not { } place ? ""
            : place.File == File ? $" /* line {place.Line} */" : $" /* {Printable.Escape(place.File)}:{place.Line} */";
    }

    private static string Indent(int depth) => new('\t', depth + 1);

    private static string Span(LayoutItem item) => Bits(item.BitSize);

    private static string Bits(ulong bits) => (bits / 8, bits % 8) switch
    {
        (var bytes, 0) => Printable.Count(bytes, "byte"),
        (0, var rest) => Printable.Count(rest, "bit"),
        var (bytes, rest) => $"{Printable.Count(bytes, "byte")} and {Printable.Count(rest, "bit")}",
    };
}

/// <summary>How a layout is written.</summary>
/// <param name="CacheLineByteSize">The cache line of the target, in bytes; 0 to leave the boundaries out.</param>
/// <param name="WithLines">Whether each member's row ends with the line that declares it.</param>
/// <param name="MembersAreLeftOut">Whether a hole may be where a member was left out of the debug information.</param>
/// <param name="Scalars">The largest alignment of a number on the target; null for that of 64-bit ones.</param>
internal readonly record struct LayoutTextOptions(
    int CacheLineByteSize, bool WithLines = false, bool MembersAreLeftOut = false, ScalarAlignment? Scalars = null);
