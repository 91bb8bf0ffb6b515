using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

public sealed class SpoolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layoutcheck-spool-").FullName;

    private SpoolLimits Limits => new(_folder, 16 << 20);

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(5 << 20)]
    public void Bytes_come_back_and_have_no_name(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        using Spool spool = Spool.Create("a pipe", Limits);
        spool.Write(bytes.AsSpan(0, count / 2));
        spool.Write(bytes.AsSpan(count / 2));
        Assert.Equal((ulong)count, spool.Length);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));

        using MappedFile file = spool.ToFile("a pipe", new InputFiles());
        Assert.Equal("a pipe", file.Path);
        Assert.Equal(bytes, file.Whole().Head(count).ToArray());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void No_more_than_the_limit_is_taken()
    {
        using Spool spool = Spool.Create("a pipe", Limits with { MaxSize = 10 });
        spool.Write(new byte[10]);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => spool.Write(new byte[1]));
        Assert.Equal("a pipe: is larger than the 0xa bytes that it may; allow more (--max-size SIZE)", e.Message);
        Assert.Equal(10UL, spool.Length);
    }

    [Fact]
    public void A_directory_that_is_not_there_is_told()
    {
        InvalidImageException e = Assert.Throws<InvalidImageException>(() => Spool.Create("a pipe", Limits with { Directory = Path.Combine(_folder, "none") }));
        Assert.StartsWith($"a pipe: needs a temporary file, which cannot be made in {_folder}/none (", e.Message, StringComparison.Ordinal);
        Assert.Equal("name a directory that can be written (TMPDIR)", e.Remedy);
    }

    [Fact]
    public void An_empty_one_is_an_empty_file()
    {
        using Spool spool = Spool.Create("a pipe", Limits);
        Assert.Equal("the file is empty", Assert.Throws<InvalidImageException>(() => spool.ToFile("a pipe", new InputFiles())).Problem);
    }

    // Rooms of odd sizes, on both sides of the bound.
    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(70_000)]
    [InlineData(3 << 20)]
    [InlineData(9 << 20)]
    public unsafe void A_buffer_that_spills_has_the_same_bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        using MappedFile source = MappedFile.FromBytes("packed", [1], new InputFiles { Spools = Limits });
        using SpillingBuffer buffer = new("unpacked", source.Inputs.Spools, 64 << 10);
        Random sizes = new(1);
        for (int at = 0; at < count;)
        {
            byte* room = buffer.Room((nuint)sizes.Next(1, 300_000), ulong.MaxValue, out nuint size);
            int part = Math.Min(Math.Min((int)size, sizes.Next(1, 400_000)), count - at);
            bytes.AsSpan(at, part).CopyTo(new Span<byte>(room, part));
            buffer.Advance((nuint)part);
            at += part;
        }

        using MappedFile file = buffer.ToFile(source);
        Assert.Equal("unpacked", file.Path);
        Assert.Equal(bytes, file.Whole().Head(count).ToArray());
    }

    [Fact]
    public unsafe void A_buffer_that_spills_keeps_to_the_limit_of_its_spool()
    {
        using MappedFile source = MappedFile.FromBytes("packed", [1]);
        using SpillingBuffer buffer = new("unpacked", Limits with { MaxSize = 1 << 20 }, 64 << 10);
        InvalidImageException e = Assert.Throws<InvalidImageException>(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                _ = buffer.Room(100_000, ulong.MaxValue, out _);
                buffer.Advance(100_000);
            }
        });
        Assert.Equal("is larger than the 0x100000 bytes that it may", e.Problem);
    }
}
