using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LayoutCheck.Elf;

/// <summary>
/// What happens when a mapped file becomes shorter, or its disk fails, while it is read: the system sends SIGBUS, for a page that is not there
/// any more cannot be given. Nothing can be read on, so the process ends; with this it ends with a line on stderr and an exit code of its own,
/// and not as one that crashed.
/// <para>
/// No managed code can be the handler: the runtime aborts when a signal enters it in the middle of managed code, and a handler on another
/// thread cannot run while a collection waits for the one that faults. So the handler is two system calls, write and exit_group, as
/// machine code in a page of its own, and its message is made beforehand. On machines other than x86-64 Linux the process is ended by the signal.
/// </para>
/// </summary>
internal static unsafe partial class LostPages
{
    private const int LongestMessage = 4096 - sizeof(ulong);

    private static readonly Lock s_lock = new();
    private static readonly List<string> s_files = [];
    private static string? s_program;
    private static int s_exitCode;

    // A count of bytes (u64), then those bytes. Zero until the handler is installed; kept for good, as a signal may come at any time.
    private static byte* s_message;

    /// <summary>Asks that the process end so when a page is lost. For programs: a library has no say in how its process ends.</summary>
    /// <param name="program">What the line on stderr starts with.</param>
    /// <param name="exitCode">The exit code, 0 to 255.</param>
    public static void EndProcess(string program, int exitCode)
    {
        lock (s_lock)
        {
            s_program = program;
            s_exitCode = exitCode;
        }
    }

    /// <summary>A file was mapped: from here on it is one that the message names.</summary>
    public static void Watch(string path)
    {
        lock (s_lock)
        {
            s_files.Add(path);
            Install();
            Tell();
        }
    }

    /// <summary>A file is not mapped any more.</summary>
    public static void Forget(string path)
    {
        lock (s_lock)
        {
            s_files.Remove(path);
            Tell();
        }
    }

    /// <summary>The line on stderr, in UTF-8: it names the files that are mapped, one of which it was, unless they are too long to be named.</summary>
    internal static byte[] Message(string program, IReadOnlyCollection<string> files)
    {
        const string What = "became shorter while it was read, or its disk failed; run again when nothing writes to it\n";
        string names = files.Count == 0 ? "a file" : string.Join(" or ", files.Distinct().Select(Escape));
        byte[] text = Encoding.UTF8.GetBytes($"{program}: {names}: {What}");
        return text.Length <= LongestMessage ? text : Encoding.UTF8.GetBytes($"{program}: a file {What}");
    }

    private static void Install()
    {
        if (s_program is null || s_message != null || !OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return;
        }

        byte* message = (byte*)NativeMemory.AllocZeroed(sizeof(ulong) + LongestMessage);
        byte[] code =
        [
            0x48, 0xbe, .. BitConverter.GetBytes((ulong)message), // mov rsi, message
            0x48, 0x8b, 0x16, // mov rdx, [rsi]
            0x48, 0x83, 0xc6, 8, // add rsi, 8
            0xbf, 2, 0, 0, 0, // mov edi, 2
            0xb8, 1, 0, 0, 0, // mov eax, 1 (write)
            0x0f, 0x05, // syscall
            0xbf, (byte)s_exitCode, 0, 0, 0, // mov edi, exit code
            0xb8, 231, 0, 0, 0, // mov eax, 231 (exit_group)
            0x0f, 0x05, // syscall
            0x0f, 0x0b, // ud2
        ];
        nint page = Map(0, (nuint)Environment.SystemPageSize, ProtRead | ProtWrite, MapPrivate | MapAnonymous, -1, 0);
        if (page == -1)
        {
            return;
        }

        code.CopyTo(new Span<byte>((void*)page, code.Length));
        // The first word of both glibc's and musl's struct sigaction is the handler, then a mask of 128 bytes and the flags (x86-64).
        byte* action = stackalloc byte[152];
        Unsafe.InitBlock(action, 0, 152);
        *(nint*)action = page;
        *(int*)(action + 136) = SaOnStack;
        // Where a system forbids memory that was written to be run, things are as they were before.
        if (Protect(page, (nuint)Environment.SystemPageSize, ProtRead | ProtExecute) == 0 && SetAction(SigBus, action, null) == 0)
        {
            s_message = message;
        }
    }

    private static void Tell()
    {
        if (s_message == null)
        {
            return;
        }

        // Between the two lengths a signal finds a message of nothing, not half of one.
        Volatile.Write(ref *(ulong*)s_message, 0);
        byte[] text = Message(s_program!, s_files);
        text.CopyTo(new Span<byte>(s_message + sizeof(ulong), LongestMessage));
        Volatile.Write(ref *(ulong*)s_message, (ulong)text.Length);
    }

    // What a terminal would obey becomes a question mark: a path is the user's own, or of a file that refers to it.
    private static string Escape(string path) => string.Concat(path.Select(c => c is >= ' ' and <= '~' || char.IsLetterOrDigit(c) ? c : '?'));

    private const int SigBus = 7;
    private const int SaOnStack = 0x0800_0000;
    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int ProtExecute = 4;
    private const int MapPrivate = 2;
    private const int MapAnonymous = 0x20;

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SetAction(int signal, byte* action, byte* old);
}
