using LayoutCheck.Cli;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>A wrong command line: exit code 2, each fault once in one line with what may have been meant, then where the help is.</summary>
public sealed class UsageTests
{
    private const string Image = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";

    [Theory]
    [InlineData("", "no command given; try 'layoutcheck --help'")]
    [InlineData("chekc", "there is no command 'chekc'; did you mean check?")]
    [InlineData("show", "show needs FILE and TYPE")]
    [InlineData("show vmlinux", "show needs TYPE")]
    [InlineData("overlap", "overlap needs FILE and TYPE")]
    [InlineData("audit a b", "audit takes no more than FILE; 'b' is one too many")]
    [InlineData("check --fromat json", "there is no option '--fromat'; did you mean --format?")]
    [InlineData("show vmlinux page --soruce=btf", "there is no option '--soruce'; did you mean --source?")]
    [InlineData("check --format xml", "--format takes text, json, tsv, ")]
    [InlineData("check --source none", "--source takes auto, dwarf, btf or both, not 'none'")]
    [InlineData("show vmlinux page --source both", "--source takes auto, dwarf or btf, not 'both'")]
    [InlineData("diff vmlinux", "diff needs NEW")]
    [InlineData("diff a b --fail-on some", "--fail-on takes layout, type, name, any or never, not 'some'")]
    [InlineData("diff a b page.lru", "diff compares whole types: name page, not page.lru")]
    [InlineData("check a --accept nofile", "nofile cannot be read: no such file")]
    [InlineData("diff a b --reason why", "--reason goes with --write-accept")]
    [InlineData("check a --against b --source both", "check takes --against or --source both, not both of them")]
    [InlineData("check --format", "--format needs a value")]
    [InlineData("check --threads 0", "--threads takes a number from 1 to 1024, not '0'")]
    [InlineData("check --threads many", "--threads takes a number from 1 to 1024, not 'many'")]
    [InlineData("show vmlinux page -c -1", "--cacheline takes a number of bytes from 0 to 65536, not '-1'")]
    [InlineData($"show {Image} struct page", "'struct' alone is no type; quote both words: 'struct page'")]
    [InlineData($"show {Image} page[1]", "'page[1]' is not a type or a member of one; write page, 'struct page' or page.lru.next")]
    [InlineData($"show {Image} page.", "'page.' is not a type or a member of one")]
    [InlineData($"overlap {Image} .lru", "'.lru' is not a type or a member of one")]
    public void Says_what_is_wrong(string line, string words)
    {
        ProgramResult result = ProgramRun.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.True((result.ExitCode, result.Out) == (2, ""), $"exit code {result.ExitCode}: {result.Out}{result.Err}");
        Assert.StartsWith($"layoutcheck: {words}", result.ErrLines[0], StringComparison.Ordinal);
        Assert.All(result.ErrLines.Skip(1), l => Assert.StartsWith("Try 'layoutcheck", l, StringComparison.Ordinal));
        Assert.InRange(result.ErrLines.Length, 1, 2);
    }

    [Fact]
    public void Two_faults_are_two_lines()
    {
        ProgramResult result = ProgramRun.Run("audit", "a", "b", "--format", "xml");
        Assert.Equal(
            ["layoutcheck: audit takes no more than FILE; 'b' is one too many", $"layoutcheck: --format takes {OptionWords.List(ReportFormats.NamesFor("audit"))}, not 'xml'", "Try 'layoutcheck audit --help'."],
            result.ErrLines);
    }

    [Fact]
    public void After_two_dashes_everything_is_a_file()
    {
        ProgramResult result = ProgramRun.Run("check", "--", "--fromat");
        Assert.Equal((3, "layoutcheck: --fromat: no such file\n"), (result.ExitCode, result.Err));
    }

    // A kernel's file may begin with @, which parsers like to take for a file of arguments.
    [Fact]
    public void A_file_may_begin_with_an_at_sign()
    {
        ProgramResult result = ProgramRun.Run("check", "@vmlinux");
        Assert.Equal((3, "layoutcheck: @vmlinux: no such file\n"), (result.ExitCode, result.Err));
    }

    [Theory]
    [InlineData("--help", "layoutcheck check vmlinux")]
    [InlineData("check --help", "The first line is the verdict")]
    [InlineData("show --help", "layoutcheck show vmlinux 'struct page' list_head page.lru.next")]
    [InlineData("overlap --help", "layoutcheck overlap vmlinux page.compound_head")]
    [InlineData("show --help --bogus", "Exit codes:")]
    [InlineData("overlap -h", "4  it could not be decided")]
    public void Help_teaches_and_is_never_wrong(string line, string words)
    {
        ProgramResult result = ProgramRun.Run(line.Split(' '));
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
        Assert.Contains(words, result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Examples_of_the_help_work()
    {
        string folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        File.WriteAllText(Path.Combine(folder, "Module.symvers"), "0x00000000\tset_page\tvmlinux\tEXPORT_SYMBOL\t\n");
        File.WriteAllText(Path.Combine(folder, "kernels.txt"), FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"));
        string tree = Directory.CreateDirectory(Path.Combine(folder, "linux")).FullName;
        File.Copy(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), Path.Combine(tree, "vmlinux"));
        File.Copy(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), Path.Combine(tree, "nd_pmem.ko.xz"));
        foreach (string package in (string[])["linux-image-6.12-dbg.deb", "modules.deb"])
        {
            System.Formats.Tar.TarFile.CreateFromDirectory(tree, Path.Combine(folder, package), includeBaseDirectory: true);
        }

        File.WriteAllBytes(Path.Combine(folder, "vmlinuz"), KernelCodeBuilder.With(LayoutCheck.Machine.MachineKind.X64, ("SIZE(page)=%lu\n", 64L)).ToBytes());
        File.WriteAllText(Path.Combine(folder, "vmcore"), "OFFSET(page.lru)=8\n");
        HashSet<string> seen = [];
        foreach (string help in new[] { "--help", "check --help", "show --help", "overlap --help", "explain --help", "baseline --help", "diff --help", "audit --help", "matrix --help", "vmcoreinfo --help" })
        {
            foreach (string example in ProgramRun.Run(help.Split(' ')).Out.Split('\n').Where(l => l.StartsWith("  layoutcheck ", StringComparison.Ordinal) && !l.Contains('[', StringComparison.Ordinal)))
            {
                // In the program's own help, two blanks part an example from its words. task_struct and compound_head are not in this image.
                string line = example.Trim().Split("  ")[0]["layoutcheck ".Length..].Replace("page.compound_head", "page.compound_info", StringComparison.Ordinal)
                    .Replace("task_struct", "page", StringComparison.Ordinal).Replace("next-vmlinux", "vmlinux", StringComparison.Ordinal)
                    .Replace("old-vmlinux", "vmlinux", StringComparison.Ordinal).Replace("my.ko", "vmlinux", StringComparison.Ordinal)
                    .Replace("bpf.o", FixtureFile.PathOf("bpf/bpf.guarded.o"), StringComparison.Ordinal)
                    .Replace(" --new-source btf", "", StringComparison.Ordinal).Replace(" --rust", "", StringComparison.Ordinal).Replace("--source both", "--source dwarf", StringComparison.Ordinal)
                    .Replace("~/linux", tree, StringComparison.Ordinal).Replace("$(uname -r)", "vmlinux", StringComparison.Ordinal)
                    .Replace("vmlinux", FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), StringComparison.Ordinal);
                // That image has no code.
                line = line.Contains("--code", StringComparison.Ordinal) || line.StartsWith("explain _", StringComparison.Ordinal)
                    ? line.Replace(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), FixtureFile.PathOf("inlines/inlines.gcc-dwarf5.elf"), StringComparison.Ordinal) : line;
                line = line.StartsWith("vmcoreinfo ", StringComparison.Ordinal) ? $"vmcoreinfo vmlinuz{(line.EndsWith("-v", StringComparison.Ordinal) ? " -v" : "")}" : line;
                if (seen.Add(line))
                {
                    ProgramResult result = ProgramRun.Shell($"cd '{folder}' && {ProgramRun.ShellCommand} {line}");
                    Assert.True(result.ExitCode == 0, $"{line}: {result.ExitCode}\n{result.Out}{result.Err}");
                }
            }
        }

        Assert.True(seen.Count > 10);
        Directory.Delete(folder, true);
    }

    [Theory]
    [InlineData("README.md", "there is no command 'README.md', but a file: layoutcheck check README.md")]
    [InlineData("show page README.md", "page: no such file; FILE comes first: layoutcheck show README.md page")]
    [InlineData("check --json README.md", "there is no option '--json'; here it is --format json")]
    [InlineData("show -C page README.md", "there is no option '-C'; here it is the type's name behind FILE")]
    [InlineData("check --rules nofile README.md", "nofile cannot be read: no such file")]
    [InlineData("rules import src", "src cannot be read: it is a directory: name the files in it")]
    [InlineData("[suggest:6] check README.md", "there is no command '[suggest:6]'")]
    [InlineData("check -v -q README.md", "check takes --verbose or --quiet, not both")]
    [InlineData("check --width 5000 README.md", "--width takes a number of columns from 0 to 1000, not '5000'")]
    [InlineData("check --color blue README.md", "--color takes auto, always or never, not 'blue'")]
    public void Habits_of_other_programs_get_the_way_here(string line, string words)
    {
        ProgramResult result = ProgramRun.Run(line.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Out);
        Assert.Equal($"layoutcheck: {words}", result.ErrLines[0]);
    }

    [Fact]
    public void Help_is_a_command_too()
    {
        Assert.Equal(ProgramRun.Run("show", "--help").Out, ProgramRun.Run("help", "show").Out);
        Assert.Equal(ProgramRun.Run("--help").Out, ProgramRun.Run("help").Out);
        Assert.Equal(ProgramRun.Run("--version").Out, ProgramRun.Run("-V").Out);
    }

    [Fact]
    public void Version_is_a_line() => Assert.Matches(@"^layoutcheck \d+\.\d+\.\d+\r?\n$", ProgramRun.Run("--version").Out);

    [Theory]
    [InlineData("show", "pgae", "no C definition of pgae as a struct, a union or a typedef of one; did you mean page?")]
    [InlineData("overlap", "pgae", "no C definition of pgae as a struct, a union or a typedef of one; did you mean page?")]
    [InlineData("show", "union page", "no C definition of union page; there is struct page")]
    [InlineData("show", "page.maping", "struct page has no member maping; did you mean mapping?")]
    [InlineData("overlap", "page.maping", "struct page has no member maping; did you mean mapping?")]
    [InlineData("show", "nothing_like_it_at_all", "no C definition of nothing_like_it_at_all as a struct, a union or a typedef of one")]
    public void Unknown_names_are_undecided_and_get_the_nearest_ones(string command, string name, string words)
    {
        ProgramResult result = ProgramRun.Run(command, FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), name);
        Assert.Equal((4, $"layoutcheck: {words}\n"), (result.ExitCode, result.Err));
    }

    [Fact]
    public void Known_names_are_shown_beside_unknown_ones()
    {
        ProgramResult result = ProgramRun.Run("show", Image, "pgae", "page.lru.next", "list_head");
        Assert.Equal(4, result.ExitCode);
        Assert.Single(result.ErrLines);
        Assert.Contains("*lru.next;            /*     8     8 */", result.Out, StringComparison.Ordinal);
        Assert.Contains("struct list_head {", result.Out, StringComparison.Ordinal);
    }
}
