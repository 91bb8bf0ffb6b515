using System.Collections.Immutable;

namespace LayoutCheck.Bpf;

/// <summary>The kind of a type, as far as CO-RE tells kinds apart (include/uapi/linux/btf.h): ENUM and ENUM64 are one.</summary>
internal enum BpfTypeKind
{
    /// <summary>No type.</summary>
    Void,

    /// <summary>INT</summary>
    Integer,

    /// <summary>PTR</summary>
    Pointer,

    /// <summary>ARRAY</summary>
    Array,

    /// <summary>STRUCT</summary>
    Struct,

    /// <summary>UNION</summary>
    Union,

    /// <summary>ENUM, ENUM64</summary>
    Enum,

    /// <summary>FWD: a struct or union that is only declared.</summary>
    Forward,

    /// <summary>TYPEDEF</summary>
    Typedef,

    /// <summary>CONST, VOLATILE, RESTRICT, TYPE_TAG</summary>
    Modifier,

    /// <summary>FUNC_PROTO</summary>
    Prototype,

    /// <summary>FLOAT</summary>
    Float,

    /// <summary>Any other: FUNC, VAR, DATASEC, DECL_TAG.</summary>
    Other,
}

/// <summary>One type as CO-RE compares it, whatever it was read from. Other types are named by their ids in the same <see cref="IBpfTypes"/>.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Name">Its name, or null.</param>
internal sealed record BpfType(BpfTypeKind Kind, string? Name)
{
    /// <summary>The absence of a type.</summary>
    public static BpfType Void { get; } = new(BpfTypeKind.Void, null);

    /// <summary>What a pointer, typedef, modifier or array is of, and what a function returns.</summary>
    public uint Target { get; init; }

    /// <summary>sizeof in bytes of an integer, a number, an enumeration, a struct or a union.</summary>
    public uint ByteSize { get; init; }

    /// <summary>The number of elements of an array.</summary>
    public uint ElementCount { get; init; }

    /// <summary>BTF_INT_ENCODING of an integer.</summary>
    public uint Encoding { get; init; }

    /// <summary>BTF_INT_OFFSET of an integer, in bits; other than 0 in old bit-fields alone.</summary>
    public uint IntegerOffset { get; init; }

    /// <summary>BTF_INFO_KFLAG: an enumeration is signed, a declaration is of a union.</summary>
    public bool IsFlagged { get; init; }

    /// <summary>The members of a struct or union.</summary>
    public ImmutableArray<BpfMember> Members { get; init; } = [];

    /// <summary>The enumerators of an enumeration; default where the source does not tell them.</summary>
    public ImmutableArray<BpfEnumerator> Enumerators { get; init; } = [];

    /// <summary>The types of the parameters of a function.</summary>
    public ImmutableArray<uint> Parameters { get; init; } = [];

    /// <summary>Whether it is a struct or union with its members.</summary>
    public bool IsAggregate => Kind is BpfTypeKind.Struct or BpfTypeKind.Union;

    /// <summary>The type in a clause: <c>struct page</c>, <c>an unnamed enum</c>.</summary>
    public string Describe()
    {
        string what = Kind switch
        {
            BpfTypeKind.Struct => "struct",
            BpfTypeKind.Union => "union",
            BpfTypeKind.Enum => "enum",
            BpfTypeKind.Forward => IsFlagged ? "union" : "struct",
            BpfTypeKind.Typedef => "typedef",
            BpfTypeKind.Pointer => "pointer",
            BpfTypeKind.Array => "array",
            BpfTypeKind.Prototype => "function",
            BpfTypeKind.Void => "void",
            _ => "",
        };
        return Name is { } name ? what.Length == 0 ? name : $"{what} {name}"
            : Kind is BpfTypeKind.Struct or BpfTypeKind.Union or BpfTypeKind.Enum ? $"{what} without a name"
            : what.Length == 0 ? "a type without a name" : what;
    }
}

/// <summary>A member.</summary>
/// <param name="Name">Its name, or null.</param>
/// <param name="Type">Its type.</param>
/// <param name="BitOffset">Its place in bits from the start of the struct or union that declares it.</param>
/// <param name="BitFieldSize">Its width in bits; 0 when it is no bit-field.</param>
internal readonly record struct BpfMember(string? Name, uint Type, uint BitOffset, uint BitFieldSize);

/// <summary>An enumerator.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value, widened to 64 bits as libbpf widens it: by its sign from 32 bits.</param>
internal readonly record struct BpfEnumerator(string Name, ulong Value);

/// <summary>The types of a BPF object or of a kernel, by ids; 0 is void.</summary>
internal interface IBpfTypes
{
    /// <summary>The type of an id.</summary>
    /// <exception cref="Core.InvalidImageException">There is no such type, or it is damaged.</exception>
    BpfType this[uint id] { get; }

    /// <summary>The bytes of a pointer.</summary>
    /// <exception cref="Core.InvalidImageException">The source does not tell.</exception>
    uint PointerSize { get; }

    /// <summary>Whether the numbers of the ids are those of the kernel's BTF, which a program may be given.</summary>
    bool HasBtfIds { get; }
}

/// <summary>The types of a kernel, which a BPF object asks for by name.</summary>
internal interface IBpfKernel : IBpfTypes
{
    /// <summary>The types that an object's type may mean: of its kind, and of its name without flavours.</summary>
    /// <param name="local">The object's type.</param>
    /// <param name="essentialName">Its name up to the flavour.</param>
    /// <exception cref="Core.InvalidImageException">One is damaged.</exception>
    /// <exception cref="BpfUndecidedException">The source cannot tell.</exception>
    IReadOnlyList<uint> Candidates(BpfType local, string essentialName);
}

/// <summary>The debug information of a kernel does not tell what a relocation needs.</summary>
/// <param name="reason">The reason in a clause.</param>
internal sealed class BpfUndecidedException(string reason) : Exception(reason);

/// <summary>libbpf refuses to load the object.</summary>
/// <param name="reason">The reason in a clause.</param>
internal sealed class BpfRefusedException(string reason) : Exception(reason);
