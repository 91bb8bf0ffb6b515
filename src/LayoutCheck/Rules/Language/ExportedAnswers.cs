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

    /// <summary>The reason why other facts are unknown, in a clause.</summary>
    public string Clause => clause;

    /// <summary>What a function of a type or member comes to, by the first of the member's names that is exported; null where none is.</summary>
    public ExportedAnswer? Find(string function, Subject subject)
    {
        if (subject.Type is not NamedReference { Name: var type })
        {
            return null;
        }

        foreach (string? member in subject.Member is { } members ? members.Paths.Cast<string?>() : [null])
        {
            if (Find(function, type, member) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    private ExportedAnswer? Find(string function, TypeName type, string? member)
    {
        string subject = member is null ? type.ToString() : $"{type.Name}.{member}";
        switch (function)
        {
            case "offsetof" when member is not null:
                return Answer(ExportedKind.Offset, subject, subject, ObservedFact.ByteOffset);
            case "sizeof" when member is null:
                return Answer(ExportedKind.Size, type.Name, subject, ObservedFact.ByteSize);
            case "ARRAY_SIZE" when member is not null:
                return Answer(ExportedKind.Length, subject, subject, ObservedFact.Length);
            case "valueof" when member is not null:
                return Answer(ExportedKind.Number, member, member, ObservedFact.Value);
            case "exists" when Exists(type, member):
                return new ExportedAnswer(subject, ObservedFact.Existence, 1);
            default:
                return null;
        }
    }

    private ExportedAnswer? Answer(ExportedKind kind, string name, string subject, ObservedFact fact)
        => Find(kind, name) is { Value: >= 0 and { } value } ? new ExportedAnswer(subject, fact, (ulong)value) : null;

    private ExportedLine? Find(ExportedKind kind, string name) => _facts.GetValueOrDefault($"{ExportedLine.Word(kind)}({name})");

    private bool Exists(TypeName type, string? member) => type.Kind == TypeNameKind.Enum
        ? member is not null && Find(ExportedKind.Number, member) is not null
        : member is not null
            ? Find(ExportedKind.Offset, $"{type.Name}.{member}") is not null
            : Find(ExportedKind.Size, type.Name) is not null || _facts.Values.Any(l => l.Kind == ExportedKind.Offset && l.Name.StartsWith($"{type.Name}.", StringComparison.Ordinal));
}

/// <summary>A fact that answers a question of a rule.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Fact">What of it.</param>
/// <param name="Value">The number.</param>
internal sealed record ExportedAnswer(string Subject, ObservedFact Fact, ulong Value);
