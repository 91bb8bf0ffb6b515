using System.Runtime.CompilerServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Scan;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;

namespace LayoutCheck.Dwarf.Census;

/// <summary>
/// Hashes the definition at a DIE as <see cref="GraphHash"/> hashes the graph of it, without building one. Hot: a kernel has 870,000 definitions with twelve
/// million members. It is fast for three reasons. A plain member is read by a plan of its abbreviation: three loads at known places. Its name is looked up by
/// an offset, its type by the offset of a DIE, both in caches that stay in the processor's. And a type is hashed once in a unit, wherever it is used.
/// <para>
/// A hash that is returned is exact: the types are complete, and the struct is one that the graph builder takes. Whatever is unusual (a type in another unit,
/// a struct whose members are out of order, names in other sections) has no hash here, and the builder then has the word.
/// </para>
/// </summary>
internal sealed unsafe class DefinitionHasher
{
    // The kernel's deepest nesting is about 20, typedefs counted in.
    private const int DeepestType = 64;

    // Of pointers and arrays on the way to what a pointer leads to.
    private const int LongestDerivation = 32;
    private const int MostDimensions = 8;

    private readonly DwarfSections _sections;
    private readonly DieScanner _scanner;
    private readonly Section _info;
    private readonly DieFieldReader _reader;
    private readonly DiePlans _plans;
    private readonly TypeMemo _memo;
    private readonly NameHashes _names;
    private readonly LayoutHash _hash;
    private readonly ulong _emptyName;
    private readonly bool _byOffsets;
    private DieDecoder? _decoder;
    private bool _isDecoderOpen;
    private UnitHeader _unit;

    /// <param name="sections">The file.</param>
    /// <param name="scanner">A scanner of it, open on the unit whose definitions are hashed.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="byOffsets">
    /// Whether names stand for themselves by their offsets in .debug_str. Definitions with one such hash are equal; those of two may be. It looks nothing up, and
    /// all that <see cref="GraphHash"/> has no part in holds alike.
    /// </param>
    /// <param name="memoSize">The size of the memo of types and of the cache of names, a power of two; tests use small ones.</param>
    public DefinitionHasher(DwarfSections sections, DieScanner scanner, LayoutHash hash, bool byOffsets = false, int? memoSize = null)
    {
        _byOffsets = byOffsets;
        _sections = sections;
        _scanner = scanner;
        _info = scanner.Info;
        _reader = new DieFieldReader(scanner.Info, scanner.Abbrevs);
        _plans = new DiePlans(scanner.Info, scanner.Abbrevs, _reader);
        _memo = new TypeMemo(memoSize ?? TypeMemo.Size);
        _hash = hash;
        _emptyName = hash.OfName([]);
        _names = new NameHashes(sections.Str, hash, byOffsets ? 1 : memoSize ?? NameHashes.CacheSize);
    }

    /// <summary>Moves to a unit, which the scanner is open on, and loads all of it.</summary>
    /// <exception cref="InvalidImageException">It cannot be read.</exception>
    public void Open(in UnitHeader unit)
    {
        _unit = unit;
        _info.Load(_info.Start + unit.End);
        _reader.Open(unit);
        _plans.Open(unit);
        _isDecoderOpen = false;
    }

    /// <summary>Reads what a struct or union says of itself; false if anything about that is unusual.</summary>
    /// <exception cref="InvalidImageException">Its abbreviation is damaged, or its name is not there.</exception>
    public bool TryHead(ulong die, out AggregateHead head)
    {
        head = default;
        if (PlanAt(die, out byte* values, out DiePlan plan) && plan.Kind is DiePlanKind.Struct or DiePlanKind.Union)
        {
            head.ByteSize = NumberAt(values, plan);
            head.End = (ulong)(values + plan.Size - _info.Start);
            head.IsUnion = plan.Kind == DiePlanKind.Union;
            head.HasChildren = plan.HasChildren;
            head.IsDeclaration = plan.IsDeclaration;
            return TryPlannedName(plan, _info.Start + die, values, out head.Name);
        }

        return _reader.Read(die, out DieFields fields) && TryHead(fields, out head);
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
            && TryName(fields, out head.Name);
    }

    // The hash of the name of a DIE, NoName if it has none; false if the name is unusual.
    private bool TryName(in DieFields fields, out ulong name)
    {
        name = LayoutHash.NoName;
        return fields.NameHome switch
        {
            StringHome.None => true,
            StringHome.Str => fields.Name <= uint.MaxValue && TryNameAt((uint)fields.Name, out name),
            StringHome.InPlace => _names.TryHash(_info.StringAt(fields.Name), out name),
            _ => false,
        };
    }

    /// <summary>Hashes the struct or union at a DIE; false if there is anything unusual in it.</summary>
    /// <param name="die">The offset of the DIE.</param>
    /// <param name="head">What <see cref="TryHead(ulong, out AggregateHead)"/> read.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="end">The offset behind its children; 0 if it was hashed before.</param>
    /// <exception cref="InvalidImageException">Something on the way is damaged.</exception>
    public bool TryHash(ulong die, in AggregateHead head, out ulong hash, out ulong end)
    {
        ref HashedType known = ref _memo.At(die);
        (hash, end) = (known.Hash, 0);
        if (known.Die == die)
        {
            return true;
        }

        if (!TryAggregate(die, head, 0, out HashedType type, out end))
        {
            return false;
        }

        hash = type.Hash;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryType(ulong die, int depth, out HashedType type)
    {
        type = _memo.At(die);
        return type.Die == die || TryNewType(die, depth + 1, out type);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryNewType(ulong die, int depth, out HashedType type)
    {
        type = default;
        if (depth > DeepestType)
        {
            return false;
        }

        DiePlanKind kind = PlanAt(die, out byte* values, out DiePlan plan) ? plan.Kind : DiePlanKind.Other;
        switch (kind)
        {
            case DiePlanKind.Modifier:
                return TryType(_unit.Offset + _plans.Load(in values[plan.Type]), depth, out type) && Keep(ref type, type.At(die));
            case DiePlanKind.Pointer:
                uint size = NumberAt(values, plan);
                return size == _unit.AddressSize && TryPointee(_unit.Offset + _plans.Load(in values[plan.Type]), out ulong pointee)
                    && Keep(ref type, new HashedType(die, _hash.OfPointer(size, pointee), size * 8));
            case DiePlanKind.Struct or DiePlanKind.Union:
                return TryHead(die, out AggregateHead head) && TryAggregate(die, head, depth, out type, out _);
            default:
                return _reader.Read(die, out DieFields fields) && TryReadType(die, fields, depth, out type);
        }
    }

    // A type that has no plan.
    private bool TryReadType(ulong die, in DieFields fields, int depth, out HashedType type)
    {
        type = default;
        switch (fields.Tag)
        {
            case DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type:
                return TryHead(fields, out AggregateHead head) && TryAggregate(die, head, depth, out type, out _);
            case DwTag.DW_TAG_array_type:
                return TryArray(die, fields, depth, out type);
            case DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type or DwTag.DW_TAG_restrict_type:
                return fields.Type != 0 && TryType(fields.Type, depth, out type) && Keep(ref type, type.At(die));
            case DwTag.DW_TAG_pointer_type:
                return (!fields.Has(DieField.ByteSize) || fields.ByteSize == _unit.AddressSize) && TryPointee(fields.Type, out ulong pointee)
                    && Keep(ref type, new HashedType(die, _hash.OfPointer(_unit.AddressSize, pointee), (ulong)_unit.AddressSize * 8));
            case DwTag.DW_TAG_base_type:
                return HasSize(fields) && Keep(
                    ref type, new HashedType(die, _hash.OfBase(fields.ByteSize, DieValues.EncodingOf(fields.Encoding)), fields.ByteSize * 8, isInteger: true));
            case DwTag.DW_TAG_enumeration_type:
                return HasSize(fields) && TryName(fields, out ulong name)
                    && Keep(ref type, new HashedType(die, _hash.OfEnum(name, fields.ByteSize), fields.ByteSize * 8, isInteger: true));
            default:
                return false;
        }
    }

    private static bool HasSize(in DieFields fields) => fields.Has(DieField.ByteSize) && fields.ByteSize is > 0 and <= DieValues.LargestByteSize;

    private bool Keep(ref HashedType type, in HashedType kept)
    {
        type = kept;
        _memo.At(kept.Die) = kept;
        return true;
    }

    // The plan of a DIE and where its values are; false if it has none, or the values and four bytes more are not loaded.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool PlanAt(ulong die, out byte* values, out DiePlan plan)
    {
        byte* at = _info.Start + die;
        byte* end = _info.Start + _unit.End;
        plan = default;
        values = at + 1;
        if (die < _unit.FirstDie || end - at < 2)
        {
            return false;
        }

        uint code = *at;
        if (code >= 0x80)
        {
            code = (code & 0x7f) | ((uint)*values++ << 7);
        }

        if (code is 0 or >= DiePlans.Codes)
        {
            return false;
        }

        plan = _plans.Of(code, die);
        if (plan.IsNamedInPlace)
        {
            while (values < end && *values != 0)
            {
                values++;
            }

            values++;
        }

        return end - values >= plan.Size + sizeof(uint);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint NumberAt(byte* values, in DiePlan plan) => ((_plans.Load(in values[plan.Number]) >> plan.NumberShift) & plan.NumberMask) + plan.NumberValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryNameAt(uint offset, out ulong name)
    {
        if (_byOffsets)
        {
            name = _hash.OfOffset(offset);
            return true;
        }

        return _names.TryGet(offset, out name);
    }

    // The hash of the name of a DIE with a plan.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPlannedName(in DiePlan plan, byte* at, byte* values, out ulong name)
    {
        name = LayoutHash.NoName;
        return plan.IsNamedByOffset ? TryNameAt(_plans.Load(in values[plan.Name]), out name) : !plan.IsNamedInPlace || TryNameInPlace(at, values, out name);
    }

    // Behind a pointer only the kind and the tag count.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryPointee(ulong die, out ulong pointee)
    {
        pointee = 0;
        ulong derivation = 0;
        for (int hops = 0; hops < LongestDerivation; hops++)
        {
            if (die == 0)
            {
                pointee = _hash.OfPointee(LayoutHash.Pointee.Void, 0, derivation);
                return true;
            }

            ulong tag;
            if (PlanAt(die, out byte* values, out DiePlan plan))
            {
                switch (plan.Kind)
                {
                    case DiePlanKind.Modifier:
                        die = _unit.Offset + _plans.Load(in values[plan.Type]);
                        continue;
                    case DiePlanKind.Pointer when NumberAt(values, plan) == _unit.AddressSize:
                        derivation = LayoutHash.Derive(derivation, isArray: false);
                        die = _unit.Offset + _plans.Load(in values[plan.Type]);
                        continue;
                    case DiePlanKind.Struct or DiePlanKind.Union:
                        pointee = TryPlannedName(plan, _info.Start + die, values, out tag) && tag != _emptyName
                            ? _hash.OfPointee(plan.Kind == DiePlanKind.Union ? LayoutHash.Pointee.Union : LayoutHash.Pointee.Struct, tag, derivation)
                            : 0;
                        return pointee != 0;
                }
            }

            if (!_reader.Read(die, out DieFields fields))
            {
                return false;
            }

            switch (fields.Tag)
            {
                case DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type or DwTag.DW_TAG_restrict_type or DwTag.DW_TAG_atomic_type:
                    break;
                case DwTag.DW_TAG_pointer_type when !fields.Has(DieField.ByteSize) || fields.ByteSize == _unit.AddressSize:
                    derivation = LayoutHash.Derive(derivation, isArray: false);
                    break;
                case DwTag.DW_TAG_array_type:
                    if (!TryDerive(fields, ref derivation, ref hops))
                    {
                        return false;
                    }

                    break;
                case DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type when TryTag(fields, out tag):
                    LayoutHash.Pointee kind = fields.Tag == DwTag.DW_TAG_union_type ? LayoutHash.Pointee.Union : LayoutHash.Pointee.Struct;
                    pointee = _hash.OfPointee(kind, tag, derivation);
                    return true;
                case DwTag.DW_TAG_enumeration_type when (fields.Has(DieField.ByteSize) || fields.Has(DieField.Declaration)) && TryTag(fields, out tag):
                    pointee = _hash.OfPointee(LayoutHash.Pointee.Enum, tag, derivation);
                    return true;
                case DwTag.DW_TAG_base_type when HasSize(fields):
                    pointee = _hash.OfPointee(LayoutHash.Pointee.Base, _hash.OfBase(fields.ByteSize, DieValues.EncodingOf(fields.Encoding)), derivation);
                    return true;
                case DwTag.DW_TAG_subroutine_type:
                    pointee = _hash.OfPointee(LayoutHash.Pointee.Function, 0, derivation);
                    return true;
                default:
                    return false;
            }

            die = fields.Type;
        }

        return false;
    }

    private bool TryDerive(in DieFields array, ref ulong derivation, ref int hops)
    {
        Span<ulong?> counts = stackalloc ulong?[MostDimensions];
        if (!TryCounts(array, counts, out int dimensions))
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

    // Behind a pointer an empty tag is none.
    private bool TryTag(in DieFields fields, out ulong tag)
    {
        bool isEmpty = fields.NameHome == StringHome.InPlace && _info.StringAt(fields.Name).IsEmpty;
        tag = LayoutHash.NoName;
        return isEmpty || (TryName(fields, out tag) && tag != _emptyName);
    }

    private bool TryArray(ulong die, in DieFields fields, int depth, out HashedType type)
    {
        Span<ulong?> counts = stackalloc ulong?[MostDimensions];
        if (fields.Type == 0 || !TryCounts(fields, counts, out int dimensions) || !TryType(fields.Type, depth, out type))
        {
            type = default;
            return false;
        }

        UInt128 size = type.BitSize;
        ulong hash = type.Hash;
        for (int i = dimensions - 1; i >= 0; i--)
        {
            size *= counts[i] ?? 0;
            hash = _hash.OfArray(counts[i], hash);
            if (size > HashedType.LargestBitSize)
            {
                return false;
            }
        }

        return Keep(ref type, new HashedType(die, hash, (ulong)size));
    }

    // The lengths of the dimensions of an array, from the outermost one.
    private bool TryCounts(in DieFields array, Span<ulong?> counts, out int dimensions)
    {
        dimensions = 0;
        ulong at = array.End;
        while (array.HasChildren)
        {
            bool isRead = _reader.Read(at, out DieFields child);
            if (isRead && child.Tag == 0)
            {
                return dimensions > 0;
            }

            if (dimensions == counts.Length || (isRead && (child.Tag != DwTag.DW_TAG_subrange_type || child.HasChildren)))
            {
                return false;
            }

            // The decoder knows the forms of a bound of -1, which is x[0].
            if (isRead && !(child.Has(DieField.UpperBound) && child.UpperBound == uint.MaxValue))
            {
                counts[dimensions++] = child.Has(DieField.Count) ? child.Count : child.Has(DieField.UpperBound) ? child.UpperBound + 1 : null;
                at = child.End;
            }
            else if (Decoder().Read(at, out at) is { Tag: DwTag.DW_TAG_subrange_type, HasChildren: false } subrange)
            {
                counts[dimensions++] = DieValues.ElementCount(subrange);
            }
            else
            {
                return false;
            }
        }

        return false;
    }

    private bool TryAggregate(ulong die, in AggregateHead head, int depth, out HashedType type, out ulong end)
    {
        type = default;
        end = head.End;
        MemberWalk members = new(head.End, head.ByteSize * 8, head.IsUnion);
        if (head.IsDeclaration || !(head.HasChildren ? TryMembers(ref members, depth) : IsMemberless(head)))
        {
            return false;
        }

        end = members.At;
        ulong hash = _hash.OfAggregate(head.IsUnion, head.Name, head.ByteSize, head.Alignment, members.Count, members.Hash);
        return Keep(ref type, new HashedType(die, hash, members.BitSize, isAggregate: true));
    }

    // A member behind a struct that has a size and no children may be its child: the decoder looks at the whole unit.
    private bool IsMemberless(in AggregateHead head)
        => head.ByteSize == 0 || (_reader.Read(head.End, out DieFields following) && following.Tag != DwTag.DW_TAG_member);

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
            ulong from = _end;
            _end = bitOffset + bitSize;
            return _end <= BitSize && (IsUnion ? bitOffset == 0 : bitOffset >= from);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryMembers(ref MemberWalk walk, int depth)
    {
        byte* start = _info.Start;
        byte* end = start + _unit.End;
        byte* at = start + walk.At;
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
                return true;
            }

            ulong die = (ulong)(at - start);
            if (code < DiePlans.Codes)
            {
                ref readonly DiePlan plan = ref _plans.Of(code, die);
                if (plan.Kind == DiePlanKind.Member && (!plan.IsNamedInPlace || TrySkipName(ref values, end)) && end - values >= plan.Size + sizeof(uint))
                {
                    if (!TryPlainMember(plan, at, values, ref walk, depth))
                    {
                        return false;
                    }

                    at = values + plan.Size;
                    continue;
                }
            }

            if (!TryOtherChild(die, ref walk, depth))
            {
                return false;
            }

            at = start + walk.At;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryPlainMember(in DiePlan plan, byte* at, byte* values, ref MemberWalk walk, int depth)
    {
        ulong bitOffset = (ulong)NumberAt(values, plan) << plan.PlaceShift;
        if (!TryPlannedName(plan, at, values, out ulong name) || !TryType(_unit.Offset + _plans.Load(in values[plan.Type]), depth, out HashedType type))
        {
            return false;
        }

        if (plan.IsBitField || plan.HasAlignment)
        {
            ulong? width = plan.IsBitField ? (ulong)((values[plan.Width] & plan.WidthMask) + plan.WidthValue) : null;
            ulong? alignment = plan.HasAlignment ? (ulong)((values[plan.Alignment] & plan.AlignmentMask) + plan.AlignmentValue) : null;
            return TryAdd(ref walk, name, bitOffset, type, width, alignment);
        }

        if (!walk.Takes(bitOffset, type.BitSize) || (name == LayoutHash.NoName && !type.IsAggregate))
        {
            return false;
        }

        walk.Hash = _hash.AddMember(walk.Hash, name, bitOffset, type.Hash);
        walk.Count++;
        return true;
    }

    // The text between the code of a DIE and its other values, and a zero behind it. An empty name is none.
    private bool TryNameInPlace(byte* at, byte* values, out ulong name)
    {
        byte* text = *at < 0x80 ? at + 1 : at + 2;
        name = LayoutHash.NoName;
        return values == text + 1 || _names.TryHash(new ReadOnlySpan<byte>(text, (int)(values - text) - 1), out name);
    }

    private static bool TrySkipName(ref byte* values, byte* end)
    {
        while (values < end && *values != 0)
        {
            values++;
        }

        return ++values <= end;
    }

    // A child that is no plain member: a bit-field, one with an alignment, a nested type.
    private bool TryOtherChild(ulong die, ref MemberWalk walk, int depth)
    {
        if (!_reader.Read(die, out DieFields fields))
        {
            return TryDecodedMember(die, ref walk, depth);
        }

        if (fields.Tag != DwTag.DW_TAG_member)
        {
            walk.At = IsNestedType(fields) ? _scanner.StepFrom(die).Next : 0;
            return walk.At != 0;
        }

        if (fields.HasChildren || fields.Type == 0 || !TryName(fields, out ulong name) || !TryType(fields.Type, depth, out HashedType type))
        {
            return false;
        }

        ulong? width = fields.Has(DieField.BitSize) ? fields.BitSize : null;
        // Of a member that is no bit-field, the size would take precedence over that of the type.
        if (width is null && fields.Has(DieField.ByteSize) && fields.ByteSize != type.BitSize / 8)
        {
            return false;
        }

        walk.At = fields.End;
        return TryAdd(ref walk, name, (fields.Location * 8) + fields.DataBitOffset, type, width, fields.Has(DieField.Alignment) ? fields.Alignment : null);
    }

    private bool TryAdd(ref MemberWalk walk, ulong name, ulong bitOffset, in HashedType type, ulong? width, ulong? alignment)
    {
        name = name == _emptyName ? LayoutHash.NoName : name;
        if (width > type.BitSize || (width is not null && !type.IsInteger) || (name == LayoutHash.NoName && width is null && !type.IsAggregate)
            || !walk.Takes(bitOffset, width ?? type.BitSize))
        {
            return false;
        }

        walk.Hash = _hash.AddMember(walk.Hash, name, bitOffset, type.Hash, width, alignment);
        walk.Count++;
        return true;
    }

    private static bool IsNestedType(in DieFields fields)
        => fields.Tag is DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_enumeration_type
            && !fields.Has(DieField.Location) && !fields.Has(DieField.DataBitOffset) && !fields.Has(DieField.BitSize);

    // A member with a form that the fields do not have: DW_AT_bit_offset, the location as an expression.
    private bool TryDecodedMember(ulong offset, ref MemberWalk walk, int depth)
    {
        if (Decoder().Read(offset, out ulong next) is not { Tag: DwTag.DW_TAG_member, HasChildren: false } die
            || die[DwAt.DW_AT_type] is not { Form: DwForm.DW_FORM_ref1 or DwForm.DW_FORM_ref2 or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_ref8, Value: var target }
            || !TryType(target, depth, out HashedType type))
        {
            return false;
        }

        ulong? width = DieValues.Constant(die, DwAt.DW_AT_bit_size);
        if (width is null && DieValues.ByteSize(die) is { } recorded && recorded != type.BitSize / 8)
        {
            return false;
        }

        ulong? storage = width is not null && type.IsInteger ? type.BitSize / 8 : null;
        ulong bitOffset = MemberPlacement.BitOffset(die, width, storage, walk.IsUnion, _info.IsBigEndian);
        string text = Decoder().Text(die[DwAt.DW_AT_name]) ?? "";
        walk.At = next;
        return _names.TryHash(Encoding.UTF8.GetBytes(text), out ulong name)
            && TryAdd(ref walk, name, bitOffset, type, width, DieValues.Constant(die, DwAt.DW_AT_alignment));
    }

    private DieDecoder Decoder()
    {
        _decoder ??= new DieDecoder(_sections);
        if (!_isDecoderOpen)
        {
            _decoder.Open(_unit);
            _isDecoderOpen = true;
        }

        return _decoder;
    }
}
