using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>fleet.md and the scripts that it names. tests/fleet/engines runs all of them; the one that needs no engine runs here.</summary>
public sealed class FleetPageTests : IDisposable
{
    private static readonly DocPage s_page = DocPage.Of("src/docs/fleet.md");
    private static readonly string s_scripts = Path.Combine(FixtureFile.Repository, "src", "fleet");
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Names_every_script_and_says_how_its_results_travel()
    {
        string[][] rows = s_page.Rows("images, machines");
        Assert.Equal(Directory.EnumerateFiles(s_scripts).Select(f => $"`src/fleet/{Path.GetFileName(f)}`").Order(StringComparer.Ordinal), rows.Select(r => r[1]).Order(StringComparer.Ordinal));
        foreach (string[] row in rows)
        {
            string text = File.ReadAllText(Path.Combine(FixtureFile.Repository, row[1].Trim('`')));
            Assert.Contains(row[2] == "on standard output" ? "--format jsonl" : "--output-dir", text, StringComparison.Ordinal);
            Assert.Contains("--exit-zero", text, StringComparison.Ordinal);
            Assert.DoesNotContain("--return", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_script_ends_with_merge_and_a_list()
    {
        foreach (string script in Directory.EnumerateFiles(s_scripts))
        {
            // The manifest says it in its head.
            bool isManifest = Path.GetExtension(script) == ".yaml";
            string last = File.ReadLines(script).Last(l => l.Contains(" merge ", StringComparison.Ordinal));
            Assert.Contains("--expect", last, StringComparison.Ordinal);
            Assert.True(isManifest == last.StartsWith('#'), script);
            Assert.True(isManifest || File.ReadLines(script).Last(l => l.Length > 0).StartsWith("exec ", StringComparison.Ordinal), $"{script} does not end with exec");
        }
    }

    [Fact]
    public void Its_commands_are_those_of_the_scripts()
    {
        foreach (string line in s_page.Blocks("sh").SelectMany(b => b.Split('\n')))
        {
            foreach (string word in line.Split(' ').Where(w => w.StartsWith("src/", StringComparison.Ordinal)))
            {
                Assert.True(File.Exists(Path.Combine(FixtureFile.Repository, word)), line);
            }

            // A wrong option is exit code 2 before anything is read.
            if (line.StartsWith("layoutcheck merge records", StringComparison.Ordinal))
            {
                Directory.CreateDirectory(Path.Combine(_folder, "records"));
                File.WriteAllText(Path.Combine(_folder, "list"), "");
                Assert.Equal(0, ProgramRun.Shell($"cd '{_folder}'; layoutcheck() {{ {ProgramRun.ShellCommand} \"$@\"; }}; {line}").ExitCode);
            }
        }
    }

    [Fact]
    public void One_process_goes_on_where_it_was_and_names_what_is_missing()
    {
        string good = FixtureFile.PathOf("page-era6/page-era6.gcc-dwarf5.elf");
        string[] images = [Path.Combine(_folder, "a b"), Path.Combine(_folder, "-c"), Path.Combine(_folder, "$(x)")];
        foreach (string image in images)
        {
            File.Copy(good, image);
        }

        string list = Path.Combine(_folder, "list");
        File.WriteAllLines(list, images);
        string program = Path.Combine(_folder, "program");
        File.WriteAllText(program, $"#!/bin/sh\nexec {ProgramRun.ShellCommand} \"$@\"\n");
        Assert.Equal(0, ProgramRun.Shell($"chmod +x '{program}'").ExitCode);

        string command = $"LAYOUTCHECK='{program}' '{Path.Combine(s_scripts, "one-process")}' '{list}' '{Path.Combine(_folder, "records")}'";
        ProgramResult first = ProgramRun.Shell(command);
        Assert.Equal((0, ""), (first.ExitCode, first.Err));
        Assert.StartsWith("3 images: 3 hold\n", first.Out, StringComparison.Ordinal);

        // Another image, and a record that is gone: both are made, and the others are as they were.
        File.AppendAllLines(list, [Path.Combine(_folder, "none")]);
        string[] records = Directory.GetFiles(Path.Combine(_folder, "records"));
        File.Delete(records[0]);
        DateTime before = File.GetLastWriteTimeUtc(records[1]);
        ProgramResult second = ProgramRun.Shell(command);
        Assert.Equal((3, ""), (second.ExitCode, second.Err));
        Assert.StartsWith("4 images: 1 unreadable, 3 hold\n", second.Out, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(records[1]));
    }
}
