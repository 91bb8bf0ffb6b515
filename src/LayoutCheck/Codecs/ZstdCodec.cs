using System.Buffers.Binary;
using LayoutCheck.IO;
using ZstdSharp.Unsafe;

namespace LayoutCheck.Codecs;

/// <summary>RFC 8878, by ZstdSharp: libzstd in C#.</summary>
internal sealed unsafe class ZstdCodec : ICodec
{
    private const uint FrameMagic = 0xfd2fb528;

    /// <inheritdoc/>
    public string Name => "zstd";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output)
    {
        // The library's default bounds the window to 128 MiB (ZSTD_WINDOWLOG_LIMIT_DEFAULT).
        ZSTD_DCtx_s* context = Methods.ZSTD_createDCtx();
        if (context == null)
        {
            throw new InsufficientMemoryException();
        }

        try
        {
            ZSTD_inBuffer_s input = new() { src = source.Start, size = source.Length };
            nuint left;
            do
            {
                ZSTD_outBuffer_s part = new() { dst = output.Room(1, out nuint size), size = size };
                nuint before = input.pos;
                left = Methods.ZSTD_decompressStream(context, &part, &input);
                if (Methods.ZSTD_isError(left))
                {
                    throw Methods.ZSTD_getErrorCode(left) switch
                    {
                        ZSTD_ErrorCode.ZSTD_error_memory_allocation => new InsufficientMemoryException(),
                        ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge => output.Errors.TooHungry("128 MiB"),
                        _ => output.Errors.Damaged(Methods.ZSTD_getErrorName(left)),
                    };
                }

                output.Consumed(source.Start + input.pos);
                output.Advance(part.pos);
                if (left != 0 && part.pos < part.size && input.pos == before && input.pos == input.size)
                {
                    throw output.Errors.Damaged("it ends in the middle of a frame");
                }
            }
            while (left != 0 || IsFrame(source, input.pos));
        }
        finally
        {
            _ = Methods.ZSTD_freeDCtx(context);
        }
    }

    // Frames may follow each other (RFC 8878 §3), and so may a kernel's own four bytes of its size.
    private static bool IsFrame(Section source, nuint at) => source.Length - at >= 4
        && BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(source.Start + at, 4)) is FrameMagic or (>= 0x184d2a50 and <= 0x184d2a5f);
}
