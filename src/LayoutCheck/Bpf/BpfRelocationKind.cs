namespace LayoutCheck.Bpf;

/// <summary>What a CO-RE relocation asks for (enum bpf_core_relo_kind, include/uapi/linux/bpf.h; the values are those of the file).</summary>
public enum BpfRelocationKind
{
    /// <summary>BPF_CORE_FIELD_BYTE_OFFSET</summary>
    FieldOffset = 0,

    /// <summary>BPF_CORE_FIELD_BYTE_SIZE</summary>
    FieldSize = 1,

    /// <summary>BPF_CORE_FIELD_EXISTS</summary>
    FieldExists = 2,

    /// <summary>BPF_CORE_FIELD_SIGNED</summary>
    FieldSigned = 3,

    /// <summary>BPF_CORE_FIELD_LSHIFT_U64</summary>
    FieldLeftShift = 4,

    /// <summary>BPF_CORE_FIELD_RSHIFT_U64</summary>
    FieldRightShift = 5,

    /// <summary>BPF_CORE_TYPE_ID_LOCAL</summary>
    TypeIdLocal = 6,

    /// <summary>BPF_CORE_TYPE_ID_TARGET</summary>
    TypeIdTarget = 7,

    /// <summary>BPF_CORE_TYPE_EXISTS</summary>
    TypeExists = 8,

    /// <summary>BPF_CORE_TYPE_SIZE</summary>
    TypeSize = 9,

    /// <summary>BPF_CORE_ENUMVAL_EXISTS</summary>
    EnumeratorExists = 10,

    /// <summary>BPF_CORE_ENUMVAL_VALUE</summary>
    EnumeratorValue = 11,

    /// <summary>BPF_CORE_TYPE_MATCHES</summary>
    TypeMatches = 12,
}

/// <summary>Words and groups of kinds.</summary>
internal static class BpfRelocationKinds
{
    /// <summary>Whether it is of a member.</summary>
    public static bool IsOfField(this BpfRelocationKind kind) => kind <= BpfRelocationKind.FieldRightShift;

    /// <summary>Whether it is of an enumerator.</summary>
    public static bool IsOfEnumerator(this BpfRelocationKind kind) => kind is BpfRelocationKind.EnumeratorExists or BpfRelocationKind.EnumeratorValue;

    /// <summary>Whether it asks whether something is there, so that every answer resolves.</summary>
    public static bool IsQuestion(this BpfRelocationKind kind)
        => kind is BpfRelocationKind.FieldExists or BpfRelocationKind.TypeExists or BpfRelocationKind.TypeMatches or BpfRelocationKind.EnumeratorExists;

    /// <summary>The word of programs: libbpf's own.</summary>
    public static string Word(this BpfRelocationKind kind) => kind switch
    {
        BpfRelocationKind.FieldOffset => "byte_off",
        BpfRelocationKind.FieldSize => "byte_sz",
        BpfRelocationKind.FieldExists => "field_exists",
        BpfRelocationKind.FieldSigned => "signed",
        BpfRelocationKind.FieldLeftShift => "lshift_u64",
        BpfRelocationKind.FieldRightShift => "rshift_u64",
        BpfRelocationKind.TypeIdLocal => "local_type_id",
        BpfRelocationKind.TypeIdTarget => "target_type_id",
        BpfRelocationKind.TypeExists => "type_exists",
        BpfRelocationKind.TypeSize => "type_size",
        BpfRelocationKind.EnumeratorExists => "enumval_exists",
        BpfRelocationKind.EnumeratorValue => "enumval_value",
        _ => "type_matches",
    };

    /// <summary>The macro of bpf_core_read.h that asks for it; of a place, what people call it.</summary>
    public static string Macro(this BpfRelocationKind kind) => kind switch
    {
        BpfRelocationKind.FieldExists => "bpf_core_field_exists",
        BpfRelocationKind.TypeExists => "bpf_core_type_exists",
        BpfRelocationKind.TypeMatches => "bpf_core_type_matches",
        BpfRelocationKind.EnumeratorExists => "bpf_core_enum_value_exists",
        _ => kind.Word(),
    };
}
