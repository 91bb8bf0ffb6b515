namespace LayoutCheck.Dwarf.Census;

/// <summary>What a struct or union says of itself, before its members.</summary>
internal struct AggregateHead
{
    /// <summary>The hash of its tag.</summary>
    public ulong Name;

    /// <summary>Its size in bytes; 0 of a declaration.</summary>
    public ulong ByteSize;

    /// <summary>Its declared alignment; null when there is none.</summary>
    public ulong? Alignment;

    /// <summary>The offset of its first child, or of what follows it.</summary>
    public ulong End;
    public bool IsUnion;
    public bool HasChildren;

    /// <summary>Whether it has a DW_AT_declaration.</summary>
    public bool IsDeclaration;
}
