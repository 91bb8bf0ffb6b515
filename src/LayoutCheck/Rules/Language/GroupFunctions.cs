namespace LayoutCheck.Rules.Language;

/// <summary>
/// The functions of cacheline groups: the bytes between two markers without a size (<c>__cacheline_group_begin</c> of include/linux/cache.h).
/// </summary>
internal static class GroupFunctions
{
    public static InGroupFunction InGroup { get; } = new();

    public static SizeOfGroupFunction SizeOfGroup { get; } = new();

    /// <summary>The bits between the markers of a group; null when they are not known, with the reason.</summary>
    public static (ulong Start, ulong End)? Markers(TypeReference type, string group, IEvaluation evaluation, out string problem)
    {
        Located begin = evaluation.Locate(new Subject(type, new MemberAlternatives(["__cacheline_group_begin__" + group])));
        Located end = evaluation.Locate(new Subject(type, new MemberAlternatives(["__cacheline_group_end__" + group])));
        problem = begin.Place is null ? begin.Problem : end.Problem;
        return begin.Place is null || end.Place is null ? null : (begin.Place.BitOffset + begin.Place.BitSize!.Value, end.Place.BitOffset);
    }
}

/// <summary><c>in_group(struct tcp_sock, tcp_sock_read_tx, max_window)</c>: a type, a group and a member of the type.</summary>
internal sealed class GroupCall(int position, RuleFunction function, string group, Subject subject) : CallNode(position, function)
{
    public string Group => group;

    public Subject Subject => subject;

    public override int Depth { get; } = subject.Depth + 1;

    public override void Visit(Action<Subject> visit) => subject.Visit(visit);

    public override string ToString() => $"{Function.Name}({subject.Type}, {group}, {subject.Member})";
}

/// <summary>in_group: whether a member lies between the markers of a group.</summary>
internal sealed class InGroupFunction() : RuleFunction("in_group",
    [new("`in_group(struct zone, hot, watermark)`", "whether a member lies between the markers of a cacheline group", "in_group(struct zone, hot, watermark)")])
{
    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        TypeReference type = arguments.Subjects.Type();
        arguments.Tokens.Expect(",");
        string group = arguments.Tokens.Word("the name of a group");
        arguments.Tokens.Expect(",");
        Subject subject = new(type, arguments.Subjects.Alternatives());
        arguments.Tokens.Expect(")");
        return new GroupCall(position, this, group, subject);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        GroupCall asked = (GroupCall)call;
        if (GroupFunctions.Markers(asked.Subject.Type, asked.Group, evaluation, out string problem) is not { } markers)
        {
            return Answer.Unknown(problem);
        }

        if (BitRange.Of(asked.Subject, evaluation, out Answer unknown) is not { } member)
        {
            return unknown;
        }

        bool isInside = markers.Start <= member.Start && member.End <= markers.End;
        return Answer.Truth(isInside,
            $"{member} {(isInside ? "lies in" : "is not inside")} group {new BitRange(asked.Group, markers.Start, markers.End, IsFlexible: false)}");
    }
}

/// <summary>sizeof_group: the bytes between the markers of a group. The group stands where other functions have a member.</summary>
internal sealed class SizeOfGroupFunction() : RuleFunction("sizeof_group",
    [new("`sizeof_group(struct zone, hot)`", "bytes between the markers", "sizeof_group(struct zone, hot) == 64")])
{
    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        Subject group = arguments.Subjects.Member();
        arguments.Tokens.Expect(")");
        return new MemberCall(position, this, group);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        Subject subject = ((MemberCall)call).Subject;
        string group = subject.Member!.Paths[0];
        if (GroupFunctions.Markers(subject.Type, group, evaluation, out string problem) is not { } markers)
        {
            return Answer.Unknown(problem);
        }

        if (markers.End < markers.Start)
        {
            return Answer.Unknown($"the end marker of group {group} lies before its begin marker");
        }

        ulong size = (markers.End - markers.Start) / 8;
        evaluation.Note(new Observation(call.ToString(), "group " + group, ObservedFact.GroupSize, size) { Of = new FactSubject(subject.Type.ToString(), group) });
        return Answer.Of(size, $"sizeof(group {group})={size}");
    }
}
