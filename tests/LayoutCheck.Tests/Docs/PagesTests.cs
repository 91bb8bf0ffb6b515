using System.Text.RegularExpressions;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>Promises of every page: console blocks show the program's output, links lead to something, lines are short.</summary>
public sealed partial class PagesTests
{
    private const int MostColumns = 100;

    // The members of struct page in Debian's 7.3 are those of this fixture.
    private const string Vmlinux = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";

    public static TheoryData<string> Pages() => [.. DocPage.Names];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Console_blocks_are_what_the_program_prints(string name)
    {
        foreach (string block in DocPage.Of(name).Blocks("console"))
        {
            string[] lines = block.Split('\n');
            string[] arguments = lines[0].Replace(" vmlinux", $" {Vmlinux}", StringComparison.Ordinal).Split(' ')[2..];
            ProgramResult result = ProgramRun.Run(arguments);
            Assert.StartsWith("$ layoutcheck ", lines[0], StringComparison.Ordinal);
            Assert.Empty(result.Err);
            Queue<string> printed = new(result.Out.Split('\n').Select(OneBlank));
            bool mayStepOver = false;
            foreach (string line in lines.Skip(1))
            {
                if (line == "...")
                {
                    mayStepOver = true;
                    continue;
                }

                while (mayStepOver && printed.Count > 0 && printed.Peek() != OneBlank(line))
                {
                    printed.Dequeue();
                }

                Assert.True(printed.Count > 0, $"{name} shows a line that '{lines[0]}' does not print:\n{line}\n{result.Out}");
                Assert.Equal(OneBlank(line), printed.Dequeue());
                mayStepOver = false;
            }

            Assert.True(mayStepOver || printed.All(l => l.Length == 0), $"{name} ends the output of '{lines[0]}' before the program does, without '...'");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Lines_of_prose_are_short(string name)
        => Assert.Empty(DocPage.Of(name).Prose().Where(l => l.Line.Length > MostColumns && !l.Line.StartsWith('|')).Select(l => $"{name}:{l.Number}: {l.Line.Length} columns"));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_and_headings(string name)
    {
        string folder = Path.GetDirectoryName(Path.Combine(FixtureFile.Repository, name))!;
        foreach (string target in Links().Matches(DocPage.Of(name).Text).Select(m => m.Groups[1].Value).Where(t => !t.Contains("://", StringComparison.Ordinal)))
        {
            string[] parts = target.Split('#');
            string file = parts[0].Length == 0 ? Path.Combine(FixtureFile.Repository, name) : Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(File.Exists(file) || Directory.Exists(file), $"{name} links to {target}, which is not there");
            if (parts.Length == 2)
            {
                DocPage page = DocPage.Of(Path.GetRelativePath(FixtureFile.Repository, file).Replace('\\', '/'));
                IEnumerable<string> anchors = page.Prose().Where(l => l.Line.StartsWith('#')).Select(l => Anchor(l.Line));
                Assert.True(anchors.Contains(parts[1]), $"{name} links to {target}, and {page.Name} has no such heading");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Paths_of_the_repository_exist(string name)
        => Assert.Empty(
            Paths().Matches(DocPage.Of(name).Text).Select(m => m.Groups[1].Value.TrimEnd('/'))
                .Where(p => !Path.Exists(Path.Combine(FixtureFile.Repository, p))).Select(p => $"{name} names {p}, which is not there"));

    // As GitHub makes it: lower case, letters, digits, hyphens and underscores, a hyphen for a space.
    private static string Anchor(string heading)
        => NotInAnchors().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    // Columns are as wide as the longest name of the image or the catalogue.
    private static string OneBlank(string line) => Blanks().Replace(line, " ");

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"`((?:src|tests|\.ci)/[\w./-]+)`")]
    private static partial Regex Paths();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("(?<=[^ \t]) +")]
    private static partial Regex Blanks();
}
