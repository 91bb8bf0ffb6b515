namespace LayoutCheck.Btf;

/// <summary>The kernel's names for the parts of BTF (include/uapi/linux/btf.h, Documentation/bpf/btf.rst "2. BTF Type and String Encoding").</summary>
internal static class BtfFormat
{
    /// <summary>The first two bytes, in the byte order of everything that follows.</summary>
    public const ushort BTF_MAGIC = 0xeb9f;

    public const byte BTF_VERSION = 1;

    /// <summary>struct btf_header up to str_len, in bytes: what every BTF has.</summary>
    public const uint BaseHeaderSize = 24;

    /// <summary>struct btf_header with layout_off and layout_len, in bytes: since Linux 7.1.</summary>
    public const uint LayoutHeaderSize = 32;

    /// <summary>struct btf_type, in bytes: name_off, info, size or type.</summary>
    public const int RecordSize = 12;

    public const uint BTF_KIND_INT = 1;
    public const uint BTF_KIND_PTR = 2;
    public const uint BTF_KIND_ARRAY = 3;
    public const uint BTF_KIND_STRUCT = 4;
    public const uint BTF_KIND_UNION = 5;
    public const uint BTF_KIND_ENUM = 6;
    public const uint BTF_KIND_FWD = 7;
    public const uint BTF_KIND_TYPEDEF = 8;
    public const uint BTF_KIND_VOLATILE = 9;
    public const uint BTF_KIND_CONST = 10;
    public const uint BTF_KIND_RESTRICT = 11;
    public const uint BTF_KIND_FUNC = 12;
    public const uint BTF_KIND_FUNC_PROTO = 13;
    public const uint BTF_KIND_VAR = 14;
    public const uint BTF_KIND_DATASEC = 15;
    public const uint BTF_KIND_FLOAT = 16;
    public const uint BTF_KIND_DECL_TAG = 17;
    public const uint BTF_KIND_TYPE_TAG = 18;
    public const uint BTF_KIND_ENUM64 = 19;

    /// <summary>How many kinds there can be: BTF_INFO_KIND has seven bits (five before Linux 7.1, the other two then being 0).</summary>
    public const int KindCount = 128;

    /// <summary>BTF_INT_ENCODING: the value is signed.</summary>
    public const uint BTF_INT_SIGNED = 1;

    /// <summary>BTF_INT_ENCODING: the type is a character.</summary>
    public const uint BTF_INT_CHAR = 2;

    /// <summary>BTF_INT_ENCODING: the type is _Bool.</summary>
    public const uint BTF_INT_BOOL = 4;

    /// <summary>The kind's name without its prefix, as bpftool prints it.</summary>
    public static string KindName(uint kind) => kind switch
    {
        BTF_KIND_INT => "INT",
        BTF_KIND_PTR => "PTR",
        BTF_KIND_ARRAY => "ARRAY",
        BTF_KIND_STRUCT => "STRUCT",
        BTF_KIND_UNION => "UNION",
        BTF_KIND_ENUM => "ENUM",
        BTF_KIND_FWD => "FWD",
        BTF_KIND_TYPEDEF => "TYPEDEF",
        BTF_KIND_VOLATILE => "VOLATILE",
        BTF_KIND_CONST => "CONST",
        BTF_KIND_RESTRICT => "RESTRICT",
        BTF_KIND_FUNC => "FUNC",
        BTF_KIND_FUNC_PROTO => "FUNC_PROTO",
        BTF_KIND_VAR => "VAR",
        BTF_KIND_DATASEC => "DATASEC",
        BTF_KIND_FLOAT => "FLOAT",
        BTF_KIND_DECL_TAG => "DECL_TAG",
        BTF_KIND_TYPE_TAG => "TYPE_TAG",
        BTF_KIND_ENUM64 => "ENUM64",
        _ => $"kind {kind}",
    };

    /// <summary>Bytes that follow struct btf_type once, by kind; -1 for an unknown kind.</summary>
    public static int InfoSize(uint kind) => kind switch
    {
        BTF_KIND_INT or BTF_KIND_VAR or BTF_KIND_DECL_TAG => 4,
        BTF_KIND_ARRAY => 12,
        >= BTF_KIND_PTR and <= BTF_KIND_ENUM64 => 0,
        _ => -1,
    };

    /// <summary>Bytes that follow for each of BTF_INFO_VLEN elements, by kind. A FUNC's vlen is its linkage: nothing follows.</summary>
    public static int ElementSize(uint kind) => kind switch
    {
        BTF_KIND_STRUCT or BTF_KIND_UNION or BTF_KIND_DATASEC or BTF_KIND_ENUM64 => 12,
        BTF_KIND_ENUM or BTF_KIND_FUNC_PROTO => 8,
        _ => 0,
    };
}

/// <summary>One struct btf_type.</summary>
/// <param name="Id">Its type id; the first is 1, 0 being void.</param>
/// <param name="Offset">Bytes from the start of the BTF to the record.</param>
/// <param name="NameOffset">name_off: bytes from the start of the strings; 0 for none.</param>
/// <param name="Info">info: vlen, kind and kind_flag.</param>
/// <param name="SizeOrType">size in bytes, or the id of another type; the kind tells which.</param>
internal readonly record struct BtfRecord(uint Id, ulong Offset, uint NameOffset, uint Info, uint SizeOrType)
{
    /// <summary>BTF_INFO_KIND.</summary>
    public uint Kind => BtfRecord.KindOf(Info);

    /// <summary>BTF_INFO_VLEN: how many members, enumerators or parameters follow.</summary>
    public uint ElementCount => BtfRecord.ElementCountOf(Info);

    /// <summary>BTF_INFO_KFLAG: bitfields are encoded in member offsets; a FWD is of a union; an enumeration is signed.</summary>
    public bool KindFlag => Info >> 31 != 0;

    // Both fields were narrower before Linux 7.1 (5 and 16 bits) and the bits between were 0, so one reading fits all.
    public static uint KindOf(uint info) => (info >> 24) & 0x7f;

    public static uint ElementCountOf(uint info) => info & 0xffffff;

    /// <summary>How errors name it.</summary>
    public override string ToString() => $"type {Id} ({BtfFormat.KindName(Kind)})";
}
