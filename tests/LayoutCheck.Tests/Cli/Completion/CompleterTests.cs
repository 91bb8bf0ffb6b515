using System.CommandLine;
using LayoutCheck.Cli;
using LayoutCheck.Cli.Completion;
using LayoutCheck.Rules.Catalog;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli.Completion;

/// <summary>The candidates for the last word of a command line: commands, options, values, rules, and the types and members of an image.</summary>
public sealed class CompleterTests
{
    private static readonly string s_btf = FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5-btf.elf");
    private static readonly string s_dwarf = FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf");

    [Theory]
    [InlineData("", "check merge show overlap audit diff matrix vmcoreinfo rules explain baseline schema completion man")]
    [InlineData("ma", "matrix man")]
    [InlineData("help s", "show schema")]
    [InlineData("rules i", "import")]
    [InlineData("--ver", "--version")]
    [InlineData("check --form", "--format")]
    [InlineData("check --format s", "summary sarif")]
    [InlineData("check --format=jso", "--format=json --format=jsonl")]
    [InlineData("show --source ", "auto btf dwarf")]
    [InlineData("check --source ", "auto both btf dwarf")]
    [InlineData("diff a b --fail-on ", null)]
    [InlineData("diff a b --old-source d", "dwarf")]
    [InlineData("check --color=n", "--color=never")]
    [InlineData("check vmlinux --pack ", "consumers kernel mm")]
    [InlineData("check vmlinux --pack mm,k", "mm,kernel")]
    [InlineData("explain pgm", "pgmap-on-compound-head")]
    [InlineData("check --only pgm", "pgmap-on-compound-head")]
    [InlineData("check --only=folio-head-page,folio-h", "")]
    [InlineData("completion ", "bash zsh fish")]
    [InlineData("check vmlinux -- --for", "")]
    [InlineData("check --threads ", "")]
    [InlineData("nonsense x", "")]
    [InlineData("check --no-such-option x --form", "--format")]
    public void Words_are_completed(string typed, string? expected)
    {
        string[] found = Complete(typed.Split(' '));
        if (expected is null)
        {
            Assert.NotEmpty(found);
        }
        else
        {
            string[] wanted = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(typed.Contains("--format s", StringComparison.Ordinal) ? wanted.Intersect(found).Any() : wanted.SequenceEqual(found), $"'{typed}': {string.Join(' ', found)}");
        }
    }

    [Theory]
    [InlineData("check ", ":file,0")]
    [InlineData("check a b ", ":file,0")]
    [InlineData("check -- -", ":file,0")]
    [InlineData("check a -o ", ":file,0")]
    [InlineData("check a --output=x", ":file,9")]
    [InlineData("check a --debug-dir ", ":folder,0")]
    [InlineData("check a --output-dir=", ":folder,13")]
    [InlineData("check a --report sarif=", ":file,6")]
    [InlineData("check a --report=sarif=", ":file,15")]
    [InlineData("explain pgmap-on-compound-head ", ":file,0")]
    [InlineData("diff a ", ":file,0")]
    [InlineData("merge ", ":file,0")]
    [InlineData("rules import ", ":file,0")]
    public void The_shell_completes_paths(string typed, string mark) => Assert.Equal(mark, Lines(typed.Split(' '))[^1]);

    [Fact]
    public void A_report_takes_a_format_and_stays_open()
    {
        string[] lines = Lines("check", "vmlinux", "--report", "sa");
        Assert.Equal(["sarif=", ":open,0"], lines);
        Assert.Equal(["--report=sarif=", ":open,0"], Lines("check", "vmlinux", "--report=sa"));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Types_and_members_of_the_image_are_completed(string image)
    {
        Assert.Contains("page", Complete("show", image, ""));
        Assert.Contains("page", Complete("show", image, "pa"));
        Assert.All(Complete("show", image, "pa"), name => Assert.StartsWith("pa", name, StringComparison.Ordinal));
        Assert.Contains("page", Complete("overlap", image, "folio", "pag"));
        Assert.Contains("page", Complete("show", "--format", "json", image, "--threads=1", "pag"));
        Assert.Contains("struct page", Complete("show", image, "struct pag"));
        Assert.DoesNotContain("union page", Complete("show", image, "union pag"));
        Assert.Equal(["page.mapping"], Complete("show", image, "page.ma"));
        Assert.Equal(["struct page.mapping"], Complete("show", image, "struct page.ma"));
        Assert.Equal(["page.lru.next"], Complete("show", image, "page.lru.n"));
        Assert.Equal(["page.lru"], Complete("diff", image, "new", "page.lr"));
        Assert.Contains("page.compound_info", Complete("show", image, "page."));
        Assert.Empty(Complete("show", image, "no_such_type."));
        Assert.Empty(Complete("show", image, "page.no_such."));
        Assert.Contains("sizeof:page", Complete("matrix", image, "--show", "sizeof:pag"));
        Assert.Contains("sizeof:page,page.lru", Complete("matrix", image, "--show", "sizeof:page,page.lr"));
        Assert.Contains("rule:pgmap-on-compound-head", Complete("matrix", image, "--show", "rule:pgm"));
    }

    public static TheoryData<string> Images() => [s_btf, s_dwarf];

    [Fact]
    public void What_cannot_be_read_completes_nothing_and_says_nothing()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        try
        {
            string noise = Path.Combine(folder.FullName, "noise");
            File.WriteAllText(noise, "no image");
            string cut = Path.Combine(folder.FullName, "cut");
            File.WriteAllBytes(cut, File.ReadAllBytes(s_btf)[..5000]);
            string empty = Path.Combine(folder.FullName, "empty");
            File.WriteAllText(empty, "");
            foreach (string path in (string[])[noise, cut, empty, folder.FullName, Path.Combine(folder.FullName, "none"), "/dev/zero", "/dev/stdin", "\0"])
            {
                Assert.Empty(Complete("show", path, "pa"));
                Assert.Empty(Complete("show", path, "page."));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_pipe_is_not_opened()
    {
        ProgramResult result = ProgramRun.Shell($"d=$(mktemp -d); mkfifo $d/pipe; timeout 5 {ProgramRun.ShellCommand} complete -- show $d/pipe pa; echo $?; rm -r $d");
        Assert.Equal("0\n", result.Out);
        Assert.Empty(result.Err);
    }

    [Fact]
    public void The_program_writes_a_candidate_a_line_and_nothing_else()
    {
        ProgramResult result = ProgramRun.Run("complete", "--", "show", s_btf, "page.ma");
        Assert.Equal(("page.mapping\n", "", 0), (result.Out, result.Err, result.ExitCode));
        result = ProgramRun.Run("complete", "--", "show", "no such file", "page.ma");
        Assert.Equal(("", "", 0), (result.Out, result.Err, result.ExitCode));
        Assert.StartsWith("check\n", ProgramRun.Run("complete", "--").Out, StringComparison.Ordinal);
        Assert.Equal(2, ProgramRun.Run("complete", "check").ExitCode);
        Assert.Equal(2, ProgramRun.Run("[suggest:3]", "che").ExitCode);
        Assert.Empty(ProgramRun.Run("[suggest:3]", "che").Out);
    }

    [Fact]
    public void Every_value_of_an_option_or_argument_is_known()
    {
        Queue<Command> left = new([CommandLine.Create(["--help"])]);
        List<string> unknown = [];
        while (left.TryDequeue(out Command? command))
        {
            command.Subcommands.ToList().ForEach(left.Enqueue);
            unknown.AddRange(command.Arguments.Where(a => !Completer.Knows(a.Name)).Select(a => $"{command.Name} {a.Name}"));
            unknown.AddRange(command.Options.Where(o => o.ValueType != typeof(bool) && o.Arity.MaximumNumberOfValues > 0 && !o.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Any() && !Completer.Knows(o.HelpName ?? ""))
                .Select(o => $"{command.Name} {o.Name} {o.HelpName}"));
        }

        Assert.True(unknown.Count == 0, $"the completer has no entry for {string.Join("; ", unknown)}");
    }

    [Fact]
    public void Rules_and_packs_are_those_of_the_catalogue()
    {
        Assert.Equal(RuleCatalog.Default.Rules.Select(r => r.Id).Order(StringComparer.Ordinal), RuleCatalog.Ids());
        Assert.Equal(RuleCatalog.Default.Packs, RuleCatalog.Packs());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Each_shell_has_a_script(string shell)
    {
        ProgramResult result = ProgramRun.Run("completion", shell);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(" complete -- ", result.Out, StringComparison.Ordinal);
        Assert.Equal(result.Out, CompletionScript.Of(shell));
    }

    [Fact]
    public void Another_shell_is_refused_by_name()
    {
        ProgramResult result = ProgramRun.Run("completion", "tcsh");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("completion knows bash, zsh or fish, not 'tcsh'", result.Err, StringComparison.Ordinal);
    }

    private static string[] Complete(params string[] words) => [.. Completer.Complete(words).Words];

    private static string[] Lines(params string[] words) => ProgramRun.Run(["complete", "--", .. words]).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
