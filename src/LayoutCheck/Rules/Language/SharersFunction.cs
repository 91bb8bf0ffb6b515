using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// A call of sharers: <c>sharers(struct page, compound_head) in { lru, pgmap }</c>. With a type before it, the members of that type on the same bytes:
/// <c>sharers(struct slab, struct page, mapping) in { slab_list }</c>.
/// </summary>
internal sealed class SharersCall(int position, RuleFunction function, TypeReference holder, Subject subject, ImmutableArray<string> allowed)
    : CallNode(position, function)
{
    /// <summary>The type whose members are looked at.</summary>
    public TypeReference Holder => holder;

    /// <summary>The member whose bytes they lie on.</summary>
    public Subject Subject => subject;

    /// <summary>The paths of the members that may.</summary>
    public ImmutableArray<string> Allowed => allowed;

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

    public override string ToString() => $"{Function.Name}({(holder == subject.Type ? "" : $"{holder}, ")}{subject}) in {{ {string.Join(", ", allowed)} }}";
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
])
{
    // Members are searched recursively; a hostile image could nest without end.
    private const int MostSharers = 10_000;

    public static SharersFunction Sharers { get; } = new();

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        TokenCursor tokens = arguments.Tokens;
        TypeReference holder = arguments.Subjects.Type();
        Subject subject = tokens.Take(",") ? arguments.Subjects.MemberOf(holder) : new(holder, null);
        tokens.Expect(")");
        if (tokens.CurrentOrNull is not { } next || !next.IsWord("in"))
        {
            throw tokens.Error("sharers(...) is followed by: in { member, ... }");
        }

        _ = tokens.Next();
        tokens.Expect("{");
        ImmutableArray<string>.Builder allowed = ImmutableArray.CreateBuilder<string>();
        while (!tokens.Peek("}"))
        {
            allowed.Add(arguments.Subjects.Path());
            if (!tokens.Take(","))
            {
                break;
            }
        }

        tokens.Expect("}");
        return new SharersCall(position, this, holder, subject, allowed.ToImmutable());
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

        Located holder = evaluation.Locate(new Subject(asked.Holder, null));
        if (holder.Place is null)
        {
            return Answer.Unknown(holder.Problem);
        }

        if (holder.IsOneOfMany)
        {
            return Answer.Unknown($"the definitions of {holder.Name} differ");
        }

        if (holder.Graph!.AsAggregate(holder.Root) is not { } aggregate)
        {
            return Answer.Unknown($"{holder.Name} is no struct or union");
        }

        if (evaluation.Image.Omission is { IsOfMembers: true } omission)
        {
            return Answer.Unknown($"{holder.Name} may have more members: {omission.Clause}");
        }

        if ((place.IsFlexible ? ulong.MaxValue : place.BitOffset + place.BitSize) is not { } end)
        {
            return Answer.Unknown(place.Doubt ?? $"{located.Name} has no size");
        }

        Search search = new(holder.Graph, place.BitOffset, end);
        if (!search.TryAdd(aggregate))
        {
            return Answer.Unknown($"more than {MostSharers} members lie on {located.Name}");
        }

        evaluation.Note(new Observation(call.ToString(), located.Name, ObservedFact.Sharers, (ulong)search.Found.Count, string.Join(", ", search.Found.Keys)));
        return Judge(asked, located.Name, holder.Name, search.Found);
    }

    private static Answer Judge(SharersCall asked, string member, string holder, SortedDictionary<string, string> found)
    {
        HashSet<string> allowed = new(asked.Allowed, StringComparer.Ordinal);
        List<string> strangers = [.. found.Where(m => !IsAllowed(m.Key, allowed)).Select(m => $"{m.Key} ({m.Value})")];
        bool isOfAll = asked.Subject.Member is null;
        if (strangers.Count > 0)
        {
            return Answer.Truth(false,
                $"{string.Join(", ", strangers)} of {holder}{(isOfAll ? "" : " on " + member)} {(strangers.Count == 1 ? "is" : "are")} not in the list");
        }

        return Answer.Truth(true, isOfAll ? $"{holder} has no member that is not in the list"
            : found.Count == 0 ? $"no member of {holder} lies on {member}"
            : $"on {member} {(found.Count == 1 ? "lies" : "lie")} {string.Join(", ", found.Keys)} of {holder}, all known");
    }

    // A member is allowed when it, or one that it lies in, is in the list.
    private static bool IsAllowed(string path, HashSet<string> allowed)
    {
        for (int dot = path.Length; dot > 0; dot = path.LastIndexOf('.', dot - 1))
        {
            if (allowed.Contains(path[..dot]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The search for the members that are no struct or union themselves and lie on a range of bits.</summary>
    private sealed class Search(TypeGraph graph, ulong start, ulong end)
    {
        private readonly Dictionary<AggregateType, bool> _holdsFlexibleArray = new(ReferenceEqualityComparer.Instance);
        private int _budget = MostSharers;

        /// <summary>The paths of the members, in ordinal order, with the spelling of their types.</summary>
        public SortedDictionary<string, string> Found { get; } = new(StringComparer.Ordinal);

        /// <summary>Adds the members of a type; false when there are too many to look at.</summary>
        public bool TryAdd(AggregateType aggregate)
        {
            Add(aggregate, "", 0);
            return _budget > 0;
        }

        private void Add(AggregateType aggregate, string prefix, ulong offset)
        {
            for (int i = 0; i < aggregate.Members.Length; i++)
            {
                Member member = aggregate.Members[i];
                if (--_budget <= 0)
                {
                    return;
                }

                // What a flexible array is in may end before the array does, and have no bytes at all (DECLARE_FLEX_ARRAY of include/linux/stddef.h).
                ulong from = offset + member.BitOffset;
                AggregateType? inside = graph.AsAggregate(member.Type);
                ulong size = member.BitFieldSize ?? (graph.ByteSizeOf(member.Type)!.Value * 8);
                bool reachesOn = inside is null ? graph.IsFlexibleArray(aggregate, i) : HoldsFlexibleArray(inside);
                if (from >= end || (!reachesOn && from + size <= start))
                {
                    continue;
                }

                string path = member.Name is null ? prefix : prefix.Length == 0 ? member.Name : $"{prefix}.{member.Name}";
                if (inside is { } inner)
                {
                    Add(inner, path, from);
                }
                else if (member.Name is not null)
                {
                    Found[path] = TypeWords.Spell(graph, member.Type);
                }
            }
        }

        private bool HoldsFlexibleArray(AggregateType aggregate)
        {
            if (!_holdsFlexibleArray.TryGetValue(aggregate, out bool isKnown))
            {
                isKnown = Enumerable.Range(0, aggregate.Members.Length)
                    .Any(i => graph.IsFlexibleArray(aggregate, i) || (graph.AsAggregate(aggregate.Members[i].Type) is { } inner && HoldsFlexibleArray(inner)));
                _holdsFlexibleArray.Add(aggregate, isKnown);
            }

            return isKnown;
        }
    }
}
