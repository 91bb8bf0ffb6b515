using System.Collections.Immutable;
using LayoutCheck.Layouts;

namespace LayoutCheck.Rules.Language;

/// <summary>A call about one type or member: <c>offsetof(struct page, lru)</c>.</summary>
internal sealed class MemberCall(int position, RuleFunction function, Subject subject) : CallNode(position, function)
{
    public Subject Subject => subject;

    public override int Depth { get; } = subject.Depth + 1;

    public override void Visit(Action<Subject> visit) => subject.Visit(visit);

    public override string ToString() => $"{Function.Name}({subject})";
}

/// <summary>A type or member that is there, to ask a <see cref="MemberFunction"/> of.</summary>
/// <param name="Call">The call.</param>
/// <param name="Located">What was found.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Evaluation">The evaluation that asks.</param>
internal readonly record struct FoundMember(MemberCall Call, Located Located, ResolvedMember Place, IEvaluation Evaluation)
{
    public string Name => Located.Name;

    /// <summary>A number that was looked at, noted and told in the fact's words.</summary>
    /// <param name="fact">The kind of fact.</param>
    /// <param name="number">The number, in the fact's unit.</param>
    /// <param name="subjectByteSize">Of an offset, the bytes of the subject; null where it has no size.</param>
    /// <param name="isOpen">Whether the number is one of several cases that are tried.</param>
    public Answer Number(ObservedFact fact, ulong number, ulong? subjectByteSize = null, bool isOpen = false)
    {
        // The shape of an array decides about all that lies in it.
        isOpen |= Evaluation.Open.Any && Name.Contains('[', StringComparison.Ordinal);
        Observation observation = new(Call.ToString(), Name, fact, number) { SubjectByteSize = subjectByteSize, Of = isOpen ? null : Located.Parts };
        Evaluation.Note(observation);
        return Answer.Of(number, observation.ToString(), observation.Call);
    }

    /// <summary>That it has no size: why, where that is known.</summary>
    public Answer NoSize => Answer.Unknown(Place.Doubt ?? $"{Name} has no size");
}

/// <summary>A function of one type or member. Where that is missing it is undecided; what it comes to else is all that a function adds.</summary>
/// <param name="name">Its name.</param>
/// <param name="argument">Reads the type or member.</param>
/// <param name="evaluate">What it comes to where the type or member is there.</param>
/// <param name="uses">Its rows in LANGUAGE.md.</param>
internal sealed class MemberFunction(
    string name, Func<SubjectReader, Subject> argument, Func<FoundMember, Answer> evaluate, ImmutableArray<FunctionUse> uses) : RuleFunction(name, uses)
{
    /// <summary>What a call is of; null = the function itself.</summary>
    public RuleFunction? Meaning { get; init; }

    /// <summary>What it comes to for a type of C that needs no definition (<c>long</c>); null where the parser lets none through.</summary>
    public Func<MemberCall, ScalarReference, IEvaluation, Answer>? EvaluateScalar { get; init; }

    /// <summary>What it comes to where the type or member is missing; null = undecided.</summary>
    public Func<MemberCall, Located, IEvaluation, Answer>? EvaluateMissing { get; init; }

    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        Subject subject = argument(arguments.Subjects);
        arguments.Tokens.Expect(")");
        return new MemberCall(position, Meaning ?? this, subject);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        MemberCall member = (MemberCall)call;
        if (member.Subject.Type is ScalarReference scalar && EvaluateScalar is not null)
        {
            return EvaluateScalar(member, scalar, evaluation);
        }

        if (evaluation.Image.Exported is { } exported)
        {
            return OfExported(member, exported, evaluation);
        }

        Located located = evaluation.Locate(member.Subject);
        return located.Place is { } place ? evaluate(new FoundMember(member, located, place, evaluation))
            : EvaluateMissing?.Invoke(member, located, evaluation) ?? Answer.Unknown(located.Problem + located.Near?.Invoke());
    }

    // Of an image without types.
    private Answer OfExported(MemberCall call, ExportedAnswers exported, IEvaluation evaluation)
    {
        if (exported.Find(Name, call.Subject) is not { } found)
        {
            return Answer.Unknown($"{call.Subject} is not known: {exported.Clause}");
        }

        Observation observation = new(call.ToString(), found.Subject, found.Fact, found.Value);
        evaluation.Note(observation);
        return Answer.Of(found.Value, observation.ToString(), observation.Call);
    }
}
