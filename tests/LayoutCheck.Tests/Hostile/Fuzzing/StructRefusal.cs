using System.Text.RegularExpressions;
using LayoutCheck.Core;
using LayoutCheck.Layouts;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>Where debug information of generated structs comes from.</summary>
/// <param name="Compiler">What made the object, with its target: <c>gcc</c>, <c>clang s390x</c>.</param>
/// <param name="Format">The format and what wrote it: <c>DWARF 5</c>, <c>BTF (pahole)</c>.</param>
internal sealed record StructSource(string Compiler, string Format)
{
    public bool IsClang => Compiler.Contains("clang", StringComparison.Ordinal);

    public bool IsBtf => Format.StartsWith("BTF", StringComparison.Ordinal);

    public bool IsPahole => Format == "BTF (pahole)";

    public override string ToString() => $"{Compiler}, {Format}";
}

/// <summary>
/// The refusals that are right: each has a name, a pattern of what we say, the sources that it may come from, and why no answer is the right one. A
/// refusal that is not here is a failure.
/// </summary>
internal static class StructRefusal
{
    /// <summary>What is said of a type that is not found.</summary>
    public const string NoDefinition = "no definition";

    /// <summary>clang's DW_AT_alignment is what the source demanded, and the type has more when its members do, unless it is packed: no answer is given.</summary>
    public const string NoAlignment = "alignof: less is declared than the members have";

    /// <summary>Nothing is recorded, and the natural alignment is shown as what it is: not of a packed type, nor on machines where large numbers have less than their size.</summary>
    public const string NaturalAlignment = "alignof: the natural one, shown as such, is not the type's";

    private static readonly (string Name, Regex Says, Func<StructSource, GeneratedType, bool> Holds)[] s_all =
    [
        // A bit-field as wide as its type has the place of its first byte, over a member before it that ends in that byte.
        ("clang's record of a full-width bit-field contradicts another member's", new Regex("the compiler's record of a bit-field is contradictory: "), (s, _) => s.IsClang && s.Format != "BTF (clang)"),

        // clang rounds the size up to a power of 2 (ASTContext::getTypeInfoImpl), gcc does not, and DWARF has the size of the type within.
        ("an _Atomic struct whose size is not recorded", new Regex("^an _Atomic struct or union of [0-9]+ bytes, which some compilers"), (s, t) => !s.IsBtf && t.Traits.HasFlag(CTraits.Atomic)),

        // Up to DWARF 4 clang writes an _Atomic struct that it has made larger as a bit-field, of a struct and from before its start, for its size is not its type's
        // (DwarfUnit::constructMemberDIE).
        ("clang writes a padded _Atomic struct as a bit-field", new Regex("^a member lies at byte 2305843009213[0-9]{6}, where none can be$|is a bitfield of a type that is neither integer nor enumeration$"),
            (s, t) => s.IsClang && !s.IsBtf && t.Traits.HasFlag(CTraits.Atomic)),

        // Where a member of a union has a unit of more bytes than its alignment allows, gcc counts DW_AT_bit_offset from another byte than the union's first and leaves
        // out which (dwarf2out.cc, field_byte_offset).
        ("gcc misplaces bit-fields of types with less alignment than size in unions", new Regex("^DW_TAG_union_type: its member .* (lies at bit .* all members of a union lie at its start|ends at bit [0-9]+, and it has [0-9]+ bytes)$"), (s, t) => !s.IsBtf && t.Traits.HasFlag(CTraits.UnderAligned)),
    ];

    /// <summary>The name of what explains that a type is refused, or null.</summary>
    /// <param name="source">Where the debug information comes from.</param>
    /// <param name="type">The type.</param>
    /// <param name="problem">What we say: <see cref="InvalidImageException.Problem"/> or <see cref="NoDefinition"/>.</param>
    public static string? Of(StructSource source, GeneratedType type, string problem) => s_all.FirstOrDefault(e => e.Holds(source, type) && e.Says.IsMatch(problem)).Name;

    /// <summary>The name of what explains that a declared alignment is not the type's, or null.</summary>
    public static string? OfAlignment(StructSource source, GeneratedType type)
        // CGDebugInfo::createBitFieldType has no alignment, so that nothing tells what an attribute of a bit-field adds to its struct.
        => source.IsClang && type.Traits.HasFlag(CTraits.AlignedBitField) ? "clang does not record the alignment of a bit-field"

            // Read as an array of its elements, which have less.
            : source.IsClang && type.Traits.HasFlag(CTraits.Vector) ? "the alignment of a vector is not read"

            // Procedure Call Standard for the Arm Architecture, "Bit-fields": also one without a name adds its type's alignment, and DWARF has none of those.
            : source.Compiler == "clang armv7" && type.Traits.HasFlag(CTraits.UnnamedBitField) ? "on Arm unnamed bit-fields, which are not recorded, have an alignment"
            : null;

    /// <summary>The name of what explains that a form cannot be made of a batch, or null.</summary>
    public static string? OfBatch(StructSource source, StructBatch batch)
        // DW_TAG_atomic_type ends the encoding of the whole file (dwarf_loader.c, __die__process_tag).
        => source.IsPahole && batch.HasAtomics ? "pahole encodes no file that has an _Atomic type" : null;

    /// <summary>The name of what explains that a type is not asked for, or null.</summary>
    public static string? OfType(StructSource source, GeneratedType type)
        // BTF has no kind for it. clang writes void, or in an array a type that has nothing to do with it (BTFDebug::visitTypeEntry).
        => source.Format == "BTF (clang)" && type.Traits.HasFlag(CTraits.Atomic) ? "BTF (clang) has no _Atomic" : null;

    /// <summary>The name of what explains that a member is not answered rightly, or null.</summary>
    /// <param name="source">Where the debug information comes from.</param>
    /// <param name="probe">The member.</param>
    /// <param name="expected">What the compiler says.</param>
    /// <param name="got">What we say, or null when we do not find it.</param>
    public static string? OfMember(StructSource source, Probe probe, Judged expected, ResolvedMember? got)
        => source.IsPahole && got is { Doubt: not null } ? "BTF (pahole) has arrays of arrays as one array, and it is said so"
            : source.IsPahole && probe.Kind == CKind.Array && got is { IsBitField: false } && got.BitOffset == expected.BitOffset && got.BitSize == expected.BitSize ? "BTF (pahole) has no dimensions of 1"

            // DwarfUnit::constructMemberDIE: DW_AT_bit_size is left out where it is the size of the type, and the place is that of the byte. Nothing tells it from
            // another member, and when the bits before it have no name, nothing tells that the place is not right.
            : source.IsClang && source.Format != "BTF (clang)" && probe.IsBitField && expected.BitOffset % 8 != 0 && got is { IsBitField: false } && got.BitSize == expected.BitSize
                && got.BitOffset == expected.BitOffset / 8 * 8 ? "clang places a bit-field as wide as its type at a byte"

            // CGDebugInfo::CreateType(const AtomicType *): a version before 5 has the type without its qualifier, and so without what that adds to its size. An empty
            // struct is not even refused.
            : source.IsClang && !source.IsBtf && probe.IsAtomic && got is { IsBitField: false } && got.BitOffset == expected.BitOffset && got.BitSize < expected.BitSize
                ? "clang has no word on _Atomic before DWARF 5"
            : null;
}
