using LayoutCheck.Core;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.Platform;

/// <summary>A file that is read and written and has no name, so that nothing of it is left when it is closed or the process ends, even by a signal.</summary>
internal static class TemporaryFile
{
    /// <summary>Makes one in a directory.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public static SafeFileHandle Open(string directory)
    {
        if (HostSystem.IsLinux)
        {
            int file = Libc.Open(directory, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_CLOEXEC, 0x180);
            if (file >= 0)
            {
                return new SafeFileHandle(file, ownsHandle: true);
            }
        }

        // Some file systems have no files without a name (NFS, overlayfs before Linux 6.0): the name goes at once.
        string path = Path.Join(directory, $"layoutcheck-{Path.GetRandomFileName()}");
        SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return handle;
    }
}
