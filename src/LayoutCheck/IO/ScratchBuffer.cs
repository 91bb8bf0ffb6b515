using System.Runtime.InteropServices;

namespace LayoutCheck.IO;

/// <summary>Native memory of a fixed size, not zeroed; its pages are allocated as they are written.</summary>
internal sealed unsafe class ScratchBuffer(nuint byteSize) : IDisposable
{
    /// <summary>The first byte.</summary>
    public byte* Start { get; private set; } = (byte*)NativeMemory.Alloc(byteSize);

    /// <summary>Frees the buffer if <see cref="Dispose"/> was not called: scanners of split files are dropped without it.</summary>
    ~ScratchBuffer() => NativeMemory.Free(Start);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Start);
        Start = null;
        GC.SuppressFinalize(this);
    }
}
