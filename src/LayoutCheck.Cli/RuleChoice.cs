using LayoutCheck.Core;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Rules.Language;

namespace LayoutCheck.Cli;

/// <summary>Which rules a command line asks for.</summary>
internal static class RuleChoice
{
    private const int LargestText = 16 << 20;

    /// <summary>The rules of the catalogue and of the user's own files that were chosen.</summary>
    /// <param name="packs">The packs named, or null.</param>
    /// <param name="only">The rules named, or null.</param>
    /// <param name="skip">The rules to leave out, or null.</param>
    /// <param name="files">Files and folders with rules; their packs are chosen by naming the file.</param>
    /// <param name="expressions">Assertions without a file. Where nothing else is named, they are all that is asked.</param>
    /// <exception cref="UsageException">A name is no rule or pack, or a file cannot be read.</exception>
    /// <exception cref="RuleException">A rule file is wrong.</exception>
    public static RuleSet Choose(string[]? packs, string[]? only, string[]? skip, string[] files, string[] expressions)
    {
        List<Rule> asked = [.. expressions.Select((text, i) => RuleParser.ParseExpression(expressions.Length == 1 ? "expression" : $"expression-{i + 1}", text))];
        if (asked.Count > 0 && packs is null && only is null && skip is null && files.Length == 0)
        {
            return new RuleSet(asked);
        }

        // The rule of what the code exports is made of an image: it is in no file. It is asked for where all rules are, and by its name.
        bool isNamed = Takes(ref packs, RuleSet.ExportedPack) | Takes(ref only, RuleSet.ExportedId);
        bool isSkipped = Takes(ref skip, RuleSet.ExportedId);
        bool isAlone = isNamed && (packs ?? []).Length == 0 && (only ?? []).Length == 0;
        RuleSet chosen = isAlone && files.Length == 0 ? new RuleSet([]) : Choose(NullIfEmpty(packs), NullIfEmpty(only), skip, files);
        return new RuleSet(chosen.Rules.Concat(asked)) { WithExported = !isSkipped && (isNamed || (packs is null && only is null)) };
    }

    private static string[]? NullIfEmpty(string[]? names) => names is [] ? null : names;

    // Takes a name out of a list.
    private static bool Takes(ref string[]? names, string name)
    {
        bool isThere = names is not null && names.Contains(name);
        names = isThere ? [.. names!.Where(n => n != name)] : names;
        return isThere;
    }

    /// <summary>The rules of files and folders.</summary>
    /// <exception cref="UsageException">One cannot be read.</exception>
    /// <exception cref="RuleException">One is wrong.</exception>
    public static List<Rule> OwnRules(string[] files) => [.. files.SelectMany(Files).Select(Parse)];

    private static RuleSet Choose(string[]? packs, string[]? only, string[]? skip, string[] files)
    {
        List<Rule> own = OwnRules(files);
        try
        {
            if (own.Count == 0)
            {
                return RuleCatalog.Select(packs, only, skip);
            }

            string[]? chosen = packs ?? (only is null ? [Rule.DefaultPack] : null);
            chosen = chosen is null ? null : [.. chosen.Union(own.Select(r => r.Pack))];
            return RuleCatalog.Default.With(own).Select(chosen, only, skip);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static IEnumerable<string> Files(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files = [.. Directory.EnumerateFiles(path, "*.md").Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new UsageException($"there are no rules (*.md) in {path}");
    }

    private static Rule Parse(string path) => RuleParser.Parse(path, ReadText(path));

    /// <summary>The text of a rule file, a header or a list of symbols.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it is, for the message that it is too large.</param>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static string ReadText(string path, string what = "rule file or header")
    {
        try
        {
            // A device or a pipe does not tell how much it has.
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[file.CanSeek ? Math.Clamp(file.Length + 1, 4096, LargestText + 1) : LargestText + 1];
            int count = 0;
            while (file.ReadAtLeast(bytes.AsSpan(count), bytes.Length - count, throwOnEndOfStream: false) is > 0 and int read)
            {
                count += read;
                if (count == bytes.Length && count <= LargestText)
                {
                    Array.Resize(ref bytes, LargestText + 1);
                }
            }

            using StreamReader reader = new(new MemoryStream(bytes, 0, count), System.Text.Encoding.UTF8);
            return count > LargestText
                ? throw new UsageException($"{path} is larger than any {what}: {LargestText} bytes at the most are read")
                : reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string problem = e is FileNotFoundException or DirectoryNotFoundException ? "no such file"
                : Directory.Exists(path) ? "it is a directory: name the files in it"
                : e is UnauthorizedAccessException ? "no permission"
                : e.Message;
            throw new UsageException($"{path} cannot be read: {problem}");
        }
    }
}
