using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>A call of has_pointer: <c>has_pointer(struct slab, struct folio)</c>.</summary>
internal sealed class PointerCall(int position, RuleFunction function, TypeReference holder, TypeReference target) : CallNode(position, function)
{
    /// <summary>The type whose members are looked at.</summary>
    public TypeReference Holder => holder;

    /// <summary>The type that a pointer among them may lead to.</summary>
    public TypeReference Target => target;

    public override int Depth { get; } = Math.Max(holder.Depth, target.Depth) + 1;

    public override int Precedence => Primary;

    // Only the name of the other type is asked for: its definition is not needed.
    public override void Visit(Action<Subject> visit) => new Subject(holder, null).Visit(visit);

    public override string ToString() => $"{Function.Name}({holder}, {target})";
}

/// <summary>has_pointer: whether a type has a member, at any depth, that points to another.</summary>
internal sealed class PointerFunction() : RuleFunction("has_pointer",
[
    new("`has_pointer(struct page, struct dev_pagemap)`", "whether a member of the first, at any depth, is a pointer to the second; what a typedef hides does not count",
        "has_pointer(struct page, struct dev_pagemap) && !has_pointer(struct zone, struct list_head)"),
])
{
    public static PointerFunction HasPointer { get; } = new();

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        TypeReference holder = arguments.Subjects.Type();
        arguments.Tokens.Expect(",");
        TypeReference target = arguments.Subjects.Type();
        arguments.Tokens.Expect(")");
        return new PointerCall(position, this, holder, target);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        PointerCall asked = (PointerCall)call;
        if (LocatedAggregate.Find(asked.Holder, evaluation, out Answer unknown) is not { } holder)
        {
            return unknown;
        }

        int budget = MembersOnBytes.Most;
        return Find(holder.Graph, holder.Type, asked.Target.ToString(), ref budget) is { } member ? Answer.Truth(true, $"{holder.Name} points to {asked.Target} by {member}")
            : budget <= 0 ? Answer.Unknown($"{holder.Name} has more than {MembersOnBytes.Most} members")
            : evaluation.Image.Omission is { IsOfMembers: true } omission ? Answer.Unknown($"{holder.Name} may have more members: {omission.Clause}")
            : Answer.Truth(false, $"no member of {holder.Name} points to {asked.Target}");
    }

    private static TypeId Unqualified(TypeGraph graph, TypeId type)
    {
        while (graph.NodeOrNull(type) is QualifiedType qualified)
        {
            type = qualified.Target;
        }

        return type;
    }

    private static string? Find(TypeGraph graph, AggregateType aggregate, string target, ref int budget)
    {
        foreach (Member member in aggregate.Members)
        {
            if (--budget <= 0)
            {
                return null;
            }

            // What a typedef hides is a thing of its own: a pgtable_t is a struct page *, and no way back to the page that a table lies in.
            TypeId type = graph.Strip(graph.Innermost(member.Type));
            if (graph.NodeOrNull(Unqualified(graph, graph.Innermost(member.Type))) is PointerType pointer && TypeWords.Spell(graph, graph.Strip(pointer.Target)) == target)
            {
                return member.Name ?? "a member without a name";
            }

            if (graph.NodeOrNull(type) is AggregateType inner && Find(graph, inner, target, ref budget) is { } found)
            {
                return member.Name is null ? found : $"{member.Name}.{found}";
            }
        }

        return null;
    }
}
