using System.Diagnostics;

namespace LayoutCheck.Tests.Cli;

/// <summary>
/// A disk that is full: what is written to it fails with ENOSPC. For root, who could replace /dev/full by a file if the program had that error, it is a
/// node of its own in a folder of its own; for everybody else it is /dev/full.
/// </summary>
internal sealed class FullDevice : IDisposable
{
    private const int ENOSPC = 28;

    private readonly DirectoryInfo? _folder;

    public FullDevice()
    {
        if (Environment.IsPrivilegedProcess && OperatingSystem.IsLinux())
        {
            _folder = Directory.CreateTempSubdirectory("layoutcheck-");
            string node = System.IO.Path.Combine(_folder.FullName, "full");
            using Process mknod = Process.Start(new ProcessStartInfo("mknod", [node, "c", "1", "7"]) { RedirectStandardError = true })!;
            mknod.WaitForExit();
            if (mknod.ExitCode == 0 && IsFull(node))
            {
                Path = node;
                return;
            }

            Dispose();
        }

        Assert.SkipUnless(IsFull(Path), $"{Path} is not a device that is always full here");
    }

    /// <summary>Where it is.</summary>
    public string Path { get; } = "/dev/full";

    public void Dispose() => _folder?.Delete(true);

    // A container may have the node and forbid to open it.
    private static bool IsFull(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.WriteByte(0);
            return false;
        }
        catch (IOException e)
        {
            return e.HResult == ENOSPC;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
