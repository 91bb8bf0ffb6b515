using System.Collections.Immutable;
using LayoutCheck.Core;
using LayoutCheck.Layouts;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>Finds the types and members that an expression names, over one choice of definitions.</summary>
/// <param name="chosen">The definition that a type's name stands for.</param>
/// <param name="image">Why there is no definition, and the types that pointers lead to.</param>
/// <param name="open">The case that is tried of what the debug information leaves open.</param>
internal sealed class MemberLocator(IReadOnlyDictionary<TypeName, TypeDefinition> chosen, CheckedImage image, OpenFacts open)
{
    /// <summary>Finds a type or member; a type by itself is a member at 0.</summary>
    public Located Locate(Subject subject)
    {
        if (subject.Type is PointeeReference pointee)
        {
            return LocatePointee(pointee, subject);
        }

        if (subject.Type is HeldReference held)
        {
            return LocateHeld(held, subject.Member);
        }

        TypeName name = subject.Type.BaseName!.Value;
        return chosen.TryGetValue(name, out TypeDefinition? definition) ? LocateIn(definition, name, subject.Member)
            : image.Definitions.TryGetValue(name, out DefinitionSet? set) && set.Problem is not null ? Located.Undecided(WhyNoDefinition(name))
            : Located.Missing(WhyNoDefinition(name)) with { IsUndecided = image.Omission is not null };
    }

    private Located LocateHeld(HeldReference reference, MemberAlternatives? member)
    {
        Located holder = Locate(new Subject(reference.Holder, null));
        if (holder.Place is null)
        {
            return holder;
        }

        if (holder.Graph!.AsAggregate(holder.Root) is not { } aggregate)
        {
            return Located.Undecided($"{holder.Name} is no struct or union");
        }

        ImmutableArray<TypeId> held = HeldTypes.Of(holder.Graph, aggregate).Find(reference.Name);
        if (held.IsEmpty)
        {
            string problem = $"{holder.Name} holds no {reference.Name} by value";
            return image.Omission is { IsOfMembers: true } omission ? Located.Undecided($"{problem}: {omission.Clause}") : Located.Missing(problem);
        }

        return held.Length > 1 ? Located.Undecided($"{holder.Name} holds {held.Length} types called {reference.Name} that differ")
            : LocateIn(holder.Graph, held[0], reference.ToString(), reference.Name.Name, member) with
            {
                HasExactAlignments = holder.HasExactAlignments,
                IsOneOfMany = holder.IsOneOfMany,
            };
    }

    private string WhyNoDefinition(TypeName name)
    {
        _ = image.Definitions.TryGetValue(name, out DefinitionSet? set);
        int declarations = set?.DeclarationCount ?? 0;
        return set?.Problem is { } problem ? problem.Problem
            : set?.Unselected is { } unselected ? unselected
            : set?.Place is { } place ? $"the image has no C definition of {name} for a whole unit: it is {place}"
            : $"the image has no C definition of {name}" + (declarations > 0 ? $", which {declarations} units only declare" : "")
                + (image.Omission is { } omission ? $": {omission.Clause}" : "");
    }

    private Located LocatePointee(PointeeReference reference, Subject subject)
    {
        Located pointer = Locate(reference.Pointer);
        if (pointer.Place is null)
        {
            return pointer with { IsUndecided = true };
        }

        TypeGraph graph = pointer.Graph!;
        TypeId type = graph.Strip(pointer.Place.Type);
        if (graph[type] is not PointerType { Target: var target })
        {
            return Located.Undecided($"{pointer.Name} is {TypeWords.Spell(graph, pointer.Place.Type)}, no pointer");
        }

        target = graph.Strip(target);
        if (target == TypeId.Void)
        {
            return Located.Undecided($"{pointer.Name} points to void");
        }

        if (graph[target] is not AggregateReference to)
        {
            string spelling = TypeWords.Spell(graph, target);
            return LocateIn(graph, target, spelling, spelling, subject.Member);
        }

        // The graph ends at pointers: what lies behind one is another type, which the source was asked for when a rule names it.
        return to.Name is { } tag
            ? LocateInAll(new TypeName(TypeName.KindOf(to.Kind), tag), pointer.Name, subject.Member)
            : Located.Undecided($"{pointer.Name} points to a {TypeSpelling.Keyword(to.Kind)} without a name, which cannot be looked up");
    }

    // In every definition of the type that a pointer leads to: they must answer alike.
    private Located LocateInAll(TypeName name, string pointer, MemberAlternatives? member)
    {
        if (!image.Definitions.TryGetValue(name, out DefinitionSet? set))
        {
            return Located.Undecided($"{pointer} points to {name}, which no rule names: write alignof({name}) or the like to have it read");
        }

        if (set.Distinct.Length == 0)
        {
            return Located.Undecided(WhyNoDefinition(name));
        }

        List<Located> all = [.. set.Distinct.Select(d => LocateIn(d, name, member))];
        return all.TrueForAll(l => AnswersAlike(l, all[0])) ? all[0] with { IsOneOfMany = all.Count > 1 }
            : Located.Undecided($"the {all.Count} definitions of {name} differ");
    }

    /// <summary>Whether all that can be asked of what was found in two definitions of a type has one answer, but for the other members there.</summary>
    private static bool AnswersAlike(Located one, Located other)
    {
        if (one.Place is not { } a || other.Place is not { } b)
        {
            return one.Place is null && other.Place is null;
        }

        // A type's id means nothing in another graph. Of a whole struct nothing else is asked; of a member, its type is.
        return (a.Path, a.BitOffset, a.BitSize, a.IsBitField) == (b.Path, b.BitOffset, b.BitSize, b.IsBitField)
            && one.IsAlignmentOpen == other.IsAlignmentOpen
            && one.Graph!.AlignmentOf(a.Type, out _) == other.Graph!.AlignmentOf(b.Type, out _)
            && (a.Path.Length == 0
                || (TypeWords.Spell(one.Graph, a.Type) == TypeWords.Spell(other.Graph, b.Type)
                    && DefinitionEquality.Same(one.Graph, a.Type, other.Graph, b.Type)));
    }

    private Located LocateIn(TypeDefinition definition, TypeName name, MemberAlternatives? member)
    {
        Located located = LocateIn(definition.Graph, definition.Root, name.ToString(), name.Name, member) with { HasExactAlignments = definition.HasExactAlignments };

        // A bare name is a row of its own beside the same type with its keyword.
        return name.Kind == TypeNameKind.Any && located.Parts is { } parts && definition.Graph.AsAggregate(definition.Root) is { Name: { } tag } aggregate
            ? located with { Parts = parts with { Type = new TypeName(TypeName.KindOf(aggregate.Kind), tag).ToString() } }
            : located;
    }

    private Located LocateIn(TypeGraph graph, TypeId root, string spelling, string shortName, MemberAlternatives? member)
    {
        if (member is null)
        {
            return new Located(spelling, graph, root, new ResolvedMember("", 0, graph.ByteSizeOf(root) * 8, root, false), "") { Parts = new FactSubject(spelling, null) };
        }

        if (graph[root] is EnumType { Enumerators: { } enumerators } enumeration)
        {
            return LocateEnumerator(graph, root, enumeration, enumerators, spelling, member);
        }

        foreach (string path in member.Paths)
        {
            if (MemberPath.Resolve(graph, root, path, (array, elements) => open.FirstDimension($"{shortName}.{array}", elements)) is not { } found)
            {
                continue;
            }

            // Of the elements of an array without a known number of them, only the start of the first is known.
            return found.Doubt is { } doubt && !path.EndsWith("[0]", StringComparison.Ordinal)
                ? Located.Undecided(doubt)
                : new Located($"{shortName}.{path}", graph, root, found, "") { Parts = new FactSubject(spelling, path) };
        }

        if (member.Paths.Select(path => (Path: path, Pointer: MemberPath.PointerOn(graph, root, path))).FirstOrDefault(p => p.Pointer is not null) is ({ } way, { } at))
        {
            return Located.Undecided($"{way} goes through a pointer: {at} is one, and what lies behind it has no offset in {spelling}");
        }

        string problem = $"{spelling} has no member {member.InWords}";
        return image.Omission is { IsOfMembers: true } omission ? Located.Undecided($"{problem}: {omission.Clause}")
            : Located.Missing(problem) with { Near = () => Near(graph, root, member) };
    }

    // The names of the level that the path leaves: `lru.nxt` is compared with the members of lru.
    private static string Near(TypeGraph graph, TypeId root, MemberAlternatives member)
    {
        string path = member.Paths[^1];
        int dot = path.LastIndexOf('.');
        string prefix = path[..(dot + 1)];
        return Suggestions.Clause(path, MemberPath.NamesAfter(graph, root, prefix.TrimEnd('.')).Select(n => prefix + n));
    }

    private Located LocateEnumerator(
        TypeGraph graph, TypeId root, EnumType enumeration, ImmutableArray<Enumerator> enumerators, string spelling, MemberAlternatives names)
    {
        foreach (string name in names.Paths)
        {
            if (enumerators.FirstOrDefault(e => e.Name == name) is { } found)
            {
                return new Located(name, graph, root, new ResolvedMember("", 0, enumeration.ByteSize * 8, root, false), "")
                {
                    Enumerator = found,
                    Parts = new FactSubject(spelling, name),
                };
            }
        }

        string problem = $"{spelling} has no enumerator {names.InWords}";
        return image.Omission is { IsOfMembers: true } omission ? Located.Undecided($"{problem}: {omission.Clause}")
            : Located.Missing(problem) with { Near = () => Suggestions.Clause(names.Paths[0], enumerators.Select(e => e.Name)) };
    }
}
