using K4os.Compression.LZ4;
using LayoutCheck.IO;

namespace LayoutCheck.Codecs;

/// <summary>
/// The legacy frame of lz4 (lz4_Frame_format.md, "Legacy frame"; <c>lz4 -l</c>), which kernels use: the magic number, then blocks of a little-endian length
/// and data. A block that unpacks to less than 8 MiB is the last one.
/// </summary>
internal sealed unsafe class Lz4Codec : ICodec
{
    private const int BlockSize = 8 << 20;
    private const uint FrameMagic = 0x184c2102;

    /// <inheritdoc/>
    public string Name => "lz4";

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Magic => [0x02, 0x21, 0x4c, 0x18];

    /// <inheritdoc/>
    public void Expand(Section source, UnpackOutput output)
    {
        SectionReader reader = source.As(source.Name, isBigEndian: false).ReadFrom(0);
        while (reader.Remaining > 8)
        {
            ulong at = reader.Offset;
            if (reader.ReadU32() != FrameMagic)
            {
                return; // another kind of data: a kernel's four bytes of its size, padding
            }

            int count = BlockSize;
            while (count == BlockSize && reader.Remaining > 4)
            {
                at = reader.Offset;
                uint length = reader.ReadU32();
                if (length == FrameMagic)
                {
                    reader.Seek(at);
                    break;
                }

                if (length == 0 || length > reader.Remaining || length > int.MaxValue)
                {
                    throw output.Errors.Damaged($"a block at 0x{at:x} has {length} bytes of {reader.Remaining}");
                }

                byte* room = output.Room(Math.Min(BlockSize, output.Left), out nuint size);
                count = LZ4Codec.Decode(source.Start + reader.Offset, (int)length, room, (int)Math.Min(size, BlockSize));
                if (count < 0)
                {
                    throw output.Left < BlockSize ? output.TooLarge() : output.Errors.Damaged($"the block at 0x{at:x}");
                }

                output.Advance((nuint)count);
                reader.Skip(length);
                output.Consumed(source.Start + reader.Offset);
            }
        }
    }
}
