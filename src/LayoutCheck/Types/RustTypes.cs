using System.Collections.Immutable;

namespace LayoutCheck.Types;

/// <summary>The structs and unions that bindgen made of C's, as the Rust units of an image describe them. They own their data.</summary>
/// <param name="Types">Each once, in the order of the units; equal ones of several units are one.</param>
/// <param name="UnitCount">The number of Rust units.</param>
internal sealed record RustTypes(ImmutableArray<RustAggregate> Types, int UnitCount)
{
    /// <summary>Why types may be missing, in a clause; null when nothing shows that any is.</summary>
    public string? Omission { get; init; }

    /// <summary>The number of structs and unions in other namespaces: Rust's own, whatever their names are.</summary>
    public int OtherCount { get; init; }
}

/// <summary>A struct or union in Rust.</summary>
/// <param name="Namespace">The namespace: <c>bindings::bindings_raw</c>.</param>
/// <param name="Kind">Struct or union.</param>
/// <param name="Name">The name.</param>
/// <param name="ByteSize">Its size, in bytes.</param>
/// <param name="Members">The members, in the order of their declaration.</param>
public sealed record RustAggregate(string Namespace, AggregateKind Kind, string Name, ulong ByteSize, ImmutableArray<RustMember> Members)
{
    /// <summary>The name of the first unit that has it. Not compared.</summary>
    public string Unit { get; init; } = "";

    /// <inheritdoc/>
    public bool Equals(RustAggregate? other) => other is not null && Namespace == other.Namespace && Kind == other.Kind && Name == other.Name
        && ByteSize == other.ByteSize && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Namespace, Kind, Name, ByteSize, Members.Length);
}

/// <summary>A member of a struct or union in Rust.</summary>
/// <param name="Name">Its name.</param>
/// <param name="BitOffset">Where it starts, in bits from the start of its holder.</param>
/// <param name="ByteSize">The size of its type in bytes; null when that is not recorded.</param>
/// <param name="TypeName">The name of its type as DWARF has it; of an array, of its innermost elements; null when it has none.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="Inner">The struct or union in the same namespace that is its type, or that of its elements; else null.</param>
public sealed record RustMember(string Name, ulong BitOffset, ulong? ByteSize, string? TypeName, bool IsArray, RustAggregate? Inner);
