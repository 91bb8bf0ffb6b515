using System.Runtime.ExceptionServices;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>
/// Bytes on their way from a thread that unpacks them to one that reads them, in chunks of native memory. The producer waits when too many are under way. One
/// thread produces, one reads.
/// </summary>
/// <param name="mostBytes">How many bytes wait for the reader at most, one chunk more at times.</param>
/// <param name="pool">Where chunks come from.</param>
internal sealed unsafe class ByteQueue(ulong mostBytes, ChunkPool pool) : IByteSink, IDisposable
{
    private readonly Queue<ByteChunk> _waiting = new();
    private readonly Lock _filledLock = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly SemaphoreSlim _room = new(0);

    // The producer's.
    private ByteChunk? _filling;

    // The reader's.
    private ByteChunk? _reading;

    // Under the lock.
    private ulong _waitingBytes;
    private bool _isProducerWaiting;
    private bool _isComplete;
    private bool _isAbandoned;
    private Exception? _failure;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The reader wants no more.</exception>
    public byte* Room(nuint atLeast, ulong limit, out nuint room)
    {
        if (_filling is { } chunk && chunk.Capacity - chunk.Filled >= atLeast)
        {
            room = chunk.Capacity - chunk.Filled;
        }
        else
        {
            Publish();
            WaitForRoom();
            chunk = _filling = pool.Take(atLeast);
            room = chunk.Capacity;
        }

        return chunk.Start + chunk.Filled;
    }

    /// <inheritdoc/>
    public void Advance(nuint count) => _filling!.Filled += count;

    /// <summary>The producer's end; a failure arrives at the reader behind the bytes before it.</summary>
    public void Complete(Exception? failure)
    {
        Publish();
        lock (_filledLock)
        {
            _isComplete = true;
            _failure = failure;

            // Within the lock: the reader that sees the end may dispose this queue.
            _ = _changed.Release();
        }
    }

    /// <summary>The next bytes, as many as are there, at least one; 0 at the end. Waits for the producer.</summary>
    /// <exception cref="Core.InvalidImageException">The producer failed.</exception>
    public int Read(Span<byte> to)
    {
        if (Next() is not { } chunk)
        {
            return 0;
        }

        int count = (int)Math.Min((nuint)to.Length, chunk.Filled - chunk.Read);
        new ReadOnlySpan<byte>(chunk.Start + chunk.Read, count).CopyTo(to);
        chunk.Read += (nuint)count;
        return count;
    }

    /// <summary>Passes bytes without copying them: as many as are there, at most that many; 0 at the end.</summary>
    /// <exception cref="Core.InvalidImageException">The producer failed.</exception>
    public ulong Skip(ulong most)
    {
        if (Next() is not { } chunk)
        {
            return 0;
        }

        nuint count = (nuint)Math.Min(most, chunk.Filled - chunk.Read);
        chunk.Read += count;
        return count;
    }

    /// <summary>The reader's early end: the producer's next <see cref="Room"/> throws.</summary>
    public void Abandon()
    {
        lock (_filledLock)
        {
            _isAbandoned = true;
            _ = _room.Release();
        }
    }

    /// <summary>Returns the chunks. The producer has ended.</summary>
    public void Dispose()
    {
        pool.Return(_filling);
        pool.Return(_reading);
        foreach (ByteChunk chunk in _waiting)
        {
            pool.Return(chunk);
        }

        _waiting.Clear();
        _filling = null;
        _reading = null;
        _changed.Dispose();
        _room.Dispose();
    }

    private void Publish()
    {
        if (_filling is not { Filled: > 0 } chunk)
        {
            return;
        }

        _filling = null;
        lock (_filledLock)
        {
            _waiting.Enqueue(chunk);
            _waitingBytes += chunk.Filled;
            _ = _changed.Release();
        }
    }

    private void WaitForRoom()
    {
        pool.Return(_filling);
        _filling = null;
        while (true)
        {
            lock (_filledLock)
            {
                if (_isAbandoned)
                {
                    throw new OperationCanceledException();
                }

                _isProducerWaiting = _waitingBytes >= mostBytes;
                if (!_isProducerWaiting)
                {
                    return;
                }
            }

            _room.Wait();
        }
    }

    // The chunk that is being read, or the next; null at the end.
    private ByteChunk? Next()
    {
        while (_reading is null || _reading.Read == _reading.Filled)
        {
            pool.Return(_reading);
            _reading = null;
            _changed.Wait();
            lock (_filledLock)
            {
                if (_waiting.TryDequeue(out ByteChunk? chunk))
                {
                    _reading = chunk;
                    _waitingBytes -= chunk.Filled;
                    if (_isProducerWaiting)
                    {
                        _isProducerWaiting = false;
                        _ = _room.Release();
                    }
                }
                else if (_isComplete)
                {
                    _ = _changed.Release();
                    if (_failure is not null)
                    {
                        ExceptionDispatchInfo.Throw(_failure);
                    }

                    return null;
                }
            }
        }

        return _reading;
    }
}
