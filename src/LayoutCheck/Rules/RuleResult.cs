using System.Collections.Immutable;
using System.Globalization;

namespace LayoutCheck.Rules;

/// <summary>What a rule came to.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Outcome">Violated when one check is; else Undecided when one is; else Holds when one does; else NotApplicable.</param>
/// <param name="Checks">The result of each check, in the rule's order.</param>
public sealed record RuleResult(Rule Rule, Outcome Outcome, ImmutableArray<CheckResult> Checks);

/// <summary>What one check came to.</summary>
/// <param name="Check">The check.</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Reason">One plain sentence with the values that decided.</param>
/// <param name="Observed">Every fact that the check looked at, each once, in the order it was looked at.</param>
public sealed record CheckResult(RuleCheck Check, Outcome Outcome, string Reason, ImmutableArray<Observation> Observed);

/// <summary>What an <see cref="Observation"/> is about, and so the unit of its number.</summary>
public enum ObservedFact
{
    /// <summary>offsetof, in bytes.</summary>
    ByteOffset,

    /// <summary>offsetofend, in bytes.</summary>
    EndByteOffset,

    /// <summary>bitoffsetof, in bits.</summary>
    BitOffset,

    /// <summary>bitsizeof, in bits.</summary>
    BitSize,

    /// <summary>sizeof, in bytes.</summary>
    ByteSize,

    /// <summary>alignof in bytes, as the source demanded it.</summary>
    DeclaredAlignment,

    /// <summary>alignof in bytes, as it follows from the members: the debug information records no demand.</summary>
    NaturalAlignment,

    /// <summary>exists: 1 or 0.</summary>
    Existence,

    /// <summary>typeof or pointee: a type, in <see cref="Observation.Text"/>.</summary>
    Type,

    /// <summary>ARRAY_SIZE, in elements.</summary>
    Length,

    /// <summary>sharers: how many members lie on a member's bytes; which, in <see cref="Observation.Text"/>.</summary>
    Sharers,

    /// <summary>config: the option's value, in <see cref="Observation.Text"/>.</summary>
    Config,
}

/// <summary>One fact that a check looked at in the image.</summary>
/// <param name="Expression">As the rule asks for it: <c>offsetof(struct page, compound_head|compound_info)</c>.</param>
/// <param name="Subject">What was found: <c>page.compound_head</c>, <c>struct page</c>; of what does not exist, as the rule names it.</param>
/// <param name="Fact">What about it.</param>
/// <param name="Number">The value, in the unit of <paramref name="Fact"/>; null where the value is words.</param>
/// <param name="Text">The value in words, or null. Of a length that is not certain, what is known of it.</param>
public sealed record Observation(string Expression, string Subject, ObservedFact Fact, ulong? Number, string? Text = null)
{
    /// <summary>Of an offset, how many bytes the subject takes from there; null where it has no size.</summary>
    public ulong? SubjectByteSize { get; init; }

    /// <summary>The fact as a report prints it: <c>folio.pgmap @8</c>.</summary>
    public override string ToString() => Fact switch
    {
        ObservedFact.ByteOffset => Format($"{Subject} @{Number}"),
        ObservedFact.EndByteOffset => Format($"end of {Subject} @{Number}"),
        ObservedFact.BitOffset => Format($"{Subject} @bit {Number}"),
        ObservedFact.BitSize => Format($"bitsizeof({Subject})={Number}"),
        ObservedFact.ByteSize => Format($"sizeof({Subject})={Number}"),
        ObservedFact.DeclaredAlignment => Format($"alignof({Subject})={Number} (declared)"),
        ObservedFact.NaturalAlignment => Format($"alignof({Subject})={Number} (natural)"),
        ObservedFact.Existence => Number == 1 ? $"{Subject} exists" : $"{Subject} does not exist",
        ObservedFact.Length when Text is not null => $"ARRAY_SIZE({Subject}) is {Text}",
        ObservedFact.Length => Format($"ARRAY_SIZE({Subject})={Number}"),
        ObservedFact.Sharers => Format($"{Number} members on {Subject}: {Text}"),
        ObservedFact.Config => $"{Subject}={Text}",
        _ => $"{Subject} is {Text}",
    };

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
