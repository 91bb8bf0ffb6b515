using System.Diagnostics;
using LayoutCheck.Types;

namespace LayoutCheck.Tests.Hostile.Fuzzing;

/// <summary>Asks pahole for types: with bounds on its time, its memory and what is read of its output, for the files that it is given are damaged.</summary>
internal static class Pahole
{
    private const int MostOutput = 1 << 20;
    private static readonly TimeSpan s_mostTime = TimeSpan.FromSeconds(5);

    /// <summary>What it said.</summary>
    /// <param name="Text">Standard output, as far as it was read.</param>
    /// <param name="Complaints">Standard error, as far as it was read.</param>
    /// <param name="Failure">A crash or a lack of time, in words; null when it ended by itself. Its exit code tells nothing more.</param>
    public sealed record Answer(string Text, string Complaints, string? Failure);

    /// <summary>Asks for the first definition of some types. Rust's are left out, as we leave them out.</summary>
    public static Answer Ask(string path, SourceKind kind, IEnumerable<string> names)
    {
        ProcessStartInfo start = new("/bin/sh")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                "-c", "ulimit -c 0 -t 10 -v 4000000; exec pahole \"$@\"", "pahole", "-F", kind == SourceKind.Dwarf ? "dwarf" : "btf", "--lang_exclude=rust", "--skip_missing",
                "-C", string.Join(',', names), path,
            },
        };
        start.Environment["LC_ALL"] = "C";
        // It would ask servers for what a file lacks.
        _ = start.Environment.Remove("DEBUGINFOD_URLS");
        using Process process = Process.Start(start)!;
        Task<string> errors = Task.Run(() => Read(process.StandardError));
        Task<string> text = Task.Run(() => Read(process.StandardOutput));
        bool isInTime = process.WaitForExit(s_mostTime) && Task.WaitAll([errors, text], s_mostTime);
        if (!isInTime)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        return new Answer(text.Result, errors.Result, !isInTime ? "out of time, or more output than is read" : process.ExitCode >= 128 ? $"signal {process.ExitCode - 128}" : null);
    }

    // What is past the limit is left in the pipe, where it stops the writer until it is ended.
    private static string Read(StreamReader reader)
    {
        char[] buffer = new char[MostOutput];
        int length = reader.ReadBlock(buffer);
        return new string(buffer, 0, length);
    }
}
