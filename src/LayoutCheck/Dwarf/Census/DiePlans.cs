using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// The <see cref="DiePlan"/>s of one unit by code. Hot: a census asks it for each of twenty million DIEs. It is a flat table, filled as codes are met; a plan
/// itself is made once for each distinct declaration, of the fields that <see cref="DieFieldReader"/> tells, so that one table decides what a field is.
/// </summary>
/// <param name="info">A view of .debug_info.</param>
/// <param name="abbrevs">The abbreviations of the open unit.</param>
/// <param name="reader">The reader of fields, open on the same unit.</param>
internal sealed class DiePlans(Section info, AbbrevTable abbrevs, DieFieldReader reader)
{
    /// <summary>The number of codes that may have a plan; a larger code takes more than two bytes, or is one of very many.</summary>
    public const int Codes = 1 << 10;

    // A number of more bytes than this is left to the reader.
    private const int NumberSize = sizeof(uint);

    private const byte BytesToBits = 3;

    private readonly DiePlan[] _plans = new DiePlan[Codes];
    private readonly bool _isBigEndian = info.IsBigEndian;
    private readonly bool _isDisabled = info.File.Inputs.Disabled.HasFlag(FastPaths.FieldPlan);
    private UnitHeader _unit;
    private int _highest;

    /// <summary>Moves to a unit, whose abbreviations are loaded.</summary>
    public void Open(in UnitHeader unit)
    {
        Array.Clear(_plans, 0, _highest + 1);
        _highest = 0;
        _unit = unit;
    }

    /// <summary>The plan of a code.</summary>
    /// <param name="code">The code, not 0 and less than <see cref="Codes"/>.</param>
    /// <param name="die">The offset of the DIE.</param>
    /// <exception cref="InvalidImageException">The table has no such code, or is damaged before it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly DiePlan Of(uint code, ulong die)
    {
        ref DiePlan plan = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_plans), code);
        if (plan.Kind == DiePlanKind.None)
        {
            Fill(ref plan, code, die);
        }

        return ref plan;
    }

    /// <summary>Four bytes of the file.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Load(ref readonly byte at)
    {
        uint value = Unsafe.ReadUnaligned<uint>(in at);
        return _isBigEndian == BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    private void Fill(ref DiePlan plan, uint code, ulong die)
    {
        Abbrev abbrev = abbrevs.Get(code, info, die);
        DieLayout layout = reader.LayoutOf(abbrev);
        if (layout.Plan.Kind == DiePlanKind.None)
        {
            layout.Plan = Make(abbrev, layout.Fields);
        }

        plan = layout.Plan;
        _highest = Math.Max(_highest, (int)code);
    }

    private DiePlan Make(Abbrev abbrev, DieField[] fields)
    {
        DiePlan other = new() { Kind = DiePlanKind.Other };
        DiePlan plan = new() { Kind = KindOf(abbrev), HasChildren = abbrev.HasChildren };
        if (plan.Kind == DiePlanKind.Other || _isDisabled)
        {
            return other;
        }

        // A pointer without a size has that of an address.
        plan.NumberValue = plan.Kind == DiePlanKind.Pointer ? _unit.AddressSize : 0u;
        DieField number = plan.Kind switch
        {
            DiePlanKind.Member => DieField.Location,
            DiePlanKind.Subrange => DieField.UpperBound,
            DiePlanKind.Modifier or DiePlanKind.Array => DieField.None,
            _ => DieField.ByteSize,
        };
        bool isAggregate = plan.Kind is DiePlanKind.Struct or DiePlanKind.Union;
        bool hasPlace = false;
        int size = 0;
        for (int i = 0; i < fields.Length; i++)
        {
            DwForm form = abbrev.Specs[i].Form;
            int formSize = AttributeForms.FixedSize(form, _unit);
            bool isNameInPlace = i == 0 && fields[i] == DieField.Name && StringForms.HomeOf(form) == StringHome.InPlace;
            if ((formSize < 0 && !isNameInPlace) || size > short.MaxValue)
            {
                return other;
            }

            switch (fields[i])
            {
                case DieField.Name when isNameInPlace:
                    plan.IsNamedInPlace = true;
                    continue;
                case DieField.Name when formSize == sizeof(uint):
                    (plan.IsNamedByOffset, plan.Name) = (true, (ushort)size);
                    break;
                case DieField.Type when formSize == sizeof(uint):
                    (plan.HasType, plan.Type) = (true, (ushort)size);
                    break;
                case DieField.None:
                    break;
                case DieField.Declaration when isAggregate && form == DwForm.DW_FORM_flag_present:
                    plan.IsDeclaration = true;
                    break;
                case DieField.DataBitOffset when plan.Kind == DiePlanKind.Member && !hasPlace
                    && SetNumber(ref plan, form, abbrev.Specs[i].ImplicitConst, size, formSize):
                    hasPlace = true;
                    break;
                case DieField.BitSize when plan.Kind == DiePlanKind.Member
                    && TryByte(form, abbrev.Specs[i].ImplicitConst, out plan.WidthMask, out plan.WidthValue):
                    (plan.IsRare, plan.IsBitField, plan.Width) = (true, true, (ushort)size);
                    break;
                case DieField.Alignment when plan.Kind == DiePlanKind.Member
                    && TryByte(form, abbrev.Specs[i].ImplicitConst, out plan.AlignmentMask, out plan.AlignmentValue):
                    (plan.IsRare, plan.HasAlignment, plan.Alignment) = (true, true, (ushort)size);
                    break;
                case var field when field == number && !hasPlace && SetNumber(ref plan, form, abbrev.Specs[i].ImplicitConst, size, formSize):
                    hasPlace = true;
                    plan.PlaceShift = BytesToBits;
                    break;
                // Of a typedef, a qualifier and an array, only the type counts; the type of an index does not.
                case not DieField.Unsupported when plan.Kind is DiePlanKind.Modifier or DiePlanKind.Array:
                case DieField.Type when plan.Kind == DiePlanKind.Subrange:
                    break;
                default:
                    return other;
            }

            size += formSize;
        }

        plan.Size = (ushort)size;
        plan.HasNumber = hasPlace;
        // A declaration with children is damaged. Without a type, a member is damaged, and the others are void.
        bool isWhole = isAggregate ? plan.IsDeclaration ? !plan.HasChildren : plan.HasNumber : plan.HasType || plan.Kind == DiePlanKind.Subrange;
        return isWhole ? plan : other;
    }

    private bool SetNumber(ref DiePlan plan, DwForm form, long implicitConst, int at, int size)
    {
        if (form == DwForm.DW_FORM_implicit_const)
        {
            plan.NumberValue = (uint)implicitConst;
            return implicitConst is >= 0 and <= uint.MaxValue;
        }

        plan.Number = (ushort)at;
        plan.NumberValue = 0;
        plan.NumberMask = size == NumberSize ? uint.MaxValue : (1u << (size * 8)) - 1;
        plan.NumberShift = (byte)(_isBigEndian ? (NumberSize - size) * 8 : 0);
        return size is 1 or 2 or NumberSize;
    }

    private static bool TryByte(DwForm form, long implicitConst, out byte mask, out byte value)
    {
        bool isConstant = form == DwForm.DW_FORM_implicit_const;
        mask = isConstant ? (byte)0 : byte.MaxValue;
        value = isConstant ? (byte)implicitConst : (byte)0;
        return isConstant ? implicitConst is >= 0 and <= byte.MaxValue : form == DwForm.DW_FORM_data1;
    }

    private static DiePlanKind KindOf(Abbrev abbrev) => abbrev.Tag switch
    {
        DwTag.DW_TAG_structure_type => DiePlanKind.Struct,
        DwTag.DW_TAG_union_type => DiePlanKind.Union,
        DwTag.DW_TAG_array_type when abbrev.HasChildren => DiePlanKind.Array,
        _ when abbrev.HasChildren => DiePlanKind.Other,
        DwTag.DW_TAG_member => DiePlanKind.Member,
        DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type or DwTag.DW_TAG_restrict_type => DiePlanKind.Modifier,
        DwTag.DW_TAG_pointer_type => DiePlanKind.Pointer,
        DwTag.DW_TAG_subrange_type => DiePlanKind.Subrange,
        _ => DiePlanKind.Other,
    };
}
