using LayoutCheck.Core;

namespace LayoutCheck.Platform;

/// <summary>The streams that a process is started with.</summary>
internal static class StandardStreams
{
    /// <summary>Standard input.</summary>
    public const int Input = 0;

    /// <summary>Standard output.</summary>
    public const int Output = 1;

    /// <summary>
    /// Whether a stream was closed when the process started; false where that cannot be told. The next file that the process opened then has its number: one of
    /// the runtime's own pipes, which is never written to, or an input. Such files are closed on exec, and what was inherited over one cannot be.
    /// </summary>
    public static bool IsClosed(int stream) => HostSystem.IsLinux && Libc.Control(stream, Libc.F_GETFD) is var flags && (flags < 0 || (flags & Libc.FD_CLOEXEC) != 0);
}
