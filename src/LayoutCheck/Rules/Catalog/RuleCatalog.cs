using System.Text;

namespace LayoutCheck.Rules.Catalog;

/// <summary>The built-in rules: the Markdown files of <c>Rules/Catalog</c>, embedded in the library.</summary>
public static class RuleCatalog
{
    private const string Prefix = "Catalog/";

    private const int FewRules = 8;

    private static readonly Lazy<RuleSet> s_default = new(() => new RuleSet(Files().Select(file => RuleParser.Parse(file.Name, file.Text, RuleOrigin.Catalogue))));

    /// <summary>All of them, of every pack: the flagship first, then by id in ordinal order. Parsed at the first use.</summary>
    public static RuleSet Default => s_default.Value;

    /// <summary>
    /// The choice that <see cref="RuleSet.Select"/> makes of all of them. Only the chosen ones are parsed, which is most of a short answer's time.
    /// </summary>
    /// <exception cref="ArgumentException">A name is no rule or pack.</exception>
    public static RuleSet Select(IReadOnlyCollection<string>? packs = null, IReadOnlyCollection<string>? only = null, IReadOnlyCollection<string>? skip = null)
    {
        string[] names = Names();
        string[] ids = Array.ConvertAll(names, IdOf);
        IReadOnlyCollection<string> skipped = skip ?? [];
        IReadOnlyCollection<string>? wantedPacks = packs ?? (only is null ? [Rule.DefaultPack] : null);
        bool IsWanted(int i) => (only is null || only.Contains(ids[i])) && !skipped.Contains(ids[i]);
        string[] texts = new string[names.Length];
        HashSet<string> known = [];
        for (int i = 0; i < names.Length; i++)
        {
            if (IsWanted(i) || wantedPacks is not null)
            {
                texts[i] = Text(names[i]);
                _ = known.Add(PackOf(texts[i]));
            }
        }

        if ((only ?? []).Concat(skipped).Except(ids).Any() || (wantedPacks ?? []).Any(p => !known.Contains(p)))
        {
            // Suggestions, and the list of packs, need all of them.
            return Default.Select(packs, only, skip);
        }

        List<int> chosen = [];
        for (int i = 0; i < names.Length; i++)
        {
            if (IsWanted(i) && (wantedPacks is null || wantedPacks.Contains(PackOf(texts[i]))))
            {
                chosen.Add(i);
            }
        }

        return new RuleSet(Parse(chosen, names, texts));
    }

    // Parsing takes as long as reading a struct from BTF. Half of it is done beside the other half, and the order stays.
    private static Rule[] Parse(List<int> chosen, string[] names, string[] texts)
    {
        Rule[] rules = new Rule[chosen.Count];
        void ParseEvery(int first, int step)
        {
            for (int i = first; i < chosen.Count; i += step)
            {
                rules[i] = RuleParser.Parse(names[chosen[i]], texts[chosen[i]], RuleOrigin.Catalogue);
            }
        }

        if (chosen.Count < FewRules || Environment.ProcessorCount == 1)
        {
            ParseEvery(0, 1);
            return rules;
        }

        Thread other = new(() => ParseEvery(1, 2));
        other.Start();
        ParseEvery(0, 2);
        other.Join();
        return rules;
    }

    /// <summary>The files as they are, by name in ordinal order.</summary>
    public static IEnumerable<(string Name, string Text)> Files() => Names().Select(name => (name, Text(name)));

    /// <summary>The ids of all of them, in ordinal order. Nothing is parsed.</summary>
    internal static IEnumerable<string> Ids() => Names().Select(IdOf);

    /// <summary>The packs that they belong to, in ordinal order. Nothing is parsed.</summary>
    internal static IEnumerable<string> Packs() => Files().Select(file => PackOf(file.Text)).Distinct().Order(StringComparer.Ordinal);

    private static string[] Names()
    {
        List<string> names = [];
        foreach (string name in typeof(RuleCatalog).Assembly.GetManifestResourceNames())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                names.Add(name[Prefix.Length..]);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }

    private static string IdOf(string name) => Path.GetFileNameWithoutExtension(name);

    // The catalogue's own files have the key at the beginning of a line and nothing else on it, which a test compares.
    internal static string PackOf(string text)
    {
        int at = text.IndexOf("\npack:", StringComparison.Ordinal);
        return at < 0 ? Rule.DefaultPack : text[(at + 6)..text.IndexOf('\n', at + 1)].Trim();
    }

    private static string Text(string name)
    {
        using Stream stream = typeof(RuleCatalog).Assembly.GetManifestResourceStream(Prefix + name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
