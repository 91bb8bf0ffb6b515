using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>
/// Streams of independent .xz blocks, unpacked by several threads, read in order. The threads take the blocks in turn; each has one block more than it unpacks
/// as room to wait for the reader, all together.
/// </summary>
internal sealed class XzBlockStream : UnpackStream
{
    private readonly Section _source;
    private readonly IReadOnlyList<XzBlock> _blocks;
    private readonly UnpackErrors _errors;
    private readonly Thread[] _workers;
    private readonly ChunkPool _chunks = new();
    private readonly ByteQueue?[] _queues;
    private readonly object _lock = new();

    // Under the lock: the next block to unpack, and the one that is read.
    private int _next;
    private int _current;
    private bool _isClosed;

    public XzBlockStream(Section source, XzIndex index, int workers)
    {
        _source = source;
        _blocks = index.Blocks;
        _errors = Decompression.ErrorsOf(source, new XzCodec());
        _queues = new ByteQueue?[workers + 1];
        _workers = new Thread[workers];
        for (int i = 0; i < workers; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = "unpack" };
            _workers[i].Start();
        }
    }

    /// <inheritdoc/>
    public override ulong PackedPosition => _current < _blocks.Count ? _blocks[_current].Offset : _source.Length;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (buffer.Length > 0 && Current() is { } queue)
        {
            if (queue.Read(buffer) is > 0 and int count)
            {
                return count;
            }

            Finish(queue);
        }

        return 0;
    }

    /// <inheritdoc/>
    public override ulong Skip(ulong most)
    {
        while (most > 0 && Current() is { } queue)
        {
            if (queue.Skip(most) is > 0 and ulong count)
            {
                return count;
            }

            Finish(queue);
        }

        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            lock (_lock)
            {
                _isClosed = true;
                foreach (ByteQueue? queue in _queues)
                {
                    queue?.Abandon();
                }

                Monitor.PulseAll(_lock);
            }

            foreach (Thread worker in _workers)
            {
                worker.Join();
            }

            foreach (ByteQueue? queue in _queues)
            {
                queue?.Dispose();
            }

            _chunks.Dispose();
        }

        base.Dispose(disposing);
    }

    // The queue of the block that is read; null behind the last one.
    private ByteQueue? Current()
    {
        lock (_lock)
        {
            while (_current < _blocks.Count)
            {
                if (_current < _next && _queues[_current % _queues.Length] is { } queue)
                {
                    return queue;
                }

                _ = Monitor.Wait(_lock);
            }

            return null;
        }
    }

    private void Finish(ByteQueue queue)
    {
        lock (_lock)
        {
            _queues[_current % _queues.Length] = null;
            _current++;
            Monitor.PulseAll(_lock);
        }

        queue.Dispose();
    }

    private void Work()
    {
        while (Take() is var (block, queue))
        {
            Exception? failure = null;
            try
            {
                LibLzma.ExpandBlock(_source, block, queue, _errors);
            }
            catch (Exception e)
            {
                // A thread that ends with an exception ends the process: the reader throws it.
                failure = _errors.Of(e) ?? e;
            }

            queue.Complete(failure);
            if (failure is not null)
            {
                return;
            }
        }
    }

    private (XzBlock Block, ByteQueue Queue)? Take()
    {
        lock (_lock)
        {
            while (!_isClosed && _next < _blocks.Count && _next >= _current + _queues.Length)
            {
                _ = Monitor.Wait(_lock);
            }

            if (_isClosed || _next >= _blocks.Count)
            {
                return null;
            }

            ByteQueue queue = new(ulong.MaxValue, _chunks);
            _queues[_next % _queues.Length] = queue;
            XzBlock block = _blocks[_next++];
            Monitor.PulseAll(_lock);
            return (block, queue);
        }
    }
}
