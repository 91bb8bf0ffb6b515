using System.Collections.Immutable;

namespace LayoutCheck.Rules.Language;

/// <summary>The functions of how two members lie to each other.</summary>
internal static class RangeFunctions
{
    public static RangeFunction Overlaps { get; } = new("overlaps", (a, b) => a.Start < b.Reach && b.Start < a.Reach, "overlaps", "does not overlap",
    [
        new(
            "`overlaps(struct page, pgmap, struct page, lru)`, `overlaps(struct page, pgmap, lru)`",
            "whether two members share a bit; both structs begin at 0",
            "overlaps(struct page, pgmap, lru)"),
    ]);

    public static RangeFunction Contains { get; } = new("contains", (a, b) => a.Start <= b.Start && b.End <= a.End, "contains", "does not contain",
    [
        new(
            "`contains(struct page, lru, pgmap)`",
            "whether the second lies within the first",
            "contains(struct page, lru, pgmap) && !contains(struct page, pgmap, lru)"),
    ]);
}

/// <summary>A call about two members: <c>overlaps(struct page, pgmap, lru)</c>.</summary>
internal sealed class RangeCall(int position, RuleFunction function, Subject first, Subject second) : CallNode(position, function)
{
    public Subject First => first;

    public Subject Second => second;

    public override int Depth { get; } = Math.Max(first.Depth, second.Depth) + 1;

    public override void Visit(Action<Subject> visit)
    {
        first.Visit(visit);
        second.Visit(visit);
    }

    public override string ToString() => first.Type.ToString() == second.Type.ToString()
        ? $"{Function.Name}({first}, {second.Member})"
        : $"{Function.Name}({first}, {second})";
}

/// <summary>A function of the bits of two members.</summary>
/// <param name="name">Its name.</param>
/// <param name="relation">Whether it is true of the two.</param>
/// <param name="whenTrue">The words between them when it is.</param>
/// <param name="whenFalse">The words between them when it is not.</param>
/// <param name="uses">Its rows in LANGUAGE.md.</param>
internal sealed class RangeFunction(
    string name, Func<BitRange, BitRange, bool> relation, string whenTrue, string whenFalse, ImmutableArray<FunctionUse> uses) : RuleFunction(name, uses)
{
    /// <inheritdoc/>
    public override CallNode Read(int position, IArgumentReader arguments)
    {
        Subject first = arguments.Subjects.Member();
        arguments.Tokens.Expect(",");
        Subject second = arguments.Subjects.MemberOf(first.Type);
        arguments.Tokens.Expect(")");
        return new RangeCall(position, this, first with { IsContainer = this == RangeFunctions.Contains }, second);
    }

    /// <inheritdoc/>
    public override Answer Evaluate(CallNode call, IEvaluation evaluation)
    {
        RangeCall range = (RangeCall)call;
        if (BitRange.Of(range.First, evaluation, out Answer first) is not { } a)
        {
            return first;
        }

        if (BitRange.Of(range.Second, evaluation, out Answer second) is not { } b)
        {
            return second;
        }

        bool isTrue = relation(a, b);
        return Answer.Truth(isTrue, $"{a} {(isTrue ? whenTrue : whenFalse)} {b}");
    }
}

/// <summary>The bits of a member or a group, from the start of the type.</summary>
internal readonly record struct BitRange(string Name, ulong Start, ulong End, bool IsFlexible)
{
    /// <summary>Where its bits end: those of a flexible array nowhere.</summary>
    public ulong Reach => IsFlexible ? ulong.MaxValue : End;

    /// <summary>The bits of a member; null when they are not known, with the reason.</summary>
    public static BitRange? Of(Subject subject, IEvaluation evaluation, out Answer problem)
    {
        Located located = evaluation.Locate(subject);
        problem = default;
        if (located.Place is not { } place)
        {
            problem = Answer.Unknown(located.Problem);
            return null;
        }

        if (place.BitSize is not { } size)
        {
            problem = Answer.Unknown(place.Doubt ?? $"{located.Name} has no size");
            return null;
        }

        FactSubject? parts = evaluation.Open.Any && located.Name.Contains('[', StringComparison.Ordinal) ? null : located.Parts;
        if (place.IsBitField)
        {
            evaluation.Note(new Observation($"bitoffsetof({subject})", located.Name, ObservedFact.BitOffset, place.BitOffset) { Of = parts });
        }
        else
        {
            evaluation.Note(new Observation($"offsetof({subject})", located.Name, ObservedFact.ByteOffset, place.BitOffset / 8) { SubjectByteSize = size / 8, Of = parts });
            evaluation.Note(new Observation($"sizeof({subject})", located.Name, ObservedFact.ByteSize, size / 8) { Of = parts });
        }

        return new BitRange(located.Name, place.BitOffset, place.BitOffset + size, place.IsFlexible);
    }

    public override string ToString() => IsFlexible ? $"{Name} (from byte {Start / 8} on)"
        : Start == End ? $"{Name} (no bytes, at byte {Start / 8})"
        : Start % 8 == 0 && End % 8 == 0 ? $"{Name} (bytes {Start / 8} up to {End / 8})"
        : $"{Name} (bits {Start} up to {End})";
}
