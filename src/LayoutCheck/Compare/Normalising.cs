using System.Collections.Immutable;

namespace LayoutCheck.Compare;

/// <summary>The differences between two descriptions of one type that are none of the type. Each can be left out, so that a test sees it matter.</summary>
[Flags]
internal enum Normalising
{
    /// <summary>Compare to the letter.</summary>
    None = 0,

    /// <summary>Alignments.</summary>
    Alignments = 1 << 0,

    /// <summary>Encodings of one-byte numbers between the formats.</summary>
    ByteEncodings = 1 << 1,

    /// <summary>Arrays of arrays, and arrays of no length.</summary>
    Arrays = 1 << 2,

    /// <summary>The signedness of plain char.</summary>
    PlainChar = 1 << 3,

    /// <summary>Typedefs and qualifiers.</summary>
    Typedefs = 1 << 4,

    /// <summary>Names of base types.</summary>
    BaseNames = 1 << 5,

    /// <summary>Tags that one side lacks.</summary>
    Tags = 1 << 6,

    /// <summary>Unnamed structs and unions.</summary>
    UnnamedLevels = 1 << 7,

    /// <summary>Bit-fields of a whole width.</summary>
    WholeBitFields = 1 << 8,

    /// <summary>Numbers in the names of the kernel's unique identifiers.</summary>
    UniqueNames = 1 << 9,

    /// <summary>Functions without a prototype.</summary>
    Prototypes = 1 << 10,

    /// <summary>All of them.</summary>
    All = (1 << 11) - 1,
}

/// <summary>One rule of <see cref="Normalising"/> in words.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Text">What is not compared.</param>
/// <param name="Reason">Why it is no difference of the type.</param>
internal sealed record NormalisingRule(Normalising Rule, string Text, string Reason)
{
    /// <summary>All rules.</summary>
    public static ImmutableArray<NormalisingRule> All { get; } =
    [
        new(Normalising.Alignments, "an alignment that one side does not tell equals any; else the effective one counts, the larger of the declared and the natural one",
            "BTF records no alignment, and kernels from 7.0 on declare many natural ones"),
        new(Normalising.ByteEncodings, "between DWARF and BTF, encodings of numbers of one byte", "pahole writes char, signed char and unsigned char without the mark of a character"),
        new(Normalising.Arrays, "the dimensions of an array beyond the number of its elements; [0] and []", "pahole writes an array of arrays as one array, and [0] as []"),
        new(Normalising.PlainChar, "the signedness of char, member by member", "-funsigned-char (6.2) changes thousands of members at once: the report says so in one line"),
        new(Normalising.Typedefs, "typedefs, const, volatile, restrict and _Atomic", "they move nothing, and BTF has no _Atomic"),
        new(Normalising.BaseNames, "the spelling of a base type", "gcc writes long unsigned int, clang unsigned long"),
        new(Normalising.Tags, "a tag that one side lacks, when the members are the same", "a struct without a tag got one, or is known by its typedef"),
        new(Normalising.UnnamedLevels, "the unnamed structs and unions around a member", "a member's path and place do not depend on them; with -fms-extensions such a level may have a tag"),
        new(Normalising.WholeBitFields, "whether a member is a bit-field, at the same bits", "clang leaves out the width of a bit-field as wide as its type"),
        new(Normalising.UniqueNames, "the number at the end of __UNIQUE_ID names", "the compiler counts them in each unit"),
        new(Normalising.Prototypes, "no parameters against an ellipsis alone", "DWARF writes a function without a prototype as (...), BTF as ()"),
    ];
}
