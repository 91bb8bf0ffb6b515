using LayoutCheck.Compare;
using LayoutCheck.Tests.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Compare;

/// <summary>Compares definitions written down as <see cref="LayoutText"/>, or made of nodes.</summary>
internal static class Compared
{
    /// <summary>Compares the first type of two texts.</summary>
    public static TypeChanges Texts(string old, string now) => Definitions(First(old), First(now));

    /// <summary>Compares two definitions.</summary>
    public static TypeChanges Definitions(TypeDefinition old, TypeDefinition now, Normalising rules = Normalising.All, SourceKind oldSource = SourceKind.Dwarf, SourceKind newSource = SourceKind.Dwarf)
        => TypeDiffer.Compare(
            new TypeName(TypeName.KindOf(old.Aggregate.Kind), old.Aggregate.Name!),
            new ComparedDefinition(old, oldSource, ScalarAlignment.Usual),
            new ComparedDefinition(now, newSource, ScalarAlignment.Usual),
            rules);

    /// <summary>The first type of a text.</summary>
    public static TypeDefinition First(string text) => LayoutText.Parse(text).Values.First().Distinct[0];

    /// <summary>A struct of members whose types are made of nodes.</summary>
    /// <param name="byteSize">Its size.</param>
    /// <param name="members">Makes the members.</param>
    /// <param name="alignment">The alignment that is declared, or null.</param>
    /// <param name="producer">The compiler of its unit.</param>
    public static TypeDefinition Struct(ulong byteSize, Func<TypeGraphBuilder, Member[]> members, ulong? alignment = null, string producer = "GNU C11 12.2.0")
    {
        TypeGraphBuilder builder = new();
        TypeId root = builder.Add(new AggregateType(AggregateKind.Struct, "s", byteSize, alignment, [.. members(builder)]));
        return new TypeDefinition(builder.Build(), root, [new DefiningUnit(0, "unit.c", producer)]);
    }

    /// <summary>A struct of one member.</summary>
    public static TypeDefinition Holding(Func<TypeGraphBuilder, TypeId> type, ulong byteSize = 8) => Struct(byteSize, b => [new Member("m", type(b), 0)]);

    /// <summary>A line a change: the word, the places, and what else is told of it.</summary>
    public static string[] Lines(TypeChanges changes) => [.. changes.Changes.Select(Line)];

    private static string Line(MemberChange change)
    {
        string what = change.Word switch
        {
            ChangeWord.GivesWayTo => $"{change.Old!.Path} to {change.New!.Path}",
            ChangeWord.Resized => $"{change.Path} {change.Old!.BitOffset}+{change.Old.BitSize} to {change.New!.BitOffset}+{change.New.BitSize}",
            ChangeWord.Moved or ChangeWord.Reordered => $"{change.Path} {change.Old!.BitOffset} to {change.New!.BitOffset}",
            ChangeWord.Retyped => $"{change.Path} {change.Old!.Type} to {change.New!.Type}",
            ChangeWord.Filled => $"{change.New!.Path} in {change.Took}",
            _ => change.Path,
        };
        return $"{change.Word} {what}{(change.Under is null ? "" : $" under {change.Under}")}{(change.Beside.IsEmpty ? "" : $" beside {string.Join(", ", change.Beside)}")}";
    }
}
