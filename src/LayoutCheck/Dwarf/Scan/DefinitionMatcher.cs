using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LayoutCheck.Dwarf.Abbrevs;
using LayoutCheck.Dwarf.Decode;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Scan;

/// <summary>
/// Tells whether a DIE defines what a template says, by walking both in step. Hot: a kernel defines struct page 2,000 times, nearly always
/// the same. It is fast because nothing is built: names are .debug_str offsets compared with where the name stood last time, and a type
/// that was found equal once in a unit is not walked again. What is remembered is "this DIE equals this node", which depends on the two
/// alone, so that forgetting costs time and never truth.
/// <para>
/// Yes is exact: <see cref="DefinitionEquality"/> would say the same. No means "not certainly": a different layout, or anything unusual
/// (an expression, a type in another unit). The slow path then builds the definition and compares.
/// </para>
/// </summary>
internal sealed unsafe class DefinitionMatcher
{
    // For one unit: its DIEs are other DIEs than the last one's. It fits the first cache.
    private const int MemorySize = 1 << 10;

    private readonly DwarfSections _sections;
    private readonly Section _info;
    private readonly AbbrevTable _abbrevs;
    // The node is one more than its index: an entry that was never written is none.
    private readonly (ulong Die, int Node)[] _memory;
    private readonly int _memoryMask;
    private readonly bool _swap;
    private UnitHeader _unit;
    private InternedTypes? _remembered;
    private InternedTypes.Node[] _nodes = [];
    private InternedTypes.MemberNode[] _members = [];

    /// <param name="sections">What is read.</param>
    /// <param name="info">Its .debug_info, or a window that shows the unit that is open.</param>
    /// <param name="abbrevs">The scanner's table, loaded for the unit that is open.</param>
    /// <param name="memorySize">How many equalities are remembered, a power of two; small only to test forgetting.</param>
    public DefinitionMatcher(DwarfSections sections, Section info, AbbrevTable abbrevs, int memorySize = MemorySize)
    {
        _sections = sections;
        _info = info;
        _abbrevs = abbrevs;
        _memory = new (ulong, int)[memorySize];
        _memoryMask = memorySize - 1;
        _swap = sections.Info.IsBigEndian == BitConverter.IsLittleEndian;
    }

    /// <summary>Turns to a unit.</summary>
    public void Open(in UnitHeader unit) => _unit = unit;

    /// <summary>Whether the DIE certainly defines what the template says.</summary>
    public bool Matches(ulong dieOffset, DefinitionTemplate template)
    {
        if (_remembered != template.Nodes)
        {
            // What is remembered is of the nodes of others.
            Array.Clear(_memory);
            _remembered = template.Nodes;
        }

        (_nodes, _members) = (template.Nodes.Nodes, template.Nodes.Members);
        return MatchesType(dieOffset, template.Root);
    }

    // Depth is that of the template, which was built and is finite.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesType(ulong dieOffset, int node)
    {
        if (IsRemembered(dieOffset, node))
        {
            return true;
        }

        ulong asked = dieOffset;
        DieFields shape;
        int hops = 0;
        do
        {
            if (!Read(dieOffset, out shape))
            {
                return false;
            }

            if (!IsModifier(shape.Tag))
            {
                break;
            }

            dieOffset = shape.Type;
        }
        while (dieOffset != 0 && ++hops < 64);

        if (dieOffset == 0 || IsModifier(shape.Tag) || !MatchesShape(shape, node))
        {
            return false;
        }

        Remember(asked, node);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesShape(in DieFields shape, int index)
    {
        ref InternedTypes.Node node = ref _nodes[index];
        switch (node.Kind)
        {
            case InternedTypes.NodeKind.Base:
                return shape.Tag == DwTag.DW_TAG_base_type && shape.Has(Field.ByteSize) && shape.ByteSize == node.ByteSize
                    && DwarfGraphBuilder.EncodingOf(shape.Encoding) == node.Encoding;
            case InternedTypes.NodeKind.Enum:
                return shape.Tag == DwTag.DW_TAG_enumeration_type && shape.Has(Field.ByteSize) && shape.ByteSize == node.ByteSize
                    && MatchesName(shape, ref node.Name);
            case InternedTypes.NodeKind.Pointer:
                return shape.Tag == DwTag.DW_TAG_pointer_type && _unit.AddressSize == node.ByteSize && (!shape.Has(Field.ByteSize) || shape.ByteSize == node.ByteSize)
                    && MatchesPointee(shape.Type, node.Target);
            case InternedTypes.NodeKind.Array:
                return shape.Tag == DwTag.DW_TAG_array_type && shape.HasChildren && MatchesArray(shape, index);
            case InternedTypes.NodeKind.Aggregate:
                return shape.Tag == node.Tag && !shape.Has(Field.Declaration) && shape.Encoding == 0 && shape.Has(Field.ByteSize) && shape.ByteSize == node.ByteSize
                    && shape.Has(Field.Alignment) == node.HasAlignment && shape.Alignment == node.Alignment
                    && MatchesName(shape, ref node.Name) && MatchesMembers(shape, node.FirstMember, node.MemberCount);
            default:
                return false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesMembers(in DieFields aggregate, int first, int count)
    {
        ulong at = aggregate.End;
        for (int i = 0; aggregate.HasChildren; i++)
        {
            // Nearly all members are plain, and where they were the last time.
            while (i < count && IsPlain(at, _members[first + i], out ulong next, out ulong type))
            {
                if (!MatchesType(type, _members[first + i].Type))
                {
                    return false;
                }

                at = next;
                i++;
            }

            if (!Read(at, out DieFields shape))
            {
                return false;
            }

            if (shape.Tag == 0)
            {
                return i == count;
            }

            if (i == count || shape.Tag != DwTag.DW_TAG_member || shape.HasChildren || shape.Type == 0)
            {
                return false;
            }

            ref InternedTypes.MemberNode member = ref _members[first + i];
            if ((shape.Location * 8) + shape.DataBitOffset != member.BitOffset
                || shape.Has(Field.ByteSize) || shape.Has(Field.BitSize) != member.IsBitField || shape.BitSize != member.BitFieldSize
                || shape.Has(Field.Alignment) != member.HasAlignment || shape.Alignment != member.Alignment
                || !MatchesName(shape, ref member.Name) || !MatchesType(shape.Type, member.Type))
            {
                return false;
            }

            at = shape.End;
        }

        // Where a member follows a struct that has a size and no children, what follows may be its children: the decoder looks at the whole unit.
        return count == 0 && (aggregate.ByteSize == 0 || (Read(at, out DieFields following) && following.Tag != DwTag.DW_TAG_member));
    }

    // Whether a DIE, which is not before one that Read has read, certainly is a member, if its type is that of the member; without reading more than that takes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool IsPlain(ulong dieOffset, in InternedTypes.MemberNode member, out ulong next, out ulong type)
    {
        next = 0;
        type = 0;
        byte* at = _info.Start + dieOffset;
        byte* end = _info.Start + _unit.End;
        end = _info.LoadedEnd < end ? _info.LoadedEnd : end;
        if (at >= end || *at is 0 or >= 0x80)
        {
            return false;
        }

        Abbrev abbrev = _abbrevs.Get(*at, _info, dieOffset);
        DieLayout plan = abbrev.Layout ??= MakeLayout(abbrev);
        byte* attributes = at + 1;
        if (!plan.IsPlainMember || end - attributes < abbrev.FixedSize)
        {
            return false;
        }

        next = dieOffset + 1 + (ulong)abbrev.FixedSize;
        type = _unit.Offset + plan.Type.Load(attributes, _swap);
        return plan.Name.Load(attributes, _swap) == member.Name.LastStringOffset && plan.Location.Load(attributes, _swap) * 8 == member.BitOffset
            && !member.IsBitField && !member.HasAlignment;
    }

    private bool MatchesArray(in DieFields array, int index)
    {
        ulong at = array.End;
        while (true)
        {
            if (!Read(at, out DieFields shape))
            {
                return false;
            }

            if (shape.Tag == 0)
            {
                return at != array.End && array.Type != 0 && MatchesType(array.Type, index);
            }

            ref InternedTypes.Node node = ref _nodes[index];
            // Only the plain ways of saying a length; what they mean is the builder's to know (x[0] has several).
            bool hasBound = shape.Has(Field.UpperBound) && shape.UpperBound < uint.MaxValue;
            bool hasCount = shape.Has(Field.Count);
            ulong length = hasCount ? shape.Count : shape.UpperBound + 1;
            if (shape.Tag != DwTag.DW_TAG_subrange_type || shape.HasChildren || node.Kind != InternedTypes.NodeKind.Array
                || (shape.Has(Field.UpperBound) && !hasBound) || (hasCount && hasBound)
                || (hasBound || hasCount) != node.HasCount || (node.HasCount && length != node.Count))
            {
                return false;
            }

            index = node.Target;
            at = shape.End;
        }
    }

    // Behind a pointer it is the kind and the tag that count.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MatchesPointee(ulong dieOffset, int index)
    {
        for (int hops = 0; hops < 64; hops++)
        {
            ref InternedTypes.Node node = ref _nodes[index];
            if (dieOffset == 0)
            {
                return node.Kind == InternedTypes.NodeKind.Void;
            }

            if (!Read(dieOffset, out DieFields shape))
            {
                return false;
            }

            if (IsModifier(shape.Tag))
            {
                dieOffset = shape.Type;
                continue;
            }

            switch (node.Kind)
            {
                case InternedTypes.NodeKind.Pointer when shape.Tag == DwTag.DW_TAG_pointer_type:
                    dieOffset = shape.Type;
                    index = node.Target;
                    continue;
                case InternedTypes.NodeKind.Reference or InternedTypes.NodeKind.Aggregate:
                    return shape.Tag == node.Tag && MatchesName(shape, ref node.Name);
                case InternedTypes.NodeKind.Function:
                    return shape.Tag == DwTag.DW_TAG_subroutine_type;
                case InternedTypes.NodeKind.Enum or InternedTypes.NodeKind.Base:
                    return MatchesShape(shape, index);
                default:
                    return false;
            }
        }

        return false;
    }

    private bool MatchesName(in DieFields shape, ref InternedTypes.Name name)
    {
        if (name.Bytes is not { } bytes)
        {
            return shape.NameForm == 0;
        }

        switch (shape.NameForm)
        {
            case DwForm.DW_FORM_strp:
                if (shape.Name == name.LastStringOffset)
                {
                    return true;
                }

                if (_sections.Str is not { } strings || shape.Name >= strings.Length || !strings.StringAt(shape.Name).SequenceEqual(bytes))
                {
                    return false;
                }

                name.LastStringOffset = shape.Name;
                return true;
            case DwForm.DW_FORM_string:
                return _info.StringAt(shape.Name).SequenceEqual(bytes);
            default:
                return false;
        }
    }

    private bool IsRemembered(ulong die, int node)
    {
        ref (ulong Die, int Node) entry = ref _memory[Slot(die, node)];
        return entry.Die == die && entry.Node == node + 1;
    }

    private void Remember(ulong die, int node) => _memory[Slot(die, node)] = (die, node + 1);

    private int Slot(ulong die, int node) => (int)(((die * 0x9e3779b97f4a7c15UL) >> 40) + (ulong)node) & _memoryMask;

    private static bool IsModifier(DwTag tag) => tag is DwTag.DW_TAG_typedef or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type
        or DwTag.DW_TAG_restrict_type or DwTag.DW_TAG_atomic_type;

    // False when anything about the DIE is unusual. The null entry has the tag 0.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Read(ulong dieOffset, out DieFields shape)
    {
        shape = default;
        if (dieOffset < _unit.FirstDie || dieOffset >= _unit.End)
        {
            return false;
        }

        byte* at = _info.Start + dieOffset;
        byte* end = _info.Start + _unit.End;
        byte* ready = _info.Load(at + 1);
        end = ready < end ? ready : end;
        uint code = *at;
        if (code is > 0 and < 0x80)
        {
            Abbrev abbrev = _abbrevs.Get(code, _info, dieOffset);
            DieLayout plan = abbrev.Layout ??= MakeLayout(abbrev);
            if (plan.IsUsable && end - at > abbrev.FixedSize)
            {
                shape.Tag = abbrev.Tag;
                shape.HasChildren = abbrev.HasChildren;
                shape.End = dieOffset + 1 + (ulong)abbrev.FixedSize;
                ReadByLayout(plan, at + 1, ref shape);
                return true;
            }
        }

        return ReadStepwise(dieOffset, ref shape);
    }

    // All fields of a fixed-size DIE lie where the plan says.
    private void ReadByLayout(DieLayout plan, byte* at, ref DieFields shape)
    {
        shape.SetAll(plan.Fields);
        shape.NameForm = plan.Name.Size != 0 ? DwForm.DW_FORM_strp : 0;
        shape.Name = plan.Name.Load(at, _swap);
        shape.Type = plan.Type.Size != 0 ? _unit.Offset + plan.Type.Load(at, _swap) : 0;
        shape.ByteSize = plan.ByteSize.Load(at, _swap);
        shape.Location = plan.Location.Load(at, _swap);
        if (plan.HasRareFields)
        {
            shape.BitSize = plan.BitSize.Load(at, _swap);
            shape.DataBitOffset = plan.DataBitOffset.Load(at, _swap);
            shape.UpperBound = plan.UpperBound.Load(at, _swap);
            shape.Count = plan.Count.Load(at, _swap);
            shape.Encoding = plan.Encoding.Load(at, _swap);
            shape.Alignment = plan.Alignment.Load(at, _swap);
        }
    }

    private DieLayout MakeLayout(Abbrev abbrev)
    {
        DieLayout plan = new() { IsUsable = abbrev.FixedSize >= 0 && !_unit.Is64Bit };
        foreach ((DwAt attribute, DwForm form, short at, long implicitConst) in abbrev.Specs)
        {
            FieldLocation field = new(at, form switch
            {
                DwForm.DW_FORM_implicit_const or DwForm.DW_FORM_flag_present => FieldLocation.Constant,
                DwForm.DW_FORM_data1 => 1,
                DwForm.DW_FORM_data2 => 2,
                DwForm.DW_FORM_data4 or DwForm.DW_FORM_strp or DwForm.DW_FORM_ref4 => 4,
                DwForm.DW_FORM_data8 => 8,
                _ => 0,
            }, form == DwForm.DW_FORM_flag_present ? 1 : implicitConst);
            bool isNumber = field.Size != 0 && form is not (DwForm.DW_FORM_strp or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_flag_present);
            switch (attribute)
            {
                case DwAt.DW_AT_name when form == DwForm.DW_FORM_strp:
                    plan.Name = field;
                    break;
                case DwAt.DW_AT_type when form == DwForm.DW_FORM_ref4:
                    plan.Type = field;
                    break;
                case DwAt.DW_AT_byte_size when isNumber:
                    plan.Fields |= Field.ByteSize;
                    plan.ByteSize = field;
                    break;
                case DwAt.DW_AT_data_member_location when form is DwForm.DW_FORM_data1 or DwForm.DW_FORM_data2 or DwForm.DW_FORM_data4:
                    plan.Location = field;
                    break;
                case DwAt.DW_AT_data_bit_offset when form is DwForm.DW_FORM_data1 or DwForm.DW_FORM_data2 or DwForm.DW_FORM_data4:
                    plan.DataBitOffset = field;
                    plan.HasRareFields = true;
                    break;
                case DwAt.DW_AT_bit_size when isNumber:
                    plan.Fields |= Field.BitSize;
                    plan.BitSize = field;
                    plan.HasRareFields = true;
                    break;
                case DwAt.DW_AT_upper_bound when isNumber:
                    plan.Fields |= Field.UpperBound;
                    plan.UpperBound = field;
                    plan.HasRareFields = true;
                    break;
                case DwAt.DW_AT_count when isNumber:
                    plan.Fields |= Field.Count;
                    plan.Count = field;
                    plan.HasRareFields = true;
                    break;
                case DwAt.DW_AT_encoding when isNumber:
                    plan.Encoding = field;
                    plan.HasRareFields = true;
                    break;
                case DwAt.DW_AT_alignment when isNumber:
                    plan.Fields |= Field.Alignment;
                    plan.Alignment = field;
                    plan.HasRareFields = true;
                    break;
                case DwAt.DW_AT_declaration when isNumber || form == DwForm.DW_FORM_flag_present:
                    plan.Fields |= Field.Declaration;
                    break;
                default:
                    // What is needed and not planned for goes stepwise, or is refused there.
                    plan.IsUsable &= !IsNeeded(attribute);
                    break;
            }
        }

        plan.IsPlainMember = plan.IsUsable && abbrev.Tag == DwTag.DW_TAG_member && !abbrev.HasChildren && !plan.HasRareFields && plan.Fields == Field.None
            && plan.Name.Size == 4 && plan.Type.Size == 4;
        return plan;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool ReadStepwise(ulong dieOffset, ref DieFields shape)
    {
        SectionReader reader = _info.ReadRange(dieOffset, _unit.End);
        ulong code = reader.ReadUleb();
        if (code == 0)
        {
            shape.End = reader.Offset;
            return true;
        }

        Abbrev abbrev = _abbrevs.Get(code, _info, dieOffset);
        shape.Tag = abbrev.Tag;
        shape.HasChildren = abbrev.HasChildren;
        foreach ((DwAt attribute, DwForm form, _, long implicitConst) in abbrev.Specs)
        {
            ulong value;
            switch (form)
            {
                case DwForm.DW_FORM_data1:
                    value = reader.ReadU8();
                    break;
                case DwForm.DW_FORM_implicit_const:
                    value = (ulong)implicitConst;
                    break;
                case DwForm.DW_FORM_strp when !_unit.Is64Bit:
                    value = reader.ReadU32();
                    break;
                case DwForm.DW_FORM_ref4:
                    value = _unit.Offset + reader.ReadU32();
                    break;
                case DwForm.DW_FORM_data2:
                    value = reader.ReadU16();
                    break;
                case DwForm.DW_FORM_data4:
                    value = reader.ReadU32();
                    break;
                case DwForm.DW_FORM_data8:
                    value = reader.ReadU64();
                    break;
                case DwForm.DW_FORM_udata:
                    value = reader.ReadUleb();
                    break;
                case DwForm.DW_FORM_flag_present:
                    value = 1;
                    break;
                case DwForm.DW_FORM_string:
                    value = reader.Offset;
                    reader.ReadString();
                    break;
                default:
                    if (IsNeeded(attribute))
                    {
                        return false;
                    }

                    AttributeForms.Skip(ref reader, form, _unit, _info);
                    continue;
            }

            bool isConstant = form is not (DwForm.DW_FORM_strp or DwForm.DW_FORM_ref4 or DwForm.DW_FORM_flag_present or DwForm.DW_FORM_string);
            if (!isConstant && attribute is not (DwAt.DW_AT_name or DwAt.DW_AT_type or DwAt.DW_AT_declaration) && IsNeeded(attribute))
            {
                return false;
            }

            switch (attribute)
            {
                case DwAt.DW_AT_name:
                    if (form is not (DwForm.DW_FORM_strp or DwForm.DW_FORM_string))
                    {
                        return false;
                    }

                    shape.NameForm = form;
                    shape.Name = value;
                    break;
                case DwAt.DW_AT_type:
                    if (form != DwForm.DW_FORM_ref4)
                    {
                        return false;
                    }

                    shape.Type = value;
                    break;
                case DwAt.DW_AT_byte_size:
                    shape.Set(Field.ByteSize);
                    shape.ByteSize = value;
                    break;
                case DwAt.DW_AT_data_member_location:
                    if (value > uint.MaxValue)
                    {
                        return false;
                    }

                    shape.Location = value;
                    break;
                case DwAt.DW_AT_bit_size:
                    shape.Set(Field.BitSize);
                    shape.BitSize = value;
                    break;
                case DwAt.DW_AT_data_bit_offset:
                    if (value > uint.MaxValue)
                    {
                        return false;
                    }

                    shape.DataBitOffset = value;
                    break;
                case DwAt.DW_AT_upper_bound:
                    shape.Set(Field.UpperBound);
                    shape.UpperBound = value;
                    break;
                case DwAt.DW_AT_count:
                    shape.Set(Field.Count);
                    shape.Count = value;
                    break;
                case DwAt.DW_AT_encoding:
                    shape.Encoding = value;
                    break;
                case DwAt.DW_AT_alignment:
                    shape.Set(Field.Alignment);
                    shape.Alignment = value;
                    break;
                case DwAt.DW_AT_declaration:
                    shape.Set(Field.Declaration);
                    break;
                default:
                    if (IsNeeded(attribute))
                    {
                        return false;
                    }

                    break;
            }
        }

        shape.End = reader.Offset;
        return true;
    }

    // Attributes that change what a DIE means, those of Read and those that only the slow path understands.
    private static bool IsNeeded(DwAt attribute) => attribute is DwAt.DW_AT_name or DwAt.DW_AT_type or DwAt.DW_AT_byte_size
        or DwAt.DW_AT_data_member_location or DwAt.DW_AT_bit_size or DwAt.DW_AT_data_bit_offset or DwAt.DW_AT_upper_bound or DwAt.DW_AT_count
        or DwAt.DW_AT_encoding or DwAt.DW_AT_alignment or DwAt.DW_AT_declaration or DwAt.DW_AT_bit_offset or DwAt.DW_AT_lower_bound
        or DwAt.DW_AT_bit_stride or DwAt.DW_AT_byte_stride or DwAt.DW_AT_signature or DwAt.DW_AT_endianity;

    [Flags]
    internal enum Field : byte
    {
        None = 0,
        ByteSize = 1,
        BitSize = 2,
        UpperBound = 4,
        Count = 8,
        Alignment = 16,
        Declaration = 32,
    }

    /// <summary>What of a DIE a layout depends on. Offsets in bytes from the start of .debug_info; references are 0 when there is none.</summary>
    private struct DieFields
    {
        public DwTag Tag;
        public bool HasChildren;
        public DwForm NameForm;
        public ulong Name;
        public ulong Type;
        public ulong ByteSize;
        public ulong Location;
        public ulong BitSize;
        public ulong DataBitOffset;
        public ulong UpperBound;
        public ulong Count;
        public ulong Encoding;
        public ulong Alignment;
        public ulong End;
        private Field _fields;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly bool Has(Field field) => (_fields & field) != 0;

        public void Set(Field field) => _fields |= field;

        public void SetAll(Field fields) => _fields = fields;
    }

    /// <summary>Where a field of a fixed-size DIE lies, in bytes from its first attribute; or its value, when the abbreviation has it. Size 0 = absent.</summary>
    internal readonly struct FieldLocation(short offset, byte size, long value)
    {
        public const byte Constant = 0xff;

        private readonly long _value = value;
        private readonly short _offset = offset;

        public readonly byte Size = size;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ulong Load(byte* attributes, bool swap)
        {
            byte* at = attributes + _offset;
            switch (Size)
            {
                case 0:
                    return 0;
                case 1:
                    return *at;
                case 2:
                    ushort two = Unsafe.ReadUnaligned<ushort>(at);
                    return swap ? BinaryPrimitives.ReverseEndianness(two) : two;
                case 4:
                    uint four = Unsafe.ReadUnaligned<uint>(at);
                    return swap ? BinaryPrimitives.ReverseEndianness(four) : four;
                case 8:
                    ulong eight = Unsafe.ReadUnaligned<ulong>(at);
                    return swap ? BinaryPrimitives.ReverseEndianness(eight) : eight;
                default:
                    return (ulong)_value;
            }
        }
    }

    /// <summary>Where the fields of the DIEs of one abbreviation lie.</summary>
    internal sealed class DieLayout
    {
        public bool IsUsable;
        public bool IsPlainMember;
        public bool HasRareFields;
        public Field Fields;
        public FieldLocation Name;
        public FieldLocation Type;
        public FieldLocation ByteSize;
        public FieldLocation Location;
        public FieldLocation BitSize;
        public FieldLocation DataBitOffset;
        public FieldLocation UpperBound;
        public FieldLocation Count;
        public FieldLocation Encoding;
        public FieldLocation Alignment;
    }
}
