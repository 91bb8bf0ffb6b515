using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Codecs;

/// <summary>Streams that the fixtures have not: several in a row, with other headers, and damaged where a tool would not damage them.</summary>
public sealed class DecompressionTests
{
    // lzop's conf.h.
    private const uint F_ADLER32_D = 0x1;
    private const uint F_ADLER32_C = 0x2;
    private const uint F_H_EXTRA_FIELD = 0x40;
    private const uint F_CRC32_D = 0x100;
    private const uint F_CRC32_C = 0x200;
    private const uint F_H_FILTER = 0x800;

    // The kernel's four bytes of size, half a magic number, and those before and after the magic numbers that there are.
    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 6, 0, 0, 0 })]
    [InlineData(new byte[] { 0x28, 0xb5, 0x2f })]
    [InlineData(new byte[] { 0x4f, 0x2a, 0x4d, 0x18 })]
    [InlineData(new byte[] { 0x60, 0x2a, 0x4d, 0x18 })]
    [InlineData(new byte[] { 0x29, 0xb5, 0x2f, 0xfd })]
    public void Zstd_frames_follow_each_other_up_to_what_is_none(byte[] trailer)
    {
        foreach (byte kind in (byte[])[0x50, 0x57, 0x5f])
        {
            byte[] skipped = [kind, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5];
            Assert.Equal("abcdef"u8, Expand([.. ZstdFrame("abc"u8), .. skipped, .. ZstdFrame("def"u8), .. trailer], "zstd"));
        }
    }

    [Fact]
    public void A_zstd_frame_that_is_cut_short_behind_a_whole_one()
    {
        byte[] bytes = [.. ZstdFrame("abc"u8), .. ZstdFrame("def"u8)];
        Assert.Equal("cannot be unpacked: the zstd stream is damaged (it ends in the middle of a frame)", Refused(bytes[..^1], "zstd").Problem);
    }

    // Tools that pack with several threads write a stream for each piece (pixz, pbzip2).
    [Theory]
    [InlineData("xz", "xz")]
    [InlineData("bz2", "bzip2")]
    public void Streams_follow_each_other_up_to_what_is_none(string ending, string format)
    {
        CodecLibrary.SkipUnlessThereFor(ending);
        byte[] stream = FixtureFile.Bytes($"page-era5-packed/page-era5-packed.{ending}");
        byte[] once = Expand(stream, format);
        Assert.Equal([.. once, .. once, .. once], Expand([.. stream, .. stream, .. stream], format));
        Assert.Equal([.. once, .. once], Expand([.. stream, .. stream, 0, 0x30, 0, 0], format));
        Assert.Equal(once, Expand([.. stream, .. stream[..4]], format));
        Assert.StartsWith("cannot be unpacked: the ", Refused([.. stream, .. stream[..^20]], format).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_xz_stream_that_needs_4_GiB_of_memory()
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        byte[] bytes = FixtureFile.Bytes("page-era5-packed/page-era5-packed.xz");
        // The block's header: its size, flags, the filter (LZMA2), the size of its properties, the dictionary (xz-file-format.txt, "Block Header").
        const int Header = 12;
        int size = (bytes[Header] + 1) * 4;
        int dictionary = bytes.AsSpan(Header, size).IndexOf<byte>([0x21, 1]) + Header + 2;
        bytes[dictionary] = 40;
        using (MappedFile file = MappedFile.FromBytes("header", bytes[Header..(Header + size - 4)]))
        {
            BitConverter.GetBytes(Checksum.Crc32Of(file.Whole())).CopyTo(bytes, Header + size - 4);
        }

        Assert.Equal("needs more than 160 MiB of memory to be unpacked (xz), which no kernel does", Refused(bytes, "xz").Problem);
    }

    [Fact]
    public void A_zstd_frame_that_needs_256_MiB_of_memory()
    {
        // The window descriptor (RFC 8878 s3.1.1.1.2): an exponent of 18 is 256 MiB.
        InvalidImageException e = Refused([0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0], "zstd");
        Assert.Equal(("needs more than 128 MiB of memory to be unpacked (zstd), which no kernel does", "unpack it and name the result"), (e.Problem, e.Remedy));
    }

    [Fact]
    public void Too_little_memory_is_told_as_that_and_not_as_damage()
    {
        using MappedFile file = MappedFile.FromBytes("vmlinuz", [1]);
        foreach (Exception failure in (Exception[])[
            new InsufficientMemoryException(), new IOException("zlib"), new DllNotFoundException("libzstd.so.1: failed to map segment from shared object"),
            new DllNotFoundException("libzstd.so.1: cannot allocate memory in static TLS block")])
        {
            InvalidImageException e = Decompression.ErrorsOf(file.Whole(), Decompression.Zstd).Of(failure)!;
            Assert.Equal("vmlinuz: there is not enough memory to unpack it (zstd); free some, allow more (ulimit -v), or unpack it and name the result", e.Message);
        }

        Assert.Contains("is not installed", Decompression.ErrorsOf(file.Whole(), Decompression.Zstd).Of(new DllNotFoundException("no such file"))!.Problem, StringComparison.Ordinal);
        Assert.Contains("is damaged", Decompression.ErrorsOf(file.Whole(), Decompression.Zstd).Of(new InvalidDataException())!.Problem, StringComparison.Ordinal);
        Assert.Null(Decompression.ErrorsOf(file.Whole(), Decompression.Zstd).Of(new ArgumentException("defect")));
    }

    [Fact]
    public void An_lz4_frame_follows_one_that_ends_with_a_whole_block()
    {
        const int BlockSize = 8 << 20;
        // An a, a match one byte back of 15 and 4 and what the bytes after it add, five letters.
        byte[] block = [0x1f, (byte)'a', 1, 0, .. Enumerable.Repeat((byte)255, (BlockSize - 25) / 255), (BlockSize - 25) % 255, 0x50, .. "bcdef"u8];
        byte[] found = Expand([.. Lz4Frame(block), .. Lz4Frame([0x30, .. "xyz"u8]), 6, 0, 0, 0], "lz4");
        Assert.Equal(BlockSize + 3, found.Length);
        Assert.Equal("aabcdefxyz"u8, found.AsSpan(BlockSize - 7));
    }

    [Theory]
    [InlineData(0x0940, 0)]
    [InlineData(0x093f, 0)] // without the version needed, the level and half of the time
    [InlineData(0x1030, F_ADLER32_D)]
    [InlineData(0x1030, F_ADLER32_C)]
    [InlineData(0x1030, F_CRC32_D)]
    [InlineData(0x1030, F_CRC32_C)]
    [InlineData(0x1040, F_ADLER32_D | F_ADLER32_C | F_CRC32_D | F_CRC32_C)]
    public void Reads_every_header_of_lzop(ushort version, uint flags)
    {
        CodecLibrary.SkipUnlessThereFor("lzo");
        foreach (byte method in (byte[])[1, 2, 3])
        {
            byte[] bytes = Lzop(version, method, flags, ("vmlinux"u8.ToArray(), 7), (LzoOfAs, 37), ("."u8.ToArray(), 1));
            Assert.Equal([.. "vmlinux"u8, .. new string('a', 37).Select(c => (byte)c), (byte)'.'], Expand(bytes, "lzo"));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(0x80)]
    public void An_lzo_method_that_is_none(byte method)
    {
        ManagedWay.SkipUnlessLinux("liblzo2");
        Assert.Equal($"cannot be unpacked: the lzo stream is damaged (method {method} is not one of LZO1X)", Refused(Lzop(0x1030, method, 0), "lzo").Problem);
    }

    [Theory]
    [InlineData(F_H_FILTER)]
    [InlineData(F_H_EXTRA_FIELD)]
    public void An_lzo_file_that_is_not_only_packed(uint flags)
    {
        ManagedWay.SkipUnlessLinux("liblzo2");
        InvalidImageException e = Refused(Lzop(0x1030, 1, flags, ("vmlinux"u8.ToArray(), 7)), "lzo");
        Assert.Equal(("is compressed with a filter or an extra field (lzo), which cannot be read", "unpack it (lzop -d FILE) and name the result"), (e.Problem, e.Remedy));
    }

    [Fact]
    public void An_lzo_block_that_is_damaged_or_shorter_than_it_claims()
    {
        CodecLibrary.SkipUnlessThereFor("lzo");
        byte[] damaged = [.. LzoOfAs];
        damaged[6] = 0xff; // a match from before the start
        foreach ((byte[] block, uint length) in ((byte[], uint)[])[(damaged, 37), (LzoOfAs, 38), (LzoOfAs, 36), ([.. LzoOfAs, 0], 37)])
        {
            Assert.Equal("cannot be unpacked: the lzo stream is damaged (the block at 0x2d)", Refused(Lzop(0x1030, 1, 0, (block, length)), "lzo").Problem);
        }
    }

    // A run of four, a match of 33 one byte back, the end; nothing may follow that.
    private static byte[] LzoOfAs => [17 + 4, .. "aaaa"u8, 0x20 | 31, 0, 0, 0x11, 0, 0];

    // Nine bytes, versions, method, level, flags, mode, time, name, checksum; then blocks, and one of nothing.
    private static byte[] Lzop(ushort version, byte method, uint flags, params (byte[] Bytes, uint Length)[] blocks)
    {
        ByteWriter file = new(isBigEndian: true);
        file.Raw(0x89, (byte)'L', (byte)'Z', (byte)'O', 0, 0x0d, 0x0a, 0x1a, 0x0a).U16(version).U16(0x20a0);
        bool isSince0940 = version >= 0x0940;
        _ = isSince0940 ? file.U16(0x0940).U8(method).U8(5) : file.U8(method);
        file.U32(flags).Raw(new byte[(flags & F_H_FILTER) != 0 ? 4 : 0]).U32(0x81a4).Raw(new byte[isSince0940 ? 8 : 4]);
        file.U8(3).Raw((byte)'v', (byte)'m', (byte)'l').U32(0xdead);
        foreach ((byte[] bytes, uint length) in blocks)
        {
            file.U32(length).U32((ulong)bytes.Length);
            foreach ((uint flag, bool isThere) in ((uint, bool)[])[(F_ADLER32_D, true), (F_CRC32_D, true), (F_ADLER32_C, bytes.Length < length), (F_CRC32_C, bytes.Length < length)])
            {
                file.Raw(new byte[(flags & flag) != 0 && isThere ? 4 : 0]);
            }

            file.Raw(bytes);
        }

        return file.U32(0).ToArray();
    }

    // One block of bytes as they are, of at most 255 (RFC 8878 s3.1.1).
    private static byte[] ZstdFrame(ReadOnlySpan<byte> bytes) => [0x28, 0xb5, 0x2f, 0xfd, 0x20, (byte)bytes.Length, (byte)((bytes.Length << 3) | 1), (byte)(bytes.Length >> 5), 0, .. bytes];

    private static byte[] Lz4Frame(byte[] block) => [0x02, 0x21, 0x4c, 0x18, .. BitConverter.GetBytes(block.Length), .. block];

    private static byte[] Expand(byte[] bytes, string format)
    {
        using MappedFile file = MappedFile.FromBytes("vmlinuz", bytes);
        ICodec codec = Decompression.Recognise(file.Whole().Head(16))!;
        Assert.Equal(format, codec.Name);
        using NativeBuffer unpacked = Decompression.Expand(file.Whole(), codec, 64 << 20);
        return unpacked.Filled.ToArray();
    }

    private static InvalidImageException Refused(byte[] bytes, string format) => Assert.Throws<InvalidImageException>(() => Expand(bytes, format));
}
