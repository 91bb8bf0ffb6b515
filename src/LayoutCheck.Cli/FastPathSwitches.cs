using LayoutCheck.Core;

namespace LayoutCheck.Cli;

/// <summary>The fast paths that the environment leaves out, to settle a doubt about them or to measure their worth.</summary>
internal static class FastPathSwitches
{
    private const FastPaths ForcedSlow = FastPaths.Matcher | FastPaths.ByteSearch;

    // By the words of LAYOUTCHECK_DISABLE.
    private static readonly (string Word, FastPaths Path)[] s_words =
    [
        ("matcher", FastPaths.Matcher), ("skip-plan", FastPaths.SkipPlan), ("abbrev-cache", FastPaths.AbbrevCache), ("equality-cache", FastPaths.EqualityCache),
        ("byte-search", FastPaths.ByteSearch), ("window", FastPaths.Window), ("field-plan", FastPaths.FieldPlan), ("interned-types", FastPaths.InternedTypes),
        ("string-search", FastPaths.StringSearch), ("plain-members", FastPaths.PlainMembers), ("concurrent-metadata", FastPaths.ConcurrentMetadata),
        ("census", FastPaths.Census),
    ];

    /// <summary>LAYOUTCHECK_DISABLE=word,word and LAYOUTCHECK_FORCE_SLOW=1, which is <c>matcher,byte-search</c>.</summary>
    /// <exception cref="UsageException">There is no fast path of a word.</exception>
    public static FastPaths Disabled()
    {
        FastPaths disabled = Environment.GetEnvironmentVariable("LAYOUTCHECK_FORCE_SLOW") == "1" ? ForcedSlow : FastPaths.None;
        string words = Environment.GetEnvironmentVariable("LAYOUTCHECK_DISABLE") ?? "";
        foreach (string word in words.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            FastPaths path = Array.Find(s_words, w => w.Word == word).Path;
            disabled |= path != FastPaths.None ? path
                : throw new UsageException($"LAYOUTCHECK_DISABLE: there is no fast path '{word}'; there are {string.Join(", ", s_words.Select(w => w.Word))}");
        }

        return disabled;
    }
}
