namespace LayoutCheck.Dwarf.Abbrevs;

/// <summary>
/// How the scan gets from a DIE to the next one at its level, in one word: the plans of a unit fit the first-level cache. Parsed from a declaration, of
/// which <see cref="Abbrev"/> is the full form. Offsets and sizes count bytes from the first attribute.
/// </summary>
/// <param name="Bits">All fields; 0 if the code has no plan yet.</param>
internal readonly record struct SkipPlan(ulong Bits)
{
    /// <summary>The attributes have a fixed size. The next DIE is behind them, or where DW_AT_sibling says.</summary>
    public const ulong IsFixedSize = 1UL << 48;

    /// <summary>DW_AT_sibling, a DW_FORM_ref4, says where the next DIE is.</summary>
    public const ulong HasSibling = 1UL << 49;

    /// <summary>The DIE is a struct, a union or, where one is wanted, an enumeration with a name; the name is a DW_FORM_strp of four bytes, or the string of <see cref="HasString"/>.</summary>
    public const ulong NamesAggregate = 1UL << 50;

    /// <summary>The DIE is a typedef with such a name.</summary>
    public const ulong NamesTypedef = 1UL << 51;

    /// <summary>Of fixed size except for one block with a ULEB128 length. DW_AT_sibling follows it, if any. <see cref="Size"/> is without it.</summary>
    public const ulong HasBlock = 1UL << 52;

    /// <summary>Of fixed size except for one string in place. DW_AT_sibling follows it, if any. <see cref="Size"/> is without it.</summary>
    public const ulong HasString = 1UL << 53;

    /// <summary>Any other DIE: the scan uses <see cref="Abbrev"/>.</summary>
    public const ulong NeedsSlowPath = 1UL << 54;

    /// <summary>The DIE imports a unit, or has a name that is neither in the unit nor in .debug_str or .debug_line_str.</summary>
    public const ulong MayNameOutsideUnit = 1UL << 55;

    public SkipPlan(ulong flags, uint size, uint siblingOffset, uint nameOrBlockOffset)
        : this(flags | size | ((ulong)siblingOffset << 16) | ((ulong)nameOrBlockOffset << 32))
    {
    }

    /// <summary>The plan without its fast path.</summary>
    public SkipPlan OnSlowPath => new(NeedsSlowPath | (Bits & MayNameOutsideUnit));

    /// <summary>The size of all attributes.</summary>
    public uint Size => (ushort)Bits;

    /// <summary>The offset of DW_AT_sibling, without the size of a block or string before it.</summary>
    public uint SiblingOffset => (ushort)(Bits >> 16);

    /// <summary>The offset of the block or string if there is one, else of DW_AT_name.</summary>
    public uint NameOrBlockOffset => (ushort)(Bits >> 32);
}
