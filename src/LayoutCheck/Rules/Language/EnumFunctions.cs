using System.Globalization;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>valueof: the value of an enumerator.</summary>
internal static class EnumFunctions
{
    public static MemberFunction ValueOf { get; } = new("valueof", s => s.Enumerator(), Evaluate,
        [new("`valueof(enum pagetype, PGTY_slab)`", "the value of an enumerator, by the tag of its enumeration",
            "valueof(enum pagetype, PGTY_slab) == 0xf5 && valueof(enum pagetype, PGTY_none) == -1")]);

    private static Answer Evaluate(FoundMember member)
    {
        Enumerator enumerator = member.Located.Enumerator!;
        Int128 value = enumerator.Value;
        if (enumerator.Doubt is { } doubt)
        {
            if (enumerator.OtherValue is not { } other)
            {
                return Answer.Unknown($"{doubt}: {member.Name}");
            }

            value = member.Evaluation.Open.Choose("valueof " + member.Name, () => [0, 1], $"{member.Name} is {value} or {other}: {doubt}") == 0 ? value : other;
        }

        bool isNatural = value >= 0;
        Observation observation = new(member.Call.ToString(), member.Name, ObservedFact.Value, isNatural ? (ulong)value : null,
            isNatural ? null : value.ToString(CultureInfo.InvariantCulture))
        {
            Of = enumerator.Doubt is null ? member.Located.Parts : null,
        };
        member.Evaluation.Note(observation);
        return Answer.Of(value, observation.ToString(), member.Name);
    }
}
