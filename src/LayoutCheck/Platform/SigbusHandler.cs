using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using LayoutCheck.Core;

namespace LayoutCheck.Platform;

/// <summary>
/// Ends the process with a line on stderr and an exit code when a mapped file loses pages: SIGBUS arrives when the file becomes shorter, or its disk fails,
/// while it is read. Process-wide; only a program enables it, by <see cref="Enable"/>.
/// <para>
/// The handler cannot be managed code: the runtime aborts when a signal enters it in the middle of managed code, and a handler on another thread cannot
/// run while a collection waits for the faulting one. It is two system calls, write and exit_group, as machine code in a page of its own, with a
/// message that is composed beforehand. On machines other than x86-64 Linux the signal ends the process.
/// </para>
/// </summary>
internal static unsafe class SigbusHandler
{
    private const int LongestMessage = 4096 - sizeof(ulong);

    private static readonly Lock s_lock = new();
    private static readonly List<string> s_files = [];
    private static string? s_program;
    private static int s_exitCode;

    // The length (u64), then the text in UTF-8. Null until the handler is installed; never freed, since a signal may come at any time.
    private static byte* s_message;

    /// <summary>Enables the handler; it is installed when the first file is mapped.</summary>
    /// <param name="program">The first word of the line on stderr.</param>
    /// <param name="exitCode">The exit code, 0 to 255.</param>
    public static void Enable(string program, int exitCode)
    {
        lock (s_lock)
        {
            s_program = program;
            s_exitCode = exitCode;
        }
    }

    /// <summary>Adds a mapped file to the message.</summary>
    public static void Register(string path)
    {
        lock (s_lock)
        {
            s_files.Add(path);
            Install();
            UpdateMessage();
        }
    }

    /// <summary>Removes a file from the message.</summary>
    public static void Unregister(string path)
    {
        lock (s_lock)
        {
            s_files.Remove(path);
            UpdateMessage();
        }
    }

    /// <summary>The line on stderr, in UTF-8. It names all mapped files, since the signal does not say which one it was; none if their names are too long.</summary>
    internal static byte[] Message(string program, IReadOnlyCollection<string> files)
    {
        const string What = "became shorter while it was read, or its disk failed; run again when nothing writes to it\n";
        string names = files.Count == 0 ? "a file" : string.Join(" or ", files.Distinct().Select(Escape));
        byte[] text = Encoding.UTF8.GetBytes($"{program}: {names}: {What}");
        return text.Length <= LongestMessage ? text : Encoding.UTF8.GetBytes($"{program}: a file {What}");
    }

    private static void Install()
    {
        if (s_program is null || s_message != null || !HostSystem.IsLinux || RuntimeInformation.ProcessArchitecture != Architecture.X64)
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
        nint page = Libc.Map(0, (nuint)Environment.SystemPageSize, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (page == -1)
        {
            return;
        }

        code.CopyTo(new Span<byte>((void*)page, code.Length));
        // The first word of both glibc's and musl's struct sigaction is the handler, then a mask of 128 bytes and the flags (x86-64).
        byte* action = stackalloc byte[152];
        Unsafe.InitBlock(action, 0, 152);
        *(nint*)action = page;
        *(int*)(action + 136) = Libc.SA_ONSTACK;
        // A system may forbid to execute memory that was written; then the signal ends the process.
        if (Libc.Protect(page, (nuint)Environment.SystemPageSize, Libc.PROT_READ | Libc.PROT_EXEC) == 0 && Libc.SetAction(Libc.SIGBUS, action, null) == 0)
        {
            s_message = message;
        }
    }

    private static void UpdateMessage()
    {
        if (s_message == null)
        {
            return;
        }

        // A signal between the two writes of the length finds an empty message, never half of one.
        Volatile.Write(ref *(ulong*)s_message, 0);
        byte[] text = Message(s_program!, s_files);
        text.CopyTo(new Span<byte>(s_message + sizeof(ulong), LongestMessage));
        Volatile.Write(ref *(ulong*)s_message, (ulong)text.Length);
    }

    // Control characters become question marks: a path may come from a file.
    private static string Escape(string path) => string.Concat(path.Select(c => c is >= ' ' and <= '~' || char.IsLetterOrDigit(c) ? c : '?'));
}
