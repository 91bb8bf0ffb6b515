using System.Collections.Immutable;
using System.Numerics;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// Builds the <see cref="TypeGraph"/> of one struct or union from its DIEs. What is embedded by value is followed to the end, what is
/// behind a pointer to its name only. One builder serves one thread.
/// </summary>
internal sealed class DwarfGraphBuilder
{
    // The kernel's deepest nesting by value is about 20; only a circle goes further.
    private const int DeepestType = 256;

    // A decoder has the abbreviations of one unit, 20 KB and more; types that refer to each other across units are in few of them.
    private const int MostDecoders = 64;

    // No object is larger than an address space; kept, sums of places and sizes in bits stay far from 64 bits.
    private const ulong LargestByteSize = 1UL << 48;

    // Of a bitfield: C's widest integers have 16 bytes, clang's _BitInt 1 MiB.
    private const long LargestStorageByteSize = 1 << 20;

    // What a member takes while its struct is built, in bytes: its DIE, its name, itself, and lists that grow.
    private const ulong MemberSize = 384;

    // DWARF 5 §7.8.
    private const ulong DW_END_default = 0;
    private const ulong DW_END_big = 1;
    private const ulong DW_END_little = 2;

    private readonly DwarfSections _sections;
    private readonly Dictionary<(DwarfSections File, ulong Unit), DieDecoder> _decoders = [];
    private readonly Dictionary<(DwarfSections File, ulong Die, bool ByValue), TypeId> _known = [];
    private readonly HashSet<TypeId> _inOtherByteOrder = [];
    private readonly bool _isBigEndian;
    private readonly bool _withPlaces;
    private TypeGraphBuilder _graph = new();
    private int _depth;

    /// <param name="sections">What is read.</param>
    /// <param name="withPlaces">Whether to tell where types and members are declared: it takes time, and only who shows them needs it.</param>
    public DwarfGraphBuilder(DwarfSections sections, bool withPlaces = false)
    {
        _withPlaces = withPlaces;
        _sections = sections;
        _isBigEndian = sections.Info.IsBigEndian;
    }

    /// <summary>
    /// The definition at a DIE: a struct or union, or what a typedef there stands for. Null when it is only declared, or is a typedef of
    /// something else.
    /// </summary>
    /// <param name="unit">The unit that the DIE is in.</param>
    /// <param name="dieOffset">Bytes from the start of .debug_info.</param>
    /// <exception cref="InvalidImageException">What the layout depends on is damaged or not understood.</exception>
    public (TypeGraph Graph, TypeId Root)? Build(in UnitHeader unit, ulong dieOffset) => Build(_sections, unit, dieOffset);

    /// <summary>When the DIE asked for last is a typedef of a struct or union that its unit only declares: which.</summary>
    public TypeName? TypedefOf { get; private set; }

    /// <summary>The first one of all that were asked for.</summary>
    public TypeName? FirstTypedefOf { get; private set; }

    /// <summary>The same of a DIE in the supplementary file or in one of split DWARF.</summary>
    public (TypeGraph Graph, TypeId Root)? Build(DwarfSections file, in UnitHeader unit, ulong dieOffset)
    {
        _graph = new TypeGraphBuilder();
        _known.Clear();
        _inOtherByteOrder.Clear();
        _depth = 0;
        TypedefOf = null;
        if (_decoders.Count > 0 && !_decoders.ContainsKey((file, unit.Offset)))
        {
            // One unit at a time, unless its types refer to another: then both stay open.
            DieDecoder? reused = _decoders.Values.FirstOrDefault(d => d.Sections == file);
            _decoders.Clear();
            if (reused is not null)
            {
                reused.Open(unit);
                _decoders.Add((file, unit.Offset), reused);
            }
        }

        TypeId root = Type(dieOffset, file, unit, byValue: true);
        TypeGraph graph = _graph.Build();
        bool isTypedef = root != TypeId.Void && graph[root] is TypedefType;
        root = graph.Strip(root);
        TypeNode? node = root == TypeId.Void ? null : graph[root];
        TypedefOf = isTypedef && node is AggregateReference { Name: { } name } declared ? new TypeName(TypeName.KindOf(declared.Kind), name) : null;
        FirstTypedefOf ??= TypedefOf;
        return node is AggregateType ? (graph, root) : null;
    }

    private TypeId Type(ulong dieOffset, DwarfSections file, in UnitHeader unit, bool byValue)
    {
        if (_known.TryGetValue((file, dieOffset, byValue), out TypeId known))
        {
            return known;
        }

        Descend(1, file.Info, dieOffset);
        DieDecoder decoder = DecoderOf(file, unit);
        Die die = decoder.Read(dieOffset, out _) ?? throw file.Info.Invalid(dieOffset, "a type is said to be here, and there is none");
        TypeId id = Signature(die, byValue) is { } signature ? WithSignature(signature, die, decoder, byValue)
            : die.Tag == DwTag.DW_TAG_typedef ? Typedef(die, decoder, byValue)
            : Add(Node(die, decoder, byValue), die);
        _depth--;
        _known.Add((file, dieOffset, byValue), id);
        return id;
    }

    // The signature of the type that a declaration stands for (DWARF 5 §5.7.1). Where the name is enough and there is one, it is not followed.
    private static ulong? Signature(Die die, bool byValue)
    {
        AttributeValue signature = die[DwAt.DW_AT_signature];
        return signature.Form == DwForm.DW_FORM_ref_sig8 && (byValue || die[DwAt.DW_AT_name].Class == ValueClass.Absent) ? signature.Value : null;
    }

    private TypeId WithSignature(ulong signature, Die die, DieDecoder decoder, bool byValue) => decoder.Sections.TypeUnit(signature) is var (file, unit)
        ? Type(unit.TypeDie, file, unit, byValue)
        : throw die.Invalid($"a type is in the type unit of signature 0x{signature:x16}, which is not in this file");

    // Whatever walks a graph recurses once a level: the levels are bounded here, for all of them.
    private void Descend(int levels, Section info, ulong dieOffset)
    {
        _depth += levels;
        if (_depth > DeepestType)
        {
            throw info.Invalid(dieOffset, $"types are nested more than {DeepestType} deep: they refer to each other in a circle");
        }
    }

    private TypeId Add(TypeNode node, Die die)
    {
        TypeId id = _graph.Add(node);
        RefuseProblem(die);
        if (Constant(die, DwAt.DW_AT_endianity) is { } endianity && endianity != DW_END_default && endianity != (_isBigEndian ? DW_END_big : DW_END_little))
        {
            _inOtherByteOrder.Add(id);
        }

        return id;
    }

    private string? Name(Die die, DieDecoder decoder)
    {
        string? name = _graph.ChargeName(decoder.Text(die[DwAt.DW_AT_name]));
        RefuseProblem(die);
        return name;
    }

    private void RefuseProblem(Die die)
    {
        if (_graph.Problem is { } problem)
        {
            throw _graph.IsContradictory ? die.Section.Contradictory(die.Offset, $"{TagName(die.Tag)}: {problem}") : die.Invalid($"{TagName(die.Tag)}: {problem}");
        }
    }

    private DieDecoder DecoderOf(DwarfSections file, in UnitHeader unit)
    {
        if (!_decoders.TryGetValue((file, unit.Offset), out DieDecoder? decoder))
        {
            if (_decoders.Count >= MostDecoders)
            {
                // Those that are in use stay alive with whoever uses them.
                _decoders.Clear();
            }

            decoder = new DieDecoder(file);
            decoder.Open(unit);
            _decoders.Add((file, unit.Offset), decoder);
        }

        return decoder;
    }

    private TypeNode Node(Die die, DieDecoder decoder, bool byValue)
    {
        switch (die.Tag)
        {
            case DwTag.DW_TAG_base_type:
                return new BaseType(Name(die, decoder) ?? "?", RequireByteSize(die), Encoding(die));
            case DwTag.DW_TAG_unspecified_type:
                return new BaseType(Name(die, decoder) ?? "?", 0, BaseEncoding.Other);
            case DwTag.DW_TAG_pointer_type:
                // The kernel's compilers know one size of pointers: where the unit's header and the pointer differ, one of them is damaged.
                ulong pointerSize = decoder.Unit.AddressSize;
                return ByteSize(die) is { } told && told != pointerSize
                    ? throw die.Invalid($"a pointer of {told} bytes in a unit with addresses of {pointerSize}")
                    : new PointerType(Target(die, decoder, byValue: false), pointerSize);
            case DwTag.DW_TAG_const_type:
                return new QualifiedType(Qualifier.Const, Target(die, decoder, byValue));
            case DwTag.DW_TAG_volatile_type:
                return new QualifiedType(Qualifier.Volatile, Target(die, decoder, byValue));
            case DwTag.DW_TAG_restrict_type:
                return new QualifiedType(Qualifier.Restrict, Target(die, decoder, byValue));
            case DwTag.DW_TAG_atomic_type:
                return new QualifiedType(Qualifier.Atomic, Atomic(die, Target(die, decoder, byValue)));
            case DwTag.DW_TAG_structure_type:
            case DwTag.DW_TAG_union_type:
                return Aggregate(die, decoder, byValue);
            case DwTag.DW_TAG_enumeration_type:
                return Enumeration(die, decoder);
            case DwTag.DW_TAG_array_type:
                return Array(die, decoder, byValue);
            case DwTag.DW_TAG_subroutine_type:
                return Function(die, decoder);
            default:
                throw die.Invalid($"{TagName(die.Tag)} is not a type that can be read in a C unit");
        }
    }

    // Of a typedef that lost its name, what it stands for is left.
    private TypeId Typedef(Die die, DieDecoder decoder, bool byValue)
    {
        string? name = Name(die, decoder);
        TypeId target = Target(die, decoder, byValue);
        return string.IsNullOrEmpty(name) ? target : Add(new TypedefType(name, target), die);
    }

    // clang makes an atomic type as large as the processor's next access (ASTContext::getTypeInfoImpl), GCC does not, and neither says it.
    private TypeId Atomic(Die die, TypeId target)
    {
        const ulong LargestAccess = 16;
        TypeId type = _graph.Strip(target);
        return type == TypeId.Void || _graph[type] is not AggregateType { ByteSize: < LargestAccess and var size } || BitOperations.IsPow2(size)
            ? target
            : throw die.Invalid($"an _Atomic struct or union of {size} bytes, which some compilers make larger without saying so");
    }

    private static AggregateKind KindOf(Die die) => die.Tag == DwTag.DW_TAG_union_type ? AggregateKind.Union : AggregateKind.Struct;

    private TypeNode Aggregate(Die die, DieDecoder decoder, bool byValue)
    {
        string? name = Name(die, decoder);
        if (!byValue || IsDeclaration(die, decoder))
        {
            return new AggregateReference(KindOf(die), name);
        }

        ulong size = RequireByteSize(die);
        if (die[DwAt.DW_AT_encoding].Class != ValueClass.Absent)
        {
            throw die.Invalid("a struct or union with an encoding, which integers have");
        }

        ImmutableArray<Member>.Builder members = ImmutableArray.CreateBuilder<Member>();
        foreach (Die child in decoder.Children(die))
        {
            switch (child.Tag)
            {
                case DwTag.DW_TAG_member when members.Count == TypeGraphBuilder.MostMembers:
                    throw die.Invalid($"{TagName(die.Tag)}: a struct or union has more than {TypeGraphBuilder.MostMembers} members");
                case DwTag.DW_TAG_member:
                    members.Add(ReadMember(child, decoder, die.Tag == DwTag.DW_TAG_union_type));
                    break;
                case DwTag.DW_TAG_inheritance:
                case DwTag.DW_TAG_variant_part:
                    throw child.Invalid($"{TagName(child.Tag)} in a C unit, which cannot be read");
                case DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_enumeration_type or DwTag.DW_TAG_typedef or DwTag.DW_TAG_array_type
                    or DwTag.DW_TAG_pointer_type or DwTag.DW_TAG_subroutine_type or DwTag.DW_TAG_base_type or DwTag.DW_TAG_const_type or DwTag.DW_TAG_volatile_type
                    or DwTag.DW_TAG_LLVM_annotation or DwTag.DW_TAG_GNU_annotation when !HasPlace(child):
                    // Types that are declared within, and what the source says about it.
                    break;
                default:
                    // It may be a member: one less, and a rule about it does not apply.
                    throw child.Invalid($"{TagName(child.Tag)} in a struct or union, which C has not there");
            }
        }

        decoder.Sections.Info.File.Budget.Take(decoder.Sections.Info, (ulong)(members.Count + 1) * MemberSize);
        return new AggregateType(KindOf(die), name, size, Constant(die, DwAt.DW_AT_alignment), members.ToImmutable()) { Place = Place(die, decoder) };
    }

    // Of a definition that damage made a declaration of, the members are still there; to pass it over would be to answer from other units.
    private static bool IsDeclaration(Die die, DieDecoder decoder)
    {
        AttributeValue declaration = die[DwAt.DW_AT_declaration];
        return declaration.Class is not (ValueClass.Absent or ValueClass.Flag) ? throw die.Invalid($"DW_AT_declaration has {declaration.Form}, which is not a flag")
            : declaration.Value != 0 && decoder.Children(die).Any(child => child.Tag == DwTag.DW_TAG_member) ? throw die.Invalid("a declaration of a struct or union, with members")
            : declaration.Value != 0;
    }

    private static bool HasPlace(Die die)
        => die[DwAt.DW_AT_data_member_location].Class != ValueClass.Absent || die[DwAt.DW_AT_data_bit_offset].Class != ValueClass.Absent || die[DwAt.DW_AT_bit_size].Class != ValueClass.Absent;

    private Member ReadMember(Die die, DieDecoder decoder, bool isInUnion)
    {
        AttributeValue type = die[DwAt.DW_AT_type];
        if (type.Class == ValueClass.Absent)
        {
            throw die.Invalid("a member has no DW_AT_type");
        }

        TypeId typeId = Referenced(type, die, decoder, byValue: true);
        ulong? bitFieldSize = Constant(die, DwAt.DW_AT_bit_size);
        if (bitFieldSize > LargestByteSize * 8)
        {
            throw die.Invalid($"a bitfield is {bitFieldSize} bits wide, which none is");
        }

        if (bitFieldSize is not null && _inOtherByteOrder.Contains(_graph.Strip(typeId)))
        {
            // Its bits are counted from the other end of each unit, and how far the units reach is not told.
            throw die.Invalid("a bitfield in the other byte order (scalar_storage_order), whose bits cannot be placed");
        }

        if (bitFieldSize is null && ByteSize(die) is { } told && _graph.ByteSizeOf(typeId) is { } size && told != size)
        {
            // It would count (DWARF 5 §5.7.6), and C has no member that is not as large as its type.
            throw die.Invalid($"a member of {told} bytes whose type has {size}");
        }

        ulong bitOffset = BitOffset(die, typeId, bitFieldSize, isInUnion);
        string? name = Name(die, decoder);
        return new Member(string.IsNullOrEmpty(name) ? null : name, typeId, bitOffset, bitFieldSize, Constant(die, DwAt.DW_AT_alignment)) { Place = Place(die, decoder) };
    }

    private SourcePlace? Place(Die die, DieDecoder decoder)
    {
        if (!_withPlaces)
        {
            return null;
        }

        SourcePlace? place = decoder.SourceFiles.Place(die[DwAt.DW_AT_decl_file], die[DwAt.DW_AT_decl_line], out string? problem);
        _graph.PlacesProblem ??= problem;
        return place;
    }

    // The three ways of placing a member (DWARF 5 §5.7.6, DWARF 4 §5.5.6, DWARF 2 §5.5.4) in bits of memory order.
    private ulong BitOffset(Die die, TypeId typeId, ulong? bitFieldSize, bool isInUnion)
    {
        ulong bytes = MemberLocation(die);
        ulong? fromBigEnd = bitFieldSize is null || Constant(die, DwAt.DW_AT_data_bit_offset) is not null ? null : Constant(die, DwAt.DW_AT_bit_offset);
        // A storage unit may start before its struct: where a struct is aligned to less than the unit's size, GCC counts from the unit's alignment.
        bool isBefore = fromBigEnd is not null && (long)bytes is < 0 and >= -LargestStorageByteSize;
        if (bytes > LargestByteSize && !isBefore)
        {
            throw die.Invalid($"a member lies at byte {bytes}, where none can be");
        }

        ulong bits = bytes * 8;
        if (Constant(die, DwAt.DW_AT_data_bit_offset) is { } dataBitOffset)
        {
            return dataBitOffset > LargestByteSize * 8
                ? throw die.Invalid($"a member lies at bit {dataBitOffset}, where none can be")
                : bits + dataBitOffset;
        }

        if (bitFieldSize is not { } width || fromBigEnd is not { } skipped)
        {
            return bits;
        }

        if (isInUnion && (long)skipped < 0 && die[DwAt.DW_AT_data_member_location].Class == ValueClass.Absent)
        {
            // GCC leaves out the location of all members of unions, also where it counts from a unit that starts before the union.
            return 0;
        }

        // DW_AT_bit_offset counts from the most significant bit of the storage unit, also on little-endian targets; it is negative
        // when a packed field starts before its storage unit.
        ulong? storage = ByteSize(die) ?? StorageByteSize(typeId);
        if (storage is not { } storageBytes)
        {
            throw die.Invalid("a bitfield has neither DW_AT_byte_size nor a type with a size");
        }

        Int128 within = _isBigEndian ? (long)skipped : (storageBytes * 8) - (Int128)(long)skipped - width;
        Int128 absolute = ((Int128)(long)bytes * 8) + within;
        return absolute >= 0 && absolute <= LargestByteSize * 8
            ? (ulong)absolute
            : throw die.Invalid($"a bitfield lies at bit {absolute} of its struct, where none can be");
    }

    private ulong? StorageByteSize(TypeId typeId)
    {
        TypeId unqualified = _graph.Strip(typeId);
        return (unqualified == TypeId.Void ? null : _graph[unqualified]) switch
        {
            BaseType type => type.ByteSize,
            EnumType type => type.ByteSize,
            _ => null,
        };
    }

    // DW_AT_data_member_location: absent in unions and for bitfields with DW_AT_data_bit_offset, else a constant or, in DWARF 2, an
    // expression that adds to the struct's address.
    private static ulong MemberLocation(Die die)
    {
        AttributeValue value = die[DwAt.DW_AT_data_member_location];
        switch (value.Class)
        {
            case ValueClass.Absent:
                return 0;
            case ValueClass.Constant:
                return value.Value;
            case ValueClass.Block:
                return EvaluateLocation(die, value);
            default:
                throw die.Invalid($"DW_AT_data_member_location has {value.Form}, which cannot be read here");
        }
    }

    private static ulong EvaluateLocation(Die die, AttributeValue block)
    {
        const byte DW_OP_plus_uconst = 0x23;
        const byte DW_OP_constu = 0x10;
        const byte DW_OP_plus = 0x22;
        SectionReader reader = die.Section.ReadRange(block.Value, block.Value + block.ByteLength);
        byte operation = reader.ReadU8();
        if (operation == DW_OP_plus_uconst || operation == DW_OP_constu)
        {
            ulong offset = reader.ReadUleb();
            if (operation == DW_OP_plus_uconst ? reader.IsAtEnd : reader.Remaining == 1 && reader.ReadU8() == DW_OP_plus)
            {
                return offset;
            }
        }

        throw die.Invalid($"DW_AT_data_member_location is an expression (first operation 0x{operation:x}) that cannot be read");
    }

    private EnumType Enumeration(Die die, DieDecoder decoder)
    {
        BaseEncoding encoding = Encoding(die);
        ulong? size = ByteSize(die);
        if (die[DwAt.DW_AT_type].Class != ValueClass.Absent)
        {
            TypeId underlying = Target(die, decoder, byValue: true);
            if (underlying != TypeId.Void && _graph[underlying] is BaseType type)
            {
                encoding = type.Encoding;
                size ??= type.ByteSize;
            }
        }

        return size is null && die[DwAt.DW_AT_declaration].Class == ValueClass.Absent
            ? throw die.Invalid($"{TagName(die.Tag)} has no {DwAt.DW_AT_byte_size}, and is no declaration")
            : new EnumType(Name(die, decoder), size ?? 0, encoding is BaseEncoding.Signed or BaseEncoding.SignedChar);
    }

    private ArrayType Array(Die die, DieDecoder decoder, bool byValue)
    {
        if (Constant(die, DwAt.DW_AT_byte_stride) is not null || Constant(die, DwAt.DW_AT_bit_stride) is not null)
        {
            throw die.Invalid("an array with a stride of its own, which cannot be read");
        }

        List<ulong?> counts = [];
        foreach (Die child in decoder.Children(die))
        {
            if (child.Tag == DwTag.DW_TAG_subrange_type)
            {
                counts.Add(Count(child));
            }
        }

        if (counts.Count is 0 or > DeepestType)
        {
            throw die.Invalid($"an array of {counts.Count} dimensions");
        }

        // Each dimension is a level of its own.
        Descend(counts.Count - 1, die.Section, die.Offset);
        TypeId element = Target(die, decoder, byValue);
        _depth -= counts.Count - 1;
        for (int i = counts.Count - 1; i > 0; i--)
        {
            element = Add(new ArrayType(element, counts[i]), die);
        }

        return new ArrayType(element, counts[0]);
    }

    // DWARF 5 §5.13: a count, or an upper bound that is included; C counts from 0. A bound of -1 is how GCC writes x[0].
    private static ulong? Count(Die die)
    {
        if (Constant(die, DwAt.DW_AT_count) is { } count)
        {
            return count;
        }

        if (Constant(die, DwAt.DW_AT_lower_bound) is not (null or 0))
        {
            throw die.Invalid("an array that does not count from 0, which C has not");
        }

        if (Constant(die, DwAt.DW_AT_upper_bound) is not { } upper)
        {
            return null;
        }

        bool isMinusOne = upper == ulong.MaxValue || (upper == uint.MaxValue && die[DwAt.DW_AT_upper_bound].Form == DwForm.DW_FORM_data4);
        return isMinusOne ? 0 : upper + 1;
    }

    private FunctionType Function(Die die, DieDecoder decoder)
    {
        ImmutableArray<TypeId>.Builder parameters = ImmutableArray.CreateBuilder<TypeId>();
        bool isVariadic = false;
        foreach (Die child in decoder.Children(die))
        {
            if (child.Tag == DwTag.DW_TAG_formal_parameter)
            {
                parameters.Add(Target(child, decoder, byValue: false));
            }
            else if (child.Tag == DwTag.DW_TAG_unspecified_parameters)
            {
                isVariadic = true;
            }
        }

        return new FunctionType(Target(die, decoder, byValue: false), parameters.ToImmutable(), isVariadic);
    }

    private TypeId Target(Die die, DieDecoder decoder, bool byValue)
    {
        AttributeValue type = die[DwAt.DW_AT_type];
        return type.Class == ValueClass.Absent ? TypeId.Void : Referenced(type, die, decoder, byValue);
    }

    private TypeId Referenced(AttributeValue type, Die die, DieDecoder decoder, bool byValue)
    {
        switch (type.Form)
        {
            case DwForm.DW_FORM_ref_sig8:
                return WithSignature(type.Value, die, decoder, byValue);
            case DwForm.DW_FORM_ref_sup4 or DwForm.DW_FORM_ref_sup8 or DwForm.DW_FORM_GNU_ref_alt:
                DwarfSections supplement = decoder.Sections.Supplement ?? throw AttributeForms.NoSupplementaryFile(die.Section, die.Offset, "a type", type.Form);
                return Type(type.Value, supplement, supplement.Units.Containing(type.Value), byValue);
            case DwForm.DW_FORM_ref_addr:
                return decoder.Sections.HasSectionOffsets
                    ? Type(type.Value, decoder.Sections, decoder.Sections.Units.Containing(type.Value), byValue)
                    : throw decoder.Sections.NoSectionOffsets(die.Offset, "a type");
            default:
                return type.Class == ValueClass.Reference
                    ? Type(type.Value, decoder.Sections, decoder.Unit, byValue)
                    : throw die.Invalid($"DW_AT_type has {type.Form}, which is not a reference");
        }
    }

    private static ulong RequireByteSize(Die die) => ByteSize(die) ?? throw die.Invalid($"{TagName(die.Tag)} has no {DwAt.DW_AT_byte_size}");

    private static ulong? ByteSize(Die die) => Constant(die, DwAt.DW_AT_byte_size) is > LargestByteSize and var size
        ? throw die.Invalid($"{TagName(die.Tag)} has a size of {size} bytes, which no type has")
        : Constant(die, DwAt.DW_AT_byte_size);

    private static ulong? Constant(Die die, DwAt attribute)
    {
        AttributeValue value = die[attribute];
        switch (value.Class)
        {
            case ValueClass.Absent:
                return null;
            case ValueClass.Constant:
                return value.Value;
            case ValueClass.Block or ValueClass.Reference when attribute is DwAt.DW_AT_upper_bound or DwAt.DW_AT_count:
                // A length that is computed at run time: no length as far as the layout goes.
                return null;
            default:
                throw die.Invalid($"{attribute} has {value.Form}, which is not a constant");
        }
    }

    private static BaseEncoding Encoding(Die die) => EncodingOf(Constant(die, DwAt.DW_AT_encoding) ?? 0);

    /// <summary>What a value of DW_AT_encoding means.</summary>
    internal static BaseEncoding EncodingOf(ulong encoding) => encoding > byte.MaxValue ? BaseEncoding.Other : (DwAte)encoding switch
    {
        DwAte.DW_ATE_boolean => BaseEncoding.Boolean,
        DwAte.DW_ATE_signed => BaseEncoding.Signed,
        DwAte.DW_ATE_signed_char => BaseEncoding.SignedChar,
        DwAte.DW_ATE_unsigned => BaseEncoding.Unsigned,
        DwAte.DW_ATE_unsigned_char or DwAte.DW_ATE_UTF => BaseEncoding.UnsignedChar,
        DwAte.DW_ATE_float => BaseEncoding.Float,
        _ => BaseEncoding.Other,
    };

    private static string TagName(DwTag tag) => Enum.IsDefined(tag) ? tag.ToString() : $"DW_TAG 0x{(int)tag:x}";
}
