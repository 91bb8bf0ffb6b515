using System.Text.Json;
using LayoutCheck.Tests.Support;
using static LayoutCheck.Tests.Support.CheckedImages;

namespace LayoutCheck.Tests.Cli;

/// <summary>merge: one table of many runs, and what is missing in them.</summary>
public sealed class MergeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Lines_and_folders_make_the_table_of_one_run()
    {
        string[] sorted = [Bad, Open, Good, None];
        ProgramResult one = ProgramRun.Run(["check", .. sorted.Order(StringComparer.Ordinal)]);
        string lines = Lines("a.jsonl", None, Good);
        string records = Path.Combine(_folder, "records");
        _ = ProgramRun.Run("check", Bad, Open, "--output-dir", records);

        ProgramResult merged = ProgramRun.Run("merge", records, lines);
        Assert.Equal((3, "", one.Out), (merged.ExitCode, merged.Err, merged.Out));
        Assert.Equal(one.Out, ProgramRun.Run("merge", lines, records).Out);

        ProgramResult asLines = ProgramRun.Run("merge", lines, records, "--format", "jsonl");
        Assert.Equal(4, asLines.Out.Split('\n').Length - 1);
        ProgramResult tsv = ProgramRun.Run("merge", lines, records, "--format", "tsv");
        Assert.Equal(5, tsv.Out.Split('\n').Length - 1);
        Assert.All(tsv.Out.Split('\n')[..^1], l => Assert.Equal(14, l.Split('\t').Length));
        using JsonDocument json = JsonDocument.Parse(ProgramRun.Run("merge", lines, records, "--format", "json").Out);
        Assert.Equal(["format", "report", "verdict", "exit_code", "images", "problems"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(4, json.RootElement.GetProperty("images").GetArrayLength());
    }

    [Fact]
    public void A_record_that_is_expected_and_missing_is_told()
    {
        string lines = Lines("a.jsonl", Good);
        string list = List(Good, Bad);
        ProgramResult result = ProgramRun.Run("merge", lines, "--expect", list);
        Assert.Equal(4, result.ExitCode);
        Assert.Equal($"layoutcheck: {Bad}: has no record", Assert.Single(result.ErrLines));
        Assert.Contains($"missing {Bad}: has no record", result.Unfolded, StringComparison.Ordinal);
        Assert.Equal(0, ProgramRun.Run("merge", lines, "--expect", List(Good)).ExitCode);
        Assert.Equal(0, ProgramRun.Run("merge", lines, "--expect", List(Path.Combine(FixtureFile.Repository, Good))).ExitCode);
        Assert.Equal(0, ProgramRun.Run("merge", lines).ExitCode);
    }

    [Fact]
    public void A_worse_verdict_stays_the_worst()
        => Assert.Equal(3, ProgramRun.Run("merge", Lines("a.jsonl", None), "--expect", List(Good, None)).ExitCode);

    [Fact]
    public void A_double_record_counts_once()
    {
        string lines = Lines("a.jsonl", Good, Good);
        ProgramResult result = ProgramRun.Run("merge", lines, lines);
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
        Assert.StartsWith("1 image: 1 holds\n", result.Out, StringComparison.Ordinal);
        ProgramResult expected = ProgramRun.Run("merge", lines, "--expect", List(Good));
        Assert.Equal(4, expected.ExitCode);
        Assert.Contains("2 records say the same", Assert.Single(expected.ErrLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Contradictory_records_are_told_and_all_stay()
    {
        string lines = Lines("a.jsonl", Good);
        string other = Path.Combine(_folder, "b.jsonl");
        File.WriteAllText(other, File.ReadAllText(Lines("c.jsonl", Bad)).Replace($"\"path\":\"{Bad}\"", $"\"path\":\"{Good}\"", StringComparison.Ordinal));
        ProgramResult result = ProgramRun.Run("merge", lines, other);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("2 records say different things: holds", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        Assert.StartsWith("2 images: 1 violated, 1 holds\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("contradictory ", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_line_is_dropped_and_told()
    {
        string lines = Lines("a.jsonl", Good, Bad);
        string whole = File.ReadAllText(lines);
        File.WriteAllText(lines, whole[..^200]);
        ProgramResult result = ProgramRun.Run("merge", lines);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("line 2 is torn", Assert.Single(result.ErrLines), StringComparison.Ordinal);
        Assert.StartsWith("1 image: 1 holds\n", result.Out, StringComparison.Ordinal);
        File.WriteAllText(lines, "hello\n" + whole);
        Assert.Contains("line 1 is no record of check", Assert.Single(ProgramRun.Run("merge", lines).ErrLines), StringComparison.Ordinal);
    }

    // The list of another run: names that no line can hold are in it too.
    [Fact]
    public void What_is_missing_can_be_written_as_a_list()
    {
        string lines = Lines("a.jsonl", Good);
        string list = Path.Combine(_folder, "list");
        File.WriteAllText(list, $"{Good}\0new\nline\0-dash\0");
        string rest = Path.Combine(_folder, "rest");
        ProgramResult result = ProgramRun.Run("merge", lines, "--expect", list, "--missing", rest);
        Assert.Equal((4, 2), (result.ExitCode, result.ErrLines.Length));
        Assert.Equal("new\nline\0-dash\0".Split('\0').Order(StringComparer.Ordinal), File.ReadAllText(rest).Split('\0').Order(StringComparer.Ordinal));
        Assert.Equal(0, ProgramRun.Run("merge", lines, "--expect", List(Good), "--missing", rest).ExitCode);
        Assert.Equal("", File.ReadAllText(rest));
        ProgramResult without = ProgramRun.Run("merge", lines, "--missing", rest);
        Assert.Equal((2, "layoutcheck: --missing goes with --expect\n"), (without.ExitCode, without.Err));
    }

    [Fact]
    public void Two_names_of_one_file_are_one_input()
    {
        string full = Path.Combine(FixtureFile.Repository, Good);
        string[] lines = [Lines("a.jsonl", Good), Lines("b.jsonl", full), Lines("c.jsonl", "./" + Good)];
        ProgramResult result = ProgramRun.Run(["merge", .. lines]);
        Assert.Equal((0, ""), (result.ExitCode, result.Err));
        Assert.StartsWith("1 image: 1 holds\n", result.Out, StringComparison.Ordinal);
        ProgramResult expected = ProgramRun.Run(["merge", .. lines, "--expect", List(full)]);
        Assert.Equal(4, expected.ExitCode);
        Assert.Contains("3 records say the same", Assert.Single(expected.ErrLines), StringComparison.Ordinal);
    }

    // Lines have no hash where there is a build id, and facts where they were asked for; the records of a folder have both.
    [Fact]
    public void Lines_and_a_record_of_one_image_say_the_same()
    {
        string lines = Lines("a.jsonl", Good);
        string records = Path.Combine(_folder, "records");
        _ = ProgramRun.Run("check", Good, "--output-dir", records);
        ProgramResult alone = ProgramRun.Run("merge", records, "--format", "jsonl", "--facts");
        foreach (string[] files in (string[][])[[records, lines], [lines, records]])
        {
            ProgramResult result = ProgramRun.Run(["merge", .. files, "--format", "jsonl", "--facts"]);
            Assert.Equal((0, "", alone.Out), (result.ExitCode, result.Err, result.Out));
        }
    }

    // The answer does not depend on the order of the results.
    [Fact]
    public void The_order_of_the_results_does_not_matter()
    {
        string lines = Lines("a.jsonl", Good, None);
        string records = Path.Combine(_folder, "records");
        _ = ProgramRun.Run("check", Good, "--output-dir", records);
        string other = Path.Combine(_folder, "b.jsonl");
        File.WriteAllText(other, File.ReadAllText(Lines("c.jsonl", Bad)).Replace($"\"path\":\"{Bad}\"", $"\"path\":\"{Good}\"", StringComparison.Ordinal));
        string torn = Path.Combine(_folder, "torn.jsonl");
        File.WriteAllText(torn, File.ReadAllText(lines)[..500]);
        string list = List(Good, None, Open);
        string[] results = [lines, records, other, torn];
        ProgramResult first = ProgramRun.Run(["merge", .. results, "--expect", list, "--format", "jsonl", "--facts"]);
        Assert.Equal((3, 3), (first.ExitCode, first.ErrLines.Length));
        foreach (int[] order in (int[][])[[3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1], [0, 2, 1, 3]])
        {
            ProgramResult next = ProgramRun.Run(["merge", .. order.Select(i => results[i]), "--expect", list, "--format", "jsonl", "--facts"]);
            Assert.Equal((first.ExitCode, first.Out, first.Err), (next.ExitCode, next.Out, next.Err));
        }
    }

    // A record may come from anywhere.
    [Theory]
    [InlineData("")]
    [InlineData("a\\u0000b")]
    public void A_record_with_an_impossible_path_is_a_record(string path)
    {
        string lines = Lines("a.jsonl", Good);
        File.WriteAllText(lines, File.ReadAllText(lines).Replace($"\"path\":\"{Good}\"", $"\"path\":\"{path}\"", StringComparison.Ordinal));
        ProgramResult result = ProgramRun.Run("merge", lines, "--expect", List(Good));
        Assert.True(result.ExitCode is 4, $"{result.ExitCode} {result.Err}");
        Assert.DoesNotContain("defect", result.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void A_matrix_of_records_is_that_of_their_images()
    {
        string records = Path.Combine(_folder, "records");
        _ = ProgramRun.Run("check", Bad, Good, None, "--output-dir", records);
        ProgramResult matrix = ProgramRun.Run(["matrix", .. new[] { Bad, Good, None }.Order(StringComparer.Ordinal), "--format", "tsv", "--show", "sizeof:page,page.pgmap,folio.pgmap"]);
        ProgramResult merged = ProgramRun.Run("merge", records, "--matrix", "--format", "tsv", "--show", "sizeof:page,page.pgmap,folio.pgmap");
        Assert.Equal((matrix.ExitCode, matrix.Out), (merged.ExitCode, merged.Out));
        Assert.Equal(2, ProgramRun.Run("merge", records, "--matrix", "--format", "jsonl").ExitCode);
        Assert.Equal(2, ProgramRun.Run("merge", records, "--show", "sizeof:page").ExitCode);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error()
    {
        ProgramResult result = ProgramRun.Run("merge", Path.Combine(_folder, "none"));
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.Contains("no such file", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    private string Lines(string name, params string[] inputs)
    {
        string file = Path.Combine(_folder, name);
        string list = List(inputs);
        _ = ProgramRun.Run("check", "--files-from", list, "--format", "jsonl", "--output", file);
        return file;
    }

    private string List(params string[] inputs)
    {
        string list = Path.Combine(_folder, Path.GetRandomFileName());
        File.WriteAllLines(list, inputs);
        return list;
    }
}
