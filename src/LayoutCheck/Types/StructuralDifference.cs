namespace LayoutCheck.Types;

/// <summary>What of a type or a member differs between two definitions.</summary>
internal enum DifferenceKind
{
    /// <summary>The size of the whole type.</summary>
    Size,

    /// <summary>The alignment that the source demanded, of the type or of a member (DW_AT_alignment).</summary>
    Alignment,

    /// <summary>Where a member lies.</summary>
    Moved,

    /// <summary>The size of a member, or the width of a bit-field.</summary>
    Resized,

    /// <summary>The number of elements of an array.</summary>
    Recounted,

    /// <summary>The type of a member, in what a layout depends on: class, tag, signedness, pointee; whether it is a bit-field.</summary>
    Retyped,

    /// <summary>The name of a member, with its place, size and type as they were.</summary>
    Renamed,

    /// <summary>The right definition has a member that the left one has not.</summary>
    Added,

    /// <summary>The left definition has a member that the right one has not.</summary>
    Removed,

    /// <summary>The unnamed structs and unions that a member is declared in. Its path and its place do not depend on them.</summary>
    Regrouped,

    /// <summary>The order in which a member is declared, with its place as it was: another arm of a union.</summary>
    Reordered,
}

/// <summary>One difference between two definitions of a type.</summary>
/// <param name="Kind">What differs.</param>
/// <param name="Path">
/// The member, by its path in the left definition, or in the right one when it was added; <c>[]</c> for all elements of an array; empty for the whole type.
/// </param>
/// <param name="Left">What the left definition has there; null when it has nothing.</param>
/// <param name="Right">What the right definition has there; null when it has nothing.</param>
internal sealed record StructuralDifference(DifferenceKind Kind, string Path, MemberState? Left, MemberState? Right);

/// <summary>A member, or the whole type, in one of two definitions. Sizes and places are in bits.</summary>
/// <param name="Name">Its name; empty for the whole type and for the elements of an array.</param>
/// <param name="BitOffset">Where it starts, from the start of the whole type; of an array's elements, where the first one starts.</param>
/// <param name="BitSize">Its size; null when it has none.</param>
/// <param name="BitAlignment">The alignment that the source demanded, or null.</param>
/// <param name="Type">Its type in C's spelling.</param>
internal sealed record MemberState(string Name, ulong BitOffset, ulong? BitSize, ulong? BitAlignment, string Type)
{
    /// <summary>The width in bits when it is a bit-field, else null.</summary>
    public ulong? BitFieldSize { get; init; }

    /// <summary>How many elements it has when it is an array of a known length, else null.</summary>
    public ulong? ElementCount { get; init; }

    /// <summary>The unnamed structs and unions that it is declared in, outermost first: <c>union</c>, <c>union struct</c>; empty when it is in none.</summary>
    public string Group { get; init; } = "";
}
