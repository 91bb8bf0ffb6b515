using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>What a C type is once typedefs and qualifiers are gone.</summary>
internal enum CKind
{
    /// <summary>An integer, _Bool or a floating-point number.</summary>
    Number,

    /// <summary>An enumeration.</summary>
    Enum,

    /// <summary>A pointer.</summary>
    Pointer,

    /// <summary>A vector (<c>vector_size</c>), which debug information describes as an array.</summary>
    Vector,

    /// <summary>An array.</summary>
    Array,

    /// <summary>A struct.</summary>
    Struct,

    /// <summary>A union.</summary>
    Union,
}

/// <summary>A type of a generated C source. How large it is only the compiler knows: <paramref name="Estimate"/> is a guess in bytes, to keep structs small.</summary>
internal abstract record CType(CKind Kind, int Estimate)
{
    /// <summary>Its declaration of a name: <c>int (*name)[3]</c>.</summary>
    public abstract string Declare(string declarator);

    /// <summary>The type behind a typedef.</summary>
    public virtual CType Bare => this;
}

/// <summary>A number, enumeration, pointer or vector.</summary>
/// <param name="Format">The declaration with <c>{0}</c> for the name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Estimate">Its size.</param>
/// <param name="MostBits">The widest bit-field of it on a 64-bit machine; 0 where it has none.</param>
/// <param name="IsOverAligned">Whether it has more alignment than size, which an array's element cannot have.</param>
internal sealed record CScalar(string Format, CKind Kind, int Estimate, int MostBits = 0, bool IsOverAligned = false) : CType(Kind, Estimate)
{
    /// <summary>The type without a name.</summary>
    public string Spelling => Declare("").Trim();

    public override string Declare(string declarator) => Format.Replace("{0}", declarator, StringComparison.Ordinal);
}

/// <summary>An array; without a count it is flexible.</summary>
internal sealed record CArray(CType Element, int? Count) : CType(CKind.Array, Element.Estimate * (Count ?? 0))
{
    public override string Declare(string declarator) => Element.Declare(string.Create(CultureInfo.InvariantCulture, $"{declarator}[{Count}]"));
}

/// <summary>A typedef of another type.</summary>
internal sealed record CTypedef(string Name, CType Target) : CType(Target.Kind, Target.Estimate)
{
    public override CType Bare => Target.Bare;

    public override string Declare(string declarator) => $"{Name} {declarator}";
}

/// <summary>A struct or union that is defined where it is declared.</summary>
/// <param name="IsUnion">Whether it is a union.</param>
/// <param name="Tag">Its tag, or null.</param>
/// <param name="Members">Its members.</param>
/// <param name="Attributes">What follows the closing brace.</param>
internal sealed record CAggregate(bool IsUnion, string? Tag, ImmutableArray<CMember> Members, string Attributes)
    : CType(IsUnion ? CKind.Union : CKind.Struct, Members.Sum(m => m.Type.Estimate + 2))
{
    /// <summary><c>struct</c> or <c>union</c>.</summary>
    public string Keyword => IsUnion ? "union" : "struct";

    public override string Declare(string declarator) => $"{Keyword} {(Tag is null ? "" : Tag + " ")}{{ {string.Concat(Members.Select(m => m.Text + " "))}}}{Attributes} {declarator}";
}

/// <summary>A struct or union that was defined before, named by its tag.</summary>
internal sealed record CReference(CAggregate Target) : CType(Target.Kind, Target.Estimate)
{
    public override CType Bare => Target;

    public override string Declare(string declarator) => $"{Target.Keyword} {Target.Tag} {declarator}";
}

/// <summary>A member of a struct or union.</summary>
/// <param name="Name">Its name; null of an unnamed struct, union or bit-field.</param>
/// <param name="Type">Its type.</param>
/// <param name="Width">The expression of its width when it is a bit-field, else null.</param>
/// <param name="Before">What stands before its type: qualifiers, <c>_Alignas</c>.</param>
/// <param name="After">What stands after it: attributes.</param>
internal sealed record CMember(string? Name, CType Type, string? Width = null, string Before = "", string After = "")
{
    /// <summary>Its declaration.</summary>
    public string Text => $"{Before}{Type.Declare(Name ?? "").TrimEnd()}{(Width is null ? "" : " : " + Width)}{After};";

    /// <summary>Whether it is atomic: C gives no access to what is in an atomic struct.</summary>
    public bool IsAtomic => Before.Contains("_Atomic", StringComparison.Ordinal);
}

/// <summary>A member by its path, as the judge is asked for it.</summary>
/// <param name="Path">The path, in C's designator syntax.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsBitField">Whether it is a bit-field: then the compiler sets its bits in an object.</param>
/// <param name="HasSize">Whether C has sizeof of it: not of a flexible array.</param>
/// <param name="IsAtomic">Whether it is an atomic struct or union.</param>
internal sealed record Probe(string Path, CKind Kind, bool IsBitField, bool HasSize, bool IsAtomic = false);

/// <summary>What a type has, itself or in the types that it names, of which debug information tells less than all.</summary>
[Flags]
internal enum CTraits
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A vector.</summary>
    Vector = 1,

    /// <summary>A bit-field with an alignment of its own.</summary>
    AlignedBitField = 2,

    /// <summary><c>_Atomic</c>.</summary>
    Atomic = 4,

    /// <summary>A type with less alignment than size.</summary>
    UnderAligned = 8,

    /// <summary>A bit-field without a name.</summary>
    UnnamedBitField = 16,
}

/// <summary>One generated type: the text that defines it, and what is asked about it.</summary>
/// <param name="Number">Its number in the batch.</param>
/// <param name="Name">Its name in C: <c>struct s3</c>.</param>
/// <param name="Definition">The text.</param>
/// <param name="Aggregate">The type.</param>
/// <param name="Uses">The numbers of the types that the text needs before it.</param>
/// <param name="Traits">What it has.</param>
internal sealed partial record GeneratedType(int Number, string Name, string Definition, CAggregate Aggregate, ImmutableArray<int> Uses, CTraits Traits)
{
    // So many, and what lies deeper is left out: arrays of structs of arrays have thousands of paths that say the same.
    private const int MostProbes = 90;

    /// <summary>What the judge is asked, in the order of the table.</summary>
    public ImmutableArray<Probe> Probes { get; } = ProbesOf(Aggregate);

    /// <summary>
    /// The names of all members at all levels of named and unnamed structs, in the order of declaration; null of an unnamed one. Unnamed bit-fields are not in any
    /// debug information.
    /// </summary>
    public ImmutableArray<string?> Listing { get; } = [.. ListingOf(Aggregate)];

    /// <summary>What a text has by itself.</summary>
    public static CTraits TraitsOf(string definition)
        => (definition.Contains("four_ints", StringComparison.Ordinal) || definition.Contains("two_floats", StringComparison.Ordinal) ? CTraits.Vector : 0)
            | (AlignedBitField().IsMatch(definition) ? CTraits.AlignedBitField : 0)
            | (definition.Contains("_Atomic", StringComparison.Ordinal) ? CTraits.Atomic : 0)
            | (definition.Contains("under_aligned", StringComparison.Ordinal) ? CTraits.UnderAligned : 0)
            | (UnnamedBitField().IsMatch(definition) ? CTraits.UnnamedBitField : 0);

    [GeneratedRegex(@"[{;] [a-zA-Z][\w ]* : W\(")]
    private static partial Regex UnnamedBitField();

    [GeneratedRegex(@" : W\([^;]*aligned\(")]
    private static partial Regex AlignedBitField();

    private static ImmutableArray<Probe> ProbesOf(CAggregate aggregate)
    {
        List<Probe> probes = [];
        AddMembers(probes, aggregate, "", hasObject: true);
        return [.. probes];
    }

    private static IEnumerable<string?> ListingOf(CAggregate aggregate)
    {
        foreach (CMember member in aggregate.Members.Where(m => m.Width is null || m.Name is not null))
        {
            yield return member.Name;
            // Of an array of structs, the members of one element are listed.
            CType type = member.Type.Bare;
            while (type is CArray array)
            {
                type = array.Element.Bare;
            }

            if (type is CAggregate inner)
            {
                foreach (string? listed in ListingOf(inner))
                {
                    yield return listed;
                }
            }
        }
    }

    private static void AddMembers(List<Probe> probes, CAggregate aggregate, string prefix, bool hasObject)
    {
        foreach (CMember member in aggregate.Members)
        {
            if (member.Name is null)
            {
                if (member.Type.Bare is CAggregate inner)
                {
                    AddMembers(probes, inner, prefix, hasObject);
                }
            }
            else if (member.Width is not null)
            {
                // An object has no element of an array without elements, so there are no bits to set.
                if (hasObject)
                {
                    probes.Add(new Probe(prefix + member.Name, member.Type.Kind, true, true));
                }
            }
            else
            {
                Add(probes, member.Type.Bare, prefix + member.Name, hasObject, goesInto: probes.Count < MostProbes, member.IsAtomic);
            }
        }
    }

    private static void Add(List<Probe> probes, CType type, string path, bool hasObject, bool goesInto, bool isAtomic = false)
    {
        probes.Add(new Probe(path, type.Kind, false, type is not CArray { Count: null }, isAtomic));
        // C gives no access to what is in an atomic struct.
        if (!goesInto || isAtomic)
        {
            return;
        }

        if (type is CAggregate aggregate)
        {
            AddMembers(probes, aggregate, path + ".", hasObject);
        }
        else if (type is CArray array)
        {
            CType element = array.Element.Bare;
            foreach (int index in array.Count > 1 ? [0, array.Count.Value - 1] : (int[])[0])
            {
                Add(probes, element, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), hasObject && array.Count > 0, probes.Count < MostProbes);
            }
        }
    }
}
