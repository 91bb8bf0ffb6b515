using System.Diagnostics;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.IO;
using LayoutCheck.Tests.Support;

namespace LayoutCheck.Tests.Codecs;

/// <summary>Unpacked bytes as a stream: the same as unpacked at once, refused in the same words, and closed at any time.</summary>
public sealed class UnpackStreamTests
{
    [Theory]
    [InlineData("gz")]
    [InlineData("zst")]
    [InlineData("xz")]
    [InlineData("lzma")]
    [InlineData("bz2")]
    [InlineData("lz4")]
    [InlineData("lzo")]
    public void A_stream_gives_what_unpacking_gives(string ending)
    {
        CodecLibrary.SkipUnlessThereFor(ending);
        byte[] packed = FixtureFile.Bytes($"page-era5-packed/page-era5-packed.{ending}");
        byte[] whole = Expanded(packed);
        foreach (int portion in (ReadOnlySpan<int>)[1000, 1 << 20])
        {
            Assert.Equal(whole, Read(packed, 1, portion));
        }

        foreach (int length in (ReadOnlySpan<int>)[packed.Length / 2, packed.Length - 12, 20])
        {
            InvalidImageException e = Assert.Throws<InvalidImageException>(() => Expanded(packed[..length]));
            Assert.Equal(e.Message, Assert.Throws<InvalidImageException>(() => Read(packed[..length], 2, 4096)).Message);
        }
    }

    [Theory]
    [InlineData(1, 100_000)]
    [InlineData(2, 100_000)]
    [InlineData(7, 65_536)]
    [InlineData(3, 1_500_000)]
    [InlineData(64, 300_001)]
    public void Blocks_of_xz_are_joined_in_their_order(int threads, int blockSize)
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        byte[] bytes = Noise(5_000_003);
        byte[] packed = ArchiveBuilder.Xz(bytes, blockSize);
        Assert.Equal(bytes, Read(packed, threads, 70_000));
        Assert.Equal([.. bytes, .. bytes], Read([.. packed, .. packed, 0, 0, 0, 0], threads, 1 << 20));
        using MappedFile file = MappedFile.FromBytes("x", packed);
        Assert.Equal(threads > 1, UnpackStreams.Open(file.Whole(), new XzCodec(), threads) is XzBlockStream);
    }

    [Fact]
    public void An_index_that_does_not_fit_its_blocks_is_not_believed()
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        byte[] bytes = Noise(3_000_000);
        byte[] packed = ArchiveBuilder.Xz(bytes, 100_000);
        using MappedFile file = MappedFile.FromBytes("x", packed);
        Assert.Equal(30, XzIndex.Read(file.Whole())!.Blocks.Count);

        // What is no stream from its start to its end is for the decoder that reads from the front, which ignores what follows.
        foreach (byte[] other in (byte[][])[[.. packed, 1, 2, 3, 4], [.. packed, 0, 0, 0, 0, 1], packed[..^1], [.. packed, .. packed[8..]]])
        {
            using MappedFile changed = MappedFile.FromBytes("x", other);
            Assert.Null(XzIndex.Read(changed.Whole()));
        }

        Assert.Equal(bytes, Read([.. packed, 1, 2, 3, 4], 2, 1 << 20));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_size_in_the_index_has_to_be_that_of_the_block(int error)
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        byte[] packed = ArchiveBuilder.Xz(Noise(3_000_000), 100_000, error);
        foreach (int threads in (ReadOnlySpan<int>)[1, 2])
        {
            Assert.StartsWith("cannot be unpacked: the xz stream is damaged", Assert.Throws<InvalidImageException>(() => Read(packed, threads, 1 << 20)).Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Damage_in_any_block_arrives_at_the_reader_behind_the_bytes_before_it()
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        byte[] bytes = Noise(3_000_000);
        byte[] packed = ArchiveBuilder.Xz(bytes, 100_000);
        Random random = new(5);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = [.. packed];
            int at = random.Next(12, damaged.Length - 200);
            damaged[at] ^= (byte)(1 << random.Next(8));
            using MappedFile file = MappedFile.FromBytes("x", damaged);
            using UnpackStream stream = UnpackStreams.Open(file.Whole(), new XzCodec(), 3);
            byte[] read = new byte[bytes.Length + 1]; // the end shows only where there is room
            int filled = 0;
            Exception? thrown = Record.Exception(() =>
            {
                for (int count; (count = stream.Read(read.AsSpan(filled))) > 0;)
                {
                    filled += count;
                }
            });
            Assert.True(thrown is not null, $"byte 0x{at:x} of 0x{packed.Length:x} was 0x{packed[at]:x2}, is 0x{damaged[at]:x2}: {filled} read");
            InvalidImageException e = Assert.IsType<InvalidImageException>(thrown);
            Assert.StartsWith("cannot be unpacked: the xz stream is damaged", e.Problem, StringComparison.Ordinal);

            // The blocks before the damage are whole: each has a header of 12 bytes, two chunks, an end, padding and its sum.
            int whole = (at - 12) / (12 + 3 + 65_536 + 3 + 34_464 + 2 + 4) * 100_000;
            Assert.True(filled >= whole, $"damage at {at}, {filled} bytes before it");
            Assert.True(bytes.AsSpan(0, whole).SequenceEqual(read.AsSpan(0, whole)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Closing_a_stream_early_ends_its_threads_at_once(int threads)
    {
        CodecLibrary.SkipUnlessThereFor("xz");
        byte[] packed = ArchiveBuilder.Xz(Noise(8_000_000), 1_000_000);
        byte[] bomb = ArchiveBuilder.ZstdBomb([1, 2, 3], 64UL << 30);
        int before = Process.GetCurrentProcess().Threads.Count;
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 50; i++)
        {
            foreach ((byte[] bytes, ICodec codec) in ((byte[], ICodec)[])[(packed, new XzCodec()), (bomb, Decompression.Zstd)])
            {
                using MappedFile file = MappedFile.FromBytes("x", bytes);
                using UnpackStream stream = UnpackStreams.Open(file.Whole(), codec, threads);
                Assert.Equal(i % 3, stream.Read(new byte[i % 3]));
                Assert.InRange(stream.Skip((ulong)i * 20_000), i > 0 ? 1UL : 0, (ulong)i * 20_000);
            }
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}");
        Assert.InRange(Process.GetCurrentProcess().Threads.Count, 1, before + 20);
    }

    [Fact]
    public void A_stream_that_is_not_read_waits_with_few_bytes()
    {
        byte[] bomb = ArchiveBuilder.ZstdBomb([1, 2, 3], 64UL << 30);
        using MappedFile file = MappedFile.FromBytes("x", bomb);
        using UnpackStream stream = UnpackStreams.Open(file.Whole(), Decompression.Zstd, 2);
        Thread.Sleep(200);
        Assert.InRange(stream.PackedPosition, 1UL, 1000UL);
    }

    [Fact]
    public void A_look_at_the_first_bytes_unpacks_no_more()
    {
        byte[] bomb = ArchiveBuilder.ZstdBomb([1, 2, 3], 64UL << 30);
        using MappedFile file = MappedFile.FromBytes("x", bomb);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal([1, 2, 3, 0, 0], UnpackStreams.Peek(file.Whole(), Decompression.Zstd, 5));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1));
        Assert.Equal(file.Budget.UnpackLimit, file.Budget.UnpackLeft);
        using MappedFile damaged = MappedFile.FromBytes("x", [0x1f, 0x8b, 8, 0, 0]);
        Assert.Empty(UnpackStreams.Peek(damaged.Whole(), Decompression.Gzip, 5));
    }

    private static byte[] Noise(int size)
    {
        byte[] bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Expanded(byte[] packed)
    {
        using MappedFile file = MappedFile.FromBytes("x", packed);
        using NativeBuffer buffer = Decompression.Expand(file.Whole(), Decompression.Recognise(packed)!);
        return buffer.Filled.ToArray();
    }

    private static byte[] Read(byte[] packed, int threads, int portion)
    {
        using MappedFile file = MappedFile.FromBytes("x", packed);
        using UnpackStream stream = UnpackStreams.Open(file.Whole(), Decompression.Recognise(packed)!, threads);
        using MemoryStream all = new();
        byte[] part = new byte[portion];
        for (int count; (count = stream.Read(part)) > 0;)
        {
            all.Write(part, 0, count);
        }

        Assert.Equal(0, stream.Read(part));
        Assert.Equal(0UL, stream.Skip(1));
        return all.ToArray();
    }
}
