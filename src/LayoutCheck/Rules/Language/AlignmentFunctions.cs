using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>alignof: what the debug information records, else what follows from the members, as far as nothing disproves it.</summary>
internal static class AlignmentFunctions
{
    public static MemberFunction AlignOf { get; } = new("alignof", s => s.TypeOrMemberOfNull(), Evaluate,
    [
        new(
            "`alignof(struct page)`, `alignof(struct page, lru)`",
            "declared where the debug information has it, else natural (BTF never has it), where no place disproves that; the reason says which. "
                + "Undecided where clang declares less than the members have: that holds only of a packed struct",
            "alignof(struct page) == 16 && alignof(struct list_head) == 8"),
    ])
    {
        Aliases = ["_Alignof", "__alignof__"],
        // On 32-bit targets a long long is aligned to 4 or 8, an int on m68k to 2: only 64-bit ones agree on it.
        EvaluateScalar = (call, scalar, evaluation) => evaluation.Image.Target.WordByteSize == 8
            ? MemberFunctions.OfScalar(call, scalar, ObservedFact.NaturalAlignment, evaluation)
            : Answer.Unknown($"the image does not tell the alignment of {scalar}"),
    };

    // DWARF has what the source demanded. Else it is the natural one, unless the place of a member, or of one such struct in another, shows that it is not.
    private static Answer Evaluate(FoundMember member)
    {
        if (member.Located.IsAlignmentOpen)
        {
            return Answer.Unknown($"the alignment that {member.Name} or a struct in it declares is less than its members have, "
                + "and holds only of a packed one, which is not recorded");
        }

        CheckedImage image = member.Evaluation.Image;
        TypeGraph graph = member.Located.Graph!;
        TypeId type = member.Place.Type;
        if (graph.AlignmentOf(type, image.Target.Scalars) is not { } alignment)
        {
            return Answer.Unknown($"{member.Name} has no alignment");
        }

        if (!alignment.IsDeclared && graph.AsAggregate(type) is { Name: { } tag } aggregate && image.LeastAlignedPlaceOf(aggregate.Kind, tag) is { } place
            && place.Alignment < alignment.Most)
        {
            string doubt = $"{place.Holder ?? "an unnamed struct or union"} holds it at byte {place.ByteOffset}";
            alignment = alignment with
            {
                Least = Math.Min(alignment.Least, Math.Max(place.Alignment, 1)),
                Doubt = alignment.Doubt is null ? doubt : $"{alignment.Doubt}; {doubt}",
            };
        }

        // A declared alignment is a power of two that divides the size.
        if (!alignment.IsDeclared && member.Evaluation.Open.TriesDeclaredAlignments && graph.ByteSizeOf(type) is { } size and > 0
            && (size & ~(size - 1)) is var most && most > alignment.Most)
        {
            alignment = alignment with
            {
                Most = most,
                Doubt = $"BTF does not record whether {member.Name} declares more than its natural {alignment.Most}",
            };
        }

        return member.Number(alignment.IsDeclared ? ObservedFact.DeclaredAlignment : ObservedFact.NaturalAlignment, Choose(member, alignment), isOpen: alignment.Least != alignment.Most);
    }

    private static ulong Choose(FoundMember member, TypeAlignment alignment) => alignment.Least == alignment.Most
        ? alignment.Most
        : member.Evaluation.Open.Choose(
            "alignof " + member.Name,
            () => PowersOfTwo(alignment.Least, alignment.Most),
            $"the alignment of {member.Name} is {alignment.Least} to {alignment.Most} ({alignment.Doubt})");

    // Largest first: the natural alignment is the first case.
    private static ImmutableArray<ulong> PowersOfTwo(ulong least, ulong most)
    {
        ImmutableArray<ulong>.Builder powers = ImmutableArray.CreateBuilder<ulong>();
        for (ulong power = most; power >= least; power /= 2)
        {
            powers.Add(power);
        }

        return powers.ToImmutable();
    }
}
