using System.Diagnostics;
using LayoutCheck.Core;
using static LayoutCheck.Tests.Archives.PackageUnderTest;
using static LayoutCheck.Tests.Support.ArchiveBuilder;

namespace LayoutCheck.Tests.Archives;

/// <summary>Packages that are made to mislead, to exhaust or to escape: exit 3 or the right answer, nothing written by their names, bounded time and memory.</summary>
public sealed class HostileArchiveTests
{
    private const string Kernel = "the kernel";

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private static readonly byte[] s_tar = Tar(TarFile("./a.ko", "module"u8), TarFile("./vmlinux", "the kernel"u8), TarFile("./b.ko", "other"u8));

    private static readonly byte[] s_cpio = Cpio(CpioFile("./a.ko", "module"u8), CpioFile("./vmlinux", "the kernel"u8), CpioFile("./b.ko", "other"u8));

    private static readonly string s_sums = SumLine("a.ko", "module"u8.ToArray()) + SumLine("vmlinux", "the kernel"u8.ToArray()) + SumLine("b.ko", "other"u8.ToArray());

    public static TheoryData<string> Packages() => ["tar", "tar.gz", "tar.zst", "tar.xz", "deb", "deb.gz", "deb.zst", "deb.xz", "deb with sums", "rpm", "rpm.gz", "rpm.zst", "rpm.xz", "rpm with list"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Cut_at_every_byte_it_is_refused_or_right(string kind)
    {
        byte[] package = Make(kind);
        Assert.Equal(Kernel, Taken(package).Contents);
        int refused = 0;
        for (int length = 1; length < package.Length; length++)
        {
            if (Outcome(package[..length]) is not { } outcome)
            {
                // What is no package any more is no image either.
                _ = Assert.Throws<InvalidImageException>(() => KernelImage.FromBytes(Name, package[..length]));
                refused++;
                continue;
            }

            Assert.True(outcome.Contents is null or Kernel, $"{kind} cut at {length}: {outcome.Contents}");
            refused += outcome.Contents is null ? 1 : 0;
        }

        Assert.InRange(refused, 1, package.Length);
    }

    // A changed name or byte of contents is not seen where nothing holds a sum: then the answer differs, and is of the length that the archive says.
    [Theory]
    [MemberData(nameof(Packages))]
    public void Changed_at_random_it_is_refused_or_answers(string kind)
    {
        byte[] package = Make(kind);
        bool isSummed = kind is "deb with sums" or "tar.gz" or "tar.zst" or "tar.xz";
        Random random = new(18);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < 400; i++)
        {
            byte[] changed = [.. package];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                int at = random.Next(changed.Length);
                changed[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(changed[at] ^ (1 << random.Next(8))), _ => (byte)(random.Next(2) * 255) };
            }

            if (Outcome(changed) is { Contents: { } contents } && isSummed && contents != Kernel)
            {
                // Beyond the sum is what the list says of the member: its name, or its sum.
                Assert.True(kind == "tar.zst" || contents is "module" or "other", $"{kind}, case {i}: {contents}");
            }
        }

        Assert.True(watch.Elapsed < s_longest, $"{watch.Elapsed}");
    }

    [Theory]
    [InlineData("../../../../tmp/vmlinux")]
    [InlineData("/etc/vmlinux")]
    [InlineData("a/../../vmlinux")]
    [InlineData("..\\vmlinux/vmlinux")]
    [InlineData("\u001b[31m/vmlinux")]
    public void Names_are_names_and_no_paths(string name)
    {
        (string taken, string contents) = Taken(Tar(TarFile(name, "1"u8)));
        Assert.Equal((name.TrimStart('/'), "1"), (taken, contents));
        Assert.False(File.Exists("/tmp/vmlinux"));
        Assert.DoesNotContain('\u001b', Refused(Tar(TarFile(name, "1"u8)), "x").Problem);
        Assert.DoesNotContain('\u001b', Refused(Tar(TarFile(name, "1"u8), TarFile(name + "-2", "1"u8), TarFile(name + "/vmlinux", "1"u8))).Message);
    }

    [Fact]
    public void A_name_that_comes_twice_is_refused_unless_a_sum_tells_which_one_counts()
    {
        byte[] twice = Tar(TarFile("vmlinux", "the kernel"u8), TarFile("./vmlinux", "another"u8));
        Assert.Equal("is in the package more than once, and nothing tells which one counts", Refused(twice).Problem);
        Assert.Contains("more than once", Refused(Tar(TarFile("vmlinux", "the kernel"u8), TarFile("vmlinux", [], '2', "x"))).Problem, StringComparison.Ordinal);
        Assert.Equal(Kernel, Taken(Deb(twice, "", SumLine("vmlinux", "the kernel"u8.ToArray()))).Contents);
        Assert.Contains("is damaged: its MD5 is ", Refused(Deb(twice, "", SumLine("vmlinux", "another"u8.ToArray()))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_that_differ_from_their_sum_are_refused()
    {
        InvalidImageException e = Refused(Deb(s_tar, "", SumLine("vmlinux", "another"u8.ToArray())));
        Assert.Equal(("vmlinux", "fetch or build the package again"), (e.Section, e.Remedy));
        Assert.Contains("is damaged: its MD5 is ", e.Problem, StringComparison.Ordinal);
        Assert.Contains("is damaged: its SHA-256 is ", Refused(Rpm(s_cpio, [("/", "vmlinux", 0x81a4, new string('0', 64))])).Problem, StringComparison.Ordinal);
        Assert.Contains("is damaged: its MD5 is ", Refused(Rpm(s_cpio, [("/", "vmlinux", 0x81a4, new string('0', 32))])).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_wrong_gives_no_wrong_answer()
    {
        Assert.Contains("is listed (md5sums), and the package does not have it", Refused(Deb(s_tar, "", SumLine("boot/vmlinux", [1]))).Problem, StringComparison.Ordinal);
        // A list without a kernel may lack files: all is read.
        Assert.Equal(Kernel, Taken(Deb(s_tar, "", SumLine("a.ko", [1]) + "nonsense\n\n")).Contents);
        Assert.Equal(Kernel, Taken(Deb(s_tar, "", "")).Contents);
        Assert.Equal(Kernel, Taken(Rpm(s_cpio, [("/", "a.ko", 0x81a4, "")])).Contents);
        Assert.Equal("has 2 kernels: a/vmlinux, vmlinux", Refused(Rpm(s_cpio, [("/a/", "vmlinux", 0x81a4, ""), ("/", "vmlinux", 0x81a4, "")])).Problem);
    }

    [Fact]
    public void A_bomb_is_refused_in_bounded_time_and_memory()
    {
        byte[] start = TarFile("x", [], size: "77777777777\0");
        byte[] bomb = ZstdBomb(start, 4UL << 30);
        Stopwatch watch = Stopwatch.StartNew();
        long before = Process.GetCurrentProcess().PeakWorkingSet64;
        InvalidImageException e = Refused(bomb);
        Assert.Equal("expands to more than the 0x10000000 bytes that a package of its size may", e.Problem);
        Assert.Contains("unpack it and name the file in it", e.Remedy, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < s_longest, $"{watch.Elapsed}");
        Assert.InRange(Process.GetCurrentProcess().PeakWorkingSet64 - before, 0, 128 << 20);
        Assert.Contains("expands to more than", Refused(Deb(bomb, ".zst")).Problem, StringComparison.Ordinal);

        // Of the chosen member, the limit of its size is met first.
        Assert.Contains("more than the 0x1000000 that it may", Refused(ZstdBomb(TarFile("vmlinux", [], size: "77777777777\0"), 4UL << 30), maxSize: 16 << 20).Problem, StringComparison.Ordinal);
        Assert.Contains("(--max-size SIZE)", Refused(s_tar, maxSize: 9).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_entries_are_refused_in_bounded_time()
    {
        byte[] entry = TarFile("vmlinux", []);
        using MemoryStream all = new();
        for (int i = 0; i < 3000; i++)
        {
            all.Write(TarFile($"{i}/vmlinux", []));
        }

        Assert.Equal("has more than 1000 files that may be meant", Refused([.. all.ToArray(), .. new byte[1024]]).Problem);
        Assert.Contains("more than once", Refused(Tar([.. Enumerable.Repeat(entry, 500)])).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Claims_of_rpm_and_ar_cost_nothing()
    {
        byte[] rpm = Rpm(s_cpio, []);
        foreach ((int at, byte[] claim) in ((int, byte[])[])[(96 + 8, [0xff, 0xff, 0xff, 0xff]), (96 + 12, [0x7f, 0xff, 0xff, 0xff]), (96 + 8, [0, 0, 0xff, 0xff]), (96 + 12, [3, 0, 0, 0])])
        {
            byte[] changed = [.. rpm];
            claim.CopyTo(changed, at);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains("is an RPM package whose header ", Refused(changed).Problem, StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }

        byte[] deb = Ar(("debian-binary", "2.0\n"u8.ToArray()), ("data.tar", s_tar));
        "9999999999"u8.CopyTo(deb.AsSpan(8 + 60 + 4 + 48));
        Assert.Contains("is a Debian package whose data.tar has 9999999999 bytes, of which", Refused(deb).Problem, StringComparison.Ordinal);
        "-1        "u8.CopyTo(deb.AsSpan(8 + 60 + 4 + 48));
        Assert.Contains("header of ar that is damaged", Refused(deb).Problem, StringComparison.Ordinal);
        Assert.Contains("a name of", Refused(Rpm(Cpio([.. CpioFile("vmlinux", [])[..94], .. "ffffffff"u8, .. new byte[100]]), [])).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_member_is_told() => Assert.Equal("has no bytes", Refused(Tar(TarFile("vmlinux", []))).Problem);

    private static byte[] Make(string kind) => kind switch
    {
        "tar" => s_tar,
        "deb with sums" => Deb(Gzip(s_tar), ".gz", s_sums),
        "rpm with list" => Rpm(Gzip(s_cpio), [("/", "a.ko", 0x81a4, ""), ("/", "vmlinux", 0x81a4, ""), ("/", "b.ko", 0x81a4, "")]),
        _ when kind.StartsWith("tar", StringComparison.Ordinal) => ArchiveTests.Packed(s_tar, kind[3..]),
        _ when kind.StartsWith("deb", StringComparison.Ordinal) => Deb(ArchiveTests.Packed(s_tar, kind[3..]), kind[3..]),
        _ => Rpm(ArchiveTests.Packed(s_cpio, kind[3..]), []),
    };
}
