using System.Runtime.InteropServices;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>The format .xz.</summary>
internal sealed class XzCodec : ICodec
{
    /// <inheritdoc/>
    public string Name => "xz";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <inheritdoc/>
    public SystemLibrary Library => LibLzma.Library;

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output) => LibLzma.Expand(source, output, isXz: true, Magic);
}

/// <summary>The format .lzma, which came before .xz.</summary>
internal sealed class LzmaCodec : ICodec
{
    /// <inheritdoc/>
    public string Name => "lzma";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [0x5d, 0, 0];

    /// <inheritdoc/>
    public SystemLibrary Library => LibLzma.Library;

    /// <summary>A header without a magic number: properties 0x5d, which every encoder writes, a dictionary of a power of two up to 128 MiB (u32), the size or -1 (u64).</summary>
    public bool IsStart(ReadOnlySpan<byte> head) => head is [0x5d, 0, 0, _, <= 8, _, _, _, _, 0 or 0xff, 0 or 0xff, 0 or 0xff, 0 or 0xff, ..];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output) => LibLzma.Expand(source, output, isXz: false, new XzCodec().Magic);
}

/// <summary>liblzma, by its stable C interface.</summary>
internal static unsafe partial class LibLzma
{
    // xz -9 needs 65 MB, and the kernel's own choice of dictionary 128 MB.
    private const ulong MemoryLimit = 160UL << 20;

    private const ulong ReleasedAtOnce = 1 << 20;
    private const int LZMA_RUN = 0;
    private const int LZMA_FINISH = 3;
    private const int LZMA_OK = 0;
    private const int LZMA_STREAM_END = 1;
    private const int LZMA_MEM_ERROR = 5;
    private const int LZMA_MEMLIMIT_ERROR = 6;
    private const string File = "liblzma.so.5";

    public static SystemLibrary Library { get; } = new(File, "liblzma5");

    public static void Expand(Section source, UnpackOutput output, bool isXz, ReadOnlySpan<byte> xzMagic)
    {
        LzmaStream stream = default;
        int code = isXz ? lzma_stream_decoder(&stream, MemoryLimit, 0) : lzma_alone_decoder(&stream, MemoryLimit);
        try
        {
            stream.NextIn = source.Start;
            stream.AvailIn = source.Length;
            while (code == LZMA_OK)
            {
                stream.NextOut = output.Room(1, out nuint size);
                stream.AvailOut = size;
                code = lzma_code(&stream, LZMA_FINISH);
                output.Consumed(stream.NextIn);
                output.Advance(size - stream.AvailOut);
                if (code == LZMA_STREAM_END && new ReadOnlySpan<byte>(stream.NextIn, (int)Math.Min(stream.AvailIn, 8)).StartsWith(xzMagic))
                {
                    code = lzma_stream_decoder(&stream, MemoryLimit, 0); // streams may follow each other
                }
            }

            if (code != LZMA_STREAM_END)
            {
                throw Failure(code, output.Errors);
            }
        }
        finally
        {
            lzma_end(&stream);
        }
    }

    /// <summary>
    /// Unpacks one block of a stream: the decoder of streams is shown the stream's header, then the block. It has then compared the block's check value, and
    /// expects what follows.
    /// </summary>
    /// <param name="source">The bytes of all streams.</param>
    /// <param name="block">The block.</param>
    /// <param name="sink">Takes the bytes.</param>
    /// <param name="errors">The refusals of the source.</param>
    public static void ExpandBlock(Section source, XzBlock block, IByteSink sink, UnpackErrors errors)
    {
        LzmaStream stream = default;
        int code = lzma_stream_decoder(&stream, MemoryLimit, 0);
        try
        {
            if (code == LZMA_OK)
            {
                stream.NextIn = source.Start + block.StreamOffset;
                stream.AvailIn = XzIndex.HeaderByteSize;
                code = lzma_code(&stream, LZMA_RUN);
            }

            stream.NextIn = source.Start + block.Offset;
            stream.AvailIn = (nuint)block.ByteSize;
            ulong written = 0;
            ulong released = block.Offset;
            while (code == LZMA_OK && stream.AvailIn > 0)
            {
                stream.NextOut = sink.Room(1, ulong.MaxValue, out nuint size);
                stream.AvailOut = size;
                code = lzma_code(&stream, LZMA_RUN);
                sink.Advance(size - stream.AvailOut);
                written += size - stream.AvailOut;
                if (written > block.UnpackedByteSize)
                {
                    break;
                }

                ulong at = (ulong)(stream.NextIn - source.Start);
                if (at - released >= ReleasedAtOnce || stream.AvailIn == 0)
                {
                    source.Release(released, at);
                    released = at;
                }
            }

            if (code != LZMA_OK)
            {
                throw Failure(code, errors);
            }

            if (written != block.UnpackedByteSize)
            {
                throw errors.Damaged($"the block at 0x{block.Offset:x} has another size than the index says");
            }
        }
        finally
        {
            lzma_end(&stream);
        }
    }

    private static Exception Failure(int code, UnpackErrors errors) => code switch
    {
        LZMA_MEM_ERROR => new InsufficientMemoryException(),
        LZMA_MEMLIMIT_ERROR => errors.TooHungry($"{MemoryLimit >> 20} MiB"),
        _ => errors.Damaged($"liblzma says {code}"),
    };

    [LibraryImport(File)]
    private static partial int lzma_stream_decoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(File)]
    private static partial int lzma_alone_decoder(LzmaStream* stream, ulong memoryLimit);

    [LibraryImport(File)]
    private static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(File)]
    private static partial void lzma_end(LzmaStream* stream);

    /// <summary>lzma/base.h: lzma_stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailOut;
        public ulong TotalOut;
        public void* Allocator;
        public void* Internal;
        public fixed ulong Reserved[4 + 2 + 2 + 1];
    }
}
