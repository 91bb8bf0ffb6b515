using System.Globalization;

namespace LayoutCheck.Types;

/// <summary>Writes types and declarations as C spells them: <c>void (*func)(struct callback_head *)</c>.</summary>
public static class TypeSpelling
{
    /// <summary>The declaration of <paramref name="name"/> with this type; without a name, the bare type.</summary>
    public static string Declare(this TypeGraph graph, TypeId type, string name = "") => Joined(graph.DeclareInParts(type, name));

    /// <summary>
    /// The bare type with what its typedefs stand for in their place, in pointees and parameters too. A type without a tag keeps the typedef that names it.
    /// </summary>
    internal static string DeclareResolved(this TypeGraph graph, TypeId type) => Joined(InParts(graph, type, "", isResolved: true));

    private static string Joined((string Specifier, string Declarator) parts)
    {
        (string specifier, string declarator) = parts;
        return declarator.Length == 0 ? specifier : declarator[0] == '[' ? specifier + declarator : $"{specifier} {declarator}";
    }

    /// <summary>The same in C's two parts, to be set in columns: <c>struct page</c> and <c>*pages[16]</c>.</summary>
    public static (string Specifier, string Declarator) DeclareInParts(this TypeGraph graph, TypeId type, string name = "")
    {
        ArgumentNullException.ThrowIfNull(graph);
        return InParts(graph, type, name, isResolved: false);
    }

    private static (string Specifier, string Declarator) InParts(TypeGraph graph, TypeId type, string name, bool isResolved)
    {
        string declarator = name;
        bool isPointer = false;
        Qualifiers qualifiers = Qualifiers.None;
        while (true)
        {
            TypeNode? node = type == TypeId.Void ? null : graph[type];
            switch (node)
            {
                case QualifiedType qualified:
                    qualifiers |= (Qualifiers)(1 << (int)qualified.Qualifier);
                    type = qualified.Target;
                    continue;
                case TypedefType typedef when isResolved && !NamesUntagged(graph, typedef):
                    type = typedef.Target;
                    continue;
                case PointerType pointer:
                    string words = Words(qualifiers);
                    declarator = "*" + words + (words.Length == 0 || declarator.Length == 0 || declarator[0] is '[' ? "" : " ") + declarator;
                    qualifiers = Qualifiers.None;
                    isPointer = true;
                    type = pointer.Target;
                    continue;
                case ArrayType array:
                    // A qualifier of an array belongs to its elements (C17 6.7.3p10), and is written with them.
                    declarator = string.Create(CultureInfo.InvariantCulture, $"{Bracketed(declarator, isPointer)}[{array.Count}]");
                    isPointer = false;
                    type = array.Element;
                    continue;
                case FunctionType function:
                    IEnumerable<string> parameters = function.Parameters.Select(p => isResolved ? graph.DeclareResolved(p) : graph.Declare(p));
                    if (function.IsVariadic)
                    {
                        parameters = parameters.Append("...");
                    }
                    else if (function.Parameters.IsEmpty)
                    {
                        parameters = ["void"];
                    }

                    // C has no qualified functions: by a qualifier GCC records that one does not return, or has no effects.
                    declarator = $"{Bracketed(declarator, isPointer)}({string.Join(", ", parameters)})";
                    qualifiers = Qualifiers.None;
                    isPointer = false;
                    type = function.Return;
                    continue;
                default:
                    string specifier = Specifier(isResolved ? WithComparedName(node) : node);
                    return (qualifiers == Qualifiers.None ? specifier : $"{Words(qualifiers)} {specifier}", declarator);
            }
        }
    }

    /// <summary>Whether a typedef is the name of a struct, union or enum that has no tag: none lies between them.</summary>
    internal static bool NamesUntagged(TypeGraph graph, TypedefType typedef)
    {
        TypeId target = typedef.Target;
        while (graph.NodeOrNull(target) is QualifiedType qualified)
        {
            target = qualified.Target;
        }

        return graph.NodeOrNull(target) is AggregateType { Name: null } or AggregateReference { Name: null } or EnumType { Name: null };
    }

    private static TypeNode? WithComparedName(TypeNode? node) => node switch
    {
        EnumType type => type with { Name = DefinitionEquality.ComparedName(type.Name) },
        AggregateType type => type with { Name = DefinitionEquality.ComparedName(type.Name) },
        AggregateReference type => type with { Name = DefinitionEquality.ComparedName(type.Name) },
        _ => node,
    };

    private static string Bracketed(string declarator, bool isPointer) => isPointer ? $"({declarator})" : declarator;

    private static string Specifier(TypeNode? node) => node switch
    {
        null => "void",
        BaseType type => type.Name,
        TypedefType type => type.Name,
        EnumType type => type.Name is null ? "enum {...}" : "enum " + type.Name,
        AggregateType type => Tagged(type.Kind, type.Name),
        AggregateReference type => Tagged(type.Kind, type.Name),
        _ => throw new InvalidOperationException($"no C spelling for {node.GetType().Name}"),
    };

    // Each qualifier once and in one order: compilers repeat them on several levels, in several orders.
    private static string Words(Qualifiers qualifiers) => qualifiers == Qualifiers.None ? ""
        : string.Join(' ', Enum.GetValues<Qualifier>().Where(q => qualifiers.HasFlag((Qualifiers)(1 << (int)q))).Select(Keyword));

    private static string Tagged(AggregateKind kind, string? name) => $"{Keyword(kind)} {name ?? "{...}"}";

    /// <summary>C's keyword for a struct or union.</summary>
    public static string Keyword(AggregateKind kind) => kind == AggregateKind.Struct ? "struct" : "union";

    private static string Keyword(Qualifier qualifier) => qualifier switch
    {
        Qualifier.Const => "const",
        Qualifier.Volatile => "volatile",
        Qualifier.Restrict => "restrict",
        _ => "_Atomic",
    };

    // A set of Qualifier.
    [Flags]
    private enum Qualifiers
    {
        None = 0,
        Const = 1 << Qualifier.Const,
        Volatile = 1 << Qualifier.Volatile,
        Restrict = 1 << Qualifier.Restrict,
        Atomic = 1 << Qualifier.Atomic,
    }
}
