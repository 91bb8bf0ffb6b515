using System.Runtime.InteropServices;

namespace LayoutCheck.Codecs;

/// <summary>Native memory for a part of a stream.</summary>
/// <param name="capacity">Its size in bytes.</param>
internal sealed unsafe class ByteChunk(nuint capacity)
{
    /// <summary>The first byte.</summary>
    public byte* Start { get; private set; } = (byte*)NativeMemory.Alloc(capacity);

    /// <summary>Its size in bytes.</summary>
    public nuint Capacity => capacity;

    /// <summary>How many bytes have been written.</summary>
    public nuint Filled { get; set; }

    /// <summary>How many of them have been read.</summary>
    public nuint Read { get; set; }

    /// <summary>Frees the memory.</summary>
    public void Free()
    {
        NativeMemory.Free(Start);
        Start = null;
    }
}

/// <summary>Chunks that are used again: the system takes as long to give and clear a page as a codec takes to fill a part of it. Thread-safe.</summary>
internal sealed class ChunkPool : IDisposable
{
    private const int ChunkSize = 256 << 10;

    private readonly Stack<ByteChunk> _free = new();
    private bool _isDisposed;

    /// <summary>An empty chunk.</summary>
    /// <param name="atLeast">Its least size in bytes.</param>
    public ByteChunk Take(nuint atLeast)
    {
        lock (_free)
        {
            if (atLeast <= ChunkSize && _free.TryPop(out ByteChunk? chunk))
            {
                chunk.Filled = 0;
                chunk.Read = 0;
                return chunk;
            }
        }

        return new ByteChunk(Math.Max(atLeast, ChunkSize));
    }

    /// <summary>Takes a chunk back; null is none.</summary>
    public void Return(ByteChunk? chunk)
    {
        if (chunk is null)
        {
            return;
        }

        lock (_free)
        {
            if (!_isDisposed && chunk.Capacity == ChunkSize)
            {
                _free.Push(chunk);
                return;
            }
        }

        chunk.Free();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_free)
        {
            _isDisposed = true;
            foreach (ByteChunk chunk in _free)
            {
                chunk.Free();
            }

            _free.Clear();
        }
    }
}
