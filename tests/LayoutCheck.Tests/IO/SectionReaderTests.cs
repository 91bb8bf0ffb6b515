using System.Text;
using LayoutCheck.Core;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.IO;

/// <summary>The cursor that every byte comes through.</summary>
public sealed class SectionReaderTests
{
    private delegate void Use(ref SectionReader reader);

    private static Section Bytes(bool isBigEndian, params byte[] bytes) => MappedFile.FromBytes("test.bin", bytes).Slice(".s", 0, (ulong)bytes.Length, isBigEndian);

    // A failed read says where it started and leaves the cursor there.
    private static InvalidImageException Fails(byte[] bytes, Use use, ulong start = 0)
    {
        SectionReader reader = Bytes(false, bytes).ReadFrom(start);
        try
        {
            use(ref reader);
        }
        catch (InvalidImageException e)
        {
            Assert.Equal(start, reader.Offset);
            Assert.Equal(start, e.Offset);
            Assert.Equal(("test.bin", ".s"), (e.File, e.Section));
            return e;
        }

        Assert.Fail("read without an error");
        return null!;
    }

    [Fact]
    public void Reads_integers_in_both_byte_orders()
    {
        byte[] bytes = [.. Enumerable.Range(1, 18).Select(i => (byte)i)];
        SectionReader little = Bytes(false, bytes).ReadFrom(0);
        SectionReader big = Bytes(true, bytes).ReadFrom(0);

        Assert.Equal((0x01, 0x01), (little.ReadU8(), big.ReadU8()));
        Assert.Equal((0x0302, 0x0203), (little.ReadU16(), big.ReadU16()));
        Assert.Equal((0x060504u, 0x040506u), (little.ReadU24(), big.ReadU24()));
        Assert.Equal((0x0a090807u, 0x0708090au), (little.ReadU32(), big.ReadU32()));
        Assert.Equal((0x1211100f0e0d0c0bu, 0x0b0c0d0e0f101112u), (little.ReadU64(), big.ReadU64()));
        Assert.True(little.IsAtEnd);
        Assert.Equal(18UL, big.Offset);
        Assert.Equal((nuint)0, big.Remaining);
    }

    [Fact]
    public void A_value_may_end_with_the_section_and_no_byte_later()
    {
        byte[] seven = new byte[7];
        Assert.Equal(0u, Bytes(false, new byte[4]).ReadFrom(0).ReadU32());
        _ = Fails([], (ref r) => r.ReadU8());
        _ = Fails(seven[..1], (ref r) => r.ReadU16());
        _ = Fails(seven[..2], (ref r) => r.ReadU24());
        _ = Fails(seven[..3], (ref r) => r.ReadU32());
        _ = Fails(seven, (ref r) => r.ReadU64());
        _ = Fails(seven, (ref r) => r.ReadU64(), 7);
        _ = Fails(seven, (ref r) => r.ReadUnsigned(8));
        _ = Fails(seven, (ref r) => r.ReadUnsigned(3));
        _ = Fails(seven, (ref r) => r.Skip(8));
        _ = Fails(seven, (ref r) => r.Skip(ulong.MaxValue));
        _ = Fails(seven, (ref r) => r.ReadBytes(8));
        _ = Fails(seven, (ref r) => r.ReadBytes(ulong.MaxValue));
    }

    [Theory]
    [InlineData(new byte[] { 0x00 }, 0UL)]
    [InlineData(new byte[] { 0x7f }, 127UL)]
    [InlineData(new byte[] { 0x80, 0x01 }, 128UL)]
    [InlineData(new byte[] { 0xe5, 0x8e, 0x26 }, 624485UL)]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x00 }, 0UL)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 }, ulong.MaxValue)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x80, 0x80, 0x00 }, ulong.MaxValue)]
    public void Reads_an_unsigned_LEB128(byte[] bytes, ulong expected)
    {
        SectionReader reader = Bytes(true, [.. bytes, 0x55]).ReadFrom(0);

        Assert.Equal(expected, reader.ReadUleb());
        Assert.Equal((ulong)bytes.Length, reader.Offset);
    }

    [Theory]
    [InlineData(new byte[] { 0x00 }, 0L)]
    [InlineData(new byte[] { 0x02 }, 2L)]
    [InlineData(new byte[] { 0x7e }, -2L)]
    [InlineData(new byte[] { 0xff, 0x00 }, 127L)]
    [InlineData(new byte[] { 0x81, 0x7f }, -127L)]
    [InlineData(new byte[] { 0x80, 0x7f }, -128L)]
    [InlineData(new byte[] { 0xff, 0xff, 0x7f }, -1L)]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f }, long.MinValue)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 }, long.MaxValue)]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }, -1L)]
    public void Reads_a_signed_LEB128(byte[] bytes, long expected)
    {
        SectionReader reader = Bytes(false, [.. bytes, 0x55]).ReadFrom(0);

        Assert.Equal(expected, reader.ReadSleb());
        Assert.Equal((ulong)bytes.Length, reader.Offset);
    }

    [Fact]
    public void Refuses_a_LEB128_without_end_or_too_large()
    {
        byte[] endless = [.. Enumerable.Repeat((byte)0x80, 100)];
        byte[] large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        byte[] larger = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];

        Assert.Contains("ends in the middle", Fails(endless, (ref r) => r.ReadUleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("ends in the middle", Fails(endless, (ref r) => r.ReadSleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("ends in the middle", Fails([0x80], (ref r) => r.ReadUleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("ends in the middle", Fails([], (ref r) => r.ReadUleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("ends in the middle", Fails([], (ref r) => r.ReadSleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("does not fit 64 bits", Fails(large, (ref r) => r.ReadUleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("does not fit 64 bits", Fails(larger, (ref r) => r.ReadUleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("does not fit 64 bits", Fails(larger, (ref r) => r.ReadSleb()).Problem, StringComparison.Ordinal);
        Assert.Contains("does not fit 64 bits", Fails(large, (ref r) => r.ReadSleb()).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_strings_up_to_their_zero()
    {
        SectionReader reader = Bytes(false, [.. "page\0\0x"u8]).ReadFrom(0);

        Assert.Equal("page", Encoding.UTF8.GetString(reader.ReadString()));
        Assert.True(reader.ReadString().IsEmpty);
        Assert.Equal(6UL, reader.Offset);
        Assert.Contains("has no end", Fails([.. "page"u8], (ref r) => r.ReadString()).Problem, StringComparison.Ordinal);
        Assert.Contains("has no end", Fails([], (ref r) => r.ReadString()).Problem, StringComparison.Ordinal);
        Assert.Contains("longer than 64 KiB", Fails(new byte[] { 1 }.Concat(Enumerable.Repeat((byte)'a', SectionReader.LongestString + 1)).ToArray(), (ref r) => r.ReadString()).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_check_where_strings_and_ranges_start()
    {
        Section section = Bytes(false, [.. "a\0b"u8]);

        Assert.Equal("a", section.TextAt(0));
        Assert.Equal("", section.TextAt(1));
        Assert.Contains("has no end", Assert.Throws<InvalidImageException>(() => section.TextAt(2)).Problem, StringComparison.Ordinal);
        Assert.Equal(3UL, Assert.Throws<InvalidImageException>(() => section.TextAt(3)).Offset);
        Assert.Equal(ulong.MaxValue, Assert.Throws<InvalidImageException>(() => section.TextAt(ulong.MaxValue)).Offset);
        _ = Assert.Throws<InvalidImageException>(() => { _ = section.ReadRange(2, 1); });
        _ = Assert.Throws<InvalidImageException>(() => { _ = section.ReadRange(0, 4); });
        _ = Assert.Throws<InvalidImageException>(() => { _ = section.ReadFrom(4); });
        Assert.True(section.ReadFrom(3).IsAtEnd);
    }

    [Fact]
    public void Seeks_within_its_range()
    {
        SectionReader reader = Bytes(false, 1, 2, 3, 4).ReadRange(1, 3);
        reader.Seek(3);
        Assert.True(reader.IsAtEnd);
        reader.Seek(0);
        Assert.Equal(1, reader.ReadU8());
        try
        {
            reader.Seek(4);
            Assert.Fail("sought past its range");
        }
        catch (InvalidImageException e)
        {
            Assert.Equal((4UL, 1UL), (e.Offset!.Value, reader.Offset));
        }
    }
}
