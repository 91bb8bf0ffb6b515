using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>Opens a range as a stream of its unpacked bytes, by the way that its format allows.</summary>
internal static class UnpackStreams
{
    /// <summary>Opens a range.</summary>
    /// <param name="source">The bytes; their file outlives the stream.</param>
    /// <param name="codec">Their format; null if they are not compressed.</param>
    /// <param name="threads">How many threads may unpack.</param>
    /// <exception cref="Core.InvalidImageException">The library for the format cannot be used here.</exception>
    public static UnpackStream Open(Section source, ICodec? codec, int threads)
        => codec is null ? new PlainStream(source)
            : !Decompression.CanUse(codec) ? throw Decompression.ErrorsOf(source, codec).MissingLibrary()
            : codec is XzCodec && XzIndex.Read(source) is { } index && index.WorkersFor(threads) is > 1 and int workers
                ? new XzBlockStream(source, index, workers)
            : new CodecStream(source, codec);

    /// <summary>The first unpacked bytes; fewer where there are fewer, or where they are damaged or cannot be unpacked here: reading them tells why.</summary>
    public static byte[] Peek(Section source, ICodec codec, int count)
    {
        if (!Decompression.CanUse(codec))
        {
            return [];
        }

        using PeekSink sink = new(count);
        try
        {
            codec.Expand(source, new UnpackOutput(source, ulong.MaxValue - 1, Decompression.ErrorsOf(source, codec), sink) { IsCounted = false });
        }
        catch (OperationCanceledException)
        {
            // It has all that it wants.
        }
        catch (Exception e) when (e is Core.InvalidImageException || Decompression.ErrorsOf(source, codec).Of(e) is not null)
        {
        }

        return sink.ToArray();
    }
}

/// <summary>Takes the first bytes of a stream, then stops its codec.</summary>
/// <param name="count">How many bytes.</param>
file sealed unsafe class PeekSink(int count) : IByteSink, IDisposable
{
    // Room for a block of lz4 or lzo, which unpack to whole blocks.
    private readonly NativeBuffer _bytes = new();

    public byte* Room(nuint atLeast, ulong limit, out nuint room)
    {
        if (_bytes.Length >= (nuint)count)
        {
            throw new OperationCanceledException();
        }

        return _bytes.Room(Math.Max(atLeast, (nuint)count), (ulong)count, out room);
    }

    public void Advance(nuint count) => _bytes.Advance(count);

    public byte[] ToArray() => new ReadOnlySpan<byte>(_bytes.Start, (int)Math.Min(_bytes.Length, (nuint)count)).ToArray();

    public void Dispose() => _bytes.Dispose();
}
