using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

// Libraries are looked for where the dynamic linker looks, never beside the program or in the current directory.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.System32)]

namespace LayoutCheck.Platform;

/// <summary>The functions and constants of the C library that the library and the program call; names of constants are those of its headers.</summary>
internal static unsafe partial class Libc
{
    // errno-base.h.
    public const int ENOMEM = 12;

    // mman.h.
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;
    public const int MAP_PRIVATE = 2;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MADV_DONTNEED = 4;

    // linux/fcntl.h, linux/stat.h. struct statx has one layout on every architecture.
    public const int AT_FDCWD = -100;
    public const int AT_EMPTY_PATH = 0x1000;
    public const uint STATX_TYPE = 1;
    public const uint STATX_BASIC_STATS = 0x7ff;
    public const int StatxSize = 256;

    // signal.h; numbers of x86-64, arm64 and most others.
    public const int SIGBUS = 7;
    public const int SIGXFSZ = 25;
    public const int SIG_IGN = 1;
    public const int SA_ONSTACK = 0x0800_0000;

    // fcntl.h.
    public const int F_GETFD = 1;
    public const int F_SETPIPE_SZ = 1031;
    public const int FD_CLOEXEC = 1;
    public const int O_RDWR = 2;
    public const int O_CLOEXEC = 0x8_0000;

    // asm-generic/ioctls.h: x86, arm, s390, riscv; where the number is another one (mips, powerpc), the width is not told.
    public const nuint TIOCGWINSZ = 0x5413;

    // O_TMPFILE contains O_DIRECTORY, whose bit differs between machines.
    public static int O_TMPFILE => 0x40_0000 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le ? 0x4000 : 0x1_0000);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "mmap")]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    public static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise")]
    public static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statx(SafeFileHandle directory, string path, int flags, uint mask, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "statfs", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statfs(string path, byte* result);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    public static partial int SetAction(int signal, byte* action, byte* old);

    [LibraryImport("libc", EntryPoint = "signal")]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "write")]
    public static partial nint Write(int file, ReadOnlySpan<byte> bytes, nuint count);

    /// <summary>Fills rows, columns, and two numbers of pixels (struct winsize).</summary>
    [LibraryImport("libc", EntryPoint = "ioctl")]
    public static partial int WindowSize(int file, nuint request, Span<ushort> size);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    public static partial int Control(int file, int command);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    public static partial int Control(SafeFileHandle file, int command, int argument);
}
