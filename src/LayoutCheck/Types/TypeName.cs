namespace LayoutCheck.Types;

/// <summary>Which of C's name spaces a type is looked up in.</summary>
public enum TypeNameKind
{
    /// <summary>A struct or union tag, or a typedef of a struct or union.</summary>
    Any,

    /// <summary>A struct tag.</summary>
    Struct,

    /// <summary>A union tag.</summary>
    Union,

    /// <summary>A typedef of a struct or union, and no tag: what a name alone means in C.</summary>
    Typedef,

    /// <summary>The tag of an enumeration.</summary>
    Enum,
}

/// <summary>The name of a type as a user asks for it: <c>page</c>, <c>struct page</c>, <c>union foo</c>.</summary>
public readonly record struct TypeName(TypeNameKind Kind, string Name)
{
    /// <summary>Reads <c>struct page</c>, <c>union x</c>, <c>typedef t</c> or a bare name.</summary>
    public static TypeName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["struct", var name] => new(TypeNameKind.Struct, name),
            ["union", var name] => new(TypeNameKind.Union, name),
            ["typedef", var name] => new(TypeNameKind.Typedef, name),
            _ => new(TypeNameKind.Any, string.Join(' ', words)),
        };
    }

    /// <summary>The name space of the tags of structs, or of unions.</summary>
    internal static TypeNameKind KindOf(AggregateKind kind) => kind == AggregateKind.Union ? TypeNameKind.Union : TypeNameKind.Struct;

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        TypeNameKind.Struct => "struct " + Name,
        TypeNameKind.Union => "union " + Name,
        TypeNameKind.Typedef => "typedef " + Name,
        TypeNameKind.Enum => "enum " + Name,
        _ => Name,
    };
}
