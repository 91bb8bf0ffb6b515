using System.Text.Json;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary>Layouts, items and places as JSON.</summary>
/// <param name="json">The writer.</param>
internal readonly struct JsonLayout(Utf8JsonWriter json)
{
    /// <summary>Writes one shown type.</summary>
    public void Write(ShownType report, SourceOmission? omission)
    {
        AggregateType aggregate = report.Layout.Aggregate;
        json.WriteStartObject();
        json.WriteString("type", report.TypeSpelling);
        json.WriteNumber("byte_size", aggregate.ByteSize);
        WriteNumberOrNull("alignment", aggregate.Alignment);
        json.WriteBoolean("packed", report.IsPacked);
        json.WriteBoolean("arrays_of_arrays_are_one_array", report.Layout.HasArraysOfOpenShape);
        json.WriteString("omission", omission?.Clause);
        WriteDeclared(aggregate.Place);
        json.WriteString("first_unit", report.FirstUnit);
        if (report.Function is { } function)
        {
            json.WriteString("function", function);
        }

        if (report.DefinitionCount is { } count)
        {
            json.WriteNumber("definitions", count);
        }

        if (report.DifferenceFromFirst is { } difference)
        {
            json.WriteString("difference", difference);
        }

        if (report.Member is { } member)
        {
            json.WriteStartObject("member");
            json.WriteString("path", member.Path);
            json.WriteString("type", report.Layout.Graph.Declare(member.Type));
            WritePlace(member.BitOffset, member.BitSize ?? 0, member.IsBitField);
            WriteDeclared(member.Place);
            json.WriteEndObject();
            json.WriteEndObject();
            return;
        }

        WriteItems("items", report.Layout, report.Layout.Items);
        LayoutTotals totals = LayoutTotals.Of(report.Layout);
        json.WriteNumber("holes", totals.HoleCount);
        json.WriteNumber("hole_bits", totals.HoleBits);
        json.WriteNumber("padding_bits", totals.PaddingBits);
        json.WriteEndObject();
    }

    /// <summary>Writes items as an array.</summary>
    public void WriteItems(string name, TypeLayout layout, IEnumerable<LayoutItem> items)
    {
        json.WriteStartArray(name);
        foreach (LayoutItem item in items)
        {
            WriteItem(layout, item);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes one item.</summary>
    public void WriteItem(TypeLayout layout, LayoutItem item)
    {
        json.WriteStartObject();
        json.WriteString("kind", item.Kind.ToString().ToLowerInvariant());
        if (item.Kind == LayoutItemKind.Member)
        {
            json.WriteString("name", item.Name);
            json.WriteString("path", item.Path);
            json.WriteString("type", layout.Graph.Declare(item.Type));
            WriteDeclared(item.Place);
        }

        WritePlace(item.BitOffset, item.BitSize, item.IsBitField);
        json.WriteNumber("depth", item.Depth);
        json.WriteEndObject();
    }

    /// <summary>Writes the file and line of a declaration; null where they are not known.</summary>
    public void WriteDeclared(SourcePlace? place)
    {
        json.WriteString("file", place?.File);
        WriteNumberOrNull("line", place?.Line);
    }

    // Bitfields and gaps that do not start or end with a byte have no byte position that would be true.
    /// <summary>Writes a place in bits, and in bytes where it is whole bytes.</summary>
    public void WritePlace(ulong bitOffset, ulong bitSize, bool isBitField)
    {
        bool isWhole = bitOffset % 8 == 0 && bitSize % 8 == 0 && !isBitField;
        WriteNumberOrNull("byte_offset", isWhole ? bitOffset / 8 : null);
        WriteNumberOrNull("byte_size", isWhole ? bitSize / 8 : null);
        json.WriteNumber("bit_offset", bitOffset);
        json.WriteNumber("bit_size", bitSize);
        json.WriteBoolean("bitfield", isBitField);
    }

    /// <summary>Writes a number, or null.</summary>
    public void WriteNumberOrNull(string name, ulong? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
