using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Platform;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.IO;

/// <summary>
/// An input file as bytes in memory: mapped private and read-only where the platform can, else copied. It owns its bytes and all that is made of them:
/// every section of it, unpacked and relocated ones included, is valid until <see cref="Dispose"/>.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    // Files of /sys and /proc cannot be mapped; the largest of interest is a kernel's BTF, a few MB.
    private const int LargestCopy = 256 << 20;

    // Pages that a mapped file loses cannot be read (SigbusHandler). A file that is read in a millisecond is copied, and safe from that; a vmlinux of
    // hundreds of megabytes is mapped.
    private const long SmallestMapped = 4 << 20;

    // Non-null only if the file is mapped.
    private readonly FileMapping? _mapping;
    private byte* _start;
    private readonly GCHandle _pin;
    private readonly List<IDisposable> _owned = [];

    private MappedFile(string path, FileMapping mapping, InputFiles inputs, MemoryBudget budget)
    {
        Path = path;
        Inputs = inputs;
        Budget = budget;
        _mapping = mapping;
        _start = mapping.Start;
        Length = mapping.Length;
    }

    private MappedFile(string path, byte[] bytes, InputFiles inputs)
    {
        Path = path;
        Inputs = inputs;
        Budget = new MemoryBudget((ulong)bytes.Length);
        _pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        _start = (byte*)_pin.AddrOfPinnedObject();
        Length = (nuint)bytes.Length;
    }

    private MappedFile(string path, NativeBuffer copy, InputFiles inputs, MemoryBudget budget)
    {
        Path = path;
        Inputs = inputs;
        Budget = budget;
        _start = copy.Start;
        Length = copy.Length;
        _owned.Add(copy);
    }

    /// <summary>The path as the user named it: every error about the file begins with it.</summary>
    public string Path { get; }

    /// <summary>The files that were opened for the same image, this one included unless it is bytes in memory.</summary>
    public InputFiles Inputs { get; }

    /// <summary>Length in bytes.</summary>
    public nuint Length { get; }

    /// <summary>The number of bytes that may be made of the file; shared with its payload and the files that it refers to.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>The address of a range of the file.</summary>
    /// <param name="name">The section's name, for errors.</param>
    /// <param name="offset">Bytes from the start of the file.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="InvalidImageException">The range does not lie within the file.</exception>
    public byte* Range(string? name, ulong offset, ulong length)
    {
        ObjectDisposedException.ThrowIf(_start == null, this);
        return offset <= Length && length <= Length - offset
            ? _start + offset
            : throw new InvalidImageException(
                Path, name, null, $"lies at 0x{offset:x} to 0x{unchecked(offset + length):x} of a file of 0x{Length:x} bytes", "the file looks truncated: fetch or build it again");
    }

    /// <summary>Bytes in memory, under the name that errors use. The array must not change afterwards.</summary>
    public static MappedFile FromBytes(string name, byte[] bytes, InputFiles? inputs = null) => new(name, bytes, inputs ?? new InputFiles());

    /// <summary>The unpacked contents of a file, as a file of its own, which takes over the memory.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="unpacked">The contents.</param>
    /// <param name="packed">The packed file, whose <see cref="Inputs"/> and <see cref="Budget"/> it shares.</param>
    public static MappedFile FromUnpacked(string name, NativeBuffer unpacked, MappedFile packed) => new(name, unpacked, packed.Inputs, packed.Budget);

    /// <summary>Takes over memory or another file, to free it with this one.</summary>
    public void Own(IDisposable other)
    {
        lock (_owned)
        {
            ObjectDisposedException.ThrowIf(_start == null, this);
            _owned.Add(other);
        }
    }

    /// <summary>Opens a regular file for reading; no device or pipe is opened.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="inputs">The files that were opened for the same image; null if this is the first.</param>
    /// <exception cref="InvalidImageException">It cannot be opened, is not a regular file, or is empty.</exception>
    public static MappedFile Open(string path, InputFiles? inputs = null)
    {
        RefuseUnlessRegular(path, referrer: null);
        return Open(path, inputs ?? new InputFiles(), referrer: null);
    }

    /// <summary>
    /// Opens a file that another file refers to; it shares the budget of that file. Files of the kernel's own file systems (/proc, /sys) are refused
    /// unopened: reading one may block or change something, and no file has a reason to name one.
    /// </summary>
    /// <param name="path">Where it is.</param>
    /// <param name="referrer">The file that refers to it.</param>
    /// <exception cref="InvalidImageException">It cannot be opened, is not a regular file, is one of the kernel's, or is empty.</exception>
    public static MappedFile OpenReferred(string path, MappedFile referrer)
    {
        RefuseUnlessRegular(path, referrer);
        return Open(path, referrer.Inputs, referrer);
    }

    private static MappedFile Open(string path, InputFiles inputs, MappedFile? referrer)
    {
        SafeFileHandle? handle = null;
        try
        {
            SafeFileHandle opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            handle = opened;
            inputs.Add(path, FileState.Of(opened));
            long length = RandomAccess.GetLength(handle);
            if (Map(opened, path, length, inputs, () => BudgetOf((ulong)length, referrer)) is { } mapped)
            {
                handle = null;
                return mapped;
            }

            NativeBuffer copy = Copy(opened, path);
            InvalidImageException? problem = copy.Length < (nuint)length && RandomAccess.GetLength(opened) != length ? InputFiles.Changed(path)
                : copy.Length == 0 ? new InvalidImageException(path, null, null, Empty)
                : null;
            if (problem is not null)
            {
                copy.Dispose();
                throw problem;
            }

            return new MappedFile(path, copy, inputs, BudgetOf(copy.Length, referrer));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The runtime decodes arguments as UTF-8, and replaces other bytes.
            string? remedy = path.Contains('\ufffd') ? "a name that is not UTF-8 cannot be opened: rename the file, or make a link to it" : null;
            throw new InvalidImageException(path, null, null, "no such file", remedy);
        }
        catch (UnauthorizedAccessException)
        {
            throw new InvalidImageException(path, null, null, "no permission to read it");
        }
        catch (IOException e)
        {
            throw new InvalidImageException(path, null, null, $"cannot be read ({e.Message})");
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>The contents of a temporary file, which is taken over.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="handle">The open file; closed with the result.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <param name="budget">The number of bytes that may be made of it.</param>
    /// <exception cref="InvalidImageException">It is empty, or cannot be mapped or read.</exception>
    public static MappedFile FromSpool(string name, SafeFileHandle handle, InputFiles inputs, MemoryBudget budget)
    {
        SafeFileHandle? unused = handle;
        try
        {
            long length = RandomAccess.GetLength(handle);
            if (length == 0)
            {
                throw new InvalidImageException(name, null, null, Empty);
            }

            if (Map(handle, name, length, inputs, () => budget) is { } mapped)
            {
                unused = null;
                return mapped;
            }

            return new MappedFile(name, Copy(handle, name), inputs, budget);
        }
        catch (IOException e)
        {
            throw new InvalidImageException(name, null, null, $"cannot be read back from its temporary file ({e.Message})");
        }
        finally
        {
            unused?.Dispose();
        }
    }

    // Null where the file is to be copied: it is small, or the system cannot map it.
    private static MappedFile? Map(SafeFileHandle handle, string path, long length, InputFiles inputs, Func<MemoryBudget> budget)
    {
        if (length < SmallestMapped || FileMapping.Open(handle, (nuint)length, path) is not { } mapping)
        {
            return null;
        }

        return new MappedFile(path, mapping, inputs, budget());
    }

    private static MemoryBudget BudgetOf(ulong length, MappedFile? referrer)
    {
        if (referrer is null)
        {
            return new MemoryBudget(length);
        }

        referrer.Budget.AddFile(length);
        return referrer.Budget;
    }

    /// <summary>The absolute path of a file's folder.</summary>
    public static string FolderOf(string path) => System.IO.Path.GetFullPath(System.IO.Path.Join(path, ".."));

    /// <summary>Whether a range of memory is part of the mapping; false for copies and unpacked bytes.</summary>
    public bool IsMapped(byte* start, nuint length) => _mapping is not null && start >= _start && start + length <= _start + Length;

    /// <summary>Reads mapped bytes from the file itself, so that no pages of the mapping are faulted in.</summary>
    /// <param name="from">Where they are mapped.</param>
    /// <param name="to">Where they go.</param>
    /// <param name="count">How many bytes.</param>
    /// <exception cref="InvalidImageException">The file became shorter, or cannot be read.</exception>
    public void Read(byte* from, byte* to, nuint count)
    {
        long at = from - _start;
        while (count > 0)
        {
            int read = ReadOnce(new Span<byte>(to, (int)Math.Min(count, 1 << 30)), at);
            at += read;
            to += read;
            count -= (nuint)read;
        }
    }

    private int ReadOnce(Span<byte> to, long at)
    {
        try
        {
            int read = RandomAccess.Read(_mapping!.File, to, at);
            return read > 0 ? read : throw InputFiles.Changed(Path);
        }
        catch (IOException e)
        {
            throw new InvalidImageException(Path, null, (ulong)at, $"cannot be read ({e.Message})");
        }
    }

    /// <summary>
    /// Tells the system that a range will hardly be read again, so that its pages no longer count as memory of the process. Reading it again is correct
    /// and slower. Ignores memory outside of the mapping, which would lose its contents.
    /// </summary>
    public void Release(byte* from, byte* to)
    {
        // The largest page size of Linux on machines with .NET.
        const nuint PageSize = 1 << 16;
        nuint start = ((nuint)from + PageSize - 1) & ~(PageSize - 1);
        nuint end = (nuint)to & ~(PageSize - 1);
        if (_mapping is not null && from >= _start && to <= _start + Length && end > start)
        {
            _mapping.Release((byte*)start, end - start);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start == null)
        {
            return;
        }

        _mapping?.Dispose();
        if (_pin.IsAllocated)
        {
            _pin.Free();
        }

        _start = null;
        foreach (IDisposable owned in _owned)
        {
            owned.Dispose();
        }
    }

    // Native memory, since a large array fails first where the heap is limited.
    private static NativeBuffer Copy(SafeFileHandle handle, string path)
    {
        NativeBuffer copy = new();
        try
        {
            while (true)
            {
                byte* room = copy.Room(1, ulong.MaxValue, out nuint size);
                int count = RandomAccess.Read(handle, new Span<byte>(room, (int)Math.Min(size, 1 << 20)), (long)copy.Length);
                if (count == 0)
                {
                    return copy;
                }

                copy.Advance((nuint)count);
                if (copy.Length > LargestCopy)
                {
                    throw new InvalidImageException(path, null, null, "cannot be mapped and is too large to copy", "copy it to an ordinary file first");
                }
            }
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private const string Empty = "the file is empty";

    // Opening a FIFO blocks until it has a writer, and so does reading some files of /proc: the kind of file is checked before it is opened.
    private static void RefuseUnlessRegular(string path, MappedFile? referrer)
    {
        string because = referrer is null ? "" : $", and {referrer.Path} refers to it";
        if (Directory.Exists(path))
        {
            throw new InvalidImageException(path, null, null, $"is a directory{because}", referrer is null ? "name the vmlinux in it" : RemedyOfReferred);
        }

        FileState state = FileState.Of(path);
        if (!HostSystem.IsLinux)
        {
            RefuseUnlessSized(path, state, referrer, because);
            return;
        }

        if (state.Mode == 0)
        {
            return;
        }

        if (state.Kind != FileKind.Regular)
        {
            string what = state.Kind switch
            {
                FileKind.Pipe => "a pipe",
                FileKind.CharacterDevice => "a character device",
                FileKind.BlockDevice => "a block device",
                FileKind.Socket => "a socket",
                _ => "not a regular file",
            };
            throw new InvalidImageException(path, null, null, $"is {what}, not a file that can be mapped{because}", referrer is null ? "copy its contents to a file and name that" : RemedyOfReferred);
        }

        if (state.ByteSize == 0)
        {
            throw new InvalidImageException(path, null, null, $"the file is empty{because}", referrer is null ? null : RemedyOfReferred);
        }

        byte* status = stackalloc byte[256];
        // struct statfs begins with f_type, a word (statfs(2)); on s390x it has four bytes.
        if (referrer is not null && Libc.Statfs(path, status) == 0 && IsOfKernel(RuntimeInformation.ProcessArchitecture == Architecture.S390x ? *(uint*)status : (ulong)*(nuint*)status))
        {
            throw new InvalidImageException(path, null, null, $"is shown by the running kernel, and no file{because}", RemedyOfReferred);
        }
    }

    // Without the kind of a file its size tells: pipes, devices and sockets have none, and are not opened.
    private static void RefuseUnlessSized(string path, FileState state, MappedFile? referrer, string because)
    {
        if (state == default)
        {
            // A link to nowhere, or to a file without a name (a pipe in /proc/self/fd); opening tells of a missing file.
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new InvalidImageException(path, null, null, $"leads to no file{because}", referrer is null ? null : RemedyOfReferred);
            }
        }
        else if (state.ByteSize == 0)
        {
            throw new InvalidImageException(
                path, null, null, $"the file is empty, or a pipe or a device{because}", referrer is null ? "pipe what it holds into layoutcheck (FILE is -), or copy it to a file" : RemedyOfReferred);
        }
        else if (referrer is not null && !OperatingSystem.IsWindows() && IsOfKernel(new DriveInfo(path).DriveFormat))
        {
            throw new InvalidImageException(path, null, null, $"is shown by the running kernel, and no file{because}", RemedyOfReferred);
        }
    }

    private const string RemedyOfReferred = "the file that refers to it is damaged, or made to have this opened: build it again";

    // linux/magic.h: proc, sysfs, debugfs, tracefs, securityfs, cgroup, cgroup2, bpf, configfs, pstore, efivarfs, selinuxfs, mqueue.
    private static bool IsOfKernel(ulong fileSystem) => fileSystem is 0x9fa0 or 0x62656572 or 0x64626720 or 0x74726163 or 0x73636673 or 0x27e0eb or 0x63677270 or 0xcafe4a11
        or 0x62656570 or 0x6165676c or 0xde5e81e4 or 0xf97cff8c or 0x19800202;

    // The same by their names.
    private static bool IsOfKernel(string fileSystem) => fileSystem is "proc" or "sysfs" or "debugfs" or "tracefs" or "securityfs" or "cgroupfs" or "cgroup2fs" or "cgroup"
        or "cgroup2" or "bpf" or "bpf_fs" or "configfs" or "pstore" or "pstorefs" or "efivarfs" or "selinux" or "selinuxfs" or "mqueue";
}
