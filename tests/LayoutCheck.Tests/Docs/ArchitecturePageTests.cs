using System.Text.RegularExpressions;
using System.Xml.Linq;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>src/ARCHITECTURE.md names folders, types, files and packages that exist, and the dependencies that <see cref="ArchitectureTests"/> enforces.</summary>
public sealed partial class ArchitecturePageTests
{
    private const int MostColumns = 160;

    private static readonly DocPage s_page = DocPage.Of("src/ARCHITECTURE.md");

    [Fact]
    public void Its_table_of_folders_is_the_one_that_is_enforced()
    {
        IEnumerable<string> table = s_page.Rows("folder").Select(r => $"{r[0].Trim('`')}: {r[2].Replace("nothing", "", StringComparison.Ordinal)}");
        Assert.Equal(ArchitectureTests.MayUse.Select(f => $"{f.Key}: {string.Join(", ", f.Value)}").Order(StringComparer.Ordinal), table.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Its_subfolders_of_Dwarf_are_those_that_there_are()
        => Assert.Equal(
            Directory.EnumerateDirectories(Path.Combine(FixtureFile.Repository, "src/LayoutCheck/Dwarf")).Select(d => $"`{Path.GetFileName(d)}`").Order(StringComparer.Ordinal),
            s_page.Rows("subfolder of `Dwarf`").Select(r => r[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void Its_fast_paths_are_those_that_can_be_switched_off()
        => Assert.Equal(Enum.GetNames<LayoutCheck.Core.FastPaths>().Where(n => n != "None").Order(StringComparer.Ordinal), s_page.Rows("fast path").Select(r => r[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void Its_packages_are_those_that_are_used()
    {
        IEnumerable<string?> packages = XDocument.Load(Path.Combine(FixtureFile.Repository, "Directory.Packages.props")).Descendants("PackageVersion").Select(p => p.Attribute("Include")?.Value);
        // The two that connect xUnit and `dotnet test`.
        Assert.Equal(
            packages.Except(["Microsoft.NET.Test.Sdk", "xunit.runner.visualstudio"]).Order(StringComparer.Ordinal),
            s_page.Rows("package").Select(r => r[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_what_there_is()
    {
        string[] files =
        [
            .. new[] { "src", "tests" }.SelectMany(d => Directory.EnumerateFiles(Path.Combine(FixtureFile.Repository, d), "*.cs", SearchOption.AllDirectories))
                .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)),
        ];
        HashSet<string> words = [.. files.SelectMany(f => Words().Matches(File.ReadAllText(f)).Select(m => m.Value)), .. files.Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)), .. files.Select(f => Path.GetFileNameWithoutExtension(f))];
        string[] places = ["", "src", "src/LayoutCheck", "tests/LayoutCheck.Tests"];
        foreach (string quoted in Quoted().Matches(s_page.Text).Select(m => m.Groups[1].Value).Distinct())
        {
            bool isThere = quoted.Split('/', '.').All(words.Contains) || places.Any(p => Path.Exists(Path.Combine(FixtureFile.Repository, p, quoted)));
            Assert.True(isThere, $"{s_page.Name} names {quoted}, which is not there");
        }
    }

    [Fact]
    public void Its_lines_are_short()
        => Assert.All(s_page.Text.Split('\n'), line => Assert.InRange(line.Length, 0, MostColumns));

    // `Types/TypeGraph`, `KernelImage.RequireUnchanged`, `docs/json.md`: words that begin with a capital letter, and paths.
    [GeneratedRegex(@"`([A-Z]\w+(?:[./]\w+)*|(?:docs|tests|src)/[\w./-]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"[A-Z]\w+")]
    private static partial Regex Words();
}
