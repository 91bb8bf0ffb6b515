namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>What a census does with the DIEs of an abbreviation.</summary>
internal enum DiePlanKind : byte
{
    /// <summary>No plan was made yet.</summary>
    None,

    /// <summary>The DIE is read by its fields, or by the decoder.</summary>
    Other,

    /// <summary>A member: no field besides a name, a type, a place, a width in bits and an alignment.</summary>
    Member,

    /// <summary>A typedef or a qualifier of a type.</summary>
    Modifier,

    /// <summary>A pointer.</summary>
    Pointer,

    /// <summary>A struct: no field besides a name and a size, or a declaration.</summary>
    Struct,

    /// <summary>A union, likewise.</summary>
    Union,

    /// <summary>An array, with its dimensions below it.</summary>
    Array,

    /// <summary>A dimension of an array: an upper bound, or no length.</summary>
    Subrange,
}

/// <summary>
/// Where a census finds the fields of the most frequent DIEs, in 40 bytes: the plans of a unit fit the first-level cache. Offsets count bytes from the first
/// attribute, or from behind the name where that stands first among the values. Every DIE of the abbreviation has the same size but for such a name. Hot: see
/// <see cref="DieLayout"/>.
/// </summary>
internal struct DiePlan
{
    /// <summary>What to do; the rest holds for the plain kinds alone.</summary>
    public DiePlanKind Kind;

    /// <summary>Whether the first value is the name itself.</summary>
    public bool IsNamedInPlace;

    /// <summary>Whether it has a name that is an offset in .debug_str, four bytes.</summary>
    public bool IsNamedByOffset;

    /// <summary>Whether it has a type, a DW_FORM_ref4.</summary>
    public bool HasType;

    /// <summary>Whether it is a declaration, by DW_FORM_flag_present.</summary>
    public bool IsDeclaration;

    /// <summary>Whether it has children.</summary>
    public bool HasChildren;

    /// <summary>Whether there is a number, in the DIE or its abbreviation.</summary>
    public bool HasNumber;

    /// <summary>How far the four bytes at <see cref="Number"/> are shifted to the right; they are masked afterwards.</summary>
    public byte NumberShift;

    /// <summary>The size of all values.</summary>
    public ushort Size;
    public ushort Name;
    public ushort Type;

    /// <summary>Of a member, its place; of a dimension, the upper bound; of the others, the size in bytes.</summary>
    public ushort Number;
    public uint NumberMask;

    /// <summary>The number, where the abbreviation has it or there is none; the mask is 0 then.</summary>
    public uint NumberValue;

    /// <summary>How far the place of a member is shifted to the left to be in bits: it is in bytes, or that of a bit-field.</summary>
    public byte PlaceShift;

    /// <summary>Whether the member is a bit-field, and whether it has an alignment.</summary>
    public bool IsBitField;
    public bool HasAlignment;

    /// <summary>Whether it is one of the two.</summary>
    public bool IsRare;

    /// <summary>The width of a bit-field and an alignment: one byte each, masked likewise.</summary>
    public ushort Width;
    public ushort Alignment;
    public byte WidthMask;
    public byte WidthValue;
    public byte AlignmentMask;
    public byte AlignmentValue;
}
