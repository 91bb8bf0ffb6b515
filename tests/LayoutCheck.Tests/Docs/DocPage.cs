using System.Text.RegularExpressions;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>A Markdown page of the repository: its blocks, tables and sections.</summary>
internal sealed partial class DocPage
{
    private DocPage(string name)
    {
        Name = name;
        Text = File.ReadAllText(Path.Combine(FixtureFile.Repository, name)).ReplaceLineEndings("\n");
    }

    /// <summary>The path below the repository.</summary>
    public string Name { get; }

    /// <summary>The page, with line feeds.</summary>
    public string Text { get; }

    /// <summary>README.md.</summary>
    public static DocPage Readme { get; } = new("README.md");

    /// <summary>The names of README and of all pages of src/docs.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "README.md",
        .. Directory.EnumerateFiles(Path.Combine(FixtureFile.Repository, "src", "docs"), "*.md").Select(f => $"src/docs/{Path.GetFileName(f)}").Order(StringComparer.Ordinal),
    ];

    /// <summary>The page of a name.</summary>
    public static DocPage Of(string name) => new(name);

    /// <summary>The contents of the fenced blocks of a language, in order.</summary>
    public IEnumerable<string> Blocks(string language)
        => Text.Split($"```{language}\n").Skip(1).Select(after => after[..after.IndexOf("\n```", StringComparison.Ordinal)]);

    /// <summary>The lines outside of fenced blocks, with their numbers from 1.</summary>
    public IEnumerable<(int Number, string Line)> Prose()
    {
        bool isFenced = false;
        foreach ((int index, string line) in Text.Split('\n').Index())
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                isFenced = !isFenced;
            }
            else if (!isFenced)
            {
                yield return (index + 1, line);
            }
        }
    }

    /// <summary>The cells of the rows of the table whose first heading this is.</summary>
    public string[][] Rows(string heading)
    {
        int start = Text.IndexOf($"\n| {heading} |", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Name} has no table '{heading}'");
        return [.. Text[(start + 1)..].Split('\n').Skip(2).TakeWhile(l => l.StartsWith('|')).Select(l => l.Split('|')[1..^1].Select(c => c.Trim()).ToArray())];
    }

    /// <summary>The words in backquotes of the page.</summary>
    public HashSet<string> QuotedWords() => [.. Quoted().Matches(Fenced().Replace(Text, "")).Select(m => m.Groups[1].Value)];

    /// <summary>The words in backquotes of some sections.</summary>
    public HashSet<string> QuotedWords(params string[] headings) => [.. Quoted().Matches(Fenced().Replace(string.Concat(headings.Select(Section)), "")).Select(m => m.Groups[1].Value)];

    /// <summary>The text under a heading of the second level.</summary>
    public string Section(string heading)
    {
        int start = Text.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Name} has no section '{heading}'");
        int end = Text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? Text[start..] : Text[start..end];
    }

    // Its backquotes are none around words.
    [GeneratedRegex("^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
