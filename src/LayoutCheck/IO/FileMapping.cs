using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.Platform;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.IO;

/// <summary>
/// An open file in memory, for reading: by mmap on Linux, elsewhere by the runtime's <see cref="MemoryMappedFile"/>. It owns the mapping, and the file.
/// </summary>
internal sealed unsafe class FileMapping : IDisposable
{
    // Of Linux and of Windows: ENOMEM, ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT.
    private const int NoMemory = Libc.ENOMEM, NoMemoryOfWindows = unchecked((int)0x80070008), NoCommitOfWindows = unchecked((int)0x800705af);

    private readonly string _name;
    private readonly MemoryMappedFile? _managed;
    private readonly MemoryMappedViewAccessor? _view;

    private FileMapping(byte* start, nuint length, SafeFileHandle file, string name, MemoryMappedFile? managed = null, MemoryMappedViewAccessor? view = null)
    {
        Start = start;
        Length = length;
        File = file;
        _name = name;
        _managed = managed;
        _view = view;
        if (managed is null)
        {
            SigbusHandler.Register(name);
        }
    }

    /// <summary>The first byte.</summary>
    public byte* Start { get; }

    /// <summary>Length in bytes.</summary>
    public nuint Length { get; }

    /// <summary>The file, open for reading.</summary>
    public SafeFileHandle File { get; }

    /// <summary>Maps a file.</summary>
    /// <param name="file">The file, which the mapping takes over.</param>
    /// <param name="length">Its length in bytes, at least 1.</param>
    /// <param name="name">What errors call it.</param>
    /// <returns>Null where the file is of a kind that cannot be mapped; the caller then keeps it.</returns>
    /// <exception cref="InvalidImageException">There is not enough memory.</exception>
    public static FileMapping? Open(SafeFileHandle file, nuint length, string name)
    {
        if (!HostSystem.IsLinux)
        {
            return OpenManaged(file, length, name);
        }

        nint start = Libc.Map(0, length, Libc.PROT_READ, Libc.MAP_PRIVATE, file, 0);
        return start != -1 ? new FileMapping((byte*)start, length, file, name)
            : Marshal.GetLastPInvokeError() == Libc.ENOMEM ? throw TooLarge(name, length)
            : null;
    }

    /// <summary>Gives pages back to the system; those that are read again come from the file. Where the system cannot be told, they stay until it needs them.</summary>
    /// <param name="start">The first byte, at the start of a page.</param>
    /// <param name="length">Bytes, whole pages.</param>
    public void Release(byte* start, nuint length)
    {
        if (_managed is null)
        {
            _ = Libc.Advise((nint)start, length, Libc.MADV_DONTNEED);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (File.IsClosed)
        {
            return;
        }

        if (_managed is null)
        {
            _ = Libc.Unmap((nint)Start, Length);
            SigbusHandler.Unregister(_name);
        }
        else
        {
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _managed.Dispose();
        }

        File.Dispose();
    }

    private static FileMapping? OpenManaged(SafeFileHandle file, nuint length, string name)
    {
        MemoryMappedFile? whole = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            whole = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = whole.CreateViewAccessor(0, (long)length, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            FileMapping mapping = new(start + view.PointerOffset, length, file, name, whole, view);
            whole = null;
            view = null;
            return mapping;
        }
        catch (Exception e) when (e is OutOfMemoryException or IOException { HResult: NoMemory or NoMemoryOfWindows or NoCommitOfWindows })
        {
            throw TooLarge(name, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return null;
        }
        finally
        {
            view?.Dispose();
            whole?.Dispose();
        }
    }

    private static InvalidImageException TooLarge(string name, nuint length)
        => new(name, null, null, $"there is not enough memory to map its {length} bytes", "allow more (ulimit -v)");
}
