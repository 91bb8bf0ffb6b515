using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>A type, or a member of it: the first of the alternatives that exists.</summary>
internal sealed record Subject(TypeReference Type, MemberAlternatives? Member)
{
    /// <summary>Whether it only has to hold another member, so that its existence says nothing of whether an assertion under an #if applies.</summary>
    public bool IsContainer { get; init; }

    public int Depth => Type.Depth + 1;

    public void Visit(Action<Subject> visit)
    {
        visit(this);
        (Type as PointeeReference)?.Pointer.Visit(visit);
        if (Type is HeldReference held)
        {
            new Subject(held.Holder, null).Visit(visit);
        }
    }

    public override string ToString() => Member is null ? Type.ToString() : $"{Type}, {Member}";
}

/// <summary><c>compound_head|compound_info</c>: names of one member in different kernels, tried in this order.</summary>
internal sealed record MemberAlternatives(ImmutableArray<string> Paths)
{
    /// <summary>For a sentence: <c>compound_head or compound_info</c>.</summary>
    public string InWords => string.Join(" or ", Paths);

    public override string ToString() => string.Join('|', Paths);
}

/// <summary>How an expression says which type it means.</summary>
internal abstract record TypeReference
{
    /// <summary>The struct or union to look up, or null for a type that has no definition of its own to look up.</summary>
    public virtual TypeName? BaseName => null;

    public virtual int Depth => 1;
}

/// <summary>A struct, union, typedef or enumeration by its name.</summary>
internal sealed record NamedReference(TypeName Name) : TypeReference
{
    public override TypeName? BaseName => Name;

    public override string ToString() => Name.ToString();
}

/// <summary>What a member points to.</summary>
internal sealed record PointeeReference(Subject Pointer) : TypeReference
{
    /// <summary>The word that begins it.</summary>
    public const string Function = "pointee";

    public override int Depth => Pointer.Depth + 1;

    public override string ToString() => $"{Function}({Pointer})";
}

/// <summary><c>struct obj in struct container</c>: a type as another one holds it by value, at any depth.</summary>
internal sealed record HeldReference(TypeName Name, TypeReference Holder) : TypeReference
{
    /// <summary>The word between the two.</summary>
    public const string In = "in";

    public override int Depth => Holder.Depth + 1;

    public override string ToString() => $"{Name} {In} {Holder}";
}

/// <summary>A C type whose size follows from the word size: <paramref name="Bytes"/>, or one word when that is 0.</summary>
internal sealed record ScalarReference(string Spelling, int Bytes) : TypeReference
{
    public int SizeOn(TargetInfo target) => Bytes == 0 ? target.WordByteSize : Bytes;

    public override string ToString() => Spelling;

    /// <summary>A pointer, of any type.</summary>
    public static ScalarReference Pointer(string spelling) => new(TypeWords.Normalize(spelling), 0);

    /// <summary>The scalar types that C and the kernel name, as kernels use them (ILP32 and LP64); null for any other name.</summary>
    public static ScalarReference? ByName(string spelling)
    {
        // Most types are structs and unions: their spelling need not be made comparable.
        bool isTagged = spelling.StartsWith("struct ", StringComparison.Ordinal) || spelling.StartsWith("union ", StringComparison.Ordinal);
        return !isTagged && BytesOf(TypeWords.Normalize(spelling)) is { } size ? new ScalarReference(spelling, size) : null;
    }

    private static int? BytesOf(string normal) => normal switch
    {
        "char" or "signed char" or "unsigned char" or "_Bool" or "bool" or "u8" or "s8" or "__u8" or "__s8" or "uint8_t" or "int8_t" => 1,
        "short" or "unsigned short" or "u16" or "s16" or "__u16" or "__s16" or "__le16" or "__be16" or "uint16_t" or "int16_t" => 2,
        "int" or "unsigned int" or "u32" or "s32" or "__u32" or "__s32" or "__le32" or "__be32" or "uint32_t" or "int32_t" => 4,
        "long long" or "unsigned long long" or "u64" or "s64" or "__u64" or "__s64" or "__le64" or "__be64" or "uint64_t" or "int64_t" => 8,
        "long" or "unsigned long" or "size_t" or "ssize_t" or "uintptr_t" or "intptr_t" => 0,
        _ => null,
    };
}
