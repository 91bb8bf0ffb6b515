using System.Collections.Immutable;

namespace LayoutCheck.Types;

/// <summary>Names one node of one <see cref="TypeGraph"/>; <see cref="Void"/> is the absence of a type.</summary>
public readonly record struct TypeId(int Index)
{
    /// <summary>C's <c>void</c>: a type entry without DW_AT_type, type id 0 in BTF.</summary>
    public static TypeId Void => default;
}

/// <summary>The meaning of the bits of a base type (DWARF 5 §7.8, BTF_INT_ENCODING).</summary>
public enum BaseEncoding
{
    /// <summary>No encoding, or one without a name here.</summary>
    Other,

    /// <summary>A signed integer.</summary>
    Signed,

    /// <summary>An unsigned integer.</summary>
    Unsigned,

    /// <summary>A signed character.</summary>
    SignedChar,

    /// <summary>An unsigned character.</summary>
    UnsignedChar,

    /// <summary>_Bool.</summary>
    Boolean,

    /// <summary>A binary floating-point number.</summary>
    Float,
}

/// <summary>A C type qualifier.</summary>
public enum Qualifier
{
    /// <summary>const</summary>
    Const,

    /// <summary>volatile</summary>
    Volatile,

    /// <summary>restrict</summary>
    Restrict,

    /// <summary>_Atomic</summary>
    Atomic,
}

/// <summary>A struct or a union.</summary>
public enum AggregateKind
{
    /// <summary>Members one after another.</summary>
    Struct,

    /// <summary>Members one over another.</summary>
    Union,
}

/// <summary>One type as the debug information describes it. Immutable; other types are named by <see cref="TypeId"/>.</summary>
public abstract record TypeNode
{
    private protected TypeNode()
    {
    }
}

/// <summary>An integer, boolean, character or floating-point type; size in bytes.</summary>
public sealed record BaseType(string Name, ulong ByteSize, BaseEncoding Encoding) : TypeNode;

/// <summary>A pointer; size in bytes.</summary>
public sealed record PointerType(TypeId Target, ulong ByteSize) : TypeNode;

/// <summary>A qualified version of another type.</summary>
public sealed record QualifiedType(Qualifier Qualifier, TypeId Target) : TypeNode;

/// <summary>A typedef.</summary>
public sealed record TypedefType(string Name, TypeId Target) : TypeNode;

/// <summary>
/// One dimension of an array; <paramref name="Count"/> is null where no length is recorded (<c>x[]</c>). <c>int a[2][3]</c> is 2 of 3 of int.
/// </summary>
public sealed record ArrayType(TypeId Element, ulong? Count) : TypeNode
{
    /// <summary>
    /// Whether it may stand for an array of arrays, with <see cref="Count"/> the product of the dimensions: pahole writes both alike into BTF.
    /// </summary>
    public bool MayBeFlattened { get; init; }
}

/// <summary>An enumeration; size in bytes, 0 when it is only declared.</summary>
public sealed record EnumType(string? Name, ulong ByteSize, bool IsSigned) : TypeNode
{
    /// <summary>
    /// The enumerators in the order of their declaration, where the enumeration itself was asked for; else null, since no layout depends on them.
    /// </summary>
    public ImmutableArray<Enumerator>? Enumerators { get; init; }

    /// <inheritdoc/>
    public bool Equals(EnumType? other) => other is not null && Name == other.Name && ByteSize == other.ByteSize && IsSigned == other.IsSigned
        && Enumerators is null == other.Enumerators is null && (Enumerators is not { } mine || mine.SequenceEqual(other.Enumerators!.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ByteSize, IsSigned, Enumerators?.Length);
}

/// <summary>One enumerator of an enumeration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; the more likely one where <paramref name="Doubt"/> is set.</param>
/// <param name="Doubt">Why the value is not certain, in a clause; null when it is.</param>
/// <param name="OtherValue">Of a value in doubt, the only other one that it may have; null when it may be any.</param>
public sealed record Enumerator(string Name, Int128 Value, string? Doubt = null, Int128? OtherValue = null);

/// <summary>A function, as pointed to by a member.</summary>
public sealed record FunctionType(TypeId Return, ImmutableArray<TypeId> Parameters, bool IsVariadic) : TypeNode;

/// <summary>
/// A struct or union behind a pointer, or one that is only declared: only its kind and name are read.
/// A layout never depends on the target of a pointer, so the graph stops there.
/// </summary>
public sealed record AggregateReference(AggregateKind Kind, string? Name) : TypeNode;

/// <summary>
/// A struct or union with its members in the order of their declaration.
/// </summary>
/// <param name="Kind">Struct or union.</param>
/// <param name="Name">The tag, or null when it has none.</param>
/// <param name="ByteSize">sizeof, in bytes.</param>
/// <param name="Alignment">The alignment in bytes that the source demanded (DW_AT_alignment), or null when none is recorded. BTF never records one.</param>
/// <param name="Members">The members, unnamed ones included.</param>
public sealed record AggregateType(AggregateKind Kind, string? Name, ulong ByteSize, ulong? Alignment, ImmutableArray<Member> Members) : TypeNode
{
    /// <summary>Where it is declared, when that was asked for and is recorded. Not compared.</summary>
    public SourcePlace? Place { get; init; }

    /// <inheritdoc/>
    public bool Equals(AggregateType? other) => other is not null && Kind == other.Kind && Name == other.Name && ByteSize == other.ByteSize
        && Alignment == other.Alignment && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Name, ByteSize, Members.Length);
}

/// <summary>A line of a source file (DW_AT_decl_file, DW_AT_decl_line).</summary>
/// <param name="File">The file, from the root of the source tree.</param>
/// <param name="Line">The line, from 1.</param>
public sealed record SourcePlace(string File, ulong Line)
{
    /// <summary>The file with the directory of its compilation: files of two trees may have one name in their own. Not compared.</summary>
    public string FullPath { get; init; } = File;

    /// <summary>Whether both are in one file.</summary>
    public bool IsInFileOf(SourcePlace other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return FullPath == other.FullPath;
    }

    /// <inheritdoc/>
    public bool Equals(SourcePlace? other) => other is not null && File == other.File && Line == other.Line;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(File, Line);
}

/// <summary>One member of a struct or union.</summary>
/// <param name="Name">Its name, or null: an anonymous struct or union, or a tagged one without a member name (-fms-extensions).</param>
/// <param name="Type">Its type.</param>
/// <param name="BitOffset">
/// Where it starts, in bits from the start of the struct or union that declares it. Bits count in memory order: from the least
/// significant bit of a byte on little-endian targets, from the most significant one on big-endian targets (DWARF 5 §5.7.6).
/// </param>
/// <param name="BitFieldSize">Its width in bits when it is a bitfield, else null.</param>
/// <param name="Alignment">The alignment in bytes that the source demanded of this member (DW_AT_alignment), or null.</param>
public sealed record Member(string? Name, TypeId Type, ulong BitOffset, ulong? BitFieldSize = null, ulong? Alignment = null)
{
    /// <summary>Whether it is a bitfield.</summary>
    public bool IsBitField => BitFieldSize is not null;

    /// <summary>Where it is declared, when that was asked for and is recorded. Not compared.</summary>
    public SourcePlace? Place { get; init; }

    /// <inheritdoc/>
    public bool Equals(Member? other) => other is not null && Name == other.Name && Type == other.Type && BitOffset == other.BitOffset
        && BitFieldSize == other.BitFieldSize && Alignment == other.Alignment;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Type, BitOffset, BitFieldSize, Alignment);
}
