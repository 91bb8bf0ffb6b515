using System.Text;
using static LayoutCheck.Tests.Archives.PackageUnderTest;
using static LayoutCheck.Tests.Support.ArchiveBuilder;

namespace LayoutCheck.Tests.Archives;

/// <summary>What differs between the kinds of tar: names, sizes, sums, extended headers.</summary>
public sealed class TarEntriesTests
{
    private static readonly string s_long = string.Join('/', Enumerable.Repeat("a-folder-of-a-kernel", 30)) + "/vmlinux";

    [Fact]
    public void Names_longer_than_a_header_has_room_for()
    {
        Assert.Equal("a/b/boot/vmlinux", Taken(Tar(TarFile("boot/vmlinux", "1"u8, prefix: "a/b"))).Name);
        Assert.Equal(s_long, Taken(Tar(Pax('x', ("path", s_long), ("mtime", "1.5")), TarFile("cut", "1"u8))).Name);
        Assert.Equal(s_long, Taken(Tar(TarFile("././@LongLink", [.. Encoding.UTF8.GetBytes(s_long), 0], 'L', magic: "ustar  \0"), TarFile("cut", "1"u8, magic: "ustar  \0"))).Name);
        string full = new string('v', 92) + "/vmlinux";
        Assert.Equal(full, Taken(Tar(TarFile(full, "1"u8))).Name);
    }

    [Fact]
    public void An_extended_header_is_of_the_next_entry_alone()
        => Assert.Equal(("b/vmlinux", "2"), Taken(Tar(Pax('x', ("path", "a/other")), TarFile("vmlinux", "1"u8), TarFile("b/vmlinux", "2"u8))));

    [Fact]
    public void GNUs_headers_have_no_prefix()
    {
        byte[] gnu = TarFile("boot/vmlinux", "1"u8, magic: "ustar  \0", prefix: "13370000000");
        Assert.Equal("boot/vmlinux", Taken(Tar(gnu)).Name);
    }

    [Fact]
    public void The_seventh_editions_headers_have_no_magic_number()
        => Assert.Equal(("vmlinux", "1"), Taken(Tar(TarFile("d/", [], '\0', magic: ""), TarFile("vmlinux", "1"u8, '\0', magic: ""))));

    [Fact]
    public void A_sum_of_signed_bytes_is_right_too()
    {
        byte[] entry = TarFile("ü/vmlinux", "1"u8);
        byte[] header = WithSum(entry[..512], isSigned: true);
        Assert.Equal(("ü/vmlinux", "1"), Taken(Tar([.. header, .. entry[512..]])));
        header[0]++;
        Assert.Equal("the header of tar is damaged (its sum is wrong)", Refused(Tar([.. header, .. entry[512..]])).Problem);
    }

    [Theory]
    [InlineData("00000000003\0")]
    [InlineData("          3 ")]
    [InlineData("3\0")]
    [InlineData("\u0080\0\0\0\0\0\0\0\0\0\0\u0003")]
    public void Sizes_in_octal_and_in_base_256(string size) => Assert.Equal("abc", Taken(Tar(TarFile("vmlinux", "abc"u8, size: size), TarFile("b", "2"u8))).Contents);

    [Fact]
    public void A_size_of_pax_goes_before_the_headers()
        => Assert.Equal("abc", Taken(Tar(Pax('x', ("size", "3")), TarFile("vmlinux", "abc"u8, size: "0\0"), TarFile("b", "2"u8))).Contents);

    [Theory]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "has a size that is no number from 0 to 2^63 - 1")]
    [InlineData("\u0080\0\0\0\u0080\0\0\0\0\0\0\0", "has a size that is no number from 0 to 2^63 - 1")]
    [InlineData("-0000000001\0", "has a size that is no number from 0 to 2^63 - 1")]
    [InlineData("0000000000z\0", "has a size that is no number from 0 to 2^63 - 1")]
    [InlineData("\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "more than the 0x200000000 that it may")]
    [InlineData("77777777777\0", "the archive ends within the contents of vmlinux")]
    public void Sizes_that_no_file_has(string size, string problem)
    {
        Assert.Contains(problem, Refused(Tar(TarFile("vmlinux", "abc"u8, size: size)), maxSize: 8UL << 30).Problem, StringComparison.Ordinal);
        Assert.NotNull(Refused(Tar(TarFile("other", "abc"u8, size: size), TarFile("vmlinux", "1"u8))).Remedy);
    }

    [Fact]
    public void Links_have_no_contents_whatever_their_size()
        => Assert.Equal("2", Taken(Tar(TarFile("l", [], '1', "x", size: "00000001000\0"), TarFile("s", [], '2', "x", size: "00000001000\0"), TarFile("vmlinux", "2"u8))).Contents);

    [Fact]
    public void A_sparse_file_is_told_and_passed()
    {
        byte[] sparse = TarFile("vmlinux", "12345678"u8, 'S', magic: "ustar  \0");
        sparse[482] = 1;
        byte[] map = new byte[512];
        byte[] entry = [.. WithSum(sparse[..512]), .. map, .. sparse[512..]];
        Assert.Equal("is a sparse file (tar), not a regular file", Refused(Tar(entry)).Problem);
        Assert.Equal("2", Taken(Tar(entry, TarFile("b/x", "2"u8)), "b/x").Contents);
        Assert.Equal("is a sparse file (tar), not a regular file", Refused(Tar(Pax('x', ("GNU.sparse.major", "1"), ("GNU.sparse.name", "vmlinux")), TarFile("GNUSparseFile.0/vmlinux", "1"u8))).Problem);
    }

    [Fact]
    public void A_global_header_may_have_a_comment_and_no_path()
    {
        Assert.Equal("1", Taken(Tar(Pax('g', ("comment", "0123")), TarFile("vmlinux", "1"u8))).Contents);
        Assert.Contains("the global header", Refused(Tar(Pax('g', ("path", "vmlinux")), TarFile("x", "1"u8))).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9 path=x")]
    [InlineData("0 path=x\n")]
    [InlineData("99 path=x\n")]
    [InlineData("-9 path=x\n")]
    [InlineData("8 path x\n")]
    [InlineData("path=x\n")]
    [InlineData("11 size=-1\n")]
    [InlineData("28 size=9223372036854775808\n")]
    public void Extended_headers_that_are_damaged(string records)
        => Assert.Equal("the extended header of tar is damaged", Refused(Tar(TarFile("pax", Encoding.UTF8.GetBytes(records), 'x'), TarFile("vmlinux", "1"u8))).Problem);

    [Fact]
    public void Claims_of_extended_headers_cost_nothing()
    {
        foreach (char type in "xgLKX")
        {
            foreach (string size in (string[])["17777777777\0", "01000000000\0", "\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"])
            {
                byte[] tar = Tar(TarFile("vmlinux", "1"u8), TarFile("x", new byte[4096], type, size: size));
                long before = GC.GetAllocatedBytesForCurrentThread();
                Assert.Contains("none has more than", Refused(tar).Problem, StringComparison.Ordinal);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
            }
        }

        Assert.Contains("too many extended headers", Refused(Tar([.. Enumerable.Repeat(Pax('x', ("path", "x")), 20)])).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_has_to_have_an_end()
    {
        byte[] tar = Tar(TarFile("vmlinux", "1"u8));
        Assert.Equal("1", Taken(tar[..^512]).Contents);
        Assert.Contains("there is no mark of its end", Refused(tar[..^1024]).Problem, StringComparison.Ordinal);
        Assert.Equal("1", Taken([.. tar, .. new byte[8192]]).Contents);
    }
}
