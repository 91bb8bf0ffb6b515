using System.Runtime.InteropServices;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>The format .bz2, by libbz2.</summary>
internal sealed unsafe partial class Bzip2Codec : ICodec
{
    private const int BZ_OK = 0;
    private const int BZ_STREAM_END = 4;
    private const int BZ_MEM_ERROR = -3;
    private const string File = "libbz2.so.1.0";

    /// <inheritdoc/>
    public string Name => "bzip2";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => "BZh"u8;

    /// <inheritdoc/>
    public SystemLibrary Library { get; } = new(File, "libbz2-1.0");

    /// <summary>The level as a digit, and the magic number of a block.</summary>
    public bool IsStart(ReadOnlySpan<byte> head) => head is [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output)
    {
        byte* start = source.Start;
        byte* end = start + source.Length;
        do
        {
            start = ExpandOne(start, end, output);
        }
        while (IsStart(new ReadOnlySpan<byte>(start, (int)Math.Min(end - start, 16)))); // streams may follow each other: pbzip2 writes many
    }

    // Returns the end of the stream.
    private static byte* ExpandOne(byte* start, byte* end, UnpackOutput output)
    {
        Bz2Stream stream = default;
        if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK)
        {
            throw new InsufficientMemoryException();
        }

        try
        {
            stream.NextIn = start;
            int code;
            do
            {
                stream.AvailIn = (uint)Math.Min(end - stream.NextIn, 1 << 30);
                stream.NextOut = output.Room(1, out nuint size);
                uint offered = (uint)Math.Min(size, 1 << 30);
                stream.AvailOut = offered;
                code = BZ2_bzDecompress(&stream);
                output.Consumed(stream.NextIn);
                output.Advance(offered - stream.AvailOut);
                if (code == BZ_MEM_ERROR)
                {
                    throw new InsufficientMemoryException();
                }

                if (code is not (BZ_OK or BZ_STREAM_END) || (code == BZ_OK && stream.AvailOut > 0 && stream.NextIn == end))
                {
                    throw output.Errors.Damaged(code == BZ_OK ? "it ends in the middle of the stream" : $"libbz2 says {code}");
                }
            }
            while (code == BZ_OK);
            return stream.NextIn;
        }
        finally
        {
            _ = BZ2_bzDecompressEnd(&stream);
        }
    }

    [LibraryImport(File)]
    private static partial int BZ2_bzDecompressInit(Bz2Stream* stream, int verbosity, int small);

    [LibraryImport(File)]
    private static partial int BZ2_bzDecompress(Bz2Stream* stream);

    [LibraryImport(File)]
    private static partial int BZ2_bzDecompressEnd(Bz2Stream* stream);

    /// <summary>bzlib.h: bz_stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Bz2Stream
    {
        public byte* NextIn;
        public uint AvailIn;
        public uint TotalInLow;
        public uint TotalInHigh;
        public byte* NextOut;
        public uint AvailOut;
        public uint TotalOutLow;
        public uint TotalOutHigh;
        public void* State;
        public void* Allocate;
        public void* Free;
        public void* Opaque;
    }
}
