using LayoutCheck.Core;
using LayoutCheck.Platform;
using Microsoft.Win32.SafeHandles;

namespace LayoutCheck.IO;

/// <summary>
/// A temporary file without a name: bytes that are not in a file of their own (a pipe, a member of a package, unpacked bytes) become one that can be mapped. It
/// has no directory entry, so that it is gone however the process ends. Owned by its maker until <see cref="ToFile"/>.
/// </summary>
internal sealed class Spool : IDisposable
{
    private readonly string _name;
    private readonly string _directory;
    private readonly ulong _limit;
    private SafeFileHandle? _handle;

    private Spool(string name, string directory, ulong limit, SafeFileHandle handle)
    {
        _name = name;
        _directory = directory;
        _limit = limit;
        _handle = handle;
    }

    /// <summary>The number of bytes in it.</summary>
    public ulong Length { get; private set; }

    /// <summary>Makes an empty one.</summary>
    /// <param name="name">What errors call the bytes.</param>
    /// <param name="limits">Where it is, and how large it may become.</param>
    /// <exception cref="InvalidImageException">No file can be made there.</exception>
    public static Spool Create(string name, SpoolLimits limits)
    {
        string problem = "";
        string where = "";
        foreach (string directory in limits.Directories())
        {
            where = directory;
            try
            {
                return new Spool(name, directory, limits.MaxSize, TemporaryFile.Open(directory));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problem = e.Message;
            }
        }

        throw new InvalidImageException(name, null, null, $"needs a temporary file, which cannot be made in {where} ({problem})", "name a directory that can be written (TMPDIR)");
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="InvalidImageException">They are more than may be, or there is no room for them.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if ((ulong)bytes.Length > _limit - Length)
        {
            throw new InvalidImageException(_name, null, null, $"is larger than the 0x{_limit:x} bytes that it may", "allow more (--max-size SIZE)");
        }

        try
        {
            RandomAccess.Write(_handle!, bytes, (long)Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(_name, null, Length, $"does not fit the temporary file in {_directory} ({e.Message})", "make room there, or name another directory (TMPDIR)");
        }

        Length += (ulong)bytes.Length;
    }

    /// <summary>The bytes as a mapped file, which takes over the spool.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="inputs">The files that were opened for the same image.</param>
    /// <param name="budget">The number of bytes that may be made of it; null for that of a file of its length.</param>
    /// <exception cref="InvalidImageException">It is empty, or cannot be mapped.</exception>
    public MappedFile ToFile(string name, InputFiles inputs, MemoryBudget? budget = null)
    {
        SafeFileHandle handle = _handle!;
        _handle = null;
        return MappedFile.FromSpool(name, handle, inputs, budget ?? new MemoryBudget(Length));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle?.Dispose();
        _handle = null;
    }
}
