using LayoutCheck.Cli;
using LayoutCheck.Core;
using LayoutCheck.Reports;
using LayoutCheck.Reports.Formats;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>A folder of records: one for each input, whole, and made again only where something changed.</summary>
public sealed class OutputDirTests : IDisposable
{
    private const string Good = "page-era6/page-era6.gcc-dwarf5.elf";
    private const string Bad = "bad-pgmap-late/bad-pgmap-late.gcc-dwarf5.elf";

    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    private string Records => Path.Combine(_folder, "records");

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Each_input_has_one_record_named_by_the_hash_of_its_path()
    {
        string[] inputs = Inputs();
        ProgramResult result = Run(inputs);
        Assert.Equal((3, ""), (result.ExitCode, result.Err));
        Assert.StartsWith("3 images: 1 violated, 1 unreadable, 1 holds\n", result.Out, StringComparison.Ordinal);
        Assert.Equal(inputs.Select(i => RecordKey.NameOf(i) + ".json").Order(StringComparer.Ordinal), Names());
        ImageRecord record = Read(inputs[0]);
        Assert.Equal(inputs[0], record.Path);
        Assert.Equal(Hash(inputs[0]), record.Sha256);
        Assert.Equal((ulong)new FileInfo(inputs[0]).Length, record.Stamp!.ByteSize);
        Assert.Equal(RunInfo.LibraryVersion, record.Stamp.Version);
        Assert.NotEmpty(record.Facts);
        Assert.Equal(Hash(inputs[2]), Read(inputs[2]).Sha256);
    }

    [Fact]
    public void Nothing_in_a_record_depends_on_the_run()
    {
        string[] inputs = Inputs();
        _ = Run(inputs);
        string[] before = Contents();
        Directory.Delete(Records, true);
        _ = Run([.. inputs.Reverse(), "--threads", "1"]);
        Assert.Equal(before, Contents());
    }

    // The word is a folder; what is read is the kernel in it, and its configuration.
    [Fact]
    public void Resume_sees_that_the_kernel_of_a_folder_changed()
    {
        string tree = Path.Combine(_folder, "tree");
        string kernel = Path.Combine(tree, "vmlinux");
        string config = Path.Combine(tree, ".config");
        Directory.CreateDirectory(tree);
        File.Copy(FixtureFile.PathOf(Good), kernel);
        string[] run = [tree, "--resume"];
        Assert.Equal(0, Run([tree]).ExitCode);
        DateTime[] written = Times();
        Assert.Equal(tree, Read(tree).Path);
        Assert.Equal(Hash(kernel), Read(tree).Sha256);
        Assert.Equal(0, Run([.. run, "--verify"]).ExitCode);
        Assert.Equal(written, Times());

        File.WriteAllText(config, "CONFIG_64BIT=y\n");
        File.SetLastWriteTimeUtc(config, DateTime.UnixEpoch);
        Assert.Equal(0, Run(run).ExitCode);
        Assert.NotEqual(written, written = Times());
        Assert.Equal(0, Run(run).ExitCode);
        Assert.Equal(written, Times());
        File.WriteAllText(config, "CONFIG_64BIT=n\n");
        Assert.Equal(0, Run(run).ExitCode);
        Assert.NotEqual(written, written = Times());

        // The folder itself is as it was.
        DateTime folderTime = Directory.GetLastWriteTimeUtc(tree);
        using (FileStream stream = new(kernel, FileMode.Open))
        {
            stream.Write(FixtureFile.Bytes(Bad));
        }

        Assert.Equal(folderTime, Directory.GetLastWriteTimeUtc(tree));
        Assert.Equal(1, Run(run).ExitCode);
        File.Move(kernel, kernel + "-1.2.3");
        Assert.Equal(1, Run(run).ExitCode);
        File.Delete(kernel + "-1.2.3");
        Assert.Equal(3, Run(run).ExitCode);
        File.Copy(FixtureFile.PathOf(Good), kernel);
        Assert.Equal(0, Run(run).ExitCode);
    }

    [Fact]
    public void Resume_leaves_out_what_did_not_change()
    {
        string[] inputs = Inputs();
        string first = Run(inputs).Out;
        DateTime[] written = Times();
        Assert.Equal(first, Run([.. inputs, "--resume"]).Out);
        Assert.Equal(first, Run([.. inputs, "--resume", "--verify"]).Out);
        Assert.Equal(written, Times());
        _ = Run(inputs);
        Assert.NotEqual(written, Times());
    }

    [Fact]
    public void Resume_does_again_what_changed()
    {
        string[] inputs = Inputs();
        _ = Run(inputs);
        File.Copy(FixtureFile.PathOf(Bad), inputs[0], overwrite: true);
        string resumed = Run([.. inputs, "--resume"]).Out;
        Assert.StartsWith("3 images: 2 violated, 1 unreadable\n", resumed, StringComparison.Ordinal);
        Assert.Equal(resumed, Run(inputs).Out);
        Assert.Equal(ExitCode.Violated, Read(inputs[0]).ExitCode);
    }

    [Theory]
    [InlineData("--strict")]
    [InlineData("--skip", "pgmap-on-compound-head")]
    [InlineData("--source", "dwarf")]
    [InlineData("-e", "sizeof(struct page) == 64")]
    public void Resume_does_again_what_is_asked_otherwise(params string[] option)
    {
        string[] inputs = Inputs()[..1];
        _ = Run(inputs);
        string question = Read(inputs[0]).Stamp!.Question;
        _ = Run([.. inputs, "--resume", .. option]);
        Assert.NotEqual(question, Read(inputs[0]).Stamp!.Question);
    }

    // The same size and times, and other bytes: what the stamp cannot see.
    [Fact]
    public void Verify_compares_the_bytes()
    {
        string[] inputs = Inputs()[..1];
        _ = Run(inputs);
        string place = Path.Combine(Records, RecordKey.NameOf(inputs[0]) + ".json");
        ImageRecord record = Read(inputs[0]);
        File.WriteAllText(place, File.ReadAllText(place).Replace(record.Sha256!, new string('0', 64), StringComparison.Ordinal));
        _ = Run([.. inputs, "--resume"]);
        Assert.Equal(new string('0', 64), Read(inputs[0]).Sha256);
        _ = Run([.. inputs, "--resume", "--verify"]);
        Assert.Equal(record.Sha256, Read(inputs[0]).Sha256);
    }

    [Fact]
    public void What_a_killed_run_left_is_cleaned_and_done_again()
    {
        string[] inputs = Inputs();
        string expected = Run(inputs).Out;
        string[] contents = Contents();
        string name = RecordKey.NameOf(inputs[0]);
        string place = Path.Combine(Records, name + ".json");
        string whole = File.ReadAllText(place);
        string left = Path.Combine(Records, name + ".abcdefgh.ijk.tmp");
        string foreign = Path.Combine(Records, new string('f', 64) + ".abcdefgh.ijk.tmp");
        foreach (string torn in new[] { "", whole[..100], whole[..^3], "\0\0\0\0" })
        {
            File.WriteAllText(place, torn);
            File.WriteAllText(left, whole[..50]);
            File.WriteAllText(foreign, "");
            Assert.Equal(expected, Run([.. inputs, "--resume"]).Out);
            Assert.False(File.Exists(left));
            Assert.True(File.Exists(foreign));
            File.Delete(foreign);
            Assert.Equal(contents, Contents());
        }
    }

    [Fact]
    public void Shards_are_disjoint_and_complete()
    {
        string[] inputs = [.. Enumerable.Range(0, 40).Select(i => Copy(Good, $"image {i}"))];
        string list = Path.Combine(_folder, "list");
        File.WriteAllLines(list, inputs);
        _ = Run(["--files-from", list]);
        string[] whole = Contents();
        Directory.Delete(Records, true);
        List<string> seen = [];
        File.WriteAllLines(list, inputs.Reverse());
        for (int i = 1; i <= 3; i++)
        {
            ProgramResult lines = ProgramRun.Run("check", "--files-from", list, "--shard", $"{i}/3", "--format", "jsonl");
            seen.AddRange(lines.Out.Split('\n')[..^1].Select(l => ImageRecordJson.Read(System.Text.Encoding.UTF8.GetBytes(l))!.Path));
            _ = Run(["--files-from", list, "--shard", $"{i}/3"]);
        }

        Assert.Equal(inputs.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Equal(whole, Contents());
        Assert.All(Enumerable.Range(1, 3), i => Assert.InRange(inputs.Count(new Shard(i, 3).Has), 3, 25));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_failure_of_the_run()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        ProgramResult result = ProgramRun.Run("check", FixtureFile.PathOf(Good), "--output-dir", file);
        Assert.Equal((3, ""), (result.ExitCode, result.Out));
        Assert.Contains("cannot be written", Assert.Single(result.ErrLines), StringComparison.Ordinal);
    }

    private string[] Inputs()
    {
        string none = Path.Combine(_folder, "none");
        File.WriteAllText(none, "no image");
        return [Copy(Good, "good"), Copy(Bad, "bad"), none];
    }

    private string Copy(string fixture, string name)
    {
        string path = Path.Combine(_folder, name);
        File.Copy(FixtureFile.PathOf(fixture), path);
        return path;
    }

    private ProgramResult Run(string[] arguments) => ProgramRun.Run(["check", "--output-dir", Records, .. arguments]);

    private ImageRecord Read(string input) => ImageRecordJson.Read(File.ReadAllBytes(Path.Combine(Records, RecordKey.NameOf(input) + ".json")))!;

    private string[] Names() => [.. Directory.GetFiles(Records).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private string[] Contents() => [.. Directory.GetFiles(Records).Order(StringComparer.Ordinal).Select(f => $"{Path.GetFileName(f)} {File.ReadAllText(f)}")];

    private DateTime[] Times() => [.. Directory.GetFiles(Records).Order(StringComparer.Ordinal).Select(File.GetLastWriteTimeUtc)];

    private static string Hash(string file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
}
