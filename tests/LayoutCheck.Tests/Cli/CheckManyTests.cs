using System.Diagnostics;
using System.Text.Json;
using LayoutCheck.Cli;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;
using static LayoutCheck.Tests.Support.CheckedImages;

namespace LayoutCheck.Tests.Cli;

/// <summary>check of many images: a row and a record for each, whatever it came to.</summary>
public sealed class CheckManyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void One_table_has_a_row_for_each_and_the_worst_decides()
    {
        ProgramResult result = ProgramRun.Run("check", Good, Bad, Open, None);

        Assert.Equal((3, ""), (result.ExitCode, result.Err));
        Assert.Equal("4 images: 1 violated, 1 unreadable, 1 undecided, 1 holds", result.FirstLine);
        string[] lines = result.Out.Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 76));
        Assert.Single(lines, l => l.StartsWith("holds ", StringComparison.Ordinal) && l.Contains("x86-64    4K", StringComparison.Ordinal) && l.EndsWith("page-era6.gcc-dwarf5.elf", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("VIOLATED ", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("undecided ", StringComparison.Ordinal) && l.EndsWith("no-page.gcc-dwarf5.elf", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("unreadable ", StringComparison.Ordinal) && l.EndsWith("page.h", StringComparison.Ordinal));
        Assert.Contains("violated: pgmap-on-compound-head", result.Unfolded, StringComparison.Ordinal);
        Assert.Contains("pgmap does NOT line up with compound", result.Unfolded, StringComparison.Ordinal);
        Assert.EndsWith("Verdict: unreadable (exit code 3)\n", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, Good, Good)]
    [InlineData(4, Good, Open)]
    [InlineData(1, Open, Bad, Good)]
    [InlineData(3, Bad, None, Open)]
    public void The_worst_exit_code_is_3_then_1_then_4(int exitCode, params string[] files)
    {
        Assert.Equal(exitCode, ProgramRun.Run(["check", .. files]).ExitCode);
        Assert.Equal(0, ProgramRun.Run(["check", "--exit-zero", .. files]).ExitCode);
    }

    [Fact]
    public void Quiet_shows_the_violated_alone_and_verbose_all_of_each()
    {
        ProgramResult quiet = ProgramRun.Run("check", "-q", Good, Bad, Open);
        Assert.Equal("3 images: 1 violated, 1 undecided, 1 holds", quiet.FirstLine);
        Assert.Contains("VIOLATED", quiet.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\nholds", quiet.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\nundecided ", quiet.Out, StringComparison.Ordinal);

        ProgramResult full = ProgramRun.Run("check", "-v", Good, None);
        Assert.Contains(ProgramRun.Run("check", "-v", Good).Out, full.Out, StringComparison.Ordinal);
        Assert.Contains($"\n== {None}\n{None}: ", full.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void One_FILE_is_reported_as_ever()
    {
        ProgramResult one = ProgramRun.Run("check", Good);
        Assert.StartsWith("pgmap lines up with compound_info: ", one.Out, StringComparison.Ordinal);
        Assert.EndsWith("Verdict: holds (exit code 0)\n", one.Out, StringComparison.Ordinal);
        Assert.Equal(one.Out, ProgramRun.Run("check", Good, "--threads", "1", "--memory", "1M").Out);
        ProgramResult none = ProgramRun.Run("check", None);
        Assert.Equal((3, ""), (none.ExitCode, none.Out));
        Assert.StartsWith($"layoutcheck: {None}: ", Assert.Single(none.ErrLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("jsonl")]
    public void One_FILE_that_cannot_be_read_has_its_record_in_formats_for_programs(string format)
    {
        ProgramResult result = ProgramRun.Run("check", None, "--format", format);
        Assert.Equal(3, result.ExitCode);
        Assert.StartsWith($"layoutcheck: {None}: ", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(result.Out);
        JsonElement root = document.RootElement;
        Assert.Equal("check", root.GetProperty("report").GetString());
        Assert.Equal("unreadable", root.GetProperty("verdict").GetString());
        Assert.Equal(3, root.GetProperty("exit_code").GetInt32());
        Assert.StartsWith($"{None}: ", root.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(["message", "section", "offset", "remedy"], root.GetProperty("error").EnumerateObject().Select(p => p.Name));
        Assert.Equal(0, ProgramRun.Run("check", None, "--format", format, "--exit-zero").ExitCode);
    }

    [Fact]
    public void Json_of_several_has_each_as_that_of_one()
    {
        ProgramResult result = ProgramRun.Run("check", Good, None, Bad, "--format", "json");
        Assert.Equal((3, ""), (result.ExitCode, result.Err));
        using JsonDocument document = JsonDocument.Parse(result.Out);
        JsonElement root = document.RootElement;
        Assert.Equal(["format", "report", "verdict", "exit_code", "images"], root.EnumerateObject().Select(p => p.Name));
        JsonElement[] images = [.. root.GetProperty("images").EnumerateArray()];
        Assert.Equal(["holds", "unreadable", "violated"], images.Select(i => i.GetProperty("verdict").GetString()));
        Assert.Equal(None, images[1].GetProperty("run").GetProperty("file").GetString());
        using JsonDocument one = JsonDocument.Parse(ProgramRun.Run("check", Good, "--format", "json").Out);
        Assert.Equal(one.RootElement.EnumerateObject().Skip(1).Select(p => (p.Name, p.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal))), images[0].EnumerateObject().Select(p => (p.Name, p.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public void Json_lines_have_one_line_each_in_the_order_of_the_inputs(string threads)
    {
        string[] files = [.. Enumerable.Range(0, 8).SelectMany(_ => new[] { Bad, None, Good, Open })];
        ProgramResult result = ProgramRun.Run(["check", "--format", "jsonl", "--threads", threads, .. files]);
        Assert.Equal((3, ""), (result.ExitCode, result.Err));
        string[] lines = result.Out.Split('\n')[..^1];
        Assert.Equal(files, lines.Select(l => ImageRecordJson.Read(System.Text.Encoding.UTF8.GetBytes(l))!.Path));
        Assert.All(lines, line => Assert.InRange(line.Length, 400, 5 * 1024));
        Assert.Equal(lines[0], ProgramRun.Run("check", "--format", "jsonl", Bad).Out.TrimEnd('\n'));
        Assert.Equal(lines[1], ProgramRun.Run("check", "--format", "jsonl", None).Out.TrimEnd('\n'));
    }

    // Without a build id, the hash of the bytes tells an image from another.
    [Fact]
    public void A_line_has_the_hash_of_a_file_without_a_build_id()
    {
        ImageRecord record = Lines("check", "--format", "jsonl", None, Good)[0];
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(FixtureFile.Repository, None)))), record.Sha256);
    }

    [Fact]
    public void Facts_are_told_where_they_are_asked_for()
    {
        Assert.Empty(Lines("check", "--format", "jsonl", Good, Good)[0].Facts);
        Assert.NotEmpty(Lines("check", "--format", "jsonl", "--facts", Good, Good)[0].Facts);
        Assert.NotEmpty(Lines("check", "--format", "jsonl", "--facts", Good)[0].Facts);
    }

    // Each line is there while the next image is still to come.
    [Fact]
    public void Json_lines_come_as_each_image_is_done()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo");
        string list = Path.Combine(_folder, "list");
        File.WriteAllText(list, string.Join('\n', Enumerable.Repeat(Good, 3000)));
        using Process process = ProgramRun.Start("check", "--format", "jsonl", "--files-from", list);
        string? first = process.StandardOutput.ReadLine();
        Assert.NotNull(ImageRecordJson.Read(System.Text.Encoding.UTF8.GetBytes(first!)));
        Assert.False(process.HasExited);
        process.Kill();
        process.WaitForExit();
    }

    [Fact]
    public void Several_reports_of_one_run_are_whole_files()
    {
        string lines = Path.Combine(_folder, "a.jsonl");
        string json = Path.Combine(_folder, "a.json");
        ProgramResult result = ProgramRun.Run("check", Good, Bad, "--report", $"jsonl={lines}", "--report", $"json={json}");
        Assert.Equal((1, ""), (result.ExitCode, result.Err));
        Assert.StartsWith("2 images: ", result.Out, StringComparison.Ordinal);
        Assert.Equal(ProgramRun.Run("check", Good, Bad, "--format", "jsonl").Out, File.ReadAllText(lines));
        Assert.Equal(ProgramRun.Run("check", Good, Bad, "--format", "json").Out, File.ReadAllText(json));
    }

    [Fact]
    public void Names_arrive_as_they_are()
    {
        string[] names = ["with space", "it's", "-dash", "$(x)", "ä", "tab\there", "\"", "new\nline", "*", " lead", "back\\slash"];
        string[] paths = [.. names.Select(n => Path.Combine(_folder, n))];
        Array.ForEach(paths, path => File.Copy(Path.Combine(FixtureFile.Repository, Good), path));
        string zero = Path.Combine(_folder, "list0");
        File.WriteAllText(zero, string.Join('\0', paths) + "\0");
        Assert.Equal(paths, Lines("check", "--format", "jsonl", "--files-from", zero).Select(r => r.Path));

        string[] oneLine = [.. paths.Where(p => !p.Contains('\n', StringComparison.Ordinal))];
        ProgramResult piped = ProgramRun.Shell($"printf '%s\\n\\n' {string.Join(' ', oneLine.Select(Quoted))} | {ProgramRun.ShellCommand} check --format jsonl --files-from -");
        Assert.Equal(oneLine, piped.Out.Split('\n')[..^1].Select(l => ImageRecordJson.Read(System.Text.Encoding.UTF8.GetBytes(l))!.Path));

        ProgramResult table = ProgramRun.Run(["check", .. paths]);
        Assert.Equal(0, table.ExitCode);
        Assert.Equal(paths.Length, table.Out.Split('\n').Count(l => l.StartsWith("holds", StringComparison.Ordinal)));
        Assert.Contains("new\\u{a}line", table.Out, StringComparison.Ordinal);

        static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    [Theory]
    [InlineData("a\nb\n", "a", "b")]
    [InlineData("a\r\n\r\nb", "a", "b")]
    [InlineData("\n  \n a \n", " a ")]
    [InlineData("a\0b\nc\0", "a", "b\nc")]
    [InlineData("")]
    public void A_list_has_a_path_a_line_or_before_each_zero_byte(string text, params string[] paths) => Assert.Equal(paths, FileList.Parse(text));

    // The runtime's own pipe has its number then, and nothing comes from it.
    [Fact]
    public void A_list_from_a_standard_input_that_is_closed_is_an_error()
    {
        ManagedWay.SkipUnlessLinux("a standard input that is closed");
        ProgramResult result = ProgramRun.Shell($"timeout 60 {ProgramRun.ShellCommand} check --files-from - <&-");
        Assert.Equal((2, "", "layoutcheck: the list of files cannot be read from standard input: it is closed\n"), (result.ExitCode, result.Out, result.Err));
    }

    [Theory]
    [InlineData("--running is for one image", "--running", Good, Bad)]
    [InlineData("--sample is for one image", "--sample", Good, Bad)]
    [InlineData("--against is for one image", "--against", Good, Good, Bad)]
    [InlineData("--source both is for one image", "--source", "both", Good, Bad)]
    [InlineData("check takes --accept and --write-accept with", "--write-accept", "x", Good, Bad)]
    [InlineData("the list /dev/null names no file", "--files-from", "/dev/null")]
    [InlineData("--files-from", "--files-from", "no/such/list")]
    [InlineData("--resume goes with --output-dir", "--resume", Good)]
    [InlineData("--verify goes with --resume", "--verify", Good)]
    [InlineData("--shard takes I/N", "--shard", "3/2", Good)]
    [InlineData("--shard takes I/N", "--shard", "0/2", Good)]
    [InlineData("--memory takes", "--memory", "much", Good)]
    [InlineData("--memory takes", "--memory", "99999999999999T", Good)]
    public void A_wrong_question_is_refused(string problem, params string[] arguments)
    {
        ProgramResult result = ProgramRun.Run(["check", .. arguments, "--exit-zero"]);
        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        string expected = problem == "--files-from" ? "no/such/list cannot be read: no such file" : problem;
        Assert.Contains(expected, Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_progress_bar_counts_the_images()
    {
        using StringWriter screen = new();
        using (new Progress(() => 0.24, isTerminal: true, TextWriter.Synchronized(screen), patience: 0, words: () => "12 of 50"))
        {
            SpinWait.SpinUntil(() => screen.ToString().Contains("of", StringComparison.Ordinal), TimeSpan.FromSeconds(30));
        }

        Assert.Matches(@"^\r\[#{9}\.{31}\]  24% 12 of 50", screen.ToString());
        Assert.EndsWith("\r" + new string(' ', 56) + "\r", screen.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short", 16, "short")]
    [InlineData("/a/long/path/to/some/module.ko", 16, "/a/l.../module.ko")]
    public void A_long_name_is_cut_in_the_middle(string text, int columns, string shown)
    {
        Assert.InRange(shown.Length, 0, columns + 1);
        string cut = SummaryText.Middle(text, columns);
        Assert.InRange(cut.Length, 0, columns);
        Assert.Equal(shown[..4], cut[..4]);
        Assert.Equal(shown[^5..], cut[^5..]);
    }

    private static ImageRecord[] Lines(params string[] arguments)
        => [.. ProgramRun.Run(arguments).Out.Split('\n')[..^1].Select(l => ImageRecordJson.Read(System.Text.Encoding.UTF8.GetBytes(l))!)];
}
