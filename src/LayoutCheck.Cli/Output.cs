using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Reports;

namespace LayoutCheck.Cli;

/// <summary>Standard output: written whole, coloured on a terminal only, and quiet when the reader has gone.</summary>
internal static partial class Output
{
    private const int EPIPE = 32;
    private const int StandardOutput = 1;
    private const int F_GETFD = 1;
    private const int FD_CLOEXEC = 1;

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
            using StreamWriter writer = new(stream, new UTF8Encoding(false), 1 << 14, leaveOpen: true) { NewLine = "\n" };
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

    // The result is made in memory first: a failure while making it leaves nothing half-written.
    private static void Write(Action<Stream> write)
    {
        using MemoryStream whole = new();
        write(whole);
        if (IsClosed())
        {
            throw new OutputException("the result cannot be written: standard output is closed");
        }

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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, a limit on the size of files, or a standard output that is open for reading only.
            throw new OutputException($"the result cannot be written: {e.Message}");
        }
    }

    // Where standard output was closed, the next file that the process opened has its number: one of the runtime's own pipes, or the input. Such
    // files are closed on exec, and what was inherited over one cannot be.
    private static bool IsClosed()
        => !OperatingSystem.IsWindows() && SystemControl(StandardOutput, F_GETFD) is var flags && (flags < 0 || (flags & FD_CLOEXEC) != 0);

    // As much as the system takes at once, mostly all. The console's stream, which does the rest and knows all errors, sets up the terminal
    // first, with a thread for signals: a tenth of a short run.
    private static int WriteNow(ReadOnlySpan<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            return 0;
        }

        int written = 0;
        while (written < bytes.Length && SystemWrite(StandardOutput, bytes[written..], (nuint)(bytes.Length - written)) is > 0 and nint count)
        {
            written += (int)count;
        }

        return written;
    }

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint SystemWrite(int file, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int SystemControl(int file, int command);
}

/// <summary>The result cannot be written.</summary>
public sealed class OutputException(string message) : Exception(message);
