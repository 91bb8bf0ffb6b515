using LayoutCheck.Elf;

namespace LayoutCheck.Tests.Elf;

public sealed class SectionPiecesTests
{
    private const int PieceSize = SectionPieces.PieceSize;

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(PieceSize - 8)]
    [InlineData(PieceSize - 7)]
    [InlineData(PieceSize - 1)]
    [InlineData(PieceSize)]
    [InlineData((3 * PieceSize) - 4)]
    [InlineData((40 * PieceSize) + 69)]
    public void A_run_of_bytes_is_found_wherever_it_is(int at)
    {
        byte[] bytes = new byte[(40 * PieceSize) + 77];
        "IKCFG_ST"u8.CopyTo(bytes.AsSpan(at));
        foreach (ulong? found in FileAndMemory.Of(bytes, section => SectionPieces.FirstIndexOf(section, "IKCFG_ST"u8)))
        {
            Assert.Equal((ulong)at, found);
        }
    }

    [Fact]
    public void The_first_of_several_is_found_and_nothing_where_there_is_none()
    {
        byte[] bytes = new byte[40 * PieceSize];
        foreach (int at in new[] { 3 * PieceSize, (2 * PieceSize) - 3, 9 * PieceSize })
        {
            "IKCFG_ST"u8.CopyTo(bytes.AsSpan(at));
        }

        Assert.All(FileAndMemory.Of(bytes, section => SectionPieces.FirstIndexOf(section, "IKCFG_ST"u8)), found => Assert.Equal((2ul * PieceSize) - 3, found));
        Assert.All(FileAndMemory.Of(bytes, section => SectionPieces.FirstIndexOf(section, "IKCFG_ED"u8)), Assert.Null);
        Assert.All(FileAndMemory.Of(bytes, section => SectionPieces.FirstIndexOf(section.Part(0, 0), "IKCFG_ST"u8)), Assert.Null);
    }
}
