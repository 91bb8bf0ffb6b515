using System.Collections.Immutable;
using LayoutCheck.Core;

namespace LayoutCheck.Types;

/// <summary>The declaration of a function or variable that C units define or declare with external linkage.</summary>
/// <param name="Symbol">Its name.</param>
/// <param name="Graph">The types of the declaration. Structs and unions are names in it, by value too.</param>
/// <param name="Type">A <see cref="FunctionType"/>, or the type of the variable.</param>
internal sealed record Prototype(string Symbol, TypeGraph Graph, TypeId Type)
{
    /// <summary>The function, or null: it is a variable.</summary>
    public FunctionType? Function => Graph.NodeOrNull(Type) as FunctionType;

    /// <summary>The structs and unions that it names: by value, behind pointers, and in the functions that these point to.</summary>
    public ImmutableArray<NamedUse> Uses()
    {
        ImmutableArray<NamedUse>.Builder uses = ImmutableArray.CreateBuilder<NamedUse>();
        if (Function is { } function)
        {
            for (int i = 0; i < function.Parameters.Length; i++)
            {
                AddUses(function.Parameters[i], i + 1, uses);
            }

            AddUses(function.Return, 0, uses);
        }
        else
        {
            AddUses(Type, null, uses);
        }

        return uses.ToImmutable();
    }

    private void AddUses(TypeId type, int? parameter, ImmutableArray<NamedUse>.Builder uses)
    {
        foreach ((TypeName name, _) in Graph.NamedAggregates(type))
        {
            uses.Add(new NamedUse(name, parameter, Graph.Declare(type)));
        }
    }
}

/// <summary>A struct or union that a prototype names.</summary>
/// <param name="Type">Its tag.</param>
/// <param name="Parameter">The number of the parameter that names it, from 1; 0 for the value returned; null for a variable.</param>
/// <param name="Spelling">The type of that parameter, value or variable.</param>
internal sealed record NamedUse(TypeName Type, int? Parameter, string Spelling);

/// <summary>The prototypes of some symbols.</summary>
/// <param name="Found">The prototypes, in the order of the names asked for.</param>
/// <param name="Unread">The symbols whose prototype is damaged, each with the problem.</param>
/// <param name="Missing">The symbols that no C unit has a prototype of, in the order asked.</param>
internal sealed record PrototypeSet(ImmutableArray<Prototype> Found, ImmutableArray<(string Symbol, InvalidImageException Problem)> Unread, ImmutableArray<string> Missing)
{
    /// <summary>Puts the answers for some names in their order.</summary>
    internal static PrototypeSet Of(IReadOnlyList<string> names, Func<int, (Prototype? Found, InvalidImageException? Problem)> answer)
    {
        ImmutableArray<Prototype>.Builder found = ImmutableArray.CreateBuilder<Prototype>();
        ImmutableArray<(string, InvalidImageException)>.Builder unread = ImmutableArray.CreateBuilder<(string, InvalidImageException)>();
        ImmutableArray<string>.Builder missing = ImmutableArray.CreateBuilder<string>();
        for (int i = 0; i < names.Count; i++)
        {
            switch (answer(i))
            {
                case ({ } prototype, _):
                    found.Add(prototype);
                    break;
                case (_, { } problem):
                    unread.Add((names[i], problem));
                    break;
                default:
                    missing.Add(names[i]);
                    break;
            }
        }

        return new PrototypeSet(found.ToImmutable(), unread.ToImmutable(), missing.ToImmutable());
    }
}

/// <summary>The tags that a type leads to.</summary>
internal static class NamedAggregatesExtensions
{
    /// <summary>
    /// The structs and unions with a tag that a type names, each once, and whether a pointer is on the way: by value, behind pointers, in arrays, and in what
    /// functions take and return. A struct without a tag is looked into where the graph has its members; behind a pointer it has none.
    /// </summary>
    /// <param name="graph">The types.</param>
    /// <param name="type">The type.</param>
    public static IReadOnlyList<(TypeName Name, bool IsBehindPointer)> NamedAggregates(this TypeGraph graph, TypeId type)
    {
        ArgumentNullException.ThrowIfNull(graph);
        List<(TypeName Name, bool IsBehindPointer)> found = [];
        HashSet<(TypeId, bool)> seen = [];
        Walk(type, isBehindPointer: false);
        return found;

        void Walk(TypeId id, bool isBehindPointer)
        {
            if (id == TypeId.Void || !seen.Add((id, isBehindPointer)))
            {
                return;
            }

            switch (graph[id])
            {
                case TypedefType typedef:
                    Walk(typedef.Target, isBehindPointer);
                    break;
                case QualifiedType qualified:
                    Walk(qualified.Target, isBehindPointer);
                    break;
                case ArrayType array:
                    Walk(array.Element, isBehindPointer);
                    break;
                case PointerType pointer:
                    Walk(pointer.Target, isBehindPointer: true);
                    break;
                case FunctionType function:
                    foreach (TypeId parameter in function.Parameters.Add(function.Return))
                    {
                        Walk(parameter, isBehindPointer: true);
                    }

                    break;
                case AggregateReference { Name: { } tag } reference:
                    Add(new TypeName(TypeName.KindOf(reference.Kind), tag), isBehindPointer);
                    break;
                case AggregateType { Name: { } tag } aggregate:
                    Add(new TypeName(TypeName.KindOf(aggregate.Kind), tag), isBehindPointer);
                    break;
                case AggregateType aggregate:
                    foreach (Member member in aggregate.Members)
                    {
                        Walk(member.Type, isBehindPointer);
                    }

                    break;
                default:
                    break;
            }
        }

        void Add(TypeName name, bool isBehindPointer)
        {
            int known = found.FindIndex(f => f.Name == name);
            if (known < 0)
            {
                found.Add((name, isBehindPointer));
            }
            else if (!isBehindPointer)
            {
                found[known] = (name, false);
            }
        }
    }
}
