using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Inputs;

/// <summary>Images that come through a pipe, by the real program.</summary>
public sealed class PipeInputTests : IDisposable
{
    private static readonly string Good = FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf");
    private static readonly string Bad = FixtureFile.PathOf("bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf");

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-pipe-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("cat '{0}' | {1} check -", "(standard input)")]
    [InlineData("{1} check - < '{0}'", "/dev/stdin")]
    [InlineData("cat '{0}' | {1} check /dev/stdin", "/dev/stdin")]
    [InlineData("mkfifo fifo; cat '{0}' > fifo & {1} check fifo", "fifo")]
    public void The_verdict_is_that_of_the_file(string command, string name)
    {
        SkipWherePipesHaveNoName(command);
        foreach (string file in (string[])[Good, Bad])
        {
            ProgramResult plain = Shell($"{ProgramRun.ShellCommand} check -v --width 0 '{file}'");
            ProgramResult piped = Shell($"rm -f fifo; {string.Format(null, command, file, ProgramRun.ShellCommand)} -v --width 0");
            Assert.Equal(plain.ExitCode, piped.ExitCode);
            Assert.Equal(plain.Out.Replace(file, name, StringComparison.Ordinal), piped.Out);
            Assert.Equal("", piped.Err);
        }
    }

    [Fact]
    public void Process_substitution_serves_both_sides_of_a_difference()
    {
        SkipWherePipesHaveNoName("<(");
        ProgramResult result = Shell($"bash -c \"{ProgramRun.ShellCommand} diff <(cat '{Good}') <(cat '{Good}') page\"");
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
    }

    [Theory]
    [InlineData("audit - --source both")]
    [InlineData("check - --source both")]
    public void A_pipe_is_read_once_for_both_formats(string command)
    {
        string both = FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5-btf.elf");
        ProgramResult plain = Shell($"{ProgramRun.ShellCommand} {command.Replace(" - ", $" '{both}' ", StringComparison.Ordinal)}");
        ProgramResult piped = Shell($"cat '{both}' | {ProgramRun.ShellCommand} {command}");
        Assert.Equal(plain.ExitCode, piped.ExitCode);
        Assert.Equal("", piped.Err);
    }

    [Fact]
    public void A_packed_kernel_through_a_pipe() => Assert.Equal(0, Shell($"cat '{FixtureFile.PathOf("page-era5-packed/page-era5-packed.gz")}' | {ProgramRun.ShellCommand} check -").ExitCode);

    [Theory]
    [InlineData("true | {0} check -", "layoutcheck: (standard input): the file is empty")]
    [InlineData("{0} check - < /dev/null", "layoutcheck: (standard input): the file is empty")]
    [InlineData("{0} check - <&-", "layoutcheck: (standard input): is closed; pipe an image into layoutcheck, or name a FILE")]
    [InlineData("{0} check /dev/stdin <&-", "layoutcheck: /dev/stdin: is closed; ")]
    [InlineData("head -c 100000 /dev/zero | {0} check --max-size 64K -", "layoutcheck: (standard input): is larger than the 0x10000 bytes that it may; allow more (--max-size SIZE)")]
    [InlineData("echo none | TMPDIR=/nowhere {0} check -", "layoutcheck: (standard input): needs a temporary file, which cannot be made in /nowhere (")]
    [InlineData("echo none | {0} check -", "layoutcheck: (standard input): is neither an ELF file nor raw BTF nor a kernel image")]
    public void What_cannot_be_read_is_told_in_a_line(string command, string line)
    {
        if (command.Contains("<&-", StringComparison.Ordinal))
        {
            ManagedWay.SkipUnlessLinux("a standard input that is closed");
        }

        ProgramResult result = Shell(string.Format(null, command, ProgramRun.ShellCommand));
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.StartsWith(line, Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    // A writer that never ends is stopped by the bound, and not by the disk.
    [Fact]
    public void A_pipe_without_end_is_bounded()
    {
        ProgramResult result = Shell($"yes | {ProgramRun.ShellCommand} check --max-size 8M -");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("is larger than the 0x800000 bytes that it may", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_left_in_the_temporary_directory()
    {
        _ = Shell($"yes | TMPDIR='{_folder}' {ProgramRun.ShellCommand} check --max-size 8M -");
        _ = Shell($"cat '{Good}' | TMPDIR='{_folder}' {ProgramRun.ShellCommand} check -");
        _ = Shell($"(cat '{Good}'; sleep 3) | TMPDIR='{_folder}' DOTNET_EnableDiagnostics=0 {ProgramRun.ShellCommand} check - & sleep 1; kill -9 $!; wait");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private static void SkipWherePipesHaveNoName(string command)
    {
        if (command.Contains("mkfifo", StringComparison.Ordinal) || command.Contains("<(", StringComparison.Ordinal))
        {
            ManagedWay.SkipUnlessLinux("a pipe with a name is not told from a device");
        }
    }

    private ProgramResult Shell(string command) => ProgramRun.Shell($"cd '{_folder}'; {command}");
}
