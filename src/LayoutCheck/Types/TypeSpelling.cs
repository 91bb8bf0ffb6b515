using System.Globalization;

namespace LayoutCheck.Types;

/// <summary>Writes types and declarations as C spells them: <c>void (*func)(struct callback_head *)</c>.</summary>
public static class TypeSpelling
{
    /// <summary>The declaration of <paramref name="name"/> with this type; without a name, the bare type.</summary>
    public static string Declare(this TypeGraph graph, TypeId type, string name = "")
    {
        (string specifier, string declarator) = graph.DeclareInParts(type, name);
        return declarator.Length == 0 ? specifier : declarator[0] == '[' ? specifier + declarator : $"{specifier} {declarator}";
    }

    /// <summary>The same in C's two parts, to be set in columns: <c>struct page</c> and <c>*pages[16]</c>.</summary>
    public static (string Specifier, string Declarator) DeclareInParts(this TypeGraph graph, TypeId type, string name = "")
    {
        ArgumentNullException.ThrowIfNull(graph);
        string declarator = name;
        bool isPointer = false;
        while (true)
        {
            TypeNode? node = type == TypeId.Void ? null : graph[type];
            switch (node)
            {
                case PointerType pointer:
                    declarator = "*" + declarator;
                    isPointer = true;
                    type = pointer.Target;
                    continue;
                case QualifiedType qualified when Stripped(graph, qualified) is PointerType:
                    declarator = Keyword(qualified.Qualifier) + (declarator.Length == 0 || declarator[0] is '[' or ')' ? "" : " ") + declarator;
                    type = qualified.Target;
                    continue;
                case ArrayType array:
                    declarator = string.Create(CultureInfo.InvariantCulture, $"{Bracketed(declarator, isPointer)}[{array.Count}]");
                    isPointer = false;
                    type = array.Element;
                    continue;
                case FunctionType function:
                    IEnumerable<string> parameters = function.Parameters.Select(p => graph.Declare(p));
                    if (function.IsVariadic)
                    {
                        parameters = parameters.Append("...");
                    }
                    else if (function.Parameters.IsEmpty)
                    {
                        parameters = ["void"];
                    }

                    declarator = $"{Bracketed(declarator, isPointer)}({string.Join(", ", parameters)})";
                    isPointer = false;
                    type = function.Return;
                    continue;
                default:
                    return (Specifier(graph, type), declarator);
            }
        }
    }

    private static string Bracketed(string declarator, bool isPointer) => isPointer ? $"({declarator})" : declarator;

    private static TypeNode? Stripped(TypeGraph graph, QualifiedType node)
    {
        // Only qualifiers are looked through: in `const foo_t x` the const belongs before the typedef's name.
        TypeId id = node.Target;
        while (id != TypeId.Void && graph[id] is QualifiedType inner)
        {
            id = inner.Target;
        }

        return id == TypeId.Void ? null : graph[id];
    }

    private static string Specifier(TypeGraph graph, TypeId type)
    {
        if (type == TypeId.Void)
        {
            return "void";
        }

        return graph[type] switch
        {
            BaseType node => node.Name,
            TypedefType node => node.Name,
            EnumType node => node.Name is null ? "enum {...}" : "enum " + node.Name,
            AggregateType node => Tagged(node.Kind, node.Name),
            AggregateReference node => Tagged(node.Kind, node.Name),
            QualifiedType node => $"{Keyword(node.Qualifier)} {graph.Declare(node.Target)}",
            PointerType or ArrayType or FunctionType => graph.Declare(type),
            var node => throw new InvalidOperationException($"no C spelling for {node.GetType().Name}"),
        };
    }

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
}
