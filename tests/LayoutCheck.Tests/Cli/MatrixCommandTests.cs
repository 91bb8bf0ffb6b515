namespace LayoutCheck.Tests.Cli;

/// <summary><c>layoutcheck matrix</c> as a process.</summary>
public sealed class MatrixCommandTests
{
    private const string Era4 = "tests/fixtures/page-era4/page-era4.gcc-dwarf5.elf";
    private const string Era6 = "tests/fixtures/page-era6/page-era6.gcc-dwarf5.elf";
    private const string Stripped = "tests/fixtures/refused/stripped.elf";
    private const string Disagree = "tests/fixtures/disagree/disagree.gcc-dwarf5.elf";

    [Theory]
    [InlineData(0, Era4, Era6)]
    [InlineData(0, "tests/fixtures/bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf")]
    [InlineData(3, Era4, Stripped, Era6)]
    [InlineData(4, Disagree, Era6)]
    [InlineData(3, Disagree, Stripped)]
    [InlineData(3, "tests/fixtures/no-such-file", Era6)]
    [InlineData(0, "--exit-zero", Disagree, Stripped)]
    public void The_exit_code_is_3_over_4_over_0(int expected, params string[] arguments)
    {
        ProgramResult result = ProgramRun.Run(["matrix", .. arguments]);
        Assert.Equal(expected, result.ExitCode);
        Assert.Empty(result.Err);
        Assert.All(arguments.Where(a => !a.StartsWith('-')), file => Assert.Contains($"\n{Path.GetFileName(file)[..12]}", result.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_are_in_the_order_of_the_inputs_on_any_number_of_threads()
    {
        string[] files = [Era6, Stripped, Era4, Disagree, Era6];
        string[] outputs = [.. ((string[])["1", "2", "5"]).Select(n => ProgramRun.Run(["matrix", "--format", "tsv", "--threads", n, .. files]).Out)];
        Assert.Equal(files, outputs[0].Split('\n').Skip(1).SkipLast(1).Select(l => l.Split('\t')[0]));
        Assert.All(outputs, output => Assert.Equal(outputs[0], output));
    }

    [Fact]
    public void Files_come_from_a_list_too()
    {
        ProgramResult piped = ProgramRun.Shell($"printf '%s\\n' {Era4} '' {Era6} | {ProgramRun.ShellCommand} matrix --files-from - --format tsv");
        Assert.Equal(0, piped.ExitCode);
        Assert.Equal([Era4, Era6], piped.Out.Split('\n').Skip(1).SkipLast(1).Select(l => l.Split('\t')[0]));
        Assert.Equal(2, ProgramRun.Shell($"{ProgramRun.ShellCommand} matrix --files-from /dev/null").ExitCode);
    }

    [Theory]
    [InlineData("matrix needs images", "matrix")]
    [InlineData("write page.lru (the offset of a member)", "matrix", Era6, "--show", "page")]
    [InlineData("--sort takes input or release, not 'name'", "matrix", Era6, "--sort", "name")]
    public void A_wrong_command_line_is_2(string message, params string[] arguments)
    {
        ProgramResult result = ProgramRun.Run(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void One_run_writes_several_formats()
    {
        string folder = Directory.CreateTempSubdirectory("matrix").FullName;
        try
        {
            ProgramResult result = ProgramRun.Run("matrix", Era6, "--format", "json", "--report", $"tsv={folder}/m.tsv", "--report", $"text={folder}/m.txt");
            Assert.Equal(0, result.ExitCode);
            Assert.StartsWith("{", result.Out, StringComparison.Ordinal);
            Assert.StartsWith("path\t", File.ReadAllText(Path.Combine(folder, "m.tsv")), StringComparison.Ordinal);
            Assert.Contains("compound", File.ReadAllText(Path.Combine(folder, "m.txt")), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
