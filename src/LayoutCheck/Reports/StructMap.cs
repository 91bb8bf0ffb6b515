using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Reports;

/// <summary>Structs over each other on one ruler of bytes: those that share the bytes of struct page, or any that were asked for.</summary>
/// <param name="Stride">The length of the ruler in bytes: sizeof(struct page) by the image. What is longer goes on in further pages.</param>
/// <param name="WordByteSize">The size in bytes of a long.</param>
/// <param name="TagWord">The word whose bit 0 tells a tail page, where the image has it; else null.</param>
/// <param name="Structs">The structs, struct page first where it is there.</param>
public sealed record StructMap(ulong Stride, int WordByteSize, MapColumn? TagWord, ImmutableArray<MapStruct> Structs)
{
    /// <summary>What the map leaves out, and what it does not know, a sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Whether there is nothing to draw.</summary>
    public bool IsEmpty => Structs.All(s => s.Pages.IsEmpty);
}

/// <summary>A stretch of the ruler.</summary>
/// <param name="Member">The member of struct page that gives it: <c>compound_info</c>.</param>
/// <param name="BitOffset">Bits from the start of the ruler.</param>
/// <param name="BitSize">Its width in bits.</param>
public sealed record MapColumn(string Member, ulong BitOffset, ulong BitSize);

/// <summary>One struct or union of a map.</summary>
/// <param name="Name">Its tag, or the typedef that it was asked for by.</param>
/// <param name="Spelling">The type as C spells it.</param>
/// <param name="ByteSize">sizeof, in bytes.</param>
/// <param name="Pages">Its parts, one for each length of the ruler.</param>
public sealed record MapStruct(string Name, string Spelling, ulong ByteSize, ImmutableArray<MapPage> Pages)
{
    /// <summary>Where it is declared, when that is known.</summary>
    public SourcePlace? Place { get; init; }
}

/// <summary>One length of the ruler of one struct.</summary>
/// <param name="ByteOffset">Bytes from the start of the struct.</param>
/// <param name="Lanes">The items on as many lanes as lie over each other; the items of a lane in the order of their places.</param>
public sealed record MapPage(ulong ByteOffset, ImmutableArray<ImmutableArray<MapItem>> Lanes);

/// <summary>The kind of an item, which its fill shows.</summary>
public enum MapClass
{
    /// <summary>The tag word, and what must lie on it.</summary>
    Tag,

    /// <summary>A list head, a node of a list or of a tree, an RCU head.</summary>
    List,

    /// <summary>A pointer.</summary>
    Pointer,

    /// <summary>Less than a word: a count, an int, bit-fields.</summary>
    Part,

    /// <summary>Any other member.</summary>
    Word,

    /// <summary>A member that keeps bytes free: a placeholder, padding with a name.</summary>
    Pad,

    /// <summary>Bytes between members, or behind the last one, that belong to none.</summary>
    Hole,

    /// <summary>Bytes of the ruler behind the end of the struct.</summary>
    Beyond,
}

/// <summary>One box of a lane: a member, some bit-fields that share a word, or bytes without a member.</summary>
/// <param name="Path">The member's path, or the name of the gap; of bit-fields, all of theirs.</param>
/// <param name="Class">Its kind.</param>
/// <param name="BitOffset">Bits from the start of the page.</param>
/// <param name="BitSize">Its width in bits, as far as the page has it.</param>
/// <param name="Type">The member's type as C spells it; empty for a gap.</param>
public sealed record MapItem(string Path, MapClass Class, ulong BitOffset, ulong BitSize, string Type)
{
    /// <summary>Bits from the start of the struct.</summary>
    public ulong StructBitOffset { get; init; }

    /// <summary>Its whole width in bits.</summary>
    public ulong WholeBitSize { get; init; }

    /// <summary>Whether it begins on an earlier page.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Whether a part of it is behind this page.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Whether these are bit-fields.</summary>
    public bool IsBitField { get; init; }

    /// <summary>Where it is declared, when that is known.</summary>
    public SourcePlace? Place { get; init; }

    /// <summary>Of a member of a violated check, what it must do: <c>must start at byte 8</c>; else null.</summary>
    public string? Demand { get; init; }

    /// <summary>Whether it is the member that was asked for.</summary>
    public bool IsAsked { get; init; }
}
