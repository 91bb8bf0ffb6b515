using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>The functions that give a type: typeof and pointee.</summary>
internal static class TypeFunctions
{
    public static MemberFunction TypeOf { get; } = new("typeof", s => s.Member(), EvaluateType,
    [
        new(
            "`typeof(struct page, pgmap) == \"struct dev_pagemap *\"`",
            "its type in C's spelling, or what its typedef stands for",
            "typeof(struct page, pgmap) == \"struct dev_pagemap *\" && typeof(struct page, flags) == \"unsigned long\""),
        new(
            "`typeof(struct page, pgmap) == pointer`",
            "its class: `pointer`, `integer`, `enum`, `struct`, `union`, `array`, `function`, `float`",
            "typeof(struct page, pgmap) == pointer && typeof(struct page, flags) != pointer"),
    ])
    {
        Aliases = ["typeof_member"],
        GivesType = true,
    };

    public static MemberFunction Pointee { get; } = new(PointeeReference.Function, s => s.Member(), EvaluatePointee,
    [
        new(
            "`pointee(struct page, pgmap) == \"struct dev_pagemap\"`",
            "the type that a member points to",
            "pointee(struct page, pgmap) == \"struct dev_pagemap\""),
        new(
            "`alignof(pointee(struct page, pgmap))`",
            "a pointee in place of a type; some rule must name the type itself so that it is read",
            "alignof(pointee(struct page, pgmap)) >= 4 && alignof(struct dev_pagemap) >= 4"),
    ])
    {
        GivesType = true,
    };

    // A part of an array has no spelling of its own: it is only known to be an array.
    private static Answer EvaluateType(FoundMember member)
        => OfType(member, member.Place.Type, $"{member.Name} is", "", hasSpelling: member.Place.ElementCount is null);

    private static Answer EvaluatePointee(FoundMember member)
    {
        TypeGraph graph = member.Located.Graph!;
        return graph.NodeOrNull(graph.Strip(member.Place.Type)) is PointerType { Target: var target }
            ? OfType(member, target, $"{member.Name} points to", "pointer to ", hasSpelling: true)
            : Answer.Unknown($"{member.Name} is {TypeWords.Spell(graph, member.Place.Type)}, no pointer");
    }

    private static Answer OfType(FoundMember member, TypeId type, string lead, string noted, bool hasSpelling)
    {
        TypeGraph graph = member.Located.Graph!;
        string declared = TypeWords.Spell(graph, type);
        member.Evaluation.Note(new Observation(member.Call.ToString(), lead[..lead.IndexOf(' ')], ObservedFact.Type, null, noted + declared));

        // A name stands for its target too: `pgtable_t` may be asked for as itself or as `struct page *`.
        HashSet<string> spellings = [TypeWords.Normalize(declared)];
        TypeId bare = type;
        while (graph.StripOne(bare) is { } inner)
        {
            bare = inner;
            _ = spellings.Add(TypeWords.Normalize(TypeWords.Spell(graph, bare)));
        }

        // Those that a pointer or an array leads to, too: `u32 *` is an `unsigned int *`.
        _ = spellings.Add(TypeWords.Normalize(graph.DeclareResolved(type)));
        // Two types without a name are not the same for that.
        _ = spellings.RemoveWhere(s => s.Contains("{...}", StringComparison.Ordinal));

        TypeAnswer answer = new(hasSpelling ? [.. spellings] : [], ClassOf(graph, bare))
        {
            OpenDimensions = HasOpenDimensions(graph, type) ? $"{lead} {declared}, or an array of arrays of as many elements: BTF has both as one array" : null,
        };
        return Answer.OfType(answer, $"{lead} {declared}");
    }

    // Whether the spelling of a type has the dimensions of an array that may be one of arrays.
    internal static bool HasOpenDimensions(TypeGraph graph, TypeId type)
        => graph.Derivation(type).Any(node => node is ArrayType { MayBeFlattened: true, Count: not 1 }
        || (node is FunctionType function && function.Parameters.Any(p => HasOpenDimensions(graph, p))));

    private static TypeClass ClassOf(TypeGraph graph, TypeId bare) => bare == TypeId.Void ? TypeClass.Void : graph[bare] switch
    {
        PointerType => TypeClass.Pointer,
        BaseType { Encoding: BaseEncoding.Float } => TypeClass.Float,
        BaseType => TypeClass.Integer,
        EnumType => TypeClass.Enum,
        ArrayType => TypeClass.Array,
        FunctionType => TypeClass.Function,
        AggregateType { Kind: AggregateKind.Union } or AggregateReference { Kind: AggregateKind.Union } => TypeClass.Union,
        _ => TypeClass.Struct,
    };
}
