namespace LayoutCheck.Core;

/// <summary>The devices that make reading fast. Each can be left out, to settle a doubt about it or to measure its worth; answers do not depend on them.</summary>
[Flags]
public enum FastPaths
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Definitions like one that was seen are recognised without being built.</summary>
    Matcher = 1 << 0,

    /// <summary>Sizes of DIEs come from their abbreviations.</summary>
    SkipPlan = 1 << 1,

    /// <summary>Declarations of abbreviations are recognised by their bytes.</summary>
    AbbrevCache = 1 << 2,

    /// <summary>Results of comparing two types are kept.</summary>
    EqualityCache = 1 << 3,

    /// <summary>Units are searched for the bytes of names before they are walked.</summary>
    ByteSearch = 1 << 4,

    /// <summary>Parts of sections are copied to memory that stays in the cache.</summary>
    Window = 1 << 5,

    /// <summary>The fields of a DIE are read by a plan of its abbreviation.</summary>
    FieldPlan = 1 << 6,

    /// <summary>Equal types are one object.</summary>
    InternedTypes = 1 << 7,

    /// <summary>One pass finds many names among the strings.</summary>
    StringSearch = 1 << 8,

    /// <summary>Plain members are compared without their types being read.</summary>
    PlainMembers = 1 << 9,

    /// <summary>What the image says of itself is read beside the debug information.</summary>
    ConcurrentMetadata = 1 << 10,

    /// <summary>All definitions of all structs are compared by hashes.</summary>
    Census = 1 << 11,
}
