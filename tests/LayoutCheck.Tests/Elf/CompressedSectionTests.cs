using System.Buffers.Binary;
using System.IO.Compression;
using LayoutCheck.Codecs;
using LayoutCheck.Core;
using LayoutCheck.Elf;
using LayoutCheck.IO;

namespace LayoutCheck.Tests.Elf;

/// <summary>Compressed sections that no tool writes; those that tools write are in tests/fixtures/page-era5-sections.</summary>
public sealed class CompressedSectionTests
{
    private static readonly byte[] Text = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * i >> 3))];

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Unpacks_zlib_of_both_classes_and_byte_orders(bool is64Bit, bool isBigEndian)
        => Assert.Equal(Text, Unpack([.. Chdr(1, (ulong)Text.Length, is64Bit, isBigEndian), .. Zlib(Text)], is64Bit, isBigEndian));

    [Fact]
    public void Unpacks_the_gnu_way_whose_size_is_big_endian_always()
        => Assert.Equal(Text, Unpack([.. Gnu((ulong)Text.Length), .. Zlib(Text)], name: ".zdebug_info"));

    [Fact]
    public void An_empty_section_stays_empty() => Assert.Empty(Unpack([.. Chdr(1, 0), .. Zlib([])]));

    [Fact]
    public void Refuses_a_claim_that_deflate_cannot_keep_before_it_takes_memory()
    {
        byte[] packed = Zlib(Text);
        InvalidImageException e = Refused([.. Chdr(1, ((ulong)packed.Length * 1032) + 1), .. packed]);
        Assert.Equal($"claims to expand from 0x{packed.Length:x} to 0x{(packed.Length * 1032) + 1:x} bytes, more than the 0x{packed.Length * 1032:x} that are believed", e.Problem);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    public void Refuses_a_claim_of_more_than_any_section_has(uint type) => Assert.StartsWith("claims to expand", Refused([.. Chdr(type, ulong.MaxValue), .. Zlib(Text)]).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Refuses_a_claim_that_is_not_kept(int difference)
    {
        InvalidImageException e = Refused([.. Chdr(1, (ulong)(Text.Length + difference)), .. Zlib(Text)]);
        Assert.Contains(difference < 0 ? "expands to more than the 0x1387 bytes that it may (zlib)" : "claims to expand to 0x1389 bytes and expands to 0x1388", e.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1u, "zlib")]
    [InlineData(2u, "zstd")]
    public void Refuses_what_is_not_a_stream(uint type, string name)
        => Assert.StartsWith($"cannot be unpacked: the {name} stream is damaged", Refused([.. Chdr(type, 100), .. "this is not a compressed stream"u8]).Problem, StringComparison.Ordinal);

    [Fact]
    public void Refuses_a_stream_that_is_cut_short()
    {
        byte[] packed = Zlib(Text);
        _ = Refused([.. Chdr(1, (ulong)Text.Length), .. packed.AsSpan(0, packed.Length / 2)]);
    }

    [Fact]
    public void Refuses_other_ways_of_compression_by_number()
        => Assert.Equal("is compressed in a way that cannot be read (ch_type 3; zlib is 1, zstd 2)", Refused([.. Chdr(3, 10), 0]).Problem);

    [Fact]
    public void Refuses_a_header_that_is_cut_short()
        => Assert.Equal("is marked as compressed, and its 0x17 bytes do not hold the header of that", Refused(new byte[23]).Problem);

    [Fact]
    public void Refuses_a_gnu_section_that_is_not_one()
        => Assert.Equal("does not start with ZLIB, as a section of this name does", Refused("zlib, or not"u8.ToArray(), ".zdebug_info").Problem);

    [Theory]
    [InlineData("xz", "liblzma.so.5", "liblzma5")]
    [InlineData("lzma", "liblzma.so.5", "liblzma5")]
    [InlineData("bzip2", "libbz2.so.1.0", "libbz2-1.0")]
    [InlineData("lzo", "liblzo2.so.2", "liblzo2-2")]
    public void A_missing_library_is_named_with_its_package(string format, string library, string package)
    {
        using MappedFile file = MappedFile.FromBytes("vmlinuz", [1]);
        InvalidImageException e = Decompression.ErrorsOf(file.Whole(), Array.Find(Decompression.Codecs, c => c.Name == format)!).MissingLibrary();
        Assert.Contains(library, e.Problem, StringComparison.Ordinal);
        Assert.Contains(HostSystem.IsLinux ? $"Debian's package {package}" : "unpack it", e.Remedy, StringComparison.Ordinal);
    }

    private static InvalidImageException Refused(byte[] stored, string name = ".debug_info")
        => Assert.Throws<InvalidImageException>(() => Unpack(stored, name: name));

    private static byte[] Unpack(byte[] stored, bool is64Bit = true, bool isBigEndian = false, string name = ".debug_info")
    {
        using MappedFile file = MappedFile.FromBytes("test.elf", stored);
        ulong flags = name.StartsWith(".z", StringComparison.Ordinal) ? 0 : ElfSection.SHF_COMPRESSED;
        Section section = CompressedSection.Unpack(new ElfSection(name, 1, flags, 0, 0, (ulong)stored.Length), file.Slice(name, 0, (ulong)stored.Length, isBigEndian), is64Bit);
        return section.ReadFrom(0).ReadBytes(section.Length).ToArray();
    }

    private static byte[] Zlib(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (ZLibStream stream = new(packed, CompressionLevel.SmallestSize))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Chdr(uint type, ulong size, bool is64Bit = true, bool isBigEndian = false)
    {
        byte[] header = new byte[is64Bit ? 24 : 12];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header, type);
            Write64(header.AsSpan(is64Bit ? 8 : 4));
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header, type);
            Write64(header.AsSpan(is64Bit ? 8 : 4));
        }

        return header;

        void Write64(Span<byte> at)
        {
            Span<byte> bytes = stackalloc byte[8];
            if (isBigEndian)
            {
                BinaryPrimitives.WriteUInt64BigEndian(bytes, size);
                bytes[(is64Bit ? 0 : 4)..].CopyTo(at);
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, size);
                bytes[..(is64Bit ? 8 : 4)].CopyTo(at);
            }
        }
    }

    private static byte[] Gnu(ulong size)
    {
        byte[] header = [.. "ZLIB"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(4), size);
        return header;
    }
}
