using System.Diagnostics;
using System.Runtime.InteropServices;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Cli;

/// <summary>What a run of the program came to.</summary>
internal sealed record ProgramResult(int ExitCode, string Out, string Err, TimeSpan Elapsed)
{
    public string[] ErrLines => Err.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The output as one line: where text is folded says nothing.</summary>
    public string Unfolded => string.Join(' ', Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public string FirstLine => Out.Split('\n')[0];
}

/// <summary>Runs the program as a process, as a user's shell does: exit codes, pipes and the environment are the real ones.</summary>
internal static class ProgramRun
{
    // The program's own build, of the configuration that these tests were built in. The copy beside the tests has coverlet's counters in it where coverage is
    // measured, and these have ended a child with 134 when several children ended at once.
    private static readonly string s_program = Path.Combine(
        FixtureFile.Repository, "src", "LayoutCheck.Cli", "bin", Path.GetRelativePath(Path.Combine(FixtureFile.Repository, "tests", "LayoutCheck.Tests", "bin"), AppContext.BaseDirectory), "layoutcheck.dll");

    // The host that runs these tests, whether or not there is a dotnet on PATH: <root>/shared/Microsoft.NETCore.App/<version>/.
    private static readonly string s_host = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    /// <summary>The program and its first arguments, for a shell.</summary>
    public static string ShellCommand => $"'{Path.GetFullPath(s_host)}' exec '{s_program}'";

    /// <summary>Runs it in the repository's folder, with nothing on stdin.</summary>
    /// <remarks>JSON is judged by its schema.</remarks>
    public static ProgramResult Run(params string[] arguments)
    {
        ProgramResult result = Run(s_host, ["exec", s_program, .. arguments]);
        int format = Array.IndexOf(arguments, "--format") + 1;
        if (format > 0 && format < arguments.Length && result.Out.StartsWith('{'))
        {
            JudgeByFormat(arguments[format], result.Out);
        }

        return result;
    }

    // One object, or one a line.
    private static void JudgeByFormat(string format, string output)
    {
        foreach (string report in format switch { "json" => [output], "jsonl" => output.Split('\n', StringSplitOptions.RemoveEmptyEntries), _ => (string[])[] })
        {
            SchemaUnderTest.Judge(report);
        }
    }

    /// <summary>Runs a line of shell.</summary>
    public static ProgramResult Shell(string line) => Run("/bin/bash", ["-c", line]);

    /// <summary>Starts it without waiting; the caller reads.</summary>
    public static Process Start(params string[] arguments) => Start(s_host, ["exec", s_program, .. arguments]);

    private static ProgramResult Run(string command, string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Start(command, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProgramResult(process.ExitCode, output, error.Result, Stopwatch.GetElapsedTime(start));
    }

    private static Process Start(string command, string[] arguments)
    {
        ProcessStartInfo start = new(command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = FixtureFile.Repository,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("NO_COLOR");
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
