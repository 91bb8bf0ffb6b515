using System.Diagnostics;
using System.Globalization;

namespace LayoutCheck.Benchmarks;

/// <summary>A command line that is run as a process.</summary>
/// <param name="Line">The program and its arguments.</param>
/// <param name="Expected">The exit codes of success.</param>
internal sealed record Command(string[] Line, int[] Expected)
{
    public Command(params string[] line)
        : this(line, [0])
    {
    }

    public override string ToString() => string.Join(' ', Line.Select(a => a.Length == 0 || a.Contains(' ') ? $"'{a}'" : a));
}

/// <summary>The cost of one run of a program.</summary>
/// <param name="Wall">Wall time in ms.</param>
/// <param name="Cpu">User and system time in ms.</param>
/// <param name="Peak">Peak resident memory in MiB, mapped pages of files included.</param>
internal readonly record struct Sample(double Wall, double Cpu, double Peak);

/// <summary>Starts other programs, for their output or for their cost.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a program through <c>run.c</c>, which reads its cost from wait4.</summary>
    /// <exception cref="BenchmarkException">The exit code is not an expected one, or a signal ended the program.</exception>
    public static Sample Measure(string runner, Command command)
    {
        (int exit, string output) = Run(runner, command.Line);
        string[] words = output.Split(' ', StringSplitOptions.TrimEntries);
        if (exit != 0 || words.Length != 5)
        {
            throw new BenchmarkException($"cannot be run: {command}");
        }

        long[] numbers = [.. words.Select(w => long.Parse(w, CultureInfo.InvariantCulture))];
        // The wait status has the exit code in the second byte, a signal in the first.
        int status = (int)numbers[4];
        return (status & 0x7f) == 0 && command.Expected.Contains(status >> 8)
            ? new Sample(numbers[0] / 1e6, (numbers[1] + numbers[2]) / 1e3, numbers[3] / 1024.0)
            : throw new BenchmarkException($"ended with status 0x{status:x}: {command}");
    }

    /// <summary>Runs a program and returns both of its output streams, joined. The exit code is -1 when there is no such program.</summary>
    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            return (process.ExitCode, output.Trim());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, $"{program}: not found");
        }
    }
}

/// <summary>A benchmark cannot run; the message says why.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
