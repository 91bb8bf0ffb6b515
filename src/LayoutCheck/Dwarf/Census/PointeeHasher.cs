using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// Hashes what a pointer leads to: only the kind and the tag count, behind pointers and arrays. Hot: a kernel's units have some five hundred pointers each.
/// </summary>
/// <param name="dies">The unit.</param>
/// <param name="hash">The hash.</param>
internal sealed unsafe class PointeeHasher(UnitDies dies, LayoutHash hash)
{
    // Of pointers, arrays, typedefs and qualifiers on the way.
    private const int LongestWay = 32;

    /// <summary>The hash of what is at a DIE, or of void at 0; false if anything about it is unusual.</summary>
    /// <exception cref="InvalidImageException">A DIE on the way is damaged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryHash(ulong die, out ulong pointee)
    {
        ulong derivation = 0;
        for (int hops = 0; hops < LongestWay; hops++)
        {
            if (die == 0)
            {
                pointee = hash.OfPointee(LayoutHash.Pointee.Void, 0, derivation);
                return true;
            }

            DiePlanKind kind = dies.TryPlan(die, out byte* values, out DiePlan plan) ? plan.Kind : DiePlanKind.Other;
            switch (kind)
            {
                case DiePlanKind.Modifier:
                    die = dies.TypeAt(values, plan);
                    continue;
                case DiePlanKind.Pointer when dies.NumberAt(values, plan) == dies.Unit.AddressSize:
                    derivation = LayoutHash.Derive(derivation, isArray: false);
                    die = dies.TypeAt(values, plan);
                    continue;
                case DiePlanKind.Struct or DiePlanKind.Union:
                    bool isNamed = dies.TryName(dies.Info.Start + die, values, plan, out ulong tag);
                    pointee = hash.OfPointee(kind == DiePlanKind.Union ? LayoutHash.Pointee.Union : LayoutHash.Pointee.Struct, dies.OrNone(tag), derivation);
                    return isNamed;
                default:
                    if (!TryOther(ref die, ref derivation, ref hops, out pointee))
                    {
                        return false;
                    }

                    if (pointee != 0)
                    {
                        return true;
                    }

                    continue;
            }
        }

        pointee = 0;
        return false;
    }

    // A DIE that has no plan: the hash if it is the end of the way, else 0 and the next DIE.
    private bool TryOther(ref ulong die, ref ulong derivation, ref int hops, out ulong pointee)
    {
        pointee = 0;
        if (!dies.Read(die, out DieFields fields))
        {
            return false;
        }

        die = fields.Type;
        ulong tag;
        switch (fields.Tag)
        {
            case DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type or DwTag.DW_TAG_restrict_type or DwTag.DW_TAG_atomic_type:
                return true;
            case DwTag.DW_TAG_pointer_type when !fields.Has(DieField.ByteSize) || fields.ByteSize == dies.Unit.AddressSize:
                derivation = LayoutHash.Derive(derivation, isArray: false);
                return true;
            case DwTag.DW_TAG_array_type when fields.HasChildren:
                return TryDerive(fields, ref derivation, ref hops);
            case DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type when dies.TryTag(fields, out tag):
                pointee = hash.OfPointee(fields.Tag == DwTag.DW_TAG_union_type ? LayoutHash.Pointee.Union : LayoutHash.Pointee.Struct, tag, derivation);
                return true;
            case DwTag.DW_TAG_enumeration_type when (fields.Has(DieField.ByteSize) || fields.Has(DieField.Declaration)) && dies.TryTag(fields, out tag):
                pointee = hash.OfPointee(LayoutHash.Pointee.Enum, tag, derivation);
                return true;
            case DwTag.DW_TAG_base_type when fields.Has(DieField.ByteSize) && fields.ByteSize <= DieValues.LargestByteSize:
                pointee = hash.OfPointee(LayoutHash.Pointee.Base, hash.OfBase(fields.ByteSize, DieValues.EncodingOf(fields.Encoding)), derivation);
                return true;
            case DwTag.DW_TAG_subroutine_type:
                pointee = hash.OfPointee(LayoutHash.Pointee.Function, 0, derivation);
                return true;
            default:
                return false;
        }
    }

    private bool TryDerive(in DieFields array, ref ulong derivation, ref int hops)
    {
        Span<ulong?> counts = stackalloc ulong?[ArrayShape.MostDimensions];
        if (!ArrayShape.TryCounts(dies, array.End, counts, out int dimensions))
        {
            return false;
        }

        hops += dimensions - 1;
        for (int i = 0; i < dimensions; i++)
        {
            derivation = LayoutHash.Derive(derivation, isArray: true);
        }

        return true;
    }
}
