using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using LayoutCheck.Core;
using LayoutCheck.IO;
using static LayoutCheck.Codecs.NativeCodecs;

namespace LayoutCheck.Codecs;

/// <summary>How bytes are compressed.</summary>
internal enum CompressionFormat
{
    /// <summary>RFC 1950: compressed sections.</summary>
    Zlib,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>RFC 8878.</summary>
    Zstd,

    /// <summary>.xz.</summary>
    Xz,

    /// <summary>.lzma, the format before .xz.</summary>
    Lzma,

    /// <summary>.bz2.</summary>
    Bzip2,

    /// <summary>The legacy frame of lz4 (<c>lz4 -l</c>), which is the one that kernels use.</summary>
    Lz4Legacy,

    /// <summary>.lzo, as lzop writes it.</summary>
    Lzo,
}

/// <summary>
/// Unpacks a range into memory of its own. What comes out is bounded: memory is taken as bytes come out, never because a header says so,
/// and past the bound the input is refused.
/// </summary>
internal static unsafe class Decompression
{
    // xz -9 needs 65 MB, and the kernel's own choice of dictionary 128 MB.
    private const ulong LzmaMemoryLimit = 160UL << 20;

    private const string UnpackIt = "unpack it and name the result";

    /// <summary>The format that the bytes start as, by their magic number.</summary>
    public static CompressionFormat? Recognise(ReadOnlySpan<byte> start) => start switch
    {
        [0x1f, 0x8b, 8, ..] => CompressionFormat.Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => CompressionFormat.Zstd,
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionFormat.Xz,
        // No magic number: properties 0x5d (what every encoder writes), a dictionary of a power of two up to 128 MiB (u32), the size or -1 (u64).
        [0x5d, 0, 0, _, <= 8, _, _, _, _, 0 or 0xff, 0 or 0xff, 0 or 0xff, 0 or 0xff, ..] => CompressionFormat.Lzma,
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => CompressionFormat.Bzip2,
        [0x02, 0x21, 0x4c, 0x18, ..] => CompressionFormat.Lz4Legacy,
        [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, 0x0d, 0x0a, 0x1a, 0x0a, ..] => CompressionFormat.Lzo,
        _ => null,
    };

    /// <summary>What users call a format.</summary>
    public static string Name(CompressionFormat format) => format switch
    {
        CompressionFormat.Lz4Legacy => "lz4",
        _ => format.ToString().ToLowerInvariant(),
    };

    /// <summary>Unpacks a range; what follows its end is left alone, as padding and trailers do. What comes out is taken from the file's budget, of a range that is refused too.</summary>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="format">How they are compressed.</param>
    /// <param name="limit">The most that may come out, in bytes, when it is less than the file's budget has.</param>
    /// <returns>What came out; the caller frees it.</returns>
    /// <exception cref="InvalidImageException">The bytes are damaged, expand past the limit, there is no memory, or the library that unpacks them is not installed.</exception>
    public static NativeBuffer Expand(Section source, CompressionFormat format, ulong limit = ulong.MaxValue)
    {
        Output output = new(source, format, Math.Min(limit, source.File.Budget.UnpackLeft));
        try
        {
            switch (format)
            {
                case CompressionFormat.Zlib:
                    Inflate(new ZLibStream(Open(source), CompressionMode.Decompress), output);
                    break;
                case CompressionFormat.Gzip:
                    Inflate(new GZipStream(Open(source), CompressionMode.Decompress), output);
                    break;
                case CompressionFormat.Zstd:
                    ExpandZstd(source, output);
                    break;
                case CompressionFormat.Xz or CompressionFormat.Lzma:
                    ExpandLzma(source, output);
                    break;
                case CompressionFormat.Bzip2:
                    ExpandBzip2(source, output);
                    break;
                case CompressionFormat.Lz4Legacy:
                    ExpandLz4(source, output);
                    break;
                default:
                    ExpandLzo(source, output);
                    break;
            }

            return output.Buffer;
        }
        catch (Exception e)
        {
            output.Buffer.Dispose();
            throw Refusal(e, source, format) ?? e;
        }
    }

    /// <summary>The refusal that a failure of a library amounts to; null when it is one itself, or a defect.</summary>
    internal static InvalidImageException? Refusal(Exception failure, Section source, CompressionFormat format) => failure switch
    {
        InvalidDataException => Damaged(source, format, null),
        DllNotFoundException when IsOfMemory(failure.Message) => NoMemory(source, format),
        DllNotFoundException or EntryPointNotFoundException => MissingLibrary(source, format),
        // What the framework throws when zlib has no memory is an IOException; nothing else here reads or writes.
        OutOfMemoryException or IOException => NoMemory(source, format),
        _ => null,
    };

    private static InvalidImageException Damaged(Section source, CompressionFormat format, string? why) => source.Invalid(
        null, why is null ? $"cannot be unpacked: the {Name(format)} stream is damaged" : $"cannot be unpacked: the {Name(format)} stream is damaged ({why})", "fetch or build it again");

    /// <summary>The refusal of what there is too little memory to unpack: the bytes may be as they should.</summary>
    public static InvalidImageException NoMemory(Section source, CompressionFormat format)
        => source.Invalid(null, $"there is not enough memory to unpack it ({Name(format)})", $"free some, allow more (ulimit -v), or {UnpackIt}");

    // The words of the dynamic linker, for a library that is there and has no room (glibc's elf/dl-load.c, musl's dynlink.c).
    private static bool IsOfMemory(string message) => message.Contains("failed to map", StringComparison.Ordinal) || message.Contains("annot allocate", StringComparison.Ordinal)
        || message.Contains("cannot map", StringComparison.Ordinal) || message.Contains("ut of memory", StringComparison.Ordinal);

    /// <summary>The refusal of a format whose library is not there, by the name of Debian's package that has it.</summary>
    public static InvalidImageException MissingLibrary(Section source, CompressionFormat format)
    {
        (string library, string package) = format switch
        {
            CompressionFormat.Zstd => ("libzstd.so.1", "libzstd1"),
            CompressionFormat.Xz or CompressionFormat.Lzma => ("liblzma.so.5", "liblzma5"),
            CompressionFormat.Bzip2 => ("libbz2.so.1.0", "libbz2-1.0"),
            CompressionFormat.Lz4Legacy => ("liblz4.so.1", "liblz4-1"),
            CompressionFormat.Lzo => ("liblzo2.so.2", "liblzo2-2"),
            _ => ("zlib", "zlib1g"),
        };
        return source.Invalid(null, $"is compressed ({Name(format)}), and {library}, which unpacks that, is not installed", $"install it (Debian's package {package}), or unpack the input and name the result");
    }

    private static UnmanagedMemoryStream Open(Section source) => new(source.Start, (long)source.Length);

    private static void Inflate(Stream stream, Output output)
    {
        using (stream)
        {
            int count;
            do
            {
                byte* room = output.Room(1, out nuint size);
                count = stream.Read(new Span<byte>(room, (int)Math.Min(size, 1 << 20)));
                output.Advance((nuint)count);
            }
            while (count > 0);
        }
    }

    private static void ExpandZstd(Section source, Output output)
    {
        nint stream = ZSTD_createDStream();
        if (stream == 0)
        {
            throw new InsufficientMemoryException();
        }

        try
        {
            ZstdBuffer input = new() { Start = source.Start, Size = source.Length };
            nuint left;
            do
            {
                ZstdBuffer part = new() { Start = output.Room(1, out nuint size), Size = size };
                nuint before = input.Position;
                left = ZSTD_decompressStream(stream, &part, &input);
                if (ZSTD_isError(left) != 0)
                {
                    throw (0 - left) switch
                    {
                        ZSTD_error_memory_allocation => new InsufficientMemoryException(),
                        ZSTD_error_frameParameter_windowTooLarge => output.TooHungry("128 MiB"),
                        _ => output.Damaged(Marshal.PtrToStringUTF8(ZSTD_getErrorName(left))),
                    };
                }

                output.Advance(part.Position);
                if (left != 0 && part.Position < part.Size && input.Position == before && input.Position == input.Size)
                {
                    throw output.Damaged("it ends in the middle of a frame");
                }
            }
            while (left != 0 || IsZstdFrame(source, input.Position));
        }
        finally
        {
            _ = ZSTD_freeDStream(stream);
        }
    }

    // Frames may follow each other (RFC 8878 §3); a kernel's own four bytes of size may, too.
    private static bool IsZstdFrame(Section source, nuint at) => source.Length - at >= 4
        && BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(source.Start + at, 4)) is 0xfd2fb528 or (>= 0x184d2a50 and <= 0x184d2a5f);

    private static void ExpandLzma(Section source, Output output)
    {
        LzmaStream stream = default;
        int code = output.Format == CompressionFormat.Lzma ? lzma_alone_decoder(&stream, LzmaMemoryLimit) : lzma_stream_decoder(&stream, LzmaMemoryLimit, 0);
        try
        {
            stream.NextIn = source.Start;
            stream.AvailIn = source.Length;
            while (code == LZMA_OK)
            {
                stream.NextOut = output.Room(1, out nuint size);
                stream.AvailOut = size;
                code = lzma_code(&stream, LZMA_FINISH);
                output.Advance(size - stream.AvailOut);
                if (code == LZMA_STREAM_END && Recognise(new ReadOnlySpan<byte>(stream.NextIn, (int)Math.Min(stream.AvailIn, 8))) == CompressionFormat.Xz)
                {
                    code = lzma_stream_decoder(&stream, LzmaMemoryLimit, 0); // streams may follow each other
                }
            }

            if (code != LZMA_STREAM_END)
            {
                throw code switch
                {
                    LZMA_MEM_ERROR => new InsufficientMemoryException(),
                    LZMA_MEMLIMIT_ERROR => output.TooHungry($"{LzmaMemoryLimit >> 20} MiB"),
                    _ => output.Damaged($"liblzma says {code}"),
                };
            }
        }
        finally
        {
            lzma_end(&stream);
        }
    }

    private static void ExpandBzip2(Section source, Output output)
    {
        byte* start = source.Start;
        byte* end = start + source.Length;
        do
        {
            start = ExpandBzip2(start, end, output);
        }
        while (Recognise(new ReadOnlySpan<byte>(start, (int)Math.Min(end - start, 16))) == CompressionFormat.Bzip2); // streams may follow each other: pbzip2 writes many
    }

    // Returns the end of the stream.
    private static byte* ExpandBzip2(byte* start, byte* end, Output output)
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
                output.Advance(offered - stream.AvailOut);
                if (code == BZ_MEM_ERROR)
                {
                    throw new InsufficientMemoryException();
                }

                if (code is not (BZ_OK or BZ_STREAM_END) || (code == BZ_OK && stream.AvailOut > 0 && stream.NextIn == end))
                {
                    throw output.Damaged(code == BZ_OK ? "it ends in the middle of the stream" : $"libbz2 says {code}");
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

    // lz4 legacy frame (lz4_Frame_format.md, "Legacy frame"): the magic, then blocks of a little-endian length and data. Nothing marks the end
    // but that the last block unpacks to less than 8 MiB.
    private static void ExpandLz4(Section source, Output output)
    {
        const int BlockSize = 8 << 20;
        const uint Magic = 0x184c2102;
        SectionReader reader = source.As(source.Name, isBigEndian: false).ReadFrom(0);
        while (reader.Remaining > 8)
        {
            ulong at = reader.Offset;
            if (reader.ReadU32() != Magic)
            {
                return; // of another kind: a kernel's four bytes of its size, padding
            }

            int count = BlockSize;
            while (count == BlockSize && reader.Remaining > 4)
            {
                at = reader.Offset;
                uint length = reader.ReadU32();
                if (length == Magic)
                {
                    reader.Seek(at);
                    break;
                }

                if (length == 0 || length > reader.Remaining || length > int.MaxValue)
                {
                    throw output.Damaged($"a block at 0x{at:x} has {length} bytes of {reader.Remaining}");
                }

                byte* room = output.Room(Math.Min(BlockSize, output.Left), out nuint size);
                count = LZ4_decompress_safe(source.Start + reader.Offset, room, (int)length, (int)Math.Min(size, BlockSize));
                if (count < 0)
                {
                    throw output.Left < BlockSize ? output.TooLarge() : output.Damaged($"the block at 0x{at:x}");
                }

                output.Advance((nuint)count);
                reader.Skip(length);
            }
        }
    }

    // lzop's header and blocks (lzop's conf.h and lzop.c; the kernel's lib/decompress_unlzo.c). Big-endian throughout.
    private static void ExpandLzo(Section source, Output output)
    {
        const uint F_ADLER32_D = 0x1;
        const uint F_ADLER32_C = 0x2;
        const uint F_CRC32_D = 0x100;
        const uint F_CRC32_C = 0x200;
        const uint F_H_EXTRA_FIELD = 0x40;
        const uint F_H_FILTER = 0x800;
        const uint LargestBlock = 64 << 20;
        SectionReader reader = source.As(source.Name, isBigEndian: true).ReadFrom(9);
        ushort version = reader.ReadU16();
        reader.Skip(2); // version of the library
        bool isSince0940 = version >= 0x0940;
        reader.Skip(isSince0940 ? 2u : 0u); // version needed
        byte method = reader.ReadU8();
        if (method is < 1 or > 3)
        {
            throw output.Damaged($"method {method} is not one of LZO1X");
        }

        reader.Skip(isSince0940 ? 1u : 0u); // level
        uint flags = reader.ReadU32();
        if ((flags & (F_H_EXTRA_FIELD | F_H_FILTER)) != 0)
        {
            // A filter changes every byte that comes out.
            throw source.Invalid(null, "is compressed with a filter or an extra field (lzo), which cannot be read", "unpack it (lzop -d FILE) and name the result");
        }

        reader.Skip(isSince0940 ? 12u : 8u); // mode, time
        reader.Skip(reader.ReadU8()); // name
        reader.Skip(4); // checksum of the header
        while (reader.ReadU32() is > 0 and uint length)
        {
            ulong at = reader.Offset;
            uint packed = reader.ReadU32();
            reader.Skip(((flags & F_ADLER32_D) != 0 ? 4u : 0u) + ((flags & F_CRC32_D) != 0 ? 4u : 0u));
            if (packed < length)
            {
                reader.Skip(((flags & F_ADLER32_C) != 0 ? 4u : 0u) + ((flags & F_CRC32_C) != 0 ? 4u : 0u));
            }

            if (packed > length || packed > reader.Remaining || length > LargestBlock)
            {
                throw output.Damaged($"a block at 0x{at:x} has {packed} bytes for {length}");
            }

            if (length > output.Left)
            {
                throw output.TooLarge();
            }

            byte* room = output.Room(length, out _);
            byte* data = source.Start + reader.Offset;
            nuint count = length;
            if (packed == length)
            {
                NativeMemory.Copy(data, room, length);
            }
            else if (lzo1x_decompress_safe(data, packed, room, &count, null) != 0 || count != length)
            {
                throw output.Damaged($"the block at 0x{at:x}");
            }

            output.Advance(length);
            reader.Skip(packed);
        }
    }

    /// <summary>A buffer that says no when it has more than it may.</summary>
    private sealed class Output(Section source, CompressionFormat format, ulong limit)
    {
        public NativeBuffer Buffer { get; } = new();

        public CompressionFormat Format => format;

        // One byte over the limit is allowed in, for that is how it shows.
        public nuint Left => (nuint)(limit + 1 - Buffer.Length);

        public byte* Room(nuint atLeast, out nuint size)
        {
            byte* room = Buffer.Room(atLeast, limit + 1, out size);
            size = Math.Min(size, Left);
            return room;
        }

        public void Advance(nuint count)
        {
            Buffer.Advance(count);
            // Another thread may unpack something of the file, too.
            if (!source.File.Budget.TryUnpack(count) || Buffer.Length > limit)
            {
                throw TooLarge();
            }
        }

        public InvalidImageException TooLarge() => source.File.Budget.UnpackLeft > 0
            ? source.Invalid(null, $"expands to more than the 0x{limit:x} bytes that it may ({Name(format)})", "it is damaged, or made to exhaust memory")
            : source.Invalid(
                null,
                $"expands to more than 0x{limit:x} bytes ({Name(format)}), and the file in all to more than the 0x{source.File.Budget.UnpackLimit:x} that one of its size may",
                $"it is damaged or made to exhaust memory; if it is not, {UnpackIt}");

        public InvalidImageException TooHungry(string size) => source.Invalid(null, $"needs more than {size} of memory to be unpacked ({Name(format)}), which no kernel does", UnpackIt);

        public InvalidImageException Damaged(string? why) => Decompression.Damaged(source, format, why);
    }
}
