using System.Text.RegularExpressions;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Rules;

/// <summary>The folders of Rules use each other downwards only: the language knows no rule file, the catalogue no header, and none of them a result.</summary>
public sealed partial class RuleFoldersTests
{
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Language"] = [],
        ["Catalog"] = ["Language"],
        ["Import"] = ["Catalog", "Language"],
        [""] = ["Catalog", "Language"],
    };

    [Fact]
    public void Use_each_other_downwards_only()
    {
        string rules = Path.Combine(FixtureFile.Repository, "src", "LayoutCheck", "Rules");
        List<(string Folder, string Name, string Code)> sources = [.. MayUse.Keys.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(rules, folder), "*.cs")
            .Select(path => (folder, Path.GetFileName(path), CommentsAndTexts().Replace(File.ReadAllText(path), " "))))];
        Assert.True(sources.Count > 30, $"{sources.Count} sources in {rules}");
        Dictionary<string, string> folderOf = sources
            .SelectMany(source => Declarations().Matches(source.Code).Select(match => (Type: match.Groups["name"].Value, source.Folder)))
            .ToDictionary(declared => declared.Type, declared => declared.Folder, StringComparer.Ordinal);
        IEnumerable<string> offences = sources.SelectMany(source => Identifiers().Matches(source.Code).Select(match => match.Value).Distinct()
            .Where(word => folderOf.TryGetValue(word, out string? folder) && folder != source.Folder && !MayUse[source.Folder].Contains(folder))
            .Select(word => $"{source.Folder}/{source.Name} uses {folderOf[word]}/'s {word}"));
        Assert.Empty(offences);
    }

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|"{3}.*?"{3}|"(?:\\.|[^"\\\n{])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline)]
    private static partial Regex CommentsAndTexts();

    // Types of a namespace, not those within another one.
    [GeneratedRegex("""^(?:(?:public|internal|static|sealed|abstract|readonly|partial)\s+)*(?:class|struct|record struct|record|interface|enum)\s+(?<name>[A-Z]\w*)""",
        RegexOptions.Multiline)]
    private static partial Regex Declarations();

    [GeneratedRegex("""(?<![\w.])[A-Z]\w*""")]
    private static partial Regex Identifiers();
}
