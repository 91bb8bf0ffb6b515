using System.Collections.Immutable;
using LayoutCheck.Btf;
using LayoutCheck.IO;

namespace LayoutCheck.Bpf;

/// <summary>The types of BTF for CO-RE, record by record and with the ids of BTF: what libbpf itself compares. Not for several threads.</summary>
/// <param name="index">The records.</param>
/// <param name="pointerSize">The bytes of a pointer, asked when there is one.</param>
/// <param name="names">The names without flavours that candidates are asked for.</param>
internal sealed class BtfBpfTypes(BtfIndex index, Func<int> pointerSize, IReadOnlySet<string> names) : IBpfKernel
{
    private readonly Dictionary<uint, BpfType> _read = [];
    private Dictionary<string, List<uint>>? _byName;

    /// <inheritdoc/>
    public bool HasBtfIds => true;

    /// <inheritdoc/>
    public uint PointerSize => (uint)pointerSize();

    /// <inheritdoc/>
    public BpfType this[uint id]
    {
        get
        {
            if (id == 0)
            {
                return BpfType.Void;
            }

            if (!_read.TryGetValue(id, out BpfType? type))
            {
                type = Read(index.Record(id));
                _read.Add(id, type);
            }

            return type;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<uint> Candidates(BpfType local, string essentialName)
    {
        _byName ??= FindNames();
        return _byName.TryGetValue(essentialName, out List<uint>? ids) ? [.. ids.Where(id => KindOf(index.Record(id).Kind) == local.Kind)] : [];
    }

    private Dictionary<string, List<uint>> FindNames()
    {
        Dictionary<string, List<uint>> found = new(StringComparer.Ordinal);
        for (uint id = 1; id <= index.Count; id++)
        {
            BtfRecord record = index.Record(id);
            if (record.NameOffset != 0 && index.NameAt(record.NameOffset, record) is { } name && BpfNames.Essential(name) is { } essential && names.Contains(essential))
            {
                if (!found.TryGetValue(essential, out List<uint>? ids))
                {
                    found.Add(essential, ids = []);
                }

                ids.Add(id);
            }
        }

        return found;
    }

    private static BpfTypeKind KindOf(uint kind) => kind switch
    {
        BtfFormat.BTF_KIND_INT => BpfTypeKind.Integer,
        BtfFormat.BTF_KIND_PTR => BpfTypeKind.Pointer,
        BtfFormat.BTF_KIND_ARRAY => BpfTypeKind.Array,
        BtfFormat.BTF_KIND_STRUCT => BpfTypeKind.Struct,
        BtfFormat.BTF_KIND_UNION => BpfTypeKind.Union,
        BtfFormat.BTF_KIND_ENUM or BtfFormat.BTF_KIND_ENUM64 => BpfTypeKind.Enum,
        BtfFormat.BTF_KIND_FWD => BpfTypeKind.Forward,
        BtfFormat.BTF_KIND_TYPEDEF => BpfTypeKind.Typedef,
        BtfFormat.BTF_KIND_CONST or BtfFormat.BTF_KIND_VOLATILE or BtfFormat.BTF_KIND_RESTRICT or BtfFormat.BTF_KIND_TYPE_TAG => BpfTypeKind.Modifier,
        BtfFormat.BTF_KIND_FUNC_PROTO => BpfTypeKind.Prototype,
        BtfFormat.BTF_KIND_FLOAT => BpfTypeKind.Float,
        _ => BpfTypeKind.Other,
    };

    private BpfType Read(in BtfRecord record)
    {
        BpfTypeKind kind = KindOf(record.Kind);
        BpfType type = new(kind, index.NameAt(record.NameOffset, record)) { IsFlagged = record.KindFlag };
        SectionReader reader = index.ReadDetails(record);
        switch (kind)
        {
            case BpfTypeKind.Integer:
                uint data = reader.ReadU32();
                return type with { ByteSize = record.SizeOrType, Encoding = (data >> 24) & 0xf, IntegerOffset = (data >> 16) & 0xff };
            case BpfTypeKind.Float:
                return type with { ByteSize = record.SizeOrType };
            case BpfTypeKind.Pointer or BpfTypeKind.Typedef or BpfTypeKind.Modifier:
                return type with { Target = record.SizeOrType };
            case BpfTypeKind.Array:
                uint element = reader.ReadU32();
                reader.Skip(4); // index_type
                return type with { Target = element, ElementCount = reader.ReadU32() };
            case BpfTypeKind.Struct or BpfTypeKind.Union:
                return type with { ByteSize = record.SizeOrType, Members = ReadMembers(record, reader) };
            case BpfTypeKind.Enum:
                return type with { ByteSize = record.SizeOrType, Enumerators = ReadEnumerators(record, reader) };
            case BpfTypeKind.Prototype:
                return type with { Target = record.SizeOrType, Parameters = ReadParameters(record, reader) };
            default:
                return type;
        }
    }

    // struct btf_member: name_off, type, offset. With kind_flag, the offset has the width of a bit-field in its upper byte.
    private ImmutableArray<BpfMember> ReadMembers(in BtfRecord record, SectionReader reader)
    {
        ImmutableArray<BpfMember>.Builder members = ImmutableArray.CreateBuilder<BpfMember>((int)record.ElementCount);
        for (uint i = 0; i < record.ElementCount; i++)
        {
            string? name = index.NameAt(reader.ReadU32(), record);
            uint type = reader.ReadU32();
            uint offset = reader.ReadU32();
            members.Add(record.KindFlag ? new BpfMember(name, type, offset & 0xffffff, offset >> 24) : new BpfMember(name, type, offset, 0));
        }

        return members.MoveToImmutable();
    }

    // struct btf_enum: name_off, val; struct btf_enum64: name_off, val_lo32, val_hi32.
    private ImmutableArray<BpfEnumerator> ReadEnumerators(in BtfRecord record, SectionReader reader)
    {
        ImmutableArray<BpfEnumerator>.Builder enumerators = ImmutableArray.CreateBuilder<BpfEnumerator>((int)record.ElementCount);
        for (uint i = 0; i < record.ElementCount; i++)
        {
            string name = index.NameAt(reader.ReadU32(), record) ?? "";
            uint low = reader.ReadU32();
            ulong value = record.Kind == BtfFormat.BTF_KIND_ENUM64 ? low | ((ulong)reader.ReadU32() << 32) : (ulong)(int)low;
            enumerators.Add(new BpfEnumerator(name, value));
        }

        return enumerators.MoveToImmutable();
    }

    private static ImmutableArray<uint> ReadParameters(in BtfRecord record, SectionReader reader)
    {
        ImmutableArray<uint>.Builder parameters = ImmutableArray.CreateBuilder<uint>((int)record.ElementCount);
        for (uint i = 0; i < record.ElementCount; i++)
        {
            reader.Skip(4); // name_off
            parameters.Add(reader.ReadU32());
        }

        return parameters.MoveToImmutable();
    }
}
