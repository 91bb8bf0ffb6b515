using System.Collections.Immutable;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>A member that code is asked about.</summary>
/// <param name="Struct">The struct's tag.</param>
/// <param name="Path">The member.</param>
/// <param name="Place">Where the image's types have it.</param>
internal sealed record CodeMember(string Struct, string Path, MemberPlace Place)
{
    /// <summary>Its name in a report: <c>page.compound_info</c>.</summary>
    public string Name => $"{Struct}.{Path}";

    /// <summary>Whether it is the word whose bit 0 tells a tail page.</summary>
    public bool IsTagWord => Struct == "page" && Path is "compound_head" or "compound_info";

    /// <summary>Whether it is pgmap, of a page or a folio.</summary>
    public bool IsPgmap => Path == "pgmap" || Path.EndsWith(".pgmap", StringComparison.Ordinal);
}

/// <summary>A range of a struct.</summary>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="ByteSize">Bytes.</param>
internal readonly record struct MemberPlace(long Offset, long ByteSize)
{
    /// <summary>Whether an access is to this member: within it, or to all of it and more. An access of unknown width starts in it.</summary>
    /// <param name="offset">Bytes from the start of the struct.</param>
    /// <param name="width">Bytes; 0 if that is not known.</param>
    public bool IsAccess(long offset, int width)
        => offset >= Offset && offset < Offset + ByteSize ? offset + width <= Offset + ByteSize || offset == Offset : offset < Offset && offset + width >= Offset + ByteSize;
}

/// <summary>A helper on the layouts of one image.</summary>
/// <param name="Helper">The helper.</param>
/// <param name="Member">The member that it uses.</param>
/// <param name="Also">Where other members are that it may use.</param>
internal sealed record HelperPlaces(Helper Helper, CodeMember Member, ImmutableArray<MemberPlace> Also)
{
    /// <summary>The helper on an image's struct; null if the struct has no member that it uses, or if definitions differ about one.</summary>
    /// <param name="helper">The helper.</param>
    /// <param name="definitions">The definitions of its struct, which differ.</param>
    public static HelperPlaces? Of(Helper helper, ImmutableArray<TypeDefinition> definitions)
    {
        string? read = helper.Reads.FirstOrDefault(path => PlaceOf(definitions, path) is not null);
        if (read is null)
        {
            return null;
        }

        IEnumerable<string> also = helper.Also.Where(a => a.Where is null || PlaceOf(definitions, a.Where) is not null).SelectMany(a => a.Members);
        return new HelperPlaces(
            helper, new CodeMember(helper.Of.Name, read, PlaceOf(definitions, read)!.Value), [.. also.Select(path => PlaceOf(definitions, path)).OfType<MemberPlace>()]);
    }

    // Null as well where two definitions have it at different places: neither can be said to be right.
    private static MemberPlace? PlaceOf(ImmutableArray<TypeDefinition> definitions, string path)
    {
        MemberPlace?[] places = [.. definitions.Select(d => PlaceIn(d, path)).Distinct()];
        return places.Length == 1 ? places[0] : null;
    }

    private static MemberPlace? PlaceIn(TypeDefinition definition, string path)
    {
        const string Next = "[1].";
        bool isNext = path.StartsWith(Next, StringComparison.Ordinal);
        ulong? start = isNext ? definition.Graph.ByteSizeOf(definition.Root) : 0;
        return start is { } from && MemberPath.Resolve(definition.Graph, definition.Root, isNext ? path[Next.Length..] : path) is { IsBitField: false, BitSize: { } bits } member
            ? new MemberPlace((long)(from + (member.BitOffset / 8)), (long)(bits / 8))
            : null;
    }
}
