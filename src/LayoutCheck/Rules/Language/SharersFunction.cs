using System.Globalization;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// A call of sharers: <c>sharers(struct page, compound_head) in { lru, pgmap }</c>. With a type before it, the members of that type on the same bytes:
/// <c>sharers(struct slab, struct page, mapping) in { slab_list }</c>.
/// </summary>
internal sealed class SharersCall(int position, RuleFunction function, TypeReference holder, Subject subject, ulong behind, MemberList allowed)
    : CallNode(position, function)
{
    /// <summary>The type whose members are looked at.</summary>
    public TypeReference Holder => holder;

    /// <summary>The member whose bytes they lie on.</summary>
    public Subject Subject => subject;

    /// <summary>How many objects of the member's type the bytes are behind the place of the member: those of <c>struct page[2]</c> in a struct folio.</summary>
    public ulong Behind => behind;

    /// <summary>The members that may.</summary>
    public MemberList Allowed => allowed;

    public override int Depth { get; } = Math.Max(subject.Depth, holder.Depth) + 1;

    // That of the operator <.
    public override int Precedence => 8;

    public override void Visit(Action<Subject> visit)
    {
        if (holder != subject.Type)
        {
            new Subject(holder, null).Visit(visit);
        }

        subject.Visit(visit);
    }

    public override string ToString()
    {
        string index = behind == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{behind}]");
        string asked = subject.Member is null ? $"{subject.Type}{index}" : $"{subject.Type}{index}, {subject.Member}";
        return $"{Function.Name}({(holder == subject.Type && behind == 0 ? "" : $"{holder}, ")}{asked}) in {allowed}";
    }
}

/// <summary>sharers: whether no other member than those of a list lies on the bytes of a member.</summary>
internal sealed class SharersFunction() : RuleFunction("sharers",
[
    new(
        "`sharers(struct page, pgmap) in { a, b }`",
        "whether the members on its bytes are all in the list; an entry stands for all inside it",
        "sharers(struct page, pgmap) in { compound_head, lru, pgmap }"),
    new("`sharers(struct list_head) in { a, b }`", "the same for all members of a type", "sharers(struct list_head) in { next, prev }"),
    new(
        "`sharers(struct zone, struct page, pgmap) in { a, b }`",
        "the same for the members of another type on those bytes",
        "sharers(struct zone, struct page, pgmap) in { watermark }"),
    new(
        "`sharers(struct zone, struct page[2], pgmap) in { a, b }`",
        "the same two objects of that type further on, as the words of the second tail page lie in a folio",
        "sharers(struct zone, struct page[2], pgmap) in { }"),
    new(
        "`sharers(struct page, pgmap) in { a*, *b } or placeholder`",
        "`*` stands for any characters. Of the other members one that lies exactly there, with a name that says that it is a placeholder or the word itself "
            + "(`*pad*`, `_unused*`, `__filler*`, `_head_*`, `_compound_*`), holds with a warning",
        "sharers(struct page, pgmap) in { compound*, l*u, pgmap } or placeholder"),
    new(
        "`sharers(struct zone, struct page, _refcount) in { a } or low 16`",
        "a member that lies within the low bits of that word is not looked at: of page_type the owner of a page may use 16",
        "sharers(struct zone, struct page, _refcount) in { watermark } or low 16"),
])
{
    // A report draws two members, and lists a few.
    private const int MostPlaces = 4;

    public static SharersFunction Sharers { get; } = new();

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        TokenCursor tokens = arguments.Tokens;
        TypeReference holder = arguments.Subjects.Type();
        (Subject subject, ulong behind) = tokens.Take(",") ? arguments.Subjects.MemberOfElement(holder) : (new(holder, null), 0);
        tokens.Expect(")");
        return new SharersCall(position, this, holder, subject, behind, MemberList.Read(tokens, Name));
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        SharersCall asked = (SharersCall)call;
        Located located = evaluation.Locate(asked.Subject);
        if (located.Place is not { } place)
        {
            return Answer.Unknown(located.Problem);
        }

        if (LocatedAggregate.Find(asked.Holder, evaluation, out Answer unknown) is not { } holder)
        {
            return unknown;
        }

        if (evaluation.Image.Omission is { IsOfMembers: true } omission)
        {
            return Answer.Unknown($"{holder.Name} may have more members: {omission.Clause}");
        }

        if ((place.IsFlexible ? ulong.MaxValue : place.BitOffset + place.BitSize) is not { } end)
        {
            return Answer.Unknown(place.Doubt ?? $"{located.Name} has no size");
        }

        string there = located.Name;
        ulong start = place.BitOffset;
        if (asked.Behind > 0)
        {
            if (located.Graph!.ByteSizeOf(located.Root) is not { } size || end == ulong.MaxValue || size * 8 > (ulong.MaxValue - end) / asked.Behind)
            {
                return Answer.Unknown($"{located.Name} of {asked.Subject.Type}[{asked.Behind}] has no place");
            }

            start += size * 8 * asked.Behind;
            end += size * 8 * asked.Behind;
            there = string.Create(CultureInfo.InvariantCulture, $"bytes {start / 8} to {(end / 8) - 1} ({located.Name} of {asked.Subject.Type}[{asked.Behind}])");
        }

        MembersOnBytes search = new(holder.Graph, start, end);
        if (!search.TryAdd(holder.Type))
        {
            return Answer.Unknown($"more than {MembersOnBytes.Most} members lie on {located.Name}");
        }

        evaluation.Note(new Observation(call.ToString(), located.Name, ObservedFact.Sharers, (ulong)search.Found.Count, string.Join(", ", search.Found.Keys))
        {
            Of = asked.Behind == 0 && asked.Holder.ToString() == asked.Subject.Type.ToString() ? located.Parts : null,
        });
        Judgement judgement = new(asked, there, holder.Name, search, evaluation.Image.Target.IsBigEndian);
        if (judgement.Answer.IsFalse)
        {
            NotePlaces(asked, located, judgement.Strangers, evaluation);
        }

        foreach (string caution in judgement.Cautions)
        {
            evaluation.Warn(caution);
        }

        return judgement.Answer;
    }

    // Of a violation, where the members lie that should not be there, and the word that they lie on. A bit-field has no place in bytes.
    private static void NotePlaces(SharersCall asked, Located word, IReadOnlyList<(string Path, Sharer Member)> strangers, IEvaluation evaluation)
    {
        foreach ((string path, Sharer member) in strangers.Take(MostPlaces))
        {
            if (asked.Holder.BaseName is { } holder && member.BitOffset % 8 == 0 && member.BitEnd % 8 == 0)
            {
                ulong size = (member.BitEnd - member.BitOffset) / 8;
                evaluation.Note(new Observation($"offsetof({asked.Holder}, {path})", $"{holder.Name}.{path}", ObservedFact.ByteOffset, member.BitOffset / 8) { SubjectByteSize = size });
            }
        }

        if (asked is { Behind: 0, Subject.Member: not null } && word.Place is { IsBitField: false } place)
        {
            evaluation.Note(new Observation($"offsetof({asked.Subject})", word.Name, ObservedFact.ByteOffset, place.BitOffset / 8) { SubjectByteSize = place.BitSize / 8 });
        }
    }

    /// <summary>What the members that were found come to.</summary>
    private sealed class Judgement
    {
        public Judgement(SharersCall asked, string there, string holder, MembersOnBytes search, bool isBigEndian)
        {
            List<(string Path, Sharer Member)> strangers = [];
            List<string> cautions = [];
            foreach ((string path, Sharer member) in search.Found)
            {
                if (asked.Allowed.Has(path) || search.IsInLowBits(member, asked.Allowed.LowBits, isBigEndian))
                {
                    continue;
                }

                if (asked.Allowed.AllowsPlaceholders && search.IsExactlyThere(member) && MemberList.IsPlaceholder(path))
                {
                    cautions.Add($"{path} ({member.Type}) of {holder} on {there} is not in the list; by its name it keeps the word free, or is the word");
                }
                else
                {
                    strangers.Add((path, member));
                }
            }

            bool isOfAll = asked.Subject.Member is null;
            Strangers = strangers;
            Cautions = strangers.Count > 0 ? [] : cautions;
            Answer = strangers.Count > 0
                ? Answer.Truth(false, $"{string.Join(", ", strangers.Select(s => $"{s.Path} ({s.Member.Type})"))} of {holder}{(isOfAll ? "" : " on " + there)} {(strangers.Count == 1 ? "is" : "are")} not in the list")
                : Answer.Truth(true, isOfAll ? $"{holder} has no member that is not in the list"
                    : search.Found.Count == 0 ? $"no member of {holder} lies on {there}"
                    : $"on {there} {(search.Found.Count == 1 ? "lies" : "lie")} {string.Join(", ", search.Found.Keys)} of {holder}, {(cautions.Count == 0 ? "all known" : "known or placeholders")}");
        }

        public Answer Answer { get; }

        public IReadOnlyList<string> Cautions { get; }

        /// <summary>The members that the list has not.</summary>
        public IReadOnlyList<(string Path, Sharer Member)> Strangers { get; }
    }
}
