using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>A top-level DIE with a wanted name.</summary>
/// <param name="Request">The index of the request that it answers.</param>
/// <param name="DieOffset">Its offset, in bytes from the start of .debug_info.</param>
/// <param name="Tag">DW_TAG_structure_type, DW_TAG_union_type or DW_TAG_typedef.</param>
/// <param name="DeclarationForm">The form of DW_AT_declaration; 0 if absent.</param>
/// <param name="HasChildren">Whether it has children.</param>
internal readonly record struct ScanHit(int Request, ulong DieOffset, DwTag Tag, DwForm DeclarationForm = 0, bool HasChildren = false)
{
    /// <summary>Whether it is certainly no definition. The scan does not read a DW_FORM_flag; with children it may be a damaged definition.</summary>
    public bool IsDeclaration => DeclarationForm == DwForm.DW_FORM_flag_present && !HasChildren;
}

/// <summary>A DIE with a wanted name at any level.</summary>
/// <param name="DieOffset">Its offset, in bytes from the start of .debug_info.</param>
/// <param name="Tag">DW_TAG_structure_type, DW_TAG_union_type or DW_TAG_typedef.</param>
/// <param name="Function">The offset of the function (DW_TAG_subprogram) around it; 0 if there is none.</param>
/// <param name="IsNested">Whether it is below the top level.</param>
internal readonly record struct NestedHit(ulong DieOffset, DwTag Tag, ulong Function, bool IsNested);
