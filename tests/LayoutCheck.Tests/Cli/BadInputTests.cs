using System.Globalization;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>What cannot be read: one clear line on stderr, nothing on stdout, exit code 3, at once.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void An_empty_file() => AssertRefused(Write("empty", []), "the file is empty");

    [Fact]
    public void A_text_file() => AssertRefused(Write("notes", "What is where\n"u8.ToArray()), "is neither an ELF file nor raw BTF");

    [Fact]
    public void A_truncated_ELF()
    {
        byte[] whole = FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5.elf");
        AssertRefused(Write("half", whole[..(whole.Length / 2)]), "truncated");
        AssertRefused(Write("header", whole[..40]), "truncated");
    }

    // Every length: whatever is cut off, the program refuses or, with what it needs still there, answers.
    [Fact]
    public void An_ELF_cut_anywhere()
    {
        byte[] whole = FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5.elf");
        for (int length = 0; length < whole.Length; length += whole.Length / 12)
        {
            ProgramResult result = ProgramRun.Run("check", Write("cut", whole[..length]));
            Assert.Equal(3, result.ExitCode);
            Assert.Single(result.ErrLines);
        }
    }

    [Fact]
    public void An_ELF_without_debug_information() => AssertRefused(FixtureFile.PathOf("refused/stripped.elf"), "has no debug information");

    [Fact]
    public void A_directory() => AssertRefused(_folder, "is a directory");

    [Fact]
    public void A_file_that_is_not_there() => AssertRefused(Path.Combine(_folder, "vmlinux"), "no such file");

    [Fact]
    public void A_path_through_a_file() => AssertRefused(Path.Combine(Write("file", [1]), "vmlinux"), "vmlinux: ");

    [Fact]
    public void A_FIFO_is_not_waited_for()
    {
        string fifo = Path.Combine(_folder, "fifo");
        Assert.Equal(0, ProgramRun.Shell($"mkfifo '{fifo}'").ExitCode);
        AssertRefused(fifo, "is a pipe");
    }

    [Fact]
    public void A_device() => AssertRefused("/dev/zero", "is a character device");

    [Fact]
    public void A_file_without_permission()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read everything");
        string file = Write("secret", FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5.elf"));
        Assert.Equal(0, ProgramRun.Shell($"chmod 000 '{file}'").ExitCode);
        AssertRefused(file, "ermission");
    }

    [Fact]
    public void A_name_that_a_terminal_would_obey() => AssertRefused(Path.Combine(_folder, "\e[31mred\u202e"), "\\u{1b}[31mred\\u{202e}: no such file");

    [Fact]
    public void The_other_source_is_named_when_the_one_asked_for_is_missing()
    {
        AssertRefused(FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf"), "has no BTF", "--source", "btf");
        AssertRefused(FixtureFile.PathOf("page-era6/page-era6.btf.elf"), "has no DWARF", "--source", "dwarf");
        AssertRefused(FixtureFile.PathOf("shapes/shapes.raw.btf"), "is raw BTF and has no DWARF", "--source", "dwarf");
    }

    // Of the processor: other tests run beside this one, and what waits is caught by AssertRefused.
    [Fact]
    public void Refusing_takes_less_than_a_second()
    {
        foreach (string file in new[] { Write("empty", []), Write("text", "text"u8.ToArray()), FixtureFile.PathOf("refused/stripped.elf"), _folder })
        {
            ProgramResult result = ProgramRun.Shell($"export LC_ALL=C; TIMEFORMAT='%U %S'; time {ProgramRun.ShellCommand} check '{file}'");
            Assert.Equal(3, result.ExitCode);
            double seconds = result.ErrLines[^1].Split(' ').Sum(s => double.Parse(s, CultureInfo.InvariantCulture));
            Assert.InRange(seconds, 0, 1);
        }
    }

    [Fact]
    public void Show_and_overlap_refuse_alike()
    {
        foreach (string[] arguments in new[] { new[] { "show", _folder, "page" }, ["overlap", _folder, "page"] })
        {
            ProgramResult result = ProgramRun.Run(arguments);
            Assert.Equal((3, ""), (result.ExitCode, result.Out));
            Assert.Contains("is a directory", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        }
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void AssertRefused(string file, string words, params string[] options)
    {
        ProgramResult result = ProgramRun.Run(["check", file, .. options]);
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        string line = Assert.Single(result.ErrLines);
        Assert.StartsWith("layoutcheck: ", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.True(result.Elapsed < TimeSpan.FromSeconds(20), $"took {result.Elapsed.TotalSeconds:f2} s");
    }
}
