using System.Runtime.CompilerServices;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// Hashes the definition at a DIE as <see cref="GraphHash"/> hashes the graph of it, without building one. Hot: a kernel has 870,000 definitions with twelve
/// million members. It is fast for three reasons. A member is read by a plan of its abbreviation: three loads at known places. Its name is a number, its type a
/// look at a small table by the offset of a DIE. And a type is hashed once in a unit, wherever it is used.
/// <para>
/// A hash that is returned is exact: the types are complete, and the struct is one that the graph builder takes. Whatever is unusual (a type in another unit,
/// a struct whose members are out of order, names in other sections) has no hash here, and the builder then has the word.
/// </para>
/// </summary>
internal sealed unsafe class DefinitionHasher
{
    // The kernel's deepest nesting is about 20, typedefs counted in.
    private const int DeepestType = 64;

    private readonly DieScanner _scanner;
    private readonly UnitDies _dies;
    private readonly PointeeHasher _pointees;
    private readonly TypeMemo _memo;
    private readonly LayoutHash _hash;

    /// <param name="sections">The file.</param>
    /// <param name="scanner">A scanner of it, open on the unit whose definitions are hashed.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="byOffsets">
    /// Whether names stand for themselves by their offsets in .debug_str, which takes no look at a text. Definitions with one such hash are equal; those of two
    /// may be.
    /// </param>
    /// <param name="memoSize">The size of the memo of types and of the cache of names, a power of two; tests use small ones.</param>
    public DefinitionHasher(DwarfSections sections, DieScanner scanner, LayoutHash hash, bool byOffsets = false, int? memoSize = null)
    {
        _scanner = scanner;
        _dies = new UnitDies(sections, scanner, hash, byOffsets, memoSize ?? NameHashes.CacheSize);
        _pointees = new PointeeHasher(_dies, hash);
        _memo = new TypeMemo(memoSize ?? TypeMemo.Size);
        _hash = hash;
    }

    /// <summary>Moves to a unit, which the scanner is open on, and loads all of it.</summary>
    /// <exception cref="InvalidImageException">It cannot be read.</exception>
    public void Open(in UnitHeader unit) => _dies.Open(unit);

    /// <summary>Reads what a struct or union says of itself; false if anything about that is unusual.</summary>
    /// <exception cref="InvalidImageException">Its abbreviation is damaged, or its name is not there.</exception>
    public bool TryHead(ulong die, out AggregateHead head)
    {
        head = default;
        if (_dies.TryPlan(die, out byte* values, out DiePlan plan) && plan.Kind is DiePlanKind.Struct or DiePlanKind.Union)
        {
            head.ByteSize = _dies.NumberAt(values, plan);
            head.End = (ulong)(values + plan.Size - _dies.Info.Start);
            head.IsUnion = plan.Kind == DiePlanKind.Union;
            head.HasChildren = plan.HasChildren;
            head.IsDeclaration = plan.IsDeclaration;
            return _dies.TryName(_dies.Info.Start + die, values, plan, out head.Name);
        }

        return _dies.Read(die, out DieFields fields) && TryHead(fields, out head);
    }

    private bool TryHead(in DieFields fields, out AggregateHead head)
    {
        head = new AggregateHead
        {
            ByteSize = fields.ByteSize,
            Alignment = fields.Has(DieField.Alignment) ? fields.Alignment : null,
            End = fields.End,
            IsUnion = fields.Tag == DwTag.DW_TAG_union_type,
            HasChildren = fields.HasChildren,
            IsDeclaration = fields.Has(DieField.Declaration),
        };
        return !fields.Has(DieField.Encoding) && (head.IsDeclaration || fields.Has(DieField.ByteSize)) && fields.ByteSize <= DieValues.LargestByteSize
            && _dies.TryName(fields, out head.Name);
    }

    /// <summary>Whether the struct or union at a DIE was hashed as the type of a member, and how.</summary>
    public bool TryKnown(ulong die, out ulong hash)
    {
        ref readonly HashedType known = ref _memo.At(die);
        hash = known.Hash;
        return known.Die == die;
    }

    /// <summary>Hashes the struct or union at a DIE; false if there is anything unusual in it.</summary>
    /// <param name="die">The offset of the DIE.</param>
    /// <param name="head">What <see cref="TryHead(ulong, out AggregateHead)"/> read.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="end">The offset behind its children.</param>
    /// <exception cref="InvalidImageException">Something on the way is damaged.</exception>
    public bool TryHash(ulong die, in AggregateHead head, out ulong hash, out ulong end)
    {
        bool isHashed = TryAggregate(die, head, 0, out end);
        hash = isHashed ? _memo.At(die).Hash : 0;
        return isHashed;
    }

    // After success the memo has the type at the DIE, until another type is looked for.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryType(ulong die, int depth) => _memo.At(die).Die == die || TryNewType(die, depth + 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryNewType(ulong die, int depth)
    {
        if (depth > DeepestType)
        {
            return false;
        }

        DiePlanKind kind = _dies.TryPlan(die, out byte* values, out DiePlan plan) ? plan.Kind : DiePlanKind.Other;
        switch (kind)
        {
            case DiePlanKind.Modifier:
                return TrySame(die, _dies.TypeAt(values, plan), depth);
            case DiePlanKind.Pointer:
                return _dies.NumberAt(values, plan) == _dies.Unit.AddressSize && TryPointer(die, _dies.TypeAt(values, plan));
            case DiePlanKind.Array:
                return TryArray(die, (ulong)(values + plan.Size - _dies.Info.Start), _dies.TypeAt(values, plan), depth);
            case DiePlanKind.Struct or DiePlanKind.Union:
                return TryHead(die, out AggregateHead head) && TryAggregate(die, head, depth, out _);
            default:
                return _dies.Read(die, out DieFields fields) && TryReadType(die, fields, depth);
        }
    }

    // A type that has no plan.
    private bool TryReadType(ulong die, in DieFields fields, int depth)
    {
        switch (fields.Tag)
        {
            case DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type:
                return TryHead(fields, out AggregateHead head) && TryAggregate(die, head, depth, out _);
            case DwTag.DW_TAG_array_type:
                return fields.HasChildren && TryArray(die, fields.End, fields.Type, depth);
            case DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type or DwTag.DW_TAG_restrict_type:
                return TrySame(die, fields.Type, depth);
            case DwTag.DW_TAG_pointer_type:
                return (!fields.Has(DieField.ByteSize) || fields.ByteSize == _dies.Unit.AddressSize) && TryPointer(die, fields.Type);
            case DwTag.DW_TAG_base_type:
                return HasSize(fields) && Keep(new HashedType(
                    die, _hash.OfBase(fields.ByteSize, DieValues.EncodingOf(fields.Encoding)), fields.ByteSize * 8, isInteger: true));
            case DwTag.DW_TAG_enumeration_type:
                return HasSize(fields) && _dies.TryName(fields, out ulong name)
                    && Keep(new HashedType(die, _hash.OfEnum(name, fields.ByteSize), fields.ByteSize * 8, isInteger: true));
            default:
                return false;
        }
    }

    private static bool HasSize(in DieFields fields) => fields.Has(DieField.ByteSize) && fields.ByteSize is > 0 and <= DieValues.LargestByteSize;

    private bool Keep(in HashedType type)
    {
        _memo.At(type.Die) = type;
        return true;
    }

    // A typedef or a qualifier.
    private bool TrySame(ulong die, ulong target, int depth) => target != 0 && TryType(target, depth) && Keep(_memo.At(target) with { Die = die });

    private bool TryPointer(ulong die, ulong target)
        => _pointees.TryHash(target, out ulong pointee)
            && Keep(new HashedType(die, _hash.OfPointer(_dies.Unit.AddressSize, pointee), (ulong)_dies.Unit.AddressSize * 8));

    private bool TryArray(ulong die, ulong children, ulong element, int depth)
    {
        Span<ulong?> counts = stackalloc ulong?[ArrayShape.MostDimensions];
        if (element == 0 || !ArrayShape.TryCounts(_dies, children, counts, out int dimensions) || !TryType(element, depth))
        {
            return false;
        }

        UInt128 size = _memo.At(element).BitSize;
        ulong hash = _memo.At(element).Hash;
        for (int i = dimensions - 1; i >= 0; i--)
        {
            size *= counts[i] ?? 0;
            hash = _hash.OfArray(counts[i], hash);
            if (size > HashedType.LargestBitSize)
            {
                return false;
            }
        }

        return Keep(new HashedType(die, hash, (ulong)size));
    }

    private bool TryAggregate(ulong die, in AggregateHead head, int depth, out ulong end)
    {
        end = head.End;
        MemberWalk members = new(head.End, head.ByteSize * 8, head.IsUnion);
        if (head.IsDeclaration || !(head.HasChildren ? TryMembers(ref members, depth) : IsMemberless(head)))
        {
            return false;
        }

        end = members.At;
        ulong hash = _hash.OfAggregate(head.IsUnion, head.Name, head.ByteSize, head.Alignment, members.Count, members.Hash);
        return Keep(new HashedType(die, hash, members.BitSize, isAggregate: true));
    }

    // A member behind a struct that has a size and no children may be its child: the decoder looks at the whole unit.
    private bool IsMemberless(in AggregateHead head)
        => head.ByteSize == 0 || (_dies.Read(head.End, out DieFields following) && following.Tag != DwTag.DW_TAG_member);

    /// <summary>The way through the members of a struct or union.</summary>
    private struct MemberWalk(ulong at, ulong bitSize, bool isUnion)
    {
        public readonly ulong BitSize = bitSize;
        public readonly bool IsUnion = isUnion;
        public ulong At = at;
        public ulong Hash;
        public ulong Count;

        // Where the last member ends, in bits.
        private ulong _end;

        // C17 6.7.2.1, as TypeGraphBuilder asserts it: members lie one behind the other in a struct, at the start of a union, and none outside.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Takes(ulong bitOffset, ulong bitSize)
        {
            ulong from = IsUnion ? 0 : _end;
            _end = bitOffset + bitSize;
            return _end <= BitSize && bitOffset >= from && (bitOffset == 0 || !IsUnion);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryMembers(ref MemberWalk result, int depth)
    {
        MemberWalk walk = result;
        DiePlans plans = _dies.Plans;
        byte* start = _dies.Info.Start;
        byte* end = _dies.End;
        byte* at = start + walk.At;
        ulong unit = _dies.Unit.Offset;
        while (end - at >= 2)
        {
            byte* values = at + 1;
            uint code = *at;
            if (code >= 0x80)
            {
                code = (code & 0x7f) | ((uint)*values++ << 7);
            }

            if (code == 0)
            {
                walk.At = (ulong)(at + 1 - start);
                result = walk;
                return true;
            }

            if (code < DiePlans.Codes)
            {
                ref readonly DiePlan plan = ref plans.Of(code, (ulong)(at - start));
                if (plan.Kind == DiePlanKind.Member && (!plan.IsNamedInPlace || UnitDies.TrySkipName(ref values, end))
                    && end - values >= plan.Size + sizeof(uint))
                {
                    ulong bitOffset = (ulong)_dies.NumberAt(values, plan) << plan.PlaceShift;
                    ulong die = unit + plans.Load(in values[plan.Type]);
                    if (!_dies.TryName(at, values, plan, out ulong name) || !TryType(die, depth))
                    {
                        return false;
                    }

                    ref readonly HashedType type = ref _memo.At(die);
                    if (plan.IsRare || plan.IsNamedInPlace || name == LayoutHash.NoName)
                    {
                        if (!TryAddRare(ref walk, plan, values, name, bitOffset, type))
                        {
                            return false;
                        }
                    }
                    else if (walk.Takes(bitOffset, type.BitSize))
                    {
                        walk.Hash = _hash.AddMember(walk.Hash, name, bitOffset, type.Hash);
                        walk.Count++;
                    }
                    else
                    {
                        return false;
                    }

                    at = values + plan.Size;
                    continue;
                }
            }

            if (!TryOtherChild((ulong)(at - start), ref walk, depth))
            {
                return false;
            }

            at = start + walk.At;
        }

        return false;
    }

    // A member with a plan that may be a bit-field, have an alignment, or no name.
    private bool TryAddRare(ref MemberWalk walk, in DiePlan plan, byte* values, ulong name, ulong bitOffset, in HashedType type)
    {
        ulong? width = plan.IsBitField ? (ulong)((values[plan.Width] & plan.WidthMask) + plan.WidthValue) : null;
        ulong? alignment = plan.HasAlignment ? (ulong)((values[plan.Alignment] & plan.AlignmentMask) + plan.AlignmentValue) : null;
        return TryAdd(ref walk, name, bitOffset, type, width, alignment);
    }

    private bool TryAdd(ref MemberWalk walk, ulong name, ulong bitOffset, in HashedType type, ulong? width, ulong? alignment)
    {
        name = _dies.OrNone(name);
        if (width > type.BitSize || (width is not null && !type.IsInteger) || (name == LayoutHash.NoName && width is null && !type.IsAggregate)
            || !walk.Takes(bitOffset, width ?? type.BitSize))
        {
            return false;
        }

        walk.Hash = _hash.AddMember(walk.Hash, name, bitOffset, type.Hash, width, alignment);
        walk.Count++;
        return true;
    }

    // A child that is no plain member: one with other fields, a nested type.
    private bool TryOtherChild(ulong die, ref MemberWalk walk, int depth)
    {
        if (!_dies.Read(die, out DieFields fields))
        {
            return TryDecodedMember(die, ref walk, depth);
        }

        if (fields.Tag != DwTag.DW_TAG_member)
        {
            walk.At = IsNestedType(fields) ? _scanner.StepFrom(die).Next : 0;
            return walk.At != 0;
        }

        if (fields.HasChildren || fields.Type == 0 || !_dies.TryName(fields, out ulong name) || !TryType(fields.Type, depth))
        {
            return false;
        }

        ref readonly HashedType type = ref _memo.At(fields.Type);
        ulong? width = fields.Has(DieField.BitSize) ? fields.BitSize : null;
        // Of a member that is no bit-field, the size would take precedence over that of the type.
        if (width is null && fields.Has(DieField.ByteSize) && fields.ByteSize != type.BitSize / 8)
        {
            return false;
        }

        walk.At = fields.End;
        return TryAdd(ref walk, name, (fields.Location * 8) + fields.DataBitOffset, type, width, fields.Has(DieField.Alignment) ? fields.Alignment : null);
    }

    private static bool IsNestedType(in DieFields fields)
        => fields.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_enumeration_type
            && !fields.Has(DieField.Location) && !fields.Has(DieField.DataBitOffset) && !fields.Has(DieField.BitSize);

    // A member with a form that the fields do not have: DW_AT_bit_offset, the location as an expression.
    private bool TryDecodedMember(ulong offset, ref MemberWalk walk, int depth)
    {
        if (_dies.Decoder.Read(offset, out ulong next) is not { Tag: DwTag.DW_TAG_member, HasChildren: false } die
            || die[DwAt.DW_AT_type] is not { Form: DwForm.DW_FORM_ref1 or DwForm.DW_FORM_ref2 or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_ref8, Value: var target }
            || !TryType(target, depth))
        {
            return false;
        }

        HashedType type = _memo.At(target);
        ulong? width = DieValues.Constant(die, DwAt.DW_AT_bit_size);
        if (width is null && DieValues.ByteSize(die) is { } recorded && recorded != type.BitSize / 8)
        {
            return false;
        }

        ulong? storage = width is not null && type.IsInteger ? type.BitSize / 8 : null;
        ulong bitOffset = MemberPlacement.BitOffset(die, width, storage, walk.IsUnion, _dies.Info.IsBigEndian);
        walk.At = next;
        return _dies.TryName(_dies.Decoder.Text(die[DwAt.DW_AT_name]) ?? "", out ulong name)
            && TryAdd(ref walk, name, bitOffset, type, width, DieValues.Constant(die, DwAt.DW_AT_alignment));
    }
}
