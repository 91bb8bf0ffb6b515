using System.Runtime.InteropServices;

namespace LayoutCheck.Codecs;

/// <summary>
/// The decompressors of the system that the framework has not, by their stable C interfaces. A library is looked for when the first of
/// its functions is called, so that nobody needs one whose format he does not meet.
/// </summary>
internal static unsafe partial class NativeCodecs
{
    private const string LibZstd = "libzstd.so.1";
    private const string LibLzma = "liblzma.so.5";
    private const string LibBz2 = "libbz2.so.1.0";
    private const string LibLz4 = "liblz4.so.1";
    private const string LibLzo = "liblzo2.so.2";

    /// <summary>zstd.h: ZSTD_inBuffer and ZSTD_outBuffer, which have one layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ZstdBuffer
    {
        public byte* Start;
        public nuint Size;
        public nuint Position;
    }

    // zstd_errors.h: a result is one of these when it is subtracted from 0.
    public const nuint ZSTD_error_frameParameter_windowTooLarge = 16;
    public const nuint ZSTD_error_memory_allocation = 64;

    [LibraryImport(LibZstd)]
    public static partial nint ZSTD_createDStream();

    [LibraryImport(LibZstd)]
    public static partial nuint ZSTD_freeDStream(nint stream);

    [LibraryImport(LibZstd)]
    public static partial nuint ZSTD_decompressStream(nint stream, ZstdBuffer* output, ZstdBuffer* input);

    [LibraryImport(LibZstd)]
    public static partial uint ZSTD_isError(nuint code);

    [LibraryImport(LibZstd)]
    public static partial nint ZSTD_getErrorName(nuint code);

    /// <summary>lzma/base.h: lzma_stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LzmaStream
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

    public const int LZMA_FINISH = 3;
    public const int LZMA_OK = 0;
    public const int LZMA_STREAM_END = 1;
    public const int LZMA_MEM_ERROR = 5;
    public const int LZMA_MEMLIMIT_ERROR = 6;

    [LibraryImport(LibLzma)]
    public static partial int lzma_stream_decoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(LibLzma)]
    public static partial int lzma_alone_decoder(LzmaStream* stream, ulong memoryLimit);

    [LibraryImport(LibLzma)]
    public static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(LibLzma)]
    public static partial void lzma_end(LzmaStream* stream);

    /// <summary>bzlib.h: bz_stream.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Bz2Stream
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

    public const int BZ_OK = 0;
    public const int BZ_STREAM_END = 4;
    public const int BZ_MEM_ERROR = -3;

    [LibraryImport(LibBz2)]
    public static partial int BZ2_bzDecompressInit(Bz2Stream* stream, int verbosity, int small);

    [LibraryImport(LibBz2)]
    public static partial int BZ2_bzDecompress(Bz2Stream* stream);

    [LibraryImport(LibBz2)]
    public static partial int BZ2_bzDecompressEnd(Bz2Stream* stream);

    [LibraryImport(LibLz4)]
    public static partial int LZ4_decompress_safe(byte* source, byte* destination, int compressedSize, int capacity);

    [LibraryImport(LibLzo)]
    public static partial int lzo1x_decompress_safe(byte* source, nuint sourceLength, byte* destination, nuint* destinationLength, void* workMemory);
}
