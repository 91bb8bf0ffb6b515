using System.Diagnostics;
using System.Text;
using System.Text.Json;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>What reaches the reader: the same bytes each time, no more than he wants to read, nothing that his terminal obeys.</summary>
public sealed class OutputTests
{
    private const string Image = "tests/fixtures/page-era6/page-era6.gcc-dwarf5-btf.elf";

    private static readonly string[][] s_json = [["check", Image], ["show", Image, "page", "folio"], ["show", Image, "page.lru", "--all"], ["overlap", Image, "page"], ["overlap", Image, "page.lru"]];

    [Fact]
    public void Json_is_valid_and_the_same_each_time()
    {
        foreach (string[] arguments in s_json)
        {
            string first = ProgramRun.Run([.. arguments, "--format", "json"]).Out;
            Assert.Equal(first, ProgramRun.Run([.. arguments, "--format", "json"]).Out);
            using JsonDocument document = JsonDocument.Parse(first);
            Assert.Equal("layoutcheck/2", document.RootElement.GetProperty("format").GetString());
            Assert.Equal(arguments[0], document.RootElement.GetProperty("report").GetString());
            Assert.EndsWith("}\n", first, StringComparison.Ordinal);
        }
    }

    // The path is in `run` alone: a copy elsewhere gives the same report.
    [Fact]
    public void Json_differs_between_two_paths_in_run_and_files_alone()
    {
        string copy = Path.Combine(Directory.CreateTempSubdirectory("layoutcheck-").FullName, "vmlinux");
        File.Copy(Path.Combine(FixtureFile.Repository, Image), copy);
        foreach (string[] arguments in s_json)
        {
            string here = ProgramRun.Run([.. arguments, "--format", "json"]).Out;
            string there = ProgramRun.Run([.. arguments.Select(a => a == Image ? copy : a), "--format", "json"]).Out;
            Assert.Equal(here.Replace(Image, copy, StringComparison.Ordinal), there);
            Assert.Equal(3, here.Split(Image).Length);
        }

        Directory.Delete(Path.GetDirectoryName(copy)!, true);
    }

    [Fact]
    public void Threads_do_not_show()
    {
        string[] outputs = [.. new[] { "1", "2", "7" }.Select(threads => ProgramRun.Run("check", Image, "--threads", threads, "--format", "json").Out).Distinct()];
        Assert.Single(outputs);
    }

    [Fact]
    public void A_closed_pipe_is_no_failure()
    {
        using Process process = ProgramRun.Start("overlap", Image, "page");
        process.StandardOutput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((0, ""), (process.ExitCode, error));

        ProgramResult head = ProgramRun.Shell($"{ProgramRun.ShellCommand} check {Image} | head -n 1; exit ${{PIPESTATUS[0]}}");
        Assert.Equal((0, ""), (head.ExitCode, head.Err));
        Assert.StartsWith("pgmap lines up with compound_info", head.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_a_failure()
    {
        using FullDevice full = new();
        ProgramResult result = ProgramRun.Shell($"{ProgramRun.ShellCommand} check {Image} > '{full.Path}'");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("cannot be written", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1</dev/null", "no permission")]
    [InlineData(">&-", "standard output is closed")]
    [InlineData("<&- >&-", "standard output is closed")]
    [InlineData("<&- >FULL", "No space left on device")]
    public void A_result_that_cannot_be_written_is_a_failure(string redirection, string reason)
    {
        SkipWhereClosedIsNotSeen(redirection);
        using FullDevice full = new();
        string image = FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf");
        foreach (string arguments in new[] { $"check '{image}'", $"show '{image}' page --format json", $"baseline '{image}' page", "rules", "explain struct-page-size", "--version", "check --help" })
        {
            ProgramResult result = ProgramRun.Shell($"{ProgramRun.ShellCommand} {arguments} {redirection.Replace("FULL", $"'{full.Path}'", StringComparison.Ordinal)}");

            Assert.Equal((3, ""), (result.ExitCode, result.Out));
            Assert.Equal($"layoutcheck: the result cannot be written: {reason}", Assert.Single(result.ErrLines));
        }
    }

    [Theory]
    [InlineData("<&- >&- 2>&-", 3)]
    [InlineData(">&- 2>&-", 3)]
    [InlineData("<&- 2>&-", 0)]
    public void With_stderr_closed_the_exit_code_says_it(string redirection, int exitCode)
    {
        SkipWhereClosedIsNotSeen(redirection);
        Assert.Equal(exitCode, ProgramRun.Shell($"{ProgramRun.ShellCommand} check '{FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf")}' {redirection}").ExitCode);
    }

    private static void SkipWhereClosedIsNotSeen(string redirection)
    {
        if (redirection.Contains(" >&-", StringComparison.Ordinal) || redirection.StartsWith(">&-", StringComparison.Ordinal))
        {
            ManagedWay.SkipUnlessLinux("a standard output that is closed");
        }
    }

    [Theory]
    [InlineData("file/x.md", "there is no such directory")]
    [InlineData("file/x/y.md", "there is no such directory")]
    [InlineData("folder", "it is a directory")]
    [InlineData("folder/", "it is a directory")]
    [InlineData("loop", "Too many levels of symbolic links")]
    [InlineData("/proc/layoutcheck.md", "there is no such directory")]
    [InlineData("FULL", "No space left on device")]
    [InlineData("LONG", "its name is too long")]
    public void A_file_that_cannot_be_written_is_a_line_and_leaves_nothing(string path, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the paths are those of Linux");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        _ = folder.CreateSubdirectory("folder");
        File.WriteAllText(Path.Combine(folder.FullName, "file"), "before");
        File.WriteAllText(Path.Combine(folder.FullName, "page.h"), "static_assert(sizeof(struct page) == 64);\n");
        _ = File.CreateSymbolicLink(Path.Combine(folder.FullName, "loop"), "loop");
        using FullDevice full = new();
        string output = Path.Combine(folder.FullName, path.Replace("LONG", new string('a', 300), StringComparison.Ordinal).Replace("FULL", full.Path, StringComparison.Ordinal));
        string[] before = [.. folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(f => f.FullName)];

        foreach (string[] arguments in new string[][] { ["baseline", Image, "page", "--force"], ["rules", "import", Path.Combine(folder.FullName, "page.h")] })
        {
            if (arguments[0] == "rules" && path.StartsWith("folder", StringComparison.Ordinal))
            {
                continue; // It makes a file in it.
            }

            ProgramResult result = ProgramRun.Run([.. arguments, "--output", output]);

            Assert.Equal((3, ""), (result.ExitCode, result.Out));
            string error = Assert.Single(result.ErrLines, line => line.StartsWith("layoutcheck: ", StringComparison.Ordinal) && line.Contains("cannot be written: ", StringComparison.Ordinal));
            Assert.Contains("cannot be written: " + reason, error, StringComparison.Ordinal);
            Assert.DoesNotContain(".tmp", error, StringComparison.Ordinal);
        }

        Assert.Equal(before.Order(), folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(f => f.FullName).Order());
        Assert.Equal("before", File.ReadAllText(Path.Combine(folder.FullName, "file")));
        folder.Delete(true);
    }

    // The limit would end the process by a signal, and holds for the memory that the runtime makes code in too, unless that is not mapped twice.
    [Fact]
    public void A_limit_on_the_size_of_files_is_a_failure_as_any()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        string file = Path.Combine(folder.FullName, "page.md");
        File.WriteAllText(file, "before");
        string baseline = $"ulimit -f 1; DOTNET_EnableWriteXorExecute=0 {ProgramRun.ShellCommand} baseline '{Path.Combine(FixtureFile.Repository, Image)}' page folio --force";

        ProgramResult named = ProgramRun.Shell($"{baseline} --output '{file}'");
        ProgramResult redirected = ProgramRun.Shell($"{baseline} > '{file}.out'");

        Assert.Equal((3, ""), (named.ExitCode, named.Out));
        Assert.Equal($"layoutcheck: {file} cannot be written: the file would be larger than is allowed (ulimit -f)", Assert.Single(named.ErrLines));
        Assert.Equal(3, redirected.ExitCode);
        Assert.Equal("layoutcheck: the result cannot be written: the file would be larger than is allowed (ulimit -f)", Assert.Single(redirected.ErrLines));
        Assert.Equal("before", File.ReadAllText(file));
        Assert.Equal(["page.md", "page.md.out"], folder.EnumerateFiles().Select(f => f.Name).Order());
        folder.Delete(true);
    }

    // The lines are lost: there is no other place for them. The exit code is not.
    [Theory]
    [InlineData("check nofile", 3)]
    [InlineData("check --no-such-option", 2)]
    [InlineData("rules import nofile", 2)]
    public void A_limit_on_the_size_of_standard_error_does_not_change_the_exit_code(string arguments, int exitCode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ulimit, /dev/full");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        string file = Path.Combine(folder.FullName, "errors");
        File.WriteAllBytes(file, new byte[1024]);

        Assert.Equal(exitCode, ProgramRun.Shell($"ulimit -f 1; DOTNET_EnableWriteXorExecute=0 {ProgramRun.ShellCommand} {arguments} 2>> '{file}'").ExitCode);
        Assert.Equal(exitCode, ProgramRun.Shell($"{ProgramRun.ShellCommand} {arguments} 2> /dev/full").ExitCode);
        Assert.Equal(1024, new FileInfo(file).Length);
        folder.Delete(true);
    }

    [Fact]
    public void What_is_no_file_is_written_to_and_stays()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo, /dev/stdout");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        string expected = ProgramRun.Run("baseline", Image, "page").Out;
        string fifo = Path.Combine(folder.FullName, "fifo");
        File.WriteAllText(Path.Combine(folder.FullName, "real"), "before");
        string link = Path.Combine(folder.FullName, "link");
        _ = File.CreateSymbolicLink(link, "real");

        Assert.Equal(expected, ProgramRun.Run("baseline", Image, "page", "-o", "/dev/stdout").Out);
        Assert.Equal(expected, ProgramRun.Shell($"mkfifo '{fifo}'; cat '{fifo}' & {ProgramRun.ShellCommand} baseline '{Path.Combine(FixtureFile.Repository, Image)}' page -o '{fifo}'; wait").Out);
        Assert.Equal(0, ProgramRun.Run("baseline", Image, "page", "-o", link, "--force").ExitCode);
        Assert.Equal(expected, File.ReadAllText(Path.Combine(folder.FullName, "real")));
        Assert.Equal("real", new FileInfo(link).LinkTarget);
        folder.Delete(true);
    }

    [Fact]
    public void A_baseline_replaces_no_file_and_makes_no_folder_unless_it_is_told_to()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("layoutcheck-");
        string pinned = Path.Combine(folder.FullName, "page.md");
        string link = Path.Combine(folder.FullName, "link.md");
        string deeper = Path.Combine(folder.FullName, "a", "b", "page.md");
        _ = File.CreateSymbolicLink(link, "page.md");

        // A file of a new name needs no word.
        Assert.Equal(0, ProgramRun.Run("baseline", Image, "page", "-o", pinned).ExitCode);
        File.AppendAllText(pinned, "edited");
        foreach ((string path, string words) in new[]
        {
            (pinned, $"{pinned} is there already, and what it pins would be lost: name another file, or give --force to overwrite it"),
            (link, $"{link} is there already, and what it pins would be lost: name another file, or give --force to overwrite it"),
            (deeper, $"{deeper}: there is no folder {Path.GetDirectoryName(deeper)}: make it, or give --force to have it made"),
        })
        {
            ProgramResult refused = ProgramRun.Run("baseline", Image, "page", "-o", path);
            Assert.Equal((2, "", $"layoutcheck: {words}"), (refused.ExitCode, refused.Out, Assert.Single(refused.ErrLines)));
        }

        Assert.EndsWith("edited", File.ReadAllText(pinned), StringComparison.Ordinal);
        Assert.Equal([link, pinned], folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(f => f.FullName).Order());
        Assert.Equal(0, ProgramRun.Run("baseline", Image, "page", "-o", link, "--force").ExitCode);
        Assert.Equal(0, ProgramRun.Run("baseline", Image, "page", "-o", deeper, "--force").ExitCode);
        Assert.Equal(File.ReadAllText(deeper), File.ReadAllText(pinned));
        folder.Delete(true);
    }

    [Fact]
    public void Results_of_several_runs_follow_each_other_in_one_file()
    {
        string file = Path.GetTempFileName();
        string show = $"{ProgramRun.ShellCommand} show '{FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf")}'";
        try
        {
            _ = ProgramRun.Shell($"{{ echo first; {show} page; echo second; {show} folio; echo third; }} > '{file}'");
            string all = File.ReadAllText(file);
            _ = ProgramRun.Shell($"echo first > '{file}'; {show} page >> '{file}'; echo second >> '{file}'; {show} folio >> '{file}'; echo third >> '{file}'");

            Assert.Equal(all, File.ReadAllText(file));
            Assert.Equal(5, all.Split('\n').Count(line => line is "first" or "second" or "third" or "struct page {" or "struct folio {"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Colour_is_for_terminals_that_want_it()
    {
        Assert.DoesNotContain('\e', ProgramRun.Run("check", Image).Out);
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "no script(1) to make a terminal with");
        // The runtime itself may switch the keypad's mode (CSI ?1h); colours are CSI ... m.
        Assert.Contains("\e[32mpgmap lines up", OnTerminal("TERM=xterm"), StringComparison.Ordinal);
        Assert.DoesNotMatch("\e\\[[0-9;]*m", OnTerminal("TERM=xterm NO_COLOR=1"));
        Assert.DoesNotMatch("\e\\[[0-9;]*m", OnTerminal("TERM=dumb"));

        static string OnTerminal(string environment)
        {
            string command = $"{environment} {ProgramRun.ShellCommand} check {Image}".Replace("'", "'\\''", StringComparison.Ordinal);
            ProgramResult result = ProgramRun.Shell($"script -qec '{command}' /dev/null");
            Assert.Equal(0, result.ExitCode);
            Assert.Contains("pgmap lines up", result.Out, StringComparison.Ordinal);
            return result.Out;
        }
    }

    // Names come from the file, and the file from anybody.
    [Fact]
    public void Control_characters_in_names_are_written_out()
    {
        string file = Path.GetTempFileName();
        byte[] image = FixtureFile.Bytes("page-era6/page-era6.gcc-dwarf5-btf.elf");
        Replace(image, "zone_device_data", "zone\e[31m\u0007__data");
        Replace(image, "page-a.c", "\e[2Jpa.c");
        File.WriteAllBytes(file, image);
        string[][] runs = [["check", file], ["show", file, "page"], ["show", file, "page", "--all"], ["overlap", file, "page"], ["overlap", file, "page.compound_info"], ["show", file, "page.zone_device_data"]];
        foreach (string[] arguments in runs)
        {
            foreach (string source in new[] { "dwarf", "btf" })
            {
                ProgramResult text = ProgramRun.Run([.. arguments, "--source", source]);
                ProgramResult json = ProgramRun.Run([.. arguments, "--source", source, "--format", "json"]);
                Assert.DoesNotContain(text.Out + text.Err + json.Out + json.Err, c => char.IsControl(c) && c is not ('\n' or '\t'));
            }
        }

        Assert.Contains("zone\\u{1b}[31m\\u{7}__data", ProgramRun.Run("overlap", file, "page").Out, StringComparison.Ordinal);
        File.Delete(file);

        static void Replace(byte[] bytes, string name, string other)
        {
            byte[] from = Encoding.UTF8.GetBytes(name + "\0");
            byte[] to = Encoding.UTF8.GetBytes(other + "\0");
            Assert.Equal(from.Length, to.Length);
            int found = 0;
            for (int at; (at = bytes.AsSpan().IndexOf(from)) >= 0; found++)
            {
                to.CopyTo(bytes, at);
            }

            Assert.True(found > 0, name);
        }
    }

    [Fact]
    public void Show_says_which_unit_answers()
    {
        Assert.StartsWith("/* from DWARF: the first C definition, in page-a.c; --all compares every unit's */\n", ProgramRun.Run("show", Image, "page").Out, StringComparison.Ordinal);
        Assert.StartsWith("/* from DWARF: 2 C units agree, the first is page-a.c */\n", ProgramRun.Run("show", Image, "page", "--all").Out, StringComparison.Ordinal);
        Assert.StartsWith("/* from BTF */\n", ProgramRun.Run("show", Image, "page", "--source", "btf").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_all_shows_each_definition_that_differs()
    {
        ProgramResult result = ProgramRun.Run("show", "tests/fixtures/disagree/disagree.gcc-dwarf5.elf", "struct page", "--all");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("/* from DWARF: in page-a.c alone */", result.Out, StringComparison.Ordinal);
        Assert.Contains("/* from DWARF: in page-b.c alone */\n/* differs: ", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_one_member()
    {
        Assert.Equal(
            "/* from BTF */\nstruct page {\n\tstruct list_head           *lru.next;            /*     8     8 */\n};\n",
            ProgramRun.Run("show", Image, "page.lru.next", "--source", "btf").Out);
    }
}
