namespace LayoutCheck.Rules.Language;

/// <summary>has_placeholder: whether a member lies exactly on the bytes of another, with a name that says that it keeps them free.</summary>
internal static class PlaceholderFunction
{
    public static MemberFunction HasPlaceholder { get; } = new("has_placeholder", s => s.Member(), Evaluate,
        [new(
            "`has_placeholder(struct page, pgmap)`",
            "whether a member lies exactly on its bytes whose name says that it keeps them free: those of `or placeholder`",
            "!has_placeholder(struct page, pgmap)")]);

    private static Answer Evaluate(FoundMember member)
    {
        if (member.Place.BitSize is not { } bits || member.Located.Graph!.AsAggregate(member.Located.Root) is not { } aggregate)
        {
            return member.NoSize;
        }

        MembersOnBytes search = new(member.Located.Graph, member.Place.BitOffset, member.Place.BitOffset + bits);
        if (!search.TryAdd(aggregate))
        {
            return Answer.Unknown($"more than {MembersOnBytes.Most} members lie on {member.Name}");
        }

        foreach ((string path, Sharer found) in search.Found)
        {
            if (search.IsExactlyThere(found) && MemberList.IsPlaceholder(path))
            {
                string name = $"{member.Name[..member.Name.IndexOf('.', StringComparison.Ordinal)]}.{path}";
                member.Evaluation.Note(new Observation(member.Call.ToString(), name, ObservedFact.Existence, 1) { Of = member.Located.Parts is { } parts ? parts with { Member = path } : null });
                return Answer.Truth(true, $"{path} keeps {member.Name} free");
            }
        }

        if (!member.Place.IsBitField)
        {
            Observation place = new($"offsetof({member.Call.Subject})", member.Name, ObservedFact.ByteOffset, member.Place.BitOffset / 8) { SubjectByteSize = bits / 8 };
            member.Evaluation.Note(place);
        }

        return member.Evaluation.Image.Omission is { IsOfMembers: true } omission
            ? Answer.Unknown($"{member.Name} may share its bytes with more members: {omission.Clause}")
            : Answer.Truth(false, $"no member on {member.Name} has the name of a placeholder");
    }
}
