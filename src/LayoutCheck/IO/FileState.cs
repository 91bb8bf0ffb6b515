using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Platform;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.IO;

/// <summary>
/// The attributes of a file that change when it is written to or replaced. Times are as fine as the file system keeps them (some milliseconds before
/// Linux 6.13), and a shared mapping updates them at the first write to a page only: such a writer can be missed.
/// </summary>
/// <param name="Device">The device, major number in the upper half.</param>
/// <param name="Inode">The inode number.</param>
/// <param name="ByteSize">The size.</param>
/// <param name="Written">mtime, in nanoseconds since 1970.</param>
/// <param name="Changed">ctime, in nanoseconds since 1970.</param>
/// <param name="Mode">The kind of file and its permissions (inode(7)).</param>
/// <remarks>Without statx, size and mtime are all that is known; the others are 0.</remarks>
internal readonly record struct FileState(ulong Device, ulong Inode, ulong ByteSize, Int128 Written, Int128 Changed, ushort Mode = 0)
{
    /// <summary>The kind of file; <see cref="FileKind.Unknown"/> on systems without statx, and where there is none.</summary>
    public FileKind Kind => (FileKind)(Mode & 0xf000);

    /// <summary>Whether there is a regular file: links are followed, and one that leads nowhere is none.</summary>
    public bool IsFile => Kind == FileKind.Regular || (Kind == FileKind.Unknown && this != default);

    /// <summary>The state of an open file.</summary>
    public static FileState Of(SafeFileHandle file)
    {
        Span<byte> status = stackalloc byte[Libc.StatxSize];
        return HostSystem.IsLinux && Libc.Statx(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, status) == 0
            ? Read(status)
            : OfManaged((ulong)RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
    }

    /// <summary>The state of the file at a path; default if there is none.</summary>
    public static FileState Of(string path)
    {
        // No file has such a name; the system would look for what is before the zero.
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            return default;
        }

        Span<byte> status = stackalloc byte[Libc.StatxSize];
        if (HostSystem.IsLinux && Libc.Statx(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS, status) == 0)
        {
            return Read(status);
        }

        try
        {
            // The runtime tells the size of a link itself.
            FileSystemInfo? file = new FileInfo(path);
            file = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true);
            return file is FileInfo { Exists: true } there ? OfManaged((ulong)there.Length, there.LastWriteTimeUtc) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    // struct statx (linux/stat.h), in the machine's byte order.
    private static FileState Read(ReadOnlySpan<byte> status) => new(
        ((ulong)Word(status, 136) << 32) | Word(status, 140),
        MemoryMarshal.Read<ulong>(status[32..]),
        MemoryMarshal.Read<ulong>(status[40..]),
        Time(status[112..]),
        Time(status[96..]),
        MemoryMarshal.Read<ushort>(status[28..]));

    private static Int128 Time(ReadOnlySpan<byte> time) => ((Int128)MemoryMarshal.Read<long>(time) * 1_000_000_000) + Word(time, 8);

    // What has a size is a regular file.
    private static FileState OfManaged(ulong size, DateTime written)
        => new(0, 0, size, (Int128)(written - DateTime.UnixEpoch).Ticks * 100, 0, size > 0 ? (ushort)FileKind.Regular : (ushort)0);

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => MemoryMarshal.Read<uint>(bytes[at..]);
}

/// <summary>The kinds of files (inode(7)).</summary>
internal enum FileKind
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>A pipe or FIFO.</summary>
    Pipe = 0x1000,

    /// <summary>A character device.</summary>
    CharacterDevice = 0x2000,

    /// <summary>A directory.</summary>
    Directory = 0x4000,

    /// <summary>A block device.</summary>
    BlockDevice = 0x6000,

    /// <summary>A regular file.</summary>
    Regular = 0x8000,

    /// <summary>A socket.</summary>
    Socket = 0xc000,
}
