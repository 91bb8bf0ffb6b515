using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

public sealed class SectionChunksTests
{
    private const int ChunkSize = SectionChunks.ChunkSize;

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(ChunkSize - 8)]
    [InlineData(ChunkSize - 7)]
    [InlineData(ChunkSize - 1)]
    [InlineData(ChunkSize)]
    [InlineData((3 * ChunkSize) - 4)]
    [InlineData((40 * ChunkSize) + 69)]
    public void A_run_of_bytes_is_found_wherever_it_is(int at)
    {
        byte[] bytes = new byte[(40 * ChunkSize) + 77];
        "IKCFG_ST"u8.CopyTo(bytes.AsSpan(at));
        foreach (ulong? found in FileAndMemory.Of(bytes, section => SectionChunks.FirstIndexOf(section, "IKCFG_ST"u8)))
        {
            Assert.Equal((ulong)at, found);
        }
    }

    [Fact]
    public void The_first_of_several_is_found_and_nothing_where_there_is_none()
    {
        byte[] bytes = new byte[40 * ChunkSize];
        foreach (int at in new[] { 3 * ChunkSize, (2 * ChunkSize) - 3, 9 * ChunkSize })
        {
            "IKCFG_ST"u8.CopyTo(bytes.AsSpan(at));
        }

        Assert.All(FileAndMemory.Of(bytes, section => SectionChunks.FirstIndexOf(section, "IKCFG_ST"u8)), found => Assert.Equal((2ul * ChunkSize) - 3, found));
        Assert.All(FileAndMemory.Of(bytes, section => SectionChunks.FirstIndexOf(section, "IKCFG_ED"u8)), Assert.Null);
        Assert.All(FileAndMemory.Of(bytes, section => SectionChunks.FirstIndexOf(section.Part(0, 0), "IKCFG_ST"u8)), Assert.Null);
    }
}
