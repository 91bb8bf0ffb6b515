using System.Globalization;

namespace LayoutCheck.Rules.Language;

/// <summary>What an <see cref="Observation"/> is about: the unit of its number, and the words for it.</summary>
public sealed class ObservedFact
{
    private readonly Func<Observation, string> _words;
    private readonly string? _function;

    // `function` is the one that gives the fact, where the words are a call of it with the value.
    private ObservedFact(Func<Observation, string>? words, string? function = null)
    {
        _words = words ?? (o => $"{Call(o)}={o.Number}");
        _function = function;
    }

    /// <summary>offsetof, in bytes.</summary>
    public static ObservedFact ByteOffset { get; } = new(o => $"{o.Subject} @{o.Number}");

    /// <summary>offsetofend, in bytes.</summary>
    public static ObservedFact EndByteOffset { get; } = new(o => $"end of {o.Subject} @{o.Number}");

    /// <summary>bitoffsetof, in bits.</summary>
    public static ObservedFact BitOffset { get; } = new(o => $"{o.Subject} @bit {o.Number}");

    /// <summary>bitsizeof, in bits.</summary>
    public static ObservedFact BitSize { get; } = new(o => $"bitsizeof({o.Subject})={o.Number}");

    /// <summary>sizeof, in bytes.</summary>
    public static ObservedFact ByteSize { get; } = new(null, "sizeof");

    /// <summary>alignof in bytes, as the source demanded it.</summary>
    public static ObservedFact DeclaredAlignment { get; } = new(o => $"alignof({o.Subject})={o.Number} (declared)");

    /// <summary>alignof in bytes, as it follows from the members: the debug information records no demand.</summary>
    public static ObservedFact NaturalAlignment { get; } = new(o => $"alignof({o.Subject})={o.Number} (natural)");

    /// <summary>exists: 1 or 0.</summary>
    public static ObservedFact Existence { get; } = new(o => o.Number == 1 ? $"{o.Subject} exists" : $"{o.Subject} does not exist");

    /// <summary>typeof or pointee: a type, in <see cref="Observation.Text"/>.</summary>
    public static ObservedFact Type { get; } = new(o => $"{o.Subject} is {o.Text}");

    /// <summary>ARRAY_SIZE, in elements; what is known of one that is not certain, in <see cref="Observation.Text"/>.</summary>
    public static ObservedFact Length { get; } = new(o => o.Text is null ? $"ARRAY_SIZE({o.Subject})={o.Number}"
        : $"ARRAY_SIZE({o.Subject}) is {o.Text}", "ARRAY_SIZE");

    /// <summary>valueof: a value from 0, or a negative one in <see cref="Observation.Text"/>.</summary>
    public static ObservedFact Value { get; } = new(o => $"{o.Subject}={o.Text ?? o.Number?.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>sharers: how many members lie on a member's bytes; which, in <see cref="Observation.Text"/>.</summary>
    public static ObservedFact Sharers { get; } = new(o => $"{o.Number} members on {o.Subject}: {o.Text}");

    /// <summary>config: the option's value, in <see cref="Observation.Text"/>.</summary>
    public static ObservedFact Config { get; } = new(o => $"{o.Subject}={o.Text}");

    /// <summary>sizeof_group, in bytes, of a group of members.</summary>
    public static ObservedFact GroupSize { get; } = new(null, "sizeof");

    internal string Words(Observation observation) => _words(observation);

    // The words without the value, for arithmetic, whose result shows. Of an offset the value is the shortest name.
    internal string? Call(Observation observation) => _function is null ? null : $"{_function}({observation.Subject})";
}

/// <summary>The subject of a fact in parts, for programs.</summary>
/// <param name="Type">The struct, union or enumeration as C spells it: <c>struct page</c>.</param>
/// <param name="Member">The member's path, or the enumerator; null for the whole type.</param>
public readonly record struct FactSubject(string Type, string? Member);

/// <summary>One fact that a check looked at in the image.</summary>
/// <param name="Expression">As the rule asks for it: <c>offsetof(struct page, compound_head|compound_info)</c>.</param>
/// <param name="Subject">What was found: <c>page.compound_head</c>, <c>struct page</c>; of what does not exist, as the rule names it.</param>
/// <param name="Fact">What about it.</param>
/// <param name="Number">The value, in the unit of <paramref name="Fact"/>; null where the value is words.</param>
/// <param name="Text">The value in words, or null.</param>
public sealed record Observation(string Expression, string Subject, ObservedFact Fact, ulong? Number, string? Text = null)
{
    /// <summary>Of an offset, how many bytes the subject takes from there; null where it has no size.</summary>
    public ulong? SubjectByteSize { get; init; }

    /// <summary>The type and member that the number is certain of; null where the debug information leaves it open, and of what is no number.</summary>
    public FactSubject? Of { get; init; }

    /// <summary>The function with its subject and without the value (<c>sizeof(struct page)</c>), or null.</summary>
    internal string? Call => Fact.Call(this);

    /// <summary>The fact as a report prints it: <c>folio.pgmap @8</c>.</summary>
    public override string ToString() => Fact.Words(this);
}
