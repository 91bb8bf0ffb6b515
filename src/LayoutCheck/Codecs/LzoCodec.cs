using System.Runtime.InteropServices;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>The format of lzop: a header and blocks, big-endian (lzop's conf.h and lzop.c; the kernel's lib/decompress_unlzo.c), by liblzo2.</summary>
internal sealed unsafe partial class LzoCodec : ICodec
{
    private const string File = "liblzo2.so.2";

    /// <inheritdoc/>
    public string Name => "lzo";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [0x89, (byte)'L', (byte)'Z', (byte)'O', 0, 0x0d, 0x0a, 0x1a, 0x0a];

    /// <inheritdoc/>
    public SystemLibrary Library { get; } = new(File, "liblzo2-2");

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output)
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
            throw output.Errors.Damaged($"method {method} is not one of LZO1X");
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
                throw output.Errors.Damaged($"a block at 0x{at:x} has {packed} bytes for {length}");
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
                throw output.Errors.Damaged($"the block at 0x{at:x}");
            }

            output.Advance(length);
            reader.Skip(packed);
            output.Consumed(source.Start + reader.Offset);
        }
    }

    [LibraryImport(File)]
    private static partial int lzo1x_decompress_safe(byte* source, nuint sourceLength, byte* destination, nuint* destinationLength, void* workMemory);
}
