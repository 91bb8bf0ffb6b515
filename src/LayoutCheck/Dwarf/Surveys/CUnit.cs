using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.Dwarf.Split;

namespace LayoutCheck.Dwarf.Surveys;

/// <summary>What a unit means for a question about C types.</summary>
internal enum UnitRole
{
    /// <summary>Nothing: it is padding, or a whole unit in the supplementary file, which is there for other images.</summary>
    None,

    /// <summary>A compile unit or a type unit in C: its types count.</summary>
    C,

    /// <summary>A partial unit in C or without a language: its types count for the C units that import it.</summary>
    Part,

    /// <summary>A skeleton: the split unit answers instead.</summary>
    Skeleton,

    /// <summary>A unit in another language: its types do not count.</summary>
    OtherLanguage,

    /// <summary>A unit whose language is absent or unknown, and may be C.</summary>
    UnknownLanguage,
}

/// <summary>A unit that <see cref="CUnitWalk"/> has opened.</summary>
/// <param name="Index">The index of the unit in the image; a split unit has that of its skeleton, so that the order is that of the image.</param>
/// <param name="File">The file of the unit.</param>
/// <param name="Header">Its header.</param>
/// <param name="Root">Its root DIE.</param>
/// <param name="Role">Its role, which is neither <see cref="UnitRole.None"/> nor <see cref="UnitRole.Skeleton"/>.</param>
/// <param name="Scanner">A scanner that is open on it.</param>
/// <param name="Split">The split unit that it was reached through; null for others.</param>
internal readonly record struct CUnit(int Index, DwarfSections File, UnitHeader Header, UnitRoot Root, UnitRole Role, DieScanner Scanner, SplitUnit? Split)
{
    /// <summary>Whether the unit itself names C as its language.</summary>
    public bool IsC => DwarfLanguage.IsC(Root.Language);

    /// <summary>The role of a unit.</summary>
    /// <param name="root">Its root DIE.</param>
    /// <param name="isInSupplement">Whether it is in the supplementary file.</param>
    public static UnitRole RoleOf(in UnitRoot root, bool isInSupplement)
        => root.IsSkeleton ? UnitRole.Skeleton
            : root.Tag == 0 || (isInSupplement && !root.IsPartial) ? UnitRole.None
            : DwarfLanguage.IsC(root.Language) ? (root.IsPartial ? UnitRole.Part : UnitRole.C)
            : root.IsPartial && root.Language is null ? UnitRole.Part
            : DwarfLanguage.IsOther(root.Language) ? UnitRole.OtherLanguage
            : UnitRole.UnknownLanguage;
}
