using System.Diagnostics;
using LayoutCheck.Tests.Cli;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Docs;

/// <summary>A folder as a CI job has it: a vmlinux, layoutcheck on PATH, and the files that a runner names in the environment.</summary>
internal sealed class CiMachine : IDisposable
{
    private readonly string _tools;

    public CiMachine()
    {
        Folder = Directory.CreateTempSubdirectory("layoutcheck-").FullName;
        _tools = Path.Combine(Folder, "tools");
        Directory.CreateDirectory(_tools);
        AddTool("layoutcheck", $"exec {ProgramRun.ShellCommand} \"$@\"");
        File.WriteAllText(Summary, "");
        File.WriteAllText(Outputs, "");
    }

    /// <summary>The folder that scripts run in.</summary>
    public string Folder { get; }

    /// <summary>The file of GITHUB_STEP_SUMMARY.</summary>
    public string Summary => PathOf("summary");

    /// <summary>The file of GITHUB_OUTPUT.</summary>
    public string Outputs => PathOf("outputs");

    /// <summary>A file of the folder.</summary>
    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Puts a fixture there under a name.</summary>
    public void AddFixture(string fixture, string name = "vmlinux") => File.Copy(FixtureFile.PathOf(fixture), PathOf(name), overwrite: true);

    /// <summary>Puts a program on PATH: a line of shell.</summary>
    public string AddTool(string name, string line)
    {
        string path = Path.Combine(_tools, name);
        File.WriteAllText(path, $"#!/bin/sh\n{line}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>Runs a script as GitHub runs one of <c>shell: bash</c>.</summary>
    public ProgramResult Run(string script, IEnumerable<(string Name, string Value)>? environment = null)
    {
        string file = PathOf("script.sh");
        File.WriteAllText(file, script + "\n");
        ProcessStartInfo start = new("/bin/bash", ["--noprofile", "--norc", "-eo", "pipefail", file])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment["PATH"] = $"{_tools}:{start.Environment["PATH"]}";
        start.Environment["GITHUB_STEP_SUMMARY"] = Summary;
        start.Environment["GITHUB_OUTPUT"] = Outputs;
        start.Environment["RUNNER_TEMP"] = Folder;
        start.Environment["TMPDIR"] = Folder;
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProgramResult(process.ExitCode, output, error.Result, TimeSpan.Zero);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
