using System.Buffers.Binary;
using System.Text;
using LayoutCheck.Btf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Btf;

/// <summary>Writes BTF byte by byte: what no compiler emits, and what none emits any more. Ids count from 1 in the order of the calls.</summary>
/// <param name="isBigEndian">The byte order.</param>
/// <param name="baseCount">How many types the base has when this is split BTF: ids count from there.</param>
/// <param name="baseStrings">How many bytes of strings the base has.</param>
internal sealed class BtfBuilder(bool isBigEndian = false, uint baseCount = 0, uint baseStrings = 0)
{
    private readonly List<uint> _words = [];
    private readonly List<byte> _strings = baseStrings > 0 ? [] : [0];
    private uint _count;

    /// <summary>Bytes of the header; what is past 24 is <see cref="Layouts"/>' extent, then zeros.</summary>
    public uint HeaderLength { get; set; } = 24;

    /// <summary>struct btf_layout for each kind from 0: info_sz, elem_sz, flags.</summary>
    public List<(byte InfoSize, byte ElementSize, ushort Flags)> Layouts { get; } = [];

    public byte Version { get; set; } = 1;

    public uint Add(uint kind, string? name, uint sizeOrType, uint elementCount = 0, bool kindFlag = false, params ReadOnlySpan<uint> details)
    {
        _words.Add(name is null ? 0 : StringOffset(name));
        _words.Add((kindFlag ? 1u << 31 : 0) | (kind << 24) | elementCount);
        _words.Add(sizeOrType);
        foreach (uint word in details)
        {
            _words.Add(word);
        }

        return baseCount + ++_count;
    }

    /// <summary>How many types there are so far, those of the base not counted.</summary>
    public uint Count => _count;

    /// <summary>How many bytes of strings there are so far, those of the base not counted.</summary>
    public uint StringsLength => (uint)_strings.Count;

    /// <summary>A word after the records, as damage writes it.</summary>
    public void AddWord(uint word) => _words.Add(word);

    public uint Int(string name, uint size, uint encoding = 0, uint? bits = null, uint offset = 0) =>
        Add(BtfFormat.BTF_KIND_INT, name, size, details: [(encoding << 24) | (offset << 16) | (bits ?? size * 8)]);

    public uint Pointer(uint target) => Add(BtfFormat.BTF_KIND_PTR, null, target);

    public uint Typedef(string name, uint target) => Add(BtfFormat.BTF_KIND_TYPEDEF, name, target);

    public uint Array(uint element, uint count, uint indexType = 1) => Add(BtfFormat.BTF_KIND_ARRAY, null, 0, details: [element, indexType, count]);

    public uint Struct(string? name, uint size, params BtfMember[] members) =>
        Aggregate(BtfFormat.BTF_KIND_STRUCT, name, size, false, members);

    public uint Union(string? name, uint size, params BtfMember[] members) =>
        Aggregate(BtfFormat.BTF_KIND_UNION, name, size, false, members);

    /// <summary>A struct or union; a member without a name has an empty one. With the kind flag the upper 8 bits of an offset are a bitfield's width.</summary>
    public uint Aggregate(uint kind, string? name, uint size, bool kindFlag, params BtfMember[] members)
    {
        List<uint> details = [];
        foreach ((string member, uint type, uint offset) in members)
        {
            details.AddRange([member.Length == 0 ? 0 : StringOffset(member), type, offset]);
        }

        return Add(kind, name, size, (uint)members.Length, kindFlag, [.. details]);
    }

    public uint StringOffset(string text)
    {
        uint at = baseStrings + (uint)_strings.Count;
        _strings.AddRange(Encoding.UTF8.GetBytes(text + "\0"));
        return at;
    }

    public byte[] Build()
    {
        byte[] strings = [.. _strings];
        uint typesLength = (uint)_words.Count * 4;
        byte[] layouts = [.. Layouts.SelectMany(l => new[] { l.InfoSize, l.ElementSize, (byte)l.Flags, (byte)(l.Flags >> 8) })];
        byte[] bytes = new byte[HeaderLength + typesLength + strings.Length + layouts.Length];
        Write16(bytes, 0, BtfFormat.BTF_MAGIC);
        bytes[2] = Version;
        Write32(bytes, 4, HeaderLength);
        Write32(bytes, 8, 0);
        Write32(bytes, 12, typesLength);
        Write32(bytes, 16, typesLength);
        Write32(bytes, 20, (uint)strings.Length);
        if (HeaderLength >= 32)
        {
            Write32(bytes, 24, typesLength + (uint)strings.Length);
            Write32(bytes, 28, (uint)layouts.Length);
        }

        for (int i = 0; i < _words.Count; i++)
        {
            Write32(bytes, (int)HeaderLength + (i * 4), _words[i]);
        }

        strings.CopyTo(bytes, HeaderLength + typesLength);
        layouts.CopyTo(bytes, HeaderLength + typesLength + strings.Length);
        return bytes;
    }

    /// <summary>A reader of what was built so far; its bytes live as long as the process.</summary>
    public BtfTypeReader Reader() => ReaderOf(Build());

    public static BtfTypeReader ReaderOf(byte[] bytes, int? wordByteSize = null) => new(MappedFile.FromBytes("test.btf", bytes).Whole(), ".BTF", wordByteSize);

    public void Write32(byte[] bytes, int at, uint value)
    {
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        }
    }

    private void Write16(byte[] bytes, int at, ushort value)
    {
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value);
        }
    }
}

/// <summary>struct btf_member.</summary>
internal readonly record struct BtfMember(string Name, uint Type, uint Offset)
{
    public static implicit operator BtfMember((string Name, uint Type, uint Offset) member) => new(member.Name, member.Type, member.Offset);
}
