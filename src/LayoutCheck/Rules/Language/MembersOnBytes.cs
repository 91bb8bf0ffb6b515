using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>The search for the members that are no struct or union themselves and lie on a range of bits.</summary>
internal sealed class MembersOnBytes(TypeGraph graph, ulong start, ulong end)
{
    /// <summary>How many members are looked at: a hostile image could nest without end.</summary>
    public const int Most = 10_000;

    private readonly Dictionary<AggregateType, bool> _holdsFlexibleArray = new(ReferenceEqualityComparer.Instance);
    private int _budget = Most;

    /// <summary>The paths of the members, in ordinal order.</summary>
    public SortedDictionary<string, Sharer> Found { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a member begins and ends with the bytes asked about.</summary>
    public bool IsExactlyThere(Sharer member) => member.BitOffset == start && member.BitEnd == end;

    /// <summary>Whether a member that was found lies within the low bits of the word, which are its last on big-endian machines.</summary>
    public bool IsInLowBits(Sharer member, ulong bits, bool isBigEndian)
        => bits > 0 && bits <= end - start && (isBigEndian ? member.BitOffset >= end - bits && member.BitEnd <= end
            : member.BitOffset >= start && member.BitEnd <= start + bits);

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
                Found[path] = new Sharer(TypeWords.Spell(graph, member.Type), from, reachesOn ? ulong.MaxValue : from + size);
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

/// <summary>A member that was found.</summary>
/// <param name="Type">The spelling of its type.</param>
/// <param name="BitOffset">Where it begins, in bits from the start of the type that was searched.</param>
/// <param name="BitEnd">Where it ends, likewise; the largest number for a flexible array.</param>
internal readonly record struct Sharer(string Type, ulong BitOffset, ulong BitEnd);
