using System.Globalization;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Reports;

/// <summary>One number of a layout, for programs: a row of a table.</summary>
/// <param name="Type">The struct, union or enumeration as C spells it: <c>struct page</c>.</param>
/// <param name="Member">The member's path, or null where the fact is of the whole type.</param>
/// <param name="What">
/// The kind of fact: <c>offset</c>, <c>size</c>, <c>end</c>, <c>exists</c>, <c>alignment</c> (as declared), <c>natural_alignment</c>, <c>length</c>, <c>value</c>,
/// <c>sharers</c>, <c>group_size</c>.
/// </param>
/// <param name="Bits">The value in bits, where it is a place or a size; else null.</param>
/// <param name="Value">
/// The value in its own unit: bytes of a place, a size or an alignment (rounded down, for bit-fields), elements of a length, members that share, 0 or 1 of an existence.
/// </param>
public sealed record LayoutFact(string Type, string? Member, string What, ulong? Bits, long Value)
{
    /// <summary>The facts that a check looked at, in the order it looked. What is no number, is not certain or lies beyond 63 bits is in its observations alone.</summary>
    public static IEnumerable<LayoutFact> Of(CheckResult check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Observed.SelectMany(Of).Distinct();
    }

    private static IEnumerable<LayoutFact> Of(Observation seen)
    {
        if (seen.Of is not { } subject || Kind(seen.Fact) is not { } kind || Number(seen, kind.BitsOfUnit) is not { } number)
        {
            yield break;
        }

        ulong? bits = kind.BitsOfUnit == 0 ? null : (ulong)number * kind.BitsOfUnit;

        // Of what does not exist, each of the names that were tried does not.
        bool isMissing = seen.Fact == ObservedFact.Existence && number == 0;
        IEnumerable<string?> members = [subject.Member];
        if (isMissing && subject.Member is { } tried)
        {
            members = tried.Split('|');
        }

        foreach (string? member in members)
        {
            yield return new LayoutFact(subject.Type, member, kind.What, bits, kind.BitsOfUnit == 1 ? number / 8 : number);
        }
    }

    private static long? Number(Observation seen, ulong bitsOfUnit) => seen.Number is { } number ? (number <= long.MaxValue / Math.Max(bitsOfUnit, 1) ? (long)number : null)
        : long.TryParse(seen.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long negative) ? negative
        : null;

    // The name, and the bits of its unit; 0 for what has none.
    private static (string What, ulong BitsOfUnit)? Kind(ObservedFact fact)
        => fact == ObservedFact.ByteOffset ? ("offset", 8)
        : fact == ObservedFact.BitOffset ? ("offset", 1)
        : fact == ObservedFact.EndByteOffset ? ("end", 8)
        : fact == ObservedFact.ByteSize ? ("size", 8)
        : fact == ObservedFact.BitSize ? ("size", 1)
        : fact == ObservedFact.GroupSize ? ("group_size", 8)
        : fact == ObservedFact.DeclaredAlignment ? ("alignment", 8)
        : fact == ObservedFact.NaturalAlignment ? ("natural_alignment", 8)
        : fact == ObservedFact.Existence ? ("exists", 0)
        : fact == ObservedFact.Length ? ("length", 0)
        : fact == ObservedFact.Value ? ("value", 0)
        : fact == ObservedFact.Sharers ? ("sharers", 0)
        : null;
}
