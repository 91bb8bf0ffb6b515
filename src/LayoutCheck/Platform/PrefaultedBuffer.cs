using System.Runtime.InteropServices;

namespace LayoutCheck.Platform;

/// <summary>
/// Native memory that is written from its start on, and prefaulted as far as it is needed. Hot: a page fault costs about ten times the share of a page in
/// MADV_POPULATE_WRITE. Not zeroed.
/// </summary>
internal sealed unsafe class PrefaultedBuffer : IDisposable
{
    // The granularity of prefaulting, in bytes: no more than this is prefaulted in vain.
    private const nuint Step = 64 << 10;

    private readonly nuint _size;
    private nuint _present;

    /// <param name="byteSize">The size in bytes.</param>
    /// <exception cref="OutOfMemoryException">The system has no such memory.</exception>
    public PrefaultedBuffer(nuint byteSize)
    {
        _size = byteSize;
        Start = (byte*)NativeMemory.AlignedAlloc(byteSize, Step);
    }

    /// <summary>The first byte.</summary>
    public byte* Start { get; private set; }

    /// <summary>Frees the buffer if <see cref="Dispose"/> was not called: scanners of split files are dropped without it.</summary>
    ~PrefaultedBuffer() => NativeMemory.AlignedFree(Start);

    /// <summary>Prefaults so many bytes from the start on.</summary>
    public void EnsurePresent(nuint byteSize)
    {
        if (byteSize > _present)
        {
            nuint present = Math.Min((byteSize + Step - 1) & ~(Step - 1), _size);
            Prefault.Pages(Start + _present, present - _present);
            _present = present;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
        GC.SuppressFinalize(this);
    }
}
