using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Types;

namespace LayoutCheck.Btf;

/// <summary>
/// Makes the nodes of one <see cref="TypeGraph"/> from the records that some structs or unions need. Behind a pointer a struct is a name
/// only, so an id has up to two nodes: by value and behind a pointer.
/// </summary>
/// <param name="index">The records.</param>
/// <param name="wordByteSize">The size of a pointer in bytes, asked when there is one.</param>
/// <param name="nesting">What the producer makes of arrays of arrays, asked when there is an array.</param>
internal sealed class BtfNodeReader(BtfIndex index, Func<int> wordByteSize, Func<ArrayNesting> nesting)
{
    private readonly TypeGraphBuilder _graph = new();
    // Null while it is being read.
    private readonly Dictionary<(uint Id, bool IsBehindPointer), TypeId?> _made = [];

    /// <summary>Whether an array was read that may be one of arrays.</summary>
    public bool HasFlattenedArrays { get; private set; }

    /// <summary>Reads one struct or union, and returns its id in the graph.</summary>
    /// <param name="id">Its STRUCT or UNION record.</param>
    /// <exception cref="InvalidImageException">A record that it needs is damaged.</exception>
    public TypeId Read(uint id)
    {
        _graph.BeginRoot();
        return Read(id, isBehindPointer: false, 0, index.Record(id));
    }

    /// <summary>Reads one enumeration with its enumerators, and returns its id in the graph.</summary>
    /// <param name="record">Its ENUM or ENUM64 record.</param>
    /// <param name="enums">The enumerations.</param>
    /// <exception cref="InvalidImageException">The record is damaged.</exception>
    public TypeId ReadEnum(BtfRecord record, BtfEnums enums)
    {
        _graph.BeginRoot();
        if (record.ElementCount > TypeGraphBuilder.MostMembers)
        {
            throw index.Invalid(record, $"{record} has more than {TypeGraphBuilder.MostMembers} enumerators");
        }

        if (record.SizeOrType is not (1 or 2 or 4 or 8))
        {
            throw index.Invalid(record, $"{record} has {record.SizeOrType} bytes, which no enumeration has");
        }

        ImmutableArray<Enumerator> enumerators = enums.Enumerators(record, at => NameAt(at, record)
            ?? throw index.Invalid(record, $"{record} has an enumerator without a name"));
        return Add(record, new EnumType(NameOf(record), record.SizeOrType, record.KindFlag) { Enumerators = enumerators });
    }

    /// <summary>Reads the type of a function or variable, in which structs and unions are names, and returns its id in the graph.</summary>
    /// <param name="record">Its FUNC or VAR record.</param>
    /// <exception cref="InvalidImageException">A record that it needs is damaged.</exception>
    public TypeId ReadPrototype(BtfRecord record)
    {
        _graph.BeginRoot();
        uint kind = index.Record(record.SizeOrType, record).Kind;
        return record.Kind == BtfFormat.BTF_KIND_FUNC && kind != BtfFormat.BTF_KIND_FUNC_PROTO
            ? throw index.Invalid(record, $"{record} is no function: its type is {BtfFormat.KindName(kind)}")
            : Read(record.SizeOrType, isBehindPointer: true, 0, record);
    }

    /// <summary>The graph of all that was read; the reader is not used afterwards.</summary>
    public TypeGraph Build() => _graph.Build();

    private TypeId Read(uint id, bool isBehindPointer, int depth, in BtfRecord referrer)
    {
        if (id == 0)
        {
            return default;
        }

        BtfRecord record = index.Record(id, referrer);
        (uint, bool) key = (id, isBehindPointer);
        if (_made.TryGetValue(key, out TypeId? known))
        {
            return known ?? throw index.Invalid(record, $"{record} is made of itself");
        }

        if (depth > BtfIndex.DeepestNesting)
        {
            throw index.Invalid(record, $"{record} is nested more than {BtfIndex.DeepestNesting} deep");
        }

        _made[key] = null;
        TypeId made = ReadNew(record, isBehindPointer, depth + 1);
        _made[key] = made;
        return made;
    }

    private TypeId ReadNew(in BtfRecord record, bool isBehindPointer, int depth)
    {
        switch (record.Kind)
        {
            case BtfFormat.BTF_KIND_INT:
                return Add(record, new BaseType(NameOf(record) ?? "", record.SizeOrType, EncodingOf(IntData(record))));
            case BtfFormat.BTF_KIND_FLOAT:
                return Add(record, new BaseType(NameOf(record) ?? "", record.SizeOrType, BaseEncoding.Float));
            case BtfFormat.BTF_KIND_ENUM or BtfFormat.BTF_KIND_ENUM64:
                return Add(record, new EnumType(NameOf(record), record.SizeOrType, record.KindFlag));
            case BtfFormat.BTF_KIND_PTR:
                return Add(record, new PointerType(Read(record.SizeOrType, isBehindPointer: true, depth, record), (ulong)wordByteSize()));
            case BtfFormat.BTF_KIND_FWD:
                return Add(record, new AggregateReference(record.KindFlag ? AggregateKind.Union : AggregateKind.Struct, NameOf(record)));
            case BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION when isBehindPointer:
                return Add(record, new AggregateReference(KindOf(record), NameOf(record)));
            case BtfFormat.BTF_KIND_STRUCT or BtfFormat.BTF_KIND_UNION:
                return ReadAggregate(record, depth);
            case BtfFormat.BTF_KIND_ARRAY:
                return ReadArray(record, isBehindPointer, isFlexible: false, depth);
            case BtfFormat.BTF_KIND_TYPEDEF:
                TypeId target = Read(record.SizeOrType, isBehindPointer, depth, record);
                return NameOf(record) is { } alias ? Add(record, new TypedefType(alias, target)) : target;
            case BtfFormat.BTF_KIND_CONST:
                return ReadQualified(record, Qualifier.Const, isBehindPointer, depth);
            case BtfFormat.BTF_KIND_VOLATILE:
                return ReadQualified(record, Qualifier.Volatile, isBehindPointer, depth);
            case BtfFormat.BTF_KIND_RESTRICT:
                return ReadQualified(record, Qualifier.Restrict, isBehindPointer, depth);
            case BtfFormat.BTF_KIND_TYPE_TAG or BtfFormat.BTF_KIND_DECL_TAG:
                return Read(record.SizeOrType, isBehindPointer, depth, record);
            case BtfFormat.BTF_KIND_FUNC_PROTO:
                return ReadFunction(record, depth);
            default:
                throw index.Invalid(record, $"{record} is used as the type of a member, which it cannot be");
        }
    }

    private TypeId ReadQualified(in BtfRecord record, Qualifier qualifier, bool isBehindPointer, int depth)
    {
        TypeId target = Read(record.SizeOrType, isBehindPointer, depth, record);
        return Add(record, new QualifiedType(qualifier, target));
    }

    // struct btf_array: type, index_type, nelems. BTF has 0 elements for both `x[]` and `x[0]`. C allows `x[]` only as the last member of a struct, and code
    // has hardly any `x[0]` there: as the last member it is read as `x[]` (pahole prints the same), elsewhere as `x[0]`.
    private TypeId ReadArray(in BtfRecord record, bool isBehindPointer, bool isFlexible, int depth)
    {
        SectionReader reader = index.ReadDetails(record);
        uint element = reader.ReadU32();
        _ = reader.ReadU32();
        ulong count = reader.ReadU32();
        bool isNested = false;

        // The order of its dimensions cannot be trusted, so they are multiplied. An array of itself is caught below.
        for (int level = 0; level < BtfIndex.DeepestNesting && nesting() != ArrayNesting.Kept && element != 0
            && index.Record(element, record).Kind == BtfFormat.BTF_KIND_ARRAY; level++)
        {
            SectionReader inner = index.ReadDetails(index.Record(element, record));
            element = inner.ReadU32();
            _ = inner.ReadU32();
            count = Math.Min(count, uint.MaxValue) * inner.ReadU32();
            isNested = true;
        }

        bool mayBeFlattened = isNested || nesting() == ArrayNesting.Flattened;
        HasFlattenedArrays |= mayBeFlattened && count != 1;
        TypeId made = Read(element, isBehindPointer, depth, record);
        if (index.Strip(element, record) is { Kind: BtfFormat.BTF_KIND_INT } integer && !IsRegular(integer))
        {
            throw index.Invalid(record, $"{record} is one of {integer}, whose bits are not those of its bytes");
        }

        return Add(record, new ArrayType(made, isFlexible ? null : count) { MayBeFlattened = mayBeFlattened });
    }

    // struct btf_param: name_off, type. `...` is a last parameter without name and type.
    private TypeId ReadFunction(in BtfRecord record, int depth)
    {
        TypeId returned = Read(record.SizeOrType, isBehindPointer: true, depth, record);
        uint count = record.ElementCount;
        SectionReader reader = index.ReadDetails(record);
        ImmutableArray<TypeId>.Builder parameters = ImmutableArray.CreateBuilder<TypeId>((int)count);
        bool isVariadic = false;
        for (uint i = 0; i < count; i++)
        {
            uint name = reader.ReadU32();
            uint type = reader.ReadU32();
            if (i == count - 1 && name == 0 && type == 0)
            {
                isVariadic = true;
                break;
            }

            parameters.Add(Read(type, isBehindPointer: true, depth, record));
        }

        return Add(record, new FunctionType(returned, parameters.ToImmutable(), isVariadic));
    }

    // struct btf_member: name_off, type, offset.
    private TypeId ReadAggregate(in BtfRecord record, int depth)
    {
        uint count = record.ElementCount;
        SectionReader reader = index.ReadDetails(record);
        ImmutableArray<Member>.Builder members = ImmutableArray.CreateBuilder<Member>((int)count);
        for (uint i = 0; i < count; i++)
        {
            string? name = NameAt(reader.ReadU32(), record);
            uint type = reader.ReadU32();
            uint offset = reader.ReadU32();
            bool isLastOfStruct = i == count - 1 && record.Kind == BtfFormat.BTF_KIND_STRUCT;
            TypeId made = ReadMemberType(type, isLastOfStruct, depth, record);
            BtfRecord? bare = index.Strip(type, record);
            if (bare is not { Kind: not BtfFormat.BTF_KIND_FUNC_PROTO } stripped)
            {
                throw index.Invalid(record, $"member {i} of {record} has no type that a member can have");
            }

            Member member = record.KindFlag ? FlaggedMember(name, made, offset) : PlainMember(name, made, offset, stripped);
            if (Problem(member, stripped, record.KindFlag) is { } problem)
            {
                throw index.Invalid(record, $"member {i} of {record} {problem}");
            }

            members.Add(member);
        }

        return Add(record, new AggregateType(KindOf(record), NameOf(record), record.SizeOrType, null, members.MoveToImmutable()));
    }

    private TypeId ReadMemberType(uint type, bool isLastOfStruct, int depth, in BtfRecord referrer)
    {
        TypeId made = Read(type, isBehindPointer: false, depth, referrer);
        if (isLastOfStruct && made != TypeId.Void && _graph[made] is ArrayType { Count: 0 })
        {
            BtfRecord array = index.Record(type, referrer);
            return array.Kind == BtfFormat.BTF_KIND_ARRAY ? ReadArray(array, isBehindPointer: false, isFlexible: true, depth) : made;
        }

        return made;
    }

    // With kind_flag, offset holds BTF_MEMBER_BITFIELD_SIZE in its upper 8 bits and BTF_MEMBER_BIT_OFFSET in the others. The bit
    // offset counts in memory order on both byte orders, as ours does.
    private static Member FlaggedMember(string? name, TypeId type, uint offset)
    {
        uint width = offset >> 24;
        return new Member(name, type, offset & 0xffffff, width == 0 ? null : width);
    }

    // Without kind_flag, offset is in bits and a bitfield is a member of an INT of fewer bits than its bytes have (BTF_INT_BITS),
    // or of one that starts within them (BTF_INT_OFFSET), or of one that does not start at a byte: kernels before 5.0 and their pahole.
    private Member PlainMember(string? name, TypeId type, uint offset, in BtfRecord bare)
    {
        if (bare.Kind == BtfFormat.BTF_KIND_INT)
        {
            uint data = IntData(bare);
            uint bits = data & 0xff;
            uint start = (data >> 16) & 0xff;
            if (!IsRegular(bare) || offset % 8 != 0)
            {
                return new Member(name, type, (ulong)offset + start, bits);
            }
        }

        return new Member(name, type, offset);
    }

    // The kernel's own checks of members (Documentation/bpf/btf.rst, BTF_KIND_STRUCT; btf_int_check_member and its relatives in kernel/bpf/btf.c): bitfields
    // are integers or enumerations and no wider than those, and any other member starts at a byte.
    private string? Problem(Member member, in BtfRecord bare, bool isFlagged)
    {
        bool isInteger = bare.Kind == BtfFormat.BTF_KIND_INT;
        if (isInteger && isFlagged && !IsRegular(bare))
        {
            return $"is of {bare}, whose bits are not those of its bytes";
        }

        if (member.BitFieldSize is not { } width)
        {
            return member.BitOffset % 8 == 0 ? null : $"starts at bit {member.BitOffset}, within a byte, and is no bitfield";
        }

        uint data = isInteger ? IntData(bare) : 0;
        ulong end = isFlagged ? width : width + ((data >> 16) & 0xff);
        return !isInteger && bare.Kind is not (BtfFormat.BTF_KIND_ENUM or BtfFormat.BTF_KIND_ENUM64)
            ? $"is a bitfield of {bare}, which is neither integer nor enumeration"
            : width == 0 || end > bare.SizeOrType * 8UL ? $"is a bitfield of {width} bits of {bare}, which has {bare.SizeOrType} bytes"
            : null;
    }

    // Whether its value takes all of its bytes. If not, it is the type of bitfields alone.
    private bool IsRegular(in BtfRecord integer)
    {
        uint data = IntData(integer);
        return (data & 0xff) == integer.SizeOrType * 8UL && ((data >> 16) & 0xff) == 0;
    }

    private uint IntData(in BtfRecord record) => index.ReadDetails(record).ReadU32();

    // BTF_INT_ENCODING. pahole never sets BTF_INT_CHAR, so its char is a plain integer of one byte; GCC's -gbtf sets it.
    private static BaseEncoding EncodingOf(uint data)
    {
        uint encoding = (data >> 24) & 0xf;
        bool isSigned = (encoding & BtfFormat.BTF_INT_SIGNED) != 0;
        if ((encoding & BtfFormat.BTF_INT_BOOL) != 0)
        {
            return BaseEncoding.Boolean;
        }

        if ((encoding & BtfFormat.BTF_INT_CHAR) != 0)
        {
            return isSigned ? BaseEncoding.SignedChar : BaseEncoding.UnsignedChar;
        }

        return isSigned ? BaseEncoding.Signed : BaseEncoding.Unsigned;
    }

    private static AggregateKind KindOf(in BtfRecord record) => record.Kind == BtfFormat.BTF_KIND_UNION ? AggregateKind.Union : AggregateKind.Struct;

    private string? NameOf(in BtfRecord record) => NameAt(record.NameOffset, record);

    private string? NameAt(uint nameOffset, in BtfRecord referrer)
    {
        string? name = _graph.ChargeName(index.NameAt(nameOffset, referrer));
        RefuseProblem(referrer);

        // Only the name at 0 is empty (__btf_name_valid in kernel/bpf/btf.c): any other empty name was lost.
        return name is not null || nameOffset == 0 ? name
            : throw index.Invalid(referrer, $"{referrer} has an empty name, or one in it has, and it is not the one at 0");
    }

    private TypeId Add(in BtfRecord record, TypeNode node)
    {
        TypeId id = _graph.Add(node);
        RefuseProblem(record);
        return id;
    }

    private void RefuseProblem(in BtfRecord record)
    {
        if (_graph.Problem is { } problem)
        {
            throw _graph.IsContradictory ? index.Contradictory(record, $"{record}: {problem}") : index.Invalid(record, $"{record}: {problem}");
        }
    }
}
