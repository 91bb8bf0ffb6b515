using LayoutCheck.Core;
using LayoutCheck.Types;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// Answers from what a kernel's code exports in VMCOREINFO, for an image without types: places, sizes, lengths, values, and that something exists. What is not
/// exported is not known: nothing counts as absent.
/// </summary>
/// <param name="note">The facts.</param>
/// <param name="clause">Why nothing else is known, in a clause.</param>
internal sealed class ExportedAnswers(ExportedNote note, string clause)
{
    private readonly Dictionary<string, ExportedLine> _facts = note.Known.Where(l => !l.IsContradicted).GroupBy(l => l.Key, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);

    /// <summary>What a call about a type or member comes to.</summary>
    public Answer Of(MemberCall call, IEvaluation evaluation)
    {
        if (call.Subject.Type is NamedReference { Name: var type })
        {
            foreach (string? member in call.Subject.Member is { } members ? members.Paths.Cast<string?>() : [null])
            {
                if (Of(call, type, member, evaluation) is { } answer)
                {
                    return answer;
                }
            }
        }

        return Answer.Unknown($"{call.Subject} is not known: {clause}");
    }

    private Answer? Of(MemberCall call, TypeName type, string? member, IEvaluation evaluation)
    {
        string subject = member is null ? type.ToString() : $"{type.Name}.{member}";
        (ExportedKind Kind, ObservedFact Fact)? asked = call.Function.Name switch
        {
            "offsetof" when member is not null => (ExportedKind.Offset, ObservedFact.ByteOffset),
            "sizeof" when member is null => (ExportedKind.Size, ObservedFact.ByteSize),
            "ARRAY_SIZE" when member is not null => (ExportedKind.Length, ObservedFact.Length),
            "valueof" when member is not null => (ExportedKind.Number, ObservedFact.Value),
            _ => null,
        };
        if (call.Function.Name == "exists")
        {
            return Exists(type, member) ? Answer.Truth(true, $"{subject} exists") : null;
        }

        string name = asked?.Kind switch { ExportedKind.Size => type.Name, ExportedKind.Number => member!, _ => $"{type.Name}.{member}" };
        if (asked is not { } fact || Find(fact.Kind, name) is not { Value: >= 0 and { } value })
        {
            return null;
        }

        Observation observation = new(call.ToString(), fact.Kind == ExportedKind.Number ? name : subject, fact.Fact, (ulong)value);
        evaluation.Note(observation);
        return Answer.Of(value, observation.ToString(), observation.Call);
    }

    private ExportedLine? Find(ExportedKind kind, string name) => _facts.GetValueOrDefault($"{ExportedLine.Word(kind)}({name})");

    private bool Exists(TypeName type, string? member) => type.Kind == TypeNameKind.Enum
        ? member is not null && Find(ExportedKind.Number, member) is not null
        : member is not null
            ? Find(ExportedKind.Offset, $"{type.Name}.{member}") is not null
            : Find(ExportedKind.Size, type.Name) is not null || _facts.Values.Any(l => l.Kind == ExportedKind.Offset && l.Name.StartsWith($"{type.Name}.", StringComparison.Ordinal));
}
