using System.Globalization;
using LayoutCheck.Core;

namespace LayoutCheck.Reports.Formats;

/// <summary>The words of a map that pictures, tables and text share.</summary>
internal static class MapWords
{
    private const int MostOfDescription = 12;

    /// <summary>The kinds of items in the order of a legend.</summary>
    public static MapClass[] Legend(StructMap map)
    {
        HashSet<MapClass> found = [.. Items(map).Select(i => i.Item.Class)];
        return [.. Enum.GetValues<MapClass>().Where(found.Contains).DistinctBy(ClassOf)];
    }

    /// <summary>A kind in words.</summary>
    public static string Of(MapClass kind) => kind switch
    {
        MapClass.Tag => "the tag word, and what must lie on it",
        MapClass.List => "list or RCU head",
        MapClass.Pointer => "pointer",
        MapClass.Part => "less than a word (count, int, bit-fields)",
        MapClass.Word => "other member",
        MapClass.Pad => "placeholder or padding member",
        _ => "no member: hole, padding, beyond the end",
    };

    /// <summary>A kind as a class of the style sheet.</summary>
    public static string ClassOf(MapClass kind) => kind switch
    {
        MapClass.Tag => "tag",
        MapClass.List => "list",
        MapClass.Pointer => "pointer",
        MapClass.Part => "part",
        MapClass.Word => "word",
        MapClass.Pad => "pad",
        _ => "hole",
    };

    /// <summary>The name of a page: <c>folio</c>, and <c>folio, page 1</c> where the ruler is that of struct page.</summary>
    public static string NameOf(StructMap map, MapStruct type, MapPage page)
        => page.ByteOffset == 0 ? type.Name : string.Create(CultureInfo.InvariantCulture, $"{type.Name}, {(map.TagWord is null ? "row" : "page")} {page.ByteOffset / map.Stride}");

    /// <summary>A place in bytes, with the bit where it is none: <c>8</c>, <c>40:3</c>.</summary>
    public static string Place(ulong bits) => bits % 8 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{bits / 8}") : string.Create(CultureInfo.InvariantCulture, $"{bits / 8}:{bits % 8}");

    /// <summary>A size in words.</summary>
    public static string Size(ulong bits) => bits % 8 == 0 ? Printable.Count(bits / 8, "byte") : Printable.Count(bits, "bit");

    /// <summary>All about an item, in a line.</summary>
    public static string Tooltip(MapStruct type, MapItem item)
    {
        string what = item.Type.Length == 0 ? $"{item.Path} of {type.Spelling}" : $"{type.Name}.{item.Path}: {item.Type}";
        string place = item.Place is { } known ? string.Create(CultureInfo.InvariantCulture, $"; {known.File}:{known.Line}") : "";
        string demand = item.Demand is { } words ? $"; VIOLATED: {words}" : "";
        return $"{what}; byte {Place(item.StructBitOffset)}, {Size(item.WholeBitSize)}{place}{demand}";
    }

    /// <summary>The map in sentences, for those who do not see it.</summary>
    public static string Description(StructMap map)
    {
        string structs = string.Join(", ", map.Structs.Take(MostOfDescription).Select(s => $"{s.Spelling} ({Printable.Count(s.ByteSize, "byte")})"))
            + (map.Structs.Length > MostOfDescription ? $" and {map.Structs.Length - MostOfDescription} more" : "");
        string tag = map.TagWord is { } word ? $" The tag word is page.{word.Member}, bytes {word.BitOffset / 8} to {((word.BitOffset + word.BitSize) / 8) - 1}." : "";
        string wrong = string.Join(", ", Items(map).Where(i => i.Item is { Demand: not null, IsContinued: false }).Take(MostOfDescription)
            .Select(i => $"{i.Type.Name}.{i.Item.Path} is at byte {Place(i.Item.StructBitOffset)} and {i.Item.Demand}"));
        return $"Bytes 0 to {map.Stride} of {structs}, one below the other.{tag}{(wrong.Length > 0 ? $" Violated: {wrong}." : "")}";
    }

    /// <summary>The sentence above a picture.</summary>
    public static string Caption(StructMap map)
        => "One row for each struct, one lane for each arm of a union; byte 0 is on the left."
            + (map.TagWord is { } word ? $" The shaded column is the tag word, page.{word.Member}: its bit 0 says \"tail page\"." : "");

    private static IEnumerable<(MapStruct Type, MapItem Item)> Items(StructMap map) => map.Structs.SelectMany(s => s.Pages.SelectMany(p => p.Lanes.SelectMany(l => l)).Select(i => (s, i)));
}
