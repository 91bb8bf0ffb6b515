namespace LayoutCheck.Rules;

/// <summary>The rules that the program brings along: the Markdown files of <c>Rules/Catalog</c>, embedded in the library.</summary>
public static class RuleCatalog
{
    private const string Prefix = "Catalog/";

    private static readonly Lazy<RuleSet> s_default = new(() => new RuleSet(Files().Select(file => RuleParser.Parse(file.Name, file.Text))));

    /// <summary>All of them, of every pack: the flagship first, then by id in ordinal order. Read when first asked for.</summary>
    public static RuleSet Default => s_default.Value;

    /// <summary>The files as they are, by name in ordinal order.</summary>
    public static IEnumerable<(string Name, string Text)> Files()
    {
        foreach (string name in typeof(RuleCatalog).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
        {
            using Stream stream = typeof(RuleCatalog).Assembly.GetManifestResourceStream(name)!;
            using StreamReader reader = new(stream);
            yield return (name[Prefix.Length..], reader.ReadToEnd());
        }
    }
}
