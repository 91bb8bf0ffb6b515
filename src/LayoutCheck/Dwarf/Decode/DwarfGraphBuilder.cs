using System.Collections.Immutable;
using System.Numerics;
using LayoutCheck.Core;
using LayoutCheck.Dwarf.Sections;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Dwarf.Decode;

/// <summary>
/// Builds the <see cref="TypeGraph"/> of one struct or union from its DIEs. Types embedded by value are built in full; behind a pointer only their names
/// are. One builder serves one thread.
/// </summary>
internal sealed partial class DwarfGraphBuilder
{
    // The kernel's deepest nesting by value is about 20; only a circle goes further.
    private const int DeepestType = 256;

    // A decoder holds the abbreviations of one unit, 20 KB and more. Types that refer to each other across units span few units.
    private const int MostDecoders = 64;

    // The memory of a member while its struct is built, in bytes: its DIE, its name, itself, and lists that grow.
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

    // Whether the definition asked for is an enumeration: no other enumeration can be on the way to it.
    private bool _isEnumWanted;

    /// <param name="sections">The image.</param>
    /// <param name="withPlaces">Whether to read where types and members are declared: it takes time, and only a listing needs it.</param>
    public DwarfGraphBuilder(DwarfSections sections, bool withPlaces = false)
    {
        _withPlaces = withPlaces;
        _sections = sections;
        _isBigEndian = sections.Info.IsBigEndian;
    }

    /// <summary>
    /// Whether units stay open from one definition to the next, as long as there is room: for definitions of few units in any order.
    /// </summary>
    public bool KeepsUnitsOpen { get; init; }

    /// <summary>
    /// The definition at a DIE of the image: a struct or union, or the one that a typedef names, or an enumeration. Null for a declaration, and for a typedef
    /// of another type.
    /// </summary>
    /// <param name="unit">The unit of the DIE.</param>
    /// <param name="dieOffset">Bytes from the start of .debug_info.</param>
    /// <exception cref="InvalidImageException">Something that the layout depends on is damaged or not understood.</exception>
    public (TypeGraph Graph, TypeId Root)? Build(in UnitHeader unit, ulong dieOffset) => Build(_sections, unit, dieOffset);

    /// <summary>The struct or union that the last DIE, a typedef, names and its unit only declares; else null.</summary>
    public TypeName? TypedefOf { get; private set; }

    /// <summary>The first such struct or union of all DIEs so far.</summary>
    public TypeName? FirstTypedefOf { get; private set; }

    /// <summary>The definition at a DIE of any file: the image, the supplementary file or a split one.</summary>
    public (TypeGraph Graph, TypeId Root)? Build(DwarfSections file, in UnitHeader unit, ulong dieOffset)
    {
        Begin(file, unit);
        TypeId root = Type(dieOffset, file, unit, byValue: true);
        TypeGraph graph = _graph.Build();
        bool isTypedef = root != TypeId.Void && graph[root] is TypedefType;
        root = graph.Strip(root);
        TypeNode? node = root == TypeId.Void ? null : graph[root];
        TypedefOf = isTypedef && node is AggregateReference { Name: { } name } declared ? new TypeName(TypeName.KindOf(declared.Kind), name) : null;
        FirstTypedefOf ??= TypedefOf;
        return node is AggregateType or EnumType { Enumerators: not null } ? (graph, root) : null;
    }

    private void Begin(DwarfSections file, in UnitHeader unit)
    {
        _graph = new TypeGraphBuilder();
        _known.Clear();
        _inOtherByteOrder.Clear();
        _depth = 0;
        TypedefOf = null;
        if (!KeepsUnitsOpen && _decoders.Count > 0 && !_decoders.ContainsKey((file, unit.Offset)))
        {
            // One unit is open at a time; others stay open only while the types of one definition refer to them.
            DieDecoder? reused = _decoders.Values.FirstOrDefault(d => d.Sections == file);
            _decoders.Clear();
            if (reused is not null)
            {
                reused.Open(unit);
                _decoders.Add((file, unit.Offset), reused);
            }
        }
    }

    /// <summary>The type of the function or variable at a DIE of any file; structs and unions are names in it.</summary>
    /// <exception cref="InvalidImageException">The DIE is damaged, or is neither.</exception>
    public (TypeGraph Graph, TypeId Type) BuildPrototype(DwarfSections file, in UnitHeader unit, ulong dieOffset)
    {
        Begin(file, unit);
        DieDecoder decoder = DecoderOf(file, unit);
        Die die = decoder.Read(dieOffset, out _) ?? throw file.Info.Invalid(dieOffset, "a function or variable is said to be here, and there is none");
        TypeId type = die.Tag == DwTag.DW_TAG_subprogram ? Add(Function(die, decoder), die) : Target(die, decoder, byValue: false);
        return (_graph.Build(), type);
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
        _isEnumWanted = _depth == 1 ? die.Tag == DwTag.DW_TAG_enumeration_type : _isEnumWanted;
        TypeId id = Signature(die, byValue) is { } signature ? WithSignature(signature, die, decoder, byValue)
            : die.Tag == DwTag.DW_TAG_typedef ? Typedef(die, decoder, byValue)
            : Add(Node(die, decoder, byValue), die);
        _depth--;
        _known.Add((file, dieOffset, byValue), id);
        return id;
    }

    // The signature of a declaration of a type in a type unit (DWARF 5 §5.7.1); null if a name is enough and there is one.
    private static ulong? Signature(Die die, bool byValue)
    {
        AttributeValue signature = die[DwAt.DW_AT_signature];
        return signature.Form == DwForm.DW_FORM_ref_sig8 && (byValue || die[DwAt.DW_AT_name].Class == ValueClass.Absent) ? signature.Value : null;
    }

    private TypeId WithSignature(ulong signature, Die die, DieDecoder decoder, bool byValue) => decoder.Sections.TypeUnit(signature) is var (file, unit)
        ? Type(unit.TypeDie, file, unit, byValue)
        : throw die.Invalid($"a type is in the type unit of signature 0x{signature:x16}, which is not in this file");

    // Each walk of a graph recurses once per level: the bound here holds for all of them.
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
        if (DieValues.Constant(die, DwAt.DW_AT_endianity) is { } endianity && endianity != DW_END_default
            && endianity != (_isBigEndian ? DW_END_big : DW_END_little))
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
            string named = $"{DieValues.TagName(die.Tag)}: {problem}";
            throw _graph.IsContradictory ? die.Section.Contradictory(die.Offset, named) : die.Invalid(named);
        }
    }

    private DieDecoder DecoderOf(DwarfSections file, in UnitHeader unit)
    {
        if (!_decoders.TryGetValue((file, unit.Offset), out DieDecoder? decoder))
        {
            if (_decoders.Count >= MostDecoders)
            {
                // A decoder that is in use stays alive on the stack.
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
                return new BaseType(Name(die, decoder) ?? "?", DieValues.RequireByteSize(die), DieValues.Encoding(die));
            case DwTag.DW_TAG_unspecified_type:
                return new BaseType(Name(die, decoder) ?? "?", 0, BaseEncoding.Other);
            case DwTag.DW_TAG_pointer_type:
                // The kernel's compilers have one size of pointers: if the unit's header and the pointer differ, one of them is damaged.
                ulong pointerSize = decoder.Unit.AddressSize;
                return DieValues.ByteSize(die) is { } recorded && recorded != pointerSize
                    ? throw die.Invalid($"a pointer of {recorded} bytes in a unit with addresses of {pointerSize}")
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
                return Enumeration(die, decoder, byValue);
            case DwTag.DW_TAG_array_type:
                return Array(die, decoder, byValue);
            case DwTag.DW_TAG_subroutine_type:
                return Function(die, decoder);
            default:
                throw die.Invalid($"{DieValues.TagName(die.Tag)} is not a type that can be read in a C unit");
        }
    }

    // A typedef whose name is lost is replaced by its target.
    private TypeId Typedef(Die die, DieDecoder decoder, bool byValue)
    {
        string? name = Name(die, decoder);
        TypeId target = Target(die, decoder, byValue);
        return string.IsNullOrEmpty(name) ? target : Add(new TypedefType(name, target), die);
    }

    // clang rounds the size of an atomic type up to the processor's next access (ASTContext::getTypeInfoImpl), GCC does not, and neither records it.
    private TypeId Atomic(Die die, TypeId target)
    {
        const ulong LargestAccess = 16;
        TypeId type = _graph.Strip(target);
        return type == TypeId.Void || _graph[type] is not AggregateType { ByteSize: < LargestAccess and var size } || BitOperations.IsPow2(size)
            ? target
            : throw die.Invalid($"an _Atomic struct or union of {size} bytes, which some compilers make larger without saying so");
    }

    private TypeNode Aggregate(Die die, DieDecoder decoder, bool byValue)
    {
        string? name = Name(die, decoder);
        if (!byValue || IsDeclaration(die, decoder))
        {
            return new AggregateReference(DieValues.KindOf(die), name);
        }

        ulong size = DieValues.RequireByteSize(die);
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
                    throw die.Invalid($"{DieValues.TagName(die.Tag)}: a struct or union has more than {TypeGraphBuilder.MostMembers} members");
                case DwTag.DW_TAG_member:
                    members.Add(ReadMember(child, decoder, die.Tag == DwTag.DW_TAG_union_type));
                    break;
                case DwTag.DW_TAG_inheritance:
                case DwTag.DW_TAG_variant_part:
                    throw child.Invalid($"{DieValues.TagName(child.Tag)} in a C unit, which cannot be read");
                case DwTag.DW_TAG_structure_type or DwTag.DW_TAG_union_type or DwTag.DW_TAG_enumeration_type or DwTag.DW_TAG_typedef or DwTag.DW_TAG_array_type
                    or DwTag.DW_TAG_pointer_type or DwTag.DW_TAG_subroutine_type or DwTag.DW_TAG_base_type or DwTag.DW_TAG_const_type
                    or DwTag.DW_TAG_volatile_type
                    or DwTag.DW_TAG_LLVM_annotation or DwTag.DW_TAG_GNU_annotation when !MemberPlacement.HasPlace(child):
                    // Nested types, and annotations.
                    break;
                default:
                    // It may be a damaged member: without it a rule about it would not apply.
                    throw child.Invalid($"{DieValues.TagName(child.Tag)} in a struct or union, which C has not there");
            }
        }

        decoder.Sections.Info.File.Budget.Take(decoder.Sections.Info, (ulong)(members.Count + 1) * MemberSize);
        ulong? alignment = DieValues.Constant(die, DwAt.DW_AT_alignment);
        return new AggregateType(DieValues.KindOf(die), name, size, alignment, members.ToImmutable()) { Place = Place(die, decoder) };
    }

    // Damage may turn a definition into a declaration, which still has its members: without an error other units would answer for it.
    private static bool IsDeclaration(Die die, DieDecoder decoder)
    {
        AttributeValue declaration = die[DwAt.DW_AT_declaration];
        return declaration.Class is not (ValueClass.Absent or ValueClass.Flag)
                ? throw die.Invalid($"DW_AT_declaration has {declaration.Form}, which is not a flag")
            : declaration.Value != 0 && decoder.Children(die).Any(child => child.Tag == DwTag.DW_TAG_member)
                ? throw die.Invalid("a declaration of a struct or union, with members")
            : declaration.Value != 0;
    }

    private Member ReadMember(Die die, DieDecoder decoder, bool isInUnion)
    {
        AttributeValue type = die[DwAt.DW_AT_type];
        if (type.Class == ValueClass.Absent)
        {
            throw die.Invalid("a member has no DW_AT_type");
        }

        TypeId typeId = Referenced(type, die, decoder, byValue: true);
        ulong? bitFieldSize = DieValues.Constant(die, DwAt.DW_AT_bit_size);
        if (bitFieldSize > DieValues.LargestByteSize * 8)
        {
            throw die.Invalid($"a bitfield is {bitFieldSize} bits wide, which none is");
        }

        if (bitFieldSize is not null && _inOtherByteOrder.Contains(_graph.Strip(typeId)))
        {
            // Its bits count from the other end of each storage unit, and the extent of the units is not recorded.
            throw die.Invalid("a bitfield in the other byte order (scalar_storage_order), whose bits cannot be placed");
        }

        if (bitFieldSize is null && DieValues.ByteSize(die) is { } recorded && _graph.ByteSizeOf(typeId) is { } size && recorded != size)
        {
            // It would take precedence (DWARF 5 §5.7.6), and a C member has the size of its type.
            throw die.Invalid($"a member of {recorded} bytes whose type has {size}");
        }

        ulong bitOffset = MemberPlacement.BitOffset(die, bitFieldSize, bitFieldSize is null ? null : StorageByteSize(typeId), isInUnion, _isBigEndian);
        string? name = Name(die, decoder);
        ulong? alignment = DieValues.Constant(die, DwAt.DW_AT_alignment);
        return new Member(string.IsNullOrEmpty(name) ? null : name, typeId, bitOffset, bitFieldSize, alignment) { Place = Place(die, decoder) };
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

    private ArrayType Array(Die die, DieDecoder decoder, bool byValue)
    {
        if (DieValues.Constant(die, DwAt.DW_AT_byte_stride) is not null || DieValues.Constant(die, DwAt.DW_AT_bit_stride) is not null)
        {
            throw die.Invalid("an array with a stride of its own, which cannot be read");
        }

        List<ulong?> counts = [];
        foreach (Die child in decoder.Children(die))
        {
            if (child.Tag == DwTag.DW_TAG_subrange_type)
            {
                counts.Add(DieValues.ElementCount(child));
            }
        }

        if (counts.Count is 0 or > DeepestType)
        {
            throw die.Invalid($"an array of {counts.Count} dimensions");
        }

        // Each dimension is a level of nesting.
        Descend(counts.Count - 1, die.Section, die.Offset);
        TypeId element = Target(die, decoder, byValue);
        _depth -= counts.Count - 1;
        for (int i = counts.Count - 1; i > 0; i--)
        {
            element = Add(new ArrayType(element, counts[i]), die);
        }

        return new ArrayType(element, counts[0]);
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
                DwarfSections supplement = decoder.Sections.Supplement
                    ?? throw AttributeForms.NoSupplementaryFile(die.Section, die.Offset, "a type", type.Form);
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
}
