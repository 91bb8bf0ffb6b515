using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Platform;

namespace LayoutCheck.Cli;

/// <summary>
/// The destination of results. Standard output is written whole, coloured on a terminal only, and without an error when the reader is gone. A file is whole or not there.
/// </summary>
internal static class Output
{
    private const int EPIPE = 32;
    private const int EEXIST = 17;
    private const int ENOTDIR = 20;
    private const int StandardOutput = StandardStreams.Output;
    private const int S_IFMT = 0xf000;
    private const int S_IFREG = 0x8000;

    // Kept for the life of the process.
    private static PosixSignalRegistration? s_ignored;

    /// <summary>Whether results may be coloured without a word about it: on a terminal, unless NO_COLOR is set to anything (no-color.org).</summary>
    public static bool MayColour => !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>The width of the terminal in columns; null where standard output is none, or does not tell it.</summary>
    public static int? Columns
    {
        get
        {
            if (Console.IsOutputRedirected)
            {
                return null;
            }

            // The console class knows it too, but sets up the terminal first.
            Span<ushort> size = stackalloc ushort[4];
            return !HostSystem.IsLinux ? ColumnsOfConsole() : Libc.WindowSize(StandardOutput, Libc.TIOCGWINSZ, size) == 0 && size[1] > 0 ? size[1] : null;
        }
    }

    /// <summary>Writes text to a file or to standard output.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static void WriteText(string? path, string text) => Write(path is null ? null : new OutputFile(path, IsForced: true), stream => stream.Write(new UTF8Encoding(false).GetBytes(text)));

    /// <summary>Writes a result, which is made in memory first: a failure while it is made leaves nothing half-written.</summary>
    /// <param name="file">The file; null for standard output.</param>
    /// <param name="write">Makes the result.</param>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static void Write(OutputFile? file, Action<Stream> write)
    {
        using MemoryStream whole = new();
        write(whole);
        ReadOnlySpan<byte> bytes = whole.GetBuffer().AsSpan(0, (int)whole.Length);
        if (file is null)
        {
            WriteToStandardOutput(bytes);
        }
        else
        {
            WriteFile(file, bytes);
        }
    }

    /// <summary>
    /// Writes a file. It is written beside its place and moved, so that it is whole or not there; what is there and is no regular file (a pipe,
    /// /dev/null) is written to and stays.
    /// </summary>
    /// <exception cref="OutputException">It cannot be written; what was there before is as it was.</exception>
    private static void WriteFile(OutputFile output, ReadOnlySpan<byte> bytes)
    {
        string path = output.Path;
        if (path.Length == 0 || Directory.Exists(path))
        {
            throw new OutputException(path.Length == 0 ? "the result cannot be written: the name of its file is empty" : $"{path} cannot be written: it is a directory");
        }

        LetLargeFilesFail();
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
            if (output.IsForced)
            {
                Directory.CreateDirectory(folder);
            }

            // A random name: in a directory that others write to, a link may stand at any known one.
            unfinished = Path.Combine(folder, $".layoutcheck-{Path.GetRandomFileName()}.tmp");
            WriteTo(unfinished, FileMode.CreateNew, bytes);
            File.Move(unfinished, place, output.IsForced);
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            if (unfinished is not null)
            {
                TryDelete(unfinished);
            }

            // Another process may have made it meanwhile.
            output.RequirePlace();
            throw new OutputException($"{path} cannot be written: {Reason(e)}");
        }
    }

    private static void WriteTo(string path, FileMode mode, ReadOnlySpan<byte> bytes)
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

    // The runtime's words name the temporary file, which the user does not know.
    private static string Reason(Exception e) => e switch
    {
        ArgumentOutOfRangeException => "the file would be larger than is allowed (ulimit -f)",
        UnauthorizedAccessException => "no permission",
        FileNotFoundException or DirectoryNotFoundException or IOException { HResult: ENOTDIR or EEXIST } => "there is no such directory",
        PathTooLongException => "its name is too long",
        { HResult: > 0 and < 4096 } => Marshal.GetPInvokeErrorMessage(e.HResult),
        _ => e.Message,
    };

    private static int? ColumnsOfConsole()
    {
        try
        {
            return Console.WindowWidth is > 0 and int width ? width : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // stx_mode is at 28 (linux/stat.h). Without statx, pipes and devices are known by their size, 0; an empty file is written where it is, as they are.
    internal static bool IsOtherThanFile(string path)
    {
        if (!HostSystem.IsLinux)
        {
            FileInfo file = new(path);
            return file is { Exists: true, LinkTarget: null, Length: 0 } || (file.LinkTarget is not null && FileState.Of(path).ByteSize == 0);
        }

        Span<byte> status = stackalloc byte[Libc.StatxSize];
        return Libc.Statx(Libc.AT_FDCWD, path, 0, Libc.STATX_TYPE, status) == 0
            && (BitConverter.ToUInt16(status[28..]) & S_IFMT) != S_IFREG;
    }

    /// <summary>Ignores SIGXFSZ, which kills the process at RLIMIT_FSIZE (ulimit -f): ignored, the write fails with EFBIG, and that can be reported.</summary>
    public static void LetLargeFilesFail()
    {
        if (HostSystem.IsLinux)
        {
            _ = Libc.Signal(Libc.SIGXFSZ, Libc.SIG_IGN);
        }
        else if (!OperatingSystem.IsWindows())
        {
            s_ignored ??= PosixSignalRegistration.Create((PosixSignal)Libc.SIGXFSZ, signal => signal.Cancel = true);
        }
    }

    private static void WriteToStandardOutput(ReadOnlySpan<byte> bytes)
    {
        if (StandardStreams.IsClosed(StandardOutput))
        {
            throw new OutputException("the result cannot be written: standard output is closed");
        }

        LetLargeFilesFail();
        try
        {
            int written = WriteNow(bytes);
            if (written < bytes.Length)
            {
                using Stream output = Console.OpenStandardOutput();
                output.Write(bytes[written..]);
                output.Flush();
            }
        }
        catch (IOException e) when (e.HResult == EPIPE)
        {
            // The reader is gone (| head): the exit code still tells the outcome.
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw new OutputException($"the result cannot be written: {Reason(e)}");
        }
    }

    // As much as the system takes at once, mostly all. The console's stream, which does the rest and knows all errors, sets up the terminal
    // first, with a thread for signals: a tenth of a short run.
    private static int WriteNow(ReadOnlySpan<byte> bytes)
    {
        if (!HostSystem.IsLinux)
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

/// <summary>A file to write a result to.</summary>
/// <param name="Path">Its path.</param>
/// <param name="IsForced">Whether it may replace a file, and its folder may be made.</param>
internal sealed record OutputFile(string Path, bool IsForced)
{
    /// <summary>Refuses a file that is there, and one in a folder that is not, unless it is forced.</summary>
    /// <exception cref="UsageException">It may not be written; the message names what to do.</exception>
    public void RequirePlace()
    {
        if (IsForced || Directory.Exists(Path) || Output.IsOtherThanFile(Path))
        {
            return;
        }

        if (File.Exists(Path))
        {
            throw new UsageException($"{Path} is there already, and what it pins would be lost: name another file, or give --force to overwrite it");
        }

        string? folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path));
        if (folder is not null && !Directory.Exists(folder))
        {
            throw new UsageException($"{Path}: there is no folder {folder}: make it, or give --force to have it made");
        }
    }
}

/// <summary>The result cannot be written.</summary>
public sealed class OutputException(string message) : Exception(message);
