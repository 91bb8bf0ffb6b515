using System.Collections.Immutable;
using System.Globalization;

namespace LayoutCheck.Rules.Language;

/// <summary>
/// What an expression comes to: a number (a truth is 1 or 0), a type, or unknown, with the words for it. Numbers are exact integers: nothing wraps, and a
/// number beyond <see cref="Largest"/> is unknown.
/// </summary>
internal readonly record struct Answer
{
    /// <summary>The largest number, and with a minus the smallest: no layout reaches it, and the product of two still fits an Int128.</summary>
    public static readonly Int128 Largest = Int128.One << 64;

    private readonly int _precedence;
    private readonly string? _name;

    private Answer(Int128? number, TypeAnswer? type, string words, int precedence = Node.Primary, string? name = null)
    {
        Number = number;
        Type = type;
        Words = words;
        _precedence = precedence;
        _name = name;
    }

    /// <summary>The number, or null.</summary>
    public Int128? Number { get; }

    /// <summary>The type, or null.</summary>
    public TypeAnswer? Type { get; }

    /// <summary>Of a known answer, how it came about, values included: <c>folio.pgmap @8</c>. Of an unknown one, why.</summary>
    public string Words { get; }

    /// <summary>Whether a reader should see the words though the answer is true: what changed is allowed.</summary>
    public bool IsNotable { get; init; }

    public bool IsUnknown => Number is null && Type is null;

    public bool IsTrue => Number is { } number && number != 0;

    public bool IsFalse => Number is { } number && number == 0;

    /// <summary>The words with the result.</summary>
    public string Shown => _precedence < Node.Primary ? string.Create(CultureInfo.InvariantCulture, $"{Words} (= {Number})") : Words;

    /// <summary>
    /// The words as an operand of arithmetic that binds as tightly as <paramref name="least"/>. The value of a sizeof is left out: the result shows.
    /// </summary>
    public string Operand(int least) => _precedence < least ? $"({Words})" : _name ?? Words;

    /// <summary>A number with the words for it; <paramref name="name"/> are the words without the value.</summary>
    public static Answer Of(Int128 number, string words, string? name = null) => new(number, null, words, name: name);

    /// <summary>The result of arithmetic, which the words do not show; unknown when it is out of range.</summary>
    public static Answer Computed(Int128 number, string words, int precedence)
        => Int128.Abs(number) > Largest ? TooLarge(words) : new(number, null, words, precedence);

    /// <summary>A result that is out of range.</summary>
    public static Answer TooLarge(string words) => Unknown($"{words} is beyond 64 bits");

    public static Answer Truth(bool truth, string words) => new(truth ? 1 : 0, null, words);

    public static Answer Unknown(string reason) => new(null, null, reason);

    public static Answer OfType(TypeAnswer type, string words) => new(null, type, words);
}

/// <summary>A type in a form to compare: its spellings, with and without typedefs and qualifiers, and its class.</summary>
/// <param name="Spellings">The spellings that it may be asked for by (<see cref="TypeWords.Normalize"/>); empty for a class alone.</param>
/// <param name="Class">Its class.</param>
internal sealed record TypeAnswer(ImmutableArray<string> Spellings, TypeClass Class)
{
    /// <summary>Why the dimensions of an array in it are not known, in a clause; null when they are, or there is none.</summary>
    public string? OpenDimensions { get; init; }

    /// <summary>Whether one spelling of it is one of the other.</summary>
    public bool Is(TypeAnswer other) => Spellings.Intersect(other.Spellings).Any();

    /// <summary>Whether it could be the same type were the dimensions of its arrays, or those of the other's, others of the same product.</summary>
    public bool MayBe(TypeAnswer other)
        => Spellings.IsEmpty || other.Spellings.IsEmpty || Spellings.Select(TypeWords.Flatten).Intersect(other.Spellings.Select(TypeWords.Flatten)).Any();
}
