using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>
/// The unpacked bytes of a range, from front to back, without all of them being in memory. It can be closed at any time; the rest then costs nothing.
/// </summary>
internal abstract class UnpackStream : Stream
{
    /// <summary>How many bytes of the packed range have been read, about.</summary>
    public abstract ulong PackedPosition { get; }

    /// <summary>Passes bytes unread: at most that many, at least one; 0 at the end.</summary>
    /// <exception cref="Core.InvalidImageException">The bytes are damaged, or cannot be unpacked.</exception>
    public abstract ulong Skip(ulong most);

    /// <inheritdoc/>
    /// <exception cref="Core.InvalidImageException">The bytes are damaged, or cannot be unpacked.</exception>
    public abstract override int Read(Span<byte> buffer);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Bytes that are not compressed.</summary>
/// <param name="source">The bytes.</param>
internal sealed unsafe class PlainStream(Section source) : UnpackStream
{
    private const ulong ReleasedAtOnce = 4 << 20;

    private ulong _at;
    private ulong _released;

    /// <inheritdoc/>
    public override ulong PackedPosition => _at;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min((ulong)buffer.Length, source.Length - _at);
        new ReadOnlySpan<byte>(source.Start + _at, count).CopyTo(buffer);
        _at += (ulong)count;
        if (_at - _released >= ReleasedAtOnce)
        {
            source.Release(_released, _at);
            _released = _at;
        }

        return count;
    }

    /// <inheritdoc/>
    public override ulong Skip(ulong most)
    {
        ulong count = Math.Min(most, source.Length - _at);
        _at += count;
        return count;
    }
}

/// <summary>A stream that a codec unpacks on a thread of its own, as far ahead as a queue lets it.</summary>
internal sealed class CodecStream : UnpackStream
{
    private const ulong MostWaiting = 2 << 20;

    private readonly Section _source;
    private readonly ICodec _codec;
    private readonly ChunkPool _chunks = new();
    private readonly ByteQueue _queue;
    private readonly UnpackOutput _output;
    private readonly Thread _thread;
    private bool _isClosed;

    public CodecStream(Section source, ICodec codec)
    {
        _source = source;
        _codec = codec;
        _queue = new ByteQueue(MostWaiting, _chunks);
        _output = new UnpackOutput(source, ulong.MaxValue - 1, Decompression.ErrorsOf(source, codec), _queue) { IsCounted = false };
        _thread = new Thread(Produce) { IsBackground = true, Name = "unpack" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public override ulong PackedPosition => _output.Position;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => _queue.Read(buffer);

    /// <inheritdoc/>
    public override ulong Skip(ulong most) => _queue.Skip(most);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            _queue.Abandon();
            _thread.Join();
            _queue.Dispose();
            _chunks.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Produce()
    {
        Exception? failure = null;
        try
        {
            _codec.Expand(_source, _output);
        }
        catch (Exception e)
        {
            // A thread that ends with an exception ends the process: the reader throws it.
            failure = _output.Errors.Of(e) ?? e;
        }

        _queue.Complete(failure);
    }
}
