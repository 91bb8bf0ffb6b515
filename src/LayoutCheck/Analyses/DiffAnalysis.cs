using System.Collections.Immutable;
using LayoutCheck.Compare;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Types;

namespace LayoutCheck.Analyses;

/// <summary>How do the types of one image differ from those of another?</summary>
public static class DiffAnalysis
{
    /// <summary>Compares some types of two images, or all that both define.</summary>
    /// <param name="old">The old image; not closed.</param>
    /// <param name="now">The new image; not closed.</param>
    /// <param name="names">The types; empty for all.</param>
    /// <param name="options">The options.</param>
    /// <param name="threads">How many threads may work; the report does not depend on it.</param>
    /// <param name="done">Told how much of the comparing is done, from 0 to 1; or null.</param>
    /// <exception cref="InvalidImageException">An image is damaged or not understood, or changed meanwhile.</exception>
    public static DiffReport Run(KernelImage old, KernelImage now, ImmutableArray<TypeName> names, DiffOptions options, int threads, Action<double>? done = null)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(now);
        ArgumentNullException.ThrowIfNull(options);
        using WorkerPool pool = new(threads);
        Comparison types = names.IsEmpty ? Comparison.OfAll(old.Types, now.Types, pool, done) : Comparison.OfSome(old.Types, now.Types, names, pool);
        CheckReport? oldCheck = options.Rules is { } set ? Check(old, set, threads) : null;
        CheckReport? newCheck = oldCheck is null ? null : Check(now, options.Rules!, threads);
        Reach? reach = options.Symbols is { } symbols ? Reach.Of(symbols, old.Types, now.Types, Reached(types), pool) : null;
        ComparedImage left = Describe(old, oldCheck);
        ComparedImage right = Describe(now, newCheck);
        bool tellsSource = left.Source != right.Source;
        old.RequireUnchanged();
        now.RequireUnchanged();
        return new DiffReport(left with { TellsSource = tellsSource }, right with { TellsSource = tellsSource }, types, options.FailOn)
        {
            Missing = types.Missing,
            Rules = oldCheck is null || newCheck is null ? [] : RuleChanges(oldCheck, newCheck),
            Limit = options.Limit,
            Histories = QuotedHistories.Of(types, left.Image, right.Image),
            Reach = reach,
            InputNotices = [.. left.Notices, .. right.Notices],
            Notices = [.. types.Missing.Select(n => $"no C definition of {n} in either image")],
        };
    }

    // The types that text shows: what only follows is below its cause.
    private static IEnumerable<TypeName> Reached(Comparison types)
        => types.Different.Where(t => t.Causes.IsEmpty || types.Asked.Contains(t.Name)).Select(t => t.Name);

    // Reading the facts is a search through megabytes, which a check has made.
    private static ComparedImage Describe(KernelImage image, CheckReport? check)
    {
        ImageFacts facts = check?.Image ?? image.ReadFacts();
        return new ComparedImage(image.Path, facts, image.Types.Kind) { Files = image.FilesUsed(facts), Notices = image.Notices };
    }

    private static ImmutableArray<RuleChange> RuleChanges(CheckReport old, CheckReport now)
        => [.. old.Results.Zip(now.Results).Where(pair => pair.First.Outcome != pair.Second.Outcome).Select(pair => new RuleChange(
            pair.First.Rule.Id, pair.First.Rule.Title, pair.First.Outcome, pair.Second.Outcome,
            pair.Second.Checks.FirstOrDefault(c => c.Outcome == pair.Second.Outcome)?.Reason))];

    // An image without struct page has no outcomes to compare, and the types are compared all the same.
    private static CheckReport? Check(KernelImage image, RuleSet rules, int threads)
    {
        try
        {
            return CheckAnalysis.Run(image, rules, threads);
        }
        catch (InvalidImageException e) when (e.IsOfOneType)
        {
            return null;
        }
    }
}

/// <summary>The options of <c>diff</c>.</summary>
/// <param name="FailOn">The least weight of a difference that counts; null when none does.</param>
/// <param name="Rules">The rules whose outcomes are compared; null for none.</param>
/// <param name="Limit">The most types that text shows with their members; 0 for all.</param>
public sealed record DiffOptions(ChangeClass? FailOn = ChangeClass.Layout, RuleSet? Rules = null, int Limit = 0)
{
    /// <summary>The symbols whose way to the changed types is asked for; null when it is not.</summary>
    public SymbolList? Symbols { get; init; }
}
