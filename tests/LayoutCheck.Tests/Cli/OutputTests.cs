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
            Assert.Equal("layoutcheck/1", document.RootElement.GetProperty("format").GetString());
            Assert.Equal(arguments[0], document.RootElement.GetProperty("report").GetString());
            Assert.EndsWith("}\n", first, StringComparison.Ordinal);
        }
    }

    // The path is in `run` alone: a copy elsewhere gives the same report.
    [Fact]
    public void Json_differs_between_two_paths_in_run_alone()
    {
        string copy = Path.Combine(Directory.CreateTempSubdirectory("layoutcheck-").FullName, "vmlinux");
        File.Copy(Path.Combine(FixtureFile.Repository, Image), copy);
        foreach (string[] arguments in s_json)
        {
            string here = ProgramRun.Run([.. arguments, "--format", "json"]).Out;
            string there = ProgramRun.Run([.. arguments.Select(a => a == Image ? copy : a), "--format", "json"]).Out;
            Assert.Equal(here.Replace(Image, copy, StringComparison.Ordinal), there);
            Assert.Equal(2, here.Split(Image).Length);
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
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full");
        ProgramResult result = ProgramRun.Shell($"{ProgramRun.ShellCommand} check {Image} > /dev/full");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("cannot be written", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(">&-")]
    [InlineData("1</dev/null")]
    public void A_result_that_cannot_be_written_is_a_failure(string redirection)
    {
        ProgramResult result = ProgramRun.Shell($"{ProgramRun.ShellCommand} check '{FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf")}' {redirection}");

        Assert.Equal(3, result.ExitCode);
        Assert.StartsWith("layoutcheck: the result cannot be written: ", Assert.Single(result.ErrLines), StringComparison.Ordinal);
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
