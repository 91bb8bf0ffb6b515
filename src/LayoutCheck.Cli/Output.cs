using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Platform;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary>
/// Where results go. Standard output: written whole, coloured on a terminal only, and quiet when the reader has gone. A file: whole, or not there.
/// </summary>
internal static class Output
{
    private const int EPIPE = 32;
    private const int EEXIST = 17;
    private const int ENOTDIR = 20;
    private const int StandardOutput = 1;
    private const int S_IFMT = 0xf000;
    private const int S_IFREG = 0x8000;

    /// <summary>The version of the program.</summary>
    public static string Version { get; } = typeof(Output).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Whether results may be coloured: on a terminal, unless NO_COLOR is set to anything (no-color.org).</summary>
    public static Ink Ink => new(!Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));

    /// <summary>Writes text; lines end in a newline on every system, so that outputs compare.</summary>
    public static void WriteText(Action<TextWriter> write)
    {
        Write(stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), 1 << 12, leaveOpen: true) { NewLine = "\n" };
            write(writer);
        });
    }

    /// <summary>Writes bytes, and a newline at the end.</summary>
    public static void WriteJson(Action<Stream> write)
    {
        Write(stream =>
        {
            write(stream);
            stream.WriteByte((byte)'\n');
        });
    }

    /// <summary>
    /// Writes a file. It is written beside its place and moved, so that it is whole or not there; what is there and is no regular file (a pipe,
    /// /dev/null) is written to and stays.
    /// </summary>
    /// <exception cref="OutputException">It cannot be written; what was there before is as it was.</exception>
    public static void WriteFile(string path, string text)
    {
        if (path.Length == 0 || Directory.Exists(path))
        {
            throw new OutputException(path.Length == 0 ? "the result cannot be written: the name of its file is empty" : $"{path} cannot be written: it is a directory");
        }

        LetLargeFilesFail();
        byte[] bytes = new UTF8Encoding(false).GetBytes(text);
        string? unfinished = null;
        try
        {
            if (IsOtherThanFile(path))
            {
                WriteTo(path, FileMode.Open, bytes);
                return;
            }

            // Of a link, the file that it leads to is replaced.
            FileInfo file = new(path);
            string place = file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
            string folder = Path.GetDirectoryName(Path.GetFullPath(place))!;
            Directory.CreateDirectory(folder);
            // A name that nobody can have put a link at, in a directory that others write to.
            unfinished = Path.Combine(folder, $".layoutcheck-{Path.GetRandomFileName()}.tmp");
            WriteTo(unfinished, FileMode.CreateNew, bytes);
            File.Move(unfinished, place, overwrite: true);
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            if (unfinished is not null)
            {
                TryDelete(unfinished);
            }

            throw new OutputException($"{path} cannot be written: {Reason(e)}");
        }
    }

    private static void WriteTo(string path, FileMode mode, byte[] bytes)
    {
        using FileStream file = new(path, mode, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Write(bytes);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            // It is not there: what failed was to make it.
        }
    }

    // A file that is larger than is allowed (EFBIG) is an argument out of range to the runtime.
    internal static bool IsOfFiles(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    // The runtime's words name the file that is moved to its place, which nobody asked for.
    private static string Reason(Exception e) => e switch
    {
        ArgumentOutOfRangeException => "the file would be larger than is allowed (ulimit -f)",
        UnauthorizedAccessException => "no permission",
        FileNotFoundException or DirectoryNotFoundException or IOException { HResult: ENOTDIR or EEXIST } => "there is no such directory",
        PathTooLongException => "its name is too long",
        { HResult: > 0 and < 4096 } => Marshal.GetPInvokeErrorMessage(e.HResult),
        _ => e.Message,
    };

    // stx_mode is at 28 (linux/stat.h).
    private static bool IsOtherThanFile(string path)
    {
        Span<byte> status = stackalloc byte[Libc.StatxSize];
        return OperatingSystem.IsLinux() && Libc.Statx(Libc.AT_FDCWD, path, 0, Libc.STATX_TYPE, status) == 0
            && (BitConverter.ToUInt16(status[28..]) & S_IFMT) != S_IFREG;
    }

    /// <summary>
    /// Has writes past the limit on the size of files (ulimit -f) fail, so that the failure can be told, or at least the exit code: unless it is ignored,
    /// a signal ends the process.
    /// </summary>
    public static void LetLargeFilesFail()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Libc.Signal(Libc.SIGXFSZ, Libc.SIG_IGN);
        }
    }

    // The result is made in memory first: a failure while making it leaves nothing half-written.
    private static void Write(Action<Stream> write)
    {
        using MemoryStream whole = new();
        write(whole);
        if (IsClosed())
        {
            throw new OutputException("the result cannot be written: standard output is closed");
        }

        LetLargeFilesFail();
        try
        {
            int written = WriteNow(whole.GetBuffer().AsSpan(0, (int)whole.Length));
            if (written < whole.Length)
            {
                using Stream output = Console.OpenStandardOutput();
                output.Write(whole.GetBuffer(), written, (int)whole.Length - written);
                output.Flush();
            }
        }
        catch (IOException e) when (e.HResult == EPIPE)
        {
            // Whoever was reading has seen enough (| head): the exit code still says what was found.
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw new OutputException($"the result cannot be written: {Reason(e)}");
        }
    }

    // Where standard output was closed, the next file that the process opened has its number: one of the runtime's own pipes, or the input. Such
    // files are closed on exec, and what was inherited over one cannot be.
    private static bool IsClosed()
        => !OperatingSystem.IsWindows() && Libc.Control(StandardOutput, Libc.F_GETFD) is var flags && (flags < 0 || (flags & Libc.FD_CLOEXEC) != 0);

    // As much as the system takes at once, mostly all. The console's stream, which does the rest and knows all errors, sets up the terminal
    // first, with a thread for signals: a tenth of a short run.
    private static int WriteNow(ReadOnlySpan<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            return 0;
        }

        int written = 0;
        while (written < bytes.Length && Libc.Write(StandardOutput, bytes[written..], (nuint)(bytes.Length - written)) is > 0 and nint count)
        {
            written += (int)count;
        }

        return written;
    }
}

/// <summary>The result cannot be written.</summary>
public sealed class OutputException(string message) : Exception(message);
