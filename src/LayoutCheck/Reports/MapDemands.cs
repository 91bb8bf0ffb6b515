using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using LayoutCheck.Rules;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Reports;

/// <summary>What the members of violated checks must do, in words for the box that shows them.</summary>
internal static partial class MapDemands
{
    /// <summary>The words by type and path (<c>folio.pgmap</c>): of the first violated check that names the member.</summary>
    /// <param name="results">The results of the rules.</param>
    /// <param name="wordByteSize">The size in bytes of a long.</param>
    public static ImmutableDictionary<string, string> Of(ImmutableArray<RuleResult> results, int wordByteSize)
    {
        ImmutableDictionary<string, string>.Builder demands = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (RuleResult result in results)
        {
            foreach (CheckResult check in result.Checks.Where(c => c.Outcome == Outcome.Violated))
            {
                // Of sharers, the member that is named is the one that others must stay off.
                if (check.Observed.FirstOrDefault(o => o.Subject.Contains('.', StringComparison.Ordinal)) is { } first && first.Fact != ObservedFact.Sharers && !demands.ContainsKey(first.Subject))
                {
                    demands.Add(first.Subject, Place(check) ?? Size(check, wordByteSize) ?? $"violates {result.Rule.Id}");
                }
            }
        }

        return demands.ToImmutable();
    }

    // Two members that must lie at one place, or so far from each other: the first is to move.
    private static string? Place(CheckResult check)
    {
        Observation[] places = [.. check.Observed.Where(o => o.Fact == ObservedFact.ByteOffset && o.Number is not null).DistinctBy(o => o.Subject)];
        if (places is not [var member, var other] || !PlaceOfOne().IsMatch(check.Check.Expression.Text))
        {
            return null;
        }

        ulong? wanted = PlaceOfTwo().IsMatch(check.Check.Expression.Text) ? other.Number
            : Sum().Match(check.Reason) is { Success: true } sum && ulong.TryParse(sum.Groups["sum"].Value, CultureInfo.InvariantCulture, out ulong computed) ? computed
            : null;
        return wanted is { } byteOffset && byteOffset != member.Number ? string.Create(CultureInfo.InvariantCulture, $"must start at byte {byteOffset}") : null;
    }

    private static string? Size(CheckResult check, int wordByteSize)
    {
        if (SizeOfOne().Match(check.Check.Expression.Text) is not { Success: true } match)
        {
            return null;
        }

        string size = match.Groups["size"].Value is { Length: > 0 } number ? number : wordByteSize.ToString(CultureInfo.InvariantCulture);
        return $"must be {size} bytes wide";
    }

    [GeneratedRegex(@"^offsetof\([^()]*\) == offsetof\([^()]*\)$")]
    private static partial Regex PlaceOfTwo();

    [GeneratedRegex(@"^offsetof\([^()]*\) == [^=<>!]*$")]
    private static partial Regex PlaceOfOne();

    // As the evaluator writes the result of arithmetic on the right.
    [GeneratedRegex(@"\(= (?<sum>[0-9]+)\)$")]
    private static partial Regex Sum();

    [GeneratedRegex(@"^sizeof\([^()]*\) == (?:sizeof\(long\)|(?<size>[0-9]{1,6}))$")]
    private static partial Regex SizeOfOne();
}
