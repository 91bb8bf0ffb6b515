using System.ComponentModel;
using System.Diagnostics;

namespace LayoutCheck.Fuzz.Structs;

/// <summary>Runs a compiler, linker or pahole.</summary>
internal static class CompilerTool
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <summary>Runs a tool to its end. Returns the problem, or null when it succeeds.</summary>
    public static string? Run(string tool, IEnumerable<string> arguments, out string standardOutput)
    {
        standardOutput = "";
        ProcessStartInfo start = new(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_longest))
            {
                process.Kill(entireProcessTree: true);
                return "out of time";
            }

            standardOutput = output.Result;
            return process.ExitCode == 0 ? null : $"exit code {process.ExitCode}: {errors.Result}{standardOutput}";
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }
}
