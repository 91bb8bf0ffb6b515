using System.Collections.Immutable;
using LayoutCheck.Types;

namespace LayoutCheck.Code;

/// <summary>The helpers whose inlined calls are looked at: the tables of <c>Code/Catalog</c>, embedded in the library; their README has the columns.</summary>
internal static class HelperCatalog
{
    private const string Prefix = "Code/";
    private const int Columns = 5;

    private static readonly Lazy<ImmutableArray<Helper>> s_all = new(Read);

    /// <summary>All helpers, by name in ordinal order, each once. Parsed at the first use.</summary>
    public static ImmutableArray<Helper> All => s_all.Value;

    /// <summary>The helper of a name, or null.</summary>
    public static Helper? Find(string name) => All.FirstOrDefault(h => h.Name == name);

    /// <summary>The helpers of one table.</summary>
    /// <param name="markdown">The file.</param>
    /// <exception cref="FormatException">A row does not have the columns that the README says.</exception>
    public static IEnumerable<Helper> Parse(string markdown) => markdown.Split('\n').Select(line => line.Trim())
        .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(ParseRow);

    private static Helper ParseRow(string row)
    {
        string[] cells = [.. row.Trim('|').Split('|').Select(cell => cell.Trim())];
        TypeName of = TypeName.Parse(cells.Length == Columns ? cells[2] : "");
        if (of.Kind != TypeNameKind.Struct || cells[1].Length == 0 || cells[3].Length == 0)
        {
            throw new FormatException($"a row of the helpers does not have {Columns} columns, of which the third is a struct: {row}");
        }

        return new Helper(cells[0].Trim('`'), List(cells[1]), of, List(cells[3]), [.. cells[4].Split(';').Where(part => part.Length > 0).Select(ParseAlso)]);
    }

    private static AlsoUsed ParseAlso(string part)
    {
        int colon = part.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new AlsoUsed(null, List(part)) : new AlsoUsed(part[..colon].Trim(), List(part[(colon + 1)..]));
    }

    private static ImmutableArray<string> List(string text) => [.. text.Split(',').Select(name => name.Trim()).Where(name => name.Length > 0)];

    private static ImmutableArray<Helper> Read()
    {
        List<Helper> helpers = [];
        System.Reflection.Assembly assembly = typeof(HelperCatalog).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using StreamReader reader = new(assembly.GetManifestResourceStream(name)!);
            helpers.AddRange(Parse(reader.ReadToEnd()));
        }

        return [.. helpers.OrderBy(h => h.Name, StringComparer.Ordinal)];
    }
}
