using System.Runtime.InteropServices;

namespace LayoutCheck.Elf;

/// <summary>
/// Memory that the system is asked to give in its large pages, where it has them: each page that shows up costs much the same, whatever its
/// size. Not zeroed.
/// </summary>
internal sealed unsafe partial class LargePages : IDisposable
{
    // 2 MiB on x86-64; elsewhere it is at least a good alignment.
    private const nuint PageSize = 2 << 20;
    private const int HugePage = 14;

    /// <exception cref="OutOfMemoryException">There is no such memory.</exception>
    public LargePages(nuint byteSize)
    {
        Start = (byte*)NativeMemory.AlignedAlloc(byteSize, PageSize);
        if (OperatingSystem.IsLinux())
        {
            _ = Advise((nint)Start, byteSize, HugePage);
        }
    }

    /// <summary>The first byte.</summary>
    public byte* Start { get; private set; }

    /// <summary>Frees what nobody holds any more.</summary>
    ~LargePages() => NativeMemory.AlignedFree(Start);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
