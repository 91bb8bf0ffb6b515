using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Rules;
using LayoutCheck.Types;

namespace LayoutCheck.Reports.Formats;

/// <summary><see cref="DiffReport"/> as text: the verdict, the causes with their members, and in one line each, what follows from them.</summary>
internal static class DiffText
{
    private const int MostNamed = 6;
    private const int MostGuards = 20;

    /// <summary>Writes the report.</summary>
    public static void Write(DiffReport report, TextStyle style, TextWriter output)
    {
        FoldedText text = new(output, style);
        text.Line(Printable.Escape(report.Headline()), 4, report.ExitCode switch
        {
            ExitCode.Holds => style.Good,
            ExitCode.Violated => style.Bad,
            _ => style.Warning,
        });
        if (style.Verbosity == Verbosity.Quiet)
        {
            return;
        }

        if (report.Asked.IsEmpty)
        {
            WriteCounts(report, text);
        }

        if (report.Types.Chars.Members > 0)
        {
            text.Line($"char changed its signedness: {Printable.Count((ulong)report.Types.Chars.Members, "member")} of {Printable.Count((ulong)report.Types.Chars.Types, "type")}, not listed below");
        }

        WriteTypes(report.Types, report.Reach, report.Limit, text);
        WriteAccepted(report.Types, text);
        WriteOneSided(report, text);
        WriteHistories(report.Histories, text);
        WriteRules(report.Rules, text);
        if (report.Reach is { } reach)
        {
            ReachText.WriteSummary(reach, text);
        }
    }

    private static void WriteCounts(DiffReport report, FoldedText text)
    {
        Comparison types = report.Types;
        int followUps = types.Different.Count(t => !t.Causes.IsEmpty);
        int own = types.Different.Count(t => t.Causes.IsEmpty && t.Problem is null && t.Most > ChangeClass.Compatible);
        int compatible = types.Different.Count(t => t.Causes.IsEmpty && t.Problem is null && t.Most == ChangeClass.Compatible);
        text.Line($"{types.SameCount} same, {compatible} compatible, {own} changed, {followUps} changed inside only, "
            + $"{types.Different.Count(t => t.Problem is not null || t.Least != t.Most)} open; "
            + $"{types.OnlyOld.Length} types only in the old image, {types.OnlyNew.Length} only in the new one");
    }

    /// <summary>Writes a check's comparison with another description of the same types.</summary>
    /// <returns>The number of problems.</returns>
    public static int WriteAgreement(Agreement agreement, FoldedText text)
    {
        if (agreement.ExitCode == ExitCode.Holds && agreement.Types.Different.IsEmpty && agreement.Types.Accepted.IsEmpty)
        {
            return 0;
        }

        text.Gap();
        (string word, Func<string, string> paint) = agreement.ExitCode switch
        {
            ExitCode.Violated => ("VIOLATED", text.Style.Bad),
            ExitCode.Undecided => ("undecided", text.Style.Warning),
            _ => ("allowed", (Func<string, string>)text.Style.Good),
        };
        text.Row(word, $" {Printable.Escape(agreement.Headline())}", 4, paint, text.Style.Bold);
        WriteTypes(agreement.Types, null, agreement.Limit, text);
        WriteAccepted(agreement.Types, text);
        Guard[] guards = [.. agreement.Guards()];
        if (guards.Length > 0 && agreement.Kind == AgreementKind.Against)
        {
            text.Gap();
            text.Line($"An #ifdef has to guard {Printable.Count((ulong)guards.Length, "member")} that one of the two has alone:", 4, text.Style.Bold);
            foreach (Guard guard in guards.Take(MostGuards))
            {
                text.Row("  ", $"{Printable.Escape(guard.Member)} (only in {(guard.IsOld ? "the module's headers" : "the kernel")}{(guard.Instead is { } instead ? $"; there {Printable.Escape(instead)}" : "")})", 6);
            }

            if (guards.Length > MostGuards)
            {
                text.Row("  ", $"and {guards.Length - MostGuards} more, which --format json lists", 6);
            }
        }

        WriteHistories(agreement.Histories, text);
        return 1;
    }

    private static void WriteTypes(Comparison types, Reach? reach, int limit, FoldedText text)
    {
        ILookup<TypeName, TypeName> followers = types.Different.SelectMany(t => t.Causes.Select(c => (Cause: c, t.Name))).ToLookup(p => p.Cause, p => p.Name);
        HashSet<TypeName> asked = [.. types.Asked];
        // A follow-up that was asked for by name is shown too: its places are the answer.
        TypeVerdict[] shown = [.. types.Different.Where(t => t.Causes.IsEmpty || asked.Contains(t.Name))];
        shown = types.Asked.IsEmpty
            ? [.. shown.OrderByDescending(t => t.Most).ThenByDescending(t => followers[t.Name].Count()).ThenBy(t => t.Name.Name, StringComparer.Ordinal)]
            : [.. shown.OrderBy(t => asked.Contains(t.Name) ? types.Asked.IndexOf(t.Name) : int.MaxValue)];
        int most = limit == 0 ? shown.Length : limit;
        foreach (TypeVerdict verdict in shown.Take(most))
        {
            text.Gap();
            WriteType(verdict, text);
            if (reach is not null)
            {
                ReachText.Write(reach, verdict.Name, text);
            }

            if (followers[verdict.Name].ToArray() is { Length: > 0 } affected)
            {
                text.Row("  ", $"and {Printable.Count((ulong)affected.Length, "type")} that {(affected.Length == 1 ? "has" : "have")} it inside: {Names(affected)}", 4, null, text.Style.Dim);
            }
        }

        if (shown.Length > most)
        {
            text.Gap();
            text.Line($"and {shown.Length - most} more {(shown.Length - most == 1 ? "type" : "types")} (--limit 0 shows all)");
        }
    }

    private static void WriteHistories(ImmutableArray<QuotedHistory> histories, FoldedText text)
    {
        if (!histories.IsEmpty)
        {
            text.Gap();
            text.Line("history:");
        }

        foreach (QuotedHistory history in histories)
        {
            text.Row("  ", $"{history.Type.Name}: {history.Sentence}", 4);
        }
    }

    // Once for an entry: what follows from it is only counted.
    private static void WriteAccepted(Comparison types, FoldedText text)
    {
        if (types.Accepted.IsEmpty)
        {
            return;
        }

        text.Gap();
        text.Line($"{Printable.Count((ulong)types.Accepted.Length, "type")} {(types.Accepted.Length == 1 ? "differs" : "differ")} as accepted:");
        foreach (IGrouping<AcceptedDifference, TypeVerdict> entry in types.Accepted.GroupBy(a => a.Entry, a => a.Type).Take(MostGuards))
        {
            int followers = entry.Count() - 1;
            string others = followers > 0 ? $" (and {Printable.Count((ulong)followers, "type")} that {(followers == 1 ? "has" : "have")} it inside)" : "";
            text.Row("  ", $"{Printable.Escape(entry.Key.Subject)}{others}: {Printable.Escape(entry.Key.Reason)}", 4);
        }

        int more = types.Accepted.Select(a => a.Entry).Distinct().Count() - MostGuards;
        if (more > 0)
        {
            text.Row("  ", $"and {more} more entries, which --format json lists", 4);
        }
    }

    private static string Names(TypeName[] names)
        => string.Join(", ", names.Take(MostNamed).Select(n => Printable.Escape(n.Name))) + (names.Length > MostNamed ? ", ..." : "");

    private static void WriteType(TypeVerdict verdict, FoldedText text)
    {
        string name = Printable.Escape(verdict.Name.ToString());
        if (verdict.Problem is { } problem)
        {
            text.Line($"{name}: cannot tell: {Printable.Escape(problem)}", 4, text.Style.Warning);
            return;
        }

        if (verdict.Least != verdict.Most)
        {
            text.Line($"{name}: cannot tell: there are {verdict.DefinitionCounts.Old} definitions in the old image and {verdict.DefinitionCounts.New} in the new one, "
                + "and the answer depends on which is meant; of the first of each:", 4, text.Style.Warning);
        }

        foreach (ComparedPair pair in verdict.Pairs)
        {
            string unit = pair.Unit is { Length: > 0 } known ? $" (as in {Printable.Escape(known)})" : "";
            text.Line($"{name}{unit}: {Sentence(pair.Changes)}", 4, pair.Changes.Class > ChangeClass.Compatible ? text.Style.Bold : null);
            foreach (DiffRow row in DiffRow.Of(pair.Changes))
            {
                row.Write(text);
            }
        }
    }

    /// <summary>The whole in a sentence: size, alignment, and whether anything moved.</summary>
    internal static string Sentence(TypeChanges changes)
    {
        string size = changes.Old.ByteSize == changes.New.ByteSize ? $"same size ({changes.New.ByteSize})" : $"{changes.Old.ByteSize} -> {changes.New.ByteSize} bytes";
        string alignment = changes.IsRealigned ? $", alignment {changes.Old.Alignment} -> {changes.New.Alignment}" : "";
        MemberChange[] moved = [.. changes.Changes.Where(c => c.BitDelta is { } delta && delta != 0)];
        int crossing = moved.Count(c => c.Under is null && c.Old!.BitOffset / DiffRow.CacheLineBits != c.New!.BitOffset / DiffRow.CacheLineBits);
        string places = moved.Length == 0 ? ", nothing moved" : crossing > 0 ? $", {Printable.Count((ulong)crossing, "member")} on another cache line" : "";
        string weight = changes.Class switch
        {
            ChangeClass.Compatible => ": compatible",
            _ when changes.IsFollowUp => ": changed inside only",
            _ => "",
        };
        return size + alignment + places + weight;
    }

    private static void WriteOneSided(DiffReport report, FoldedText text)
    {
        if (report.Asked.IsEmpty)
        {
            return;
        }

        foreach ((string side, ImmutableArray<TypeName> names) in new[] { ("old", report.Types.OnlyOld), ("new", report.Types.OnlyNew) })
        {
            foreach (TypeName name in names)
            {
                text.Gap();
                text.Line($"{Printable.Escape(name.ToString())}: only in the {side} image", 4, text.Style.Bold);
            }
        }
    }

    private static void WriteRules(ImmutableArray<RuleChange> rules, FoldedText text)
    {
        RuleChange[] telling = [.. rules.Where(r => IsTelling(r.Old) || IsTelling(r.New))];
        if (!rules.IsEmpty)
        {
            text.Gap();
            string quiet = rules.Length == telling.Length ? "" : $"{rules.Length - telling.Length} others hold in one image and do not apply to the other";
            text.Line($"rules: {Printable.Count((ulong)rules.Length, "outcome")} changed{(telling.Length == 0 && quiet.Length > 0 ? ": each holds in one image and does not apply to the other" : "")}");
            foreach (RuleChange rule in telling)
            {
                text.Row("  ", $"{rule.Id}: {Word(rule.Old)} -> {Word(rule.New)}{(rule.Reason is { } reason ? $": {Printable.Escape(reason)}" : "")}", 4, null,
                    rule.New == Outcome.Violated ? text.Style.Bad : null);
            }

            if (telling.Length > 0 && quiet.Length > 0)
            {
                text.Row("  ", quiet, 4);
            }
        }
    }

    private static bool IsTelling(Outcome outcome) => outcome is not Outcome.Holds and not Outcome.NotApplicable;

    private static string Word(Outcome outcome) => outcome == Outcome.NotApplicable ? "not applicable" : outcome.ToString().ToLowerInvariant();
}
