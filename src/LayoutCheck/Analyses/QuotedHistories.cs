using System.Collections.Immutable;
using System.Text.RegularExpressions;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.History;
using LayoutCheck.Reports;

namespace LayoutCheck.Analyses;

/// <summary>The sentences of the built-in histories on the members that a comparison names.</summary>
internal static partial class QuotedHistories
{
    /// <summary>One for each member that is gone, new by its configuration, or of another type, in the order of the types.</summary>
    /// <param name="types">The comparison.</param>
    /// <param name="old">The facts of the old image.</param>
    /// <param name="now">The facts of the new image.</param>
    public static ImmutableArray<QuotedHistory> Of(Comparison types, ImageFacts? old, ImageFacts? now)
    {
        ImmutableArray<QuotedHistory>.Builder quoted = ImmutableArray.CreateBuilder<QuotedHistory>();
        foreach (TypeVerdict verdict in types.Different.Where(t => Histories.Find(t.Name) is not null))
        {
            HashSet<string> told = new(StringComparer.Ordinal);
            foreach (MemberChange change in verdict.Pairs.SelectMany(p => p.Changes.Changes).Where(c => c.Under is null))
            {
                bool isGone = change.Word is ChangeWord.Removed or ChangeWord.GivesWayTo;
                bool isNew = change.Word is ChangeWord.Added or ChangeWord.Filled;
                string path = isNew ? change.New!.Path : change.Path;
                MemberHistory? member = isGone || isNew || change.IsRetyped ? Histories.Find(verdict.Name, path) : null;
                if (member is not null && (isGone || member.Retyped is not null || member.Config is not null) && told.Add(member.Name)
                    && Histories.For(verdict.Name, path, isNew ? old?.Release : now?.Release) is { } sentence)
                {
                    quoted.Add(new QuotedHistory(verdict.Name, member.Name, sentence + Options(member.Config, old, now)));
                }
            }
        }

        return quoted.ToImmutable();
    }

    // The options of a condition that the two images have in two ways, where both tell their configuration (CONFIG_IKCONFIG).
    private static string Options(string? condition, ImageFacts? old, ImageFacts? now)
    {
        if (condition is null || old?.Config is not { } left || now?.Config is not { } right)
        {
            return "";
        }

        string[] different = [.. Option().Matches(condition).Select(m => m.Value).Distinct()
            .Where(o => left.GetValueOrDefault(o, "n") != right.GetValueOrDefault(o, "n"))
            .Select(o => $"{o}: {left.GetValueOrDefault(o, "n")} -> {right.GetValueOrDefault(o, "n")}")];
        return different.Length == 0 ? "" : $" ({string.Join(", ", different)})";
    }

    [GeneratedRegex("CONFIG_[A-Za-z0-9_]+")]
    private static partial Regex Option();
}
