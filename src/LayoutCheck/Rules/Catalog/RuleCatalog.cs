using System.Text;

namespace LayoutCheck.Rules.Catalog;

/// <summary>The built-in rules: the Markdown files of <c>Rules/Catalog</c>, embedded in the library.</summary>
public static class RuleCatalog
{
    private const string Prefix = "Catalog/";

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
        if ((only ?? []).Concat(skipped).Except(ids).Any() || (wantedPacks ?? []).Any(p => p != Rule.DefaultPack))
        {
            // Suggestions, and the list of packs, need all of them.
            return Default.Select(packs, only, skip);
        }

        List<Rule> chosen = [];
        for (int i = 0; i < names.Length; i++)
        {
            if ((only is null || only.Contains(ids[i])) && !skipped.Contains(ids[i]))
            {
                string text = Text(names[i]);
                if (wantedPacks is null || wantedPacks.Contains(RuleParser.PackOf(names[i], text)))
                {
                    chosen.Add(RuleParser.Parse(names[i], text, RuleOrigin.Catalogue));
                }
            }
        }

        return new RuleSet(chosen);
    }

    /// <summary>The files as they are, by name in ordinal order.</summary>
    public static IEnumerable<(string Name, string Text)> Files() => Names().Select(name => (name, Text(name)));

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

    private static string Text(string name)
    {
        using Stream stream = typeof(RuleCatalog).Assembly.GetManifestResourceStream(Prefix + name)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
