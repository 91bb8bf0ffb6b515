using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

/// <summary>A window shows what the section has, whatever is opened after whatever, and however far it is read.</summary>
public sealed class SectionWindowTests : IDisposable
{
    // Larger than what is copied into memory when it is opened, and than the largest part that a window copies.
    private const int FileSize = 24 << 20;

    private readonly string _path = Path.GetTempFileName();
    private readonly byte[] _bytes = new byte[FileSize];

    public SectionWindowTests()
    {
        new Random(1).NextBytes(_bytes);
        File.WriteAllBytes(_path, _bytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Parts_are_those_of_the_section(int seed)
    {
        Random random = new(seed);
        using MappedFile file = MappedFile.Open(_path);
        const int SectionStart = 12345;
        Section whole = file.Slice(".debug_info", SectionStart, FileSize - (2 * SectionStart), false);
        using SectionWindow window = new(whole, 32 << 10);
        ulong at = 0;
        for (int i = 0; i < 400; i++)
        {
            at = at < whole.Length / 2 && random.Next(4) > 0 ? at : (ulong)random.NextInt64((long)whole.Length / 2);
            // Some are read to their ends, so that those after them are fetched whole; some are larger than what is copied.
            ulong size = random.Next(20) == 0 ? (ulong)random.Next(8 << 20) : (ulong)random.Next(1, 300_000);
            switch (random.Next(4))
            {
                case 0:
                    window.SeekUnbounded(at);
                    break;
                case 1:
                    window.SeekHead(at);
                    AssertSame(window.View.ReadFrom(at), at, random.Next(1, 64));
                    window.Seek(at, at + size);
                    break;
                default:
                    window.Seek(at, at + size);
                    break;
            }

            for (int reads = random.Next(6); reads >= 0; reads--)
            {
                ulong from = at + (ulong)random.NextInt64((long)size);
                ulong length = reads == 0 ? size : (ulong)random.Next(2000);
                AssertSame(window.View.ReadFrom(from), from, (int)Math.Min(length, at + size - from));
            }

            at += size;
        }

        void AssertSame(SectionReader reader, ulong from, int length)
        {
            if (!reader.ReadBytes((ulong)length).SequenceEqual(_bytes.AsSpan(SectionStart + (int)from, length)))
            {
                Assert.Fail($"0x{length:x} bytes from 0x{from:x} differ");
            }
        }
    }

    // What is fetched first ends in the middle of the string, at its zero and behind it; the part ends with its zero, and before it.
    [Theory]
    [InlineData(1000, 50)]
    [InlineData(4096, 1)]
    [InlineData(4095, 1)]
    [InlineData(0, 60_000)]
    public void A_string_that_is_fetched_in_pieces(int start, int length)
    {
        const int FirstFetch = 4096;
        byte[] bytes = new byte[FileSize];
        bytes.AsSpan(0, 100_000).Fill((byte)'a');
        bytes[start + length] = 0;
        File.WriteAllBytes(_path, bytes);
        using MappedFile file = MappedFile.Open(_path);
        foreach (ulong end in (ulong[])[100_000, (ulong)(start + length + 1)])
        {
            using SectionWindow window = new(file.Slice(".debug_info", 0, FileSize, false), FirstFetch);
            window.Seek(0, end);
            SectionReader reader = window.View.ReadFrom(0);
            _ = reader.ReadBytes((ulong)Math.Min(start, 1));
            reader.Seek((ulong)start);
            Assert.Equal(length, reader.ReadString().Length);
            Assert.Equal((ulong)(start + length + 1), reader.Offset);
        }

        InvalidImageException e = Assert.Throws<InvalidImageException>(() =>
        {
            using SectionWindow window = new(file.Slice(".debug_info", 0, FileSize, false), FirstFetch);
            window.Seek(0, (ulong)(start + length));
            window.View.StringAt((ulong)start);
        });
        Assert.Equal(((ulong)start, "a string has no end"), (e.Offset, e.Problem));
    }

    [Fact]
    public void What_is_before_or_behind_the_part_cannot_be_read()
    {
        using MappedFile file = MappedFile.Open(_path);
        Section whole = file.Slice(".debug_info", 0, FileSize, false);
        using SectionWindow window = new(whole, 32 << 10);
        window.Seek(100_000, 200_000);

        Assert.Throws<InvalidImageException>(() => _ = window.View.ReadFrom(99_999).Remaining);
        Assert.Throws<InvalidImageException>(() => _ = window.View.ReadFrom(200_001).Remaining);
        Assert.Throws<InvalidImageException>(() =>
        {
            SectionReader reader = window.View.ReadFrom(199_999);
            reader.ReadU16();
        });
    }

    [Fact]
    public void A_file_that_became_shorter_is_an_error()
    {
        using MappedFile file = MappedFile.Open(_path);
        using SectionWindow window = new(file.Slice(".debug_info", 0, FileSize, false), 32 << 10);
        File.WriteAllBytes(_path, _bytes[..(5 << 20)]);
        window.Seek(20 << 20, (20 << 20) + 1000);

        InvalidImageException failure = Assert.Throws<InvalidImageException>(() =>
        {
            SectionReader reader = window.View.ReadFrom(20 << 20);
            reader.ReadU16();
        });
        Assert.Contains("changed while it was read", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);
}
